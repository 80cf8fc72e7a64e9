#include "storage/lock_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace gatehouse::storage {

LockFile::~LockFile()
{
    // The file stays: removing it would let two servers hold locks on two files of one name.
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

Result<LockFile> LockFile::take(std::string const& path, std::string const& database)
{
    LockFile lock;
    lock.descriptor_ = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock.descriptor_ < 0)
        return refuse(
            ErrorKind::internal, "database_unwritable",
            fmt::format("The lock file {} cannot be opened: {}.", path, std::generic_category().message(errno)));
    if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 32> holder{};
        auto const length = ::pread(lock.descriptor_, holder.data(), holder.size(), 0);
        std::string pid(holder.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
        while (!pid.empty() && pid.back() == '\n')
            pid.pop_back();
        return refuse(ErrorKind::conflict, "storage_in_use",
                      fmt::format("The database {} is in use by another Gatehouse (pid {}). Stop that one first, or "
                                  "give this one a database of its own.",
                                  database, pid.empty() ? "unknown" : pid));
    }
    auto const pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(lock.descriptor_, 0) != 0 ||
        ::pwrite(lock.descriptor_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return refuse(
            ErrorKind::internal, "database_unwritable",
            fmt::format("The lock file {} cannot be written: {}.", path, std::generic_category().message(errno)));
    return lock;
}

} // namespace gatehouse::storage
