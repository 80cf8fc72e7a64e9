// The SQL of avatars.
#pragma once

#include "identity/avatars.hpp"

namespace gatehouse::identity {

struct AvatarRow {
    UserId user;
    AvatarName name;
    Bytes small; // sealed
    Bytes large; // sealed
    TimePoint created_at;
};
Result<void> replace_avatar(storage::Tx& tx, TenantId tenant, AvatarRow const& row);
Result<bool> delete_avatar(storage::Tx& tx, TenantId tenant, UserId user);
Result<std::optional<Avatar>> select_avatar(storage::Tx& tx, TenantId tenant, UserId user);
// Of people whose account is not switched off; only the file that is asked for.
struct AvatarFile {
    UserId user;
    Bytes sealed;
};
Result<std::optional<AvatarFile>> select_avatar_file(storage::Tx& tx, TenantId tenant, AvatarName name, bool large);

} // namespace gatehouse::identity
