// A transaction on a PostgreSQL connection. BEGIN travels with its first statement.
#pragma once

#include "storage/postgresql_connection.hpp"

namespace gatehouse::storage {

class PostgresqlRow final : public Row {
public:
    explicit PostgresqlRow(PGresult const* result = nullptr, int row = 0) : result_(result), row_(row) {}
    bool is_null(int column) const override;
    std::int64_t integer(int column) const override;
    double real(int column) const override;
    std::string_view text(int column) const override;
    ByteView bytes(int column) const override;

private:
    std::string_view value(int column) const;

    PGresult const* result_;
    int row_;
};

class PostgresqlTx final : public Tx {
public:
    enum class Mode : std::uint8_t { read, write, relaxed };
    PostgresqlTx(PostgresqlConnection& connection, Mode mode) : connection_(connection), mode_(mode) {}

    Result<std::int64_t> each(Statement const& statement, Parameters parameters, Visitor const& visit) override;
    Result<Row const*> one(Statement const& statement, Parameters parameters) override;
    Result<Row const*> commit_one(Statement const& statement, Parameters parameters) override;
    Result<std::int64_t> execute(Statement const& statement, Parameters parameters) override;
    Result<void> execute_later(Statement const& statement, Parameters parameters) override;
    Result<void> script(std::string_view sql) override;

    // Sends what is still queued with COMMIT and waits for the answer.
    Result<void> commit();
    // Ends the transaction without waiting: there is nothing to lose.
    void end_read();
    void roll_back();

    std::optional<Error> const& failure() const { return failure_; }
    // Whether it failed because it collided with another transaction.
    bool collided() const { return collided_; }
    // Whether there is, or was, anything to commit.
    bool began() const { return began_ || settled_; }
    // Whether `commit_one` has committed.
    bool settled() const { return settled_; }
    // After COMMIT was sent and the connection broke, nobody knows whether it happened.
    bool commit_sent() const { return commit_sent_; }
    std::uint64_t statements() const { return statements_; }

private:
    Result<void> begin();
    Result<void> queue(Statement const& statement, Parameters parameters);
    Result<ResultPointer> run(Statement const& statement, Parameters parameters);
    Result<ResultPointer> flush();
    template <class T>
    Result<T> watched(Result<T> result);

    PostgresqlConnection& connection_;
    Mode const mode_;
    ResultPointer held_; // whose row was handed out by `one`
    PostgresqlRow row_;
    std::optional<Error> failure_;
    std::uint64_t statements_ = 0;
    bool began_ = false;
    bool settled_ = false; // `commit_one` returned a row
    bool collided_ = false;
    bool commit_sent_ = false;
};

} // namespace gatehouse::storage
