// A PostgreSQL cluster of our own in a temporary folder, reached over a Unix socket. It runs as user postgres when we
// are root, and ends with the process that started it, however that ends.
#pragma once

#include <string>
#include <sys/types.h>

namespace gatehouse::storage {

// With fsync, the cluster keeps what it acknowledged when its processes are killed.
enum class Fsync : bool { off, on };

class PostgresqlCluster {
public:
    explicit PostgresqlCluster(Fsync fsync);
    ~PostgresqlCluster();
    PostgresqlCluster(PostgresqlCluster const&) = delete;
    PostgresqlCluster& operator=(PostgresqlCluster const&) = delete;

    // "postgresql://postgres@..." without a database name.
    std::string const& address() const { return address_; }
    // Starts the server again after a stop. From a thread that outlives it: the kernel ends the server with the thread.
    void start();
    // As a kill of all its processes at once: no checkpoint, connections break.
    void stop_at_once();

private:
    std::string folder_;
    std::string address_;
    Fsync fsync_;
    pid_t server_ = -1;
};

// The cluster that tests share: that of GATEHOUSE_TEST_POSTGRESQL, or one that this process starts.
std::string const& shared_postgresql();

// Runs SQL outside of a transaction on the database at `address`; throws std::runtime_error when it fails.
void run_postgresql(std::string const& address, std::string const& sql);

// A folder in memory (or the temporary folder) that goes with this process. Those of processes that were killed are
// removed by the next that asks.
std::string const& test_folder();

} // namespace gatehouse::storage
