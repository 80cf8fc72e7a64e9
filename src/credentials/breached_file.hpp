// The passwords that are known from breaches, as a file that is mapped into memory: many small filters
// (fuse_filter.hpp), one for each beginning of the SHA-1 digests, so that a corpus of any size is built in little
// memory and a look-up touches three pages.
//
// In:  lines "SHA1:COUNT", sorted, as the Pwned Passwords downloads have them (https://haveibeenpwned.com/Passwords).
// Out: a file of about 18 bits a password; one password in 65,536 that was never breached is taken for one that was.
#pragma once

#include "base/secret.hpp"
#include "credentials/fuse_filter.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <istream>
#include <memory>

namespace gatehouse::credentials {

using Sha1 = std::array<std::uint8_t, 20>;
Sha1 sha1_of(Secret const& password);

struct BreachedBuild {
    std::int64_t minimum_count = 1; // leaves out what was seen less often
    std::uint64_t size = 0;         // bytes of the input, for its share that is done; 0: unknown
    // Called now and then with the bytes read and the passwords taken.
    std::function<void(std::uint64_t bytes, std::uint64_t taken)> progress = {};
};
struct BreachedBuilt {
    std::uint64_t read = 0;  // lines
    std::uint64_t taken = 0; // of them
    std::uint64_t bytes = 0; // of the file
};

// Writes beside `to` and renames at the end, so that a server that uses the old file is not disturbed. Memory: about
// 20 MB for a corpus of a thousand million. Errors (invalid): "breached_line_invalid", "breached_not_sorted" (argument
// "line"), "breached_empty"; "file_unusable".
Result<BreachedBuilt> build_breached_file(std::istream& from, std::filesystem::path const& to,
                                          BreachedBuild const& wanted);

class BreachedFile {
public:
    // Errors: "file_unusable", "breached_file_damaged" (invalid: not of this format, cut, or changed).
    static Result<std::shared_ptr<BreachedFile const>> open(std::filesystem::path const& path);
    ~BreachedFile();
    BreachedFile(BreachedFile const&) = delete;
    BreachedFile& operator=(BreachedFile const&) = delete;

    bool contains(Sha1 const& digest) const;
    std::uint64_t passwords() const;

private:
    BreachedFile(void const* mapped, std::size_t size) : mapped_(mapped), size_(size) {}
    void const* mapped_;
    std::size_t size_;
};

} // namespace gatehouse::credentials
