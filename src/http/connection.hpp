// One connection from its first byte to its last, and what the connections of one thread share.
#pragma once

#include "http/address.hpp"
#include "http/request_parser.hpp"
#include "http/response_writer.hpp"
#include "http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <unordered_map>

namespace gatehouse::http {

// Counts connections over all threads.
class ConnectionCounter {
public:
    ConnectionCounter(std::size_t limit, std::size_t limit_per_address)
        : limit_(limit), limit_per_address_(limit_per_address)
    {
    }
    // False when a limit is reached. `exempt`: a trusted proxy, behind which many visitors stand.
    bool enter(Address const& address, bool exempt);
    void leave(Address const& address);
    std::size_t open() const;
    // Waits until none is open; false when `timeout` came first.
    bool wait_until_empty(std::chrono::milliseconds timeout);

private:
    struct Hash {
        std::size_t operator()(Address const& address) const
        {
            return std::hash<std::string_view>{}(
                {reinterpret_cast<char const*>(address.bytes.data()), address.bytes.size()});
        }
    };
    std::size_t limit_, limit_per_address_;
    mutable std::mutex mutex_;
    std::condition_variable emptied_;
    std::size_t open_ = 0;
    std::unordered_map<Address, std::size_t, Hash> per_address_;
};

// What all threads share and nobody changes after the start.
struct Shared {
    ServerOptions options;
    Service service;
    std::vector<AddressBlock> trusted_proxies;
    ConnectionCounter counter;
    HeadLimits head_limits;

    bool is_trusted(Address const& address) const;
};

// A counter that one thread writes and others read.
class Counter {
public:
    void add() { value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// A connection as its thread sees it: something with a deadline.
class Connection {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;
    virtual ~Connection() = default;
    virtual void expire() = 0; // the deadline has passed: cut it
    virtual void drain() = 0;  // close when idle
    SteadyTime deadline = SteadyTime::max();
};

// One thread and the connections that live on it. All but the constructor, counters and `context` belongs to the
// thread.
struct Worker {
    explicit Worker(std::shared_ptr<Shared> s) : shared(std::move(s)) {}

    std::shared_ptr<Shared> shared;
    std::list<Connection*> connections;
    DateCache date;
    bool draining = false;
    Counter accepted, requests, refused, bad_requests, timeouts, failures, tls_failures;
    std::array<Counter, 6> responses;
    boost::asio::io_context context{1}; // last: its coroutines use the rest
};

// Serves requests until the connection ends; owns the socket. `tls` is null for plain HTTP. The connection has entered
// the counter already and leaves it.
Task<void> serve_connection(Worker& worker, boost::asio::ip::tcp::socket socket, Address peer,
                            std::shared_ptr<boost::asio::ssl::context> tls);

} // namespace gatehouse::http
