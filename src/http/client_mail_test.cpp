// Outgoing mail, against a mail server of our own.
#include "http/client.hpp"
#include "http/test_support/raw_client.hpp"
#include "http/test_support/smtp_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <curl/curl.h>
#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

using test::CertificateFolder;
using test::LocalServer;
using test::SmtpServer;

class MailClient : public testing::Test {
protected:
    LocalServer server_{[](Request&&) -> Task<Response> { co_return Response(); }}; // for its executor

    Result<void> send(MailTransfer mail)
    {
        auto const client = Client::create(server_.server().executor());
        return boost::asio::co_spawn(server_.server().executor(), client->send_mail(std::move(mail)),
                                     boost::asio::use_future)
            .get();
    }
};

MailTransfer make_mail(std::uint16_t port)
{
    MailTransfer mail;
    mail.host = "localhost";
    mail.port = port;
    mail.tls = MailTls::none;
    mail.from = "noreply@gatehouse.example";
    mail.recipients = {"ada@example.com"};
    mail.data = "Subject: Hello\r\n\r\nfirst\n.\r\n.second\rthird\r\n";
    mail.timeout = std::chrono::seconds(5);
    return mail;
}

MailTransfer with_password(std::uint16_t port, MailTls tls)
{
    auto mail = make_mail(port);
    mail.tls = tls;
    mail.username = "user";
    mail.password = Secret(std::string_view("pass"));
    return mail;
}

TEST_F(MailClient, SendsMail)
{
    SmtpServer smtp;
    auto const sent = send(with_password(smtp.port(), MailTls::none));
    ASSERT_TRUE(sent) << sent.error().detail;
    auto const seen = smtp.in_the_clear();
    EXPECT_NE(seen.find("AUTH PLAIN"), std::string::npos) << seen;
    EXPECT_NE(seen.find("MAIL FROM:<noreply@gatehouse.example>"), std::string::npos) << seen;
    EXPECT_NE(seen.find("RCPT TO:<ada@example.com>"), std::string::npos) << seen;
    // Lone line ends are made whole, and dots at a line's start are doubled: no mail ends early.
    EXPECT_NE(seen.find("Subject: Hello\n\nfirst\n..\n..second\nthird\n.\n"), std::string::npos) << seen;
}

TEST_F(MailClient, TellsARefusedMailFromOneToTryAgain)
{
    SmtpServer refusing({.rcpt_answer = "550 no such user"});
    EXPECT_EQ(send(make_mail(refusing.port())).error().code, "mail_refused");
    SmtpServer busy({.rcpt_answer = "451 later"});
    EXPECT_EQ(send(make_mail(busy.port())).error().code, "mail_failed");
    EXPECT_EQ(send(make_mail(1)).error().code, "mail_failed");
    // STARTTLS was demanded, and this server does not offer it: nothing is sent in the clear.
    SmtpServer plain;
    auto mail = make_mail(plain.port());
    mail.tls = MailTls::starttls;
    EXPECT_EQ(send(std::move(mail)).error().code, "mail_failed");
    EXPECT_EQ(plain.in_the_clear().find("MAIL FROM"), std::string::npos);
}

TEST_F(MailClient, SendsMailUnderTls)
{
    CertificateFolder const folder;
    for (auto const tls : {MailTls::starttls, MailTls::implicit}) {
        SmtpServer smtp({.tls = tls, .certificate = &folder});
        auto mail = with_password(smtp.port(), tls);
        mail.certificate_authorities = folder.certificate();
        auto const sent = send(std::move(mail));
        ASSERT_TRUE(sent) << sent.error().detail;
        auto const seen = smtp.under_tls();
        for (auto const* line : {"AUTH PLAIN", "AHVzZXIAcGFzcw==", "RCPT TO:<ada@example.com>", "Subject: Hello"})
            EXPECT_NE(seen.find(line), std::string::npos) << seen;
        auto const clear = smtp.in_the_clear();
        EXPECT_TRUE(tls == MailTls::implicit ? clear.empty() : clear.ends_with("STARTTLS\n")) << clear;
        EXPECT_EQ(clear.find("AUTH"), std::string::npos);
    }
}

// Somebody between us and the mail server has a certificate of their own, or the right one for another name.
TEST_F(MailClient, NoPasswordIsToldToAServerWithAForeignCertificate)
{
    CertificateFolder const folder;
    for (auto const tls : {MailTls::starttls, MailTls::implicit}) {
        SmtpServer stranger({.tls = tls, .certificate = &folder});
        EXPECT_EQ(send(with_password(stranger.port(), tls)).error().code, "mail_failed");
        EXPECT_EQ(stranger.under_tls(), "");
        SmtpServer elsewhere({.tls = tls, .certificate = &folder});
        auto mail = with_password(elsewhere.port(), tls);
        mail.host = "127.0.0.1"; // the certificate is localhost's
        mail.certificate_authorities = folder.certificate();
        EXPECT_EQ(send(std::move(mail)).error().code, "mail_failed");
        EXPECT_EQ(elsewhere.under_tls(), "");
    }
}

// What CURLOPT_CAINFO replaces is only one of the two places where libcurl looks for the system's authorities.
TEST_F(MailClient, TheSystemsAuthoritiesAreTrustedBesideItsOwn)
{
    EXPECT_STREQ(curl_version_info(CURLVERSION_NOW)->capath, "/etc/ssl/certs");
}

TEST_F(MailClient, MailAddressesThatCarryCommandsAreRefused)
{
    for (std::string const evil : {"a@b>\r\nDATA", "a@b> SIZE=1", "a b@c", "<a@b>", ""}) {
        auto mail = make_mail(1);
        mail.recipients = {evil};
        EXPECT_EQ(send(std::move(mail)).error().code, "mail_refused") << evil;
    }
}

} // namespace
} // namespace gatehouse::http
