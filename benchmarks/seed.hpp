// Houses to measure: data folders (or PostgreSQL databases) filled by the house's own rules and stores, in large
// transactions, and the servers that run on them.
#pragma once

#include "app/ground.hpp"
#include "process.hpp"
#include "tokens/families.hpp"

#include <string>
#include <vector>

namespace gatehouse::bench {

inline constexpr std::string_view kAudience = "https://api.bench.example";
inline constexpr std::string_view kMachineClient = "bench-machine";
inline constexpr std::string_view kWebClient = "bench-web";
inline constexpr std::string_view kClientSecret = "bench-secret-that-is-long-enough-for-the-rules";
inline constexpr std::string_view kRedirectUri = "http://localhost:9/callback";
inline constexpr std::string_view kPassword = "correct horse battery staple";

std::string email_of(std::size_t user);
// "Basic ..." of a client (RFC 6749 section 2.3.1).
std::string basic_authorization(std::string_view client_id);

struct Place {
    std::string data;       // folder
    std::string database;   // a PostgreSQL address; "" for SQLite in the folder
    std::uint16_t port = 0; // part of the issuer, which never changes
    std::string gatehouse;  // the server's program
};

// The refresh tokens of the seeded families as their client holds them.
class Families {
public:
    // The parts of a token (tokens/families.hpp): family id 16 bytes, generation 4, family secret 16, token secret 32.
    struct Parts {
        tokens::FamilyId id;
        std::uint32_t generation = 1;
        Bytes family_secret, token_secret;
        static Parts parse(std::string_view token);
        std::string text() const;
    };

    explicit Families(std::size_t count) : ids_(count), current_(count) {}
    std::size_t size() const { return ids_.size(); }
    void set_id(std::size_t index, tokens::FamilyId id) { ids_[index] = id; }
    Parts first(std::size_t index) const; // as seeded
    std::string token(std::size_t index) const;
    void rotated(std::size_t index, std::string token) { current_[index] = std::move(token); }
    bool was_rotated(std::size_t index) const { return !current_[index].empty(); }

private:
    std::vector<tokens::FamilyId> ids_;
    std::vector<std::string> current_; // empty: as seeded
};

class SoftPasskeys;

class Seeded {
public:
    // Makes the house: the machine client and its API, the web application, and `users` people with the same password.
    // Throws std::runtime_error when a rule refuses.
    Seeded(Place place, std::size_t users);

    Place const& place() const { return place_; }
    std::size_t users() const { return users_.size(); }
    // Adds refresh token families with offline access, spread over the users.
    void add_families(std::size_t count);
    // One for each user.
    void add_passkeys(SoftPasskeys const& passkeys);
    // What sign-ins begin with from now on.
    void begin_with(identity::Method method);
    Families& families() { return *families_; }
    TenantId tenant() const { return tenant_; }
    ApplicationId web_application() const { return web_; }
    std::unique_ptr<app::Ground> open() const;
    // `gatehouse serve` on this house, ready. `took`, if given: how long that was. `settings`: further ones of its
    // environment ("GATEHOUSE_...=value").
    std::unique_ptr<Process> serve(std::chrono::nanoseconds* took = nullptr,
                                   std::vector<std::string> const& settings = {}) const;

private:
    void make_applications(app::Ground& ground);
    void make_users(app::Ground& ground, std::size_t count);

    Place place_;
    TenantId tenant_;
    ApplicationId web_;
    std::vector<UserId> users_;
    std::vector<std::string> subjects_;
    std::unique_ptr<Families> families_;
};

// The value, or std::runtime_error with what was refused: benchmarks have nobody to tell politely.
template <class T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().code + ": " + result.error().message + " " + result.error().detail);
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

} // namespace gatehouse::bench
