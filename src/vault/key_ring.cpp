#include "vault/key_ring.hpp"

namespace gatehouse::vault {

namespace {

constexpr std::uint8_t kSecretFormat = 1; // then the tenant key's version (8 bytes), nonce, ciphertext, tag

void append(Bytes& out, ByteView bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}
void append_number(Bytes& out, std::int64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> shift));
}

Bytes place_of_key(TenantId tenant, std::string_view purpose, std::int64_t version)
{
    auto place = to_bytes("gatehouse key 1");
    append(place, tenant.bytes());
    append_number(place, version);
    append(place, as_bytes(purpose));
    return place;
}

Bytes place_of_person_key(TenantId tenant, UserId user, std::int64_t version)
{
    auto place = to_bytes("gatehouse person key 1");
    append(place, tenant.bytes());
    append(place, user.bytes());
    append_number(place, version);
    return place;
}

Bytes place_of_secret(TenantId tenant, std::string_view purpose)
{
    auto place = to_bytes("gatehouse secret 1");
    append(place, tenant.bytes());
    append(place, as_bytes(purpose));
    return place;
}

Result<crypto::AeadKey> as_aead(Secret const& key)
{
    if (key.size() != crypto::AeadKey::kSize)
        return key_unreadable("a wrapped key has a wrong size");
    return crypto::AeadKey(key.expose());
}

void add_lookup(TenantKeys& keys, store::Key const& row, Secret const& key)
{
    TenantKeys::Lookup lookup{
        .version = row.version, .active = row.usable_from.has_value(), .key = crypto::HmacSha256(key.expose())};
    keys.lookup.insert(lookup.active ? keys.lookup.begin() : keys.lookup.end(), std::move(lookup));
}

} // namespace

RootKeys::RootKeys(Secret given, std::int64_t of_version)
    : root(std::move(given)), version(of_version),
      wrapping(crypto::hkdf_sha256(root.expose(), {}, "gatehouse: wraps tenant keys", 32).expose()),
      check(crypto::hkdf_sha256(root.expose(), {}, "gatehouse: root key check", 32))
{
}

std::pair<std::int64_t const, TenantKeys::Wrapping> const& TenantKeys::current_wrapping(TimePoint now) const
{
    for (auto it = wrapping.rbegin(); it != wrapping.rend(); ++it)
        if (it->second.usable_from <= now)
            return *it;
    return *wrapping.begin(); // a clock that went back: the oldest is known to everybody
}

store::Key wrap_key(crypto::AeadKey const& by, std::int64_t by_version, TenantId tenant, std::string_view purpose,
                    std::int64_t version, ByteView key, std::optional<TimePoint> usable_from)
{
    return {.tenant = tenant,
            .purpose = std::string(purpose),
            .version = version,
            .wrapped_by = by_version,
            .wrapped = by.seal(key, place_of_key(tenant, purpose, version)),
            .usable_from = usable_from,
            .readable_until = std::nullopt};
}

Result<Secret> unwrap_key(crypto::AeadKey const& by, store::Key const& row)
{
    auto key = by.open(row.wrapped, place_of_key(row.tenant, row.purpose, row.version));
    if (!key)
        return key_unreadable(fmt::format("key {} version {} of tenant {}", row.purpose, row.version, row.tenant));
    return Secret(std::move(*key));
}

Result<Secret> unwrap_key(TenantKeys const& by, store::Key const& row)
{
    auto const found = by.wrapping.find(row.wrapped_by);
    if (found == by.wrapping.end())
        return key_unreadable(fmt::format("key {} version {} of tenant {} is wrapped by an unknown tenant key {}",
                                          row.purpose, row.version, row.tenant, row.wrapped_by));
    return unwrap_key(found->second.key, row);
}

Bytes wrap_person_key(crypto::AeadKey const& by, TenantId tenant, UserId user, std::int64_t version,
                      crypto::AeadKey const& key)
{
    return by.seal(key.expose(), place_of_person_key(tenant, user, version));
}

Result<crypto::AeadKey> unwrap_person_key(TenantKeys const& by, TenantId tenant, UserId user, std::int64_t version,
                                          std::int64_t wrapped_by, ByteView wrapped)
{
    auto const found = by.wrapping.find(wrapped_by);
    if (found == by.wrapping.end())
        return key_unreadable(
            fmt::format("the key of user {} is wrapped by an unknown tenant key {}", user, wrapped_by));
    auto key = found->second.key.open(wrapped, place_of_person_key(tenant, user, version));
    if (!key)
        return key_unreadable(fmt::format("the key of user {} of tenant {}", user, tenant));
    return as_aead(Secret(std::move(*key)));
}

Bytes wrap_secret(crypto::AeadKey const& by, std::int64_t by_version, TenantId tenant, std::string_view purpose,
                  Secret const& secret)
{
    Bytes out{kSecretFormat};
    append_number(out, by_version);
    by.seal_onto(out, secret.expose(), place_of_secret(tenant, purpose));
    return out;
}

Result<Secret> unwrap_secret(TenantKeys const& by, TenantId tenant, std::string_view purpose, ByteView wrapped)
{
    auto const unreadable = [&](std::string_view why) {
        return refuse(ErrorKind::internal, "wrapped_secret_unreadable",
                      "A stored secret could not be read. Please tell the operator.")
            .because(fmt::format("{} of tenant {}: {}", purpose, tenant, why));
    };
    if (wrapped.size() < 9 || wrapped[0] != kSecretFormat)
        return unreadable("not a wrapped secret");
    std::uint64_t version = 0;
    for (auto const byte : wrapped.subspan(1, 8))
        version = version << 8 | byte;
    auto const found = by.wrapping.find(static_cast<std::int64_t>(version));
    if (found == by.wrapping.end())
        return unreadable(fmt::format("unknown tenant key {}", version));
    auto secret = found->second.key.open(wrapped.subspan(9), place_of_secret(tenant, purpose));
    if (!secret)
        return unreadable("changed, or wrapped for something else");
    return Secret(std::move(*secret));
}

Result<std::shared_ptr<TenantKeys const>> unwrap_tenant(RootKeys const& root, std::span<store::Key const> rows,
                                                        TimePoint now)
{
    auto keys = std::make_shared<TenantKeys>();
    for (auto const& row : rows) {
        if (row.purpose == kTenantPurpose) {
            if (row.wrapped_by != root.version)
                return root_rotated();
            TRY(auto const secret, unwrap_key(root.wrapping, row));
            TRY(auto key, as_aead(secret));
            keys->wrapping.emplace(
                row.version,
                TenantKeys::Wrapping{.usable_from = row.usable_from.value_or(TimePoint()), .key = std::move(key)});
        } else if (row.purpose == kLookupPurpose) {
            TRY(auto const key, unwrap_key(*keys, row));
            add_lookup(*keys, row, key);
        } else if (row.purpose == kSealingPurpose) {
            TRY(auto const key, unwrap_key(*keys, row));
            keys->sealing.insert(keys->sealing.begin(), {.epoch = static_cast<std::uint32_t>(row.version),
                                                         .usable_from = row.usable_from.value_or(TimePoint()),
                                                         .readable_until = row.readable_until,
                                                         .key = crypto::HmacSha256(key.expose())});
        } else if (row.purpose == kDailyPurpose && row.version >= day_of(now) - 1) {
            TRY(auto const secret, unwrap_key(*keys, row));
            TRY(auto key, as_aead(secret));
            keys->daily.emplace(row.version, std::move(key));
        }
    }
    if (keys->wrapping.empty() || keys->lookup.empty() || !keys->lookup.front().active || keys->sealing.empty())
        return refuse(ErrorKind::not_found, "tenant_keys_missing", "This tenant has no keys.");
    return keys;
}

Refusal root_rotated()
{
    return refuse(ErrorKind::unavailable, "root_key_rotated",
                  "The root key of this database was rotated. Give this node the new one and restart it.");
}

Refusal key_unreadable(std::string why)
{
    return refuse(ErrorKind::internal, "key_unreadable", "Stored data could not be read. Please tell the operator.")
        .because(std::move(why));
}

} // namespace gatehouse::vault
