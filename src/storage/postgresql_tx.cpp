#include "storage/postgresql_tx.hpp"

#include "storage/faults.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <endian.h>
#include <stdexcept>

namespace gatehouse::storage {

// -- rows

namespace {

// Type numbers of PostgreSQL's catalog (pg_type).
constexpr Oid kBool = 16, kBytea = 17, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kFloat4 = 700,
              kFloat8 = 701, kUnknown = 705, kVarchar = 1043;

template <class T>
T big_endian(std::string_view value)
{
    T number;
    if (value.size() != sizeof number)
        throw std::logic_error("a number of unexpected length came from PostgreSQL");
    std::memcpy(&number, value.data(), sizeof number);
    return std::byteswap(number);
}

[[noreturn]] void throw_wrong_type(int column, Oid type, char const* wanted)
{
    throw std::logic_error(fmt::format("column {} is not {}: its PostgreSQL type is {}", column, wanted, type));
}

std::int64_t rows_changed(PGresult* result)
{
    std::string_view const text = PQcmdTuples(result);
    std::int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

} // namespace

std::string_view PostgresqlRow::value(int column) const
{
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

bool PostgresqlRow::is_null(int column) const
{
    if (column < 0 || column >= PQnfields(result_))
        throw std::logic_error(fmt::format("a row has no column {}", column));
    return PQgetisnull(result_, row_, column) == 1;
}

std::int64_t PostgresqlRow::integer(int column) const
{
    if (is_null(column))
        return 0;
    switch (auto const type = PQftype(result_, column)) {
    case kInt8:
        return big_endian<std::int64_t>(value(column));
    case kInt4:
        return big_endian<std::int32_t>(value(column));
    case kInt2:
        return big_endian<std::int16_t>(value(column));
    case kBool: // of a comparison; SQLite gives 0 or 1
        return value(column)[0] != 0;
    default:
        throw_wrong_type(column, type, "an integer");
    }
}

double PostgresqlRow::real(int column) const
{
    if (is_null(column))
        return 0;
    switch (auto const type = PQftype(result_, column)) {
    case kFloat8:
        return std::bit_cast<double>(big_endian<std::uint64_t>(value(column)));
    case kFloat4:
        return std::bit_cast<float>(big_endian<std::uint32_t>(value(column)));
    default:
        throw_wrong_type(column, type, "a real number");
    }
}

std::string_view PostgresqlRow::text(int column) const
{
    if (is_null(column))
        return {};
    switch (auto const type = PQftype(result_, column)) {
    case kText:
    case kVarchar:
    case kName:
    case kUnknown:
        return value(column);
    default:
        throw_wrong_type(column, type, "text");
    }
}

ByteView PostgresqlRow::bytes(int column) const
{
    if (is_null(column))
        return {};
    if (auto const type = PQftype(result_, column); type != kBytea)
        throw_wrong_type(column, type, "bytes");
    return as_bytes(value(column));
}

// -- statements

// Remembers the first failure: the server skips all that follows it.
template <class T>
Result<T> PostgresqlTx::watched(Result<T> result)
{
    if (!result && !failure_) [[unlikely]] {
        failure_ = result.error();
        collided_ = connection_.collided();
    }
    return result;
}

Result<void> PostgresqlTx::begin()
{
    using Control = PostgresqlConnection::Control;
    if (failure_) [[unlikely]]
        return std::unexpected(*failure_);
    if (settled_) [[unlikely]]
        return watched(Result<void>(fault("a statement after the one that ended its transaction")));
    if (began_)
        return {};
    began_ = true;
    TRY_DO(watched(connection_.queue(mode_ == Mode::read ? Control::begin_read : Control::begin_write)));
    if (mode_ == Mode::relaxed)
        TRY_DO(watched(connection_.queue(Control::relax)));
    return {};
}

Result<void> PostgresqlTx::queue(Statement const& statement, Parameters parameters)
{
    TRY_DO(begin());
    ++statements_;
    return watched(connection_.queue(statement, parameters));
}

Result<ResultPointer> PostgresqlTx::flush()
{
    return watched(connection_.flush());
}

Result<ResultPointer> PostgresqlTx::run(Statement const& statement, Parameters parameters)
{
    held_.reset();
    TRY_DO(queue(statement, parameters));
    return flush();
}

Result<std::int64_t> PostgresqlTx::each(Statement const& statement, Parameters parameters, Visitor const& visit)
{
    TRY(auto const result, run(statement, parameters));
    auto const rows = PQntuples(result.get());
    for (int i = 0; i < rows; ++i)
        TRY_DO(visit(PostgresqlRow(result.get(), i)));
    return rows;
}

Result<Row const*> PostgresqlTx::one(Statement const& statement, Parameters parameters)
{
    TRY(held_, run(statement, parameters));
    if (PQntuples(held_.get()) == 0)
        return nullptr;
    row_ = PostgresqlRow(held_.get(), 0);
    return &row_;
}

Result<Row const*> PostgresqlTx::commit_one(Statement const& statement, Parameters parameters)
{
    if (began_)
        return watched(Result<Row const*>(fault("commit_one is not the first statement of its transaction")));
    if (mode_ == Mode::relaxed) { // its setting needs a transaction around it
        TRY(auto const* const row, one(statement, parameters));
        if (row) {
            TRY_DO(commit());
            began_ = false;
            settled_ = true;
        }
        return row;
    }
    ++statements_;
    TRY_DO(watched(connection_.queue(statement, parameters)));
    commit_sent_ = true;
    TRY(held_, flush());
    settled_ = PQntuples(held_.get()) > 0;
    commit_sent_ = settled_;
    if (!settled_)
        return nullptr;
    row_ = PostgresqlRow(held_.get(), 0);
    return &row_;
}

Result<std::int64_t> PostgresqlTx::execute(Statement const& statement, Parameters parameters)
{
    TRY(auto const result, run(statement, parameters));
    return rows_changed(result.get());
}

Result<void> PostgresqlTx::execute_later(Statement const& statement, Parameters parameters)
{
    return queue(statement, parameters); // libpq copies the values into what it will send
}

Result<void> PostgresqlTx::script(std::string_view sql)
{
    held_.reset();
    TRY_DO(begin());
    for (auto const& statement : split_script(sql, Engine::postgresql))
        TRY_DO(watched(connection_.queue_text(statement)));
    TRY_DO(flush());
    return {};
}

// -- ends

Result<void> PostgresqlTx::commit()
{
    if (failure_)
        return std::unexpected(*failure_);
    if (!began_)
        return {};
    TRY_DO(watched(connection_.queue(PostgresqlConnection::Control::commit)));
    commit_sent_ = true;
    TRY(auto const result, flush());
    // In a transaction that had failed, COMMIT succeeds and says ROLLBACK.
    if (!result || std::string_view(PQcmdStatus(result.get())) != "COMMIT")
        return watched(Result<void>(fault("PostgreSQL rolled back what was to be committed")));
    return {};
}

void PostgresqlTx::end_read()
{
    if (began_)
        connection_.end(PostgresqlConnection::Control::commit);
}

void PostgresqlTx::roll_back()
{
    if (began_)
        connection_.end(PostgresqlConnection::Control::rollback);
}

} // namespace gatehouse::storage
