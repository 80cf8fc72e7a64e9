// The root key: 32 bytes from which everything else is unlocked. It never enters the database.
//
// As text (file, environment, output of a command): the 32 bytes as base64url, base64 or hexadecimal, white space
// around them ignored. `openssl rand -base64 32` makes one.
#pragma once

#include "base/secret.hpp"

#include <filesystem>
#include <string>
#include <variant>

namespace gatehouse::vault {

inline constexpr std::size_t kRootKeySize = 32;

// A file that only its owner may read: mode 0600 or stricter, owned by this process's user or root. Made by
// Vault::open when the database is empty and the file does not exist.
struct RootKeyFile {
    std::filesystem::path path;
};
// GATEHOUSE_ROOT_KEY unless another name is given.
struct RootKeyEnvironment {
    std::string variable = "GATEHOUSE_ROOT_KEY";
};
// A shell command that prints the key, such as a call to a key management service. It has 10 seconds.
struct RootKeyCommand {
    std::string command;
};
// The key itself, for tests and for the second key of a rotation.
struct RootKeyGiven {
    Secret key;
};
using RootKeySource = std::variant<RootKeyFile, RootKeyEnvironment, RootKeyCommand, RootKeyGiven>;

// Error: "root_key_invalid".
Result<Secret> parse_root_key(std::string_view text);
std::string print_root_key(Secret const& key);

// Errors: "root_key_missing" (no such file or variable), "root_key_unsafe" (the file's mode or owner),
// "root_key_invalid", "root_key_command_failed". Messages name the file, variable or command and say what to do.
Result<Secret> read_root_key(RootKeySource const& source);
// Writes a new file of mode 0600 and syncs it to disk. Error: "root_key_exists", "root_key_unwritable".
Result<void> write_root_key(std::filesystem::path const& path, Secret const& key);

// A copy of the root key to keep elsewhere, wrapped under a passphrase (Argon2id and AES-256-GCM) as JSON text.
// Error: "passphrase_too_short" (fewer than 12 characters).
Result<std::string> export_root_key(Secret const& key, Secret const& passphrase);
// Errors: "key_export_invalid" (not such a text), "passphrase_wrong".
Result<Secret> import_root_key(std::string_view text, Secret const& passphrase);

} // namespace gatehouse::vault
