#include "limits.hpp"

#include "crypto/hash_pool.hpp"
#include "crypto/random.hpp"
#include "http/server.hpp"
#include "jose/jwk.hpp"
#include "tokens/family_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <libpq-fe.h>
#include <sys/resource.h>
#include <thread>
#include <time.h>

namespace gatehouse::bench {

namespace asio = boost::asio;

namespace {

double seconds_since(Steady::time_point start)
{
    return std::chrono::duration<double>(Steady::now() - start).count();
}

double thread_cpu()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double process_cpu()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto const seconds = [](timeval time) { return static_cast<double>(time.tv_sec) + time.tv_usec / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Task<void> hash_until(crypto::HashPool& pool, std::string const& phc, Steady::time_point end, std::size_t caller)
{
    while (Steady::now() < end) {
        auto const verdict = co_await pool.verify({.tenant = "bench",
                                                   .client_address = fmt::format("10.0.0.{}", caller),
                                                   .password = Secret(kPassword),
                                                   .phc = phc});
        if (!verdict || !crypto::matches(*verdict))
            throw std::runtime_error("the hash pool refused");
    }
}

// One of `parallel` chains of rotations: the next is submitted when the one before it is on disk.
class RotationChains {
public:
    RotationChains(Seeded& house, app::Ground& ground, std::size_t parallel)
        : house_(house), ground_(ground), parallel_(parallel), next_(parallel)
    {
        for (std::size_t chain = 0; chain < parallel; ++chain)
            next_[chain] = chain;
    }

    double run(std::chrono::nanoseconds duration)
    {
        auto const start = Steady::now();
        end_ = start + duration;
        open_ = parallel_;
        for (std::size_t chain = 0; chain < parallel_; ++chain)
            submit(chain);
        std::unique_lock lock(mutex_);
        all_ended_.wait(lock, [&] { return open_ == 0; });
        if (refused_)
            throw std::runtime_error("a rotation was refused");
        return static_cast<double>(done_) / seconds_since(start);
    }

private:
    struct Turn {
        std::size_t index;
        Families::Parts presented, next;
        Bytes successor;
        bool rotated = false;
    };

    void submit(std::size_t chain)
    {
        auto& families = house_.families();
        auto turn = std::make_shared<Turn>();
        // A stride that shares no factor with the count visits the families in no order.
        turn->index = next_[chain] * 7919 % families.size();
        next_[chain] += parallel_;
        turn->presented = Families::Parts::parse(families.token(turn->index));
        turn->next = turn->presented;
        ++turn->next.generation;
        turn->next.token_secret.resize(32);
        crypto::random_fill(turn->next.token_secret);
        turn->successor.assign(60, 7); // as long as a sealed successor
        ground_.database->submit_write(
            {.run = [this, turn](storage::Tx& tx) { return rotate(tx, *turn); },
             .done = [this, turn,
                      chain](Result<void> done) { finished(chain, *turn, done.has_value() && turn->rotated); }});
    }
    storage::Database::Verdict rotate(storage::Tx& tx, Turn& turn)
    {
        auto const now = ground_.clock.now();
        auto const rotated =
            tokens::store::rotate(tx, house_.tenant(),
                                  {.family = turn.presented.id,
                                   .application = house_.web_application(),
                                   .generation = turn.presented.generation,
                                   .presented = {.family_digest = crypto::sha256(turn.presented.family_secret),
                                                 .token_digest = crypto::sha256(turn.presented.token_secret)},
                                   .next_digest = crypto::sha256(turn.next.token_secret),
                                   .successor = turn.successor,
                                   .idle_expires_at = now + std::chrono::hours(24 * 14)},
                                  tokens::store::Ends::Yes, now);
        turn.rotated = rotated && *rotated;
        return storage::Database::Verdict::commit;
    }
    void finished(std::size_t chain, Turn const& turn, bool good)
    {
        if (good)
            house_.families().rotated(turn.index, turn.next.text());
        {
            std::scoped_lock const lock(mutex_);
            refused_ = refused_ || !good;
            ++done_;
            if (refused_ || Steady::now() >= end_) {
                if (--open_ == 0)
                    all_ended_.notify_all();
                return;
            }
        }
        submit(chain);
    }

    Seeded& house_;
    app::Ground& ground_;
    std::size_t parallel_;
    std::vector<std::size_t> next_;
    Steady::time_point end_;
    std::mutex mutex_;
    std::condition_variable all_ended_;
    std::size_t open_ = 0;
    std::uint64_t done_ = 0;
    bool refused_ = false;
};

constexpr auto kBareUpdate =
    "UPDATE token_families SET generation = generation + 1, previous_digest = token_digest, token_digest = $1, "
    "successor = $2, rotated_at = rotated_at + 1, idle_expires_at = idle_expires_at + 1 "
    "WHERE tenant_id = $3 AND family_id = $4 AND token_digest = $5 AND revoked_at IS NULL RETURNING user_id, scopes";

// One connection: updates its families one after the other until the time is up. Returns how many.
std::uint64_t update_until(Seeded& house, std::size_t first, std::size_t stride, Steady::time_point end)
{
    std::unique_ptr<PGconn, decltype(&PQfinish)> const connection(PQconnectdb(house.place().database.c_str()),
                                                                  &PQfinish);
    auto const run = [&](PGresult* raw, ExecStatusType wanted) {
        std::unique_ptr<PGresult, decltype(&PQclear)> const result(raw, &PQclear);
        if (PQresultStatus(result.get()) != wanted)
            throw std::runtime_error(PQerrorMessage(connection.get()));
        return PQntuples(result.get());
    };
    run(PQprepare(connection.get(), "bare", kBareUpdate, 0, nullptr), PGRES_COMMAND_OK);
    auto& families = house.families();
    auto const tenant = house.tenant();
    std::uint64_t done = 0;
    for (auto number = first; Steady::now() < end; number += stride) {
        auto const index = number * 7919 % families.size();
        auto token = Families::Parts::parse(families.token(index));
        auto const presented = crypto::sha256(token.token_secret);
        crypto::random_fill(token.token_secret);
        ++token.generation;
        auto const next = crypto::sha256(token.token_secret);
        Bytes const successor(60, 7);
        std::array const values{ByteView(next), ByteView(successor), tenant.bytes(), token.id.bytes(),
                                ByteView(presented)};
        std::array<char const*, 5> pointers{};
        std::array<int, 5> lengths{};
        std::array<int, 5> const binary{1, 1, 1, 1, 1};
        for (std::size_t i = 0; i < values.size(); ++i) {
            pointers[i] = reinterpret_cast<char const*>(values[i].data());
            lengths[i] = static_cast<int>(values[i].size());
        }
        if (run(PQexecPrepared(connection.get(), "bare", 5, pointers.data(), lengths.data(), binary.data(), 1),
                PGRES_TUPLES_OK) != 1)
            throw std::runtime_error("a family was not found");
        families.rotated(index, token.text());
        ++done;
    }
    return done;
}

} // namespace

double signature_cpu()
{
    auto const key = must(jose::SigningKey::generate(jose::Algorithm::ES256));
    std::string const message(420, 'x'); // header and claims of an access token, encoded
    auto const sign = [&](int count) {
        for (int i = 0; i < count; ++i)
            must(key.sign(as_bytes(message)));
    };
    sign(1000);
    constexpr int kCount = 20'000;
    auto const before = thread_cpu();
    sign(kCount);
    return (thread_cpu() - before) / kCount;
}

HashLimit hash_pool_limit(std::chrono::nanoseconds duration)
{
    auto const phc = must(crypto::hash_password(Secret(kPassword)));
    asio::io_context io;
    crypto::HashPool pool;
    auto const before = process_cpu();
    auto const start = Steady::now();
    for (std::size_t caller = 0; caller < 16; ++caller)
        asio::co_spawn(io, hash_until(pool, phc, start + duration, caller), [](std::exception_ptr failed) {
            if (failed)
                std::rethrow_exception(failed);
        });
    io.run();
    auto const finished = static_cast<double>(pool.statistics().finished);
    return {.rate = finished / seconds_since(start), .cpu = (process_cpu() - before) / finished};
}

double rotation_limit(Seeded& house, std::size_t parallel, std::chrono::nanoseconds duration)
{
    auto const ground = house.open();
    return RotationChains(house, *ground, parallel).run(duration);
}

double bare_statement_limit(Seeded& house, std::size_t connections, std::chrono::nanoseconds duration)
{
    std::vector<std::thread> threads;
    std::vector<std::uint64_t> done(connections);
    std::vector<std::exception_ptr> failed(connections);
    auto const start = Steady::now();
    for (std::size_t i = 0; i < connections; ++i)
        threads.emplace_back([&, i] {
            try {
                done[i] = update_until(house, i, connections, start + duration);
            } catch (...) {
                failed[i] = std::current_exception();
            }
        });
    for (auto& thread : threads)
        thread.join();
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < connections; ++i) {
        if (failed[i])
            std::rethrow_exception(failed[i]);
        all += done[i];
    }
    return static_cast<double>(all) / seconds_since(start);
}

void serve_static(std::uint16_t port)
{
    std::string const body = "{\"text\":\"" + std::string(189, 'x') + "\"}";
    auto const server =
        must(http::Server::create({.listen = {fmt::format("127.0.0.1:{}", port)}},
                                  {.limits = {}, .handle = [&body](http::Request&&) -> Task<http::Response> {
                                       co_return http::Response::json(200, body);
                                   }}));
    server->start();
    for (;;)
        std::this_thread::sleep_for(std::chrono::hours(1));
}

} // namespace gatehouse::bench
