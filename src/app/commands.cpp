#include "app/commands.hpp"

#include "app/options.hpp"
#include "base/log.hpp"

#include <CLI/CLI.hpp>
#include <functional>

namespace gatehouse::app {

namespace {

struct Invocation {
    config::Flags flags;
    std::string config_file;
    Words words;
    bool reference = false; // `config --reference`
    std::function<Result<void>(config::Settings const&)> run;
};

log::Level level_of(std::string const& name)
{
    if (name == "debug")
        return log::Level::debug;
    if (name == "warning")
        return log::Level::warning;
    return name == "error" ? log::Level::error : log::Level::info;
}

log::Format format_of(std::string const& name)
{
    if (name == "json")
        return log::Format::json;
    return name == "text" ? log::Format::text : log::Format::automatic;
}

Result<void> print_configuration(config::Settings const& settings, bool reference)
{
    fmt::print("{}", reference ? config::reference(options::kTables) : settings.to_toml());
    return {};
}

// A command with the options that all share.
CLI::App* add_command(CLI::App& parent, Invocation& invocation, std::string const& name, std::string const& text,
                      std::function<Result<void>(config::Settings const&)> run)
{
    auto* command = parent.add_subcommand(name, text);
    command->add_option("--config", invocation.config_file, "The configuration file (default gatehouse.toml)");
    config::add_flags(*command, options::kTables, invocation.flags);
    command->callback([&invocation, run = std::move(run)] { invocation.run = run; });
    return command;
}

void add_operation_commands(CLI::App& app, Invocation& invocation)
{
    auto& words = invocation.words;
    add_command(app, invocation, "serve", "Run the server", serve);
    auto* migrate_command = add_command(app, invocation, "migrate", "Bring the database's schema up to date",
                                        [&](auto const& settings) { return migrate(settings, words); });
    migrate_command->add_flag("--dry-run", words.dry_run, "Say what would be done");
    auto* config_command =
        add_command(app, invocation, "config", "Print the effective configuration, secrets masked",
                    [&](auto const& settings) { return print_configuration(settings, invocation.reference); });
    config_command->add_flag("--reference", invocation.reference, "Print the reference of all options (Markdown)");
    auto* apply_command =
        add_command(app, invocation, "apply", "Make tenants, applications, APIs and users as a file says",
                    [&](auto const& settings) { return apply(settings, words); });
    apply_command->add_option("file", words.arguments, "A JSON file")->required()->expected(1);
    apply_command->add_flag("--yes,-y", words.yes, "Do not ask");
    apply_command->add_flag("--dry-run", words.dry_run, "Show the plan only");
    auto* backup_command = add_command(app, invocation, "backup", "Copy the database while the server runs",
                                       [&](auto const& settings) { return backup(settings, words); });
    backup_command->add_option("file", words.arguments, "Where to; must not exist")->required()->expected(1);
    auto* restore_command = add_command(app, invocation, "restore", "Fill an empty database from a backup",
                                        [&](auto const& settings) { return restore(settings, words); });
    restore_command->add_option("file", words.arguments, "A backup")->required()->expected(1);
    auto* explain = add_command(app, invocation, "explain-signin",
                                "Say which paths would lead somebody in, and which setting decides",
                                [&](auto const& settings) { return explain_signin(settings, words); });
    explain->add_option("--tenant", words.tenant, "The tenant's slug (default \"default\")");
    explain->add_option("--user", words.user, "Their email address, phone number or username")->required();
    explain->add_option("--application", words.client_id, "A client_id; without it, the account pages");
    explain->add_option("--acr", words.acr, "A level that the application asks for, by its name");
    add_command(app, invocation, "doctor", "Look for what is wrong with this installation, and say the fix", doctor);
}

void add_grouped_commands(CLI::App& app, Invocation& invocation)
{
    auto& words = invocation.words;
    auto* admin = app.add_subcommand("admin", "Administrators")->require_subcommand(1);
    auto* create = add_command(*admin, invocation, "create", "Make an administrator with a password",
                               [&](auto const& settings) { return admin_create(settings, words); });
    create->add_option("--email", words.email, "Their email address")->required();
    create->add_option("--name", words.name, "Their name");
    add_command(*admin, invocation, "recover", "Print a one-time link that makes its bearer an administrator",
                admin_recover);

    auto* passkeys = app.add_subcommand("passkeys", "Passkeys and security keys")->require_subcommand(1);
    auto* metadata =
        passkeys->add_subcommand("metadata", "What is known of authenticator models")->require_subcommand(1);
    auto* check =
        add_command(*metadata, invocation, "check", "Verify a metadata BLOB (FIDO MDS 3) and say what it holds",
                    [&](auto const& settings) { return passkeys_metadata_check(settings, words); });
    check->add_option("file", words.arguments, "The BLOB; without it, the configured one")->expected(0, 1);

    auto* keys = app.add_subcommand("keys", "Keys")->require_subcommand(1);
    auto* rotate = add_command(*keys, invocation, "rotate", "New signing keys for every tenant, or a new root key",
                               [&](auto const& settings) { return keys_rotate(settings, words); });
    rotate->add_option("what", words.arguments, "signing (default) or root")->expected(0, 1);
    auto* export_command =
        add_command(*keys, invocation, "export", "Write the root key, wrapped under a passphrase, to be kept elsewhere",
                    [&](auto const& settings) { return keys_export(settings, words); });
    export_command->add_option("--output,-o", words.output, "A file; without it, standard output");
    auto* import_command = add_command(*keys, invocation, "import", "Bring back a root key that was exported",
                                       [&](auto const& settings) { return keys_import(settings, words); });
    import_command->add_option("file", words.arguments, "What `keys export` wrote")->required()->expected(1);
}

void add_breached_commands(CLI::App& app, Invocation& invocation)
{
    auto& words = invocation.words;
    auto* breached = app.add_subcommand("breached", "Passwords known from breaches")->require_subcommand(1);
    auto* build = add_command(*breached, invocation, "build", "Make the file for passwords.breached_file",
                              [&](auto const&) { return breached_build(words); });
    build->add_option("--from", words.from, "Lines SHA1:COUNT, ordered by hash (Pwned Passwords); - for standard input")
        ->required();
    build->add_option("--to", words.to, "The file to write; one that is in use may be replaced")->required();
    build->add_option("--minimum-count", words.minimum_count, "Leave out what was seen less often")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
    add_command(*breached, invocation, "check", "Say whether a password is in it, or in the built-in list",
                breached_check);
}

int report(Error const& error)
{
    fmt::print(stderr, "gatehouse: {}\n", error.message);
    if (!error.pointer.empty())
        fmt::print(stderr, "  at {}\n", error.pointer);
    if (!error.detail.empty())
        fmt::print(stderr, "  {}\n", error.detail);
    return 1;
}

int execute(Invocation& invocation)
{
    auto sources = config::Sources::of_process();
    sources.flags = invocation.flags;
    if (!invocation.config_file.empty())
        sources.file = invocation.config_file;
    auto const settings = config::load(options::kTables, sources);
    if (!settings)
        return report(settings.error());
    log::configure(level_of(settings->get(options::kLogLevel)), format_of(settings->get(options::kLogFormat)));
    auto const outcome = invocation.run(*settings);
    return outcome ? 0 : report(outcome.error());
}

} // namespace

int run(int argc, char** argv)
{
    CLI::App app{"Gatehouse: customer identity and access management in one binary."};
    app.name("gatehouse");
    app.require_subcommand(1);
    app.set_version_flag("--version", "gatehouse " GATEHOUSE_VERSION);
    Invocation invocation;
    add_operation_commands(app, invocation);
    add_grouped_commands(app, invocation);
    add_breached_commands(app, invocation);
    auto print_version = false;
    app.add_subcommand("version", "Print the version")->callback([&] { print_version = true; });
    auto const known = [&](std::string const& name) {
        auto const commands = app.get_subcommands({});
        return std::any_of(commands.begin(), commands.end(),
                           [&](auto* command) { return command->get_name() == name; });
    };
    if (argc < 2 || (argv[1][0] != '-' && !known(argv[1]))) {
        if (argc >= 2)
            fmt::print(stderr, "gatehouse: there is no command \"{}\".\n\n", argv[1]);
        fmt::print(stderr, "{}", app.help());
        return 2;
    }
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (print_version) {
        fmt::print("gatehouse {}\n", GATEHOUSE_VERSION);
        return 0;
    }
    return execute(invocation);
}

} // namespace gatehouse::app
