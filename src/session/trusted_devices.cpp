#include "session/trusted_devices.hpp"

#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "events/device_types.hpp"
#include "session/cookie.hpp"
#include "session/device_form.hpp"
#include "session/trusted_device_store.hpp"

#include <algorithm>

namespace gatehouse::session {

namespace {

constexpr std::string_view kCookie = "trust";
constexpr std::size_t kIdSize = 16;
constexpr std::size_t kSecretSize = 32;
constexpr vault::FieldNumber kDevice{402};

std::string to_text(Trust const& trust)
{
    auto bytes = to_bytes(trust.user.bytes());
    auto const append = [&](ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
    append(trust.id.bytes());
    append(trust.secret.expose());
    auto text = base64url_encode(bytes);
    wipe(bytes.data(), bytes.size());
    return text;
}

std::optional<Trust> parse_trust(std::string_view text)
{
    auto bytes = base64url_decode(text);
    if (!bytes || bytes->size() != 2 * kIdSize + kSecretSize)
        return std::nullopt;
    ByteView const view(*bytes);
    auto const user = UserId::from_bytes(view.first(kIdSize));
    auto const id = TrustedDeviceId::from_bytes(view.subspan(kIdSize, kIdSize));
    std::optional<Trust> trust;
    if (user && id)
        trust = Trust{.user = *user, .id = *id, .secret = Secret(view.subspan(2 * kIdSize))};
    wipe(bytes->data(), bytes->size());
    return trust;
}

Result<void> append_ended(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, EndReason reason,
                          events::Origin const& origin, TimePoint now)
{
    TRY_DO(events::append(tx, vault,
                          {.type = &events::kDeviceTrustEnded,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin,
                           .data = {{"reason", to_string(reason)}}},
                          now));
    return {};
}

} // namespace

std::vector<Trust> read_trust_cookie(Context const& context, http::Request const& request)
{
    std::vector<Trust> held;
    auto text = request.cookie(cookie_name(context, kCookie)).value_or(std::string_view{});
    while (!text.empty() && held.size() < kMostTrustsInCookie) {
        auto const part = text.substr(0, text.find('.'));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        auto trust = parse_trust(part);
        if (trust && std::ranges::find(held, trust->user, &Trust::user) == held.end())
            held.push_back(std::move(*trust));
    }
    return held;
}

http::Cookie make_trust_cookie(Context const& context, std::vector<Trust> held, Trust added,
                               std::chrono::seconds lifetime)
{
    std::erase_if(held, [&](Trust const& trust) { return trust.user == added.user; });
    held.insert(held.begin(), std::move(added));
    if (held.size() > kMostTrustsInCookie)
        held.erase(held.begin() + kMostTrustsInCookie, held.end());
    http::Cookie cookie{
        .name = cookie_name(context, kCookie), .value = {}, .max_age = lifetime, .secure = context.secure};
    for (auto const& trust : held)
        cookie.value += (cookie.value.empty() ? "" : ".") + to_text(trust);
    return cookie;
}

Result<Trust> trust_device(storage::Tx& tx, vault::Vault& vault, NewTrust const& wanted, TimePoint now)
{
    Trust trust{
        .user = wanted.user, .id = TrustedDeviceId::generate(now), .secret = crypto::random_secret(kSecretSize)};
    if (wanted.replaces)
        TRY_DO(store::delete_trust(tx, wanted.tenant, wanted.user, *wanted.replaces));
    TRY(auto const key, vault.open_person_key(tx, wanted.tenant, wanted.user));
    TRY_DO(store::insert_trust(tx, wanted.tenant, wanted.user, wanted.security_epoch,
                               {.id = trust.id,
                                .secret_digest = to_bytes(ByteView(crypto::sha256(trust.secret.expose()))),
                                .device = vault::seal_field(key, kDevice, trust.id.value, write_device(wanted.device)),
                                .created_at = now,
                                .last_used_at = now,
                                .expires_at = now + wanted.lifetime}));
    TRY_DO(events::append(
        tx, vault,
        {.type = &events::kDeviceTrusted, .tenant = wanted.tenant, .user = wanted.user, .origin = wanted.origin}, now,
        &key));
    return trust;
}

Result<std::optional<TrustedDeviceId>> find_trust(storage::Tx& tx, TenantId tenant, UserId user,
                                                  std::int64_t security_epoch, std::vector<Trust> const& held,
                                                  Duration longest, TimePoint now)
{
    auto const mine = std::ranges::find(held, user, &Trust::user);
    if (mine == held.end())
        return std::nullopt;
    TRY(auto const row, store::select_trust(tx, tenant, user, mine->id, security_epoch, now - longest, now));
    if (!row || !constant_time_equal(row->secret_digest, crypto::sha256(mine->secret.expose())))
        return std::nullopt;
    return row->id;
}

Result<void> use_trust(storage::Tx& tx, TenantId tenant, UserId user, TrustedDeviceId id, TimePoint now)
{
    return store::update_trust_use(tx, tenant, user, id, now);
}

Result<std::vector<TrustedDevice>> list_trusted(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                                UserId user, TimePoint now)
{
    TRY(auto const rows, store::select_trusts(tx, tenant, user, now));
    std::vector<TrustedDevice> listed;
    if (rows.empty())
        return listed;
    TRY(auto const key, vault.open_person_key(tx, tenant, user));
    for (auto const& row : rows) {
        TRY(auto const text, vault::open_text_field(key, kDevice, row.id.value, row.device));
        TRY(auto device, parse_device(text));
        listed.push_back({.id = row.id,
                          .device = std::move(device),
                          .trusted_at = row.created_at,
                          .last_used_at = row.last_used_at,
                          .expires_at = row.expires_at});
    }
    return listed;
}

Result<bool> end_trust(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, TrustedDeviceId id,
                       EndReason reason, events::Origin const& origin, TimePoint now)
{
    TRY(auto const ended, store::delete_trust(tx, tenant, user, id));
    if (ended > 0)
        TRY_DO(append_ended(tx, vault, tenant, user, reason, origin, now));
    return ended > 0;
}

Result<std::int64_t> end_all_trust(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, EndReason reason,
                                   events::Origin const& origin, TimePoint now)
{
    TRY(auto const ended, store::delete_trusts(tx, tenant, user));
    if (ended > 0)
        TRY_DO(append_ended(tx, vault, tenant, user, reason, origin, now));
    return ended;
}

Result<void> erase_trusted_devices(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY_DO(store::delete_trusts(tx, tenant, user));
    return {};
}

Result<std::int64_t> remove_expired_trust(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit)
{
    return store::delete_expired_trusts(tx, tenant, now, limit);
}

} // namespace gatehouse::session
