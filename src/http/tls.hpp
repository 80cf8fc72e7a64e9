// The server's certificate, read from files and read again when they change.
#pragma once

#include "base/result.hpp"

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <string>

namespace gatehouse::http {

// Whether `file` holds certificates (PEM) that can be trusted. Error: "certificate_unreadable".
Result<void> check_authorities(std::string const& file);

class CertificateFiles {
public:
    CertificateFiles(std::string certificate, std::string private_key);
    // Error: "certificate_unreadable", with the file and the reason; the old one then stays in use.
    Result<void> reload();
    // Reads again if a file changed since it was last read. False when that failed (it has been logged).
    void reload_if_changed();
    std::shared_ptr<boost::asio::ssl::context> current() const;

private:
    std::string stamp() const; // changes whenever a file does

    std::string certificate_, private_key_;
    std::string stamp_;
    mutable std::mutex mutex_;
    std::shared_ptr<boost::asio::ssl::context> context_;
};

} // namespace gatehouse::http
