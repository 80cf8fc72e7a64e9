// Messages to registered devices by Web Push (RFC 8030): encrypted for the device (RFC 8291), signed for the push
// service by the tenant's key (VAPID, RFC 8292).
//
// In:  where a device is reached, and what it is told. Out: requests to push services, through the one client that
// refuses addresses inside the network.
// Nothing is kept: what is sent is worth two minutes, and a device that missed it finds the request when it looks.
#pragma once

#include "base/clock.hpp"
#include "base/task.hpp"
#include "crypto/push_encryption.hpp"
#include "http/client.hpp"
#include "jose/jws.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

namespace gatehouse::messages {

struct Push {
    std::string endpoint;
    crypto::PushKeys keys;
    std::string payload;             // JSON
    std::chrono::seconds life{120};  // the push service keeps it no longer
    jose::SigningKey sender;         // ES256
    std::string subject;             // who sends: the tenant's issuer (RFC 8292 section 2.1)
    std::function<void()> gone = {}; // the push service does not know the device any more (404, 410)
};

// The public key as browsers want it (applicationServerKey): the point, 65 bytes.
Bytes application_server_key(jose::SigningKey const& key);
// "vapid t=..., k=..." for a request to this endpoint.
Result<std::string> vapid_header(jose::SigningKey const& key, std::string_view endpoint, std::string_view subject,
                                 TimePoint now);

class PushSender {
public:
    virtual ~PushSender() = default;
    // Returns at once; what goes wrong is logged. Any thread.
    virtual void send(Push push) = 0;
    struct Statistics {
        std::uint64_t sent = 0, failed = 0;
    };
    virtual Statistics statistics() const = 0;
};
// Where rooms put what is to be sent; app connects it to a sender once there is one.
class PushOutlet {
public:
    void send(Push push) const
    {
        if (send_)
            send_(std::move(push));
    }
    void connect(std::function<void(Push)> send) { send_ = std::move(send); }

private:
    std::function<void(Push)> send_;
};

// Works on `executor`; the client and the clock outlive it.
std::unique_ptr<PushSender> make_push_sender(boost::asio::any_io_executor executor,
                                             std::shared_ptr<http::Client> client, Clock const& clock);
// One message, once; true when the push service took it. For `make_push_sender`, and tests.
Task<Result<int>> send_push(http::Client& client, Push const& push, TimePoint now);

} // namespace gatehouse::messages
