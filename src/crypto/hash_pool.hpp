// crypto: random numbers, digests, authenticated encryption and password hashing. Knows nothing of identity.
//
// HashPool: the only place where requests hash passwords. A fixed number of threads at a lower priority than requests,
// a bounded queue with deadlines that takes turns between tenants and client addresses, and a clear refusal when it is
// full, so that a flood of sign-ins costs neither memory nor everybody else's answers.
//
// In:  a password and the hash it is compared with, on whose behalf, and until when the answer is wanted.
// Out: a verdict, or "busy" (unavailable, with retry_after) when the queue was full or the deadline passed; work whose
//      deadline passed or whose caller was cancelled is never done.
#pragma once

#include "base/task.hpp"
#include "crypto/password_hash.hpp"

#include <chrono>
#include <memory>

namespace gatehouse::crypto {

struct HashPoolOptions {
    unsigned workers = 0;           // 0: one for each core
    std::size_t queue_limit = 1024; // jobs that may wait
    int niceness = 10;              // added to the workers' scheduling priority (see setpriority(2))
    Argon2Parameters parameters;
};

using HashDeadline = std::chrono::steady_clock::time_point;
inline HashDeadline hash_deadline(std::chrono::milliseconds from_now = std::chrono::seconds(10))
{
    return std::chrono::steady_clock::now() + from_now;
}

struct HashRequest {
    std::string tenant;         // takes turns with other tenants: TenantId::to_string()
    std::string client_address; // takes turns with other addresses of the tenant; IPv6 callers: the /64
    Secret password;
    // What the password is compared with. Empty for a user who does not exist or has no password: the same work is
    // done, at today's price, and the verdict is `differs`.
    std::string phc;
    HashDeadline deadline = hash_deadline();
};

struct HashStatistics {
    std::size_t queued = 0;  // waiting now
    std::size_t running = 0; // being hashed now
    std::uint64_t finished = 0;
    std::uint64_t refused = 0;           // the queue was full
    std::uint64_t expired = 0;           // the deadline passed while waiting
    std::uint64_t cancelled = 0;         // the caller went away
    std::chrono::microseconds waited{0}; // all finished jobs together, from arrival to start
    std::chrono::microseconds worked{0}; // and from start to end
};

class HashPool {
public:
    explicit HashPool(HashPoolOptions options = {});
    // Refuses what waits ("busy"), lets what runs end, joins the threads.
    ~HashPool();
    HashPool(HashPool const&) = delete;
    HashPool& operator=(HashPool const&) = delete;

    // Both resume on the caller's executor, whose context must outlive the pool, and obey its cancellation (asio
    // cancellation slots; error "cancelled"). Errors: "busy" (unavailable), "cancelled" (unavailable), and those of
    // verify_password and hash_password.
    Task<Result<PasswordVerdict>> verify(HashRequest request);
    // `request.phc` is not looked at.
    Task<Result<std::string>> hash(HashRequest request);

    HashStatistics statistics() const;
    Argon2Parameters parameters() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace gatehouse::crypto
