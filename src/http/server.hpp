// The server: HTTP/1.1 with keep-alive and pipelining, TLS, limits, timeouts, graceful shutdown.
#pragma once

#include "base/task.hpp"
#include "http/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::http {

// What an endpoint accepts; asked for when the header has been read and before the body is.
struct RouteLimits {
    std::size_t body = 64 * 1024; // bytes; more is answered 413
};

struct Service {
    std::function<RouteLimits(Method, std::string_view path)> limits; // empty: the default for every route
    // Never throws on bad input; an exception is a bug and becomes a 500 with the request id, logged.
    std::function<Task<Response>(Request&&)> handle;
};

struct ServerOptions {
    std::vector<std::string> listen; // "127.0.0.1:8080", "[::1]:8443"
    unsigned threads = 0;            // io_contexts; 0: one per core
    std::string certificate_file;    // PEM; empty: plain HTTP. Reloaded when the files change
    std::string private_key_file;
    std::vector<std::string> trusted_proxies; // addresses or CIDR blocks whose Forwarded / X-Forwarded-* are believed
    std::size_t header_limit = 32 * 1024;
    std::size_t target_limit = 16 * 1024; // of the request line: 414
    std::size_t connection_limit = 20'000;
    std::size_t connections_per_address = 2'000;
    std::chrono::milliseconds header_timeout{10'000}; // for a whole header
    std::chrono::milliseconds body_timeout{30'000};
    std::chrono::milliseconds idle_timeout{75'000}; // between requests
    std::chrono::milliseconds write_timeout{30'000};
    std::chrono::milliseconds drain_timeout{20'000}; // for graceful shutdown
};

class Server {
public:
    // Binds. Errors: "listen_failed" (names the address and the reason), "certificate_unreadable".
    static Result<std::unique_ptr<Server>> create(ServerOptions options, Service service);
    virtual ~Server() = default;
    virtual void start() = 0;                             // threads begin; returns at once
    virtual std::vector<std::uint16_t> ports() const = 0; // as bound (0 in `listen` picks one)
    virtual boost::asio::any_io_executor executor() = 0;  // of one of the io_contexts, round robin
    // Reads the certificate files again, as is done by itself within a second of a change. Error:
    // "certificate_unreadable"; the old ones then stay in use.
    virtual Result<void> reload_certificate() = 0;
    // Stops accepting, finishes what is under way (at most drain_timeout), closes; returns when done.
    virtual void stop() = 0;
    struct Statistics {
        std::uint64_t connections = 0, requests = 0;
        std::size_t open_connections = 0;
        std::uint64_t refused_connections = 0; // over a limit
        std::uint64_t bad_requests = 0;        // refused before they reached a route
        std::uint64_t timeouts = 0;
        std::uint64_t failures = 0; // exceptions that became a 500
        std::uint64_t tls_failures = 0;
        std::uint64_t responses[6] = {}; // by class: [2] counts 2xx
    };
    virtual Statistics statistics() const = 0;
};

} // namespace gatehouse::http
