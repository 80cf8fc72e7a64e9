#include "http/connection.hpp"

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "http/forwarding.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

namespace gatehouse::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::size_t kReadSize = 4 * 1024;
constexpr std::size_t kFlushSize = 64 * 1024;  // pipelined responses are gathered up to here
constexpr std::size_t kCopiedBody = 16 * 1024; // larger bodies are written from where they are
constexpr std::size_t kLingerSize = 1024 * 1024;
constexpr std::chrono::milliseconds kLingerTime{1'000};

using PlainStream = tcp::socket;
using TlsStream = asio::ssl::stream<tcp::socket>;

tcp::socket& socket_of(PlainStream& stream)
{
    return stream;
}
tcp::socket& socket_of(TlsStream& stream)
{
    return stream.next_layer();
}

// Bytes that were read and not yet used.
class Input {
public:
    std::string_view view() const { return {bytes_.data() + begin_, end_ - begin_}; }
    void consume(std::size_t size) { begin_ += size; }
    // Room for at least kReadSize bytes; what was used goes, and what was once large is given back.
    asio::mutable_buffer prepare()
    {
        if (begin_ == end_) {
            begin_ = end_ = 0;
            if (bytes_.size() > 8 * kReadSize)
                bytes_ = {};
        } else if (begin_ > 0) {
            std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (bytes_.size() < end_ + kReadSize)
            bytes_.resize(std::max(end_ + kReadSize, bytes_.size() * 2));
        return {bytes_.data() + end_, bytes_.size() - end_};
    }
    void commit(std::size_t size) { end_ += size; }

private:
    std::vector<char> bytes_;
    std::size_t begin_ = 0, end_ = 0;
};

// A page that shows an error shows its request id: this is the line that it leads to. The query is left out, because
// links carry secrets in it.
void log_answer(Method method, std::string_view path, std::string_view client_address, std::string_view request_id,
                int status)
{
    auto const level = status >= 500 ? log::Level::warning : status >= 400 ? log::Level::info : log::Level::debug;
    if (!log::enabled(level))
        return;
    log::write(level, "answered",
               {{"request_id", request_id},
                {"method", to_string(method)},
                {"path", path},
                {"status", status},
                {"client_address", client_address}});
}

template <class Stream>
class StreamConnection final : public Connection {
public:
    StreamConnection(Worker& worker, Stream stream, Address peer, std::shared_ptr<asio::ssl::context> tls)
        : worker_(worker), shared_(*worker.shared), tls_(std::move(tls)), stream_(std::move(stream)), peer_(peer),
          peer_text_(peer.to_string())
    {
        worker_.connections.push_front(this);
        place_ = worker_.connections.begin();
    }
    ~StreamConnection() override
    {
        worker_.connections.erase(place_);
        ErrorCode ignored;
        socket_of(stream_).close(ignored);
        shared_.counter.leave(peer_);
    }
    StreamConnection(StreamConnection const&) = delete;
    StreamConnection& operator=(StreamConnection const&) = delete;

    Task<void> run();
    void expire() override
    {
        expired_ = true;
        deadline = SteadyTime::max();
        cancel();
    }
    void drain() override
    {
        if (idle_)
            cancel();
    }

private:
    static constexpr bool kSecure = std::is_same_v<Stream, TlsStream>;
    enum class Next : std::uint8_t { go_on, close };

    Task<bool> handshake();
    Task<Next> serve_one();
    Task<std::size_t> read_head();
    Task<bool> read_body(Framing const& framing, Request& request);
    Task<bool> read_more();
    Task<bool> flush();
    Task<bool> write_all(std::string_view head, std::string_view body);
    // What is needed of a request once its handler has taken it.
    struct Asked {
        Method method = Method::get;
        std::string path, client_address, request_id;
    };
    static Asked remember(Request const& request)
    {
        return {request.method, request.path, request.client_address, request.request_id};
    }
    Task<bool> respond(Asked const& asked, Response response, bool keep_alive);
    Task<void> refuse_request(Refused refused, Request const& request);
    Task<Response> handle(Request& request);
    Task<void> finish();

    void start_request(Request& request);
    void set_deadline(std::chrono::milliseconds after) { deadline = std::chrono::steady_clock::now() + after; }
    void cancel()
    {
        ErrorCode ignored;
        socket_of(stream_).cancel(ignored);
    }

    Worker& worker_;
    Shared& shared_;
    std::shared_ptr<asio::ssl::context> tls_; // outlives the stream made of it
    Stream stream_;
    Address peer_;
    std::string peer_text_;
    std::list<Connection*>::iterator place_;
    Input input_;
    std::string output_;
    bool idle_ = false;      // waiting for a request, nothing of which has arrived
    bool expired_ = false;   // the deadline cut the operation under way
    bool lingering_ = false; // closes with input unread
};

template <class Stream>
Task<void> StreamConnection<Stream>::run()
{
    if constexpr (kSecure) {
        if (!co_await handshake()) {
            worker_.tls_failures.add();
            co_return;
        }
    }
    while (co_await serve_one() == Next::go_on) {
    }
    co_await finish();
}

template <class Stream>
Task<bool> StreamConnection<Stream>::handshake()
{
    if constexpr (kSecure) {
        set_deadline(shared_.options.header_timeout);
        ErrorCode error;
        co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                         asio::redirect_error(asio::use_awaitable, error));
        co_return !error && !expired_;
    }
    co_return true;
}

// False when the connection ended or its time was up.
template <class Stream>
Task<bool> StreamConnection<Stream>::read_more()
{
    ErrorCode error;
    auto const size =
        co_await stream_.async_read_some(input_.prepare(), asio::redirect_error(asio::use_awaitable, error));
    if (error || expired_)
        co_return false;
    input_.commit(size);
    co_return true;
}

// The size of the complete head at the start of the input; 0: close. Errors have been answered.
template <class Stream>
Task<std::size_t> StreamConnection<Stream>::read_head()
{
    HeadScanner scanner(shared_.head_limits);
    bool started = false;
    bool skipped_line = false;
    for (;;) {
        // One empty line before a request is forgiven (RFC 9112 section 2.2).
        if (!skipped_line && input_.view().starts_with("\r\n")) {
            input_.consume(2);
            skipped_line = true;
        }
        if (auto const view = input_.view(); !view.empty() && view != "\r") {
            if (!started) {
                started = true;
                set_deadline(shared_.options.header_timeout);
            }
            auto const size = scanner.scan(view);
            if (!size) {
                co_await refuse_request(size.error(), Request{});
                co_return 0;
            }
            if (*size > 0)
                co_return *size;
        }
        if (!output_.empty() && !co_await flush())
            co_return 0;
        if (!started) {
            if (worker_.draining)
                co_return 0;
            idle_ = true;
            set_deadline(shared_.options.idle_timeout);
        } else if (deadline == SteadyTime::max()) {
            set_deadline(shared_.options.header_timeout);
        }
        auto const more = co_await read_more();
        idle_ = false;
        if (more)
            continue;
        if (expired_ && started) {
            expired_ = false;
            worker_.timeouts.add();
            co_await refuse_request({408, "request_timeout", "The header of the request did not arrive in time."},
                                    Request{});
        }
        co_return 0;
    }
}

// False: close; errors have been answered.
template <class Stream>
Task<bool> StreamConnection<Stream>::read_body(Framing const& framing, Request& request)
{
    auto const limit = shared_.service.limits(request.method, request.path).body;
    if (framing.content_length > limit) {
        co_await refuse_request({413, "body_too_large", "The body of the request is too large."}, request);
        co_return false;
    }
    set_deadline(shared_.options.body_timeout);
    if (framing.expects_continue && input_.view().empty())
        output_ += "HTTP/1.1 100 Continue\r\n\r\n";
    ChunkDecoder chunks(limit);
    auto left = static_cast<std::size_t>(framing.content_length);
    for (;;) {
        if (framing.chunked) {
            auto const taken = chunks.feed(input_.view(), request.body);
            if (!taken) {
                co_await refuse_request(taken.error(), request);
                co_return false;
            }
            input_.consume(*taken);
            if (chunks.done())
                co_return true;
        } else {
            auto const part = input_.view().substr(0, left);
            request.body += part;
            left -= part.size();
            input_.consume(part.size());
            if (left == 0)
                co_return true;
        }
        if (!output_.empty()) {
            auto const until = deadline;
            if (!co_await flush())
                co_return false;
            deadline = until;
        }
        if (co_await read_more())
            continue;
        if (expired_) {
            expired_ = false;
            worker_.timeouts.add();
            co_await refuse_request({408, "request_timeout", "The body of the request did not arrive in time."},
                                    request);
        }
        co_return false;
    }
}

template <class Stream>
void StreamConnection<Stream>::start_request(Request& request)
{
    request.client_address = peer_text_;
    request.secure = kSecure;
    request.request_id = Uuid::generate(SystemClock{}.now()).to_string();
}

template <class Stream>
auto StreamConnection<Stream>::serve_one() -> Task<Next>
{
    auto const head_size = co_await read_head();
    if (head_size == 0)
        co_return Next::close;
    worker_.requests.add();
    Request request;
    start_request(request);
    auto const framing = parse_head(input_.view().substr(0, head_size), shared_.head_limits, request);
    if (!framing) {
        co_await refuse_request(framing.error(), request);
        co_return Next::close;
    }
    input_.consume(head_size);
    if (auto const applied = apply_forwarding(request, peer_, kSecure, shared_.trusted_proxies); !applied) {
        co_await refuse_request({400, applied.error().code, applied.error().message}, request);
        co_return Next::close;
    }
    if (framing->has_body() && !co_await read_body(*framing, request))
        co_return Next::close;
    deadline = SteadyTime::max();

    auto const asked = remember(request);
    auto response = co_await handle(request);
    auto const keep_alive = framing->keep_alive && !worker_.draining;
    if (!co_await respond(asked, std::move(response), keep_alive))
        co_return Next::close;
    co_return keep_alive ? Next::go_on : Next::close;
}

template <class Stream>
Task<Response> StreamConnection<Stream>::handle(Request& request)
{
    auto const request_id = request.request_id;
    std::string what;
    try {
        co_return co_await shared_.service.handle(std::move(request));
    } catch (std::exception const& exception) {
        what = exception.what();
    } catch (...) {
        what = "an exception of unknown type";
    }
    worker_.failures.add();
    log::error("a request failed", {{"request_id", request_id}, {"reason", what}});
    co_return problem(fault(what).error(), request_id);
}

// Appends the response to the output, and sends it once no further request stands in the input.
template <class Stream>
Task<bool> StreamConnection<Stream>::respond(Asked const& asked, Response response, bool keep_alive)
{
    auto const now = std::chrono::floor<std::chrono::seconds>(SystemClock{}.now().time_since_epoch()).count();
    WriteContext const context{asked.method, keep_alive, worker_.date.at(now), asked.request_id};
    if (!append_head(output_, response, context)) {
        worker_.failures.add();
        log::error("a response header cannot be sent", {{"request_id", asked.request_id}});
        response = problem(fault("response header").error(), asked.request_id);
        append_head(output_, response, context);
    }
    auto const status_class = static_cast<std::size_t>(response.status / 100);
    worker_.responses[std::min<std::size_t>(status_class, 5)].add();
    log_answer(asked.method, asked.path, asked.client_address, asked.request_id, response.status);
    auto const body = sends_body(response, asked.method) ? response.content() : std::string_view{};
    if (body.size() > kCopiedBody) {
        auto const written = co_await write_all(output_, body);
        output_.clear();
        co_return written;
    }
    output_ += body;
    if (!input_.view().empty() && keep_alive && output_.size() < kFlushSize)
        co_return true;
    co_return co_await flush();
}

template <class Stream>
Task<void> StreamConnection<Stream>::refuse_request(Refused refused, Request const& request)
{
    worker_.bad_requests.add();
    lingering_ = true;
    auto asked = remember(request);
    if (asked.request_id.empty()) {
        asked.request_id = Uuid::generate(SystemClock{}.now()).to_string();
        asked.client_address = peer_text_;
    }
    auto response = to_response(refused, asked.request_id);
    co_await respond(asked, std::move(response), false);
}

template <class Stream>
Task<bool> StreamConnection<Stream>::flush()
{
    auto const written = co_await write_all(output_, {});
    output_.clear();
    co_return written;
}

template <class Stream>
Task<bool> StreamConnection<Stream>::write_all(std::string_view head, std::string_view body)
{
    std::array<asio::const_buffer, 2> buffers{asio::buffer(head), asio::buffer(body)};
    ErrorCode error;
    if constexpr (!kSecure) {
        // Nearly always the kernel takes everything at once, and no round through the scheduler is needed.
        auto const size = stream_.write_some(buffers, error);
        if (!error && size == head.size() + body.size())
            co_return true;
        if (error && error != asio::error::would_block)
            co_return false;
        auto const of_head = std::min(size, head.size());
        buffers = {asio::buffer(head.substr(of_head)), asio::buffer(body.substr(size - of_head))};
    }
    set_deadline(shared_.options.write_timeout);
    co_await asio::async_write(stream_, buffers, asio::redirect_error(asio::use_awaitable, error));
    deadline = SteadyTime::max();
    if (expired_)
        worker_.timeouts.add();
    co_return !error && !expired_;
}

// Closes in a way that lets the peer read our last response: a socket closed with input unread sends RST, which
// destroys what the peer has not read yet.
template <class Stream>
Task<void> StreamConnection<Stream>::finish()
{
    ErrorCode error;
    if (expired_ || (!output_.empty() && !co_await flush()))
        co_return;
    set_deadline(kLingerTime);
    if constexpr (kSecure) {
        co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
        co_return;
    }
    socket_of(stream_).shutdown(tcp::socket::shutdown_send, error);
    if (!lingering_ || error)
        co_return;
    for (std::size_t size = 0; size < kLingerSize;) {
        input_.consume(input_.view().size());
        if (!co_await read_more())
            co_return;
        size += input_.view().size();
    }
}

template <class Stream>
Task<void> run_connection(std::unique_ptr<StreamConnection<Stream>> connection)
{
    try {
        co_await connection->run();
    } catch (std::exception const& exception) {
        log::error("a connection failed", {{"reason", exception.what()}});
    }
}

} // namespace

Task<void> serve_connection(Worker& worker, tcp::socket socket, Address peer, std::shared_ptr<asio::ssl::context> tls)
{
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    if (tls) {
        TlsStream stream(std::move(socket), *tls);
        return run_connection(
            std::make_unique<StreamConnection<TlsStream>>(worker, std::move(stream), peer, std::move(tls)));
    }
    return run_connection(
        std::make_unique<StreamConnection<PlainStream>>(worker, std::move(socket), peer, std::move(tls)));
}

bool Shared::is_trusted(Address const& address) const
{
    return std::any_of(trusted_proxies.begin(), trusted_proxies.end(),
                       [&](AddressBlock const& block) { return block.contains(address); });
}

} // namespace gatehouse::http
