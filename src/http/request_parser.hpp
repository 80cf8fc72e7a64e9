// Reads HTTP/1.1 requests (RFC 9112) strictly: whatever two programs could read differently is refused, because
// requests are smuggled through such differences. Knows nothing of sockets.
#pragma once

#include "http/message.hpp"

#include <expected>

namespace gatehouse::http {

// Why a request was not read. After it the connection is closed: where the next one begins is not known.
struct Refused {
    int status = 400;
    std::string_view code;
    std::string_view message;
};
Response to_response(Refused const& refused, std::string_view request_id);

struct HeadLimits {
    std::size_t header = 32 * 1024; // bytes of request line and fields: 431
    std::size_t target = 16 * 1024; // bytes of request line: 414
    std::size_t fields = 100;       // 431
};

// Finds where a head ends, remembering how far it has looked.
class HeadScanner {
public:
    explicit HeadScanner(HeadLimits const& limits) : limits_(limits) {}
    // `buffer` starts where the request does and grows between calls. The size of the head with its empty line, 0 when
    // more is needed.
    std::expected<std::size_t, Refused> scan(std::string_view buffer);

private:
    HeadLimits limits_;
    std::size_t looked_ = 0;     // all before was seen
    std::size_t line_start_ = 0; // of the line being looked at
    bool first_line_ = true;
};

// How the message goes on after its head.
struct Framing {
    bool chunked = false;
    std::uint64_t content_length = 0;
    bool keep_alive = true;
    bool expects_continue = false;
    bool has_body() const { return chunked || content_length > 0; }
};
// Fills method, target, path, query, headers and host from a complete head.
std::expected<Framing, Refused> parse_head(std::string_view head, HeadLimits const& limits, Request& request);

// "login.example.com:8443" in lower case; nullopt when it is no host with an optional port.
std::optional<std::string> parse_host_header(std::string_view text);

// The body of a chunked message (RFC 9112 section 7.1). Extensions and trailers are checked and dropped.
class ChunkDecoder {
public:
    explicit ChunkDecoder(std::size_t limit) : limit_(limit) {}
    // Takes what it can of `input`, appends content to `body`; returns how much was taken. done() tells the end.
    std::expected<std::size_t, Refused> feed(std::string_view input, std::string& body);
    bool done() const { return state_ == State::done; }

private:
    enum class State : std::uint8_t {
        size,
        extension,
        size_line_feed,
        data,
        data_return,
        data_line_feed,
        trailer_start,
        trailer,
        trailer_line_feed,
        last_line_feed,
        done,
    };
    std::expected<void, Refused> step(char c);
    std::expected<void, Refused> end_of_size();

    std::size_t limit_;
    State state_ = State::size;
    std::uint64_t size_ = 0; // of this chunk, what is still to come
    unsigned digits_ = 0;
    std::size_t overhead_ = 0; // bytes of extensions and trailers
    std::size_t total_ = 0;
};

} // namespace gatehouse::http
