#include "app/jobs.hpp"
#include "base/thread.hpp"

#include "app/metrics.hpp"
#include "base/log.hpp"

namespace gatehouse::app {

namespace {

// Outlasts two intervals, so that a job stays on its node while that node lives.
Duration lease_length(Job const& job)
{
    return std::max<Duration>(job.interval * 2, std::chrono::seconds(30));
}

std::string lease_name(Job const& job)
{
    return "job/" + job.name;
}

} // namespace

Jobs::Jobs(storage::Database& database, storage::Leases const& leases, Clock const& clock)
    : database_(database), leases_(leases), clock_(clock)
{
}

Jobs::~Jobs()
{
    stop();
}

void Jobs::add(Job job)
{
    jobs_.emplace_back(std::move(job));
}

void Jobs::add_metrics(Metrics& metrics) const
{
    for (auto const& running : jobs_) {
        auto const name = running.job.name;
        metrics.add_counter(fmt::format("gatehouse_job_{}_runs_total", name), "How often the background job ran here.",
                            [&running] { return static_cast<double>(running.runs); });
        metrics.add_counter(fmt::format("gatehouse_job_{}_failures_total", name), "How often it failed.",
                            [&running] { return static_cast<double>(running.failures); });
        metrics.add_gauge(fmt::format("gatehouse_job_{}_last_success_seconds", name),
                          "When it last succeeded here, in Unix time.",
                          [&running] { return static_cast<double>(running.last_success); });
    }
}

void Jobs::start()
{
    for (auto& running : jobs_)
        running.thread = std::thread([this, &running] {
            name_this_thread(running.job.name.substr(0, 15).c_str());
            loop(running);
        });
}

void Jobs::stop()
{
    {
        std::lock_guard const lock(mutex_);
        stopping_ = true;
    }
    stopped_.notify_all();
    for (auto& running : jobs_) {
        if (running.thread.joinable())
            running.thread.join();
        if (auto lease = std::exchange(running.lease, std::nullopt))
            if (auto released = database_.write_now([&](storage::Tx& tx) { return leases_.release(tx, *lease); });
                !released)
                log::debug("a lease was not given back",
                           {{"job", running.job.name}, {"reason", released.error().detail}});
    }
}

Result<void> Jobs::run_now(std::string_view name)
{
    for (auto& running : jobs_)
        if (running.job.name == name)
            return run_once(running);
    return refuse(ErrorKind::not_found, "unknown_job", "There is no such job.");
}

void Jobs::loop(Running& running)
{
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        if (auto outcome = run_once(running); !outcome) {
            ++running.failures;
            log::warning(
                "a background job failed",
                {{"job", running.job.name}, {"code", outcome.error().code}, {"detail", outcome.error().detail}});
        }
        lock.lock();
        stopped_.wait_for(lock, running.job.interval, [this] { return stopping_; });
    }
}

Result<void> Jobs::run_once(Running& running)
{
    if (running.job.one_node) {
        TRY(auto held, hold_lease(running));
        if (!held)
            return {};
    }
    ++running.runs;
    auto const now = clock_.now();
    TRY_DO(running.job.run(now, guard_of(running)));
    running.last_success = to_seconds(now);
    return {};
}

Result<bool> Jobs::hold_lease(Running& running)
{
    TRY(running.lease, database_.write_now([&](storage::Tx& tx) {
        return leases_.acquire(tx, Uuid{}, lease_name(running.job), lease_length(running.job));
    }));
    return running.lease.has_value();
}

// Lengthening is an UPDATE of the lease's row: until the transaction ends, no other node can change that row.
Guard Jobs::guard_of(Running& running)
{
    if (!running.job.one_node)
        return [](storage::Tx&) { return Result<void>(); };
    return [this, &running](storage::Tx& tx) -> Result<void> {
        TRY_DO(leases_.confirm(tx, *running.lease));
        TRY(auto const lease, leases_.acquire(tx, Uuid{}, lease_name(running.job), lease_length(running.job)));
        if (!lease || lease->token != running.lease->token)
            return refuse(ErrorKind::conflict, "lease_lost", "Another node does this work now.")
                .because(running.job.name);
        return {};
    };
}

} // namespace gatehouse::app
