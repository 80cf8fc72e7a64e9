#include "credentials/merge_store.hpp"

namespace gatehouse::credentials::store {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kSelect{
    "SELECT credential_id, kind, data FROM credentials "
    "WHERE tenant_id = :tenant AND user_id = :user AND kind IN ('password', 'totp', 'passkey')"};
constexpr Statement kGive{"UPDATE credentials SET user_id = :into, data = :data "
                          "WHERE tenant_id = :tenant AND user_id = :from AND credential_id = :credential"};
constexpr Statement kGiveId{"UPDATE passkey_ids SET user_id = :into "
                            "WHERE tenant_id = :tenant AND user_id = :from AND credential_id = :credential"};

} // namespace

Result<std::vector<GivenRow>> select_given(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kSelect, {{"tenant", tenant}, {"user", user}}, [](Row const& row) {
        return GivenRow{.credential = row.uuid(0), .kind = row.string(1), .data = row.blob(2)};
    });
}

Result<void> give_credential(storage::Tx& tx, TenantId tenant, identity::Joined const& joined, GivenRow const& row)
{
    TRY_DO(tx.execute(kGive, {{"tenant", tenant},
                              {"from", joined.from},
                              {"into", joined.into},
                              {"credential", row.credential},
                              {"data", row.data}}));
    if (row.kind == "passkey")
        TRY_DO(tx.execute(
            kGiveId,
            {{"tenant", tenant}, {"from", joined.from}, {"into", joined.into}, {"credential", row.credential}}));
    return {};
}

} // namespace gatehouse::credentials::store
