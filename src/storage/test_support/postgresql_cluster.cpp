#include "storage/test_support/postgresql_cluster.hpp"

#include "storage/postgresql_tools.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace gatehouse::storage {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "gatehouse-test-";

std::string postgresql_program(std::string const& name)
{
    auto const found = find_postgresql_program(name);
    if (!found)
        throw std::runtime_error(name + " was not found: install the package postgresql");
    return *found;
}

// PostgreSQL refuses to run as root.
passwd const* other_user()
{
    if (::geteuid() != 0)
        return nullptr;
    auto const* const user = ::getpwnam("postgres");
    if (!user)
        throw std::runtime_error("there is no user postgres: install the package postgresql");
    return user;
}

pid_t spawn(std::vector<std::string> const& command, std::string const& output)
{
    auto const* const user = other_user();
    std::vector<char*> arguments;
    for (auto const& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    auto const child = ::fork();
    if (child < 0)
        throw std::runtime_error("fork failed");
    if (child > 0)
        return child;
    // Only calls that are safe after a fork of a process with threads.
    if (!std::freopen(output.c_str(), "a", stdout) || ::dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        ::_exit(126);
    if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT); // PostgreSQL's immediate shutdown
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

std::string content_of(std::string const& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string percent_encoded(std::string_view path)
{
    std::string encoded;
    for (char const c : path)
        encoded += c == '/' ? std::string("%2F") : std::string(1, c);
    return encoded;
}

fs::path make_folder(fs::path const& within)
{
    // Those of processes that are gone and had no time to tidy up.
    for (auto const& entry : fs::directory_iterator(within)) {
        auto const name = entry.path().filename().string();
        if (!name.starts_with(kFolderPrefix))
            continue;
        pid_t owner = 0;
        std::from_chars(name.data() + kFolderPrefix.size(), name.data() + name.size(), owner);
        std::error_code ignored;
        if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH)
            fs::remove_all(entry.path(), ignored);
    }
    auto pattern = (within / (std::string(kFolderPrefix) + std::to_string(::getpid()) + "-XXXXXX")).string();
    if (!::mkdtemp(pattern.data()))
        throw std::runtime_error("no folder could be made in " + within.string());
    return pattern;
}

// In memory where that is possible.
fs::path fastest_folder()
{
    return ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : fs::temp_directory_path();
}

} // namespace

PostgresqlCluster::PostgresqlCluster(Fsync fsync) : fsync_(fsync)
{
    folder_ = make_folder(fastest_folder());
    if (auto const* const user = other_user(); user && ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("chown failed: " + folder_);
    address_ = "postgresql://postgres@" + percent_encoded(folder_);
    auto const log = folder_ + "/initdb.log";
    auto const initdb = spawn({postgresql_program("initdb"), "-D", folder_ + "/data", "-U", "postgres", "-A", "trust",
                               "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"},
                              log);
    int status = 0;
    ::waitpid(initdb, &status, 0);
    if (status != 0)
        throw std::runtime_error("initdb failed: " + content_of(log));
    start();
}

PostgresqlCluster::~PostgresqlCluster()
{
    stop_at_once();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void PostgresqlCluster::start()
{
    auto const log = folder_ + "/server.log";
    server_ =
        spawn({postgresql_program("postgres"), "-D", folder_ + "/data", "-k", folder_, "-c", "listen_addresses=", "-c",
               fsync_ == Fsync::on ? "fsync=on" : "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB",
               "-c", "autovacuum=off", "-c", "max_wal_size=2GB", "-c", "max_pred_locks_per_transaction=256"},
              log);
    auto const probe = address_ + "/postgres";
    for (int attempt = 0; attempt < 1500; ++attempt) {
        if (PQping(probe.c_str()) == PQPING_OK)
            return;
        int status = 0;
        if (::waitpid(server_, &status, WNOHANG) == server_) {
            server_ = -1;
            throw std::runtime_error("PostgreSQL did not start: " + content_of(log));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("PostgreSQL was not ready in time: " + content_of(log));
}

void PostgresqlCluster::stop_at_once()
{
    if (server_ <= 0)
        return;
    ::kill(server_, SIGQUIT);
    ::waitpid(std::exchange(server_, -1), nullptr, 0);
}

std::string const& shared_postgresql()
{
    static std::string const address = [] {
        if (char const* const given = std::getenv("GATEHOUSE_TEST_POSTGRESQL"); given && *given)
            return std::string(given);
        static PostgresqlCluster const own(Fsync::off);
        return own.address();
    }();
    return address;
}

void run_postgresql(std::string const& address, std::string const& sql)
{
    std::unique_ptr<PGconn, decltype(&PQfinish)> const connection(PQconnectdb(address.c_str()), &PQfinish);
    PQsetNoticeProcessor(connection.get(), [](void*, char const*) {}, nullptr);
    std::unique_ptr<PGresult, decltype(&PQclear)> const result(PQexec(connection.get(), sql.c_str()), &PQclear);
    auto const status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error(std::string(PQerrorMessage(connection.get())) + " in: " + sql);
}

std::string const& test_folder()
{
    struct Folder {
        std::string path = make_folder(fastest_folder());
        ~Folder()
        {
            std::error_code ignored;
            fs::remove_all(path, ignored);
        }
    };
    static Folder const folder;
    return folder.path;
}

} // namespace gatehouse::storage
