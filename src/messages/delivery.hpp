// The worker that empties the outbox: claims what is due, renders it, hands it to the transport of its channel.
//
// Several workers, on one node or many, may run at once: a claim is a lease, so a message is in one pair of hands at a
// time, and one whose worker died is due again when the lease runs out. A crash between handing over and noting it
// sends a message twice, with the same Message-ID; it is never lost.
#pragma once

#include "base/clock.hpp"
#include "base/task.hpp"
#include "messages/content.hpp"
#include "messages/text_transport.hpp"
#include "messages/transport.hpp"
#include "storage/database.hpp"
#include "vault/vault.hpp"
#include "view/pages.hpp"

#include <memory>

namespace gatehouse::messages {

struct DeliveryOptions {
    std::string from_address;                       // "no-reply@id.example.com"
    int batch = 8;                                  // messages claimed at a time; they are sent one after the other
    Duration lease = std::chrono::minutes(5);       // longer than a batch takes at worst
    Duration poll = std::chrono::seconds(5);        // how often to look without being woken
    Duration keep_failures = std::chrono::days(30); // for administrators to see
    std::function<Dress(TenantId)> dress = {};      // how a tenant's mails look now; none: all alike
    // What a tenant allows in texts now: asked for notices, which wait for their budget; none: what is built in.
    std::function<TextLimits(TenantId)> text_limits = {};
};

// Since the start of this process; by channel, in the order of kEveryChannel.
struct DeliveryStatistics {
    struct OfChannel {
        std::uint64_t sent = 0;
        std::uint64_t failed = 0;    // for good
        std::uint64_t postponed = 0; // attempts that will be repeated
    };
    std::array<OfChannel, std::size(kEveryChannel)> channels;
};

class Delivery {
public:
    // All references outlive this object. Without `texts`, texts and calls wait. Error: "invalid_address"
    // (from_address).
    static Result<std::unique_ptr<Delivery>> create(storage::Database& database, vault::Vault& vault,
                                                    view::Pages const& pages, Transport& transport, Clock const& clock,
                                                    DeliveryOptions options, TextTransport* texts = nullptr);
    virtual ~Delivery() = default;

    // One round: how many messages were claimed. A failure to send is no error here; the message waits.
    virtual Task<Result<int>> deliver_due() = 0;
    // Rounds until stop(); run on an executor of one thread (Server::executor()). Finish it before destroying this.
    virtual Task<void> run() = 0;
    // Any thread.
    virtual void wake() = 0;
    virtual void stop() = 0;
    virtual DeliveryStatistics statistics() const = 0;
};

// How long to wait at most after the given number of failed attempts (1, 2, ...): 5 s, 20 s, 80 s ... at most 1 h. What
// is waited is between half of it and all of it, so that what failed together does not come back together.
Duration retry_delay(std::int64_t attempts);

} // namespace gatehouse::messages
