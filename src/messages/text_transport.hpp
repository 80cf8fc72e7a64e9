// Where a text or call goes: to a provider, to the next one when it is away, or into the development mailbox.
//
// Providers are asked in the order of the configuration. One that fails several times in a row is left alone for a
// while (its circuit is open), then tried with a single message; so a provider that is down costs no message its
// timeout. A provider that refuses the number itself is believed: the others are not asked.
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "http/client.hpp"
#include "messages/dev_mailbox.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::messages {

struct TextMessage {
    Channel channel = Channel::sms; // or voice
    Kind kind = Kind::sign_in_code;
    std::string to; // E.164
    std::string sender_name;
    std::string text;
    std::string language; // voice: "de-DE"
    std::string id;       // the same each time the message is tried
    TimePoint date;
    TimePoint expires_at;
};

class TextTransport {
public:
    virtual ~TextTransport() = default;
    virtual bool carries(Channel channel) const = 0;
    // An error of kind `invalid` means that this message will never be taken ("text_refused"); any other that it is
    // worth trying again ("text_failed"; with retry_after if the provider named a time).
    virtual Task<Result<void>> send(TextMessage message) = 0;
};

// A provider with the API of Twilio's: a form with basic authentication, "To", "From", "Body".
struct TwilioSettings {
    std::string url = "https://api.twilio.com"; // of compatible services another one
    std::string account;                        // "AC..."
    std::string key;                            // user name of an API key; empty: the account
    Secret token;
    std::string from;              // a number in E.164, or a name where countries allow one
    std::string messaging_service; // "MG...": instead of `from`, for texts
    std::string voice_from;        // a number in E.164; empty: no calls
};
std::unique_ptr<TextTransport> make_twilio_transport(std::shared_ptr<http::Client> client, TwilioSettings settings,
                                                     Clock const& clock);

// A request made of templates: {to}, {digits} (the number without "+"), {text}, {sender}, {id}, {language}, {channel}
// stand for the values, escaped as the place demands: percent-encoded in the URL and in forms, as JSON or XML in bodies
// of these types. Any status from 200 to 299 means that the message was taken.
struct HttpTextSettings {
    http::Method method = http::Method::post; // get, post or put
    std::string url;
    std::vector<std::string> headers; // "Name: value", values may hold templates
    std::string content_type = "application/json";
    std::string body;
    Secret authorization;   // of the Authorization header: "Bearer ..."; empty: none
    std::string voice_url;  // of calls; empty: no calls
    std::string voice_body; // empty: `body`
};
// Errors: "text_template_invalid" (invalid): an unknown placeholder, a control character in a header, a body that is no
// JSON once filled in; the message says where.
Result<std::unique_ptr<TextTransport>> make_http_text_transport(std::shared_ptr<http::Client> client,
                                                                HttpTextSettings settings);

struct Breaker {
    int failures = 4;                         // in a row, until the provider is left alone
    Duration rest = std::chrono::seconds(30); // then; doubled each time the trial fails
    Duration longest_rest = std::chrono::minutes(10);
};
struct NamedProvider {
    std::string name; // for the log and metrics
    std::unique_ptr<TextTransport> transport;
};
struct ProviderStatistics {
    std::string name;
    std::uint64_t sent = 0;
    std::uint64_t failed = 0;
    bool resting = false;
};
class FailoverTransport : public TextTransport {
public:
    virtual std::vector<ProviderStatistics> statistics() const = 0; // any thread
};
std::unique_ptr<FailoverTransport> make_failover_transport(std::vector<NamedProvider> providers, Clock const& clock,
                                                           Breaker breaker = {});

// Keeps what would have been sent or said. The mailbox outlives the transport.
std::unique_ptr<TextTransport> make_dev_text_transport(DevMailbox& mailbox);

// The error of a provider's answer: nothing for 2xx; "text_refused" for those that say something about this message
// (400, 404, 410, 422); "text_failed" for all others, which say something about the provider or our account there.
Result<void> judge_answer(http::ClientResponse const& response);

// "host:port" of a provider's address, for http::ClientOptions::allowed_hosts: what an operator configures may be
// inside the network.
std::string authority_of(std::string_view url);

} // namespace gatehouse::messages
