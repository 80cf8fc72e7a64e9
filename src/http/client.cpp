// libcurl's multi interface on Asio: libcurl says which sockets to watch and when to wake it; Asio does both.
#include "http/client.hpp"

#include "http/curl_transfer.hpp"
#include "http/request_parser.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <stdexcept>

namespace gatehouse::http {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;
using ErrorCode = boost::system::error_code;

namespace {

struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

// A socket that libcurl wants watched. It belongs to libcurl; we only wait on it.
struct Watch {
    Watch(asio::any_io_executor const& executor, curl_socket_t socket) : descriptor(executor, socket) {}
    ~Watch() { descriptor.release(); }
    Watch(Watch const&) = delete;
    Watch& operator=(Watch const&) = delete;

    Descriptor descriptor;
    int wanted = 0;
    bool reading = false, writing = false; // a wait is under way
};

// A transfer and the coroutine that waits for it.
struct Pending {
    explicit Pending(asio::any_io_executor const& executor) : done(executor, asio::steady_timer::time_point::max()) {}
    CurlTransfer transfer;
    asio::steady_timer done; // cancelled when finished
    bool finished = false;
    CURLcode code = CURLE_OK;
};

bool is_header_text(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t'; });
}

Result<void> check_headers(ClientRequest const& request)
{
    for (auto const& [name, value] : request.headers)
        if (name.empty() || name.find_first_of(": ;\t") != std::string::npos || !is_header_text(name) ||
            !is_header_text(value))
            return refuse(ErrorKind::invalid, "invalid_header", "A header field of the request cannot be sent.")
                .with("name", name);
    return {};
}

Result<Url> check_url(std::string_view text)
{
    TRY(auto url, Url::parse(text));
    if (!url.is_web() || url.has_credentials())
        return refuse(ErrorKind::invalid, "invalid_url", "The address must be an http or https URL without user name.");
    return url;
}

bool is_envelope_address(std::string_view text)
{
    return !text.empty() && text.size() <= 320 && std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '<' && c != '>';
    });
}

class CurlClient final : public Client, public std::enable_shared_from_this<CurlClient> {
public:
    CurlClient(asio::any_io_executor executor, ClientOptions options);
    ~CurlClient() override;

    Task<Result<ClientResponse>> fetch(ClientRequest request) override;
    Task<Result<void>> send_mail(MailTransfer mail) override;
    void stop() override;

private:
    // Runs on the client's own executor, as everything below.
    static Task<Result<ClientResponse>> fetch_here(std::shared_ptr<CurlClient> self, ClientRequest request);
    static Task<Result<void>> send_here(std::shared_ptr<CurlClient> self, MailTransfer mail);
    Task<Result<CURLcode>> perform(Pending& pending);
    bool is_allowed_by_name(Url const& url) const;

    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
    static int on_timer(CURLM*, long milliseconds, void* self);
    void watch(curl_socket_t socket, std::shared_ptr<Watch> const& watch);
    void wait(curl_socket_t socket, std::shared_ptr<Watch> const& watch, bool for_reading);
    void act(curl_socket_t socket, int events);
    void collect_finished();
    void finish(Pending& pending, CURLcode code);

    asio::any_io_executor executor_;
    ClientOptions options_;
    asio::steady_timer timer_;
    std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
    std::set<Pending*> pending_;
    bool stopped_ = false;
    std::unique_ptr<CURLM, MultiDeleter> multi_;
};

CurlClient::CurlClient(asio::any_io_executor executor, ClientOptions options)
    : executor_(std::move(executor)), options_(std::move(options)), timer_(executor_)
{
    static bool const initialized = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    multi_.reset(curl_multi_init());
    if (!initialized || !multi_)
        throw std::runtime_error("libcurl does not start");
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &CurlClient::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &CurlClient::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
}

CurlClient::~CurlClient()
{
    multi_.reset(); // calls back to give up its sockets
}

Task<Result<ClientResponse>> CurlClient::fetch(ClientRequest request)
{
    co_return co_await asio::co_spawn(executor_, fetch_here(shared_from_this(), std::move(request)),
                                      asio::use_awaitable);
}

Task<Result<void>> CurlClient::send_mail(MailTransfer mail)
{
    co_return co_await asio::co_spawn(executor_, send_here(shared_from_this(), std::move(mail)), asio::use_awaitable);
}

void CurlClient::stop()
{
    asio::dispatch(executor_, [self = shared_from_this()] {
        self->stopped_ = true;
        for (auto* pending : self->pending_)
            self->finish(*pending, CURLE_ABORTED_BY_CALLBACK);
    });
}

bool CurlClient::is_allowed_by_name(Url const& url) const
{
    auto const name = fmt::format("{}:{}", url.host, url.effective_port());
    return std::find(options_.allowed_hosts.begin(), options_.allowed_hosts.end(), name) !=
           options_.allowed_hosts.end();
}

Task<Result<CURLcode>> CurlClient::perform(Pending& pending)
{
    if (stopped_ || pending_.size() >= options_.concurrency)
        co_return refuse(ErrorKind::unavailable, "client_busy", "Too many requests to other servers are under way.")
            .after(std::chrono::seconds(1));
    // Leaves the set and the multi handle however this coroutine ends.
    struct Enrolment {
        CurlClient& client;
        Pending& pending;
        ~Enrolment()
        {
            curl_multi_remove_handle(client.multi_.get(), pending.transfer.easy());
            client.pending_.erase(&pending);
        }
    } const enrolment{*this, pending};
    pending_.insert(&pending);
    curl_easy_setopt(pending.transfer.easy(), CURLOPT_PRIVATE, &pending);
    if (curl_multi_add_handle(multi_.get(), pending.transfer.easy()) != CURLM_OK)
        co_return fault("curl_multi_add_handle failed");
    while (!pending.finished) {
        ErrorCode ignored;
        co_await pending.done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return pending.code;
}

Task<Result<ClientResponse>> CurlClient::fetch_here(std::shared_ptr<CurlClient> self, ClientRequest request)
{
    using Clock = std::chrono::steady_clock;
    auto const until = Clock::now() + request.timeout;
    CO_TRY_DO(check_headers(request));
    CO_TRY(auto url, check_url(request.url));
    auto const may_redirect = request.method == Method::get || request.method == Method::head;
    for (int left = request.redirects;; --left) {
        Pending pending(self->executor_);
        request.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
        pending.transfer.prepare(self->options_, request, url, self->is_allowed_by_name(url));
        CO_TRY(auto const code, co_await self->perform(pending));
        CO_TRY(auto response, pending.transfer.response(code));
        auto const target = pending.transfer.redirect_target();
        if (target.empty() || request.redirects == 0 || !may_redirect)
            co_return response;
        if (left == 0)
            co_return refuse(ErrorKind::unavailable, "too_many_redirects", "The other server redirects too often.");
        CO_TRY(auto next, check_url(target));
        if (url.scheme == "https" && next.scheme != "https")
            co_return refuse(ErrorKind::forbidden, "address_not_allowed",
                             "The other server redirects from https to http.");
        // What was meant for one server is not shown to another.
        if (next.origin() != url.origin())
            std::erase_if(request.headers,
                          [](auto const& header) { return !equal_ignoring_case(header.first, "Accept"); });
        url = std::move(next);
    }
}

Task<Result<void>> CurlClient::send_here(std::shared_ptr<CurlClient> self, MailTransfer mail)
{
    auto const usable = parse_host_header(mail.host).has_value() && !mail.recipients.empty() &&
                        (mail.from.empty() || is_envelope_address(mail.from)) &&
                        std::all_of(mail.recipients.begin(), mail.recipients.end(), is_envelope_address);
    if (!usable)
        co_return refuse(ErrorKind::invalid, "mail_refused", "An address of the message is not valid.");
    Pending pending(self->executor_);
    pending.transfer.prepare(self->options_, mail);
    CO_TRY(auto const code, co_await self->perform(pending));
    co_return pending.transfer.mail_result(code);
}

int CurlClient::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*)
{
    auto& client = *static_cast<CurlClient*>(self);
    if (what == CURL_POLL_REMOVE) {
        client.watches_.erase(socket);
        return 0;
    }
    auto& watch = client.watches_[socket];
    if (!watch)
        watch = std::make_shared<Watch>(client.executor_, socket);
    watch->wanted = what;
    client.watch(socket, watch);
    return 0;
}

void CurlClient::watch(curl_socket_t socket, std::shared_ptr<Watch> const& watch)
{
    if ((watch->wanted & CURL_POLL_IN) != 0 && !watch->reading)
        wait(socket, watch, true);
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !watch->writing)
        wait(socket, watch, false);
}

void CurlClient::wait(curl_socket_t socket, std::shared_ptr<Watch> const& watch, bool for_reading)
{
    auto& waiting = for_reading ? watch->reading : watch->writing;
    waiting = true;
    auto const kind = for_reading ? Descriptor::wait_read : Descriptor::wait_write;
    watch->descriptor.async_wait(
        kind, [self = weak_from_this(), held = std::weak_ptr(watch), socket, for_reading](ErrorCode error) {
            auto const client = self.lock();
            auto const watched = held.lock();
            if (!client || !watched)
                return;
            (for_reading ? watched->reading : watched->writing) = false;
            auto const still_wanted = (watched->wanted & (for_reading ? CURL_POLL_IN : CURL_POLL_OUT)) != 0;
            if (still_wanted)
                client->act(socket, error ? CURL_CSELECT_ERR : for_reading ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
            // libcurl says nothing when it wants the same as before; the watch may be gone by now.
            auto const found = client->watches_.find(socket);
            if (found != client->watches_.end() && found->second == watched && !error)
                client->watch(socket, watched);
        });
}

int CurlClient::on_timer(CURLM*, long milliseconds, void* self)
{
    auto& client = *static_cast<CurlClient*>(self);
    client.timer_.cancel();
    if (milliseconds < 0)
        return 0;
    client.timer_.expires_after(std::chrono::milliseconds(milliseconds));
    client.timer_.async_wait([weak = client.weak_from_this()](ErrorCode error) {
        if (auto const held = weak.lock(); held && !error)
            held->act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
}

void CurlClient::act(curl_socket_t socket, int events)
{
    int running = 0;
    curl_multi_socket_action(multi_.get(), socket, events, &running);
    collect_finished();
}

void CurlClient::collect_finished()
{
    int left = 0;
    while (auto const* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE)
            continue;
        Pending* pending = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pending);
        finish(*pending, message->data.result);
    }
}

void CurlClient::finish(Pending& pending, CURLcode code)
{
    pending.finished = true;
    pending.code = code;
    pending.done.cancel();
}

} // namespace

std::shared_ptr<Client> Client::create(asio::any_io_executor executor, ClientOptions options)
{
    return std::make_shared<CurlClient>(std::move(executor), std::move(options));
}

} // namespace gatehouse::http
