#include "applications/registry.hpp"

#include "crypto/digest.hpp"
#include "http/url.hpp"

#include <algorithm>

namespace gatehouse::applications {

bool Client::accepts_secret(std::string_view presented, TimePoint now) const
{
    auto const digest = crypto::sha256(presented);
    bool accepted = false;
    for (auto const& secret : secrets)
        accepted |= constant_time_equal(digest, secret.digest) && (!secret.expires_at || *secret.expires_at > now);
    return accepted;
}

Catalogue::Catalogue(Everything everything) : apis_(std::move(everything.apis))
{
    clients_.reserve(everything.applications.size()); // the maps below point into it
    for (auto& application : everything.applications)
        clients_.push_back({.application = std::move(application), .secrets = {}});
    std::unordered_map<ApplicationId, Client*> by_id;
    for (auto& client : clients_) {
        by_client_id_.emplace(client.application.client_id, &client);
        by_id_.emplace(client.application.id, &client);
        by_id.emplace(client.application.id, &client);
        if (!client.application.is_public() || !client.application.enabled)
            continue;
        for (auto const& uri : client.application.redirect_uris)
            if (auto const url = http::Url::parse(uri); url && url->is_web())
                browser_origins_.push_back(url->origin());
    }
    std::ranges::sort(browser_origins_);
    for (auto const& secret : everything.secrets)
        if (auto const owner = by_id.find(secret.application); owner != by_id.end())
            owner->second->secrets.push_back({.digest = secret.digest, .expires_at = secret.expires_at});
    for (auto const& api : apis_)
        by_audience_.emplace(api.audience, &api);
}

Client const* Catalogue::find(std::string_view client_id) const
{
    auto const found = by_client_id_.find(client_id);
    return found == by_client_id_.end() ? nullptr : found->second;
}

Client const* Catalogue::find(ApplicationId id) const
{
    auto const found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

Api const* Catalogue::find_api(std::string_view audience) const
{
    auto const found = by_audience_.find(audience);
    return found == by_audience_.end() ? nullptr : found->second;
}

bool Catalogue::is_browser_origin(std::string_view origin) const
{
    return std::ranges::binary_search(browser_origins_, origin, std::less<>{});
}

Registry::Registry(storage::Database& database, identity::ChangeFeed& changes)
    : cache_(database, changes, [](storage::Tx& tx, TenantId tenant) -> Result<Found> {
          TRY(auto everything, load_everything(tx, tenant));
          return std::make_shared<Catalogue const>(std::move(everything));
      })
{
}

} // namespace gatehouse::applications
