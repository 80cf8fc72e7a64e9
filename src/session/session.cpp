#include "session/session.hpp"

#include "base/words.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "events/types.hpp"
#include "session/device_form.hpp"
#include "session/session_store.hpp"

namespace gatehouse::session {

namespace {

constexpr std::size_t kSecretSize = 32;
constexpr vault::FieldNumber kDevice{401};

Result<void> append_authenticated(storage::Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                                  Session const& session, events::Origin origin, TimePoint now)
{
    origin.session = session.id;
    TRY_DO(events::append(
        tx, vault,
        {.type = &type,
         .tenant = tenant,
         .user = session.user,
         .origin = std::move(origin),
         .data = {{"acr", session.authentication.acr}, {"methods", join_words(session.authentication.amr)}},
         .personal = {}},
        now));
    return {};
}

} // namespace

Lifetimes lifetimes_of(identity::Tenant const& tenant)
{
    auto const& settings = tenant.settings.session;
    return {.idle = std::chrono::seconds(settings.idle_seconds),
            .absolute = std::chrono::seconds(settings.absolute_seconds)};
}

Result<Opened> start(storage::Tx& tx, vault::Vault& vault, Start const& start, TimePoint now)
{
    Opened opened{.session = {.id = SessionId::generate(now),
                              .user = start.user,
                              .security_epoch = start.security_epoch,
                              .authentication = start.authentication,
                              .created_at = now,
                              .last_seen_at = now,
                              .idle_expires_at = std::min(now + start.lifetimes.idle, now + start.lifetimes.absolute),
                              .expires_at = now + start.lifetimes.absolute,
                              .organization = start.origin.organization,
                              .actor = std::nullopt},
                  .handle = {}};
    opened.handle = {.id = opened.session.id, .secret = crypto::random_secret(kSecretSize)};

    auto const json = write_device(start.device);
    std::optional<vault::PersonKey> opened_key;
    if (!start.key) {
        TRY(opened_key, vault.open_person_key(tx, start.tenant, start.user));
    }
    auto const& key = start.key ? *start.key : *opened_key;
    auto const device = vault::seal_field(key, kDevice, opened.session.id.value, json);

    TRY_DO(store::insert(tx, start.tenant, opened.session, crypto::sha256(opened.handle.secret.expose()), device));
    TRY_DO(append_authenticated(tx, vault, events::kSessionStarted, start.tenant, opened.session, start.origin, now));
    return opened;
}

Result<std::optional<Session>> find(storage::Tx& tx, TenantId tenant, Handle const& handle, TimePoint now)
{
    TRY(auto found, store::find_live(tx, tenant, handle.id, now));
    if (!found || !constant_time_equal(found->secret_digest, crypto::sha256(handle.secret.expose())))
        return std::optional<Session>{};
    return std::optional(std::move(found->session));
}

Result<std::vector<Session>> find_all(storage::Tx& tx, TenantId tenant, std::vector<Handle> const& handles,
                                      TimePoint now)
{
    std::vector<Session> sessions;
    for (auto const& handle : handles) {
        TRY(auto session, find(tx, tenant, handle, now));
        if (session)
            sessions.push_back(*std::move(session));
    }
    return sessions;
}

Result<Opened> reauthenticate(storage::Tx& tx, vault::Vault& vault, TenantId tenant, SessionId session,
                              std::int64_t security_epoch, Authentication const& authentication,
                              Lifetimes const& lifetimes, events::Origin const& origin, TimePoint now)
{
    auto secret = crypto::random_secret(kSecretSize);
    TRY(auto renewed, store::renew(tx, tenant, session, security_epoch, crypto::sha256(secret.expose()), authentication,
                                   now + std::min(lifetimes.idle, lifetimes.absolute), now + lifetimes.absolute, now));
    if (!renewed)
        return refuse(ErrorKind::gone, "session_ended", "This session has ended. Please sign in again.");
    TRY_DO(append_authenticated(tx, vault, events::kSessionReauthenticated, tenant, *renewed, origin, now));
    return Opened{.session = *std::move(renewed), .handle = {.id = session, .secret = std::move(secret)}};
}

bool touch_is_due(Session const& session, Lifetimes const& lifetimes, TimePoint now)
{
    auto const moved = std::min(now + lifetimes.idle, session.expires_at) - session.idle_expires_at;
    return moved >= std::chrono::minutes(1) && moved >= lifetimes.idle / 20;
}

Result<void> touch(storage::Tx& tx, TenantId tenant, Session const& session, Lifetimes const& lifetimes, TimePoint now)
{
    return store::move_idle_limit(tx, tenant, session.id, std::min(now + lifetimes.idle, session.expires_at), now);
}

std::string_view to_string(EndReason reason)
{
    switch (reason) {
    case EndReason::sign_out:
        return "sign_out";
    case EndReason::revoked_by_user:
        return "revoked_by_user";
    case EndReason::revoked_by_administrator:
        return "revoked_by_administrator";
    case EndReason::credential_changed:
        return "credential_changed";
    case EndReason::user_disabled:
        return "user_disabled";
    }
    return "";
}

namespace {

Result<std::int64_t> end_some(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                              std::optional<SessionId> only, std::optional<SessionId> keep, EndReason reason,
                              events::Origin const& origin, TimePoint now)
{
    TRY(auto ended, store::end(tx, tenant, user, only, keep, reason, now));
    for (auto const& session : ended) {
        auto about = origin;
        about.session = session;
        TRY_DO(events::append(tx, vault,
                              {.type = &events::kSessionEnded,
                               .tenant = tenant,
                               .user = user,
                               .origin = std::move(about),
                               .data = {{"reason", boost::json::string_view(to_string(reason))}},
                               .personal = {}},
                              now));
    }
    return static_cast<std::int64_t>(ended.size());
}

} // namespace

Result<bool> end(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, SessionId session,
                 EndReason reason, events::Origin const& origin, TimePoint now)
{
    TRY(auto ended, end_some(tx, vault, tenant, user, session, std::nullopt, reason, origin, now));
    return ended != 0;
}

Result<std::int64_t> end_all(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                             std::optional<SessionId> keep, EndReason reason, events::Origin const& origin,
                             TimePoint now)
{
    return end_some(tx, vault, tenant, user, std::nullopt, keep, reason, origin, now);
}

Result<std::vector<Listed>> list(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user,
                                 TimePoint now)
{
    TRY(auto rows, store::list(tx, tenant, user, now));
    std::vector<Listed> listed;
    if (rows.empty())
        return listed;
    TRY(auto key, vault.open_person_key(tx, tenant, user));
    for (auto& row : rows) {
        TRY(auto json, vault::open_text_field(key, kDevice, row.session.id.value, row.sealed_device));
        TRY(auto device, parse_device(json));
        listed.push_back(
            {.session = std::move(row.session), .device = std::move(device), .applications = row.applications});
    }
    return listed;
}

Result<std::string> attach_application(storage::Tx& tx, TenantId tenant, SessionId session, ApplicationId application,
                                       TimePoint now)
{
    return store::attach(tx, tenant, session, application, crypto::random_token(16), now);
}

Result<std::optional<SessionId>> find_by_sid(storage::Tx& tx, TenantId tenant, UserId user, ApplicationId application,
                                             std::string_view sid, TimePoint now)
{
    return store::find_by_sid(tx, tenant, user, application, sid, now);
}

Result<std::int64_t> remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit)
{
    return store::remove_over(tx, tenant, now - std::chrono::hours(24), limit);
}

Result<void> erase_sessions(storage::Tx& tx, TenantId tenant, UserId user)
{
    return store::erase(tx, tenant, user);
}

Result<std::int64_t> end_everything(storage::Tx& tx, TimePoint now)
{
    return store::end_everything(tx, now);
}

} // namespace gatehouse::session
