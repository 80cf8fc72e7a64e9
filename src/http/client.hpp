// Outgoing requests and mail. One client that refuses to be sent to addresses inside the network: names are resolved,
// and the address that is about to be connected to is checked (DNS rebinding finds nothing), unless its host and port
// are allowed by name.
#pragma once

#include "base/secret.hpp"
#include "base/task.hpp"
#include "http/message.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace gatehouse::http {

struct ClientOptions {
    // "host:port" that may be reached although the address is not public ("localhost:9000"). Exact, lower case.
    std::vector<std::string> allowed_hosts;
    std::string user_agent = "Gatehouse/" GATEHOUSE_VERSION;
    std::string certificate_authorities; // PEM file; empty: the system's
    std::chrono::milliseconds connect_timeout{5'000};
    std::size_t concurrency = 256; // transfers at a time; more are refused with "client_busy"
};

struct ClientRequest {
    Method method = Method::get;
    std::string url; // http or https; without user name
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{10'000}; // for everything
    std::size_t response_limit = 1024 * 1024;  // bytes of body
    int redirects = 0;                         // followed at most; each is checked as the first; GET and HEAD only
};

struct ClientResponse {
    int status = 0;
    Headers headers; // of the last response
    std::string body;
    std::string url; // after redirects
};

enum class MailTls : std::uint8_t {
    none,     // plain text: for a relay on the same machine
    starttls, // required: fails when the server does not offer it
    implicit, // from the first byte (port 465)
};

struct MailTransfer {
    std::string host; // configured by the operator, so allowed by name
    std::uint16_t port = 587;
    MailTls tls = MailTls::starttls;
    std::string certificate_authorities; // PEM file of what is trusted beside the system's; may be empty
    std::string from;                    // envelope address, without <>
    std::vector<std::string> recipients; // envelope addresses
    std::string data;                    // the message, lines ended by CRLF
    std::string username;                // empty: no authentication
    Secret password;
    std::chrono::milliseconds timeout{30'000};
};

class Client {
public:
    // Works on `executor`, that of one io_context run by one thread (Server::executor()).
    static std::shared_ptr<Client> create(boost::asio::any_io_executor executor, ClientOptions options = {});
    virtual ~Client() = default;

    // Any response is a value, whatever its status. May be called on any thread; the caller resumes on its own
    // executor. Errors: "invalid_url" (invalid), "address_not_allowed" (forbidden), "response_too_large" (too_large),
    // "request_timed_out", "too_many_redirects", "connection_failed", "tls_failed", "client_busy" (unavailable);
    // `detail` says more for the log.
    virtual Task<Result<ClientResponse>> fetch(ClientRequest request) = 0;
    // Errors: "mail_refused" (invalid: the server said no for good, 5xx), "mail_failed" (unavailable: try again later).
    virtual Task<Result<void>> send_mail(MailTransfer mail) = 0;
    // Ends all transfers with "connection_failed"; further ones are refused.
    virtual void stop() = 0;
};

} // namespace gatehouse::http
