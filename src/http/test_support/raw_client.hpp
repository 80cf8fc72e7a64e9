// For tests: a server on a port of its own, and a client that sends exactly the bytes it is told to.
#pragma once

#include "http/server.hpp"

namespace gatehouse::http::test {

// A blocking TCP connection to 127.0.0.1. Every wait ends after 10 s by throwing std::runtime_error.
class RawClient {
public:
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(RawClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_))
    {
    }
    RawClient& operator=(RawClient&&) = delete;

    void send(std::string_view bytes);
    void shutdown_send();
    struct Answer {
        int status = 0;
        Headers headers;
        std::string body;
        std::string raw; // all of it
    };
    // The next response, by its Content-Length. `to_head`: no body follows. Interim (1xx) responses are returned too.
    Answer read(bool to_head = false);
    // All until the server closes.
    std::string read_to_end();
    // True when the server closes without another byte.
    bool closed();

private:
    bool fill(); // false at the end
    int socket_ = -1;
    std::string buffer_;
};

// Runs until it is destroyed.
class LocalServer {
public:
    explicit LocalServer(std::function<Task<Response>(Request&&)> handle, ServerOptions options = {},
                         std::function<RouteLimits(Method, std::string_view)> limits = {});
    ~LocalServer();
    std::uint16_t port() const { return server_->ports().at(0); }
    Server& server() { return *server_; }
    // Sends one request on a connection of its own and reads the answer.
    RawClient::Answer ask(std::string_view bytes) const;

private:
    std::unique_ptr<Server> server_;
};

} // namespace gatehouse::http::test
