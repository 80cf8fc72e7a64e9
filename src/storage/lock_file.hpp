// A file that says which process serves a database, held by flock: the lock goes when the process does, however it
// ends.
#pragma once

#include "base/result.hpp"

#include <string>

namespace gatehouse::storage {

class LockFile {
public:
    LockFile() = default;
    LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    LockFile& operator=(LockFile&& other) noexcept
    {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~LockFile();

    // Error: "storage_in_use" (conflict), whose message names `database` and the process that holds it.
    static Result<LockFile> take(std::string const& path, std::string const& database);

private:
    int descriptor_ = -1;
};

} // namespace gatehouse::storage
