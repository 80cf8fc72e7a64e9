#include "messages/transport.hpp"

namespace gatehouse::messages {
namespace {

class SmtpTransport final : public Transport {
public:
    SmtpTransport(std::shared_ptr<http::Client> client, SmtpSettings settings)
        : client_(std::move(client)), settings_(std::move(settings))
    {
    }

    Task<Result<void>> send(Kind, Mail mail) override
    {
        CO_TRY(auto data, build_mime(mail));
        http::MailTransfer transfer{.host = settings_.host,
                                    .port = settings_.port,
                                    .tls = settings_.tls,
                                    .certificate_authorities = settings_.certificate_authorities,
                                    .from = mail.from,
                                    .recipients = {mail.to},
                                    .data = std::move(data),
                                    .username = settings_.username,
                                    .password = settings_.password.clone()};
        co_return co_await client_->send_mail(std::move(transfer));
    }

private:
    std::shared_ptr<http::Client> client_;
    SmtpSettings settings_;
};

class DevTransport final : public Transport {
public:
    explicit DevTransport(DevMailbox& mailbox) : mailbox_(mailbox) {}

    Task<Result<void>> send(Kind kind, Mail mail) override
    {
        CO_TRY(auto mime, build_mime(mail));
        mailbox_.add({.received_at = mail.date,
                      .from = mail.from_name.empty() ? mail.from : mail.from_name + " <" + mail.from + ">",
                      .to = mail.to,
                      .subject = mail.subject,
                      .text = mail.text,
                      .html = mail.html,
                      .kind = std::string(to_string(kind)),
                      .mime = std::move(mime)});
        co_return Result<void>{};
    }

private:
    DevMailbox& mailbox_;
};

} // namespace

std::unique_ptr<Transport> make_smtp_transport(std::shared_ptr<http::Client> client, SmtpSettings settings)
{
    return std::make_unique<SmtpTransport>(std::move(client), std::move(settings));
}

std::unique_ptr<Transport> make_dev_transport(DevMailbox& mailbox)
{
    return std::make_unique<DevTransport>(mailbox);
}

} // namespace gatehouse::messages
