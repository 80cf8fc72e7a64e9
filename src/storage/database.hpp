// storage: one Database, two engines. SQLite lives inside the process, PostgreSQL serves many nodes.
//
// In:  SQL text written once in the dialect both share (see storage/README.md), with named parameters.
// Out: rows, or errors of the kinds below. Knows nothing of identity.
//
//   inline constexpr Statement kFindUser{"SELECT state FROM users WHERE tenant_id = :tenant AND user_id = :user"};
//
//   auto state = co_await database.read([&](Tx& tx) -> Result<std::string> {
//       TRY(auto row, tx.one(kFindUser, {{"tenant", tenant}, {"user", user}}));
//       return row ? Result<std::string>(row->text(0)) : refuse(ErrorKind::not_found, "user_not_found", "...");
//   });
//
// Errors of the storage itself: "storage_conflict" (conflict: a unique key exists already, detail names it),
// "storage_busy" (unavailable: locked, or no connection within the deadline), "storage_full" (unavailable: disk full),
// "storage_lost" (unavailable: the server cannot be reached, or the outcome of a commit is unknown),
// "internal_error" (anything else).
//
// A statement that fails fails its transaction, on both engines: later calls return the same error, and the transaction
// rolls back even if the rule asks for a commit. A rule that expects a key to exist says ON CONFLICT DO NOTHING.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace gatehouse::storage {

// SQL text in static storage; its address is the key of the prepared-statement cache. Declare as `inline constexpr`
// or `constexpr` at namespace scope in a *_store.cpp, never on the stack.
struct Statement {
    std::string_view sql;
};

struct Null {};

// A named parameter. Text and bytes are views: what they point to must live until the call returns (`execute_later`
// copies).
struct Parameter {
    std::string_view name;
    std::variant<Null, std::int64_t, double, std::string_view, ByteView> value;

    Parameter(std::string_view n, Null v) : name(n), value(v) {}
    Parameter(std::string_view n, std::int64_t v) : name(n), value(v) {}
    Parameter(std::string_view n, int v) : name(n), value(static_cast<std::int64_t>(v)) {}
    Parameter(std::string_view n, std::uint32_t v) : name(n), value(static_cast<std::int64_t>(v)) {}
    Parameter(std::string_view n, bool v) : name(n), value(static_cast<std::int64_t>(v)) {}
    Parameter(std::string_view n, double v) : name(n), value(v) {}
    Parameter(std::string_view n, std::string_view v) : name(n), value(v) {}
    Parameter(std::string_view n, std::string const& v) : name(n), value(std::string_view(v)) {}
    Parameter(std::string_view n, char const* v) : name(n), value(std::string_view(v)) {}
    Parameter(std::string_view n, ByteView v) : name(n), value(v) {}
    Parameter(std::string_view n, Bytes const& v) : name(n), value(ByteView(v)) {}
    Parameter(std::string_view n, Uuid const& v) : name(n), value(ByteView(v.bytes)) {}
    Parameter(std::string_view n, TimePoint v) : name(n), value(to_micros(v)) {}
    template <class Tag>
    Parameter(std::string_view n, Id<Tag> const& v) : name(n), value(v.bytes())
    {
    }
    // An empty optional is NULL.
    template <class T>
    Parameter(std::string_view n, std::optional<T> const& v) : Parameter(v ? Parameter(n, *v) : Parameter(n, Null{}))
    {
    }
};
using Parameters = std::initializer_list<Parameter>;

// One row of a result, valid until the next call on the transaction. Columns count from 0; asking for the wrong type
// is a bug and throws std::logic_error. NULL reads as 0, "" and no bytes.
class Row {
public:
    virtual ~Row() = default;
    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;
    virtual double real(int column) const = 0;
    virtual std::string_view text(int column) const = 0;
    virtual ByteView bytes(int column) const = 0;

    bool boolean(int column) const { return integer(column) != 0; }
    std::string string(int column) const { return std::string(text(column)); }
    Bytes blob(int column) const { return to_bytes(bytes(column)); }
    TimePoint time(int column) const { return from_micros(integer(column)); }
    std::optional<TimePoint> optional_time(int column) const
    {
        return is_null(column) ? std::nullopt : std::optional(time(column));
    }
    std::optional<std::string> optional_string(int column) const
    {
        return is_null(column) ? std::nullopt : std::optional(string(column));
    }
    // A 16-byte column; anything else throws std::logic_error.
    Uuid uuid(int column) const;
    template <class IdType>
    IdType id(int column) const
    {
        return IdType{uuid(column)};
    }
    template <class IdType>
    std::optional<IdType> optional_id(int column) const
    {
        return is_null(column) ? std::nullopt : std::optional(IdType{uuid(column)});
    }
};

// A transaction under way. Everything in it happens, or nothing does.
class Tx {
public:
    virtual ~Tx() = default;

    // Calls `visit` for each row; an error from it stops the reading and is returned. Returns how many rows were seen.
    using Visitor = std::function<Result<void>(Row const&)>;
    virtual Result<std::int64_t> each(Statement const& statement, Parameters parameters, Visitor const& visit) = 0;
    // The first row, or null. The row lives until the next call on this transaction.
    virtual Result<Row const*> one(Statement const& statement, Parameters parameters) = 0;
    // A write that is the whole transaction. When it returns a row, that is committed: the rule may run nothing after
    // it, and it stays whatever the rule answers. Without a row nothing was changed, and the rule goes on as it likes.
    // For a statement whose own conditions guard all that it rests on: on PostgreSQL it travels alone, READ COMMITTED
    // and in one round trip. Only as the first statement of a rule.
    virtual Result<Row const*> commit_one(Statement const& statement, Parameters parameters) = 0;
    // For INSERT, UPDATE, DELETE: how many rows changed.
    virtual Result<std::int64_t> execute(Statement const& statement, Parameters parameters) = 0;
    // The same for a rule that does not read the result: on PostgreSQL it travels with COMMIT (or before the next
    // statement); its failure fails the transaction.
    virtual Result<void> execute_later(Statement const& statement, Parameters parameters) = 0;
    // For the migrator and tests: several statements without parameters, separated by semicolons, with the dialect of
    // the engine put right (storage/README.md). Not prepared, not counted.
    virtual Result<void> script(std::string_view sql) = 0;

    // Reads every row through `make(Row const&) -> T` or `-> Result<T>`.
    template <class Make>
    auto all(Statement const& statement, Parameters parameters, Make&& make)
    {
        using Made = std::invoke_result_t<Make, Row const&>;
        using Item = typename Unwrapped<Made>::type;
        std::vector<Item> items;
        auto seen = each(statement, parameters, [&](Row const& row) -> Result<void> {
            if constexpr (std::is_same_v<Made, Item>) {
                items.push_back(make(row));
            } else {
                TRY(auto item, make(row));
                items.push_back(std::move(item));
            }
            return {};
        });
        if (!seen)
            return Result<std::vector<Item>>(std::unexpected(std::move(seen).error()));
        return Result<std::vector<Item>>(std::move(items));
    }
    // The first row through `make`, or nullopt.
    template <class Make>
    auto maybe(Statement const& statement, Parameters parameters, Make&& make)
    {
        return made_of(one(statement, parameters), make);
    }
    // The same with `commit_one`.
    template <class Make>
    auto maybe_commit(Statement const& statement, Parameters parameters, Make&& make)
    {
        return made_of(commit_one(statement, parameters), make);
    }

private:
    template <class T>
    struct Unwrapped {
        using type = T;
    };
    template <class T>
    struct Unwrapped<Result<T>> {
        using type = T;
    };

    template <class Make>
    static auto made_of(Result<Row const*> row, Make& make)
    {
        using Made = std::invoke_result_t<Make, Row const&>;
        using Item = typename Unwrapped<Made>::type;
        using Answer = Result<std::optional<Item>>;
        if (!row)
            return Answer(std::unexpected(std::move(row).error()));
        if (!*row)
            return Answer(std::nullopt);
        if constexpr (std::is_same_v<Made, Item>) {
            return Answer(make(**row));
        } else {
            auto item = make(**row);
            if (!item)
                return Answer(std::unexpected(std::move(item).error()));
            return Answer(*std::move(item));
        }
    }
};

// Whether a caller hears of success only when the data is on disk (Full), or as soon as it is done in memory
// (Relaxed: no fsync of its own; a crash may lose it, but nothing that was promised rests on it, such as a
// throttle's reservation).
enum class Durability : std::uint8_t { Full, Relaxed };

enum class Engine : std::uint8_t { sqlite, postgresql };

class Database {
public:
    virtual ~Database() = default;
    virtual Engine engine() const = 0;

    // Runs `rule(Tx&) -> Result<T>` in a read-only snapshot. On SQLite it runs at once on the calling thread, on
    // PostgreSQL on a worker of the pool.
    template <class Rule>
    auto read(Rule rule) -> Task<std::invoke_result_t<Rule&, Tx&>>;
    // Runs `rule(Tx&) -> Result<T>` in a serializable transaction and commits it when it returns a value, or an error
    // with KeepWrites::Yes; rolls back otherwise. `rule` may run more than once (PostgreSQL retries 40001 and 40P01):
    // it has no effect but through `tx`. The caller resumes on its own executor, whose context must outlive the
    // database.
    template <class Rule>
    auto write(Rule rule, Durability durability = Durability::Full) -> Task<std::invoke_result_t<Rule&, Tx&>>;

    // The same for the command line, background threads and tests: blocks the calling thread. Never call it from
    // within a rule: a rule has one transaction.
    template <class Rule>
    auto read_now(Rule rule) -> std::invoke_result_t<Rule&, Tx&>;
    template <class Rule>
    auto write_now(Rule rule, Durability durability = Durability::Full) -> std::invoke_result_t<Rule&, Tx&>;

    // Counters since the start, for /metrics and for tests that hold a request to its price.
    struct Statistics {
        std::uint64_t statements = 0; // executed, BEGIN and COMMIT not counted
        std::uint64_t reads = 0;      // read transactions
        std::uint64_t writes = 0;     // write transactions that committed
        std::uint64_t commits = 0;    // durable commits (a group commit counts once)
        std::uint64_t retries = 0;
    };
    virtual Statistics statistics() const = 0;

    // What the engines implement: a job is run (perhaps again) and says whether to commit; `done` is called once, on
    // an unspecified thread, with the outcome of the transaction itself.
    enum class Verdict : std::uint8_t { commit, roll_back };
    struct Job {
        std::function<Verdict(Tx&)> run;
        std::function<void(Result<void>)> done;
        Durability durability = Durability::Full;
    };
    virtual void submit_write(Job job) = 0;
    virtual void submit_read(Job job) = 0;
};

} // namespace gatehouse::storage

#include "storage/database_inline.hpp"
