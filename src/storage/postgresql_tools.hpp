// PostgreSQL's own programs: where they are, and how they are run without showing a password to other users of the
// machine (arguments are visible to all, the environment to the owner only).
#pragma once

#include "base/result.hpp"

#include <string>
#include <vector>

namespace gatehouse::storage {

// On PATH, or in the folder of the newest version that Debian has. Error: "backup_tool_missing".
Result<std::string> find_postgresql_program(std::string const& name);

// The address in the form that --dbname= takes, without the password. Error: "invalid_database_address".
Result<std::string> connection_string_without_password(std::string const& address);

// Runs `command` with the address's password in PGPASSWORD, and waits. Error: "backup_failed", whose detail is what the
// program wrote to standard error.
Result<void> run_postgresql_program(std::vector<std::string> const& command, std::string const& address);

} // namespace gatehouse::storage
