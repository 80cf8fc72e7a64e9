// What others made: the examples of W3C Web Authentication Level 3 section 16, byte for byte.
#include "credentials/webauthn.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <gtest/gtest.h>

namespace gatehouse::credentials::webauthn {
namespace {

namespace json = boost::json;

std::string from_hex(std::string_view hex)
{
    return base64url_encode(*hex_decode(hex));
}

// Section 16.2, "ES256 Credential with No Attestation".
constexpr std::string_view kId = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
constexpr std::string_view kRegistrationChallenge = "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130";
constexpr std::string_view kRegistrationClientData =
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765"
    "223a22414d4d507434557878475453746e63647134313759447742466938767049612d70"
    "77386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c"
    "652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261446174"
    "61223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077"
    "697468206164646974696f6e616c206669656c647320696e20746865206675747572652c"
    "207375636820617320746869733a20426b5165446a646354427258426941774a544c4535"
    "51227d";
constexpr std::string_view kAttestationObject =
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc3743295"
    "8b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab"
    "1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33"
    "ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20d"
    "b90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c1"
    "2cc68ed73290af2e2664796b9220";
constexpr std::string_view kAssertionChallenge = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408";
constexpr std::string_view kAuthenticatorData =
    "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
constexpr std::string_view kAssertionClientData =
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a22"
    "4f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a636858"
    "79617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f"
    "7267222c2263726f73734f726967696e223a66616c73657d";
constexpr std::string_view kSignature = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd"
                                        "380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";

TEST(WebAuthnExamples, TheExampleOfTheStandardRegistersAndSignsIn)
{
    auto const id = from_hex(kId);
    auto const challenge = *hex_decode(kRegistrationChallenge);
    Expected expected{.party = *relying_party_at("https://example.org", "Example"), .challenge = challenge};
    auto const made = verify_registration(expected, {{"id", id},
                                                     {"rawId", id},
                                                     {"type", "public-key"},
                                                     {"response",
                                                      {{"clientDataJSON", from_hex(kRegistrationClientData)},
                                                       {"attestationObject", from_hex(kAttestationObject)}}}});
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ(made->credential_id, *hex_decode(kId));
    EXPECT_EQ(hex_encode(made->aaguid), "8446ccb9ab1db374750b2367ff6f3a1f");
    EXPECT_EQ(made->algorithm, Algorithm::es256);
    EXPECT_EQ(made->counter, 0U);
    EXPECT_FALSE(made->user_verified);
    EXPECT_TRUE(made->backup_eligible);
    EXPECT_TRUE(made->backed_up);

    auto const next = *hex_decode(kAssertionChallenge);
    expected.challenge = next;
    json::object const assertion{{"id", id},
                                 {"rawId", id},
                                 {"type", "public-key"},
                                 {"response",
                                  {{"clientDataJSON", from_hex(kAssertionClientData)},
                                   {"authenticatorData", from_hex(kAuthenticatorData)},
                                   {"signature", from_hex(kSignature)}}}};
    Known const known{.public_key = made->public_key, .counter = 0, .backup_eligible = true};
    auto const proven = verify_assertion(expected, known, assertion);
    ASSERT_TRUE(proven) << proven.error().detail;
    EXPECT_FALSE(proven->user_verified);
    EXPECT_FALSE(proven->counter_went_back);
    EXPECT_TRUE(proven->backed_up);
    // An assertion of another moment.
    expected.challenge = challenge;
    EXPECT_FALSE(verify_assertion(expected, known, assertion));
}

// The seeds of the fuzzer, which python-fido2's classes wrote and signed.
TEST(WebAuthnExamples, WhatPythonFido2MadeRegisters)
{
    Bytes const challenge(32, 0x07);
    Expected const expected{.party = *relying_party_at("https://id.example.com", "Acme"), .challenge = challenge};
    auto const id = base64url_encode(Bytes(16, 0x21));
    auto const client_data =
        fmt::format(R"({{"type":"webauthn.create","challenge":"{}","origin":"https://id.example.com"}})",
                    base64url_encode(challenge));
    auto const registers = [&](std::string const& seed) {
        std::ifstream file(fmt::format("{}/tests/fuzz/corpus/credentials_webauthn/{}", GATEHOUSE_SOURCE_DIR, seed));
        file.get(); // which part the rest is
        std::string const object(std::istreambuf_iterator<char>(file), {});
        return verify_registration(expected, {{"id", id},
                                              {"rawId", id},
                                              {"type", "public-key"},
                                              {"response",
                                               {{"clientDataJSON", base64url_encode(as_bytes(client_data))},
                                                {"attestationObject", base64url_encode(as_bytes(object))}}}});
    };
    for (auto const* const seed : {"none_es256", "none_eddsa", "none_rs256", "packed"}) {
        auto const made = registers(seed);
        ASSERT_TRUE(made) << seed << ": " << made.error().detail;
        EXPECT_TRUE(made->user_verified);
        EXPECT_EQ(made->counter, 1U);
    }
    EXPECT_EQ(registers("packed")->attestation, Attestation::self);
    EXPECT_EQ(registers("deep").error().detail, "attestationObject: nested too deep");
}

} // namespace
} // namespace gatehouse::credentials::webauthn
