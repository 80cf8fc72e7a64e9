// Small MMDB files for tests, as the MaxMind DB File Format Specification 2.0 describes them.
#pragma once

#include "places/places.hpp"

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::places {

struct MmdbForm {
    unsigned record_size = 28; // bits: 24, 28 or 32
    std::uint64_t build_epoch = 1'790'000'000;
    std::string type = "Test-City";
};
// `networks`: blocks ("203.0.113.0/24") with what the file says of them. The bytes of the file: a tree of IPv6, with
// IPv4 below ::/96.
std::string write_mmdb(std::vector<std::pair<std::string, boost::json::value>> const& networks,
                       MmdbForm const& form = {});

// Vienna at 81.10.0.0/16 with names in several languages, somewhere in Japan at 2001:200::/32, only a country (NZ) at
// 49.224.0.0/16.
std::string example_mmdb(MmdbForm const& form = {});

// A file of its own, gone with the object.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view content);
    TemporaryFile(TemporaryFile const&) = delete;
    TemporaryFile& operator=(TemporaryFile const&) = delete;
    ~TemporaryFile();

    std::string const& path() const { return path_; }
    // As `cp` does: the same file, written over. `later`: seconds by which its time moves.
    void overwrite(std::string_view content, int later = 1);

private:
    std::string path_;
};

// Knows what example_mmdb() says.
struct ExamplePlaces {
    TemporaryFile file{example_mmdb()};
    Places places{file.path()};
    ExamplePlaces();
};

} // namespace gatehouse::places
