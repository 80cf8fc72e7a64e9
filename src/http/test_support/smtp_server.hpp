// A mail server for one conversation: answers each line by its verb and keeps what it was told.
#pragma once

#include "http/client.hpp"
#include "http/test_support/certificate_folder.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace gatehouse::http::test {

struct SmtpBehaviour {
    std::string rcpt_answer = "250 ok";
    MailTls tls = MailTls::none;
    CertificateFolder const* certificate = nullptr; // of a server with TLS
};

class SmtpServer {
public:
    explicit SmtpServer(SmtpBehaviour behaviour = {});
    ~SmtpServer();

    std::uint16_t port() const { return port_; }
    // The lines that came in, each ended by LF: in the clear, and under TLS.
    std::string in_the_clear() const;
    std::string under_tls() const;

private:
    class Wire;

    void talk(int socket);
    // Answers one line. False ends the conversation.
    bool answer(Wire& wire, std::string const& line);

    SmtpBehaviour behaviour_;
    mutable std::mutex mutex_;
    std::string in_the_clear_, under_tls_;
    bool in_data_ = false;
    std::atomic<int> connection_{-1};
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

} // namespace gatehouse::http::test
