#include "vault/root_key.hpp"

#include "base/json.hpp"
#include "crypto/aead.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "vault/root_key_command.hpp"

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::vault {

namespace {

constexpr std::string_view kExportFormat = "gatehouse-root-key-1";
constexpr crypto::Argon2Parameters kExportCost{.memory_kib = 65536, .passes = 3};
constexpr std::size_t kMinimumPassphrase = 12;

template <class... Values>
Refusal bad(std::string code, fmt::format_string<Values...> message, Values&&... values)
{
    return refuse(ErrorKind::unavailable, std::move(code), fmt::format(message, std::forward<Values>(values)...));
}

struct Descriptor {
    int number;
    ~Descriptor()
    {
        if (number >= 0)
            close(number);
    }
};

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blank = " \t\r\n";
    auto const start = text.find_first_not_of(blank);
    return start == std::string_view::npos ? std::string_view()
                                           : text.substr(start, text.find_last_not_of(blank) - start + 1);
}

Result<Secret> read_file(std::filesystem::path const& path)
{
    Descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.number < 0 && errno == ENOENT)
        return bad("root_key_missing", "There is no root key at {}. Put it back, or point to where it is.",
                   path.string());
    if (file.number < 0)
        return bad("root_key_unsafe", "The root key {} cannot be read: {}.", path.string(), std::strerror(errno));
    struct stat status{};
    if (fstat(file.number, &status) != 0 || !S_ISREG(status.st_mode))
        return bad("root_key_unsafe", "The root key {} is not a regular file.", path.string());
    if ((status.st_mode & 077) != 0)
        return bad("root_key_unsafe", "Others may read the root key {} (mode {:04o}). Run: chmod 600 {}", path.string(),
                   static_cast<unsigned>(status.st_mode & 07777), path.string());
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return bad("root_key_unsafe", "The root key {} belongs to another user. Run: chown {} {}", path.string(),
                   geteuid(), path.string());
    Bytes content(1024);
    auto const size = read(file.number, content.data(), content.size());
    Secret const text{std::move(content)};
    if (size < 0)
        return bad("root_key_unsafe", "The root key {} cannot be read: {}.", path.string(), std::strerror(errno));
    auto key = parse_root_key(text.expose_text().substr(0, static_cast<std::size_t>(size)));
    if (!key)
        return bad("root_key_invalid", "The file {} does not hold a root key (32 bytes as base64url).", path.string());
    return key;
}

Result<Secret> read_environment(std::string const& variable)
{
    auto const* const text = std::getenv(variable.c_str());
    if (!text || *text == '\0')
        return bad("root_key_missing", "The environment variable {} is not set. It must hold the root key.", variable);
    auto key = parse_root_key(text);
    if (!key)
        return bad("root_key_invalid", "The environment variable {} does not hold a root key (32 bytes as base64url).",
                   variable);
    return key;
}

Result<Secret> read_command(std::string const& command)
{
    TRY(auto const output, run_root_key_command(command, std::chrono::seconds(10)));
    auto key = parse_root_key(output.expose_text());
    if (!key)
        return bad("root_key_invalid", "The root key command did not print a root key (32 bytes as base64url).");
    return key;
}

crypto::AeadKey export_key(Secret const& derived)
{
    return crypto::AeadKey(derived.expose());
}

Refusal invalid_export()
{
    return refuse(ErrorKind::invalid, "key_export_invalid", "This is not a copy of a root key made by `keys export`.");
}

} // namespace

Result<Secret> parse_root_key(std::string_view text)
{
    text = trimmed(text);
    auto bytes = text.size() == 64   ? hex_decode(text)
                 : text.size() == 44 ? base64_decode(text)
                                     : base64url_decode(text);
    if (!bytes || bytes->size() != kRootKeySize)
        return bad("root_key_invalid", "A root key is 32 bytes, written as base64url, base64 or hexadecimal.");
    return Secret(std::move(*bytes));
}

std::string print_root_key(Secret const& key)
{
    return base64url_encode(key.expose());
}

Result<Secret> read_root_key(RootKeySource const& source)
{
    if (auto const* const file = std::get_if<RootKeyFile>(&source))
        return read_file(file->path);
    if (auto const* const environment = std::get_if<RootKeyEnvironment>(&source))
        return read_environment(environment->variable);
    if (auto const* const command = std::get_if<RootKeyCommand>(&source))
        return read_command(command->command);
    auto const& given = std::get<RootKeyGiven>(source).key;
    if (given.size() != kRootKeySize)
        return bad("root_key_invalid", "A root key is 32 bytes.");
    return given.clone();
}

Result<void> write_root_key(std::filesystem::path const& path, Secret const& key)
{
    auto const unwritable = [&](char const* what) {
        return bad("root_key_unwritable", "The root key {} cannot be written: {}: {}.", path.string(), what,
                   std::strerror(errno));
    };
    Descriptor const file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.number < 0 && errno == EEXIST)
        return bad("root_key_exists", "There is a file at {} already. It was left as it is.", path.string());
    if (file.number < 0)
        return unwritable("open");
    auto text = print_root_key(key) + "\n";
    auto const written = write(file.number, text.data(), text.size());
    wipe(text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size()) || fsync(file.number) != 0) {
        auto refusal = unwritable("write");
        unlink(path.c_str());
        return refusal;
    }
    auto const parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    Descriptor const folder{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.number < 0 || fsync(folder.number) != 0) // so that the name survives a crash too
        return unwritable("fsync");
    return {};
}

Result<std::string> export_root_key(Secret const& key, Secret const& passphrase)
{
    if (passphrase.size() < kMinimumPassphrase)
        return refuse(ErrorKind::invalid, "passphrase_too_short", "The passphrase needs at least 12 characters.");
    auto const salt = crypto::random_array<16>();
    TRY(auto const derived, crypto::derive_key(passphrase, salt, kExportCost, crypto::AeadKey::kSize));
    boost::json::object const document{
        {"format", kExportFormat},
        {"kdf",
         {{"name", "argon2id"},
          {"memory_kib", kExportCost.memory_kib},
          {"passes", kExportCost.passes},
          {"salt", base64url_encode(salt)}}},
        {"cipher", "AES-256-GCM"},
        {"wrapped", base64url_encode(export_key(derived).seal(key.expose(), as_bytes(kExportFormat)))}};
    return boost::json::serialize(document) + "\n";
}

Result<Secret> import_root_key(std::string_view text, Secret const& passphrase)
{
    auto const document = parse_json_object_strict(text, {.size = 4096, .depth = 4});
    if (!document)
        return invalid_export();
    auto const text_at = [](boost::json::object const& object, std::string_view name) -> std::string_view {
        auto const* const value = object.if_contains(name);
        return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
    };
    auto const number_at = [](boost::json::object const& object, std::string_view name) -> std::uint32_t {
        auto const* const value = object.if_contains(name);
        return value && value->is_int64() && value->get_int64() > 0 && value->get_int64() <= crypto::kMaximumMemoryKib
                   ? static_cast<std::uint32_t>(value->get_int64())
                   : 0;
    };
    auto const* const kdf = document->if_contains("kdf");
    if (text_at(*document, "format") != kExportFormat || !kdf || !kdf->is_object() ||
        text_at(kdf->get_object(), "name") != "argon2id")
        return invalid_export();
    crypto::Argon2Parameters const cost{.memory_kib = number_at(kdf->get_object(), "memory_kib"),
                                        .passes = number_at(kdf->get_object(), "passes")};
    auto const salt = base64url_decode(text_at(kdf->get_object(), "salt"));
    auto const wrapped = base64url_decode(text_at(*document, "wrapped"));
    if (cost.memory_kib < 8 || cost.passes < 1 || !salt || salt->size() != 16 || !wrapped)
        return invalid_export();
    auto const derived = crypto::derive_key(passphrase, *salt, cost, crypto::AeadKey::kSize);
    if (!derived)
        return invalid_export();
    auto key = export_key(*derived).open(*wrapped, as_bytes(kExportFormat));
    if (!key || key->size() != kRootKeySize)
        return refuse(ErrorKind::invalid, "passphrase_wrong",
                      "The passphrase does not open this copy, or the copy was damaged.");
    return Secret(std::move(*key));
}

} // namespace gatehouse::vault
