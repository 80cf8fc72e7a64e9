// Registry: every tenant's applications, APIs and digests of secrets in memory, so that hot paths run no statement.
// What a change feed's poll publishes replaces it; requests have asked the feed to be fresh before (app/).
#pragma once

#include "applications/applications.hpp"
#include "identity/tenant_cache.hpp"

#include <memory>

namespace gatehouse::applications {

// A client with what it proves itself by.
struct Client {
    struct SecretDigest {
        std::array<std::uint8_t, 32> digest;
        std::optional<TimePoint> expires_at;
    };
    Application application;
    std::vector<SecretDigest> secrets;

    // SHA-256 and comparisons in constant time.
    bool accepts_secret(std::string_view presented, TimePoint now) const;
};

// All of one tenant, immutable.
class Catalogue {
public:
    explicit Catalogue(Everything everything);
    Catalogue(Catalogue const&) = delete;
    Catalogue& operator=(Catalogue const&) = delete;

    // Each null when there is none. Disabled applications are found: see Application::enabled.
    Client const* find(std::string_view client_id) const;
    Client const* find(ApplicationId id) const;
    Api const* find_api(std::string_view audience) const;
    std::vector<Api> const& apis() const { return apis_; }
    // Whether an enabled public application has a redirect URI at this origin (for CORS).
    bool is_browser_origin(std::string_view origin) const;

private:
    std::vector<Client> clients_;
    std::vector<Api> apis_;
    std::unordered_map<std::string_view, Client const*> by_client_id_;
    std::unordered_map<ApplicationId, Client const*> by_id_;
    std::unordered_map<std::string_view, Api const*> by_audience_;
    std::vector<std::string> browser_origins_; // sorted
};

class Registry {
public:
    using Found = std::shared_ptr<Catalogue const>;

    Registry(storage::Database& database, identity::ChangeFeed& changes);

    // From memory; null when the tenant was not asked for before. No statement, no allocation.
    Found cached(TenantId tenant) const { return cache_.cached(tenant); }
    // From memory or the database.
    Task<Result<Found>> get(TenantId tenant) { return cache_.get(tenant); }
    Result<Found> get_now(TenantId tenant) { return cache_.get_now(tenant); }

private:
    identity::TenantCache<Catalogue> cache_;
};

} // namespace gatehouse::applications
