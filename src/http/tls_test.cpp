#include "http/client.hpp"
#include "http/test_support/certificate_folder.hpp"
#include "http/test_support/raw_client.hpp"
#include "http/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::http {
namespace {

using test::CertificateFolder;
using test::LocalServer;

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

TEST(Tls, AuthoritiesAreReadOrRefusedWithTheFileThatHoldsThem)
{
    CertificateFolder const folder;
    EXPECT_TRUE(check_authorities(folder.certificate()));
    for (auto const& file : {folder.key(), std::string("/nowhere/ca.pem")}) {
        auto const refused = check_authorities(file);
        ASSERT_FALSE(refused) << file;
        EXPECT_EQ(refused.error().code, "certificate_unreadable");
        EXPECT_NE(refused.error().message.find(file), std::string::npos) << refused.error().message;
    }
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
