#include "base/id.hpp"

#include <openssl/rand.h>
#include <stdexcept>

namespace gatehouse {

namespace {

// Random bytes for ids, drawn from OpenSSL in blocks: one call per 32 ids instead of one per id.
struct IdSource {
    std::array<std::uint8_t, 320> pool{};
    std::size_t used = pool.size();

    void take(std::uint8_t* out, std::size_t size)
    {
        if (used + size > pool.size()) {
            if (RAND_bytes(pool.data(), static_cast<int>(pool.size())) != 1)
                throw std::runtime_error("the random generator failed");
            used = 0;
        }
        std::copy_n(pool.data() + used, size, out);
        used += size;
    }
};

// The stamp of an id (milliseconds << 12 | counter), made larger than that of every id before it in this process, so
// that ids of one moment are ordered whichever thread made them. A clock that was set back by more starts anew.
std::uint64_t next_stamp(std::uint64_t wanted)
{
    constexpr std::uint64_t kWindow = std::uint64_t{50} << 12; // 50 ms
    static std::atomic<std::uint64_t> newest{0};
    auto before = newest.load(std::memory_order_relaxed);
    std::uint64_t stamp = 0;
    do {
        stamp = wanted <= before && before - wanted < kWindow ? before + 1 : wanted;
    } while (!newest.compare_exchange_weak(before, stamp, std::memory_order_relaxed));
    return stamp;
}

} // namespace

Uuid Uuid::generate(TimePoint now)
{
    thread_local IdSource source;
    std::array<std::uint8_t, 10> random{};
    source.take(random.data(), random.size());

    auto const milliseconds =
        static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count());
    // Starting the counter low leaves it room to grow before it spills into the next millisecond.
    auto const stamp = next_stamp(milliseconds << 12 | (static_cast<std::uint64_t>(random[8]) << 2 | (random[9] & 3)));

    Uuid id;
    auto const time = stamp >> 12;
    for (std::size_t i = 0; i < 6; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(time >> (40 - 8 * i));
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | (stamp >> 8 & 0x0f));
    id.bytes[7] = static_cast<std::uint8_t>(stamp);
    std::copy_n(random.data(), 8, id.bytes.data() + 8);
    id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

Result<Uuid> Uuid::parse(std::string_view text)
{
    auto const bad = [] { return refuse(ErrorKind::invalid, "invalid_id", "This is not an id (a UUID is expected)."); };
    if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return bad();
    std::string digits;
    for (auto character : text)
        if (character != '-')
            digits.push_back(character);
    auto raw = hex_decode(digits);
    if (!raw || raw->size() != 16)
        return bad();
    return from_bytes(*raw);
}

Result<Uuid> Uuid::from_bytes(ByteView raw)
{
    if (raw.size() != 16)
        return refuse(ErrorKind::invalid, "invalid_id", "This is not an id (16 bytes are expected).");
    Uuid id;
    std::copy(raw.begin(), raw.end(), id.bytes.begin());
    return id;
}

std::string Uuid::to_string() const
{
    auto const digits = hex_encode(bytes);
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            text.push_back('-');
        text.push_back(digits[i]);
    }
    return text;
}

} // namespace gatehouse
