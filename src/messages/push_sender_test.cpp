#include "messages/push_sender.hpp"

#include "base/json.hpp"
#include "jose/jws.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

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

} // namespace
} // namespace gatehouse::messages
