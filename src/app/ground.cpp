#include "app/ground.hpp"

#include "admin/management_api.hpp"
#include "app/migrations.hpp"
#include "applications/applications.hpp"
#include "base/log.hpp"
#include "journey/people.hpp"
#include "storage/migrator.hpp"

#include <filesystem>
#include <unistd.h>

namespace gatehouse::app {

namespace {

namespace fs = std::filesystem;

std::string without_trailing_slash(std::string url)
{
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

// Names this process among those that hold leases.
std::string holder_name()
{
    char host[256] = "unknown";
    gethostname(host, sizeof host - 1);
    return fmt::format("{}/{}/{}", host, getpid(), Uuid::generate(SystemClock{}.now()).to_string());
}

Result<void> bring_schema_up_to_date(storage::Database& database, bool allowed, TimePoint now)
{
    if (allowed) {
        TRY_DO(storage::migrate(database, embedded::migrations(), now));
        return {};
    }
    TRY(auto const state, storage::plan_migrations(database, embedded::migrations()));
    if (!state.pending.empty())
        return refuse(ErrorKind::conflict, "schema_behind",
                      fmt::format("The database lacks {} migrations, the first of them {}. Run `gatehouse migrate`.",
                                  state.pending.size(), state.pending.front().name));
    return {};
}

// The API that stands for a tenant's management, with every scope that this version knows.
Result<void> ensure_management_api(storage::Tx& tx, vault::Vault& vault, TenantId tenant, std::string const& issuer,
                                   TimePoint now)
{
    TRY(auto const found, applications::find_api_by_audience(tx, tenant, admin::management_audience(issuer)));
    auto wanted = admin::management_api_of(issuer);
    if (!found) {
        TRY_DO(applications::create_api(tx, {vault, tenant, {}, now}, std::move(wanted)));
    } else if (found->permissions != wanted.permissions) {
        wanted.id = found->id;
        TRY_DO(applications::update_api(tx, {vault, tenant, {}, now}, std::move(wanted)));
    }
    return {};
}

// Where this installation is reached: as configured; for a command that was not told, as the database says.
Result<std::string> public_url(config::Settings const& settings, storage::Database& database, vault::Vault& vault,
                               storage::Tenancy tenancy)
{
    auto configured = without_trailing_slash(settings.get(options::kPublicUrl));
    if (tenancy == storage::Tenancy::Server || !settings.is_default(options::kPublicUrl))
        return configured;
    identity::Tenants const tenants(vault, configured);
    TRY(auto const first, database.read_now([&](storage::Tx& tx) { return tenants.list(tx, {}); }));
    for (auto const& tenant : first.items) // the first two that were made
        if (tenant.is_default())
            return tenant.issuer;
    return configured;
}

Result<void> bootstrap(Ground& ground, TimePoint now)
{
    TRY_DO(ground.database->write_now([&](storage::Tx& tx) { return ground.tenants.bootstrap(tx, now); }));
    TRY_DO(ground.changes.poll_now(now));
    for (auto const& tenant : {ground.directory.system_tenant(), ground.directory.default_tenant()}) {
        TRY(auto const keys, ground.key_ring.get_now(tenant->id, now)); // made if they are not there yet
        TRY_DO(ground.database->write_now([&](storage::Tx& tx) {
            return ensure_management_api(tx, *ground.vault, tenant->id, tenant->issuer, now);
        }));
    }
    return ground.changes.poll_now(now);
}

} // namespace

std::string database_address(config::Settings const& settings)
{
    auto const configured = settings.get(options::kDatabase);
    if (!configured.empty())
        return std::string(configured.expose_text()); // handed to storage only
    return "sqlite:" + (fs::path(settings.get(options::kData)) / "gatehouse.db").string();
}

credentials::MetadataFiles metadata_files(config::Settings const& settings)
{
    return {.blob = settings.get(options::kMetadataFile),
            .root = settings.get(options::kMetadataRoot),
            .host = settings.get(options::kMetadataSigner),
            .further_roots = settings.get(options::kAttestationRoots)};
}

vault::RootKeySource root_key_source(config::Settings const& settings)
{
    if (auto const key = settings.get(options::kRootKey); !key.empty()) {
        if (auto parsed = vault::parse_root_key(key.expose_text()))
            return vault::RootKeyGiven{*std::move(parsed)};
        return vault::RootKeyGiven{Secret{}}; // refused by Vault::open with its own words
    }
    if (auto const command = settings.get(options::kRootKeyCommand); !command.empty())
        return vault::RootKeyCommand{command};
    auto const file = settings.get(options::kRootKeyFile);
    return vault::RootKeyFile{file.empty() ? fs::path(settings.get(options::kData)) / "root.key" : fs::path(file)};
}

Result<void> prepare_data_folder(config::Settings const& settings)
{
    fs::path const folder = settings.get(options::kData);
    std::error_code failed;
    if (fs::exists(folder, failed))
        return {};
    if (!fs::create_directories(folder, failed) || failed)
        return refuse(ErrorKind::unavailable, "data_folder_unusable",
                      fmt::format("The data folder {} cannot be made: {}. Choose another with --data.", folder.string(),
                                  failed.message()));
    fs::permissions(folder, fs::perms::owner_all, failed);
    return {};
}

Ground::Ground(std::unique_ptr<storage::Database> opened, std::unique_ptr<vault::Vault> unlocked,
               std::string public_url)
    : database(std::move(opened)), vault(std::move(unlocked)), leases(*database, holder_name()), changes(*database),
      directory(changes, *vault), tenants(*vault, std::move(public_url)), users(*vault), passwords(*vault, users),
      challenges(*vault), authenticators(*vault), recovery_codes(*vault), push_devices(*vault),
      push_requests(*vault, push_devices), registry(*database, changes), key_ring(*database, *vault, changes)
{
    journey::connect_people(users, *vault);
}

Result<std::unique_ptr<Ground>> open_ground(config::Settings const& settings, storage::Tenancy tenancy)
{
    TRY_DO(prepare_data_folder(settings));
    TRY(auto database, storage::open({.address = database_address(settings),
                                      .tenancy = tenancy,
                                      .connections = static_cast<int>(settings.get(options::kDatabaseConnections))}));
    auto const now = SystemClock{}.now();
    TRY_DO(bring_schema_up_to_date(*database, settings.get(options::kMigrate), now));
    TRY(auto vault, vault::Vault::open(*database, root_key_source(settings), now));
    TRY(auto address, public_url(settings, *database, *vault, tenancy));
    auto ground = std::make_unique<Ground>(std::move(database), std::move(vault), std::move(address));
    TRY_DO(bootstrap(*ground, now));
    return ground;
}

} // namespace gatehouse::app
