#include "storage/postgresql_connection.hpp"

#include "storage/faults.hpp"

#include <bit>
#include <cstring>
#include <endian.h>

namespace gatehouse::storage {

namespace {

// Type numbers of PostgreSQL's catalog (pg_type), which never change.
constexpr Oid kUnknown = 0, kBytea = 17, kInt8 = 20, kText = 25, kFloat8 = 701;

struct ControlText {
    char const* name;
    char const* sql;
};
constexpr std::array<ControlText, 5> kControls{{
    {"begin_write", "BEGIN ISOLATION LEVEL SERIALIZABLE"},
    {"begin_read", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
    {"relax", "SET LOCAL synchronous_commit = off"},
    {"commit", "COMMIT"},
    {"rollback", "ROLLBACK"},
}};

Refusal invalid_address(std::string_view why)
{
    return refuse(ErrorKind::invalid, "invalid_database_address",
                  fmt::format("The PostgreSQL address is not valid: {}. It reads "
                              "postgresql://user:password@host:port/name; write @ / : # ? and % in a password as "
                              "%40 %2F %3A %23 %3F and %25.",
                              why));
}

} // namespace

Result<PostgresqlAddress> PostgresqlAddress::parse(std::string const& address)
{
    // What libpq says about a malformed address may quote a part of the password, so it is not repeated.
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const options(
        PQconninfoParse(address.c_str(), nullptr), &PQconninfoFree);
    if (!options)
        return invalid_address("it cannot be parsed");
    PostgresqlAddress parsed;
    for (auto const* option = options.get(); option->keyword; ++option) {
        if (!option->val)
            continue;
        std::string_view const keyword = option->keyword;
        if (keyword == "user")
            parsed.user = option->val;
        else if (keyword == "password")
            parsed.password = option->val;
        else if (keyword == "host")
            parsed.host = option->val;
        else if (keyword == "port")
            parsed.port = option->val;
        else if (keyword == "dbname")
            parsed.name = option->val;
    }
    if (parsed.host.contains('@') || parsed.name.contains('@'))
        return invalid_address("its host or database name contains an @");
    if (parsed.port.find_first_not_of("0123456789,") != std::string::npos)
        return invalid_address("its port is not a number");
    return parsed;
}

std::string PostgresqlAddress::printable() const
{
    return fmt::format("postgresql://{}{}{}{}{}/{}", user, user.empty() ? "" : "@", host, port.empty() ? "" : ":", port,
                       name);
}

// The parameters of one execution in binary form, on the stack.
struct PostgresqlConnection::Bound {
    std::array<Oid, kMostParameters> types;
    std::array<char const*, kMostParameters> values;
    std::array<int, kMostParameters> lengths;
    std::array<int, kMostParameters> formats;
    std::array<std::uint64_t, kMostParameters> numbers;

    void set(std::size_t i, Parameter const& parameter)
    {
        formats[i] = 1;
        std::visit([&](auto const& value) { put(i, value); }, parameter.value);
    }

private:
    void put(std::size_t i, Null)
    {
        types[i] = kUnknown;
        values[i] = nullptr;
        lengths[i] = 0;
    }
    void put(std::size_t i, std::int64_t value)
    {
        types[i] = kInt8;
        number(i, static_cast<std::uint64_t>(value));
    }
    void put(std::size_t i, double value)
    {
        types[i] = kFloat8;
        number(i, std::bit_cast<std::uint64_t>(value));
    }
    void put(std::size_t i, std::string_view value)
    {
        types[i] = kText;
        values[i] = value.data() ? value.data() : "";
        lengths[i] = static_cast<int>(value.size());
    }
    void put(std::size_t i, ByteView value)
    {
        types[i] = kBytea;
        values[i] = value.data() ? reinterpret_cast<char const*>(value.data()) : "";
        lengths[i] = static_cast<int>(value.size());
    }
    void number(std::size_t i, std::uint64_t value)
    {
        numbers[i] = htobe64(value);
        values[i] = reinterpret_cast<char const*>(&numbers[i]);
        lengths[i] = 8;
    }
};

// -- opening

Result<std::unique_ptr<PostgresqlConnection>> PostgresqlConnection::open(std::string const& address,
                                                                         std::chrono::milliseconds patience)
{
    std::unique_ptr<PostgresqlConnection> connection(new PostgresqlConnection);
    // What stands before dbname is a default that the address may override; what stands after it may not be.
    std::array<char const*, 7> const keywords{"connect_timeout",
                                              "tcp_user_timeout",
                                              "keepalives_idle",
                                              "fallback_application_name",
                                              "dbname",
                                              "client_encoding",
                                              nullptr};
    std::array<char const*, 7> const values{"5", "10000", "30", "gatehouse", address.c_str(), "UTF8", nullptr};
    connection->handle_ = PQconnectdbParams(keywords.data(), values.data(), 1);
    if (!connection->handle_ || !connection->alive())
        return connection->lost();
    PQsetNoticeProcessor(connection->handle_, [](void*, char const*) {}, nullptr);
    char const* const encoding = PQparameterStatus(connection->handle_, "server_encoding");
    if (!encoding || std::string_view(encoding) != "UTF8")
        return fault("the PostgreSQL database is not encoded in UTF8: create one with ENCODING 'UTF8'");
    auto const settings =
        fmt::format("SET lock_timeout = {}; SET idle_in_transaction_session_timeout = 60000", patience.count());
    ResultPointer const set(PQexec(connection->handle_, settings.c_str()));
    if (PQresultStatus(set.get()) != PGRES_COMMAND_OK)
        return connection->refusal(set.get(), settings);
    if (PQenterPipelineMode(connection->handle_) != 1)
        return connection->lost();
    TRY_DO(connection->prepare_controls());
    return connection;
}

PostgresqlConnection::~PostgresqlConnection()
{
    PQfinish(handle_);
}

Result<void> PostgresqlConnection::prepare_controls()
{
    for (auto const& control : kControls) {
        if (PQsendPrepare(handle_, control.name, control.sql, 0, nullptr) != 1)
            return lost();
        expected_.push_back({.kind = Kind::prepare, .sql = control.sql});
    }
    TRY_DO(flush());
    return {};
}

// -- queueing

Result<void> PostgresqlConnection::queue(Control control)
{
    auto const& text = kControls[static_cast<std::size_t>(control)];
    if (PQsendQueryPrepared(handle_, text.name, 0, nullptr, nullptr, nullptr, 1) != 1)
        return lost();
    expected_.push_back({.kind = Kind::command, .sql = text.sql});
    return {};
}

PostgresqlConnection::Cached& PostgresqlConnection::find(Statement const& statement)
{
    auto& cached = cache_[&statement];
    if (!cached || cached->sql.data() != statement.sql.data() || cached->sql.size() != statement.sql.size())
        cached = std::make_unique<Cached>(statement.sql, parse_statement(statement.sql), std::deque<Variant>());
    return *cached;
}

Result<PostgresqlConnection::Variant*> PostgresqlConnection::prepare(Cached& cached, std::span<Oid const> types)
{
    Variant* found = nullptr;
    for (auto& variant : cached.variants) {
        // A NULL fits wherever a value was, but not the reverse: its type was the server's guess.
        auto const fits = std::ranges::equal(
            variant.types, types, [](Oid prepared, Oid given) { return prepared == given || given == kUnknown; });
        if (fits) {
            found = &variant;
            break;
        }
    }
    if (!found) {
        found = &cached.variants.emplace_back(std::vector<Oid>(types.begin(), types.end()),
                                              fmt::format("s{}", ++prepared_count_));
    }
    if (found->state == State::absent) {
        if (PQsendPrepare(handle_, found->name.c_str(), cached.text.numbered.c_str(), static_cast<int>(types.size()),
                          found->types.data()) != 1)
            return lost();
        expected_.push_back({.kind = Kind::prepare, .variant = found, .sql = cached.sql});
        found->state = State::sent;
    }
    return found;
}

Result<void> PostgresqlConnection::queue(Statement const& statement, Parameters parameters)
{
    auto& cached = find(statement);
    auto const& names = cached.text.names;
    std::array<Parameter const*, kMostParameters> matched;
    if (auto found = match_parameters(names, parameters, matched); !found) [[unlikely]]
        return fault(fmt::format("{}: {}", found.error().detail, statement.sql));
    Bound bound;
    for (std::size_t i = 0; i < names.size(); ++i)
        bound.set(i, *matched[i]);
    TRY(auto const* const variant, prepare(cached, std::span(bound.types).first(names.size())));
    if (PQsendQueryPrepared(handle_, variant->name.c_str(), static_cast<int>(names.size()), bound.values.data(),
                            bound.lengths.data(), bound.formats.data(), 1) != 1) [[unlikely]]
        return lost();
    expected_.push_back({.kind = Kind::command, .sql = cached.sql});
    return {};
}

Result<void> PostgresqlConnection::queue_text(std::string const& sql)
{
    if (PQsendQueryParams(handle_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1) != 1)
        return lost();
    expected_.push_back({.kind = Kind::command, .sql = {}});
    return {};
}

void PostgresqlConnection::end(Control control)
{
    if (!alive())
        return;
    // After a failure the server skips everything up to the next synchronization, which therefore stands before the
    // end of the transaction.
    if (!expected_.empty() && !send())
        return;
    if (!queue(control) || !send())
        return;
    for (auto& expected : expected_)
        expected.heed = Heed::No;
}

// -- answers

Result<void> PostgresqlConnection::send()
{
    if (PQpipelineSync(handle_) != 1)
        return lost();
    expected_.push_back({.kind = Kind::sync});
    return {};
}

Result<ResultPointer> PostgresqlConnection::flush()
{
    collided_ = false;
    TRY_DO(send());
    ResultPointer last;
    std::optional<Error> failure;
    while (!expected_.empty() && alive()) {
        auto const expected = expected_.front();
        expected_.pop_front();
        read(expected, last, failure);
    }
    if (!alive()) {
        collided_ = false;
        return lost();
    }
    if (failure)
        return std::unexpected(*std::move(failure));
    return last;
}

void PostgresqlConnection::read(Expected const& expected, ResultPointer& last, std::optional<Error>& failure)
{
    ResultPointer result(PQgetResult(handle_));
    auto const status = PQresultStatus(result.get());
    if (expected.kind == Kind::sync)
        return; // nothing follows it
    if (expected.variant)
        expected.variant->state = status == PGRES_COMMAND_OK ? State::ready : State::absent;
    bool const good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good && status != PGRES_PIPELINE_ABORTED && expected.heed == Heed::Yes && !failure && alive())
        failure = refusal(result.get(), expected.sql).error();
    if (good && expected.kind == Kind::command)
        last = std::move(result);
    while (alive()) {
        ResultPointer const rest(PQgetResult(handle_));
        if (!rest)
            break;
    }
}

Refusal PostgresqlConnection::lost()
{
    broken_ = true;
    std::string said = handle_ ? PQerrorMessage(handle_) : "out of memory";
    while (!said.empty() && said.back() == '\n')
        said.pop_back();
    return storage_lost(fmt::format("PostgreSQL: {}", said));
}

Refusal PostgresqlConnection::refusal(PGresult const* result, std::string_view sql)
{
    auto const field = [&](int code) {
        char const* const value = PQresultErrorField(result, code);
        return std::string_view(value ? value : "");
    };
    auto const state = field(PG_DIAG_SQLSTATE);
    // The primary message only: the detail and context lines may hold values of the row.
    auto const detail = fmt::format("PostgreSQL {}: {} in: {}", state, field(PG_DIAG_MESSAGE_PRIMARY), sql);
    if (state == "23505")
        return storage_conflict(std::string(field(PG_DIAG_CONSTRAINT_NAME)));
    if (state == "40001" || state == "40P01") {
        collided_ = true;
        return storage_busy(detail);
    }
    if (state == "53100")
        return storage_full(detail);
    if (state == "55P03" || state == "57014" || state.starts_with("53"))
        return storage_busy(detail);
    if (state.empty() || state.starts_with("08") || state.starts_with("57P"))
        return storage_lost(detail);
    return fault(detail);
}

} // namespace gatehouse::storage
