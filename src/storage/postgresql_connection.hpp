// One connection to a PostgreSQL server in pipeline mode, used by one thread at a time, with its cache of prepared
// statements. What is queued travels with the next `flush`; the server runs it in order and skips the rest after a
// failure.
#pragma once

#include "storage/database.hpp"
#include "storage/sql_text.hpp"

#include <deque>
#include <libpq-fe.h>
#include <unordered_map>

namespace gatehouse::storage {

// An address taken apart by libpq, so that mistakes are found before anything is connected or printed. A password with
// an unescaped @ or / would end up in the host or the name and from there in messages: such addresses are refused.
// Error: "invalid_database_address".
struct PostgresqlAddress {
    std::string user, password, host, port, name;

    static Result<PostgresqlAddress> parse(std::string const& address);
    std::string printable() const; // without password
};

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ClearResult>;

class PostgresqlConnection {
public:
    // Error: storage_lost.
    static Result<std::unique_ptr<PostgresqlConnection>> open(std::string const& address,
                                                              std::chrono::milliseconds patience);
    ~PostgresqlConnection();
    PostgresqlConnection(PostgresqlConnection const&) = delete;
    PostgresqlConnection& operator=(PostgresqlConnection const&) = delete;

    enum class Control : std::uint8_t { begin_write, begin_read, relax, commit, rollback };

    Result<void> queue(Control control);
    Result<void> queue(Statement const& statement, Parameters parameters);
    // A statement without parameters that is not prepared.
    Result<void> queue_text(std::string const& sql);
    // Ends a transaction from which nothing is wanted any more, without waiting: the answers to `control` and to what
    // was queued before are read by the next `flush` and disregarded.
    void end(Control control);
    // Sends what is queued and reads all answers. Returns that of the last command queued, or the first failure.
    Result<ResultPointer> flush();

    bool alive() const { return !broken_ && PQstatus(handle_) == CONNECTION_OK; }
    // Whether the error `flush` returned last means that the transaction collided with another and is to be repeated.
    bool collided() const { return collided_; }

private:
    enum class State : std::uint8_t { absent, sent, ready };
    // A statement may be called with NULL where another call has a value; each combination is prepared by itself.
    struct Variant {
        std::vector<Oid> types;
        std::string name;
        State state = State::absent;
    };
    struct Cached {
        std::string_view sql;
        StatementText text;
        std::deque<Variant> variants; // addresses must last
    };
    enum class Heed : bool { No, Yes };
    enum class Kind : std::uint8_t { prepare, command, sync };
    struct Expected {
        Kind kind;
        Heed heed = Heed::Yes;
        Variant* variant = nullptr; // of a prepare
        std::string_view sql;       // for the log
    };
    struct Bound;

    PostgresqlConnection() = default;
    Result<void> prepare_controls();
    Result<void> send();
    Cached& find(Statement const& statement);
    Result<Variant*> prepare(Cached& cached, std::span<Oid const> types);
    // Reads the answer to one expected command into `last`; a failure into `failure`, unless there is one already.
    void read(Expected const& expected, ResultPointer& last, std::optional<Error>& failure);
    // Gives the connection up.
    Refusal lost();
    Refusal refusal(PGresult const* result, std::string_view sql);

    PGconn* handle_ = nullptr;
    std::unordered_map<Statement const*, std::unique_ptr<Cached>> cache_;
    std::deque<Expected> expected_;
    unsigned prepared_count_ = 0;
    bool collided_ = false;
    bool broken_ = false;
};

} // namespace gatehouse::storage
