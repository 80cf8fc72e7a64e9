#include "storage/postgresql_tools.hpp"

#include "storage/postgresql_connection.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gatehouse::storage {

namespace {

namespace fs = std::filesystem;

std::string quoted(std::string_view value)
{
    std::string text = "'";
    for (char const c : value) {
        if (c == '\'' || c == '\\')
            text += '\\';
        text += c;
    }
    return text += '\'';
}

Refusal backup_failed(std::string detail)
{
    return refuse(ErrorKind::internal, "backup_failed", "PostgreSQL's program failed; the log says why.")
        .because(std::move(detail));
}

std::string read_all(int descriptor)
{
    std::string text;
    std::array<char, 4096> piece;
    for (;;) {
        auto const length = ::read(descriptor, piece.data(), piece.size());
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return text;
        if (text.size() < 64 * piece.size())
            text.append(piece.data(), static_cast<std::size_t>(length));
    }
}

} // namespace

Result<std::string> find_postgresql_program(std::string const& name)
{
    char const* const variable = std::getenv("PATH");
    std::string_view const path = variable ? variable : "";
    std::vector<fs::path> folders;
    for (std::size_t begin = 0; begin < path.size();) {
        auto const end = std::min(path.find(':', begin), path.size());
        folders.emplace_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    std::vector<fs::path> versions;
    std::error_code none;
    for (auto const& entry : fs::directory_iterator("/usr/lib/postgresql", none))
        versions.push_back(entry.path());
    std::ranges::sort(versions, [](fs::path const& a, fs::path const& b) {
        return std::atoi(a.filename().c_str()) > std::atoi(b.filename().c_str());
    });
    for (auto const& version : versions)
        folders.push_back(version / "bin");
    for (auto const& folder : folders) {
        if (::access((folder / name).c_str(), X_OK) == 0)
            return (folder / name).string();
    }
    return refuse(ErrorKind::not_found, "backup_tool_missing",
                  fmt::format("The program {} was not found. Install PostgreSQL's client programs (on Debian: apt-get "
                              "install postgresql-client), or run {} on a machine that has them.",
                              name, name));
}

Result<std::string> connection_string_without_password(std::string const& address)
{
    TRY_DO(PostgresqlAddress::parse(address));
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const options(
        PQconninfoParse(address.c_str(), nullptr), &PQconninfoFree);
    std::string text;
    for (auto const* option = options.get(); option->keyword; ++option) {
        std::string_view const keyword = option->keyword;
        if (option->val && keyword != "password" && keyword != "sslpassword")
            text += fmt::format("{}={} ", keyword, quoted(option->val));
    }
    return text;
}

Result<void> run_postgresql_program(std::vector<std::string> const& command, std::string const& address)
{
    TRY(auto const parsed, PostgresqlAddress::parse(address));
    std::vector<char*> arguments;
    for (auto const& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    auto password = "PGPASSWORD=" + parsed.password;
    std::vector<char*> environment;
    for (char** variable = environ; *variable; ++variable)
        environment.push_back(*variable);
    if (!parsed.password.empty())
        environment.push_back(password.data());
    environment.push_back(nullptr);

    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
        return backup_failed("no pipe could be made");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
    pid_t child = -1;
    auto const spawned = ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    auto const said = spawned == 0 ? read_all(pipe[0]) : std::string();
    ::close(pipe[0]);
    if (spawned != 0)
        return backup_failed(fmt::format("{} cannot be run: {}", command[0], std::generic_category().message(spawned)));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return backup_failed(said);
    return {};
}

} // namespace gatehouse::storage
