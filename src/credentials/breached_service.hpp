// A service that knows breached passwords and is asked without learning which one is meant: it gets the first five of
// the forty hexadecimal digits of the password's SHA-1 digest, and answers with all that it has of that beginning (the
// range API of Have I Been Pwned, version 3). Padding hides how many those are.
//
// It never keeps anybody from anything: when it does not answer in time, the password passes, and it is left alone for
// a while. Answers are kept for some minutes, as a person tries again.
#pragma once

#include "base/clock.hpp"
#include "base/task.hpp"
#include "credentials/breached_file.hpp"

#include <atomic>
#include <map>
#include <mutex>

namespace gatehouse::http {
class Client;
}

namespace gatehouse::credentials {

struct BreachedServiceOptions {
    std::string address; // "https://api.pwnedpasswords.com"; the range is at "{address}/range/{prefix}"
    std::chrono::milliseconds timeout{1500};
    std::chrono::seconds kept{300};      // answers
    std::chrono::seconds left_alone{30}; // after a failure
    std::size_t most_kept = 256;         // answers, of about 8 KB each
};

class BreachedService {
public:
    BreachedService(BreachedServiceOptions options, std::shared_ptr<http::Client> client);

    // False too when it could not be asked.
    Task<bool> knows(Sha1 digest);

    struct Statistics {
        std::uint64_t requests = 0;
        std::uint64_t failures = 0; // among them
        std::uint64_t skipped = 0;  // not asked: it failed a moment ago
    };
    Statistics statistics() const;

private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    using Endings = std::vector<std::uint64_t>; // the digests of an answer, cut, sorted
    struct Kept {
        std::shared_ptr<Endings const> endings;
        SteadyTime until;
    };
    std::shared_ptr<Endings const> find_kept(std::string const& prefix);
    void keep(std::string const& prefix, std::shared_ptr<Endings const> endings);
    Task<std::shared_ptr<Endings const>> ask(std::string prefix); // or null

    BreachedServiceOptions options_;
    std::shared_ptr<http::Client> client_;
    std::mutex mutex_; // of kept_
    std::map<std::string, Kept> kept_;
    std::atomic<SteadyTime> asked_again_at_{};
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> failures_ = 0;
    std::atomic<std::uint64_t> skipped_ = 0;
};

} // namespace gatehouse::credentials
