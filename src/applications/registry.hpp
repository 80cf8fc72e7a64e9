// Registry: every tenant's applications, APIs and digests of secrets in memory, so that hot paths run no statement. A
// tenant is loaded when it is first asked for, and again when its change counter has grown.
#pragma once

#include "applications/applications.hpp"
#include "identity/directory.hpp"

#include <memory>

namespace gatehouse::applications {

// A client with what it proves itself by.
struct Client {
    Application application;
    struct SecretDigest {
        std::array<std::uint8_t, 32> digest;
        std::optional<TimePoint> expires_at;
    };
    std::vector<SecretDigest> secrets;

    // SHA-256 and comparisons in constant time; always compares with at least one digest.
    bool accepts_secret(std::string_view presented, TimePoint now) const;
};

// All of one tenant, immutable.
class Catalogue {
public:
    Client const* find(std::string_view client_id) const; // or null
    Client const* find(ApplicationId id) const;
    Api const* find_api(std::string_view audience) const;
    std::vector<Api> const& apis() const { return apis_; }
    // Whether a public client has a redirect URI at this origin (for CORS).
    bool is_browser_origin(std::string_view origin) const;
    std::int64_t counter() const { return counter_; }

private:
    friend class Registry;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::vector<Client> clients_;
    std::vector<Api> apis_;
    std::unordered_map<std::string_view, Client const*, Hash, std::equal_to<>> by_client_id_;
    std::unordered_map<ApplicationId, Client const*> by_id_;
    std::unordered_map<std::string_view, Api const*, Hash, std::equal_to<>> by_audience_;
    std::vector<std::string> browser_origins_; // sorted
    std::int64_t counter_ = -1;
};

class Registry {
public:
    Registry(storage::Database& database, identity::Directory& directory);
    ~Registry();

    // From memory, when what is there is known to be fresh; null otherwise. Costs no statement and no allocation.
    std::shared_ptr<Catalogue const> cached(TenantId tenant) const;
    // From memory or the database.
    Task<Result<std::shared_ptr<Catalogue const>>> get(TenantId tenant);
    Result<std::shared_ptr<Catalogue const>> get_now(TenantId tenant);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gatehouse::applications
