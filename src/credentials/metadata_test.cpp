#include "credentials/metadata.hpp"

#include "credentials/test_support/metadata_service.hpp"

#include <gtest/gtest.h>

namespace gatehouse::credentials::webauthn {
namespace {

namespace json = boost::json;

TimePoint const kNow = from_seconds(1'795'000'000);
Aaguid const kModel = *parse_aaguid("2fc0579f-8113-47ea-b116-bb5a8db9202a");

struct Blob : testing::Test {
    MetadataService service;
    MetadataSigner signer{.roots = {service.root()}, .host = "mds.example.com"};

    std::string said(std::string_view blob, TimePoint now = kNow) const
    {
        auto const read = Metadata::parse(blob, signer, {}, now);
        return read ? "passed" : read.error().code;
    }
};

TEST(Aaguids, AreUuidsOnly)
{
    EXPECT_EQ(to_text(kModel), "2fc0579f-8113-47ea-b116-bb5a8db9202a");
    EXPECT_FALSE(parse_aaguid("2fc0579f811347eab116bb5a8db9202a"));
    EXPECT_FALSE(parse_aaguid("2fc0579f-8113-47ea-b116-bb5a8db9202"));
    EXPECT_FALSE(parse_aaguid("2fc0579f-8113-47ea-b116-bb5a8db9202g"));
}

TEST_F(Blob, TellsTheRootsOfAModel)
{
    auto const root = Bytes{0x30, 0x00};
    auto const metadata =
        Metadata::parse(service.blob({{.model = kModel, .description = "A key", .roots = {root}},
                                      {.key = std::string(40, 'a'), .description = "An old key", .roots = {root}}}),
                        signer, {}, kNow);
    ASSERT_TRUE(metadata) << metadata.error().detail;
    ASSERT_TRUE(metadata->find(kModel));
    EXPECT_EQ(metadata->find(kModel)->description, "A key");
    EXPECT_EQ(metadata->find(kModel)->roots, std::vector<Bytes>{root});
    EXPECT_EQ(metadata->find(kModel)->distrusted, "");
    ASSERT_TRUE(metadata->find_by_key(Bytes(20, 0xaa)));
    EXPECT_EQ(metadata->find_by_key(Bytes(20, 0xaa))->description, "An old key");
    EXPECT_FALSE(metadata->find(Aaguid{0x01}));
    EXPECT_EQ(metadata->number(), 7);
    EXPECT_EQ(metadata->next_update(), "2026-12-01");
    EXPECT_EQ(metadata->size(), 2U);
}

TEST_F(Blob, OfAnotherSignerIsRefused)
{
    auto const blob = service.blob({{.model = kModel}});
    EXPECT_EQ(said(blob), "passed");
    EXPECT_EQ(said(blob + "\n"), "passed");
    auto const with = [&](MetadataSigner other) {
        auto const read = Metadata::parse(blob, other, {}, kNow);
        return read ? "passed" : read.error().code;
    };
    EXPECT_EQ(with({.roots = {MetadataService().root()}, .host = "mds.example.com"}), "metadata_untrusted");
    EXPECT_EQ(with({.roots = {}, .host = "mds.example.com"}), "metadata_untrusted");
    // The same authority vouches for the certificate of another host: it does not sign metadata.
    EXPECT_EQ(with({.roots = {service.root()}, .host = "mds.fidoalliance.org"}), "metadata_untrusted");
    EXPECT_EQ(said(blob, from_seconds(2'500'000'000)), "metadata_untrusted"); // expired
}

TEST_F(Blob, ThatWasChangedIsRefused)
{
    auto const blob = service.blob({{.model = kModel}});
    auto const first = blob.find('.'), second = blob.rfind('.');
    auto changed = blob;
    changed[first + 10] = changed[first + 10] == 'A' ? 'B' : 'A';
    EXPECT_NE(said(changed), "passed");
    auto const other = service.blob({{.model = Aaguid{0x01}}});
    // The signature of one BLOB under another's payload.
    EXPECT_EQ(said(other.substr(0, other.rfind('.')) + blob.substr(second)), "metadata_untrusted");
    EXPECT_EQ(said(blob.substr(0, second)), "metadata_malformed");
    EXPECT_EQ(said(blob + ".x"), "metadata_malformed");
    EXPECT_EQ(said(""), "metadata_malformed");
    EXPECT_EQ(said("e30.e30."), "metadata_malformed");
    // alg "none", with a good chain in the header.
    EXPECT_EQ(said(service.blob({{.model = kModel}}, "none")), "metadata_malformed");
}

TEST_F(Blob, AModelThatLostItsTrustIsTold)
{
    using Reports = std::vector<std::pair<std::string, std::string>>;
    auto const told = [&](Reports const& reports) {
        auto const metadata = Metadata::parse(service.blob({{.model = kModel, .reports = reports}}), signer, {}, kNow);
        return metadata ? metadata->find(kModel)->distrusted : metadata.error().code;
    };
    EXPECT_EQ(told({{"FIDO_CERTIFIED_L1", "2024-01-01"}}), "");
    EXPECT_EQ(told({{"NOT_FIDO_CERTIFIED", "2024-01-01"}}), "");
    EXPECT_EQ(told({{"FIDO_CERTIFIED", "2024-01-01"}, {"ATTESTATION_KEY_COMPROMISE", "2025-01-01"}}),
              "ATTESTATION_KEY_COMPROMISE");
    EXPECT_EQ(told({{"USER_KEY_REMOTE_COMPROMISE", "2024-01-01"}, {"UPDATE_AVAILABLE", "2025-01-01"}}), "");
    EXPECT_EQ(told({{"UPDATE_AVAILABLE", "2023-01-01"}, {"USER_KEY_REMOTE_COMPROMISE", "2024-01-01"}}),
              "USER_KEY_REMOTE_COMPROMISE");
    EXPECT_EQ(told({{"REVOKED", "2024-01-01"}, {"FIDO_CERTIFIED", "2025-01-01"}}), "REVOKED");
}

} // namespace
} // namespace gatehouse::credentials::webauthn
