#include "vault/sealed.hpp"

#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"

#include <gtest/gtest.h>

namespace gatehouse::vault {
namespace {

using storage::Tx;

TimePoint const kNow = from_seconds(1'780'000'000);

class SealedTest : public testing::TestWithParam<storage::Engine> {
protected:
    storage::TestDatabase database{GetParam()};
    std::unique_ptr<Vault> vault = open_test_vault(*database, kNow);
    TenantId tenant = make_test_tenant(*database, *vault, kNow);

    std::string make(std::string_view payload = "payload", TimePoint now = kNow)
    {
        return *seal(*vault,
                     {.tenant = tenant,
                      .purpose = "code",
                      .binding = as_bytes("client-1"),
                      .expires_at = kNow + std::chrono::minutes(10)},
                     as_bytes(payload), now);
    }
    std::string outcome(std::string_view text, TimePoint now = kNow)
    {
        return outcome(text, {.tenant = tenant, .purpose = "code", .binding = as_bytes("client-1"), .now = now});
    }
    std::string outcome(std::string_view text, UnsealContext const& context)
    {
        auto const opened = vault::open(*vault, context, text);
        return opened ? std::string(as_text(*opened)) : opened.error().code;
    }
    void refresh(TimePoint now)
    {
        ASSERT_TRUE(database->read_now([&](Tx& tx) { return vault->refresh(tx, now); }));
    }
};
INSTANTIATE_TEST_SUITE_P(EveryBackend, SealedTest, storage::every_backend());

TEST_P(SealedTest, OpensForItsPurposeTenantAndBindingOnly)
{
    auto const text = make();
    EXPECT_EQ(outcome(text), "payload");
    EXPECT_EQ(make().size(), make().size());
    EXPECT_NE(make(), text);
    auto const other = make_test_tenant(*database, *vault, kNow);
    EXPECT_EQ(outcome(text, {.tenant = other, .purpose = "code", .binding = as_bytes("client-1"), .now = kNow}),
              "sealed_invalid");
    EXPECT_EQ(outcome(text, {.tenant = tenant, .purpose = "journey", .binding = as_bytes("client-1"), .now = kNow}),
              "sealed_invalid");
    EXPECT_EQ(outcome(text, {.tenant = tenant, .purpose = "code", .binding = as_bytes("client-2"), .now = kNow}),
              "sealed_invalid");
    EXPECT_EQ(outcome(text, {.tenant = tenant, .purpose = "code", .binding = {}, .now = kNow}), "sealed_invalid");
    EXPECT_EQ(outcome(make("")), "");
}

TEST_P(SealedTest, ExpiresToTheMoment)
{
    auto const text = make();
    auto const end = kNow + std::chrono::minutes(10);
    EXPECT_EQ(outcome(text, end - Duration(1)), "payload");
    EXPECT_EQ(outcome(text, end), "sealed_expired");
    EXPECT_EQ(
        vault::open(*vault, {.tenant = tenant, .purpose = "code", .binding = as_bytes("client-1"), .now = end}, text)
            .error()
            .kind,
        ErrorKind::gone);
}

TEST_P(SealedTest, EveryFlippedBitAndTruncationIsRefused)
{
    auto const bytes = *base64url_decode(make());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto changed = bytes;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        EXPECT_EQ(outcome(base64url_encode(changed)), "sealed_invalid") << bit;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_EQ(outcome(base64url_encode(ByteView(bytes).first(size))), "sealed_invalid");
    EXPECT_EQ(outcome(make() + "A"), "sealed_invalid");
    EXPECT_EQ(outcome(make() + "="), "sealed_invalid");
    EXPECT_EQ(outcome("not base64!"), "sealed_invalid");
    EXPECT_EQ(outcome(std::string(kMaximumSealedText + 4, 'A')), "sealed_invalid");
}

TEST_P(SealedTest, WhatIsTooLongToTravelIsAFault)
{
    auto const sealed = seal(*vault, {.tenant = tenant, .purpose = "x", .binding = {}, .expires_at = kNow},
                             Bytes(kMaximumSealedText), kNow);
    EXPECT_EQ(sealed.error().kind, ErrorKind::internal);
}

TEST_P(SealedTest, OldAndNewKeyOpenWhileTheKeyIsRotated)
{
    auto const old = make();
    ASSERT_TRUE(database->write_now(
        [&](Tx& tx) { return vault->rotate_sealing_key(tx, tenant, kNow, std::chrono::minutes(5)); }));
    refresh(kNow);
    auto const between = make(); // other nodes do not know the new key yet
    auto const fresh = make("payload", kNow + kKeyNotice);
    auto const epoch_of = [](std::string const& text) { return (*base64url_decode(text))[4]; };
    EXPECT_EQ(epoch_of(between), 1);
    EXPECT_EQ(epoch_of(fresh), 2);
    EXPECT_EQ(outcome(old, kNow + kKeyNotice), "payload");
    EXPECT_EQ(outcome(fresh, kNow + kKeyNotice), "payload");
    auto const over = kNow + kKeyNotice + std::chrono::minutes(5);
    EXPECT_EQ(outcome(old, over), "sealed_invalid");
    EXPECT_EQ(outcome(fresh, over), "payload");
}

TEST_P(SealedTest, ANewEpochEndsEverythingMadeBefore)
{
    auto const other = make_test_tenant(*database, *vault, kNow);
    auto const old = make();
    ASSERT_TRUE(database->write_now(
        [&](Tx& tx) { return vault->rotate_sealing_key(tx, tenant, kNow, std::chrono::hours(1)); }));
    ASSERT_TRUE(database->write_now([&](Tx& tx) { return vault->start_sealing_epoch(tx, kNow); }));
    refresh(kNow);
    EXPECT_EQ(outcome(old), "sealed_invalid");
    EXPECT_EQ(outcome(make()), "payload");
    EXPECT_EQ(*vault->sealing_epoch(tenant, kNow), 3u);
    EXPECT_EQ(*vault->sealing_epoch(other, kNow), 2u);
    vault = open_test_vault(*database, kNow);
    EXPECT_EQ(outcome(old), "sealed_invalid");
}

} // namespace
} // namespace gatehouse::vault
