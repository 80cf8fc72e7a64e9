#include "session/session.hpp"
#include "session/trusted_devices.hpp"

#include <boost/json.hpp>

namespace gatehouse::session {

Result<boost::json::object> export_sessions(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user,
                                            TimePoint now)
{
    TRY(auto const listed, list(tx, vault, tenant, user, now));
    boost::json::array sessions;
    for (auto const& one : listed)
        sessions.push_back({{"started_at", to_rfc3339(one.session.created_at)},
                            {"last_seen_at", to_rfc3339(one.session.last_seen_at)},
                            {"authenticated_at", to_rfc3339(one.session.authentication.time)},
                            {"amr", boost::json::value_from(one.session.authentication.amr)},
                            {"user_agent", one.device.user_agent},
                            {"address", one.device.address}});
    TRY(auto const trusted, list_trusted(tx, vault, tenant, user, now));
    boost::json::array browsers;
    for (auto const& one : trusted)
        browsers.push_back({{"trusted_at", to_rfc3339(one.trusted_at)},
                            {"last_used_at", to_rfc3339(one.last_used_at)},
                            {"expires_at", to_rfc3339(one.expires_at)},
                            {"user_agent", one.device.user_agent},
                            {"address", one.device.address}});
    return boost::json::object{{"sessions", std::move(sessions)}, {"trusted_browsers", std::move(browsers)}};
}

} // namespace gatehouse::session
