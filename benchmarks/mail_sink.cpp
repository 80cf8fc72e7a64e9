#include "mail_sink.hpp"

#include <algorithm>
#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace gatehouse::bench {

namespace {

constexpr std::size_t kCodeDigits = 6;

// Soft line breaks and "=3D" of quoted-printable (RFC 2045 section 6.7): all that our mails' code and link have.
std::string unquoted(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("=\r\n"))
            i += 2;
        else if (text.substr(i).starts_with("=3D")) {
            plain += '=';
            i += 2;
        } else
            plain += text[i];
    }
    return plain;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// The first line that is nothing but a code, in one group or two.
std::string code_in(std::string_view text)
{
    while (!text.empty()) {
        auto const end = std::min(text.find("\r\n"), text.size());
        std::string line(text.substr(0, end));
        std::erase(line, ' ');
        if (line.size() == kCodeDigits && std::ranges::all_of(line, is_digit))
            return line;
        text.remove_prefix(std::min(end + 2, text.size()));
    }
    return {};
}

std::string link_in(std::string_view text)
{
    auto const at = text.find("/signin/link?token=");
    if (at == std::string_view::npos)
        return {};
    return std::string(text.substr(at, text.find_first_of(" \r\n\"<", at) - at));
}

void say(int connection, std::string_view line)
{
    if (::send(connection, line.data(), line.size(), MSG_NOSIGNAL) < 0)
        ::shutdown(connection, SHUT_RDWR);
}

} // namespace

MailSink::MailSink() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, 16) != 0 || ::getsockname(listener_, any, &size) != 0)
        throw std::runtime_error("no port for the mail server");
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { accept_all(); });
}

MailSink::~MailSink()
{
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

// A thread for each connection; the server keeps a few.
void MailSink::accept_all()
{
    std::vector<std::jthread> threads;
    std::vector<int> connections;
    for (;;) {
        auto const connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0)
            break;
        connections.push_back(connection);
        threads.emplace_back([this, connection] { serve(connection); });
    }
    for (auto const connection : connections)
        ::shutdown(connection, SHUT_RDWR);
    threads.clear();
    for (auto const connection : connections)
        ::close(connection);
}

void MailSink::serve(int connection)
{
    std::string received, recipient;
    bool in_message = false;
    say(connection, "220 sink\r\n");
    std::array<char, 16 * 1024> buffer{};
    for (;;) {
        auto const count = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (count <= 0)
            return;
        received.append(buffer.data(), static_cast<std::size_t>(count));
        for (;;) {
            auto const mark = in_message ? std::string_view("\r\n.\r\n") : std::string_view("\r\n");
            auto const end = received.find(mark);
            if (end == std::string::npos)
                break;
            auto const text = received.substr(0, end);
            received.erase(0, end + mark.size());
            if (in_message) {
                keep(recipient, text);
                in_message = false;
                say(connection, "250 kept\r\n");
                continue;
            }
            if (text.starts_with("RCPT TO:<"))
                recipient = text.substr(9, text.find('>') - 9);
            in_message = text == "DATA";
            say(connection, in_message ? "354 go on\r\n" : text == "QUIT" ? "221 bye\r\n" : "250 fine\r\n");
        }
    }
}

void MailSink::keep(std::string const& address, std::string const& message)
{
    auto const text = unquoted(message);
    std::scoped_lock const lock(mutex_);
    mails_.insert_or_assign(address, Mail{.code = code_in(text), .link = link_in(text)});
}

std::optional<MailSink::Mail> MailSink::take(std::string const& address)
{
    std::scoped_lock const lock(mutex_);
    auto const found = mails_.find(address);
    if (found == mails_.end())
        return std::nullopt;
    auto mail = std::move(found->second);
    mails_.erase(found);
    return mail;
}

} // namespace gatehouse::bench
