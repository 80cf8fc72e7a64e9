#include "messages/push_sender.hpp"

#include "base/log.hpp"
#include "http/url.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json.hpp>

namespace gatehouse::messages {

namespace json = boost::json;

namespace {

constexpr auto kTokenLife = std::chrono::hours(1); // RFC 8292 section 2: at most 24

class Sender final : public PushSender {
public:
    Sender(boost::asio::any_io_executor executor, std::shared_ptr<http::Client> client, Clock const& clock)
        : executor_(std::move(executor)), client_(std::move(client)), clock_(clock)
    {
    }

    void send(Push push) override
    {
        auto const shared = std::make_shared<Push>(std::move(push));
        boost::asio::co_spawn(executor_, deliver(client_, counters_, shared, clock_.now()), boost::asio::detached);
    }

    Statistics statistics() const override { return {.sent = counters_->sent, .failed = counters_->failed}; }

private:
    struct Counters {
        std::atomic<std::uint64_t> sent{0}, failed{0};
    };
    static Task<void> deliver(std::shared_ptr<http::Client> client, std::shared_ptr<Counters> counters,
                              std::shared_ptr<Push> push, TimePoint now)
    {
        auto const status = co_await send_push(*client, *push, now);
        if (status && *status >= 200 && *status < 300) {
            ++counters->sent;
            co_return;
        }
        ++counters->failed;
        auto const url = http::Url::parse(push->endpoint);
        log::warning("a push message was not taken", {{"service", url ? url->host : ""},
                                                      {"status", status ? std::to_string(*status) : ""},
                                                      {"reason", status ? "" : status.error().code}});
        if (status && (*status == 404 || *status == 410) && push->gone)
            push->gone();
    }

    boost::asio::any_io_executor executor_;
    std::shared_ptr<http::Client> client_;
    Clock const& clock_;
    std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
};

} // namespace

Bytes application_server_key(jose::SigningKey const& key)
{
    auto const jwk = key.public_key().to_jwk();
    Bytes point{0x04};
    for (auto const* const coordinate : {"x", "y"})
        if (auto const bytes = base64url_decode(std::string_view(jwk.at(coordinate).as_string())))
            point.insert(point.end(), bytes->begin(), bytes->end());
    return point;
}

Result<std::string> vapid_header(jose::SigningKey const& key, std::string_view endpoint, std::string_view subject,
                                 TimePoint now)
{
    TRY(auto const url, http::Url::parse(endpoint));
    jose::Signer const signer(key, "JWT");
    TRY(auto const token, signer.sign(json::serialize(json::object{
                              {"aud", url.origin()}, {"exp", to_seconds(now + kTokenLife)}, {"sub", subject}})));
    return fmt::format("vapid t={}, k={}", token, base64url_encode(application_server_key(key)));
}

Task<Result<int>> send_push(http::Client& client, Push const& push, TimePoint now)
{
    CO_TRY(auto const body, crypto::encrypt_push(push.keys, as_bytes(push.payload)));
    CO_TRY(auto authorization, vapid_header(push.sender, push.endpoint, push.subject, now));
    CO_TRY(auto const response, co_await client.fetch({.method = http::Method::post,
                                                       .url = push.endpoint,
                                                       .headers = {{"Authorization", std::move(authorization)},
                                                                   {"Content-Encoding", "aes128gcm"},
                                                                   {"Content-Type", "application/octet-stream"},
                                                                   {"TTL", std::to_string(push.life.count())},
                                                                   {"Urgency", "high"}},
                                                       .body = std::string(as_text(body)),
                                                       .response_limit = 64 * 1024}));
    co_return response.status;
}

std::unique_ptr<PushSender> make_push_sender(boost::asio::any_io_executor executor,
                                             std::shared_ptr<http::Client> client, Clock const& clock)
{
    return std::make_unique<Sender>(std::move(executor), std::move(client), clock);
}

} // namespace gatehouse::messages
