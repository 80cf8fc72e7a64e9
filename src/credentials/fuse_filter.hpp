// A binary fuse filter (Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022) with 16-bit
// fingerprints: says whether a key is one of a fixed set, in three look-ups, at about 18 bits a key. It never misses a
// key, and takes one stranger in 65,536 for one.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace gatehouse::credentials {

// What a filter is besides its fingerprints. All zero: it holds nothing.
struct FuseShape {
    std::uint64_t seed = 0;
    std::uint32_t segment_length = 0; // a power of two
    std::uint32_t segment_count = 0;  // of those where a key's first place may be

    std::uint64_t size() const; // fingerprints
    bool is_sound() const;      // may be used for look-ups in size() fingerprints
};

struct FuseFilter {
    FuseShape shape;
    std::vector<std::uint16_t> fingerprints;
};

// Keys that spread evenly, such as parts of digests, and differ. Takes about 40 bytes a key while it works.
// Error: "internal_error" when no seed fits, which only keys that repeat bring about.
Result<FuseFilter> build_fuse_filter(std::span<std::uint64_t const> keys);

// `fingerprints` has shape.size() of them.
bool contains(FuseShape const& shape, std::span<std::uint16_t const> fingerprints, std::uint64_t key);

} // namespace gatehouse::credentials
