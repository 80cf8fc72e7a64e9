#include "http/test_support/smtp_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gatehouse::http::test {

// One connection, first in the clear and then, perhaps, under TLS.
class SmtpServer::Wire {
public:
    explicit Wire(int socket) : socket_(socket) {}
    ~Wire()
    {
        SSL_free(tls_);
        SSL_CTX_free(context_);
    }
    Wire(Wire const&) = delete;
    Wire& operator=(Wire const&) = delete;

    bool start_tls(CertificateFolder const& certificate)
    {
        context_ = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate_file(context_, certificate.certificate().c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(context_, certificate.key().c_str(), SSL_FILETYPE_PEM);
        tls_ = SSL_new(context_);
        SSL_set_fd(tls_, socket_);
        return SSL_accept(tls_) == 1;
    }
    bool is_tls() const { return tls_ != nullptr; }

    void say(std::string const& line)
    {
        auto const text = line + "\r\n";
        if (tls_)
            SSL_write(tls_, text.data(), static_cast<int>(text.size()));
        else
            ::send(socket_, text.data(), text.size(), 0);
    }

    // The next line without its end; nothing when the other side has gone.
    std::optional<std::string> hear()
    {
        std::array<char, 4096> part{};
        for (;;) {
            if (auto const end = input_.find("\r\n"); end != std::string::npos) {
                auto line = input_.substr(0, end);
                input_.erase(0, end + 2);
                return line;
            }
            auto const size = tls_ ? SSL_read(tls_, part.data(), static_cast<int>(part.size()))
                                   : static_cast<int>(::recv(socket_, part.data(), part.size(), 0));
            if (size <= 0)
                return std::nullopt;
            input_.append(part.data(), static_cast<std::size_t>(size));
        }
    }

private:
    int socket_;
    SSL_CTX* context_ = nullptr;
    SSL* tls_ = nullptr;
    std::string input_;
};

SmtpServer::SmtpServer(SmtpBehaviour behaviour) : behaviour_(std::move(behaviour))
{
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
        sigset_t broken_pipe; // OpenSSL writes without MSG_NOSIGNAL
        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        talk(::accept(listener_, nullptr, nullptr));
    });
}

SmtpServer::~SmtpServer()
{
    ::shutdown(listener_, SHUT_RDWR);
    ::shutdown(connection_, SHUT_RDWR); // the client keeps it for the next mail
    thread_.join();
    ::close(connection_);
    ::close(listener_);
}

std::string SmtpServer::in_the_clear() const
{
    std::lock_guard const lock(mutex_);
    return in_the_clear_;
}

std::string SmtpServer::under_tls() const
{
    std::lock_guard const lock(mutex_);
    return under_tls_;
}

void SmtpServer::talk(int socket)
{
    connection_ = socket;
    Wire wire(socket);
    auto going = behaviour_.tls != MailTls::implicit || wire.start_tls(*behaviour_.certificate);
    if (going)
        wire.say("220 test");
    while (going) {
        auto const line = wire.hear();
        if (!line)
            break;
        {
            std::lock_guard const lock(mutex_);
            (wire.is_tls() ? under_tls_ : in_the_clear_) += *line + "\n";
        }
        going = answer(wire, *line);
    }
    ::shutdown(socket, SHUT_RDWR);
}

bool SmtpServer::answer(Wire& wire, std::string const& line)
{
    if (in_data_ && line != ".")
        return true;
    if (in_data_) {
        in_data_ = false;
        wire.say("250 queued");
    } else if (line.starts_with("EHLO")) {
        wire.say("250-test");
        if (behaviour_.tls == MailTls::starttls && !wire.is_tls())
            wire.say("250-STARTTLS");
        wire.say("250 AUTH PLAIN");
    } else if (line == "STARTTLS") {
        wire.say("220 go on");
        return wire.start_tls(*behaviour_.certificate);
    } else if (line.starts_with("AUTH")) {
        wire.say("334 ");
    } else if (line == "AHVzZXIAcGFzcw==") { // NUL user NUL pass
        wire.say("235 welcome");
    } else if (line.starts_with("RCPT")) {
        wire.say(behaviour_.rcpt_answer);
    } else if (line == "DATA") {
        in_data_ = true;
        wire.say("354 go on");
    } else if (line == "QUIT") {
        wire.say("221 bye");
        return false;
    } else {
        wire.say("250 ok");
    }
    return true;
}

} // namespace gatehouse::http::test
