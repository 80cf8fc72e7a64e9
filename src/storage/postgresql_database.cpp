#include "storage/postgresql_database.hpp"
#include "base/thread.hpp"

#include "storage/counters.hpp"
#include "storage/faults.hpp"
#include "storage/postgresql_tx.hpp"
#include "storage/run_guarded.hpp"

#include <condition_variable>
#include <deque>
#include <list>
#include <random>
#include <thread>

namespace gatehouse::storage {

namespace {

using SteadyClock = std::chrono::steady_clock;

// After a failed connect, everyone is told at once for so long, instead of each waiting for a timeout of their own.
constexpr std::chrono::milliseconds kPauseBetweenConnects{200};

class PostgresqlDatabase final : public Database {
public:
    PostgresqlDatabase(OpenOptions const& options, std::unique_ptr<PostgresqlConnection> first)
        : address_(options.address), patience_(options.patience),
          most_workers_(static_cast<std::size_t>(std::max(1, options.connections))), first_(std::move(first))
    {
    }

    ~PostgresqlDatabase() override
    {
        {
            std::scoped_lock const guard(mutex_);
            stopping_ = true;
            for (auto& worker : workers_)
                worker.wake.notify_one();
        }
        for (auto& worker : workers_)
            worker.thread.join();
    }

    Engine engine() const override { return Engine::postgresql; }
    Statistics statistics() const override { return counters_.snapshot(); }
    void submit_write(Job job) override { submit(std::move(job), Kind::write); }
    void submit_read(Job job) override { submit(std::move(job), Kind::read); }

private:
    enum class Kind : std::uint8_t { read, write };
    struct Queued {
        Job job;
        Kind kind;
        SteadyClock::time_point deadline;
    };
    struct Worker {
        std::thread thread;
        std::condition_variable wake;
        bool called = false;
        std::unique_ptr<PostgresqlConnection> connection;
        std::minstd_rand random{std::random_device{}()};
    };

    void submit(Job job, Kind kind)
    {
        std::scoped_lock const guard(mutex_);
        queue_.push_back({std::move(job), kind, SteadyClock::now() + patience_});
        if (!idle_.empty()) {
            // The one that slept last: its connection is warm, and the others' may never be needed.
            auto* const worker = idle_.back();
            idle_.pop_back();
            worker->called = true;
            worker->wake.notify_one();
        } else if (workers_.size() < most_workers_) {
            auto& worker = workers_.emplace_back();
            worker.connection = std::move(first_);
            worker.thread = std::thread([this, &worker] {
                name_this_thread("postgresql");
                set_slice_of_this_thread(kQuickSlice);
                work(worker);
            });
        }
    }

    std::optional<Queued> next(Worker& worker)
    {
        std::unique_lock guard(mutex_);
        while (queue_.empty()) {
            if (stopping_)
                return std::nullopt;
            worker.called = false;
            idle_.push_back(&worker);
            worker.wake.wait(guard, [&] { return worker.called || stopping_; });
        }
        auto queued = std::move(queue_.front());
        queue_.pop_front();
        return queued;
    }

    void work(Worker& worker)
    {
        while (auto queued = next(worker)) {
            if (SteadyClock::now() > queued->deadline)
                queued->job.done(storage_busy("no PostgreSQL connection became free in time"));
            else
                queued->job.done(run(worker, *queued));
        }
    }

    // Repeats a transaction that collided with another, and once one whose connection broke before its COMMIT was sent.
    Result<void> run(Worker& worker, Queued& queued)
    {
        bool reconnected = false;
        auto const deadline = SteadyClock::now() + patience_;
        for (int attempt = 1;; ++attempt) {
            TRY_DO(connect(worker));
            auto again = Again::no;
            auto outcome = run_once(*worker.connection, queued, again);
            if (again == Again::no)
                return outcome;
            if (again == Again::reconnect) {
                if (std::exchange(reconnected, true))
                    return outcome;
                continue;
            }
            if (SteadyClock::now() > deadline)
                return outcome;
            counters_.retries.fetch_add(1, std::memory_order_relaxed);
            pause(worker, attempt);
        }
    }

    enum class Again : std::uint8_t { no, collided, reconnect };

    Result<void> run_once(PostgresqlConnection& connection, Queued& queued, Again& again)
    {
        using Mode = PostgresqlTx::Mode;
        auto const mode = queued.kind == Kind::read                      ? Mode::read
                          : queued.job.durability == Durability::Relaxed ? Mode::relaxed
                                                                         : Mode::write;
        PostgresqlTx tx(connection, mode);
        std::optional<Error> thrown;
        auto verdict = run_guarded(queued.job, tx, thrown);
        if (tx.settled())
            verdict = Verdict::commit;
        Result<void> outcome;
        if (mode == Mode::read) {
            tx.end_read();
            counters_.reads.fetch_add(1, std::memory_order_relaxed);
            if (verdict == Verdict::commit && tx.failure())
                outcome = std::unexpected(*tx.failure());
        } else if (verdict == Verdict::commit) {
            outcome = tx.commit();
            if (!outcome)
                tx.roll_back();
        } else {
            tx.roll_back();
        }
        counters_.statements.fetch_add(tx.statements(), std::memory_order_relaxed);
        if (tx.collided()) {
            again = Again::collided;
            return std::unexpected(*tx.failure());
        }
        if (!connection.alive() && !tx.commit_sent() && tx.failure()) {
            again = Again::reconnect;
            return std::unexpected(*tx.failure());
        }
        if (thrown)
            return std::unexpected(*std::move(thrown));
        if (outcome && mode != Mode::read && verdict == Verdict::commit && tx.began()) {
            counters_.writes.fetch_add(1, std::memory_order_relaxed);
            counters_.commits.fetch_add(mode == Mode::write, std::memory_order_relaxed);
        }
        return outcome;
    }

    Result<void> connect(Worker& worker)
    {
        if (worker.connection && worker.connection->alive())
            return {};
        worker.connection.reset();
        if (SteadyClock::now().time_since_epoch().count() < connect_after_.load(std::memory_order_relaxed))
            return storage_lost("PostgreSQL could not be reached a moment ago");
        auto opened = PostgresqlConnection::open(address_, patience_);
        if (!opened) {
            connect_after_.store((SteadyClock::now() + kPauseBetweenConnects).time_since_epoch().count(),
                                 std::memory_order_relaxed);
            return std::unexpected(std::move(opened).error());
        }
        worker.connection = *std::move(opened);
        return {};
    }

    // The first repetition follows at once; then it pays to let the others pass.
    static void pause(Worker& worker, int attempt)
    {
        if (attempt < 2)
            return;
        auto const longest = std::min(50'000, 500 << std::min(attempt, 10));
        std::uniform_int_distribution<int> microseconds(0, longest);
        std::this_thread::sleep_for(std::chrono::microseconds(microseconds(worker.random)));
    }

    std::string const address_;
    std::chrono::milliseconds const patience_;
    std::size_t const most_workers_;
    Counters counters_;
    std::atomic<SteadyClock::rep> connect_after_ = 0;

    std::mutex mutex_;
    std::deque<Queued> queue_;
    std::list<Worker> workers_;
    std::vector<Worker*> idle_;
    std::unique_ptr<PostgresqlConnection> first_; // made by `open`, used by the first worker
    bool stopping_ = false;
};

} // namespace

Result<std::unique_ptr<Database>> open_postgresql(OpenOptions const& options)
{
    TRY_DO(PostgresqlAddress::parse(options.address));
    TRY(auto first, PostgresqlConnection::open(options.address, options.patience));
    return std::make_unique<PostgresqlDatabase>(options, std::move(first));
}

std::string printable_postgresql(std::string const& address)
{
    auto const parsed = PostgresqlAddress::parse(address);
    return parsed ? parsed->printable() : "an invalid PostgreSQL address";
}

} // namespace gatehouse::storage
