// Avatars: the pictures that people show of themselves. What is uploaded is decoded and written anew as two squares of
// pixels (images::make_squares), which are sealed under the person's key and gone with it.
//
// In:  two WebP files. Out: an address that nobody guesses, for pages and tokens; the files behind it.
//
// Whoever knows the address sees the picture, as applications need it (the claim "picture"). A new picture has a new
// address; that of the old one leads nowhere.
#pragma once

#include "events/event.hpp"
#include "identity/tenant.hpp"
#include "vault/vault.hpp"

namespace gatehouse::identity {

inline constexpr std::uint32_t kSmallAvatar = 96; // pixels of a side
inline constexpr std::uint32_t kLargeAvatar = 512;

using AvatarName = Id<struct AvatarTag>;

struct Avatar {
    AvatarName name;
    TimePoint created_at;
};
struct AvatarFiles {
    Bytes small;
    Bytes large;
};

inline constexpr std::size_t kLargestPicture = 5 * 1024 * 1024; // bytes that are uploaded

// "/avatars/{name}/512.webp", below a tenant's base path; with its issuer before it, the claim "picture".
std::string avatar_path(AvatarName name, std::uint32_t side);

// In place of an earlier one. Event "user.updated".
Result<Avatar> put_avatar(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, AvatarFiles const& files,
                          events::Origin const& origin, TimePoint now);
// False: there was none. Event "user.updated".
Result<bool> remove_avatar(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                           events::Origin const& origin, TimePoint now);
Result<std::optional<Avatar>> find_avatar(storage::Tx& tx, TenantId tenant, UserId user);
// The file of kSmallAvatar or kLargeAvatar. Error: "not_found": nobody has a picture of that name, or their account is
// switched off.
Result<Bytes> open_avatar(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, AvatarName name,
                          std::uint32_t side);

// An eraser and an exporter of Users: {"picture": {"media_type", "content" (base64), "created_at"}}.
Result<void> erase_avatar(storage::Tx& tx, TenantId tenant, UserId user);
Result<boost::json::object> export_avatar(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, UserId user);

} // namespace gatehouse::identity
