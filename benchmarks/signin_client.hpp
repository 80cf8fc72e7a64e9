// A browser that signs one person in after the other, and the application that redeems the codes: the whole code flow.
#pragma once

#include "mail_sink.hpp"
#include "scenarios.hpp"
#include "soft_passkeys.hpp"

namespace gatehouse::bench {

// How its people prove who they are: by a passkey, by what a mail brings (the link where there is one, else the code),
// or else by the password.
struct Proofs {
    SoftPasskeys const* passkeys = nullptr;
    MailSink* mails = nullptr;
};

class SignInClient final : public Client {
public:
    // `number` sets clients apart: each begins with other people and comes from other addresses.
    SignInClient(std::uint16_t port, std::size_t users, std::size_t number, Proofs proofs = {});

    bool next(std::string& request) override;
    std::chrono::nanoseconds pause() override { return waits_ ? kLook : std::chrono::nanoseconds(0); }
    bool answered(Answer const& answer, std::chrono::nanoseconds took) override;
    std::uint64_t finished() const { return finished_; }
    void reset()
    {
        finished_ = 0;
        times.clear();
    }
    Times times; // of whole sign-ins

private:
    enum class At : std::uint8_t {
        authorize,
        page,
        proof, // what the page asked for is sent: the identifier, where a mail is to come
        code_page,
        mail, // has not come yet
        code,
        link_page,
        link,
        token
    };
    static constexpr std::chrono::milliseconds kLook{1};

    bool look_for_mail();
    std::string submit() const;
    void new_person();
    std::string get(std::string_view target) const;
    std::string cookies() const;
    void keep_cookies(Answer const& answer);
    bool step(Answer const& answer);
    // Makes `form_` of the page's first form: `fields`, and what it has hidden.
    bool read_form(std::string_view html, std::string fields);
    std::string proof_for(std::string_view html) const;
    bool go_to_page(Answer const& answer, At next);
    bool read_code(std::string_view location);

    std::uint16_t port_;
    std::size_t users_;
    Proofs proofs_;
    bool waits_ = false; // for a mail
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
