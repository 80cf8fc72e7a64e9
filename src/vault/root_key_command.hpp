// Runs the command that prints the root key.
#pragma once

#include "base/secret.hpp"

#include <chrono>
#include <string>

namespace gatehouse::vault {

// Its standard output, at most 4 KB. The command runs in /bin/sh with our standard error, no input, and is killed when
// its time is over. Error: "root_key_command_failed" (says how; never what it printed).
Result<Secret> run_root_key_command(std::string const& command, std::chrono::milliseconds limit);

} // namespace gatehouse::vault
