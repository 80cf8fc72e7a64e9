#include "storage/sqlite_tx.hpp"

#include "storage/faults.hpp"

#include <sqlite3.h>
#include <stdexcept>

namespace gatehouse::storage {

// -- rows

int SqliteRow::type_of(int column) const
{
    if (column < 0 || column >= sqlite3_data_count(statement_))
        throw std::logic_error(fmt::format("a row has no column {}: {}", column, sqlite3_sql(statement_)));
    return sqlite3_column_type(statement_, column);
}

namespace {

[[noreturn]] void throw_wrong_type(sqlite3_stmt* statement, int column, char const* wanted)
{
    throw std::logic_error(fmt::format("column {} is not {}: {}", column, wanted, sqlite3_sql(statement)));
}

} // namespace

bool SqliteRow::is_null(int column) const
{
    return type_of(column) == SQLITE_NULL;
}

std::int64_t SqliteRow::integer(int column) const
{
    auto const type = type_of(column);
    if (type == SQLITE_INTEGER) [[likely]]
        return sqlite3_column_int64(statement_, column);
    if (type != SQLITE_NULL)
        throw_wrong_type(statement_, column, "an integer");
    return 0;
}

double SqliteRow::real(int column) const
{
    auto const type = type_of(column);
    if (type == SQLITE_FLOAT || type == SQLITE_INTEGER) // SQLite stores 2.0 as an integer where that saves space
        return sqlite3_column_double(statement_, column);
    if (type != SQLITE_NULL)
        throw_wrong_type(statement_, column, "a real number");
    return 0;
}

std::string_view SqliteRow::text(int column) const
{
    auto const type = type_of(column);
    if (type == SQLITE_NULL)
        return {};
    if (type != SQLITE_TEXT)
        throw_wrong_type(statement_, column, "text");
    auto const* const first = reinterpret_cast<char const*>(sqlite3_column_text(statement_, column));
    return {first, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

ByteView SqliteRow::bytes(int column) const
{
    auto const type = type_of(column);
    if (type == SQLITE_NULL)
        return {};
    if (type != SQLITE_BLOB)
        throw_wrong_type(statement_, column, "bytes");
    auto const* const first = static_cast<std::uint8_t const*>(sqlite3_column_blob(statement_, column));
    return {first, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

// -- statements

class SqliteTx::Run {
public:
    Run() = default;
    Run(Run const&) = delete;
    Run& operator=(Run const&) = delete;
    ~Run() { end(); }

    void begin(SqliteConnection::Prepared& with)
    {
        prepared = &with;
        prepared->running = true;
    }
    void end()
    {
        if (!prepared)
            return;
        sqlite3_reset(prepared->handle);
        prepared->running = false;
        prepared = nullptr;
    }

    std::unique_ptr<SqliteConnection::Prepared> spare; // destroyed after `end`, in the destructor's body
    SqliteConnection::Prepared* prepared = nullptr;
};

namespace {

int bind(sqlite3_stmt* statement, int number, Parameter const& parameter, sqlite3_destructor_type lifetime)
{
    struct Binder {
        sqlite3_stmt* statement;
        int number;
        sqlite3_destructor_type lifetime;

        int operator()(Null) const { return sqlite3_bind_null(statement, number); }
        int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, number, value); }
        int operator()(double value) const { return sqlite3_bind_double(statement, number, value); }
        // A null pointer would bind NULL, so empty values point at something.
        int operator()(std::string_view value) const
        {
            auto const* const first = value.data() ? value.data() : "";
            return sqlite3_bind_text64(statement, number, first, value.size(), lifetime, SQLITE_UTF8);
        }
        int operator()(ByteView value) const
        {
            void const* const first = value.data() ? static_cast<void const*>(value.data()) : "";
            return sqlite3_bind_blob64(statement, number, first, value.size(), lifetime);
        }
    };
    return std::visit(Binder{statement, number, lifetime}, parameter.value);
}

} // namespace

Refusal SqliteTx::fail(Refusal refusal)
{
    if (!failure_)
        failure_ = refusal.error();
    return refusal;
}

void SqliteTx::close()
{
    if (!held_)
        return;
    sqlite3_reset(held_->handle);
    held_->running = false;
    held_ = nullptr;
    held_spare_.reset();
}

Result<void> SqliteTx::start(Run& run, Statement const& statement, Parameters parameters, Copy copy)
{
    close();
    if (failure_) [[unlikely]]
        return std::unexpected(*failure_);
    if (settled_) [[unlikely]]
        return fault(fmt::format("a statement after the one that ended its transaction: {}", statement.sql));
    auto prepared = connection_.prepare(statement, run.spare);
    if (!prepared) [[unlikely]]
        return fail(Refusal(std::move(prepared).error()));
    std::array<Parameter const*, kMostParameters> matched;
    if (auto found = match_parameters((*prepared)->names, parameters, matched); !found) [[unlikely]]
        return fail(fault(fmt::format("{}: {}", found.error().detail, statement.sql)));
    // `one` hands out a row that outlives the call, and a row may show a parameter.
    auto const lifetime = copy == Copy::Yes ? SQLITE_TRANSIENT : SQLITE_STATIC;
    for (std::size_t i = 0; i < (*prepared)->names.size(); ++i) {
        auto const code = bind((*prepared)->handle, static_cast<int>(i) + 1, *matched[i], lifetime);
        if (code != SQLITE_OK) [[unlikely]]
            return fail(connection_.refusal(code, statement.sql));
    }
    run.begin(**prepared);
    ++statements_;
    return {};
}

Result<bool> SqliteTx::step(Run& run)
{
    auto const code = sqlite3_step(run.prepared->handle);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return fail(connection_.refusal(code, run.prepared->sql));
}

Result<std::int64_t> SqliteTx::each(Statement const& statement, Parameters parameters, Visitor const& visit)
{
    Run run;
    TRY_DO(start(run, statement, parameters, Copy::No));
    SqliteRow const row(run.prepared->handle);
    std::int64_t seen = 0;
    for (;;) {
        TRY(auto const more, step(run));
        if (!more)
            return seen;
        ++seen;
        TRY_DO(visit(row));
    }
}

Result<Row const*> SqliteTx::one(Statement const& statement, Parameters parameters)
{
    Run run;
    TRY_DO(start(run, statement, parameters, Copy::Yes));
    TRY(auto const found, step(run));
    if (!found)
        return nullptr;
    held_ = std::exchange(run.prepared, nullptr); // `close` resets it
    held_spare_ = std::move(run.spare);
    row_ = SqliteRow(held_->handle);
    return &row_;
}

Result<Row const*> SqliteTx::commit_one(Statement const& statement, Parameters parameters)
{
    if (statements_ > 0)
        return fail(fault(fmt::format("not the first statement of its transaction: {}", statement.sql)));
    TRY(auto const* const row, one(statement, parameters));
    settled_ = row != nullptr;
    return row;
}

Result<std::int64_t> SqliteTx::execute(Statement const& statement, Parameters parameters)
{
    Run run;
    TRY_DO(start(run, statement, parameters, Copy::No));
    for (;;) {
        TRY(auto const more, step(run));
        if (!more)
            return sqlite3_changes64(connection_.handle());
    }
}

Result<void> SqliteTx::execute_later(Statement const& statement, Parameters parameters)
{
    TRY_DO(execute(statement, parameters));
    return {};
}

Result<void> SqliteTx::script(std::string_view sql)
{
    close();
    if (failure_)
        return std::unexpected(*failure_);
    for (auto const& statement : split_script(sql, Engine::sqlite)) {
        if (auto done = connection_.run(statement.c_str()); !done)
            return fail(Refusal(std::move(done).error()));
    }
    return {};
}

} // namespace gatehouse::storage
