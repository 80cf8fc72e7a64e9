#include "http/server.hpp"

#include "base/log.hpp"
#include "http/test_support/raw_client.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::http {
namespace {

using test::LocalServer;
using test::RawClient;

// Answers with what it saw.
Task<Response> echo(Request&& request)
{
    auto text = fmt::format("{} {}|{}|{}|{}|{}", to_string(request.method), request.path, request.host,
                            request.secure ? "https" : "http", request.client_address, request.body);
    co_return Response::text(200, std::move(text));
}

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HttpServer, AnswersAndKeepsTheConnection)
{
    LocalServer server(echo);
    RawClient client(server.port());
    for (int i = 0; i < 3; ++i) {
        client.send(kGet);
        auto const answer = client.read();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "GET /a|x|http|127.0.0.1|");
        EXPECT_TRUE(answer.headers.contains("Date"));
        EXPECT_EQ(answer.headers.find("X-Request-Id")->size(), 36u);
        EXPECT_FALSE(answer.headers.contains("Connection"));
    }
    auto const statistics = server.server().statistics();
    EXPECT_EQ(statistics.connections, 1u);
    EXPECT_EQ(statistics.requests, 3u);
    EXPECT_EQ(statistics.responses[2], 3u);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder)
{
    LocalServer server(echo);
    RawClient client(server.port());
    std::string all;
    for (int i = 0; i < 100; ++i)
        all += fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", i);
    client.send(all);
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(client.read().body, fmt::format("POST /{}|x|http|127.0.0.1|body", i));
}

TEST(HttpServer, TakesARequestByteByByte)
{
    LocalServer server(echo);
    RawClient client(server.port());
    for (auto const c : std::string_view("POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                         "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"))
        client.send({&c, 1});
    EXPECT_EQ(client.read().body, "POST /b|x|http|127.0.0.1|abcde");
}

TEST(HttpServer, HeadHasTheLengthButNoBody)
{
    LocalServer server(echo);
    RawClient client(server.port());
    client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const answer = client.read(true);
    EXPECT_EQ(answer.headers.find("Content-Length"), "25");
    client.send(kGet);
    EXPECT_EQ(client.read().body, "GET /a|x|http|127.0.0.1|");
}

TEST(HttpServer, ClosesWhenAsked)
{
    LocalServer server(echo);
    for (std::string_view const request :
         {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\nHost: x\r\n\r\n"}) {
        RawClient client(server.port());
        client.send(request);
        EXPECT_EQ(client.read().headers.find("Connection"), "close");
        EXPECT_TRUE(client.closed());
    }
}

TEST(HttpServer, SendsLargeBodiesWhole)
{
    auto const large = std::make_shared<std::string const>(8 * 1024 * 1024, 'x');
    LocalServer server([large](Request&&) -> Task<Response> {
        Response response;
        response.shared_body = large;
        co_return response;
    });
    RawClient client(server.port());
    client.send(kGet);
    client.send(kGet);
    EXPECT_EQ(client.read().body, *large);
    EXPECT_EQ(client.read().body, *large);
}

TEST(HttpServer, AsksForTheBodyWhenTheClientExpectsIt)
{
    log::Capture const quiet;
    LocalServer server(echo);
    RawClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().raw, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ok");
    EXPECT_EQ(client.read().body, "POST /|x|http|127.0.0.1|ok");

    auto const limited = [](Method, std::string_view) { return RouteLimits{1}; };
    LocalServer small(echo, {}, limited);
    RawClient second(small.port());
    second.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(second.read().status, 413); // before a byte of the body was sent
}

TEST(HttpServer, RefusesLargeBodiesByRoute)
{
    log::Capture const quiet;
    auto const limits = [](Method, std::string_view path) { return RouteLimits{path == "/large" ? 100'000u : 10u}; };
    LocalServer server(echo, {}, limits);
    auto const post = [&](std::string_view path, std::size_t size) {
        RawClient client(server.port());
        client.send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", path, size));
        client.send(std::string(size, 'x'));
        return client.read().status;
    };
    EXPECT_EQ(post("/", 10), 200);
    EXPECT_EQ(post("/", 11), 413);
    EXPECT_EQ(post("/", 3'000'000), 413);
    EXPECT_EQ(post("/large", 100'000), 200);
    auto const chunked = server.ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890");
    EXPECT_EQ(chunked.status, 413);
}

TEST(HttpServer, RefusesOversizedHeaders)
{
    log::Capture const quiet;
    LocalServer server(echo);
    EXPECT_EQ(server.ask("GET /" + std::string(20'000, 'a')).status, 414);
    EXPECT_EQ(server.ask("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(40'000, 'a')).status, 431);
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 101; ++i)
        many += "A: b\r\n";
    EXPECT_EQ(server.ask(many + "\r\n").status, 431);
}

// What two programs could read differently is never read at all: it ends the connection.
TEST(HttpServer, RequestSmugglingIsRefused)
{
    log::Capture const quiet;
    LocalServer server(echo);
    struct Case {
        int status;
        std::string_view bytes;
    };
    for (auto const& [status, bytes] : std::initializer_list<Case>{
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
             {501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
             {501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
             {501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"},
             {400, "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\n Transfer-Encoding: chunked\r\n\r\n"},
             {400, "GET / HTTP/1.1\nHost: x\n\n"},
             {400, "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n"},
             {400, std::string_view("GET / HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n", 35)},
             {400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\x7f\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\nHost: x/../y\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\nHost: x@y\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\nHost: x:99999999\r\n\r\n"},
             {400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
             {400, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
             {400, "GET / a HTTP/1.1\r\nHost: x\r\n\r\n"},
             {400, "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"},
             {400, "GET /\r\nHost: x\r\n\r\n"},
             {400, "G\x80T / HTTP/1.1\r\nHost: x\r\n\r\n"},
             {505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"},
             {400, "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\nx\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nx\r\n"},
             {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n folded: x\r\n\r\n"},
             {417, "POST / HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\n\r\n"},
         }) {
        RawClient client(server.port());
        client.send(bytes);
        auto const answer = client.read();
        EXPECT_EQ(answer.status, status) << bytes;
        EXPECT_EQ(answer.headers.find("Connection"), "close") << bytes;
        EXPECT_EQ(answer.headers.find("Content-Type"), "application/problem+json");
        client.send(kGet);
        EXPECT_TRUE(client.closed()) << bytes;
    }
}

TEST(HttpServer, PathTricksAreRefused)
{
    log::Capture const quiet;
    LocalServer server(echo);
    for (std::string_view const target :
         {"/../etc", "/a/../b",  "/a/./b",   "/a/..",   "/%2e%2e/b", "/a/.%2E/b", "/a%2fb",     "/a%5cb",
          "/a\\b",   "/%00",     "/%0a",     "/%zz",    "/%c3",      "/%ff",      "/a#b",       "*",
          "a",       "//x/../y", "ftp://x/", "/?a=%zz", "/?a=%00",   "http:///",  "http://x@y/"})
        EXPECT_EQ(server.ask(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target)).status, 400) << target;
}

TEST(HttpServer, DecodesThePathOnce)
{
    LocalServer server(echo);
    EXPECT_EQ(server.ask("GET /%C3%A4%252e HTTP/1.1\r\nHost: X.example:80\r\n\r\n").body,
              "GET /\xc3\xa4%2e|x.example:80|http|127.0.0.1|");
    EXPECT_EQ(server.ask("GET http://Other.example:81?a=b HTTP/1.1\r\nHost: x\r\n\r\n").body,
              "GET /|other.example:81|http|127.0.0.1|");
}

TEST(HttpServer, ExceptionsBecomeA500WithTheRequestIdAndALogLine)
{
    log::Capture const lines;
    LocalServer server([](Request&&) -> Task<Response> {
        throw std::runtime_error("the reason");
        co_return Response{};
    });
    RawClient client(server.port());
    client.send(kGet);
    auto const answer = client.read();
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("the reason"), std::string::npos);
    auto const id = std::string(answer.headers.find("X-Request-Id").value());
    EXPECT_NE(answer.body.find(id), std::string::npos);
    EXPECT_NE(lines.text().find("request_id=" + id), std::string::npos);
    EXPECT_NE(lines.text().find("the reason"), std::string::npos);
    client.send(kGet);
    EXPECT_EQ(client.read().status, 500); // the connection lives on
}

TEST(HttpServer, ARefusedRequestIsFoundInTheLogByItsIdWithoutItsQuery)
{
    log::Capture const lines;
    LocalServer server([](Request&& request) -> Task<Response> {
        co_return problem(refuse(ErrorKind::not_found, "gone", "Gone.").error(), request.request_id);
    });
    auto const answer = server.ask("GET /setup?token=secret HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const id = std::string(answer.headers.find("X-Request-Id").value());
    EXPECT_NE(lines.text().find("request_id=" + id + " method=GET path=/setup status=404"), std::string::npos)
        << lines.text();
    EXPECT_EQ(lines.text().find("secret"), std::string::npos);
}

TEST(HttpServer, AHeaderThatWouldSplitTheResponseIsNotSent)
{
    log::Capture const lines;
    LocalServer server([](Request&&) -> Task<Response> { co_return Response::see_other("/a\r\nSet-Cookie: evil=1"); });
    auto const answer = server.ask(kGet);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.raw.find("evil"), std::string::npos);
}

TEST(HttpServer, SlowHeadersAndBodiesAreCut)
{
    log::Capture const quiet;
    ServerOptions options;
    options.header_timeout = options.body_timeout = std::chrono::milliseconds(80);
    LocalServer server(echo, options);
    EXPECT_EQ(server.ask("GET / HTTP/1.1\r\nHost: x\r\n").status, 408);
    EXPECT_EQ(server.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel").status, 408);

    // Drop by drop does not help: the time is for the whole header.
    RawClient slow(server.port());
    slow.send("GET / HTTP/1.1\r\n");
    auto dripping = std::async(std::launch::async, [&] {
        for (int i = 0; i < 30; ++i) {
            slow.send("A: b\r\n");
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    EXPECT_EQ(slow.read().status, 408);
    dripping.wait();
    EXPECT_EQ(server.server().statistics().timeouts, 3u);
}

TEST(HttpServer, IdleConnectionsAreClosedSilently)
{
    ServerOptions options;
    options.idle_timeout = std::chrono::milliseconds(50);
    LocalServer server(echo, options);
    RawClient client(server.port());
    client.send(kGet);
    client.read();
    EXPECT_TRUE(client.closed());
}

TEST(HttpServer, AReaderThatDoesNotReadIsCut)
{
    ServerOptions options;
    options.write_timeout = std::chrono::milliseconds(50);
    auto const large = std::make_shared<std::string const>(64 * 1024 * 1024, 'x');
    LocalServer server(
        [large](Request&&) -> Task<Response> {
            Response response;
            response.shared_body = large;
            co_return response;
        },
        options);
    RawClient client(server.port());
    client.send(kGet);
    while (server.server().statistics().timeouts == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_LT(client.read_to_end().size(), large->size());
}

TEST(HttpServer, AThousandIdleConnectionsDoNotKeepOthersOut)
{
    LocalServer server(echo);
    std::vector<RawClient> idle;
    for (int i = 0; i < 1000; ++i)
        idle.emplace_back(server.port());
    EXPECT_EQ(server.ask(kGet).status, 200);
    idle[999].send(kGet);
    EXPECT_EQ(idle[999].read().status, 200);
    EXPECT_GE(server.server().statistics().open_connections, 1000u);
}

TEST(HttpServer, ConnectionsAreLimitedInAllAndByAddress)
{
    ServerOptions options;
    options.connections_per_address = 3;
    LocalServer server(echo, options);
    std::vector<RawClient> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(server.port());
        clients.back().send(kGet);
        EXPECT_EQ(clients.back().read().status, 200);
    }
    RawClient fourth(server.port());
    EXPECT_TRUE(fourth.closed());
    EXPECT_EQ(server.server().statistics().refused_connections, 1u);

    // A trusted proxy speaks for many; the limit of all holds for it too.
    options.trusted_proxies = {"127.0.0.1"};
    options.connection_limit = 4;
    LocalServer behind(echo, options);
    clients.clear();
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back(behind.port());
        clients.back().send(kGet);
        EXPECT_EQ(clients.back().read().status, 200);
    }
    EXPECT_TRUE(RawClient(behind.port()).closed());
}

TEST(HttpServer, SpoofedProxyHeadersFromAnUntrustedPeerAreIgnored)
{
    LocalServer server(echo);
    auto const answer = server.ask("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n"
                                   "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Request-Id: mine\r\n\r\n");
    EXPECT_EQ(answer.body, "GET /|x|http|127.0.0.1|");
    EXPECT_NE(answer.headers.find("X-Request-Id"), "mine");
}

TEST(HttpServer, ATrustedProxyIsBelieved)
{
    ServerOptions options;
    options.trusted_proxies = {"127.0.0.0/8"};
    LocalServer server(echo, options);
    auto const answer = server.ask("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9, 1.2.3.4\r\n"
                                   "X-Forwarded-Proto: https\r\nX-Forwarded-Host: Login.example\r\n"
                                   "X-Request-Id: abc-1\r\n\r\n");
    EXPECT_EQ(answer.body, "GET /|login.example|https|1.2.3.4|");
    EXPECT_EQ(answer.headers.find("X-Request-Id"), "abc-1");
}

TEST(HttpServer, StopFinishesWhatIsUnderWay)
{
    std::promise<void> entered;
    LocalServer server([&](Request&&) -> Task<Response> {
        entered.set_value();
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::milliseconds(100));
        co_await timer.async_wait(boost::asio::use_awaitable);
        co_return Response::text(200, "finished");
    });
    RawClient idle(server.port());
    RawClient busy(server.port());
    busy.send(kGet);
    entered.get_future().wait();
    auto const port = server.port();
    server.server().stop();
    auto const answer = busy.read();
    EXPECT_EQ(answer.body, "finished");
    EXPECT_EQ(answer.headers.find("Connection"), "close");
    EXPECT_TRUE(busy.closed());
    EXPECT_TRUE(idle.closed());
    EXPECT_THROW(RawClient{port}, std::runtime_error);
    server.server().stop(); // a second time is harmless
}

TEST(HttpServer, StopCutsWhatDoesNotFinishInTime)
{
    log::Capture const lines;
    ServerOptions options;
    options.drain_timeout = std::chrono::milliseconds(50);
    std::promise<void> entered;
    LocalServer server(
        [&](Request&&) -> Task<Response> {
            entered.set_value();
            boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::hours(1));
            co_await timer.async_wait(boost::asio::use_awaitable);
            co_return Response::empty();
        },
        options);
    RawClient client(server.port());
    client.send(kGet);
    entered.get_future().wait();
    server.server().stop();
    EXPECT_NE(lines.text().find("connections are cut"), std::string::npos);
}

TEST(HttpServer, SaysWhichAddressItCannotListenOn)
{
    LocalServer first(echo);
    for (auto const& listen : {fmt::format("127.0.0.1:{}", first.port()), std::string("nonsense"),
                               std::string("example.com:80"), std::string("127.0.0.1:99999")}) {
        ServerOptions options;
        options.listen = {listen};
        auto const second = Server::create(options, {{}, echo});
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, "listen_failed");
        EXPECT_NE(second.error().message.find(listen), std::string::npos);
    }
}

} // namespace
} // namespace gatehouse::http
