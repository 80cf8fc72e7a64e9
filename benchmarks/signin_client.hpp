// A browser that signs one person in after the other, and the application that redeems the codes: the whole code flow.
#pragma once

#include "scenarios.hpp"
#include "soft_passkeys.hpp"

namespace gatehouse::bench {

class SignInClient final : public Client {
public:
    // `number` sets clients apart: each begins with other people and comes from other addresses.
    // `passkeys`: with these instead of the password.
    SignInClient(std::uint16_t port, std::size_t users, std::size_t number, SoftPasskeys const* passkeys = nullptr);

    bool next(std::string& request) override;
    bool answered(Answer const& answer, std::chrono::nanoseconds took) override;
    std::uint64_t finished() const { return finished_; }
    void reset()
    {
        finished_ = 0;
        times.clear();
    }
    Times times; // of whole sign-ins

private:
    enum class At : std::uint8_t { authorize, page, password, token };

    void new_person();
    std::string get(std::string_view target) const;
    std::string cookies() const;
    void keep_cookies(Answer const& answer);
    bool step(Answer const& answer);
    bool read_page(std::string_view html);
    bool read_code(std::string_view location);

    std::uint16_t port_;
    std::size_t users_;
    SoftPasskeys const* passkeys_;
    std::uint64_t random_;
    At at_ = At::authorize;
    std::size_t person_ = 0;
    std::string address_;
    std::map<std::string, std::string, std::less<>> cookies_;
    std::string target_; // of the page, then of its form
    std::string form_;   // body of the next POST
    Steady::time_point began_;
    std::uint64_t finished_ = 0;
};

} // namespace gatehouse::bench
