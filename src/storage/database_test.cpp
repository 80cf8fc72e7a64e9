// What every user of the storage may rely on, on both engines.
#include "storage/test_support/test_database.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

namespace gatehouse::storage {

namespace {

constexpr Statement kInsert{"INSERT INTO things (tenant_id, name, amount, content, ratio) "
                            "VALUES (:tenant, :name, :amount, :content, :ratio)"};
constexpr Statement kPut{"INSERT INTO things (tenant_id, name, amount) VALUES (:tenant, :name, :amount)"};
constexpr Statement kFind{"SELECT name, amount, content, ratio FROM things WHERE tenant_id = :tenant AND name = :name"};
constexpr Statement kAmount{"SELECT amount FROM things WHERE tenant_id = :tenant AND name = :name"};
constexpr Statement kNames{"SELECT name FROM things WHERE tenant_id = :tenant ORDER BY name"};
constexpr Statement kAdd{"UPDATE things SET amount = amount + :by WHERE tenant_id = :tenant AND name = :name "
                         "RETURNING amount"};
constexpr Statement kSet{"UPDATE things SET amount = :amount WHERE tenant_id = :tenant AND name = :name"};
constexpr Statement kCount{"SELECT count(*) FROM things"};
constexpr Statement kTotal{"SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM things"};

class EveryDatabase : public testing::TestWithParam<Engine> {
protected:
    EveryDatabase()
    {
        auto const made = database->write_now([](Tx& tx) {
            return tx.script("CREATE TABLE things (tenant_id BIGINT NOT NULL, name TEXT NOT NULL, amount BIGINT, "
                             "content BYTEA, ratio DOUBLE PRECISION, PRIMARY KEY (tenant_id, name));");
        });
        EXPECT_TRUE(made) << made.error().detail;
        database.reopen();
    }

    Result<std::int64_t> put(std::string_view name, std::int64_t amount)
    {
        return database->write_now(
            [&](Tx& tx) { return tx.execute(kPut, {{"tenant", 1}, {"name", name}, {"amount", amount}}); });
    }
    std::int64_t number(Statement const& statement)
    {
        auto const value = database->read_now([&](Tx& tx) -> Result<std::int64_t> {
            TRY(auto const* const row, tx.one(statement, {}));
            return row->integer(0);
        });
        EXPECT_TRUE(value) << value.error().detail;
        return value.value_or(-1);
    }

    TestDatabase database{GetParam(), Schema::empty};
};

TEST_P(EveryDatabase, EveryKindOfValueComesBackAsItWas)
{
    Bytes large(1 << 20);
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i] = static_cast<std::uint8_t>(i * 31);
    for (auto const& content : {Bytes{}, Bytes{0}, Bytes{1, 0, 255}, Bytes{'\\', 'x', '4'}, large}) {
        auto const name = fmt::format("blob of {} bytes: Zoë \xF0\x9F\x94\x91", content.size()) +
                          (content.empty() ? "" : std::to_string(content[0]));
        auto const stored = database->write_now([&](Tx& tx) {
            return tx.execute(kInsert, {{"tenant", 1},
                                        {"name", name},
                                        {"amount", std::numeric_limits<std::int64_t>::min()},
                                        {"content", content},
                                        {"ratio", -0.1}});
        });
        ASSERT_TRUE(stored) << stored.error().detail;
        EXPECT_EQ(*stored, 1);
        auto const found = database->read_now([&](Tx& tx) -> Result<Bytes> {
            TRY(auto const* const row, tx.one(kFind, {{"tenant", 1}, {"name", name}}));
            EXPECT_EQ(row->text(0), name);
            EXPECT_EQ(row->integer(1), std::numeric_limits<std::int64_t>::min());
            EXPECT_FALSE(row->is_null(2));
            EXPECT_EQ(row->real(3), -0.1);
            return row->blob(2);
        });
        ASSERT_TRUE(found) << found.error().detail;
        EXPECT_EQ(*found, content);
    }
}

TEST_P(EveryDatabase, NullReadsAsNull)
{
    ASSERT_TRUE(database->write_now([&](Tx& tx) {
        return tx.execute(kInsert, {{"tenant", 1},
                                    {"name", ""},
                                    {"amount", Null{}},
                                    {"content", std::optional<Bytes>()},
                                    {"ratio", std::optional<double>()}});
    }));
    auto const read = database->read_now([&](Tx& tx) -> Result<void> {
        TRY(auto const* const row, tx.one(kFind, {{"tenant", 1}, {"name", ""}}));
        EXPECT_FALSE(row->is_null(0));
        EXPECT_EQ(row->text(0), "");
        for (int const column : {1, 2, 3})
            EXPECT_TRUE(row->is_null(column));
        EXPECT_EQ(row->integer(1), 0);
        EXPECT_TRUE(row->bytes(2).empty());
        EXPECT_EQ(row->optional_string(0), "");
        return {};
    });
    EXPECT_TRUE(read) << read.error().detail;
}

TEST_P(EveryDatabase, AStatementPreparedWithNullTakesAValueNext)
{
    auto const insert = [&](std::string_view name, std::optional<double> ratio, std::optional<Bytes> const& content) {
        return database->write_now([&](Tx& tx) {
            return tx.execute(kInsert,
                              {{"tenant", 1}, {"name", name}, {"amount", 1}, {"content", content}, {"ratio", ratio}});
        });
    };
    EXPECT_TRUE(insert("a", std::nullopt, std::nullopt));
    EXPECT_TRUE(insert("b", 1.5, Bytes{1}));
    EXPECT_TRUE(insert("c", std::nullopt, Bytes{1}));
    EXPECT_TRUE(insert("d", 1.5, std::nullopt));
    EXPECT_EQ(number(kCount), 4);
}

TEST_P(EveryDatabase, RowsAreVisitedInOrderAndAnErrorStopsThem)
{
    for (auto const* const name : {"c", "a", "b"})
        ASSERT_TRUE(put(name, 1));
    auto const names = database->read_now(
        [](Tx& tx) { return tx.all(kNames, {{"tenant", 1}}, [](Row const& row) { return row.string(0); }); });
    EXPECT_EQ(*names, (std::vector<std::string>{"a", "b", "c"}));

    int visited = 0;
    auto const stopped = database->read_now([&](Tx& tx) {
        return tx.each(kNames, {{"tenant", 1}}, [&](Row const&) -> Result<void> {
            ++visited;
            return refuse(ErrorKind::invalid, "enough", "");
        });
    });
    EXPECT_EQ(stopped.error().code, "enough");
    EXPECT_EQ(visited, 1);
}

TEST_P(EveryDatabase, AQueryMayRunWithinTheVisitOfItsOwnRows)
{
    for (auto const* const name : {"a", "b"})
        ASSERT_TRUE(put(name, 1));
    auto const pairs = database->read_now([&](Tx& tx) -> Result<std::int64_t> {
        std::int64_t seen = 0;
        TRY_DO(tx.each(kNames, {{"tenant", 1}}, [&](Row const& outer) -> Result<void> {
            auto const name = outer.string(0);
            TRY(auto const inner, tx.each(kNames, {{"tenant", 1}}, [](Row const&) -> Result<void> { return {}; }));
            seen += inner;
            EXPECT_EQ(outer.text(0), name);
            return {};
        }));
        return seen;
    });
    EXPECT_EQ(pairs.value(), 4);
}

TEST_P(EveryDatabase, UpdateReturningGivesTheNewRow)
{
    ASSERT_TRUE(put("a", 40));
    auto const now = database->write_now([](Tx& tx) -> Result<std::int64_t> {
        TRY(auto const* const row, tx.one(kAdd, {{"by", 2}, {"name", "a"}, {"tenant", 1}}));
        return row->integer(0);
    });
    EXPECT_EQ(now.value(), 42);
    EXPECT_EQ(number(kTotal), 42);
}

TEST_P(EveryDatabase, AWriteThatIsTheWholeTransactionStaysWhateverItsRuleAnswers)
{
    ASSERT_TRUE(put("a", 40));
    for (auto const durability : {Durability::Full, Durability::Relaxed}) {
        auto const before = database->statistics();
        auto const refused = database->write_now(
            [](Tx& tx) -> Result<void> {
                TRY(auto const* const row, tx.commit_one(kAdd, {{"by", 1}, {"name", "a"}, {"tenant", 1}}));
                EXPECT_GT(row->integer(0), 40);
                return refuse(ErrorKind::invalid, "too_late", "It is done.");
            },
            durability);
        EXPECT_EQ(refused.error().code, "too_late");
        auto const after = database->statistics();
        EXPECT_EQ(after.writes - before.writes, 1u);
        EXPECT_EQ(after.statements - before.statements, 1u);
        EXPECT_EQ(after.commits - before.commits, durability == Durability::Full ? 1u : 0u);
    }
    EXPECT_EQ(number(kTotal), 42);
}

TEST_P(EveryDatabase, AfterAWriteThatEndedItsTransactionNothingElseRuns)
{
    ASSERT_TRUE(put("a", 40));
    auto const failed = database->write_now([](Tx& tx) -> Result<void> {
        TRY_DO(tx.commit_one(kAdd, {{"by", 1}, {"name", "a"}, {"tenant", 1}}));
        TRY_DO(tx.execute(kPut, {{"tenant", 1}, {"name", "b"}, {"amount", 1}}));
        return {};
    });
    EXPECT_EQ(failed.error().code, "internal_error");
    EXPECT_EQ(number(kTotal), 41);
    EXPECT_EQ(database
                  ->write_now([](Tx& tx) -> Result<void> {
                      TRY_DO(tx.execute(kPut, {{"tenant", 1}, {"name", "b"}, {"amount", 1}}));
                      TRY_DO(tx.commit_one(kAdd, {{"by", 1}, {"name", "a"}, {"tenant", 1}}));
                      return {};
                  })
                  .error()
                  .code,
              "internal_error")
        << "it must be the first";
    EXPECT_EQ(number(kTotal), 41);
}

TEST_P(EveryDatabase, AWriteThatFindsNoRowLeavesTheTransactionToItsRule)
{
    auto const gone_on = database->write_now([](Tx& tx) -> Result<void> {
        TRY(auto const* const row, tx.commit_one(kAdd, {{"by", 1}, {"name", "a"}, {"tenant", 1}}));
        EXPECT_FALSE(row);
        TRY_DO(tx.execute(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 7}}));
        return {};
    });
    EXPECT_TRUE(gone_on);
    EXPECT_EQ(number(kTotal), 7);
    auto const failed = database->write_now([](Tx& tx) -> Result<void> {
        TRY_DO(tx.commit_one(kAdd, {{"by", 1}, {"name", "b"}, {"tenant", 1}}));
        TRY_DO(tx.execute(kPut, {{"tenant", 1}, {"name", "b"}, {"amount", 1}}));
        return refuse(ErrorKind::invalid, "not_now", "Not now.");
    });
    EXPECT_EQ(failed.error().code, "not_now");
    EXPECT_EQ(number(kTotal), 7);
}

TEST_P(EveryDatabase, ASecondRowOfTheSameKeyIsAConflict)
{
    ASSERT_TRUE(put("a", 1));
    auto const second = put("a", 2);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "storage_conflict");
    EXPECT_EQ(second.error().kind, ErrorKind::conflict);
    EXPECT_TRUE(second.error().detail.contains("things")) << second.error().detail;
    EXPECT_EQ(number(kTotal), 1);
}

TEST_P(EveryDatabase, ARuleThatFailsLeavesNothing)
{
    auto const failed = database->write_now([](Tx& tx) -> Result<void> {
        TRY_DO(tx.execute(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 1}}));
        TRY_DO(tx.execute_later(kPut, {{"tenant", 1}, {"name", "b"}, {"amount", 1}}));
        return refuse(ErrorKind::forbidden, "no", "No.");
    });
    EXPECT_EQ(failed.error().code, "no");
    EXPECT_EQ(number(kCount), 0);
    EXPECT_EQ(database->statistics().writes, 0u);
}

TEST_P(EveryDatabase, ARefusalThatKeepsItsWritesCommitsThem)
{
    auto const refused = database->write_now([](Tx& tx) -> Result<void> {
        TRY_DO(tx.execute(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 1}}));
        return refuse(ErrorKind::forbidden, "no", "No.").keeping_writes();
    });
    EXPECT_EQ(refused.error().code, "no");
    EXPECT_EQ(number(kCount), 1);
    EXPECT_EQ(database->statistics().writes, 1u);
}

TEST_P(EveryDatabase, AfterAFailedStatementTheTransactionCannotCommit)
{
    ASSERT_TRUE(put("a", 1));
    auto const swallowed = database->write_now([](Tx& tx) -> Result<void> {
        TRY_DO(tx.execute(kPut, {{"tenant", 1}, {"name", "b"}, {"amount", 1}}));
        EXPECT_FALSE(tx.execute(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 1}}));
        EXPECT_EQ(tx.one(kCount, {}).error().code, "storage_conflict");
        return {};
    });
    ASSERT_FALSE(swallowed);
    EXPECT_EQ(swallowed.error().code, "storage_conflict");
    EXPECT_EQ(number(kCount), 1);
}

TEST_P(EveryDatabase, ARuleMayAnswerAFailedStatementWithItsOwnRefusal)
{
    ASSERT_TRUE(put("a", 1));
    auto const refused = database->write_now([](Tx& tx) -> Result<void> {
        if (!tx.execute(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 1}}))
            return refuse(ErrorKind::conflict, "name_taken", "Choose another.");
        return {};
    });
    EXPECT_EQ(refused.error().code, "name_taken");
}

TEST_P(EveryDatabase, AFailureOfALaterStatementFailsTheTransaction)
{
    ASSERT_TRUE(put("a", 1));
    auto const failed = database->write_now([](Tx& tx) -> Result<int> {
        TRY_DO(tx.execute_later(kPut, {{"tenant", 1}, {"name", "b"}, {"amount", 1}}));
        static_cast<void>(tx.execute_later(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 2}}));
        return 7;
    });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, "storage_conflict");
    EXPECT_EQ(number(kTotal), 1);
    EXPECT_TRUE(put("c", 1)) << "the connection goes on";
}

TEST_P(EveryDatabase, LaterStatementsRunBeforeTheNextOneAndCopyTheirValues)
{
    auto const total = database->write_now([](Tx& tx) -> Result<std::int64_t> {
        for (int i = 0; i < 300; ++i) {
            auto const name = std::string(500, 'n') + std::to_string(i);
            TRY_DO(tx.execute_later(kPut, {{"tenant", 1}, {"name", name}, {"amount", i}}));
        }
        TRY(auto const* const row, tx.one(kTotal, {}));
        return row->integer(0);
    });
    EXPECT_EQ(total.value(), 299 * 300 / 2);
    EXPECT_EQ(number(kCount), 300);
}

TEST_P(EveryDatabase, AReadCannotWrite)
{
    auto const written =
        database->read_now([](Tx& tx) { return tx.execute(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 1}}); });
    EXPECT_FALSE(written);
    EXPECT_EQ(number(kCount), 0);
}

TEST_P(EveryDatabase, AReadSeesOneState)
{
    ASSERT_TRUE(put("a", 1));
    auto const read = database->read_now([&](Tx& tx) -> Result<void> {
        TRY(auto const* const before, tx.one(kTotal, {}));
        EXPECT_EQ(before->integer(0), 1);
        EXPECT_TRUE(put("b", 1)); // a transaction of its own, on the writer
        TRY(auto const* const after, tx.one(kTotal, {}));
        EXPECT_EQ(after->integer(0), 1);
        return {};
    });
    EXPECT_TRUE(read) << read.error().detail;
    EXPECT_EQ(number(kTotal), 2);
}

TEST_P(EveryDatabase, AMissingParameterIsABugThatIsReported)
{
    auto const missing = database->read_now([](Tx& tx) { return tx.one(kAmount, {{"tenant", 1}}); });
    EXPECT_EQ(missing.error().code, "internal_error");
    auto const misspelt = database->read_now([](Tx& tx) { return tx.one(kAmount, {{"tenant", 1}, {"nam", "a"}}); });
    EXPECT_TRUE(misspelt.error().detail.contains(":name")) << misspelt.error().detail;
}

TEST_P(EveryDatabase, AColumnReadAsTheWrongTypeIsABugThatIsReported)
{
    ASSERT_TRUE(put("a", 1));
    for (auto const& wrong : std::initializer_list<void (*)(Row const&)>{
             [](Row const& row) { row.integer(0); }, [](Row const& row) { row.bytes(0); },
             [](Row const& row) { row.text(1); }, [](Row const& row) { row.integer(9); },
             [](Row const& row) { row.uuid(2); }}) {
        auto const read = database->read_now([&](Tx& tx) -> Result<void> {
            TRY(auto const* const row, tx.one(kFind, {{"tenant", 1}, {"name", "a"}}));
            wrong(*row);
            return {};
        });
        EXPECT_EQ(read.error().code, "internal_error");
        auto const write = database->write_now([&](Tx& tx) -> Result<void> {
            TRY_DO(tx.execute(kSet, {{"amount", 5}, {"tenant", 1}, {"name", "a"}}));
            TRY(auto const* const row, tx.one(kFind, {{"tenant", 1}, {"name", "a"}}));
            wrong(*row);
            return {};
        });
        EXPECT_EQ(write.error().code, "internal_error");
    }
    EXPECT_EQ(number(kTotal), 1);
}

TEST_P(EveryDatabase, AFaultyStatementIsReportedWithItsTextAndWithoutValues)
{
    static constexpr Statement kFaulty{"SELECT nothing FROM nowhere WHERE secret = :secret"};
    auto const failed = database->read_now([](Tx& tx) { return tx.one(kFaulty, {{"secret", "hunter2"}}); });
    EXPECT_EQ(failed.error().code, "internal_error");
    EXPECT_TRUE(failed.error().detail.contains("nowhere")) << failed.error().detail;
    EXPECT_FALSE(failed.error().detail.contains("hunter2"));
    EXPECT_FALSE(failed.error().message.contains("nowhere"));
    EXPECT_EQ(number(kCount), 0);
}

TEST_P(EveryDatabase, StatisticsAreExact)
{
    ASSERT_TRUE(put("a", 1));
    ASSERT_TRUE(put("b", 1));
    number(kCount);
    auto const counted = database->statistics();
    EXPECT_EQ(counted.statements, 3u);
    EXPECT_EQ(counted.reads, 1u);
    EXPECT_EQ(counted.writes, 2u);
    EXPECT_EQ(counted.commits, 2u);
    EXPECT_EQ(counted.retries, 0u);
    ASSERT_TRUE(database->write_now([](Tx&) -> Result<void> { return {}; }));
    EXPECT_EQ(database->statistics().writes, 2u) << "a rule that runs no statement writes nothing";
}

TEST_P(EveryDatabase, ARelaxedWriteIsDoneButNotADurableCommit)
{
    ASSERT_TRUE(database->write_now(
        [](Tx& tx) { return tx.execute(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 1}}); }, Durability::Relaxed));
    EXPECT_EQ(database->statistics().commits, 0u);
    EXPECT_EQ(number(kCount), 1);
    ASSERT_TRUE(put("b", 1));
    EXPECT_EQ(database->statistics().commits, 1u);
}

// What a refresh rotation or a throttle rests on: a rule that reads, thinks and writes back.
TEST_P(EveryDatabase, ParallelRulesLoseNoUpdate)
{
    ASSERT_TRUE(put("a", 0));
    constexpr int kThreads = 4, kRounds = 25;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < kThreads; ++thread) {
            threads.emplace_back([&] {
                for (int round = 0; round < kRounds; ++round) {
                    auto const done = database->write_now([](Tx& tx) -> Result<std::int64_t> {
                        TRY(auto const* const row, tx.one(kAmount, {{"tenant", 1}, {"name", "a"}}));
                        auto const next = row->integer(0) + 1;
                        return tx.execute(kSet, {{"amount", next}, {"tenant", 1}, {"name", "a"}});
                    });
                    EXPECT_TRUE(done) << done.error().detail;
                }
            });
        }
    }
    EXPECT_EQ(number(kTotal), kThreads * kRounds);
    EXPECT_EQ(database->statistics().writes, 1u + kThreads * kRounds);
}

TEST_P(EveryDatabase, OfManyWhoInsertOneKeyOneWins)
{
    std::atomic<int> won = 0, lost = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&] {
                auto const done = put("prize", 1);
                (done ? won : lost)++;
                if (!done)
                    EXPECT_EQ(done.error().code, "storage_conflict");
            });
        }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 7);
}

TEST_P(EveryDatabase, WhatWasWrittenIsThereAfterReopening)
{
    ASSERT_TRUE(put("a", 1));
    database.reopen();
    EXPECT_EQ(number(kCount), 1);
}

TEST_P(EveryDatabase, CoroutinesReadAndWrite)
{
    boost::asio::io_context context;
    std::optional<Result<std::int64_t>> total;
    boost::asio::co_spawn(
        context,
        [](Database& store) -> Task<Result<std::int64_t>> {
            CO_TRY_DO(co_await store.write(
                [](Tx& tx) { return tx.execute(kPut, {{"tenant", 1}, {"name", "a"}, {"amount", 20}}); }));
            co_return co_await store.read([](Tx& tx) -> Result<std::int64_t> {
                TRY(auto const* const row, tx.one(kTotal, {}));
                return row->integer(0) + 1;
            });
        }(*database),
        [&](std::exception_ptr, Result<std::int64_t> result) { total = std::move(result); });
    context.run();
    ASSERT_TRUE(total && *total);
    EXPECT_EQ(**total, 21);
    database.close(); // before the context: a database thread may still be leaving its `post`
}

} // namespace

INSTANTIATE_TEST_SUITE_P(EveryBackend, EveryDatabase, every_backend());

} // namespace gatehouse::storage
