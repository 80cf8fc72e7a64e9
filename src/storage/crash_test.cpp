// What was acknowledged survives a kill -9, on both engines.
//
// The writer is this program run again with --gtest_filter on WritesUntilKilled: it writes rows from several threads
// and says each one's number on standard output after the database acknowledged it. It is killed at a random moment;
// every number that was said must be in the database.
#include "storage/open.hpp"
#include "storage/test_support/postgresql_cluster.hpp"
#include "storage/test_support/test_database.hpp"

#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace gatehouse::storage {

namespace {

constexpr Statement kPut{"INSERT INTO things (tenant_id, number, content) VALUES (1, :number, :content)"};
constexpr Statement kNumbers{"SELECT number FROM things WHERE tenant_id = 1"};
constexpr char const* kTable = "CREATE TABLE things (tenant_id BIGINT NOT NULL, number BIGINT NOT NULL, content BYTEA, "
                               "PRIMARY KEY (tenant_id, number))";
constexpr char const* kAddressVariable = "GATEHOUSE_CRASH_TEST_ADDRESS";
constexpr int kThreads = 8;

// The child's part; a test only in form, with nothing to do when all tests run.
TEST(CrashChild, WritesUntilKilled)
{
    char const* const address = std::getenv(kAddressVariable);
    if (!address)
        return;
    auto const database = open({.address = address});
    if (!database)
        ::_exit(2);
    std::atomic<std::int64_t> next = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&] {
            for (;;) {
                auto const number = ++next;
                Bytes const content(static_cast<std::size_t>(number % 3000));
                auto const written = (*database)->write_now(
                    [&](Tx& tx) { return tx.execute(kPut, {{"number", number}, {"content", content}}); });
                if (!written)
                    return; // the server was killed before us
                auto const line = fmt::format("={}\n", number);
                if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) // one call: lines stay whole
                    return;
            }
        });
    }
}

class Child {
public:
    explicit Child(std::string const& address)
    {
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
        auto variable = fmt::format("{}={}", kAddressVariable, address);
        std::vector<char*> environment{variable.data()};
        for (char** entry = environ; *entry; ++entry)
            environment.push_back(*entry);
        environment.push_back(nullptr);
        std::array<char const*, 3> const arguments{"/proc/self/exe", "--gtest_filter=CrashChild.*", nullptr};
        if (::posix_spawn(&process_, arguments[0], &actions, nullptr, const_cast<char* const*>(arguments.data()),
                          environment.data()) != 0)
            throw std::runtime_error("the child cannot be run");
        posix_spawn_file_actions_destroy(&actions);
        ::close(pipe[1]);
        output_ = pipe[0];
    }
    Child(Child const&) = delete;
    Child& operator=(Child const&) = delete;
    ~Child()
    {
        kill();
        ::close(output_);
    }

    void kill()
    {
        if (process_ <= 0)
            return;
        ::kill(process_, SIGKILL);
        ::waitpid(std::exchange(process_, -1), nullptr, 0);
    }

    // Reads until `count` numbers were said, or to the end.
    std::vector<std::int64_t> acknowledged(std::size_t count)
    {
        std::vector<std::int64_t> numbers;
        std::array<char, 4096> piece;
        while (numbers.size() < count) {
            auto const length = ::read(output_, piece.data(), piece.size());
            if (length <= 0)
                break;
            text_.append(piece.data(), static_cast<std::size_t>(length));
            for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
                if (text_[0] == '=') { // the rest is gtest's own
                    std::int64_t number = 0;
                    std::from_chars(text_.data() + 1, text_.data() + end, number);
                    numbers.push_back(number);
                }
                text_.erase(0, end + 1);
            }
        }
        return numbers;
    }

private:
    pid_t process_ = -1;
    int output_ = -1;
    std::string text_;
};

// Kills by `kill` once a random number of rows was acknowledged; returns all that were.
template <class Kill>
std::vector<std::int64_t> write_and_kill(std::string const& address, Kill kill)
{
    std::random_device random;
    auto const enough = 50 + random() % 400;
    Child child(address);
    auto numbers = child.acknowledged(enough);
    EXPECT_GE(numbers.size(), enough);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000)); // any moment within a commit
    kill(child);
    child.kill();
    auto const rest = child.acknowledged(std::numeric_limits<std::size_t>::max());
    numbers.insert(numbers.end(), rest.begin(), rest.end());
    return numbers;
}

void expect_all(std::string const& address, std::vector<std::int64_t> const& numbers)
{
    auto const database = open({.address = address});
    ASSERT_TRUE(database) << database.error().detail;
    auto const kept = (*database)->read_now(
        [](Tx& tx) { return tx.all(kNumbers, {}, [](Row const& row) { return row.integer(0); }); });
    ASSERT_TRUE(kept) << kept.error().detail;
    std::set<std::int64_t> const present(kept->begin(), kept->end());
    for (auto const number : numbers)
        EXPECT_TRUE(present.contains(number)) << "row " << number << " was acknowledged and is lost";
    // At most one transaction of each thread was under way.
    EXPECT_LE(present.size(), numbers.size() + kThreads);
}

TEST(Crash, AKilledServerOnSqliteLosesNoAcknowledgedWrite)
{
    for (int round = 0; round < 3; ++round) {
        TestDatabase database(Engine::sqlite, Schema::empty);
        ASSERT_TRUE(database->write_now([](Tx& tx) { return tx.script(kTable); }));
        database.close();
        auto const numbers = write_and_kill(database.address(), [](Child&) {});
        expect_all(database.address(), numbers);
    }
}

TEST(Crash, AKilledServerOnPostgresqlLosesNoAcknowledgedWrite)
{
    TestDatabase database(Engine::postgresql, Schema::empty);
    ASSERT_TRUE(database->write_now([](Tx& tx) { return tx.script(kTable); }));
    auto const numbers = write_and_kill(database.address(), [](Child&) {});
    expect_all(database.address(), numbers);
}

TEST(Crash, AKilledPostgresqlLosesNoAcknowledgedWrite)
{
    PostgresqlCluster cluster(Fsync::on);
    auto const address = cluster.address() + "/postgres";
    run_postgresql(address, kTable);
    auto const numbers = write_and_kill(address, [&](Child&) { cluster.stop_at_once(); });
    cluster.start();
    expect_all(address, numbers);
}

} // namespace

} // namespace gatehouse::storage
