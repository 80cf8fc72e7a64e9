// An SMTP server (RFC 5321) that takes every mail and keeps what people would look for in it: the code and the link.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace gatehouse::bench {

class MailSink {
public:
    MailSink(); // listens on a port of the loopback address
    ~MailSink();
    MailSink(MailSink const&) = delete;
    MailSink& operator=(MailSink const&) = delete;

    std::uint16_t port() const { return port_; }

    struct Mail {
        std::string code; // six digits
        std::string link; // "" where there is none
    };
    // The newest mail to this address, once.
    std::optional<Mail> take(std::string const& address);

private:
    void accept_all();
    void serve(int connection);
    void keep(std::string const& address, std::string const& message);

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::map<std::string, Mail> mails_;
    std::jthread thread_;
};

} // namespace gatehouse::bench
