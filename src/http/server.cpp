#include "http/server.hpp"
#include "base/thread.hpp"

#include "base/log.hpp"
#include "http/connection.hpp"
#include "http/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <csignal>
#include <future>
#include <thread>

namespace gatehouse::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

Address to_address(asio::ip::address const& address)
{
    if (address.is_v4())
        return Address::v4(address.to_v4().to_uint());
    return Address{address.to_v6().to_bytes()};
}

// "127.0.0.1:8080", "[::1]:8443".
Result<tcp::endpoint> parse_endpoint(std::string const& text)
{
    auto const bad = [&] {
        return refuse(ErrorKind::invalid, "listen_failed",
                      fmt::format("\"{}\" is not an address to listen on. Example: 127.0.0.1:8080", text));
    };
    auto const colon = text.rfind(':');
    if (colon == std::string::npos)
        return bad();
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    auto host = text.substr(0, colon);
    if (host == "localhost")
        host = "127.0.0.1";
    auto const address = Address::parse(host);
    if (error != std::errc{} || end != text.data() + text.size() || !address)
        return bad();
    return tcp::endpoint(asio::ip::make_address(address->to_string()), port);
}

class AsioServer final : public Server {
public:
    AsioServer(std::shared_ptr<Shared> shared, std::unique_ptr<CertificateFiles> certificate);
    ~AsioServer() override { stop(); }

    Result<void> listen();
    void start() override;
    std::vector<std::uint16_t> ports() const override { return ports_; }
    asio::any_io_executor executor() override { return next_worker().context.get_executor(); }
    Result<void> reload_certificate() override { return certificate_ ? certificate_->reload() : Result<void>{}; }
    void stop() override;
    Statistics statistics() const override;

private:
    using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

    Worker& next_worker() { return *workers_[next_++ % workers_.size()]; }
    Task<void> accept(std::size_t index);
    Task<void> sweep(Worker& worker);
    Task<void> watch_certificate();
    void on_every_worker(void (*action)(Worker&));

    std::shared_ptr<Shared> shared_;
    std::unique_ptr<CertificateFiles> certificate_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<tcp::acceptor> acceptors_; // on the first worker
    std::vector<std::uint16_t> ports_;
    std::vector<WorkGuard> guards_;
    std::vector<std::thread> threads_;
    std::atomic<std::size_t> next_{0};
    Counter over_limit_;
};

AsioServer::AsioServer(std::shared_ptr<Shared> shared, std::unique_ptr<CertificateFiles> certificate)
    : shared_(std::move(shared)), certificate_(std::move(certificate))
{
    auto const wanted = shared_->options.threads;
    auto const threads = wanted == 0 ? std::max(1u, std::thread::hardware_concurrency()) : wanted;
    for (unsigned i = 0; i < threads; ++i)
        workers_.push_back(std::make_unique<Worker>(shared_));
}

Result<void> AsioServer::listen()
{
    for (auto const& text : shared_->options.listen) {
        TRY(auto endpoint, parse_endpoint(text));
        tcp::acceptor acceptor(workers_[0]->context);
        ErrorCode error;
        acceptor.open(endpoint.protocol(), error);
        if (!error)
            acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error && endpoint.address().is_v6())
            acceptor.set_option(asio::ip::v6_only(true), error);
        if (!error)
            acceptor.bind(endpoint, error);
        if (!error)
            acceptor.listen(4096, error);
        if (error)
            return refuse(ErrorKind::unavailable, "listen_failed",
                          fmt::format("Cannot listen on {}: {}.", text, error.message()));
        ports_.push_back(acceptor.local_endpoint().port());
        acceptors_.push_back(std::move(acceptor));
    }
    return {};
}

void AsioServer::start()
{
    for (std::size_t i = 0; i < acceptors_.size(); ++i)
        asio::co_spawn(workers_[0]->context, accept(i), asio::detached);
    if (certificate_)
        asio::co_spawn(workers_[0]->context, watch_certificate(), asio::detached);
    // Signals are for the main thread.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (auto& worker : workers_) {
        guards_.push_back(asio::make_work_guard(worker->context));
        asio::co_spawn(worker->context, sweep(*worker), asio::detached);
        threads_.emplace_back([&context = worker->context] {
            name_this_thread("http");
            set_slice_of_this_thread(kQuickSlice);
            context.run();
        });
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Task<void> AsioServer::accept(std::size_t index)
{
    asio::steady_timer pause(workers_[0]->context);
    while (acceptors_[index].is_open()) {
        auto& worker = next_worker();
        ErrorCode error;
        tcp::socket socket(worker.context);
        co_await acceptors_[index].async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted)
            co_return;
        ErrorCode gone;
        auto const remote = error ? tcp::endpoint() : socket.remote_endpoint(gone);
        if (error) {
            // Out of descriptors or memory: others need them back first.
            log::warning("a connection cannot be accepted", {{"reason", error.message()}});
            pause.expires_after(std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        if (gone)
            continue;
        auto const peer = to_address(remote.address());
        if (!shared_->counter.enter(peer, shared_->is_trusted(peer))) {
            over_limit_.add();
            continue;
        }
        // The socket belongs to the worker's context, and so must all that is done with it.
        auto tls = certificate_ ? certificate_->current() : nullptr;
        asio::post(worker.context, [&worker, peer, tls = std::move(tls), held = std::move(socket)]() mutable {
            worker.accepted.add();
            asio::co_spawn(worker.context, serve_connection(worker, std::move(held), peer, std::move(tls)),
                           asio::detached);
        });
    }
}

// One timer for all connections of a thread: a timer for each read and write costs more than this walk.
Task<void> AsioServer::sweep(Worker& worker)
{
    auto const& o = shared_->options;
    auto const shortest = std::min({o.header_timeout, o.body_timeout, o.idle_timeout, o.write_timeout});
    auto const interval = std::clamp(shortest / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(500));
    asio::steady_timer timer(worker.context);
    for (;;) {
        timer.expires_after(interval);
        co_await timer.async_wait(asio::use_awaitable);
        auto const now = std::chrono::steady_clock::now();
        for (auto* connection : worker.connections)
            if (connection->deadline <= now)
                connection->expire();
    }
}

Task<void> AsioServer::watch_certificate()
{
    asio::steady_timer timer(workers_[0]->context);
    for (;;) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        certificate_->reload_if_changed();
    }
}

void AsioServer::on_every_worker(void (*action)(Worker&))
{
    for (auto& worker : workers_)
        asio::post(worker->context, [action, w = worker.get()] { action(*w); });
}

void AsioServer::stop()
{
    if (threads_.empty()) {
        acceptors_.clear();
        return;
    }
    // Closed on their own thread, and waited for: no connection is accepted once the draining begins.
    std::promise<void> closed;
    asio::post(workers_[0]->context, [&] {
        for (auto& acceptor : acceptors_) {
            ErrorCode ignored;
            acceptor.close(ignored);
        }
        closed.set_value();
    });
    closed.get_future().wait();
    on_every_worker([](Worker& worker) {
        worker.draining = true;
        for (auto* connection : worker.connections)
            connection->drain();
    });
    if (!shared_->counter.wait_until_empty(shared_->options.drain_timeout)) {
        log::warning("connections are cut: they did not finish in time", {{"open", shared_->counter.open()}});
        on_every_worker([](Worker& worker) {
            for (auto* connection : worker.connections)
                connection->expire();
        });
        shared_->counter.wait_until_empty(std::chrono::milliseconds(200));
    }
    guards_.clear();
    for (auto& worker : workers_)
        worker->context.stop();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
}

Server::Statistics AsioServer::statistics() const
{
    Statistics sum;
    for (auto const& worker : workers_) {
        sum.connections += worker->accepted.value();
        sum.requests += worker->requests.value();
        sum.bad_requests += worker->bad_requests.value();
        sum.timeouts += worker->timeouts.value();
        sum.failures += worker->failures.value();
        sum.tls_failures += worker->tls_failures.value();
        for (std::size_t i = 0; i < worker->responses.size(); ++i)
            sum.responses[i] += worker->responses[i].value();
    }
    sum.refused_connections = over_limit_.value();
    sum.open_connections = shared_->counter.open();
    return sum;
}

} // namespace

Result<std::unique_ptr<Server>> Server::create(ServerOptions options, Service service)
{
    std::vector<AddressBlock> proxies;
    for (auto const& text : options.trusted_proxies) {
        TRY(auto block, AddressBlock::parse(text));
        proxies.push_back(block);
    }
    std::unique_ptr<CertificateFiles> certificate;
    if (!options.certificate_file.empty()) {
        certificate = std::make_unique<CertificateFiles>(options.certificate_file, options.private_key_file);
        TRY_DO(certificate->reload());
    }
    if (!service.limits)
        service.limits = [](Method, std::string_view) { return RouteLimits{}; };
    HeadLimits limits;
    limits.header = options.header_limit;
    limits.target = std::min(options.target_limit, options.header_limit);
    auto const connections = options.connection_limit;
    auto const per_address = options.connections_per_address;
    auto shared = std::shared_ptr<Shared>(new Shared{.options = std::move(options),
                                                     .service = std::move(service),
                                                     .trusted_proxies = std::move(proxies),
                                                     .counter = {connections, per_address},
                                                     .head_limits = limits});
    auto server = std::make_unique<AsioServer>(std::move(shared), std::move(certificate));
    TRY_DO(server->listen());
    return server;
}

} // namespace gatehouse::http
