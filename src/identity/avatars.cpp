#include "identity/avatars.hpp"

#include "crypto/random.hpp"
#include "events/types.hpp"
#include "identity/avatar_store.hpp"
#include "vault/field.hpp"

#include <boost/json/array.hpp>

namespace gatehouse::identity {

namespace {

constexpr vault::FieldNumber kSmallPicture{105};
constexpr vault::FieldNumber kLargePicture{106};

Result<void> append_change(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                           events::Origin const& origin, TimePoint now, vault::PersonKey const* key = nullptr)
{
    TRY_DO(events::append(tx, vault,
                          {.type = &events::kUserUpdated,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin,
                           .data = {{"changed", boost::json::array{"picture"}}}},
                          now, key));
    return {};
}

} // namespace

std::string avatar_path(AvatarName name, std::uint32_t side)
{
    return fmt::format("/avatars/{}/{}.webp", base64url_encode(name.bytes()), side);
}

Result<Avatar> put_avatar(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, AvatarFiles const& files,
                          events::Origin const& origin, TimePoint now)
{
    TRY(auto const name, AvatarName::from_bytes(crypto::random_bytes(16)));
    TRY(auto const key, vault.open_person_key(tx, tenant, user));
    TRY_DO(replace_avatar(tx, tenant,
                          {.user = user,
                           .name = name,
                           .small = vault::seal_field(key, kSmallPicture, name.bytes(), files.small),
                           .large = vault::seal_field(key, kLargePicture, name.bytes(), files.large),
                           .created_at = now}));
    TRY_DO(append_change(tx, vault, tenant, user, origin, now, &key));
    return Avatar{.name = name, .created_at = now};
}

Result<bool> remove_avatar(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                           events::Origin const& origin, TimePoint now)
{
    TRY(bool const deleted, delete_avatar(tx, tenant, user));
    if (deleted)
        TRY_DO(append_change(tx, vault, tenant, user, origin, now));
    return deleted;
}

Result<std::optional<Avatar>> find_avatar(storage::Tx& tx, TenantId tenant, UserId user)
{
    return select_avatar(tx, tenant, user);
}

Result<Bytes> open_avatar(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, AvatarName name,
                          std::uint32_t side)
{
    bool const large = side == kLargeAvatar;
    TRY(auto const file, select_avatar_file(tx, tenant, name, large));
    if (!file)
        return refuse(ErrorKind::not_found, "not_found", "There is nothing at this address.");
    TRY(auto const key, vault.open_person_key(tx, tenant, file->user));
    return vault::open_field(key, large ? kLargePicture : kSmallPicture, name.bytes(), file->sealed);
}

Result<void> erase_avatar(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY_DO(delete_avatar(tx, tenant, user));
    return {};
}

Result<boost::json::object> export_avatar(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user)
{
    boost::json::object out;
    TRY(auto const avatar, select_avatar(tx, tenant, user));
    if (!avatar)
        return out;
    auto const content = open_avatar(tx, vault, tenant, avatar->name, kLargeAvatar);
    if (!content && content.error().kind != ErrorKind::not_found)
        return std::unexpected(content.error());
    if (content)
        out["picture"] = {{"media_type", "image/webp"},
                          {"content", base64_encode(*content)},
                          {"created_at", to_rfc3339(avatar->created_at)}};
    return out;
}

} // namespace gatehouse::identity
