// Where a finished mail goes: to an SMTP server, or into the development mailbox.
#pragma once

#include "base/secret.hpp"
#include "base/task.hpp"
#include "http/client.hpp"
#include "messages/dev_mailbox.hpp"
#include "messages/mime.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::messages {

class Transport {
public:
    virtual ~Transport() = default;
    // An error of kind `invalid` means that it will never be taken; any other that it is worth trying again.
    virtual Task<Result<void>> send(Kind kind, Mail mail) = 0;
};

struct SmtpSettings {
    std::string host;
    std::uint16_t port = 587;
    http::MailTls tls = http::MailTls::starttls;
    std::string certificate_authorities; // PEM file of what is trusted beside the system's; may be empty
    std::string username;                // empty: no authentication
    Secret password;
};
std::unique_ptr<Transport> make_smtp_transport(std::shared_ptr<http::Client> client, SmtpSettings settings);

// Keeps what would have been sent. The mailbox outlives the transport.
std::unique_ptr<Transport> make_dev_transport(DevMailbox& mailbox);

} // namespace gatehouse::messages
