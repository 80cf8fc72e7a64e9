#include "credentials/breached_passwords.hpp"

#include "credentials/password_policy.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/stat.h>

namespace gatehouse::credentials {

Result<BreachedPasswords::Seen> BreachedPasswords::look() const
{
    struct stat found{};
    if (stat(path_.c_str(), &found) != 0)
        return refuse(ErrorKind::invalid, "file_unusable",
                      fmt::format("{} cannot be opened: {}.", path_.string(), std::strerror(errno)));
    std::error_code failed;
    auto const changed = std::filesystem::last_write_time(path_, failed);
    if (failed)
        return refuse(ErrorKind::invalid, "file_unusable",
                      fmt::format("{} cannot be opened: {}.", path_.string(), failed.message()));
    return Seen{.inode = found.st_ino, .size = static_cast<std::uint64_t>(found.st_size), .changed = changed};
}

Result<void> BreachedPasswords::use_file(std::filesystem::path path)
{
    path_ = std::move(path);
    return refresh();
}

void BreachedPasswords::use_service(std::unique_ptr<BreachedService> service, bool at_sign_in)
{
    service_ = std::move(service);
    at_sign_in_ = at_sign_in;
}

Result<void> BreachedPasswords::refresh()
{
    if (path_.empty())
        return {};
    auto const now = look();
    auto const seen = now.value_or(Seen{});
    if (seen == seen_)
        return {};
    seen_ = seen; // told once, not at every look
    if (!now)
        return std::unexpected(now.error());
    TRY(auto opened, BreachedFile::open(path_));
    std::lock_guard const lock(mutex_);
    file_ = std::move(opened);
    return {};
}

std::shared_ptr<BreachedFile const> BreachedPasswords::file() const
{
    std::lock_guard const lock(mutex_);
    return file_;
}

bool BreachedPasswords::knows(Secret const& normalized) const
{
    if (is_listed_password(normalized.expose_text()))
        return true;
    auto const opened = file();
    return opened && opened->contains(sha1_of(normalized));
}

Task<bool> BreachedPasswords::ask(Secret const& normalized, bool service_too) const
{
    ++asked_;
    auto found = knows(normalized);
    if (!found && service_too && service_)
        found = co_await service_->knows(sha1_of(normalized));
    if (found)
        ++found_;
    co_return found;
}

Task<bool> BreachedPasswords::is_breached(Secret const& normalized) const
{
    return ask(normalized, true);
}

Task<bool> BreachedPasswords::is_breached_at_sign_in(Secret const& normalized) const
{
    return ask(normalized, at_sign_in_);
}

BreachedPasswords::Statistics BreachedPasswords::statistics() const
{
    auto const opened = file();
    return {.passwords = opened ? opened->passwords() : 0,
            .asked = asked_,
            .found = found_,
            .service = service_ ? service_->statistics() : BreachedService::Statistics{}};
}

} // namespace gatehouse::credentials
