// A folder with a self-signed certificate for localhost, which is its own authority.
#pragma once

#include <filesystem>
#include <string>

namespace gatehouse::http::test {

class CertificateFolder {
public:
    CertificateFolder();
    ~CertificateFolder();
    CertificateFolder(CertificateFolder const&) = delete;
    CertificateFolder& operator=(CertificateFolder const&) = delete;

    std::string certificate() const { return path_ / "certificate.pem"; }
    std::string key() const { return path_ / "key.pem"; }
    // A new key pair and certificate in place of the present ones.
    void write(long serial) const;

private:
    std::filesystem::path path_;
};

} // namespace gatehouse::http::test
