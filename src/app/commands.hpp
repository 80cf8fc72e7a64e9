// The command line: `gatehouse COMMAND [OPTION...]`. Each command is a function of the settings; what it prints goes to
// standard output, what went wrong to standard error. Exit status: 0 done, 1 failed, 2 misused.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"

#include <string>
#include <vector>

namespace gatehouse::app {

int run(int argc, char** argv);

// What a command prints at the end; commands that fail return an Error, whose message is printed.
struct Words {
    std::vector<std::string> arguments; // behind the command and its flags
    bool yes = false;                   // --yes: do not ask
    bool dry_run = false;               // --dry-run: print the plan only
    std::string email;                  // of `admin create`
    std::string name;
    std::string output; // --output FILE
    std::string from;   // of `breached build`
    std::string to;
    std::int64_t minimum_count = 1;
    std::string tenant; // of `explain-signin`: a slug
    std::string user;   // an identifier
    std::string client_id;
    std::string acr;
};

Result<void> serve(config::Settings const& settings);
Result<void> migrate(config::Settings const& settings, Words const& words);
Result<void> apply(config::Settings const& settings, Words const& words);
Result<void> admin_create(config::Settings const& settings, Words const& words);
Result<void> admin_recover(config::Settings const& settings);
Result<void> keys_rotate(config::Settings const& settings, Words const& words);
Result<void> keys_export(config::Settings const& settings, Words const& words);
Result<void> keys_import(config::Settings const& settings, Words const& words);
Result<void> backup(config::Settings const& settings, Words const& words);
Result<void> restore(config::Settings const& settings, Words const& words);
Result<void> passkeys_metadata_check(config::Settings const& settings, Words const& words);
// A file for passwords.breached_file, out of a list of SHA-1 digests.
Result<void> breached_build(Words const& words);
// Whether a password is in it; asked for on the terminal.
Result<void> breached_check(config::Settings const& settings);
Result<void> explain_signin(config::Settings const& settings, Words const& words);
Result<void> doctor(config::Settings const& settings);

// Asks on the terminal; false when the answer is not yes, or when there is nobody to ask.
bool confirm(std::string_view question);
// Reads a secret: out of the variable, or asked for on the terminal without echo (twice, when `again`).
// Errors: "passphrase_missing", "passphrase_differs".
Result<Secret> read_secret(char const* variable, char const* prompt, bool again);

} // namespace gatehouse::app
