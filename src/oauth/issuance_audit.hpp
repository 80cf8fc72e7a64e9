// The audit of tokens that cost no durable write: machines' access tokens and refreshes. The first of a client is told
// at once, further ones within a second are counted and told together, so that the log of a busy machine costs less
// than its tokens. A crash may lose the last second.
#pragma once

#include "applications/application.hpp"
#include "events/batch_appender.hpp"

#include <mutex>
#include <unordered_map>

namespace gatehouse::oauth {

class IssuanceAudit {
public:
    explicit IssuanceAudit(events::BatchAppender& appender) : appender_(appender) {}

    struct Issued {
        TenantId tenant;
        ApplicationId application;
        std::string_view client_id;
        std::string_view audience;
        std::string_view scopes;
        std::string_view token_id;
        std::string_view request_id;
    };
    void add(Issued const& issued, TimePoint now);
    // A client that failed to prove itself. Told once a second for each client at most: anybody can cause it.
    void refused(TenantId tenant, applications::Application const& application, std::string_view request_id,
                 TimePoint now);
    // Tells what was counted more than a second ago.
    void flush(TimePoint now);

private:
    struct Bucket {
        TenantId tenant;
        std::string client_id, audience, scopes, token_id, request_id; // the last ones
        std::int64_t count = 0;
        TimePoint told_at;
    };
    void tell(ApplicationId application, Bucket& bucket, TimePoint now);

    events::BatchAppender& appender_;
    std::mutex mutex_;
    std::unordered_map<ApplicationId, Bucket> buckets_;
    std::unordered_map<ApplicationId, TimePoint> refusals_; // when the last one was told
};

} // namespace gatehouse::oauth
