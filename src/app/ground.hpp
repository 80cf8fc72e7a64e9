// Ground: the database, the keys and the nouns, opened as the settings say. What `serve` and every other command that
// looks into the database begin with.
#pragma once

#include "app/options.hpp"
#include "applications/registry.hpp"
#include "credentials/authenticators.hpp"
#include "credentials/challenges.hpp"
#include "credentials/metadata_file.hpp"
#include "credentials/passwords.hpp"
#include "credentials/push_requests.hpp"
#include "credentials/recovery_codes.hpp"
#include "identity/directory.hpp"
#include "identity/tenants.hpp"
#include "identity/users.hpp"
#include "storage/lease.hpp"
#include "storage/open.hpp"
#include "tokens/key_ring.hpp"
#include "vault/vault.hpp"

namespace gatehouse::app {

// "sqlite:DATA/gatehouse.db", or the PostgreSQL address that was configured. May hold a password: not for logs.
std::string database_address(config::Settings const& settings);
credentials::MetadataFiles metadata_files(config::Settings const& settings);
vault::RootKeySource root_key_source(config::Settings const& settings);
// Where the SQLite database and the root key lie; made (mode 0700) if it is missing. Error: "data_folder_unusable".
Result<void> prepare_data_folder(config::Settings const& settings);

struct Ground {
    Ground(std::unique_ptr<storage::Database> opened, std::unique_ptr<vault::Vault> unlocked, std::string public_url);

    SystemClock clock;
    std::unique_ptr<storage::Database> database;
    std::unique_ptr<vault::Vault> vault;
    storage::Leases leases;
    identity::ChangeFeed changes;
    identity::Directory directory;
    identity::Tenants tenants;
    identity::Users users;
    credentials::Passwords passwords;
    credentials::Challenges challenges;
    credentials::Authenticators authenticators;
    credentials::RecoveryCodes recovery_codes;
    credentials::PushDevices push_devices;
    credentials::PushRequests push_requests;
    applications::Registry registry;
    tokens::KeyRing key_ring;
};

// Opens, migrates (unless storage.migrate is false), unlocks, and makes the system and default tenants of an empty
// database. Errors: those of the parts, and "schema_behind" when migrations are pending and not allowed.
Result<std::unique_ptr<Ground>> open_ground(config::Settings const& settings, storage::Tenancy tenancy);

} // namespace gatehouse::app
