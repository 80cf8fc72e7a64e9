#include "credentials/merge.hpp"

#include "credentials/authenticators.hpp"
#include "credentials/merge_store.hpp"
#include "credentials/passkeys.hpp"
#include "credentials/passwords.hpp"
#include "vault/vault.hpp"

namespace gatehouse::credentials {

namespace {

// Under what each kind is sealed: numbers that never change (vault/field.hpp).
vault::FieldNumber field_of(std::string_view kind)
{
    return kind == "passkey" ? vault::FieldNumber{310}
           : kind == "totp"  ? vault::FieldNumber{311}
                             : vault::FieldNumber{301};
}

} // namespace

Result<std::vector<MovingCredential>> movable_credentials(storage::Tx& tx, vault::Vault& vault,
                                                          identity::Users const& users, TenantId tenant,
                                                          identity::Joined const& joined)
{
    std::vector<MovingCredential> moving;
    Passwords const passwords(vault, users);
    TRY(auto const kept, passwords.changed_at(tx, tenant, joined.into));
    TRY(auto const other, passwords.changed_at(tx, tenant, joined.from));
    if (other && !kept)
        moving.push_back({.kind = "password", .name = {}});
    TRY(auto const passkeys, Passkeys(vault, users).load(tx, tenant, joined.from));
    for (auto const& passkey : passkeys)
        moving.push_back({.kind = "passkey", .name = passkey.name});
    TRY(auto const apps, Authenticators(vault).list(tx, tenant, joined.from));
    for (auto const& app : apps)
        moving.push_back({.kind = "totp", .name = app.name});
    return moving;
}

Result<void> move_credentials(storage::Tx& tx, vault::Vault& vault, identity::Users const& users, TenantId tenant,
                              identity::Joined const& joined)
{
    TRY(auto const password, Passwords(vault, users).changed_at(tx, tenant, joined.into));
    TRY(auto const passkeys, Passkeys(vault, users).load(tx, tenant, joined.into));
    TRY(auto const apps, Authenticators(vault).list(tx, tenant, joined.into));
    auto keys = passkeys.size();
    auto codes = apps.size();
    TRY(auto const from, vault.open_person_key(tx, tenant, joined.from));
    TRY(auto const into, vault.open_person_key(tx, tenant, joined.into));
    TRY(auto rows, store::select_given(tx, tenant, joined.from));
    for (auto& row : rows) {
        if (row.kind == "password" && password)
            continue;
        keys += row.kind == "passkey" ? 1 : 0;
        codes += row.kind == "totp" ? 1 : 0;
        TRY(auto const opened, vault::open_field(from, field_of(row.kind), ByteView(row.credential.bytes), row.data));
        row.data = vault::seal_field(into, field_of(row.kind), ByteView(row.credential.bytes), opened);
        TRY_DO(store::give_credential(tx, tenant, joined, row));
    }
    if (keys > kMostPasskeys)
        return refuse(ErrorKind::conflict, "passkey_limit", "An account has at most 20 passkeys. Remove one first.");
    if (codes > static_cast<std::size_t>(kAuthenticatorLimit))
        return refuse(ErrorKind::conflict, "authenticator_limit",
                      "An account has at most 5 authenticator apps. Remove one first.");
    return {};
}

} // namespace gatehouse::credentials
