#include "messages/delivery.hpp"

#include "base/log.hpp"
#include "events/event.hpp"
#include "events/types.hpp"
#include "messages/content.hpp"
#include "messages/outbox_store.hpp"
#include "messages/payload.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

namespace gatehouse::messages {
namespace {

struct Claimed {
    OutboxRow row;
    Result<Outgoing> message;
};

class Worker final : public Delivery {
public:
    Worker(storage::Database& database, vault::Vault& vault, view::Pages const& pages, Transport& transport,
           Clock const& clock, DeliveryOptions options)
        : database_(database), vault_(vault), pages_(pages), transport_(transport), clock_(clock),
          options_(std::move(options))
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
                log::warning("mail cannot be delivered now",
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

private:
    Result<std::vector<Claimed>> take(storage::Tx& tx, ClaimId claim, TimePoint now) const
    {
        TRY(auto rows, claim_messages(tx, claim, now, now + options_.lease, options_.batch));
        std::vector<Claimed> claimed;
        for (auto& row : rows) {
            auto message = open_payload(tx, vault_, row);
            if (!message && message.error().kind == ErrorKind::unavailable)
                return std::unexpected(std::move(message).error()); // the storage's trouble, not the message's
            claimed.push_back({std::move(row), std::move(message)});
        }
        return claimed;
    }

    Task<Result<void>> deliver(Claimed& claimed, ClaimId claim)
    {
        auto const& row = claimed.row;
        auto const now = clock_.now();
        if (row.expires_at <= now) {
            log::warning("a mail expired before it could be delivered",
                         {{"kind", row.kind}, {"attempts", row.attempts}});
            co_return co_await finish(row, claim);
        }
        auto const sent = co_await send(claimed, now);
        if (sent) {
            log::info("mail delivered",
                      {{"tenant", row.tenant.to_string()}, {"message", row.message.to_string()}, {"kind", row.kind}});
            co_return co_await finish_sent(row, claim, claimed.message->to, now);
        }
        auto const& error = sent.error();
        bool const for_good = error.kind == ErrorKind::invalid || !claimed.message;
        log::warning(for_good ? "a mail was refused for good" : "a mail could not be delivered and waits",
                     {{"tenant", row.tenant.to_string()},
                      {"message", row.message.to_string()},
                      {"kind", row.kind},
                      {"attempts", row.attempts},
                      {"code", error.code},
                      {"detail", error.detail}});
        if (for_good)
            co_return co_await finish(row, claim);
        auto const until = now + retry_delay(row.attempts);
        CO_TRY_DO(co_await database_.write(
            [&row, claim, until](storage::Tx& tx) { return postpone_message(tx, row, claim, until); }));
        co_return Result<void>{};
    }

    Task<Result<void>> send(Claimed const& claimed, TimePoint now)
    {
        if (!claimed.message) // the person was erased, or the key of the day is gone
            co_return Result<void>(std::unexpected(claimed.message.error()));
        auto const& message = *claimed.message;
        CO_TRY(auto content, compose(pages_, message));
        co_return co_await transport_.send(message.kind, {.from = options_.from_address,
                                                          .from_name = message.sender_name,
                                                          .to = message.to,
                                                          .subject = std::move(content.subject),
                                                          .text = std::move(content.text),
                                                          .html = std::move(content.html),
                                                          .id = claimed.row.message.to_string(),
                                                          .date = now});
    }

    // The mail is out: nothing but the storage's trouble may bring it back. A person who was erased meanwhile has no
    // key that could seal the address; then it is left out.
    Task<Result<void>> finish_sent(OutboxRow const& row, ClaimId claim, std::string const& recipient, TimePoint now)
    {
        CO_TRY_DO(co_await database_.write([&, claim, now](storage::Tx& tx) -> Result<void> {
            TRY(auto const held, delete_message(tx, row, claim));
            if (!held) // its lease ran out, and another worker has it
                return {};
            events::Event event{.type = &events::kMessageSent,
                                .tenant = row.tenant,
                                .user = row.user,
                                .data = {{"template", row.kind}},
                                .personal = {{"recipient", recipient}}};
            auto appended = events::append(tx, vault_, event, now);
            if (!appended && appended.error().code == "person_key_missing") {
                event.personal.clear();
                appended = events::append(tx, vault_, event, now);
            }
            if (!appended)
                return std::unexpected(std::move(appended).error());
            return {};
        }));
        co_return Result<void>{};
    }

    Task<Result<void>> finish(OutboxRow const& row, ClaimId claim)
    {
        CO_TRY_DO(co_await database_.write([&row, claim](storage::Tx& tx) { return delete_message(tx, row, claim); }));
        co_return Result<void>{};
    }

    storage::Database& database_;
    vault::Vault& vault_;
    view::Pages const& pages_;
    Transport& transport_;
    Clock const& clock_;
    DeliveryOptions options_;
    std::atomic<bool> stopped_{false};
    std::atomic<bool> woken_{false};
    std::mutex mutex_;
    std::shared_ptr<boost::asio::steady_timer> timer_;
};

} // namespace

Result<std::unique_ptr<Delivery>> Delivery::create(storage::Database& database, vault::Vault& vault,
                                                   view::Pages const& pages, Transport& transport, Clock const& clock,
                                                   DeliveryOptions options)
{
    TRY_DO(check_address(options.from_address));
    return std::make_unique<Worker>(database, vault, pages, transport, clock, std::move(options));
}

Duration retry_delay(std::int64_t attempts)
{
    Duration delay = std::chrono::seconds(5);
    for (std::int64_t i = 1; i < attempts && delay < std::chrono::hours(1); ++i)
        delay *= 4;
    return std::min<Duration>(delay, std::chrono::hours(1));
}

} // namespace gatehouse::messages
