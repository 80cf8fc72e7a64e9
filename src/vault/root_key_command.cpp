#include "vault/root_key_command.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace gatehouse::vault {

namespace {

constexpr std::size_t kMaximumOutput = 4096;

Refusal failed(std::string how)
{
    return refuse(ErrorKind::unavailable, "root_key_command_failed",
                  "The root key command " + how + ". Run it by hand to see why.");
}

// Starts the command in a process group of its own, so that it ends with what it started.
Result<pid_t> start(std::string const& command, int output)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    std::string text = command;
    char shell[] = "/bin/sh";
    char option[] = "-c";
    char* const arguments[] = {shell, option, text.data(), nullptr};
    pid_t child = 0;
    auto const error = posix_spawn(&child, "/bin/sh", &files, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        return failed(std::string("could not be started: ") + std::strerror(error));
    return child;
}

// Reads until the command closes its output. False when the time is over or there is too much.
bool read_all(int from, std::chrono::steady_clock::time_point until, Bytes& buffer, std::size_t& size)
{
    for (;;) {
        auto const left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        pollfd waiting{.fd = from, .events = POLLIN, .revents = 0};
        if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0)
            return false;
        auto const got = read(from, buffer.data() + size, buffer.size() - size);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        size += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
        if (size == buffer.size())
            return false;
    }
}

} // namespace

Result<Secret> run_root_key_command(std::string const& command, std::chrono::milliseconds limit)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return failed("could not be started: no pipe");
    auto child = start(command, ends[1]);
    close(ends[1]);
    if (!child) {
        close(ends[0]);
        return std::unexpected(std::move(child).error());
    }
    Bytes buffer(kMaximumOutput + 1);
    std::size_t size = 0;
    auto const complete = read_all(ends[0], std::chrono::steady_clock::now() + limit, buffer, size);
    close(ends[0]);
    Secret const output{std::move(buffer)};
    if (!complete)
        kill(-*child, SIGKILL);
    int status = 0;
    while (waitpid(*child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!complete)
        return failed("took too long or printed too much");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return failed(WIFEXITED(status) ? fmt::format("ended with status {}", WEXITSTATUS(status))
                                        : std::string("was killed"));
    return Secret(output.expose().first(size));
}

} // namespace gatehouse::vault
