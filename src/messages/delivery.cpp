#include "messages/delivery.hpp"

#include "base/log.hpp"
#include "crypto/random.hpp"
#include "events/event.hpp"
#include "events/types.hpp"
#include "messages/content.hpp"
#include "messages/outbox_store.hpp"
#include "messages/payload.hpp"
#include "messages/text_budget.hpp"
#include "messages/wordings.hpp"
#include "phone/phone_number.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

namespace gatehouse::messages {

using namespace std::chrono_literals;

namespace {

struct Claimed {
    OutboxRow row;
    Result<Outgoing> message;
    std::shared_ptr<view::Locale const> words = {}; // of the tenant, for this kind and language
};

Duration with_jitter(Duration delay)
{
    auto const half = static_cast<std::uint32_t>(delay.count() / 2000); // milliseconds
    return delay - std::chrono::milliseconds(crypto::random_below(half + 1));
}

// Message ids carry their time (UUIDv7), in milliseconds.
TimePoint created_at(MessageId id)
{
    std::int64_t milliseconds = 0;
    for (auto const byte : id.bytes().first(6))
        milliseconds = milliseconds << 8 | byte;
    return TimePoint(std::chrono::milliseconds(milliseconds));
}

class Worker final : public Delivery {
public:
    Worker(storage::Database& database, vault::Vault& vault, view::Pages const& pages, Transport& transport,
           Clock const& clock, DeliveryOptions options, TextTransport* texts)
        : database_(database), vault_(vault), pages_(pages), transport_(transport), clock_(clock),
          options_(std::move(options)), texts_(texts)
    {
    }

    Task<Result<int>> deliver_due() override
    {
        auto const now = clock_.now();
        CO_TRY(auto due, co_await database_.read([now](storage::Tx& tx) { return is_any_due(tx, now); }));
        if (!due)
            co_return 0;
        auto const claim = ClaimId::generate(now);
        CO_TRY(auto claimed,
               co_await database_.write([this, claim, now](storage::Tx& tx) { return take(tx, claim, now); }));
        for (auto& each : claimed)
            CO_TRY_DO(co_await deliver(each, claim));
        co_return static_cast<int>(claimed.size());
    }

    Task<void> run() override
    {
        auto const executor = co_await boost::asio::this_coro::executor;
        auto const timer = std::make_shared<boost::asio::steady_timer>(executor);
        {
            std::lock_guard const lock(mutex_);
            timer_ = timer;
        }
        while (!stopped_) {
            woken_ = false;
            auto const delivered = co_await deliver_due();
            if (!delivered)
                log::warning("messages cannot be delivered now",
                             {{"code", delivered.error().code}, {"detail", delivered.error().detail}});
            if (stopped_ || woken_ || (delivered && *delivered > 0))
                continue;
            timer->expires_after(options_.poll);
            boost::system::error_code cancelled;
            co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
        }
        std::lock_guard const lock(mutex_);
        timer_.reset();
    }

    void wake() override
    {
        woken_ = true;
        std::lock_guard const lock(mutex_);
        if (timer_)
            boost::asio::post(timer_->get_executor(), [timer = timer_] { timer->cancel(); });
    }

    void stop() override
    {
        stopped_ = true;
        wake();
    }

    DeliveryStatistics statistics() const override
    {
        DeliveryStatistics all;
        for (std::size_t i = 0; i < counts_.size(); ++i)
            all.channels[i] = {counts_[i].sent, counts_[i].failed, counts_[i].postponed};
        return all;
    }

private:
    Result<std::vector<Claimed>> take(storage::Tx& tx, ClaimId claim, TimePoint now) const
    {
        TRY(auto rows, claim_messages(tx, claim, now, now + options_.lease, options_.batch));
        std::vector<Claimed> claimed;
        for (auto& row : rows) {
            auto message = open_payload(tx, vault_, row);
            if (!message && message.error().kind == ErrorKind::unavailable)
                return std::unexpected(std::move(message).error()); // the storage's trouble, not the message's
            std::shared_ptr<view::Locale const> words;
            if (message) {
                TRY(words, words_for(tx, *message));
            }
            claimed.push_back({std::move(row), std::move(message), std::move(words)});
        }
        return claimed;
    }

    // The tenant's own words, read anew for each message, so that they hold from when they are saved; made ready once.
    Result<std::shared_ptr<view::Locale const>> words_for(storage::Tx& tx, Outgoing const& message) const
    {
        auto const* known = pages_.locales().find(message.locale);
        auto const tag = (known ? *known : pages_.locales().choose(message.locale, {}, {})).tag();
        auto const found = find_wording(tx, message.tenant, message.kind, tag);
        if (!found && found.error().kind == ErrorKind::unavailable)
            return std::unexpected(found.error());
        if (!found || !*found)
            return nullptr;
        auto const& wording = *found;
        auto const name = fmt::format("{} {} {} {}", message.tenant, to_string(message.kind), tag, wording->version);
        std::lock_guard const lock(words_mutex_);
        if (words_.size() > 1'000)
            words_.clear();
        auto& ready = words_[name];
        // What was saved by another version may not pass here: the built-in words do.
        if (auto checked = ready ? ready : check_wording(pages_, message.kind, tag, wording->texts).value_or(nullptr))
            ready = std::move(checked);
        return ready;
    }

    Dress dress_of(Claimed const& claimed) const
    {
        auto dress = options_.dress ? options_.dress(claimed.row.tenant) : Dress{};
        dress.words = claimed.words;
        return dress;
    }

    Task<Result<void>> deliver(Claimed& claimed, ClaimId claim)
    {
        auto const& row = claimed.row;
        auto const now = clock_.now();
        auto& counts = counts_of(row);
        if (row.expires_at <= now) {
            // What was over before it was ever tried is a letter to nobody: nothing is told of it.
            auto const was_tried = row.attempts > 1 || row.expires_at > created_at(row.message) + 1ms;
            if (was_tried) {
                log::warning("a message expired before it could be delivered",
                             {{"channel", row.channel}, {"kind", row.kind}, {"attempts", row.attempts}});
                ++counts.failed;
                co_return co_await finish_failed(claimed, claim, "expired", now);
            }
            co_return co_await forget(row, claim);
        }
        auto const sent = co_await send(claimed, now);
        if (sent) {
            log::info("message delivered", {{"tenant", row.tenant.to_string()},
                                            {"message", row.message.to_string()},
                                            {"channel", row.channel},
                                            {"kind", row.kind}});
            ++counts.sent;
            co_return co_await finish_sent(row, claim, claimed.message->to, now);
        }
        auto const& error = sent.error();
        bool const for_good =
            error.kind == ErrorKind::invalid || error.code == "text_country_refused" || !claimed.message;
        log::warning(for_good ? "a message was refused for good" : "a message could not be delivered and waits",
                     {{"tenant", row.tenant.to_string()},
                      {"message", row.message.to_string()},
                      {"channel", row.channel},
                      {"kind", row.kind},
                      {"attempts", row.attempts},
                      {"code", error.code},
                      {"detail", error.detail}});
        ++(for_good ? counts.failed : counts.postponed);
        if (!claimed.message)
            co_return co_await forget(row, claim);
        if (for_good)
            co_return co_await finish_failed(claimed, claim, error.code, now);
        auto const delay = std::max<Duration>(with_jitter(retry_delay(row.attempts)), error.retry_after.value_or(0s));
        CO_TRY_DO(co_await database_.write([&row, &error, claim, until = now + delay](storage::Tx& tx) {
            return postpone_message(tx, row, claim, until, error.code);
        }));
        co_return Result<void>{};
    }

    Task<Result<void>> send(Claimed const& claimed, TimePoint now)
    {
        if (!claimed.message) // the person was erased, or the key of the day is gone
            co_return Result<void>(std::unexpected(claimed.message.error()));
        auto const& message = *claimed.message;
        if (message.channel != Channel::mail)
            co_return co_await send_text(claimed, now);
        CO_TRY(auto content, compose(pages_, message, dress_of(claimed)));
        co_return co_await transport_.send(message.kind, {.from = options_.from_address,
                                                          .from_name = message.sender_name,
                                                          .to = message.to,
                                                          .subject = std::move(content.subject),
                                                          .text = std::move(content.text),
                                                          .html = std::move(content.html),
                                                          .id = claimed.row.message.to_string(),
                                                          .date = now});
    }

    Task<Result<void>> send_text(Claimed const& claimed, TimePoint now)
    {
        auto const& message = *claimed.message;
        if (!texts_ || !texts_->carries(message.channel))
            co_return refuse(ErrorKind::unavailable, "text_failed", "No provider is configured.")
                .because(fmt::format("no provider carries {}", claimed.row.channel));
        TextMessage text{.channel = message.channel,
                         .kind = message.kind,
                         .to = message.to,
                         .sender_name = message.sender_name,
                         .language = message.locale,
                         .id = claimed.row.message.to_string(),
                         .date = now,
                         .expires_at = message.expires_at};
        if (message.channel == Channel::voice) {
            auto spoken = compose_call(pages_, message, claimed.words.get());
            text.text = std::move(spoken.text);
            text.language = std::move(spoken.language);
        } else {
            text.text = compose_text(pages_, message, claimed.words.get());
        }
        if (!is_notice(message.kind))
            co_return co_await texts_->send(std::move(text));
        co_return co_await send_notice(message, std::move(text), now);
    }

    // What is spent is waited for: a notice is late rather than lost.
    Task<Result<void>> send_notice(Outgoing const& message, TextMessage text, TimePoint now)
    {
        auto const limits = options_.text_limits ? options_.text_limits(message.tenant) : TextLimits{};
        CO_TRY(auto const number, check_number(limits, message.to));
        CO_TRY_DO(co_await database_.write([&](storage::Tx& tx) {
            return take_budget(tx, vault_, message.tenant, limits, number, now, BudgetFor::notices);
        }));
        auto sent = co_await texts_->send(std::move(text));
        if (!sent)
            CO_TRY_DO(co_await database_.write([&](storage::Tx& tx) {
                return give_back_budget(tx, vault_, message.tenant, number, BudgetFor::notices);
            }));
        co_return sent;
    }

    // Appends what happened to a message. A person who was erased meanwhile has no key that could seal the address;
    // then it is left out.
    Result<void> tell(storage::Tx& tx, events::Event event, TimePoint now)
    {
        auto appended = events::append(tx, vault_, event, now);
        if (!appended && appended.error().code == "person_key_missing") {
            event.personal.clear();
            appended = events::append(tx, vault_, event, now);
        }
        if (!appended)
            return std::unexpected(std::move(appended).error());
        return {};
    }

    // The message is out: nothing but the storage's trouble may bring it back.
    Task<Result<void>> finish_sent(OutboxRow const& row, ClaimId claim, std::string const& recipient, TimePoint now)
    {
        CO_TRY_DO(co_await database_.write([&, claim, now](storage::Tx& tx) -> Result<void> {
            TRY(auto const held, delete_message(tx, row, claim));
            if (!held) // its lease ran out, and another worker has it
                return {};
            return tell(tx,
                        {.type = &events::kMessageSent,
                         .tenant = row.tenant,
                         .user = row.user,
                         .data = {{"template", row.kind}, {"channel", row.channel}},
                         .personal = {{"recipient", recipient}}},
                        now);
        }));
        co_return Result<void>{};
    }

    // It will never arrive. Who looks after the tenant sees to whom it did not, and why; the code in it is gone.
    Task<Result<void>> finish_failed(Claimed const& claimed, ClaimId claim, std::string const& reason, TimePoint now)
    {
        if (!claimed.message)
            co_return co_await forget(claimed.row, claim);
        CO_TRY_DO(co_await database_.write([&, claim, now](storage::Tx& tx) -> Result<void> {
            auto const& row = claimed.row;
            auto message = *claimed.message;
            message.arguments.clear();
            auto payload = seal_payload(tx, vault_, row.message, message, now);
            if (!payload && payload.error().code == "person_key_missing") {
                TRY_DO(delete_message(tx, row, claim));
                return {};
            }
            if (!payload)
                return std::unexpected(std::move(payload).error());
            TRY(auto const held, fail_message(tx, row, claim, *payload, reason, now, now + options_.keep_failures));
            if (!held)
                return {};
            return tell(tx,
                        {.type = &events::kMessageFailed,
                         .tenant = row.tenant,
                         .user = row.user,
                         .data = {{"template", row.kind},
                                  {"channel", row.channel},
                                  {"reason", reason},
                                  {"attempts", row.attempts}},
                         .personal = {{"recipient", message.to}}},
                        now);
        }));
        co_return Result<void>{};
    }

    Task<Result<void>> forget(OutboxRow const& row, ClaimId claim)
    {
        CO_TRY_DO(co_await database_.write([&row, claim](storage::Tx& tx) { return delete_message(tx, row, claim); }));
        co_return Result<void>{};
    }

    struct Counts {
        std::atomic<std::uint64_t> sent{0};
        std::atomic<std::uint64_t> failed{0};
        std::atomic<std::uint64_t> postponed{0};
    };
    Counts& counts_of(OutboxRow const& row)
    {
        return counts_[static_cast<std::size_t>(parse_channel(row.channel).value_or(Channel::mail))];
    }

    storage::Database& database_;
    vault::Vault& vault_;
    view::Pages const& pages_;
    Transport& transport_;
    Clock const& clock_;
    DeliveryOptions options_;
    TextTransport* texts_;
    std::array<Counts, std::size(kEveryChannel)> counts_;
    mutable std::mutex words_mutex_;
    mutable std::unordered_map<std::string, std::shared_ptr<view::Locale const>> words_;
    std::atomic<bool> stopped_{false};
    std::atomic<bool> woken_{false};
    std::mutex mutex_;
    std::shared_ptr<boost::asio::steady_timer> timer_;
};

} // namespace

Result<std::unique_ptr<Delivery>> Delivery::create(storage::Database& database, vault::Vault& vault,
                                                   view::Pages const& pages, Transport& transport, Clock const& clock,
                                                   DeliveryOptions options, TextTransport* texts)
{
    TRY_DO(check_address(options.from_address));
    return std::make_unique<Worker>(database, vault, pages, transport, clock, std::move(options), texts);
}

Duration retry_delay(std::int64_t attempts)
{
    Duration delay = std::chrono::seconds(5);
    for (std::int64_t i = 1; i < attempts && delay < std::chrono::hours(1); ++i)
        delay *= 4;
    return std::min<Duration>(delay, std::chrono::hours(1));
}

} // namespace gatehouse::messages
