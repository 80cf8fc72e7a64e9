// A transaction, or one job within a batch, on a SQLite connection.
#pragma once

#include "storage/sqlite_connection.hpp"

namespace gatehouse::storage {

class SqliteRow final : public Row {
public:
    explicit SqliteRow(sqlite3_stmt* statement = nullptr) : statement_(statement) {}
    bool is_null(int column) const override;
    std::int64_t integer(int column) const override;
    double real(int column) const override;
    std::string_view text(int column) const override;
    ByteView bytes(int column) const override;

private:
    int type_of(int column) const;

    sqlite3_stmt* statement_;
};

class SqliteTx final : public Tx {
public:
    explicit SqliteTx(SqliteConnection& connection) : connection_(connection) {}
    ~SqliteTx() override { close(); }

    Result<std::int64_t> each(Statement const& statement, Parameters parameters, Visitor const& visit) override;
    Result<Row const*> one(Statement const& statement, Parameters parameters) override;
    Result<Row const*> commit_one(Statement const& statement, Parameters parameters) override;
    Result<std::int64_t> execute(Statement const& statement, Parameters parameters) override;
    Result<void> execute_later(Statement const& statement, Parameters parameters) override;
    Result<void> script(std::string_view sql) override;

    // Ends the statement whose row is still held; before the transaction ends.
    void close();
    std::optional<Error> const& failure() const { return failure_; }
    // Whether `commit_one` returned a row: what was done is to be committed.
    bool settled() const { return settled_; }
    std::uint64_t statements() const { return statements_; }

private:
    // A statement from its first step until it is reset.
    class Run;
    enum class Copy : bool { No, Yes };

    Result<void> start(Run& run, Statement const& statement, Parameters parameters, Copy copy);
    // Whether there is a row.
    Result<bool> step(Run& run);
    Refusal fail(Refusal refusal);

    SqliteConnection& connection_;
    std::unique_ptr<SqliteConnection::Prepared> held_spare_;
    SqliteConnection::Prepared* held_ = nullptr; // its row was handed out by `one`
    SqliteRow row_;
    std::optional<Error> failure_;
    std::uint64_t statements_ = 0;
    bool settled_ = false;
};

} // namespace gatehouse::storage
