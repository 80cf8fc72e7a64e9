#include "process.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace gatehouse::bench {

namespace {

namespace fs = std::filesystem;

std::string content_of(fs::path const& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<char*> pointers(std::vector<std::string> const& texts)
{
    std::vector<char*> all;
    for (auto const& text : texts)
        all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
}

// Whether one request is answered 200. Never waits long: the server may not be there.
bool answers(std::uint16_t port, std::string const& path)
{
    auto const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval const patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    auto good = ::connect(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    if (good) {
        auto const request =
            fmt::format("GET {} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", path, port);
        char buffer[16] = {};
        good = ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()) &&
               ::recv(socket, buffer, 12, MSG_WAITALL) == 12 && std::string_view(buffer, 12).ends_with("200");
    }
    ::close(socket);
    return good;
}

} // namespace

std::uint16_t free_port()
{
    auto const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket, reinterpret_cast<sockaddr const*>(&address), size) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no port is free");
    ::close(socket);
    return ntohs(address.sin_port);
}

Process::Process(std::vector<std::string> const& command, std::vector<std::string> const& environment, std::string log)
    : log_(std::move(log))
{
    auto const arguments = pointers(command);
    std::vector<std::string> all = environment;
    for (auto** variable = environ; *variable; ++variable)
        all.emplace_back(*variable);
    auto const variables = pointers(all);
    started_ = Steady::now();
    id_ = ::fork();
    if (id_ < 0)
        throw std::runtime_error("fork failed");
    if (id_ > 0)
        return;
    auto const output = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (output < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0)
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execvpe(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
}

Process::~Process()
{
    kill_now();
}

std::chrono::nanoseconds Process::wait_until_ready(std::uint16_t port, std::string const& path)
{
    while (Steady::now() - started_ < std::chrono::seconds(30)) {
        if (answers(port, path))
            return Steady::now() - started_;
        if (::waitpid(id_, nullptr, WNOHANG) == id_) {
            id_ = -1;
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    auto const log = content_of(log_);
    throw std::runtime_error("a server did not come up; the end of its log:\n" +
                             log.substr(log.size() > 2000 ? log.size() - 2000 : 0));
}

void Process::stop()
{
    if (id_ <= 0)
        return;
    ::kill(id_, SIGTERM);
    ::waitpid(std::exchange(id_, -1), nullptr, 0);
}

void Process::kill_now()
{
    if (id_ <= 0)
        return;
    ::kill(id_, SIGKILL);
    ::waitpid(std::exchange(id_, -1), nullptr, 0);
}

// From each thread's schedstat (nanoseconds on a processor) and the nice value in its stat. Threads that ended are not
// in it: the servers here keep theirs.
Usage Process::usage() const
{
    Usage usage;
    std::error_code ignored;
    auto const add = [&](fs::path const& task) {
        auto const stat = content_of(task / "stat");
        auto const behind_name = stat.rfind(')');
        if (behind_name == std::string::npos)
            return;
        auto at = behind_name + 2; // field 3; nice is field 19
        for (int field = 3; field < 19 && at != std::string::npos; ++field)
            at = stat.find(' ', at) + 1;
        int nice = 0;
        std::from_chars(stat.data() + at, stat.data() + stat.size(), nice);
        auto const schedule = content_of(task / "schedstat");
        std::uint64_t nanoseconds = 0;
        std::from_chars(schedule.data(), schedule.data() + schedule.size(), nanoseconds);
        (nice > 0 ? usage.hashing : usage.requests) += static_cast<double>(nanoseconds) / 1e9;
    };
    for (auto const& task : fs::directory_iterator(fmt::format("/proc/{}/task", id_), ignored))
        add(task.path());
    return usage;
}

double Process::status_bytes(std::string_view field) const
{
    auto const status = content_of(fmt::format("/proc/{}/status", id_));
    auto const at = status.find(field);
    if (at == std::string::npos)
        return 0;
    auto const digits = status.find_first_of("0123456789", at);
    std::uint64_t kilobytes = 0;
    std::from_chars(status.data() + digits, status.data() + status.size(), kilobytes);
    return static_cast<double>(kilobytes) * 1024;
}

double Process::resident() const
{
    return status_bytes("VmRSS:");
}

double Process::most_resident() const
{
    return status_bytes("VmHWM:");
}

} // namespace gatehouse::bench
