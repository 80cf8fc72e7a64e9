// Commands that look after an installation: schema, declarations, administrators, keys, backups.
#include "admin/declaration.hpp"
#include "admin/management_api.hpp"
#include "app/commands.hpp"
#include "app/ground.hpp"
#include "app/migrations.hpp"
#include "credentials/password_policy.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "session/session.hpp"
#include "signin/signin.hpp"
#include "storage/backup.hpp"
#include "storage/migrator.hpp"
#include "tokens/families.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::app {

namespace {

Result<std::string> read_file(std::string const& path)
{
    std::ifstream stream(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(stream), {}};
    if (!stream)
        return refuse(ErrorKind::not_found, "file_unreadable", fmt::format("The file {} cannot be read.", path));
    return content;
}

// A new file that only its owner may read.
Result<void> write_private_file(std::string const& path, std::string_view content)
{
    auto const file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    auto const written = file < 0 ? -1 : write(file, content.data(), content.size());
    auto const synced = file < 0 ? -1 : fsync(file);
    if (file >= 0)
        close(file);
    if (written != static_cast<ssize_t>(content.size()) || synced != 0)
        return refuse(ErrorKind::conflict, "file_unwritable",
                      fmt::format("The file {} cannot be written; it must not exist yet.", path));
    return {};
}

} // namespace

Result<void> migrate(config::Settings const& settings, Words const& words)
{
    TRY_DO(prepare_data_folder(settings));
    TRY(auto database, storage::open({.address = database_address(settings)}));
    TRY(auto const state, storage::plan_migrations(*database, embedded::migrations()));
    for (auto const& migration : state.pending)
        fmt::print("{} {}\n", words.dry_run ? "pending" : "applying", migration.name);
    if (state.pending.empty())
        fmt::print("The schema is up to date ({} migrations).\n", state.applied.size());
    if (words.dry_run)
        return {};
    TRY_DO(storage::migrate(*database, embedded::migrations(), SystemClock{}.now()));
    return {};
}

Result<void> apply(config::Settings const& settings, Words const& words)
{
    TRY(auto const text, read_file(words.arguments.front()));
    TRY(auto const declaration, admin::Declaration::parse(text));
    TRY(auto ground, open_ground(settings, storage::Tenancy::Guest));
    admin::DeclarationParts const parts{.database = *ground->database,
                                        .vault = *ground->vault,
                                        .changes = ground->changes,
                                        .directory = ground->directory,
                                        .tenants = ground->tenants,
                                        .users = ground->users,
                                        .passwords = ground->passwords,
                                        .secret = admin::read_secret_reference};
    auto const now = ground->clock.now();
    TRY(auto const plan, admin::plan(parts, declaration, now));
    fmt::print("{}", plan.to_string());
    if (plan.is_empty()) {
        fmt::print("Nothing to do.\n");
        return {};
    }
    if (words.dry_run)
        return {};
    if (!words.yes && !confirm("Make these changes?"))
        return refuse(ErrorKind::conflict, "not_confirmed",
                      "Nothing was changed. Use --yes where nobody can be asked.");
    TRY_DO(admin::apply(parts, declaration, now));
    fmt::print("Done.\n");
    return {};
}

Result<void> admin_create(config::Settings const& settings, Words const& words)
{
    TRY(auto const email, identity::normalize_email(words.email));
    TRY(auto ground, open_ground(settings, storage::Tenancy::Guest));
    auto const system = ground->directory.system_tenant();
    TRY(auto const typed, read_secret("GATEHOUSE_ADMIN_PASSWORD", "Password: ", true));
    TRY(auto const password, credentials::normalize_password(typed));
    std::string const personal[] = {words.email, words.name};
    TRY_DO(credentials::check_password(password, *system, personal));
    TRY(auto const phc, crypto::hash_password(password));
    auto const now = ground->clock.now();
    boost::json::object profile;
    if (!words.name.empty())
        profile["name"] = words.name;
    TRY_DO(ground->database->write_now([&](storage::Tx& tx) -> Result<void> {
        TRY(auto const made,
            ground->users.create(tx, system->id,
                                 {.profile = profile, .identifiers = {{.identifier = email, .verified = true}}}, {},
                                 now));
        TRY_DO(ground->passwords.enrol(tx, made.key, phc, {}, now));
        return ground->users.set_permissions(tx, system->id, made.user.id, admin::management_audience(system->issuer),
                                             admin::management_scopes(), {}, now);
    }));
    fmt::print("{} is an administrator and signs in at {}/account\n", email.value, system->issuer);
    return {};
}

Result<void> admin_recover(config::Settings const& settings)
{
    TRY(auto ground, open_ground(settings, storage::Tenancy::Guest));
    auto const system = ground->directory.system_tenant();
    TRY(auto const link, ground->database->write_now([&](storage::Tx& tx) {
        return signin::create_setup_link(tx, ground->challenges, *system, ground->clock.now());
    }));
    fmt::print("{}\n", link);
    return {};
}

Result<void> keys_rotate(config::Settings const& settings, Words const& words)
{
    auto const what = words.arguments.empty() ? std::string("signing") : words.arguments.front();
    TRY(auto ground, open_ground(settings, storage::Tenancy::Guest));
    auto const now = ground->clock.now();
    if (what == "root") {
        auto const source = root_key_source(settings);
        auto const* file = std::get_if<vault::RootKeyFile>(&source);
        if (!file)
            return refuse(ErrorKind::invalid, "root_key_elsewhere",
                          "The root key comes from a variable or command; change it there. Only a key file is "
                          "rotated by this command.");
        auto const key = crypto::random_secret(vault::kRootKeySize);
        TRY_DO(ground->vault->rotate_root(*ground->database, key, now));
        fmt::print("The root key is a new one. Export it again with `gatehouse keys export`.\n");
        return {};
    }
    if (what != "signing")
        return refuse(ErrorKind::invalid, "unknown_key", "Say `keys rotate signing` or `keys rotate root`.");
    for (auto const& tenant : ground->directory.all()) {
        TRY(auto const made, ground->key_ring.rotate(tenant->id, tokens::kPublishAhead, {}, now));
        fmt::print("{}: {} new keys, which sign in a day\n", tenant->slug, made);
    }
    return {};
}

Result<void> keys_export(config::Settings const& settings, Words const& words)
{
    TRY(auto ground, open_ground(settings, storage::Tenancy::Guest));
    TRY(auto const passphrase, read_secret("GATEHOUSE_PASSPHRASE", "Passphrase for the copy: ", true));
    TRY(auto const text, ground->vault->export_keys(*ground->database, passphrase, ground->clock.now()));
    if (words.output.empty())
        fmt::print("{}\n", text);
    else
        TRY_DO(write_private_file(words.output, text + "\n"));
    return {};
}

Result<void> keys_import(config::Settings const& settings, Words const& words)
{
    TRY(auto const text, read_file(words.arguments.front()));
    TRY(auto const passphrase, read_secret("GATEHOUSE_PASSPHRASE", "Passphrase of the copy: ", false));
    TRY(auto const key, vault::import_root_key(text, passphrase));
    auto const source = root_key_source(settings);
    auto const* file = std::get_if<vault::RootKeyFile>(&source);
    if (!file)
        return refuse(ErrorKind::invalid, "root_key_elsewhere", "The root key is configured as a variable or command.");
    TRY_DO(prepare_data_folder(settings));
    TRY_DO(vault::write_root_key(file->path, key));
    fmt::print("The root key is in {}.\n", file->path.string());
    return {};
}

Result<void> backup(config::Settings const& settings, Words const& words)
{
    auto const interactive = isatty(STDERR_FILENO) != 0;
    TRY(auto const report, storage::backup(database_address(settings), words.arguments.front(),
                                           [&](std::int64_t done, std::int64_t total) {
                                               if (interactive && total > 0)
                                                   fmt::print(stderr, "\r{} %", done * 100 / total);
                                           }));
    if (interactive)
        fmt::print(stderr, "\r");
    fmt::print("{} ({} bytes). The root key is not in it: keep a copy made with `gatehouse keys export`.\n",
               words.arguments.front(), report.bytes);
    return {};
}

// What was handed out before the backup's moment ends: codes, journeys, sessions, refresh tokens.
Result<void> restore(config::Settings const& settings, Words const& words)
{
    TRY_DO(prepare_data_folder(settings));
    TRY_DO(storage::restore(database_address(settings), words.arguments.front()));
    TRY(auto ground, open_ground(settings, storage::Tenancy::Guest));
    auto const now = ground->clock.now();
    TRY_DO(ground->database->write_now([&](storage::Tx& tx) { return ground->vault->start_sealing_epoch(tx, now); }));
    TRY_DO(ground->database->write_now([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(session::end_everything(tx, now));
        TRY_DO(tokens::end_everything(tx, now));
        return {};
    }));
    fmt::print("Restored. Everybody signs in again: sessions and refresh tokens of the backup have ended.\n");
    return {};
}

} // namespace gatehouse::app
