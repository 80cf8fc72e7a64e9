#include "messages/text_transport.hpp"

#include "base/log.hpp"
#include "http/url.hpp"

#include <charconv>
#include <fmt/format.h>
#include <mutex>

namespace gatehouse::messages {
namespace {

class DevTextTransport final : public TextTransport {
public:
    explicit DevTextTransport(DevMailbox& mailbox) : mailbox_(mailbox) {}

    bool carries(Channel channel) const override { return channel != Channel::mail; }

    Task<Result<void>> send(TextMessage message) override
    {
        mailbox_.add({.received_at = message.date,
                      .from = message.sender_name,
                      .to = message.to,
                      .subject = message.text.substr(0, message.text.find('\n')),
                      .text = message.text,
                      .kind = std::string(to_string(message.kind)),
                      .channel = message.channel});
        co_return Result<void>{};
    }

private:
    DevMailbox& mailbox_;
};

// Whether a provider is asked: closed, at rest, or trying whether it is back.
class Circuit {
public:
    Circuit(Breaker breaker) : breaker_(breaker), rest_(breaker.rest) {}

    bool may_try(TimePoint now)
    {
        if (now < rests_until_)
            return false;
        if (failures_ >= breaker_.failures)
            rests_until_ = now + rest_; // this one message tries; the others go elsewhere meanwhile
        return true;
    }
    void succeeded()
    {
        failures_ = 0;
        rest_ = breaker_.rest;
        rests_until_ = {};
    }
    void failed(TimePoint now)
    {
        bool const was_trial = failures_ >= breaker_.failures;
        failures_ = std::min(failures_ + 1, breaker_.failures);
        if (failures_ < breaker_.failures)
            return;
        if (was_trial)
            rest_ = std::min(rest_ * 2, breaker_.longest_rest);
        rests_until_ = now + rest_;
    }
    bool is_resting(TimePoint now) const { return now < rests_until_; }

private:
    Breaker breaker_;
    Duration rest_;
    int failures_ = 0;
    TimePoint rests_until_{};
};

class Failover final : public FailoverTransport {
public:
    Failover(std::vector<NamedProvider> providers, Clock const& clock, Breaker breaker) : clock_(clock)
    {
        for (auto& provider : providers)
            providers_.push_back({std::move(provider), Circuit(breaker), 0, 0});
    }

    bool carries(Channel channel) const override
    {
        return std::ranges::any_of(
            providers_, [&](Provider const& provider) { return provider.named.transport->carries(channel); });
    }

    Task<Result<void>> send(TextMessage message) override
    {
        Error last{.kind = ErrorKind::unavailable,
                   .code = "text_failed",
                   .message = "The message cannot be sent now.",
                   .detail = "no provider takes it"};
        for (auto& provider : providers_) {
            if (!provider.named.transport->carries(message.channel) || !begin(provider))
                continue;
            auto sent = co_await provider.named.transport->send(message);
            if (finish(provider, sent))
                co_return sent;
            log::warning(
                "a provider did not take a message",
                {{"provider", provider.named.name}, {"code", sent.error().code}, {"detail", sent.error().detail}});
            last = std::move(sent).error();
        }
        co_return std::unexpected(std::move(last));
    }

    std::vector<ProviderStatistics> statistics() const override
    {
        std::lock_guard const lock(mutex_);
        std::vector<ProviderStatistics> all;
        for (auto const& provider : providers_)
            all.push_back(
                {provider.named.name, provider.sent, provider.failed, provider.circuit.is_resting(clock_.now())});
        return all;
    }

private:
    struct Provider {
        NamedProvider named;
        Circuit circuit;
        std::uint64_t sent;
        std::uint64_t failed;
    };

    bool begin(Provider& provider)
    {
        std::lock_guard const lock(mutex_);
        return provider.circuit.may_try(clock_.now());
    }
    // Whether its answer is the last word: it took the message, or refused it for good.
    bool finish(Provider& provider, Result<void> const& sent)
    {
        std::lock_guard const lock(mutex_);
        if (sent || sent.error().kind == ErrorKind::invalid) {
            provider.circuit.succeeded();
            ++(sent ? provider.sent : provider.failed);
            return true;
        }
        provider.circuit.failed(clock_.now());
        ++provider.failed;
        return false;
    }

    Clock const& clock_;
    mutable std::mutex mutex_;
    std::vector<Provider> providers_;
};

// Retry-After in seconds (RFC 9110 section 10.2.3); dates are not worth the trouble here.
std::optional<std::chrono::seconds> retry_after_of(http::Headers const& headers)
{
    auto const text = headers.find("Retry-After").value_or("");
    int seconds = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() || seconds < 0)
        return std::nullopt;
    return std::chrono::seconds(std::min(seconds, 3600));
}

} // namespace

Result<void> judge_answer(http::ClientResponse const& response)
{
    auto const status = response.status;
    if (status >= 200 && status < 300)
        return {};
    // The body may repeat number and text: it is not for the log.
    auto const detail = fmt::format("status {}", status);
    if (status == 400 || status == 404 || status == 410 || status == 422)
        return refuse(ErrorKind::invalid, "text_refused", "The provider refused the message.").because(detail);
    auto failed = refuse(ErrorKind::unavailable, "text_failed", "The message cannot be sent now.").because(detail);
    failed.error().retry_after = retry_after_of(response.headers);
    return failed;
}

std::string authority_of(std::string_view url)
{
    auto const parsed = http::Url::parse(url);
    return parsed ? fmt::format("{}:{}", parsed->host, parsed->effective_port()) : std::string();
}

std::unique_ptr<FailoverTransport> make_failover_transport(std::vector<NamedProvider> providers, Clock const& clock,
                                                           Breaker breaker)
{
    return std::make_unique<Failover>(std::move(providers), clock, breaker);
}

std::unique_ptr<TextTransport> make_dev_text_transport(DevMailbox& mailbox)
{
    return std::make_unique<DevTextTransport>(mailbox);
}

} // namespace gatehouse::messages
