#include "crypto/fair_queue.hpp"
#include "crypto/hash_pool.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::crypto {
namespace {

namespace asio = boost::asio;

constexpr Argon2Parameters kCheap{.memory_kib = 64, .passes = 1};
constexpr Argon2Parameters kSlow{.memory_kib = 64 * 1024, .passes = 1}; // tens of milliseconds

TEST(FairQueue, OneClientsCrowdDoesNotDelayAnother)
{
    FairQueue<int> queue(5000);
    for (int i = 0; i < 1000; ++i)
        EXPECT_FALSE(queue.push("shop", "203.0.113.1", i));
    EXPECT_FALSE(queue.push("shop", "203.0.113.2", 5001));
    EXPECT_FALSE(queue.push("shop", "203.0.113.2", 5002));
    std::vector<int> order;
    for (int i = 0; i < 5; ++i)
        order.push_back(*queue.pop());
    EXPECT_EQ(order, (std::vector{0, 5001, 1, 5002, 2}));
}

TEST(FairQueue, AThousandAddressesOfOneTenantDoNotDelayAnotherTenant)
{
    FairQueue<int> queue(5000);
    for (int i = 0; i < 1000; ++i)
        EXPECT_FALSE(queue.push("shop", "198.51.100." + std::to_string(i), i));
    EXPECT_FALSE(queue.push("bank", "203.0.113.9", 5001));
    EXPECT_EQ(*queue.pop(), 0);
    EXPECT_EQ(*queue.pop(), 5001);
    EXPECT_EQ(*queue.pop(), 1);
}

TEST(FairQueue, WhoCrowdsAFullQueueIsSentAway)
{
    FairQueue<int> queue(10);
    for (int i = 0; i < 10; ++i)
        EXPECT_FALSE(queue.push("shop", "203.0.113.1", i));
    EXPECT_EQ(queue.push("shop", "203.0.113.1", 10), 10);  // its own line is the longest
    EXPECT_EQ(queue.push("shop", "203.0.113.2", 5001), 9); // the crowd makes room
    EXPECT_EQ(queue.push("bank", "203.0.113.3", 6001), 8);
    EXPECT_EQ(queue.size(), 10u);
    EXPECT_EQ(*queue.pop(), 0);
    EXPECT_EQ(*queue.pop(), 6001);
    EXPECT_EQ(*queue.pop(), 5001);
    for (int i = 1; i <= 7; ++i)
        EXPECT_EQ(*queue.pop(), i);
    EXPECT_FALSE(queue.pop());
    EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, WithoutRoomTheNewcomerGoes)
{
    FairQueue<int> queue(0);
    EXPECT_EQ(queue.push("shop", "203.0.113.1", 7), 7);
    EXPECT_TRUE(queue.empty());
    FairQueue<int> pair(2);
    EXPECT_FALSE(pair.push("a", "1", 1));
    EXPECT_FALSE(pair.push("b", "1", 2));
    EXPECT_EQ(pair.push("c", "1", 3), 3); // nobody crowds
}

// Runs coroutines on one io_context, the way an endpoint would, with a pool of one worker.
struct World {
    asio::io_context io;
    std::unique_ptr<HashPool> pool;
    std::string const phc = *hash_password(Secret(std::string_view("right")), kCheap);
    std::vector<std::string> finished; // names in order of completion

    explicit World(Argon2Parameters parameters = kCheap, std::size_t queue_limit = 2000)
        : pool(std::make_unique<HashPool>(
              HashPoolOptions{.workers = 1, .queue_limit = queue_limit, .niceness = 1, .parameters = parameters}))
    {
    }
    HashRequest request(std::string address, std::string_view password = "right") const
    {
        return {.tenant = "shop",
                .client_address = std::move(address),
                .password = Secret(password),
                .phc = phc,
                .deadline = hash_deadline(std::chrono::minutes(10))};
    }
    static Task<void> note(World& world, HashRequest request, std::string name)
    {
        auto const verdict = co_await world.pool->verify(std::move(request));
        world.finished.push_back(verdict ? name : name + ": " + verdict.error().code);
    }
    void start(HashRequest request, std::string name)
    {
        asio::co_spawn(io, note(*this, std::move(request), std::move(name)), asio::detached);
    }
    // Returns when the worker is busy with a slow hash: what is started now waits in the queue.
    void occupy()
    {
        asio::co_spawn(io, hold(*this), asio::detached);
        while (pool->statistics().running == 0) {
            io.poll();
            std::this_thread::yield();
        }
    }
    static Task<void> hold(World& world)
    {
        co_await world.pool->hash({.tenant = "hold",
                                   .client_address = {},
                                   .password = Secret(std::string_view("x")),
                                   .phc = {},
                                   .deadline = hash_deadline(std::chrono::minutes(10))});
    }
    template <class T>
    T run(Task<T> task)
    {
        std::optional<T> answer;
        asio::co_spawn(io, std::move(task), [&](std::exception_ptr, T value) { answer = std::move(value); });
        io.run();
        io.restart();
        return *std::move(answer);
    }
};

TEST(HashPool, HashesAndVerifies)
{
    World world;
    auto const phc = world.run(world.pool->hash(world.request("203.0.113.1", "hunter2")));
    ASSERT_TRUE(phc);
    auto request = world.request("203.0.113.1", "hunter2");
    request.phc = *phc;
    EXPECT_EQ(*world.run(world.pool->verify(std::move(request))), PasswordVerdict::matches);
    EXPECT_EQ(*world.run(world.pool->verify(world.request("203.0.113.1", "wrong"))), PasswordVerdict::differs);
    EXPECT_EQ(world.pool->statistics().finished, 3u);
    EXPECT_EQ(world.pool->statistics().queued, 0u);
}

TEST(HashPool, DoesTheSameWorkForAUserWhoDoesNotExist)
{
    World world(kSlow);
    auto unknown = world.request("203.0.113.1");
    unknown.phc.clear();
    EXPECT_EQ(*world.run(world.pool->verify(std::move(unknown))), PasswordVerdict::differs);
    EXPECT_EQ(world.pool->statistics().finished, 1u);
    EXPECT_GT(world.pool->statistics().worked.count(), 1000); // hashing 64 MiB happened, whatever the machine
}

TEST(HashPool, OneAddressWithAThousandRequestsDoesNotDelayAnother)
{
    World world(kSlow); // the hash that occupies the worker is slow, the verifications are cheap
    world.occupy();
    for (int i = 0; i < 1000; ++i)
        world.start(world.request("203.0.113.66"), "crowd");
    for (int i = 0; i < 3; ++i)
        world.start(world.request("203.0.113.7"), "alone");
    world.io.run();
    ASSERT_EQ(world.finished.size(), 1003u);
    auto last = world.finished.rend();
    for (auto it = world.finished.rbegin(); it != world.finished.rend(); ++it)
        if (*it == "alone") {
            last = it;
            break;
        }
    ASSERT_NE(last, world.finished.rend());
    EXPECT_LE(world.finished.rend() - last, 3 + 3 + 1); // turns alternate: three of each, and the one under way
}

TEST(HashPool, WhenFullRefusesAndSaysWhenToComeBack)
{
    World world(kSlow, 3);
    world.occupy();
    for (int i = 0; i < 6; ++i)
        world.start(world.request("203.0.113.66"), "crowd");
    world.start(world.request("203.0.113.7"), "alone");
    world.io.run();
    EXPECT_EQ(std::count(world.finished.begin(), world.finished.end(), "crowd: busy"), 4);
    EXPECT_EQ(std::count(world.finished.begin(), world.finished.end(), "alone"), 1);
    EXPECT_EQ(world.pool->statistics().refused, 4u);

    World closed(kCheap, 0);
    auto const refused = closed.run(closed.pool->verify(closed.request("203.0.113.1")));
    EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(refused.error().code, "busy");
    EXPECT_GE(refused.error().retry_after->count(), 1);
}

TEST(HashPool, NeverHashesWhatIsTooLate)
{
    World world(kSlow);
    auto passed = world.request("203.0.113.1");
    passed.deadline = hash_deadline(std::chrono::milliseconds(-1));
    EXPECT_EQ(world.run(world.pool->verify(std::move(passed))).error().code, "busy");
    EXPECT_EQ(world.pool->statistics().finished, 0u);

    world.occupy();
    for (int i = 0; i < 5; ++i) {
        auto soon = world.request("203.0.113.1");
        soon.deadline = hash_deadline(std::chrono::milliseconds(1)); // long before the slow hash ends
        world.start(std::move(soon), "late");
    }
    world.io.run();
    EXPECT_EQ(std::count(world.finished.begin(), world.finished.end(), "late: busy"), 5);
    EXPECT_EQ(world.pool->statistics().finished, 1u);
    EXPECT_EQ(world.pool->statistics().expired, 6u);
}

TEST(HashPool, NeverHashesForACallerWhoWentAway)
{
    World world(kSlow);
    asio::cancellation_signal hang_up;
    world.occupy();
    asio::co_spawn(world.io, World::note(world, world.request("203.0.113.1"), "gone"),
                   asio::bind_cancellation_slot(hang_up.slot(), asio::detached));
    world.start(world.request("203.0.113.1"), "stays");
    while (world.pool->statistics().queued < 2)
        world.io.run_one();
    hang_up.emit(asio::cancellation_type::terminal);
    world.io.run();
    EXPECT_EQ(world.finished, (std::vector<std::string>{"gone: cancelled", "stays"}));
    EXPECT_EQ(world.pool->statistics().cancelled, 1u);
    EXPECT_EQ(world.pool->statistics().finished, 2u);
}

TEST(HashPool, AnswersEverybodyWhenItStops)
{
    World world(kSlow);
    world.occupy();
    for (int i = 0; i < 10; ++i)
        world.start(world.request("203.0.113.1"), "waiting");
    while (world.pool->statistics().queued < 10)
        world.io.run_one();
    world.pool.reset();
    world.io.run();
    EXPECT_EQ(std::count(world.finished.begin(), world.finished.end(), "waiting: busy"), 10);
}

TEST(HashPool, ServesManyThreadsAtOnce)
{
    std::array<asio::io_context, 4> contexts; // outlive the pool
    HashPool pool({.workers = 3, .queue_limit = 1000, .niceness = 0, .parameters = kCheap});
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            auto& io = contexts.at(static_cast<std::size_t>(t));
            for (int i = 0; i < 50; ++i)
                asio::co_spawn(io,
                               pool.hash({.tenant = "shop",
                                          .client_address = std::to_string(t),
                                          .password = Secret(as_bytes("x")),
                                          .phc = {}}),
                               [&](std::exception_ptr, Result<std::string> phc) { right += phc.has_value(); });
            io.run();
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(right, 200);
}

} // namespace
} // namespace gatehouse::crypto
