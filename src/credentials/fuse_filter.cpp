#include "credentials/fuse_filter.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <ranges>

namespace gatehouse::credentials {

namespace {

constexpr std::uint32_t kLongestSegment = 1U << 18;
constexpr int kMostSeeds = 100;

// The finalizer of MurmurHash3: every bit of the key and seed reaches every bit of the result.
std::uint64_t mix(std::uint64_t key, std::uint64_t seed)
{
    auto hash = key + seed;
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    return hash ^ (hash >> 33);
}

std::uint16_t fingerprint_of(std::uint64_t hash)
{
    return static_cast<std::uint16_t>(hash ^ (hash >> 32));
}

// Three places in three neighbouring segments.
std::array<std::uint32_t, 3> places_of(FuseShape const& shape, std::uint64_t hash)
{
    auto const range = static_cast<std::uint64_t>(shape.segment_count) * shape.segment_length;
    auto const mask = shape.segment_length - 1;
    auto const first = static_cast<std::uint32_t>(static_cast<unsigned __int128>(hash) * range >> 64);
    return {first, (first + shape.segment_length) ^ (static_cast<std::uint32_t>(hash >> 18) & mask),
            (first + 2 * shape.segment_length) ^ (static_cast<std::uint32_t>(hash) & mask)};
}

// Sizes as the paper found them to work (section 4).
FuseShape shape_for(std::size_t keys)
{
    auto const n = static_cast<double>(std::max<std::size_t>(keys, 2));
    auto const bits = static_cast<int>(std::floor(std::log(n) / std::log(3.33) + 2.25));
    FuseShape shape{.segment_length = std::min(1U << bits, kLongestSegment)};
    auto const factor = std::max(1.125, 0.875 + 0.25 * std::log(1e6) / std::log(n));
    auto const capacity = static_cast<std::uint64_t>(std::round(n * factor));
    auto const segments = (capacity + shape.segment_length - 1) / shape.segment_length;
    shape.segment_count = static_cast<std::uint32_t>(segments > 3 ? segments - 2 : 1);
    return shape;
}

struct Place {
    std::uint64_t hashes = 0; // of all keys that may lie here, exclusive or
    std::uint32_t count = 0;
};
struct Peeled {
    std::uint64_t hash;
    std::uint32_t place; // that no key peeled later uses
};

// Takes keys off that are alone in one of their places, until none is left: backwards, each has a place of its own.
// Empty when they hold each other fast.
std::vector<Peeled> peel(FuseShape const& shape, std::span<std::uint64_t const> keys)
{
    std::vector<Place> places(shape.size());
    for (auto const key : keys) {
        auto const hash = mix(key, shape.seed);
        for (auto const place : places_of(shape, hash)) {
            places[place].hashes ^= hash;
            ++places[place].count;
        }
    }
    std::vector<std::uint32_t> alone;
    for (std::uint32_t place = 0; place < places.size(); ++place)
        if (places[place].count == 1)
            alone.push_back(place);
    std::vector<Peeled> peeled;
    peeled.reserve(keys.size());
    while (!alone.empty()) {
        auto const place = alone.back();
        alone.pop_back();
        if (places[place].count != 1)
            continue;
        auto const hash = places[place].hashes;
        peeled.push_back({hash, place});
        for (auto const other : places_of(shape, hash)) {
            places[other].hashes ^= hash;
            if (--places[other].count == 1)
                alone.push_back(other);
        }
    }
    if (peeled.size() != keys.size())
        peeled.clear();
    return peeled;
}

} // namespace

std::uint64_t FuseShape::size() const
{
    return segment_length == 0 ? 0 : (static_cast<std::uint64_t>(segment_count) + 2) * segment_length;
}

bool FuseShape::is_sound() const
{
    return segment_length == 0 ? segment_count == 0
                               : std::has_single_bit(segment_length) && segment_length <= kLongestSegment &&
                                     segment_count >= 1 && size() <= UINT32_MAX;
}

Result<FuseFilter> build_fuse_filter(std::span<std::uint64_t const> keys)
{
    FuseFilter filter;
    if (keys.empty())
        return filter;
    filter.shape = shape_for(keys.size());
    if (!filter.shape.is_sound())
        return fault("too many keys for one filter");
    for (int attempt = 1; attempt <= kMostSeeds; ++attempt) {
        filter.shape.seed = mix(static_cast<std::uint64_t>(attempt), 0x9e3779b97f4a7c15ULL);
        auto const peeled = peel(filter.shape, keys);
        if (peeled.empty())
            continue;
        filter.fingerprints.assign(filter.shape.size(), 0);
        for (auto const& [hash, place] : std::views::reverse(peeled)) {
            auto value = fingerprint_of(hash);
            for (auto const other : places_of(filter.shape, hash))
                if (other != place)
                    value ^= filter.fingerprints[other];
            filter.fingerprints[place] = value;
        }
        return filter;
    }
    return fault("no seed fits the keys of a filter: some repeat");
}

bool contains(FuseShape const& shape, std::span<std::uint16_t const> fingerprints, std::uint64_t key)
{
    if (shape.segment_length == 0)
        return false;
    auto const hash = mix(key, shape.seed);
    auto value = fingerprint_of(hash);
    for (auto const place : places_of(shape, hash))
        value ^= fingerprints[place];
    return value == 0;
}

} // namespace gatehouse::credentials
