// A vault for tests of higher rooms, with a root key that is given.
//
//   storage::TestDatabase database{GetParam()};
//   std::unique_ptr<vault::Vault> vault = vault::open_test_vault(*database, now);
#pragma once

#include "vault/vault.hpp"

namespace gatehouse::vault {

// Opens the vault of a test database, again if it was opened before. `key` differs where a test wants another root key.
// A failure ends the test program.
std::unique_ptr<Vault> open_test_vault(storage::Database& database, TimePoint now, std::uint8_t key = 1);

// A new tenant id whose keys exist. (identity/ makes whole tenants.)
TenantId make_test_tenant(storage::Database& database, Vault& vault, TimePoint now);

} // namespace gatehouse::vault
