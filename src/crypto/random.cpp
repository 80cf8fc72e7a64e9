#include "crypto/random.hpp"

#include <openssl/rand.h>
#include <stdexcept>

namespace gatehouse::crypto {

namespace {

void draw(std::uint8_t* out, std::size_t size)
{
    if (RAND_bytes(out, static_cast<int>(size)) != 1)
        throw std::runtime_error("the random generator failed");
}

struct Pool {
    std::array<std::uint8_t, 1024> bytes{};
    std::size_t used = bytes.size();

    ~Pool() { wipe(bytes.data(), bytes.size()); }
    void take(std::span<std::uint8_t> out)
    {
        if (used + out.size() > bytes.size()) {
            draw(bytes.data(), bytes.size());
            used = 0;
        }
        std::copy_n(bytes.data() + used, out.size(), out.data());
        wipe(bytes.data() + used, out.size());
        used += out.size();
    }
};

} // namespace

void random_fill(std::span<std::uint8_t> out)
{
    thread_local Pool pool;
    if (out.size() <= 64)
        return pool.take(out);
    constexpr std::size_t step = 1 << 20; // RAND_bytes counts in int
    for (std::size_t at = 0; at < out.size(); at += step)
        draw(out.data() + at, std::min(step, out.size() - at));
}

Bytes random_bytes(std::size_t size)
{
    Bytes bytes(size);
    random_fill(bytes);
    return bytes;
}

Secret random_secret(std::size_t size)
{
    return Secret(random_bytes(size));
}

std::string random_token(std::size_t size)
{
    return base64url_encode(random_bytes(size));
}

std::uint32_t random_below(std::uint32_t limit)
{
    // Draws again where the remainder would favour small numbers: at worst every second draw.
    auto const uneven = static_cast<std::uint32_t>(-limit) % limit; // 2^32 mod limit
    for (;;) {
        auto const bytes = random_array<4>();
        auto const number = static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
                            static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
        if (number >= uneven)
            return number % limit;
    }
}

std::string random_code(std::size_t length, std::string_view alphabet)
{
    std::string code;
    code.reserve(length);
    for (std::size_t i = 0; i < length; ++i)
        code.push_back(alphabet[random_below(static_cast<std::uint32_t>(alphabet.size()))]);
    return code;
}

} // namespace gatehouse::crypto
