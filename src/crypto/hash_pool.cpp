#include "crypto/hash_pool.hpp"
#include "base/thread.hpp"

#include "crypto/fair_queue.hpp"
#include "crypto/hash_arena.hpp"
#include "crypto/random.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace gatehouse::crypto {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// A worker without work gives its arena's memory back after this.
constexpr std::chrono::seconds kArenaRests{10};

struct Answer {
    PasswordVerdict verdict = PasswordVerdict::differs;
    std::string phc;
};

struct Job {
    enum class Kind : std::uint8_t { verify, hash } kind;
    HashRequest request;
    SteadyTime arrived;
    std::function<void(Result<Answer>)> complete; // called once, on any thread; empty afterwards
    std::multimap<SteadyTime, std::shared_ptr<Job>>::iterator waiting;
};
using JobPointer = std::shared_ptr<Job>;

// A hash of today's price that no password matches: random bytes in the place of salt and hash.
std::string make_dummy(Argon2Parameters parameters)
{
    auto const unpadded = [](ByteView bytes) {
        auto text = base64_encode(bytes);
        text.erase(text.find_last_not_of('=') + 1);
        return text;
    };
    return fmt::format("$argon2id$v=19$m={},t={},p=1${}${}", parameters.memory_kib, parameters.passes,
                       unpadded(random_array<16>()), unpadded(random_array<32>()));
}

} // namespace

// Shared, so that a cancellation that arrives after the pool is gone finds that out.
struct HashPool::Impl : std::enable_shared_from_this<HashPool::Impl> {
    explicit Impl(HashPoolOptions const& given) : options(given), dummy(make_dummy(given.parameters)) {}

    HashPoolOptions options;
    std::string const dummy;

    mutable std::mutex mutex;
    std::condition_variable arrived;
    bool stopping = false;
    FairQueue<JobPointer> queue{options.queue_limit};
    // The jobs of the queue that still want an answer, by deadline. One that left this map by its deadline or by
    // cancellation stays in the queue as an empty shell until its turn.
    std::multimap<SteadyTime, JobPointer> waiting;
    HashStatistics counted;

    std::vector<std::thread> workers;

    // All of these are called with the mutex held.
    bool is_waiting(JobPointer const& job) const { return job->waiting != waiting.end(); }
    void stop_waiting(JobPointer const& job)
    {
        waiting.erase(job->waiting);
        job->waiting = waiting.end();
    }
    std::chrono::seconds estimate() const
    {
        auto const each = counted.finished == 0 ? std::chrono::microseconds(50'000)
                                                : counted.worked / static_cast<std::int64_t>(counted.finished);
        auto const all = each * static_cast<std::int64_t>(waiting.size() + 1) / options.workers;
        return std::clamp(std::chrono::ceil<std::chrono::seconds>(all), std::chrono::seconds(1),
                          std::chrono::seconds(30));
    }
    Result<Answer> busy(std::string why) const
    {
        return refuse(ErrorKind::unavailable, "busy",
                      "Too many people are signing in right now. Please try again soon.")
            .after(estimate())
            .because(std::move(why));
    }

    void submit(JobPointer job);
    void cancel(JobPointer const& job);
    void work();
    void take_overdue(std::vector<JobPointer>& overdue, SteadyTime now);
    Result<Answer> perform(Job const& job) const;
    Task<Result<Answer>> run(Job::Kind kind, HashRequest request);
};

void HashPool::Impl::submit(JobPointer job)
{
    std::unique_lock lock(mutex);
    job->arrived = std::chrono::steady_clock::now();
    job->waiting = waiting.end();
    if (stopping || job->request.deadline <= job->arrived) {
        ++(stopping ? counted.refused : counted.expired);
        auto answer = busy(stopping ? "the hash pool is stopping" : "the deadline had passed on arrival");
        lock.unlock();
        return job->complete(std::move(answer));
    }
    job->waiting = waiting.emplace(job->request.deadline, job);
    auto pushed_out = queue.push(job->request.tenant, job->request.client_address, job);
    if (pushed_out && is_waiting(*pushed_out)) {
        stop_waiting(*pushed_out);
        ++counted.refused;
        auto answer = busy("the hash queue is full");
        lock.unlock();
        (*pushed_out)->complete(std::move(answer));
    } else {
        lock.unlock();
    }
    arrived.notify_one();
}

void HashPool::Impl::cancel(JobPointer const& job)
{
    {
        std::lock_guard const lock(mutex);
        if (!is_waiting(job))
            return; // being hashed, or answered
        stop_waiting(job);
        ++counted.cancelled;
    }
    job->request.password = {};
    job->complete(refuse(ErrorKind::unavailable, "cancelled", "The request was cancelled."));
}

void HashPool::Impl::take_overdue(std::vector<JobPointer>& overdue, SteadyTime now)
{
    while (!waiting.empty() && waiting.begin()->first <= now) {
        auto job = waiting.begin()->second;
        stop_waiting(job);
        ++counted.expired;
        overdue.push_back(std::move(job));
    }
}

Result<Answer> HashPool::Impl::perform(Job const& job) const
{
    auto const& request = job.request;
    if (job.kind == Job::Kind::hash) {
        TRY(auto phc, hash_password(request.password, options.parameters));
        return Answer{.verdict = {}, .phc = std::move(phc)};
    }
    TRY(auto const verdict,
        verify_password(request.password, request.phc.empty() ? dummy : request.phc, options.parameters));
    return Answer{.verdict = request.phc.empty() ? PasswordVerdict::differs : verdict, .phc = {}};
}

void HashPool::Impl::work()
{
    name_this_thread("password hash");
    auto const thread = static_cast<id_t>(gettid()); // on Linux a thread has a priority of its own
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + options.niceness);
    set_slice_of_this_thread(kYieldingSlice);
    HashArena arena(std::size_t(options.parameters.memory_kib) * 1024);
    arena.serve_this_thread();
    for (;;) {
        std::vector<JobPointer> overdue;
        JobPointer job;
        std::unique_lock lock(mutex);
        auto const called = [&] { return stopping || !queue.empty(); };
        if (!arrived.wait_for(lock, kArenaRests, called)) {
            arena.rest();
            arrived.wait(lock, called);
        }
        if (stopping)
            return;
        auto const start = std::chrono::steady_clock::now();
        take_overdue(overdue, start);
        while (auto next = queue.pop())
            if (is_waiting(*next)) {
                job = *std::move(next);
                break;
            }
        if (job) {
            stop_waiting(job);
            ++counted.running;
        }
        auto late = busy("the deadline passed in the hash queue");
        lock.unlock();

        for (auto const& passed : overdue) {
            passed->request.password = {};
            passed->complete(late);
        }
        if (!job)
            continue;
        auto answer = perform(*job);
        job->request.password = {};
        auto const end = std::chrono::steady_clock::now();
        lock.lock();
        --counted.running;
        ++counted.finished;
        counted.waited += std::chrono::duration_cast<std::chrono::microseconds>(start - job->arrived);
        counted.worked += std::chrono::duration_cast<std::chrono::microseconds>(end - start);
        lock.unlock();
        job->complete(std::move(answer));
    }
}

Task<Result<Answer>> HashPool::Impl::run(Job::Kind kind, HashRequest request)
{
    auto job = std::make_shared<Job>(
        Job{.kind = kind, .request = std::move(request), .arrived = {}, .complete = {}, .waiting = {}});
    co_return co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(Result<Answer>)>(
        [this, job](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            auto const executor = boost::asio::get_associated_executor(*shared);
            auto slot = boost::asio::get_associated_cancellation_slot(*shared);
            job->complete = [shared, executor, slot](Result<Answer> answer) {
                boost::asio::post(executor, [shared, slot, answer = std::move(answer)]() mutable {
                    slot.clear();
                    (*shared)(std::move(answer));
                });
            };
            if (slot.is_connected())
                slot.assign([pool = weak_from_this(), weak = std::weak_ptr(job)](boost::asio::cancellation_type) {
                    auto const alive = pool.lock();
                    auto const waiter = weak.lock();
                    if (alive && waiter)
                        alive->cancel(waiter);
                });
            submit(job);
        },
        boost::asio::use_awaitable);
}

HashPool::HashPool(HashPoolOptions options)
{
    if (options.workers == 0)
        options.workers = std::max(1u, std::thread::hardware_concurrency());
    impl_ = std::make_shared<Impl>(options);
    for (unsigned i = 0; i < options.workers; ++i)
        impl_->workers.emplace_back([impl = impl_.get()] { impl->work(); });
}

HashPool::~HashPool()
{
    std::vector<JobPointer> left;
    Result<Answer> answer;
    {
        std::lock_guard const lock(impl_->mutex);
        impl_->stopping = true;
        answer = impl_->busy("the hash pool is stopping");
        while (!impl_->waiting.empty()) {
            left.push_back(impl_->waiting.begin()->second);
            impl_->stop_waiting(left.back());
        }
    }
    impl_->arrived.notify_all();
    for (auto const& job : left)
        job->complete(answer);
    for (auto& worker : impl_->workers)
        worker.join();
}

Task<Result<PasswordVerdict>> HashPool::verify(HashRequest request)
{
    CO_TRY(auto const answer, co_await impl_->run(Job::Kind::verify, std::move(request)));
    co_return answer.verdict;
}

Task<Result<std::string>> HashPool::hash(HashRequest request)
{
    CO_TRY(auto answer, co_await impl_->run(Job::Kind::hash, std::move(request)));
    co_return std::move(answer.phc);
}

HashStatistics HashPool::statistics() const
{
    std::lock_guard const lock(impl_->mutex);
    auto statistics = impl_->counted;
    statistics.queued = impl_->waiting.size();
    return statistics;
}

Argon2Parameters HashPool::parameters() const
{
    return impl_->options.parameters;
}

} // namespace gatehouse::crypto
