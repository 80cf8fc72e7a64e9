#include "crypto/push_encryption.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace gatehouse::crypto {
namespace {

Bytes decode(std::string_view text)
{
    return base64url_decode(text).value();
}

PushKeys const kReceiver{
    .p256dh = decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
    .auth = decode("BTBZMqHH6r4Tts7J_aSIgg")};

// RFC 8291 section 5 and appendix A.
TEST(PushEncryption, TheExampleOfTheStandardComesOut)
{
    PushSecrets secrets{.salt = {}, .private_key = decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")};
    std::ranges::copy(decode("DGv6ra1nlYgDCS1FRnbzlw"), secrets.salt.begin());
    auto const body = encrypt_push(kReceiver, as_bytes("When I grow up, I want to be a watermelon"), secrets);
    ASSERT_TRUE(body);
    EXPECT_EQ(base64url_encode(*body),
              "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK"
              "6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(PushEncryption, NoTwoMessagesAreAlike)
{
    auto const first = encrypt_push(kReceiver, as_bytes("hello"));
    auto const second = encrypt_push(kReceiver, as_bytes("hello"));
    ASSERT_TRUE(first && second);
    EXPECT_NE(*first, *second);
    EXPECT_EQ(first->size(), 16U + 4 + 1 + 65 + 5 + 1 + 16);
}

TEST(PushEncryption, KeysThatAreNoneAreRefused)
{
    auto const said = [](PushKeys const& keys) {
        auto const checked = check_push_keys(keys);
        return checked ? "passed" : checked.error().code;
    };
    EXPECT_EQ(said(kReceiver), "passed");
    auto keys = kReceiver;
    keys.auth.pop_back();
    EXPECT_EQ(said(keys), "push_keys_invalid");
    keys = kReceiver;
    keys.p256dh[40] ^= 1; // no point of the curve any more
    EXPECT_EQ(said(keys), "push_keys_invalid");
    EXPECT_FALSE(encrypt_push(keys, as_bytes("hello")));
    keys.p256dh = Bytes(65, 0);
    EXPECT_EQ(said(keys), "push_keys_invalid");
    EXPECT_EQ(encrypt_push(kReceiver, Bytes(kLargestPush + 1)).error().code, "push_too_large");
}

} // namespace
} // namespace gatehouse::crypto
