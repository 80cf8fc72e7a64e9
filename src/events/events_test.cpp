#include "events/batch_appender.hpp"
#include "events/reader.hpp"
#include "events/sequencer.hpp"
#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"

#include <boost/json.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

namespace gatehouse::events {
namespace {

using namespace std::chrono_literals;
using storage::Tx;

class EventsOf : public testing::TestWithParam<storage::Engine> {
protected:
    static constexpr auto kNow = TimePoint(1'795'000'000s);

    Result<EventId> append_reason(Tx& tx, std::string_view reason)
    {
        return append(
            tx, *vault,
            {.type = &kSessionEnded, .tenant = tenant, .origin = {.request_id = "r1"}, .data = {{"reason", reason}}},
            kNow);
    }
    void append_now(std::string_view reason)
    {
        auto const done = database->write_now([&](Tx& tx) { return append_reason(tx, reason); });
        ASSERT_TRUE(done) << done.error().detail;
    }
    std::vector<StoredEvent> read(std::int64_t after = 0, int limit = 1000)
    {
        auto events = database->read_now([&](Tx& tx) { return read_after(tx, tenant, after, limit); });
        EXPECT_TRUE(events) << events.error().detail;
        return events.value_or(std::vector<StoredEvent>{});
    }
    std::string reasons()
    {
        std::string text;
        std::int64_t expected = 1;
        for (auto const& event : read()) {
            EXPECT_EQ(event.position, expected++);
            text += std::string_view(event.data.at("reason").as_string());
        }
        return text;
    }

    storage::TestDatabase database{GetParam()};
    std::unique_ptr<vault::Vault> vault = vault::open_test_vault(*database, kNow);
    TenantId tenant = vault::make_test_tenant(*database, *vault, kNow);
    storage::Leases leases{*database, "this node"};
    Sequencer sequencer{*database, leases};
};

TEST_P(EventsOf, AReaderSeesAnEventOnceItHasItsPosition)
{
    append_now("a");
    EXPECT_TRUE(read().empty());
    EXPECT_EQ(sequencer.run().value(), 1);
    auto const events = read();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].type, "session.ended");
    EXPECT_EQ(events[0].position, 1);
    EXPECT_EQ(events[0].occurred_at, kNow);
    EXPECT_EQ(events[0].origin.request_id, "r1");
    EXPECT_EQ(database->read_now([&](Tx& tx) { return head(tx, tenant); }).value(), 1);
}

TEST_P(EventsOf, ARefusedTransactionLeavesNoEvent)
{
    auto const refused = database->write_now([&](Tx& tx) -> Result<void> {
        TRY_DO(append_reason(tx, "never"));
        return refuse(ErrorKind::conflict, "no", "No.");
    });
    EXPECT_FALSE(refused);
    EXPECT_EQ(sequencer.run().value(), 0);
    auto const kept = database->write_now([&](Tx& tx) -> Result<void> {
        TRY_DO(append_reason(tx, "kept"));
        return refuse(ErrorKind::invalid, "wrong", "Wrong.").keeping_writes();
    });
    EXPECT_FALSE(kept);
    EXPECT_EQ(sequencer.run().value(), 1);
}

TEST_P(EventsOf, AppendingCostsOneStatement)
{
    auto const before = database->statistics().statements;
    append_now("a");
    EXPECT_EQ(database->statistics().statements, before + 1);
}

TEST_P(EventsOf, PositionsAreDenseOverManyBatchesAndTenants)
{
    auto const other = vault::make_test_tenant(*database, *vault, kNow);
    ASSERT_TRUE(database->write_now([&](Tx& tx) -> Result<void> {
        for (int i = 0; i < 2500; ++i) {
            TRY_DO(append(tx, *vault, {.type = &kSessionEnded, .tenant = i % 5 == 0 ? other : tenant}, kNow));
        }
        return {};
    }));
    EXPECT_EQ(sequencer.run().value(), 2500);
    EXPECT_EQ(sequencer.run().value(), 0);
    std::int64_t position = 0;
    for (auto page = read(0, 300); !page.empty(); page = read(position, 300))
        for (auto const& event : page)
            EXPECT_EQ(event.position, ++position);
    EXPECT_EQ(position, 2000);
    EXPECT_EQ(database->read_now([&](Tx& tx) { return head(tx, other); }).value(), 500);
}

TEST_P(EventsOf, ReadersThatFollowWhileManyWriteSeeEachEventOnce)
{
    constexpr int kWriters = 4;
    constexpr int kEach = 40;
    std::atomic<int> writing = kWriters;
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w)
        writers.emplace_back([&] {
            for (int i = 0; i < kEach; ++i)
                append_now("x");
            --writing;
        });
    std::set<std::string> seen;
    std::int64_t position = 0;
    auto const follow = [&] {
        ASSERT_TRUE(sequencer.run());
        for (auto const& event : read(position)) {
            EXPECT_EQ(event.position, ++position);
            EXPECT_TRUE(seen.insert(event.id.to_string()).second);
        }
    };
    while (writing > 0)
        follow();
    for (auto& writer : writers)
        writer.join();
    follow();
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kWriters * kEach));
}

TEST_P(EventsOf, ASecondNodePositionsNothingWhileTheFirstHoldsTheLease)
{
    storage::Leases const others(*database, "other node");
    Sequencer other(*database, others);
    append_now("a");
    EXPECT_EQ(sequencer.run().value(), 1);
    append_now("b");
    EXPECT_EQ(other.run().value(), 0);
    ASSERT_TRUE(sequencer.release());
    EXPECT_EQ(other.run().value(), 1);
    EXPECT_EQ(reasons(), "ab");
}

TEST_P(EventsOf, AHeadWrittenByANewerHolderRefusesTheOlderOne)
{
    append_now("a");
    auto const lease = database->write_now([&](Tx& tx) { return leases.acquire(tx, Uuid{}, "events/sequencer", 0s); });
    ASSERT_TRUE(lease && *lease);
    storage::Leases const others(*database, "other node");
    Sequencer other(*database, others);
    ASSERT_EQ(other.run().value(), 1);
    append_now("b");
    auto const late = database->write_now([&](Tx& tx) { return leases.confirm(tx, **lease); });
    EXPECT_EQ(late.error().code, "lease_lost");
    EXPECT_EQ(sequencer.run().value(), 0);
}

TEST_P(EventsOf, PersonalDataOpensWithThePersonsKeyAndNeverWithoutIt)
{
    auto const user = UserId::generate(kNow);
    ASSERT_TRUE(database->write_now([&](Tx& tx) -> Result<void> {
        TRY(auto const key, vault->create_person_key(tx, tenant, user, kNow));
        TRY_DO(append(tx, *vault,
                      {.type = &kSignInFailed,
                       .tenant = tenant,
                       .user = user,
                       .data = {{"reason", "password_wrong"}},
                       .personal = {{"address", "203.0.113.7"}}},
                      kNow, &key));
        return {};
    }));
    ASSERT_TRUE(database->write_now([&](Tx& tx) -> Result<void> {
        TRY_DO(append(tx, *vault,
                      {.type = &kSignInFailed, .tenant = tenant, .personal = {{"identifier", "nobody@example.com"}}},
                      kNow));
        return {};
    }));
    ASSERT_EQ(sequencer.run().value(), 2);
    auto const events = read();
    auto const open = [&](StoredEvent const& event) {
        return boost::json::serialize(
            database->read_now([&](Tx& tx) { return open_personal(tx, *vault, tenant, event); }).value());
    };
    EXPECT_EQ(open(events[0]), R"({"address":"203.0.113.7"})");
    EXPECT_EQ(open(events[1]), R"({"identifier":"nobody@example.com"})");
    ASSERT_TRUE(database->write_now([&](Tx& tx) { return vault->destroy_person_key(tx, tenant, user); }));
    EXPECT_EQ(open(events[0]), "{}");
    ASSERT_TRUE(database->write_now([&](Tx& tx) { return vault->destroy_daily_keys(tx, kNow + 48h); }));
    EXPECT_EQ(open(events[1]), "{}");
}

TEST_P(EventsOf, AFieldThatTheCatalogueDoesNotDeclareIsABug)
{
    auto const code = [&](Event const& event) {
        auto const outcome = database->write_now([&](Tx& tx) { return append(tx, *vault, event, kNow); });
        return outcome ? std::string("accepted") : outcome.error().code;
    };
    EXPECT_EQ(code({.type = &kSessionEnded, .tenant = tenant, .data = {{"colour", "red"}}}), "internal_error");
    EXPECT_EQ(code({.type = &kSignInFailed, .tenant = tenant, .data = {{"address", "203.0.113.7"}}}), "internal_error")
        << "a personal field in the clear";
    EXPECT_EQ(code({.type = &kSignInFailed, .tenant = tenant, .personal = {{"address", "203.0.113.7"}}}), "accepted");
}

TEST_P(EventsOf, ABatchIsWrittenWithoutWaitingForADisk)
{
    BatchAppender batches(*database, *vault, {.interval = 1h, .batch = 50, .queue_limit = 1000});
    auto const before = database->statistics();
    for (int i = 0; i < 120; ++i)
        batches.append({.type = &kMachineTokenIssued, .tenant = tenant, .data = {{"client_id", "billing"}}}, kNow);
    batches.flush();
    EXPECT_EQ(batches.statistics().written, 120U);
    EXPECT_EQ(database->statistics().commits, before.commits);
    EXPECT_EQ(sequencer.run().value(), 120);
}

TEST_P(EventsOf, AFullQueueDropsAndCountsInsteadOfWaiting)
{
    BatchAppender batches(*database, *vault, {.interval = 1h, .batch = 1000, .queue_limit = 10});
    for (int i = 0; i < 25; ++i)
        batches.append({.type = &kMachineTokenIssued, .tenant = tenant}, kNow);
    EXPECT_EQ(batches.statistics().dropped, 15U);
    batches.flush();
    EXPECT_EQ(batches.statistics().written, 10U);
}

TEST_P(EventsOf, WhatIsQueuedIsWrittenWhenTheServerStops)
{
    {
        BatchAppender batches(*database, *vault, {.interval = 1h});
        batches.append({.type = &kMachineTokenIssued, .tenant = tenant}, kNow);
    }
    EXPECT_EQ(sequencer.run().value(), 1);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, EventsOf, storage::every_backend());

// SQLite has one writer: there, commits come in the order in which the transactions began.
class EventsOnPostgresql : public EventsOf {};

// The older event's transaction commits last: a reader that had passed its id would never see it. Positions are given
// after the commit, so it comes behind.
TEST_P(EventsOnPostgresql, AnEventThatCommitsLateIsNotSkipped)
{
    std::promise<void> appended;
    std::promise<void> may_commit;
    std::thread slow([&] {
        bool first = true;
        auto const release = may_commit.get_future().share();
        auto const outcome = database->write_now([&](Tx& tx) -> Result<void> {
            TRY_DO(append_reason(tx, "1"));
            // Reads make the queued insert travel now, inside the open transaction.
            TRY_DO(head(tx, tenant));
            if (std::exchange(first, false))
                appended.set_value();
            release.wait();
            return {};
        });
        EXPECT_TRUE(outcome) << outcome.error().detail;
    });
    appended.get_future().wait();
    append_now("2");
    EXPECT_EQ(sequencer.run().value(), 1);
    auto const first = read();
    ASSERT_EQ(first.size(), 1U);
    may_commit.set_value();
    slow.join();
    EXPECT_EQ(sequencer.run().value(), 1);
    auto const rest = read(first.back().position);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].data.at("reason"), "1");
    EXPECT_EQ(reasons(), "21");
}

INSTANTIATE_TEST_SUITE_P(Postgresql, EventsOnPostgresql, testing::Values(storage::Engine::postgresql));

TEST(EventCatalogue, IsSortedWithoutDoublesAndItsExamplesUseDeclaredFieldsOnly)
{
    EXPECT_TRUE(std::ranges::is_sorted(catalogue(), {}, [](EventType const* type) { return type->name; }));
    for (auto const* type : catalogue()) {
        EXPECT_EQ(find_type(type->name), type);
        EXPECT_FALSE(type->text.empty());
        auto const example = boost::json::parse(type->example).as_object();
        for (auto const& [name, value] : example)
            EXPECT_TRUE(std::ranges::any_of(type->fields, [&](auto const& field) { return field.name == name; }))
                << type->name << " " << name;
    }
    EXPECT_EQ(find_type("weather.changed"), nullptr);
}

// The headers that declare types.
std::string declarations()
{
    std::string text;
    for (auto const* header : {"types.hpp", "account_types.hpp", "device_types.hpp"}) {
        std::ifstream file(std::string(GATEHOUSE_SOURCE_DIR "/src/events/") + header);
        text.append(std::istreambuf_iterator<char>(file), {});
    }
    return text;
}

TEST(EventCatalogue, HoldsEveryTypeThatIsDeclared)
{
    auto const text = declarations();
    std::size_t declared = 0;
    for (auto at = text.find("constexpr EventType "); at != std::string::npos;
         at = text.find("constexpr EventType ", at + 1))
        ++declared;
    EXPECT_EQ(declared, catalogue().size());
}

// A type that nothing appends promises an audit trail that is not there.
TEST(EventCatalogue, PromisesNoEventThatNothingEmits)
{
    std::string sources;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(GATEHOUSE_SOURCE_DIR "/src")) {
        auto const path = entry.path().string();
        if (!path.ends_with(".cpp") || path.ends_with("_test.cpp") || path.contains("/test_support/") ||
            path.contains("/src/events/"))
            continue;
        std::ifstream file(path);
        sources.append(std::istreambuf_iterator<char>(file), {});
    }
    auto const types = declarations();
    std::string const declaration = "constexpr EventType ";
    auto const is_emitted = [&](std::string const& name) {
        for (auto at = sources.find(name); at != std::string::npos; at = sources.find(name, at + 1))
            if (!std::isalnum(static_cast<unsigned char>(sources[at + name.size()])))
                return true;
        return false;
    };
    for (auto at = types.find(declaration); at != std::string::npos; at = types.find(declaration, at + 1)) {
        auto const begin = at + declaration.size();
        auto const name = types.substr(begin, types.find('{', begin) - begin);
        EXPECT_TRUE(is_emitted("events::" + name)) << name;
    }
}

// GATEHOUSE_WRITE_REFERENCE=1 writes the page instead of comparing it.
TEST(EventCatalogue, ItsReferencePageIsNotStale)
{
    std::string const path = GATEHOUSE_SOURCE_DIR "/docs/reference/events.md";
    if (std::getenv("GATEHOUSE_WRITE_REFERENCE"))
        std::ofstream(path) << reference_page();
    std::ifstream file(path);
    std::string const page(std::istreambuf_iterator<char>(file), {});
    EXPECT_TRUE(page == reference_page())
        << "docs/reference/events.md is stale: run GATEHOUSE_WRITE_REFERENCE=1 events_test";
}

} // namespace
} // namespace gatehouse::events
