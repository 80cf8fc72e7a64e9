#include "load.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gatehouse::bench {

namespace {

// How long answers may take that are under way when the time is up.
constexpr std::chrono::seconds kPatience{30};

bool same_name(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Calls visit(name, value) for each header field until it returns false.
template <class Visit>
void each_field(std::string_view head, Visit const& visit)
{
    auto at = head.find("\r\n");
    while (at != std::string_view::npos && at + 2 < head.size()) {
        auto const begin = at + 2;
        at = head.find("\r\n", begin);
        auto const line = head.substr(begin, at == std::string_view::npos ? at : at - begin);
        auto const colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        auto value = line.substr(colon + 1);
        while (value.starts_with(' '))
            value.remove_prefix(1);
        if (!visit(line.substr(0, colon), value))
            return;
    }
}

class Connection {
public:
    Connection(Client& client, std::uint16_t port) : client_(client), port_(port) {}
    ~Connection() { close(); }
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    Client& client() { return client_; }
    int socket() const { return socket_; }
    bool is_open() const { return socket_ >= 0; }

    bool open(int poll)
    {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int const one = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (::connect(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
            close();
            return false;
        }
        epoll_event event{.events = EPOLLIN, .data = {.ptr = this}};
        ::epoll_ctl(poll, EPOLL_CTL_ADD, socket_, &event);
        return true;
    }
    void close()
    {
        if (socket_ >= 0)
            ::close(socket_);
        socket_ = -1;
    }

    // Requests are small: a loopback socket's buffer takes them at once.
    enum class Sent : std::uint8_t { yes, not_yet, over };
    Sent send_next()
    {
        request_.clear();
        if (!client_.next(request_))
            return Sent::over;
        if (request_.empty())
            return Sent::not_yet;
        received_.clear();
        began = Steady::now();
        auto const sent = ::send(socket_, request_.data(), request_.size(), MSG_NOSIGNAL);
        return sent == static_cast<ssize_t>(request_.size()) ? Sent::yes : Sent::over;
    }

    enum class Read : std::uint8_t { incomplete, complete, broken };
    Read read()
    {
        char buffer[64 * 1024];
        auto const count = ::recv(socket_, buffer, sizeof buffer, 0);
        if (count <= 0)
            return count < 0 && (errno == EAGAIN || errno == EINTR) ? Read::incomplete : Read::broken;
        received_.append(buffer, static_cast<std::size_t>(count));
        return parse();
    }
    Answer const& answer() const { return answer_; }

    Steady::time_point began;
    Steady::time_point rests_until;
    bool resting = false;
    bool waiting = false; // for an answer

private:
    Read parse()
    {
        auto const end = received_.find("\r\n\r\n");
        if (end == std::string::npos)
            return Read::incomplete;
        answer_ = {};
        std::string_view const all(received_);
        answer_.head = all.substr(0, end + 2);
        if (all.size() < 12 || !all.starts_with("HTTP/1.1 "))
            return Read::broken;
        std::from_chars(all.data() + 9, all.data() + 12, answer_.status);
        auto const length_text = answer_.header("Content-Length");
        std::size_t length = 0;
        if (!length_text.empty()) {
            std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
        } else if (same_name(answer_.header("Transfer-Encoding"), "chunked")) {
            // None of the servers chunks the answers of these workloads but small ones; the end is all we need.
            if (!all.ends_with("0\r\n\r\n"))
                return Read::incomplete;
            answer_.body = all.substr(end + 4);
            return Read::complete;
        }
        if (all.size() < end + 4 + length)
            return Read::incomplete;
        answer_.body = all.substr(end + 4, length);
        return Read::complete;
    }

    Client& client_;
    std::uint16_t port_;
    int socket_ = -1;
    std::string request_;
    std::string received_;
    Answer answer_;
};

class Runner {
public:
    Runner(Load const& load, std::vector<Client*> const& clients, Watch* watch)
        : load_(load), watch_(watch), poll_(::epoll_create1(EPOLL_CLOEXEC))
    {
        for (auto* client : clients)
            connections_.push_back(std::make_unique<Connection>(*client, load.port));
    }
    ~Runner() { ::close(poll_); }

    Report run()
    {
        auto const start = Steady::now();
        measured_from_ = start + load_.warm_up;
        ends_ = measured_from_ + load_.duration;
        if (load_.warm_up.count() == 0)
            begin();
        for (auto const& connection : connections_) {
            if (!connection->open(poll_))
                throw std::runtime_error("the server does not answer on its port");
            proceed(*connection);
        }
        while ((busy_ > 0 || resting_ > 0) && Steady::now() < ends_ + kPatience)
            turn();
        report_.broken += busy_;
        finish(Steady::now());
        return report_;
    }

private:
    void begin()
    {
        measuring_ = true;
        if (watch_)
            watch_->begin();
        measured_from_ = Steady::now();
    }
    void finish(Steady::time_point now)
    {
        if (finished_)
            return;
        finished_ = true;
        report_.seconds = std::chrono::duration<double>(now - measured_from_).count();
        if (watch_)
            watch_->end();
    }

    void turn()
    {
        std::array<epoll_event, 128> events;
        auto const count = ::epoll_pwait2(poll_, events.data(), events.size(), timeout(), nullptr);
        auto const now = Steady::now();
        if (!measuring_ && now >= measured_from_)
            begin();
        if (!finished_ && now >= ends_)
            finish(now);
        for (int i = 0; i < count; ++i)
            read(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
        if (resting_ > 0)
            wake(now);
    }

    // Until the first resting connection is due, or the phase changes.
    timespec const* timeout()
    {
        auto const now = Steady::now();
        auto due = !measuring_ ? measured_from_ : finished_ ? now + std::chrono::seconds(5) : ends_;
        if (resting_ > 0)
            for (auto const& connection : connections_)
                if (connection->resting)
                    due = std::min(due, connection->rests_until);
        auto const left = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(due - now));
        timeout_ = {.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
        return &timeout_;
    }

    void wake(Steady::time_point now)
    {
        for (auto const& connection : connections_)
            if (connection->resting && (connection->rests_until <= now || finished_)) {
                connection->resting = false;
                --resting_;
                proceed(*connection);
            }
    }

    void proceed(Connection& connection)
    {
        if (finished_ || !connection.is_open())
            return;
        auto const sent = connection.send_next();
        connection.waiting = sent == Connection::Sent::yes;
        if (connection.waiting)
            ++busy_;
        else if (sent == Connection::Sent::not_yet)
            rest(connection, connection.client().pause());
        else
            connection.close();
    }

    void rest(Connection& connection, std::chrono::nanoseconds pause)
    {
        connection.resting = true;
        connection.rests_until = Steady::now() + pause;
        ++resting_;
    }

    void read(Connection& connection)
    {
        if (!connection.is_open())
            return;
        auto const read = connection.read();
        if (read == Connection::Read::incomplete)
            return;
        if (!connection.waiting) { // answered already; the server has gone since
            connection.close();
            return;
        }
        connection.waiting = false;
        --busy_;
        if (read == Connection::Read::broken) {
            ++report_.broken;
            connection.close();
            return;
        }
        auto const good = connection.client().answered(connection.answer(), Steady::now() - connection.began);
        if (!good)
            fail(fmt::format("status {}: {}", connection.answer().status, connection.answer().body.substr(0, 300)));
        else if (measuring_ && !finished_)
            ++report_.answers;
        if (same_connection_ends(connection.answer())) {
            connection.close();
            if (!connection.open(poll_))
                return;
        }
        if (auto const pause = connection.client().pause(); pause.count() > 0 && !finished_)
            rest(connection, pause);
        else
            proceed(connection);
    }
    static bool same_connection_ends(Answer const& answer) { return same_name(answer.header("Connection"), "close"); }
    void fail(std::string what)
    {
        if (report_.failures++ == 0)
            report_.first_failure = std::move(what);
    }

    Load const& load_;
    Watch* watch_;
    int poll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    Report report_;
    Steady::time_point measured_from_, ends_;
    bool measuring_ = false, finished_ = false;
    std::size_t busy_ = 0, resting_ = 0;
    timespec timeout_{};
};

} // namespace

std::string_view Answer::header(std::string_view name) const
{
    std::string_view found;
    each_field(head, [&](std::string_view field, std::string_view value) {
        if (!same_name(field, name))
            return true;
        found = value;
        return false;
    });
    return found;
}

std::vector<std::string_view> Answer::headers(std::string_view name) const
{
    std::vector<std::string_view> found;
    each_field(head, [&](std::string_view field, std::string_view value) {
        if (same_name(field, name))
            found.push_back(value);
        return true;
    });
    return found;
}

Report run(Load const& load, std::vector<Client*> const& clients, Watch* watch)
{
    return Runner(load, clients, watch).run();
}

double Times::percentile(double part)
{
    if (samples_.empty())
        return 0;
    auto const at =
        std::min(samples_.size() - 1, static_cast<std::size_t>(part * static_cast<double>(samples_.size())));
    std::nth_element(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(at), samples_.end());
    return samples_[at] / 1000.0;
}

} // namespace gatehouse::bench
