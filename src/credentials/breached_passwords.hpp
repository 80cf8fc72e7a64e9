// Whether a password is known from a breach: the built-in list of the most common ones, the file that the operator
// built (breached_file.hpp), and the service that they configured (breached_service.hpp).
//
// In:  the normalized password, in the clear: when it is chosen, and when it was proven right at a sign-in.
// Out: yes or no. Nothing is stored, and nothing of it is logged.
#pragma once

#include "credentials/breached_service.hpp"

namespace gatehouse::credentials {

class BreachedPasswords {
public:
    // The built-in list only.
    BreachedPasswords() = default;
    // `path` empty: no file. Errors: those of BreachedFile::open.
    Result<void> use_file(std::filesystem::path path);
    // Before the first request. With `at_sign_in` it is asked at every sign-in with a password, too.
    void use_service(std::unique_ptr<BreachedService> service, bool at_sign_in);

    // Opens the file anew when it is another one now. A damaged one is not taken; the old one stays. For a background
    // job. Errors: those of BreachedFile::open, once for each change.
    Result<void> refresh();

    // By the list and the file; at once.
    bool knows(Secret const& normalized) const;
    // Of a password that is being chosen: asks the service too.
    Task<bool> is_breached(Secret const& normalized) const;
    // Of one that was just proven right.
    Task<bool> is_breached_at_sign_in(Secret const& normalized) const;

    struct Statistics {
        std::uint64_t passwords = 0; // in the file
        std::uint64_t asked = 0;
        std::uint64_t found = 0;
        BreachedService::Statistics service;
    };
    Statistics statistics() const;

private:
    struct Seen { // of the file, to notice another one
        std::uint64_t inode = 0;
        std::uint64_t size = 0;
        std::filesystem::file_time_type changed{};
        friend bool operator==(Seen const&, Seen const&) = default;
    };
    Result<Seen> look() const;
    std::shared_ptr<BreachedFile const> file() const;
    Task<bool> ask(Secret const& normalized, bool service_too) const;

    std::filesystem::path path_;
    std::optional<Seen> seen_; // by refresh() only; none: never looked
    mutable std::mutex mutex_;
    std::shared_ptr<BreachedFile const> file_; // under mutex_
    std::unique_ptr<BreachedService> service_;
    bool at_sign_in_ = false;
    mutable std::atomic<std::uint64_t> asked_ = 0;
    mutable std::atomic<std::uint64_t> found_ = 0;
};

} // namespace gatehouse::credentials
