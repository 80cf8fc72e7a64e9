#include "vault/test_support/test_vault.hpp"

#include <stdexcept>

namespace gatehouse::vault {

namespace {

[[noreturn]] void give_up(Error const& error)
{
    throw std::runtime_error(error.code + ": " + error.message + " " + error.detail);
}

} // namespace

std::unique_ptr<Vault> open_test_vault(storage::Database& database, TimePoint now, std::uint8_t key)
{
    auto vault = Vault::open(database, RootKeyGiven{Secret(Bytes(kRootKeySize, key))}, now);
    if (!vault)
        give_up(vault.error());
    return *std::move(vault);
}

TenantId make_test_tenant(storage::Database& database, Vault& vault, TimePoint now)
{
    auto const tenant = TenantId::generate(now);
    auto const made = database.write_now([&](storage::Tx& tx) { return vault.create_tenant_keys(tx, tenant, now); });
    if (!made)
        give_up(made.error());
    return tenant;
}

} // namespace gatehouse::vault
