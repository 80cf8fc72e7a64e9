#include "http/client.hpp"
#include "http/test_support/raw_client.hpp"
#include "http/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <thread>

namespace gatehouse::http {
namespace {

using test::LocalServer;

// A folder with a self-signed certificate for localhost.
class CertificateFolder {
public:
    CertificateFolder()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "gatehouse-tls-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
        write(1);
    }
    ~CertificateFolder() { std::filesystem::remove_all(path_); }
    std::string certificate() const { return path_ / "certificate.pem"; }
    std::string key() const { return path_ / "key.pem"; }

    void write(long serial) const
    {
        auto* key_pair = EVP_EC_gen("P-256");
        auto* x509 = X509_new();
        X509_set_version(x509, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
        X509_gmtime_adj(X509_getm_notBefore(x509), -60);
        X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
        X509_set_pubkey(x509, key_pair);
        auto* name = X509_get_subject_name(x509);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>("localhost"), -1,
                                   -1, 0);
        X509_set_issuer_name(x509, name);
        auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
        X509_add_ext(x509, names, -1);
        X509_EXTENSION_free(names);
        X509_sign(x509, key_pair, EVP_sha256());
        auto* file = std::fopen(key().c_str(), "w");
        PEM_write_PrivateKey(file, key_pair, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
        file = std::fopen(certificate().c_str(), "w");
        PEM_write_X509(file, x509);
        std::fclose(file);
        X509_free(x509);
        EVP_PKEY_free(key_pair);
    }

private:
    std::filesystem::path path_;
};

Task<Response> echo(Request&& request)
{
    co_return Response::text(200, fmt::format("{} {}", request.secure ? "https" : "http", request.body));
}

ServerOptions options_for(CertificateFolder const& folder)
{
    ServerOptions options;
    options.certificate_file = folder.certificate();
    options.private_key_file = folder.key();
    return options;
}

Result<ClientResponse> fetch(LocalServer& server, std::string const& authorities, std::string body = "")
{
    auto const name = fmt::format("localhost:{}", server.port());
    auto const client =
        Client::create(server.server().executor(), {.allowed_hosts = {name}, .certificate_authorities = authorities});
    return boost::asio::co_spawn(
               server.server().executor(),
               client->fetch({.method = Method::post, .url = "https://" + name + "/", .body = std::move(body)}),
               boost::asio::use_future)
        .get();
}

TEST(Tls, ServesAndVerifies)
{
    CertificateFolder folder;
    LocalServer server(echo, options_for(folder), [](Method, std::string_view) { return RouteLimits{1'000'000}; });
    auto const answer = fetch(server, folder.certificate(), std::string(500'000, 'x'));
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->body, "https " + std::string(500'000, 'x'));
    // Who does not know the certificate is not served by the client.
    EXPECT_EQ(fetch(server, "").error().code, "tls_failed");
    // Plain text on the TLS port is cut.
    test::RawClient plain(server.port());
    plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const seen = plain.read_to_end();
    EXPECT_EQ(seen.find("HTTP"), std::string::npos);
    EXPECT_GE(server.server().statistics().tls_failures, 1u);
}

TEST(Tls, AHandshakeThatDoesNotEndIsCut)
{
    CertificateFolder folder;
    auto options = options_for(folder);
    options.header_timeout = std::chrono::milliseconds(50);
    LocalServer server(echo, options);
    test::RawClient silent(server.port());
    EXPECT_TRUE(silent.closed());
}

TEST(Tls, ANewCertificateIsTakenWithoutARestart)
{
    CertificateFolder folder;
    LocalServer server(echo, options_for(folder));
    auto const old = folder.certificate() + ".old";
    std::filesystem::copy_file(folder.certificate(), old);
    ASSERT_TRUE(fetch(server, folder.certificate()));
    folder.write(2);
    ASSERT_TRUE(server.server().reload_certificate());
    auto const answer = fetch(server, folder.certificate());
    EXPECT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(fetch(server, old).error().code, "tls_failed");
}

TEST(Tls, AChangedFileIsNoticedAndABrokenOneLeavesTheOldInUse)
{
    CertificateFolder folder;
    CertificateFiles files(folder.certificate(), folder.key());
    ASSERT_TRUE(files.reload());
    auto const first = files.current();
    files.reload_if_changed();
    EXPECT_EQ(files.current(), first);
    std::filesystem::resize_file(folder.certificate(), 10);
    files.reload_if_changed();
    EXPECT_EQ(files.current(), first);
    auto const failed = files.reload();
    EXPECT_EQ(failed.error().code, "certificate_unreadable");
    EXPECT_NE(failed.error().message.find(folder.certificate()), std::string::npos);
    folder.write(3);
    files.reload_if_changed();
    EXPECT_NE(files.current(), first);
}

TEST(Tls, AKeyOfAnotherCertificateIsRefused)
{
    CertificateFolder one;
    CertificateFolder two;
    ServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.certificate_file = one.certificate();
    options.private_key_file = two.key();
    EXPECT_EQ(Server::create(options, {{}, echo}).error().code, "certificate_unreadable");
    options.private_key_file = "/nowhere";
    EXPECT_EQ(Server::create(options, {{}, echo}).error().code, "certificate_unreadable");
}

} // namespace
} // namespace gatehouse::http
