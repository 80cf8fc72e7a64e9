// A bounded queue in which nobody waits behind somebody else's crowd: it takes turns between tenants, and within a
// tenant between clients. Not thread-safe; HashPool locks around it.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gatehouse::crypto {

template <class Job>
class FairQueue {
public:
    explicit FairQueue(std::size_t limit) : limit_(limit) {}

    // Adds a job. When the queue is full, the newest job of the longest line (the tenant with the most jobs, in it the
    // client with the most) makes room, unless that is the newcomer's own line: who crowds the queue is the one who is
    // sent away. Returns the job that was refused, if any: the one pushed out, or `job` itself.
    std::optional<Job> push(std::string_view tenant, std::string_view client, Job job);
    // The next job in turn, or nothing when the queue is empty.
    std::optional<Job> pop();
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

private:
    struct ClientLine {
        std::string key;
        std::deque<Job> jobs;
    };
    struct TenantLine {
        std::string key;
        std::list<ClientLine> clients; // the front is next
        std::unordered_map<std::string, typename std::list<ClientLine>::iterator> by_key;
        std::size_t size = 0;
    };
    using Tenants = std::list<TenantLine>;
    using Clients = std::list<ClientLine>;

    typename Tenants::iterator find_tenant(std::string const& key);
    typename Clients::iterator find_client(TenantLine& tenant, std::string const& key);
    void forget_if_empty(typename Tenants::iterator tenant, typename Clients::iterator client);

    std::size_t limit_;
    std::size_t size_ = 0;
    Tenants tenants_; // the front is next
    std::unordered_map<std::string, typename Tenants::iterator> by_key_;
};

template <class Job>
auto FairQueue<Job>::find_tenant(std::string const& key) -> typename Tenants::iterator
{
    if (auto const found = by_key_.find(key); found != by_key_.end())
        return found->second;
    auto const made = tenants_.insert(tenants_.end(), TenantLine{.key = key});
    by_key_.emplace(key, made);
    return made;
}

template <class Job>
auto FairQueue<Job>::find_client(TenantLine& tenant, std::string const& key) -> typename Clients::iterator
{
    if (auto const found = tenant.by_key.find(key); found != tenant.by_key.end())
        return found->second;
    auto const made = tenant.clients.insert(tenant.clients.end(), ClientLine{.key = key});
    tenant.by_key.emplace(key, made);
    return made;
}

template <class Job>
void FairQueue<Job>::forget_if_empty(typename Tenants::iterator tenant, typename Clients::iterator client)
{
    if (client->jobs.empty()) {
        tenant->by_key.erase(client->key);
        tenant->clients.erase(client);
    }
    if (tenant->clients.empty()) {
        by_key_.erase(tenant->key);
        tenants_.erase(tenant);
    }
}

template <class Job>
std::optional<Job> FairQueue<Job>::push(std::string_view tenant_key, std::string_view client_key, Job job)
{
    auto const tenant = find_tenant(std::string(tenant_key));
    auto const client = find_client(*tenant, std::string(client_key));
    client->jobs.push_back(std::move(job));
    ++tenant->size;
    ++size_;
    if (size_ <= limit_)
        return std::nullopt;

    // Ties go against the newcomer: `longest` starts there and only a longer line takes its place.
    auto longest = tenant;
    for (auto it = tenants_.begin(); it != tenants_.end(); ++it)
        if (it->size > longest->size)
            longest = it;
    auto line = longest == tenant ? client : longest->clients.begin();
    for (auto it = longest->clients.begin(); it != longest->clients.end(); ++it)
        if (it->jobs.size() > line->jobs.size())
            line = it;
    auto refused = std::optional(std::move(line->jobs.back()));
    line->jobs.pop_back();
    --longest->size;
    --size_;
    forget_if_empty(longest, line);
    return refused;
}

template <class Job>
std::optional<Job> FairQueue<Job>::pop()
{
    if (tenants_.empty())
        return std::nullopt;
    auto const tenant = tenants_.begin();
    auto const client = tenant->clients.begin();
    auto job = std::optional(std::move(client->jobs.front()));
    client->jobs.pop_front();
    --tenant->size;
    --size_;
    // Both go to the back of their rings: the next turn is another's.
    tenant->clients.splice(tenant->clients.end(), tenant->clients, client);
    tenants_.splice(tenants_.end(), tenants_, tenant);
    forget_if_empty(tenant, client);
    return job;
}

} // namespace gatehouse::crypto
