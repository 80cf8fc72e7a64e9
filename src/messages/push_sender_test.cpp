#include "messages/push_sender.hpp"

#include "base/json.hpp"
#include "jose/jws.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::messages {
namespace {

// RFC 8292 sections 2 and 3.
TEST(Vapid, SaysWhoSendsToThisServiceAndUntilWhen)
{
    auto const key = jose::SigningKey::generate(jose::Algorithm::ES256).value();
    auto const now = from_seconds(1'795'000'000);
    auto const header =
        vapid_header(key, "https://push.example.net:8443/send/abc?x=1", "https://id.example.com", now).value();
    ASSERT_TRUE(header.starts_with("vapid t="));
    auto const comma = header.find(", k=");
    ASSERT_NE(comma, std::string::npos);
    auto const point = base64url_decode(header.substr(comma + 4)).value();
    EXPECT_EQ(point, application_server_key(key));
    ASSERT_EQ(point.size(), 65U);
    EXPECT_EQ(point.front(), 0x04);

    auto const verified = jose::verify(header.substr(8, comma - 8), jose::KeySet({key.public_key()}),
                                       jose::AlgorithmSet{jose::Algorithm::ES256});
    ASSERT_TRUE(verified) << verified.error().code;
    auto const claims = parse_json_object_strict(as_text(verified->payload)).value();
    EXPECT_EQ(claims.at("aud"), "https://push.example.net:8443") << "another service cannot use it";
    EXPECT_EQ(claims.at("sub"), "https://id.example.com");
    auto const life = claims.at("exp").as_int64() - to_seconds(now);
    EXPECT_GT(life, 0);
    EXPECT_LE(life, 24 * 3600);
}

// Whoever registers a device says where it is reached: nowhere inside the network.
TEST(PushSender, SendsNothingToAddressesInside)
{
    boost::asio::io_context context;
    auto const client = http::Client::create(context.get_executor());
    auto const work = boost::asio::make_work_guard(context);
    std::jthread const runner([&] { context.run(); });
    Push push{
        .endpoint = {},
        .keys = {.p256dh = base64url_decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8"
                                            "pZGH6SRpkNtoIAiw4")
                               .value(),
                 .auth = base64url_decode("BTBZMqHH6r4Tts7J_aSIgg").value()},
        .payload = "{}",
        .sender = jose::SigningKey::generate(jose::Algorithm::ES256).value(),
        .subject = "https://id.example.com"};
    for (auto const* const endpoint :
         {"https://127.0.0.1/send/1", "https://localhost/send/1", "https://169.254.169.254/latest/meta-data",
          "https://10.0.0.1:8443/", "https://[::1]/", "https://[fd00:ec2::254]/", "https://2130706433/"}) {
        push.endpoint = endpoint;
        auto const sent = boost::asio::co_spawn(context, send_push(*client, push, from_seconds(1'795'000'000)),
                                                boost::asio::use_future)
                              .get();
        EXPECT_EQ(sent ? "" : sent.error().code, "address_not_allowed") << endpoint;
    }
    client->stop();
    context.stop();
}

} // namespace
} // namespace gatehouse::messages
