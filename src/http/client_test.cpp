#include "http/client.hpp"

#include "http/test_support/raw_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::http {
namespace {

using test::LocalServer;

Task<Response> answer(Request&& request)
{
    if (request.path == "/redirect")
        co_return Response::redirect(302, std::string(request.query.get("to")));
    if (request.path == "/large")
        co_return Response::text(200, std::string(100'000, 'x'));
    if (request.path == "/slow") {
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::milliseconds(200));
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_return Response::text(request.path == "/missing" ? 404 : 200,
                             fmt::format("{} {} {}|{}|{}|{}", to_string(request.method), request.path,
                                         request.header("User-Agent"), request.header("Authorization"),
                                         request.header("Content-Type"), request.body))
        .header("X-Seen", "yes");
}

class HttpClient : public testing::Test {
protected:
    LocalServer server_{answer};
    std::string base_ = fmt::format("http://localhost:{}", server_.port());
    std::shared_ptr<Client> client_ = make({fmt::format("localhost:{}", server_.port())});

    std::shared_ptr<Client> make(std::vector<std::string> allowed)
    {
        return Client::create(server_.server().executor(), {.allowed_hosts = std::move(allowed), .user_agent = "test"});
    }
    Result<ClientResponse> fetch(std::shared_ptr<Client> const& client, ClientRequest request)
    {
        return boost::asio::co_spawn(server_.server().executor(), client->fetch(std::move(request)),
                                     boost::asio::use_future)
            .get();
    }
    Result<ClientResponse> fetch(ClientRequest request) { return fetch(client_, std::move(request)); }
};

TEST_F(HttpClient, FetchesFromAServerThatIsAllowedByName)
{
    auto const got = fetch({.url = base_ + "/a#fragment"}).value();
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "GET /a test|||");
    EXPECT_EQ(got.headers.find("x-seen"), "yes");
    EXPECT_EQ(got.url, base_ + "/a");
    auto const posted = fetch({.method = Method::post,
                               .url = base_ + "/p",
                               .headers = {{"Authorization", "Bearer t"}, {"Content-Type", "application/json"}},
                               .body = "{\"a\":1}"})
                            .value();
    EXPECT_EQ(posted.body, "POST /p test|Bearer t|application/json|{\"a\":1}");
    EXPECT_EQ(fetch({.method = Method::delete_, .url = base_ + "/d"}).value().body, "DELETE /d test|||");
    EXPECT_EQ(fetch({.method = Method::put, .url = base_ + "/u", .body = "x"}).value().body, "PUT /u test|||x");
    EXPECT_EQ(fetch({.method = Method::head, .url = base_ + "/h"}).value().body, "");
    EXPECT_EQ(fetch({.url = base_ + "/missing"}).value().status, 404);
}

// The attacker names an address inside the network in every spelling there is.
TEST_F(HttpClient, RequestsToPrivateAddressesAreRefused)
{
    auto const strict = make({});
    auto const port = server_.port();
    for (std::string_view const host : {"127.0.0.1",       "localhost",      "LOCALHOST",
                                        "127.1",           "2130706433",     "0x7f000001",
                                        "0177.0.0.1",      "0.0.0.0",        "0",
                                        "[::1]",           "[::]",           "[::ffff:127.0.0.1]",
                                        "[::ffff:7f00:1]", "[::127.0.0.1]",  "[64:ff9b::7f00:1]",
                                        "169.254.169.254", "10.0.0.1",       "192.168.1.1",
                                        "172.16.0.1",      "100.64.0.1",     "224.0.0.1",
                                        "255.255.255.255", "[fe80::1]",      "[fd00:ec2::254]",
                                        "[2002:7f00:1::]", "%31%32%37.0.0.1"}) {
        auto const got = fetch(strict, {.url = fmt::format("http://{}:{}/", host, port)});
        ASSERT_FALSE(got) << host;
        EXPECT_EQ(got.error().code, "address_not_allowed") << host << " " << got.error().detail;
    }
    EXPECT_EQ(server_.server().statistics().connections, 0u);
    // The resolver may or may not know this one; it never leads inside.
    EXPECT_FALSE(fetch(strict, {.url = fmt::format("http://localhost.:{}/", port)}));
    EXPECT_EQ(server_.server().statistics().connections, 0u);
    // Another port of an allowed host is not allowed.
    EXPECT_EQ(fetch(make({"localhost:1"}), {.url = base_}).error().code, "address_not_allowed");
}

TEST_F(HttpClient, OtherSchemesAndMalformedAddressesAreRefused)
{
    for (std::string_view const url : {"file:///etc/passwd", "ftp://localhost/", "gopher://localhost:25/",
                                       "localhost:80", "http://u:p@localhost/", "dict://localhost/", "http://[::1", ""})
        EXPECT_EQ(fetch({.url = std::string(url)}).error().code, "invalid_url") << url;
    EXPECT_EQ(fetch({.url = base_, .headers = {{"A", "b\r\nEvil: 1"}}}).error().code, "invalid_header");
}

TEST_F(HttpClient, RedirectsAreFollowedOnlyWhenAskedAndNeverInside)
{
    auto const to = [&](std::string const& target) { return base_ + "/redirect?to=" + percent_encode(target); };
    EXPECT_EQ(fetch({.url = to("/a")}).value().status, 302);
    EXPECT_EQ(fetch({.url = to("/a"), .redirects = 1}).value().body, "GET /a test|||");
    EXPECT_EQ(fetch({.url = to(to("/a")), .redirects = 1}).error().code, "too_many_redirects");
    EXPECT_EQ(fetch({.url = to(fmt::format("http://127.0.0.1:{}/a", server_.port())), .redirects = 5}).error().code,
              "address_not_allowed");
    EXPECT_EQ(fetch({.url = to("file:///etc/passwd"), .redirects = 5}).error().code, "invalid_url");
    EXPECT_EQ(fetch({.method = Method::post, .url = to("/a"), .redirects = 5}).value().status, 302);

    // Credentials stay with the server they were meant for.
    auto const both = make({fmt::format("localhost:{}", server_.port()), fmt::format("127.0.0.1:{}", server_.port())});
    auto const other = to(fmt::format("http://127.0.0.1:{}/a", server_.port()));
    EXPECT_EQ(fetch(both, {.url = other, .headers = {{"Authorization", "Bearer t"}}, .redirects = 1}).value().body,
              "GET /a test|||");
    EXPECT_EQ(fetch(both, {.url = to("/a"), .headers = {{"Authorization", "Bearer t"}}, .redirects = 1}).value().body,
              "GET /a test|Bearer t||");
}

TEST_F(HttpClient, SizeAndTimeAreLimited)
{
    EXPECT_EQ(fetch({.url = base_ + "/large", .response_limit = 99'999}).error().code, "response_too_large");
    EXPECT_EQ(fetch({.url = base_ + "/large", .response_limit = 100'000}).value().body.size(), 100'000u);
    EXPECT_EQ(fetch({.url = base_ + "/slow", .timeout = std::chrono::milliseconds(50)}).error().code,
              "request_timed_out");
    auto const closed = make({"localhost:1"});
    EXPECT_EQ(fetch(closed, {.url = "http://localhost:1/"}).error().code, "connection_failed");
    auto const none = Client::create(server_.server().executor(), {.concurrency = 0});
    EXPECT_EQ(fetch(none, {.url = base_}).error().code, "client_busy");
}

TEST_F(HttpClient, TheEnvironmentNamesNoProxy)
{
    ::setenv("http_proxy", "http://localhost:1", 1);
    EXPECT_EQ(fetch({.url = base_ + "/a"}).value().status, 200);
    ::unsetenv("http_proxy");
}

TEST_F(HttpClient, ManyFetchAtOnceFromAnyThread)
{
    std::vector<std::future<Result<ClientResponse>>> running;
    for (int i = 0; i < 100; ++i)
        running.push_back(boost::asio::co_spawn(server_.server().executor(),
                                                client_->fetch({.url = fmt::format("{}/{}", base_, i)}),
                                                boost::asio::use_future));
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(running[static_cast<std::size_t>(i)].get().value().body, fmt::format("GET /{} test|||", i));
}

TEST_F(HttpClient, StopEndsWhatIsUnderWay)
{
    auto running = boost::asio::co_spawn(server_.server().executor(), client_->fetch({.url = base_ + "/slow"}),
                                         boost::asio::use_future);
    while (server_.server().statistics().requests == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client_->stop();
    EXPECT_EQ(running.get().error().code, "connection_failed");
    EXPECT_EQ(fetch({.url = base_}).error().code, "client_busy");
}

} // namespace
} // namespace gatehouse::http
