#include "http/test_support/raw_client.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace gatehouse::http::test {

RawClient::RawClient(std::uint16_t port)
{
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval const patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("the test server cannot be reached");
}

RawClient::~RawClient()
{
    if (socket_ >= 0)
        ::close(socket_);
}

void RawClient::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0)
            return; // the server may have closed; what it said is still to be read
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
}

void RawClient::shutdown_send()
{
    ::shutdown(socket_, SHUT_WR);
}

bool RawClient::fill()
{
    std::array<char, 16 * 1024> part{};
    auto const size = ::recv(socket_, part.data(), part.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        throw std::runtime_error("the test server does not answer; so far: " + buffer_);
    if (size <= 0)
        return false;
    buffer_.append(part.data(), static_cast<std::size_t>(size));
    return true;
}

RawClient::Answer RawClient::read(bool to_head)
{
    std::size_t head = 0;
    while ((head = buffer_.find("\r\n\r\n")) == std::string::npos)
        if (!fill())
            throw std::runtime_error("the connection ended within a response: " + buffer_);
    Answer answer;
    auto lines = std::string_view(buffer_).substr(0, head + 2);
    std::from_chars(lines.data() + 9, lines.data() + 12, answer.status);
    lines.remove_prefix(lines.find("\r\n") + 2);
    while (!lines.empty()) {
        auto const line = lines.substr(0, lines.find("\r\n"));
        auto const colon = line.find(": ");
        answer.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
        lines.remove_prefix(line.size() + 2);
    }
    std::size_t size = 0;
    if (auto const length = answer.headers.find("Content-Length"); length && !to_head)
        std::from_chars(length->data(), length->data() + length->size(), size);
    while (buffer_.size() < head + 4 + size)
        if (!fill())
            throw std::runtime_error("the connection ended within a body: " + buffer_);
    answer.body = buffer_.substr(head + 4, size);
    answer.raw = buffer_.substr(0, head + 4 + size);
    buffer_.erase(0, head + 4 + size);
    return answer;
}

std::string RawClient::read_to_end()
{
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

bool RawClient::closed()
{
    return buffer_.empty() && !fill();
}

LocalServer::LocalServer(std::function<Task<Response>(Request&&)> handle, ServerOptions options,
                         std::function<RouteLimits(Method, std::string_view)> limits)
{
    if (options.listen.empty())
        options.listen = {"127.0.0.1:0"};
    if (options.threads == 0)
        options.threads = 2;
    auto server = Server::create(std::move(options), {std::move(limits), std::move(handle)});
    if (!server)
        throw std::runtime_error(server.error().message);
    server_ = *std::move(server);
    server_->start();
}

LocalServer::~LocalServer()
{
    server_->stop();
}

RawClient::Answer LocalServer::ask(std::string_view bytes) const
{
    RawClient client(port());
    client.send(bytes);
    return client.read(bytes.starts_with("HEAD "));
}

} // namespace gatehouse::http::test
