#include "crypto/password_hash.hpp"

#include "crypto/random.hpp"

#include <cerrno>
#include <charconv>
#include <sodium.h>
#include <stdexcept>

namespace gatehouse::crypto {

namespace {

constexpr std::size_t kSaltSize = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t kHashSize = 32;

void demand_sodium()
{
    static int const started = sodium_init(); // chooses the fastest block function for this processor
    if (started < 0)
        throw std::runtime_error("libsodium failed to start");
}

struct Parsed {
    std::uint32_t memory_kib;
    std::uint32_t passes;
    std::uint32_t lanes;
};

Refusal invalid_hash(std::string why)
{
    return refuse(ErrorKind::invalid, "password_hash_invalid",
                  "The password hash is not an Argon2id hash that this server accepts.")
        .because(std::move(why));
}

// A decimal number without sign or leading zeros, at most `maximum`; takes it and the `end` behind it from the text.
std::optional<std::uint32_t> take_number(std::string_view& text, char end, std::uint32_t maximum)
{
    auto const size = text.find(end);
    if (size == std::string_view::npos || size == 0 || size > 9 || text[0] == '0')
        return std::nullopt;
    std::uint32_t number = 0;
    auto const [stop, error] = std::from_chars(text.data(), text.data() + size, number);
    if (error != std::errc() || stop != text.data() + size || number > maximum)
        return std::nullopt;
    text.remove_prefix(size + 1);
    return number;
}

bool take_prefix(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

// How many bytes an unpadded base64 text stands for, or nothing.
std::optional<std::size_t> unpadded_size(std::string_view text)
{
    std::string padded(text);
    padded.append((4 - padded.size() % 4) % 4, '=');
    auto const bytes = base64_decode(padded);
    return bytes && !text.ends_with('=') ? std::optional(bytes->size()) : std::nullopt;
}

Result<Parsed> parse(std::string_view phc)
{
    if (phc.size() > 256)
        return invalid_hash("longer than 256 characters");
    if (!take_prefix(phc, "$argon2id$v=19$m="))
        return invalid_hash("not Argon2id version 19");
    auto const memory = take_number(phc, ',', kMaximumMemoryKib);
    if (!memory)
        return invalid_hash("m is missing or beyond the limit");
    auto const passes = take_prefix(phc, "t=") ? take_number(phc, ',', kMaximumPasses) : std::nullopt;
    if (!passes)
        return invalid_hash("t is missing or beyond the limit");
    auto const lanes = take_prefix(phc, "p=") ? take_number(phc, '$', kMaximumLanes) : std::nullopt;
    if (!lanes)
        return invalid_hash("p is missing or beyond the limit");
    if (*memory < 8 * *lanes)
        return invalid_hash("m is less than 8 p");
    auto const dollar = phc.find('$');
    if (dollar == std::string_view::npos)
        return invalid_hash("no hash");
    auto const salt = unpadded_size(phc.substr(0, dollar));
    if (!salt || *salt < 8 || *salt > 64)
        return invalid_hash("the salt is not 8 to 64 bytes of base64");
    auto const hash = unpadded_size(phc.substr(dollar + 1));
    if (!hash || *hash < 16 || *hash > 64)
        return invalid_hash("the hash is not 16 to 64 bytes of base64");
    return Parsed{.memory_kib = *memory, .passes = *passes, .lanes = *lanes};
}

// For C functions that take no null pointer, not even with a size of 0.
std::string_view characters_of(Secret const& password)
{
    return password.empty() ? std::string_view("") : password.expose_text();
}

Result<void> check_password(Secret const& password)
{
    if (password.size() > kMaximumPasswordSize)
        return refuse(ErrorKind::invalid, "password_too_long", "The password is too long.")
            .with("limit", std::to_string(kMaximumPasswordSize));
    return {};
}

std::string unpadded(ByteView bytes)
{
    auto text = base64_encode(bytes);
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

} // namespace

Result<Secret> derive_key(Secret const& passphrase, ByteView salt, Argon2Parameters parameters, std::size_t size)
{
    TRY_DO(check_password(passphrase));
    demand_sodium();
    if (salt.size() != kSaltSize || parameters.memory_kib > kMaximumMemoryKib || parameters.passes > kMaximumPasses)
        return fault("Argon2id: salt or parameters out of range");
    Bytes key(size);
    auto const text = characters_of(passphrase);
    if (crypto_pwhash_argon2id(key.data(), key.size(), text.data(), text.size(), salt.data(), parameters.passes,
                               std::size_t(parameters.memory_kib) * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        return fault("Argon2id failed: no memory, or parameters out of range");
    return Secret(std::move(key));
}

Result<std::string> hash_password(Secret const& password, Argon2Parameters parameters)
{
    auto const salt = random_array<kSaltSize>();
    TRY(auto const hash, derive_key(password, salt, parameters, kHashSize));
    return fmt::format("$argon2id$v=19$m={},t={},p=1${}${}", parameters.memory_kib, parameters.passes, unpadded(salt),
                       unpadded(hash.expose()));
}

Result<PasswordVerdict> verify_password(Secret const& password, std::string_view phc, Argon2Parameters parameters)
{
    TRY_DO(check_password(password));
    TRY(auto const parsed, parse(phc));
    demand_sodium();
    auto const text = characters_of(password);
    // libsodium compares in constant time, and takes the lanes and salt sizes that imported hashes may have.
    errno = 0;
    if (crypto_pwhash_argon2id_str_verify(std::string(phc).c_str(), text.data(), text.size()) != 0) {
        if (errno == EINVAL)
            return PasswordVerdict::differs;
        return fault("Argon2id failed: no memory");
    }
    auto const current =
        Argon2Parameters{.memory_kib = parsed.memory_kib, .passes = parsed.passes} == parameters && parsed.lanes == 1;
    return current ? PasswordVerdict::matches : PasswordVerdict::matches_rehash;
}

Result<void> check_password_hash(std::string_view phc)
{
    TRY_DO(parse(phc));
    return {};
}

} // namespace gatehouse::crypto
