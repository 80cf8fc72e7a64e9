#include "oauth/issuance_audit.hpp"

#include "events/types.hpp"

namespace gatehouse::oauth {

namespace {

constexpr Duration kWindow = std::chrono::seconds(1);

} // namespace

void IssuanceAudit::tell(ApplicationId application, Bucket& bucket, TimePoint now)
{
    appender_.append({.type = &events::kMachineTokenIssued,
                      .tenant = bucket.tenant,
                      .user = std::nullopt,
                      .origin = {.request_id = bucket.request_id, .actor = {}, .application = application},
                      .data = {{"token_id", bucket.token_id},
                               {"client_id", bucket.client_id},
                               {"scopes", bucket.scopes},
                               {"audience", bucket.audience},
                               {"grant_type", "client_credentials"},
                               {"count", bucket.count}},
                      .personal = {}},
                     now);
    bucket.count = 0;
    bucket.told_at = now;
}

void IssuanceAudit::add(Issued const& issued, TimePoint now)
{
    std::lock_guard const lock(mutex_);
    auto& bucket = buckets_[issued.application];
    // What is told names one audience and scope; another one begins a new count.
    if (bucket.count != 0 && (bucket.audience != issued.audience || bucket.scopes != issued.scopes))
        tell(issued.application, bucket, now);
    bucket.tenant = issued.tenant;
    bucket.client_id = issued.client_id;
    bucket.audience = issued.audience;
    bucket.scopes = issued.scopes;
    bucket.token_id = issued.token_id;
    bucket.request_id = issued.request_id;
    ++bucket.count;
    if (now - bucket.told_at >= kWindow || now < bucket.told_at)
        tell(issued.application, bucket, now);
}

void IssuanceAudit::refused(TenantId tenant, applications::Application const& application, std::string_view request_id,
                            TimePoint now)
{
    std::lock_guard const lock(mutex_);
    auto const [last, is_first] = refusals_.try_emplace(application.id, now);
    if (!is_first && now - last->second < kWindow && now >= last->second)
        return;
    last->second = now;
    appender_.append({.type = &events::kClientRefused,
                      .tenant = tenant,
                      .user = std::nullopt,
                      .origin = {.request_id = std::string(request_id), .actor = {}, .application = application.id},
                      .data = {{"client_id", application.client_id}, {"reason", "authentication_failed"}},
                      .personal = {}},
                     now);
}

void IssuanceAudit::flush(TimePoint now)
{
    std::lock_guard const lock(mutex_);
    std::erase_if(refusals_, [&](auto const& entry) { return now - entry.second >= kWindow; });
    for (auto at = buckets_.begin(); at != buckets_.end();) {
        auto& [application, bucket] = *at;
        if (now - bucket.told_at < kWindow && now >= bucket.told_at) {
            ++at;
            continue;
        }
        if (bucket.count != 0)
            tell(application, bucket, now);
        at = buckets_.erase(at);
    }
}

} // namespace gatehouse::oauth
