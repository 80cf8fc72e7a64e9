#include "credentials/webauthn.hpp"

#include "credentials/metadata.hpp"
#include "credentials/test_support/software_authenticator.hpp"

#include <gtest/gtest.h>

namespace gatehouse::credentials::webauthn {
namespace {

namespace json = boost::json;

struct Browser {
    Browser()
    {
        expected.party = *relying_party_at("https://id.example.com/t/acme", "Acme");
        expected.challenge = challenge;
        expected.now = from_seconds(1'795'000'000);
    }
    // What is said of a registration: "passed", or the code and the word in the log.
    std::string registers(Ceremony const& ceremony)
    {
        auto const made = verify_registration(expected, authenticator.create(ceremony));
        if (made)
            registered = *made;
        return made ? "passed" : said(made.error());
    }
    std::string asserts(Ceremony const& ceremony)
    {
        auto const proven =
            verify_assertion(expected, {registered.public_key, registered.counter, registered.backup_eligible},
                             authenticator.get(ceremony));
        if (proven)
            asserted = *proven;
        return proven ? "passed" : said(proven.error());
    }
    static std::string said(Error const& error)
    {
        return error.code + ": " + error.detail.substr(0, error.detail.find(':'));
    }

    SoftwareAuthenticator authenticator;
    Bytes challenge = Bytes(32, 0x07);
    Expected expected;
    Registered registered;
    Asserted asserted;
};

TEST(RelyingParty, IsTheHostOfAnAddressThatBrowsersLetHavePasskeys)
{
    auto const party = relying_party_at("https://id.example.com:8443/t/acme", "Acme");
    ASSERT_TRUE(party);
    EXPECT_EQ(party->id, "id.example.com");
    EXPECT_EQ(party->origins, std::vector<std::string>{"https://id.example.com:8443"});
    EXPECT_EQ(relying_party_at("http://localhost:8080", "x")->id, "localhost");
    EXPECT_FALSE(relying_party_at("http://id.example.com", "x"));
    EXPECT_FALSE(relying_party_at("https://192.0.2.1", "x"));
    EXPECT_FALSE(relying_party_at("http://127.0.0.1:8080", "x"));
    EXPECT_FALSE(relying_party_at("https://[2001:db8::1]", "x"));
}

TEST(WebAuthn, AKeyOfEachAlgorithmRegistersAndSignsIn)
{
    for (auto const algorithm : kEveryAlgorithm) {
        Browser browser;
        browser.authenticator = SoftwareAuthenticator(algorithm);
        EXPECT_EQ(browser.registers({}), "passed");
        EXPECT_EQ(browser.registered.algorithm, algorithm);
        EXPECT_EQ(browser.registered.public_key, browser.authenticator.cose);
        EXPECT_EQ(browser.asserts({}), "passed");
        EXPECT_EQ(browser.asserted.counter, 1U);
        EXPECT_FALSE(browser.asserted.counter_went_back);
        EXPECT_EQ(browser.asserts({.breaks_signature = true}), "passkey_refused: signature");
    }
}

TEST(WebAuthn, ARegistrationTellsWhatWasMade)
{
    Browser browser;
    ASSERT_EQ(browser.registers({.backup_eligible = true, .backed_up = true}), "passed");
    auto const& made = browser.registered;
    EXPECT_EQ(made.credential_id, browser.authenticator.credential_id);
    EXPECT_EQ(made.aaguid, browser.authenticator.aaguid);
    EXPECT_EQ(made.transports, (std::vector<std::string>{"internal", "hybrid"}));
    EXPECT_TRUE(made.user_verified);
    EXPECT_TRUE(made.backup_eligible);
    EXPECT_TRUE(made.backed_up);
    EXPECT_EQ(made.discoverable, true);
    EXPECT_EQ(made.attestation, Attestation::none);
}

// What section 7.1 and 7.2 check alike, in both ceremonies.
TEST(WebAuthn, WhatWasMadeElsewhereOrForAnotherCeremonyIsRefused)
{
    struct Case {
        Ceremony ceremony;
        std::string said;
    };
    Case const cases[] = {
        {{.rp_id = "example.com"}, "passkey_refused: rpIdHash"},
        {{.origin = "https://evil.example"}, "passkey_refused: origin"},
        {{.origin = "https://id.example.com:444"}, "passkey_refused: origin"},
        {{.origin = "https://id.example.com/"}, "passkey_refused: origin"},
        {{.challenge = Bytes(32, 0x08)}, "passkey_refused: challenge"},
        {{.challenge = Bytes(31, 0x07)}, "passkey_refused: challenge"},
        {{.challenge = {}}, "passkey_refused: challenge"},
        {{.type = "payment.get"}, "passkey_refused: type"},
        {{.client_data = {{"crossOrigin", true}}}, "passkey_refused: crossOrigin"},
        {{.client_data = {{"crossOrigin", "no"}}}, "passkey_refused: crossOrigin"},
        {{.client_data = {{"topOrigin", "https://evil.example"}}}, "passkey_refused: topOrigin"},
        {{.client_data = {{"origin", 1}}}, "passkey_refused: origin"},
        {{.client_data = {{"challenge", nullptr}}}, "passkey_refused: challenge"},
        {{.user_present = false}, "passkey_refused: UP"},
        {{.user_verified = false}, "passkey_not_verified: UV"},
        {{.backed_up = true}, "passkey_refused: BS"},
        {{.behind_data = {0x00}}, "passkey_malformed: bytes behind the authenticator data"},
        // Members that are not known yet are no reason to refuse (section 5.8.1).
        {{.client_data = {{"tokenBinding", {{"status", "supported"}}}}}, "passed"},
    };
    for (auto const& [ceremony, said] : cases) {
        Browser browser;
        ASSERT_EQ(browser.registers({}), "passed");
        browser.expected.user_verification = true;
        EXPECT_EQ(browser.registers(ceremony), said);
        EXPECT_EQ(browser.asserts(ceremony), said);
    }
    Browser browser;
    EXPECT_EQ(browser.registers({.type = "webauthn.get"}), "passkey_refused: type");
    ASSERT_EQ(browser.registers({}), "passed");
    EXPECT_EQ(browser.asserts({.type = "webauthn.create"}), "passkey_refused: type");
}

TEST(WebAuthn, VerificationOfTheUserIsAskedForOnlyWhereItIsExpected)
{
    Browser browser;
    EXPECT_EQ(browser.registers({.user_verified = false}), "passed");
    EXPECT_FALSE(browser.registered.user_verified);
    EXPECT_EQ(browser.asserts({.user_verified = false}), "passed");
    EXPECT_FALSE(browser.asserted.user_verified);
    EXPECT_EQ(browser.asserts({}), "passed");
    EXPECT_TRUE(browser.asserted.user_verified);
}

TEST(WebAuthn, AConditionalRegistrationNeedsNobodyPresent)
{
    Browser browser;
    browser.expected.conditional = true;
    EXPECT_EQ(browser.registers({.user_present = false, .user_verified = false}), "passed");
}

TEST(WebAuthn, EligibilityForBackupNeverChanges)
{
    Browser browser;
    ASSERT_EQ(browser.registers({}), "passed");
    EXPECT_EQ(browser.asserts({.backup_eligible = true}), "passkey_refused: BE");
    ASSERT_EQ(browser.registers({.backup_eligible = true}), "passed");
    EXPECT_EQ(browser.asserts({}), "passkey_refused: BE");
    EXPECT_EQ(browser.asserts({.backup_eligible = true, .backed_up = true}), "passed");
    EXPECT_TRUE(browser.asserted.backed_up);
}

TEST(WebAuthn, ACounterThatDoesNotGrowIsTold)
{
    Browser browser;
    browser.authenticator.counter = 10;
    ASSERT_EQ(browser.registers({}), "passed");
    EXPECT_EQ(browser.registered.counter, 10U);
    browser.authenticator.counts = false;
    for (std::uint32_t const counter : {10U, 9U, 0U}) {
        browser.authenticator.counter = counter;
        EXPECT_EQ(browser.asserts({}), "passed");
        EXPECT_TRUE(browser.asserted.counter_went_back) << counter;
    }
    browser.authenticator.counter = 11;
    EXPECT_EQ(browser.asserts({}), "passed");
    EXPECT_FALSE(browser.asserted.counter_went_back);
    // One that never counts.
    browser.registered.counter = browser.authenticator.counter = 0;
    EXPECT_EQ(browser.asserts({}), "passed");
    EXPECT_FALSE(browser.asserted.counter_went_back);
}

TEST(WebAuthn, AnotherKeysSignatureIsRefused)
{
    Browser browser;
    ASSERT_EQ(browser.registers({}), "passed");
    EXPECT_EQ(browser.asserts({.breaks_signature = true}), "passkey_refused: signature");
    browser.registered.public_key = SoftwareAuthenticator().cose;
    EXPECT_EQ(browser.asserts({}), "passkey_refused: signature");
    browser.registered.public_key = SoftwareAuthenticator(Algorithm::rs256).cose;
    EXPECT_EQ(browser.asserts({}), "passkey_refused: signature");
}

TEST(WebAuthn, AKeyThatWasNotAskedForOrIsNoneIsRefused)
{
    Browser browser;
    auto const with = [&](std::size_t at, std::uint8_t value) {
        browser.authenticator = SoftwareAuthenticator();
        browser.authenticator.cose[at] = value;
        return browser.registers({});
    };
    ASSERT_EQ(with(0, 0xa5), "passed");
    EXPECT_EQ(with(4, 0x2e), "passkey_algorithm: ");           // alg -15
    EXPECT_EQ(with(4, 0x27), "passkey_malformed: public key"); // EdDSA with the members of a curve
    EXPECT_EQ(with(2, 0x01), "passkey_malformed: public key"); // another key type
    EXPECT_EQ(with(6, 0x02), "passkey_malformed: public key"); // another curve
    browser.authenticator = SoftwareAuthenticator();
    browser.authenticator.cose[20] ^= 0x01; // a point off the curve
    EXPECT_EQ(browser.registers({}), "passkey_malformed: public key");
    browser.authenticator = SoftwareAuthenticator();
    browser.authenticator.cose[0] = 0xa4; // a map that ends early
    EXPECT_EQ(browser.registers({}), "passkey_malformed: bytes behind the authenticator data");
}

TEST(WebAuthn, AttestationsAreVerified)
{
    Browser browser;
    EXPECT_EQ(browser.registers({.format = "packed"}), "passed");
    EXPECT_EQ(browser.registered.attestation, Attestation::self);
    EXPECT_EQ(browser.registers({.format = "packed", .breaks_signature = true}), "passkey_refused: packed");
    EXPECT_EQ(browser.registers({.format = "packed-x5c"}), "passed");
    EXPECT_EQ(browser.registered.attestation, Attestation::unproven);
    EXPECT_EQ(browser.registers({.format = "packed-x5c", .breaks_signature = true}), "passkey_refused: packed");
    EXPECT_EQ(browser.registers({.format = "packed-x5c", .certified_model = Aaguid{0x01}}),
              "passkey_refused: attestation");
    EXPECT_EQ(browser.registers({.format = "apple"}), "passed");
    EXPECT_EQ(browser.registers({.format = "apple", .breaks_signature = true}), "passkey_refused: apple");
    EXPECT_EQ(browser.registers({.format = "fido-u2f"}), "passkey_refused: fido-u2f"); // with an AAGUID
    browser.authenticator.aaguid = {};
    EXPECT_EQ(browser.registers({.format = "fido-u2f"}), "passed");
    EXPECT_EQ(browser.registers({.format = "fido-u2f", .breaks_signature = true}), "passkey_refused: fido-u2f");
    EXPECT_EQ(browser.registers({.format = "android-safetynet"}), "passkey_unsupported: attestation");
}

TEST(WebAuthn, ATpmCertifiesTheKeyThatItMade)
{
    for (auto const algorithm : {Algorithm::es256, Algorithm::rs256}) {
        Browser browser;
        browser.authenticator = SoftwareAuthenticator(algorithm);
        EXPECT_EQ(browser.registers({.format = "tpm"}), "passed");
        EXPECT_EQ(browser.registered.attestation, Attestation::unproven);
        EXPECT_EQ(browser.registers({.format = "tpm", .sha1 = true}), "passed");
        EXPECT_EQ(browser.registers({.format = "tpm", .breaks_signature = true}), "passkey_refused: tpm");
        for (auto const* const wrong : {"extra-data", "name", "public-area", "magic", "subject", "usage"})
            EXPECT_EQ(browser.registers({.format = "tpm", .tampers = wrong}), "passkey_refused: tpm") << wrong;
        EXPECT_EQ(browser.registers({.format = "tpm", .certified_model = Aaguid{0x01}}),
                  "passkey_refused: attestation");
    }
}

TEST(WebAuthn, AnAndroidKeystoreDescribesTheKeyThatItMade)
{
    for (auto const algorithm : {Algorithm::es256, Algorithm::rs256}) {
        Browser browser;
        browser.authenticator = SoftwareAuthenticator(algorithm);
        EXPECT_EQ(browser.registers({.format = "android-key"}), "passed");
        EXPECT_EQ(browser.registered.attestation, Attestation::unproven);
        EXPECT_EQ(browser.registers({.format = "android-key", .breaks_signature = true}),
                  "passkey_refused: android-key");
        for (auto const* const wrong : {"challenge", "purpose", "origin", "applications", "key"})
            EXPECT_EQ(browser.registers({.format = "android-key", .tampers = wrong}), "passkey_refused: android-key")
                << wrong;
    }
}

TEST(WebAuthn, ThePolicyDecidesWhichAuthenticatorsAreTaken)
{
    Browser browser;
    auto const trusting = [](Bytes const& anchor) { return std::make_shared<Metadata const>(std::vector<Bytes>{anchor}); };
    AttestationPolicy policy{.require_trusted = true, .metadata = trusting(browser.authenticator.anchor())};
    browser.expected.attestation = &policy;
    EXPECT_EQ(browser.registers({.format = "packed-x5c"}), "passed");
    EXPECT_EQ(browser.registered.attestation, Attestation::trusted);
    EXPECT_EQ(browser.registers({.format = "packed"}), "passkey_attestation: attestation");
    EXPECT_EQ(browser.registers({}), "passkey_attestation: attestation");
    policy.allow = {Aaguid{0x01}};
    EXPECT_EQ(browser.registers({.format = "packed-x5c"}), "passkey_attestation: attestation");
    policy.allow.push_back(browser.authenticator.aaguid);
    EXPECT_EQ(browser.registers({.format = "packed-x5c"}), "passed");
    policy.deny = {browser.authenticator.aaguid};
    EXPECT_EQ(browser.registers({.format = "packed-x5c"}), "passkey_attestation: attestation");
    policy = {.require_trusted = true, .metadata = trusting(SoftwareAuthenticator().anchor())};
    EXPECT_EQ(browser.registers({.format = "packed-x5c"}), "passkey_attestation: attestation");
    policy.metadata = trusting(browser.authenticator.anchor());
    browser.expected.now = from_seconds(2'500'000'000); // the certificate has expired
    EXPECT_EQ(browser.registers({.format = "packed-x5c"}), "passkey_attestation: attestation");
}

TEST(WebAuthn, ThePolicyDecidesWhichFormatsAreTaken)
{
    Browser browser;
    AttestationPolicy policy{.formats = {Format::packed, Format::tpm}};
    browser.expected.attestation = &policy;
    EXPECT_EQ(browser.registers({.format = "packed"}), "passed");
    EXPECT_EQ(browser.registers({.format = "tpm"}), "passed");
    EXPECT_EQ(browser.registers({.format = "apple"}), "passkey_attestation: attestation");
    EXPECT_EQ(browser.registers({}), "passkey_attestation: attestation"); // none, where more was demanded
}

TEST(WebAuthn, WhatBrowsersNeverSendIsMalformed)
{
    Browser browser;
    auto const good = browser.authenticator.create({});
    auto const said = [&](auto change) {
        auto response = good;
        change(response);
        auto const made = verify_registration(browser.expected, response);
        return made ? "passed" : made.error().code;
    };
    EXPECT_EQ(said([](json::object&) {}), "passed");
    EXPECT_EQ(said([](json::object& r) { r["type"] = "password"; }), "passkey_malformed");
    EXPECT_EQ(said([](json::object& r) { r.erase("rawId"); }), "passkey_malformed");
    EXPECT_EQ(said([](json::object& r) { r["id"] = "AAAA"; }), "passkey_malformed");
    EXPECT_EQ(said([](json::object& r) { r["id"] = r["rawId"] = "AAAA"; }), "passkey_refused");
    EXPECT_EQ(said([](json::object& r) { r["id"] = r["rawId"] = std::string(1400, 'A'); }), "passkey_malformed");
    EXPECT_EQ(said([](json::object& r) { r["response"] = 1; }), "passkey_malformed");
    for (auto const* const member : {"clientDataJSON", "attestationObject"}) {
        EXPECT_EQ(said([&](json::object& r) { r["response"].as_object().erase(member); }), "passkey_malformed");
        EXPECT_EQ(said([&](json::object& r) { r["response"].as_object()[member] = 7; }), "passkey_malformed");
        EXPECT_EQ(said([&](json::object& r) { r["response"].as_object()[member] = "a+/="; }), "passkey_malformed");
        EXPECT_EQ(said([&](json::object& r) { r["response"].as_object()[member] = std::string(50000, 'A'); }),
                  "passkey_malformed");
    }
    EXPECT_EQ(browser.registers({.behind_object = {0x00}}), "passkey_malformed: attestationObject");
    // Cut off anywhere.
    auto const object = *base64url_decode(std::string_view(good.at("response").at("attestationObject").as_string()));
    for (std::size_t size = 0; size < object.size(); ++size)
        EXPECT_EQ(said([&](json::object& r) {
                      r["response"].as_object()["attestationObject"] = base64url_encode(ByteView(object).first(size));
                  }),
                  "passkey_malformed")
            << size;
}

TEST(WebAuthn, AnAssertionCutOffAnywhereIsRefused)
{
    Browser browser;
    ASSERT_EQ(browser.registers({}), "passed");
    auto const good = browser.authenticator.get({.user_handle = Bytes(16, 0x01)});
    for (auto const* const member : {"clientDataJSON", "authenticatorData", "signature"}) {
        auto const whole = *base64url_decode(std::string_view(good.at("response").at(member).as_string()));
        for (std::size_t size = 0; size < whole.size(); ++size) {
            auto response = good;
            response["response"].as_object()[member] = base64url_encode(ByteView(whole).first(size));
            EXPECT_FALSE(verify_assertion(browser.expected, {browser.registered.public_key}, response)) << size;
        }
    }
    auto const claimed = presented(good);
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->credential_id, browser.authenticator.credential_id);
    EXPECT_EQ(claimed->user_handle, Bytes(16, 0x01));
    EXPECT_EQ(presented(browser.authenticator.get({}))->user_handle, std::nullopt);
    EXPECT_FALSE(presented(browser.authenticator.get({.user_handle = Bytes(65, 0x01)})));
}

TEST(WebAuthn, OptionsSayWhatIsAskedFor)
{
    Bytes const challenge(32, 0x00);
    Bytes const handle(16, 0x01);
    auto const party = *relying_party_at("https://id.example.com", "Acme");
    auto const made = creation_options({.party = party,
                                        .challenge = challenge,
                                        .user_handle = handle,
                                        .user_name = "ada@example.com",
                                        .display_name = "Ada",
                                        .exclude = {{Bytes{1, 2, 3}, {"usb"}}}});
    EXPECT_EQ(made.at("rp"), (json::value{{"id", "id.example.com"}, {"name", "Acme"}}));
    EXPECT_EQ(made.at("user"),
              (json::value{{"id", base64url_encode(handle)}, {"name", "ada@example.com"}, {"displayName", "Ada"}}));
    EXPECT_EQ(made.at("attestation"), "none");
    EXPECT_EQ(made.at("pubKeyCredParams").as_array().size(), std::size(kEveryAlgorithm));
    EXPECT_EQ(json::serialize(made.at("excludeCredentials")),
              R"([{"type":"public-key","id":"AQID","transports":["usb"]}])");
    EXPECT_EQ(json::serialize(request_options({.party = party, .challenge = challenge})),
              R"({"challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","timeout":300000,"rpId":"id.example.com",)"
              R"("userVerification":"preferred","allowCredentials":[]})");
    EXPECT_EQ(json::serialize(accepted_credentials(party, handle, {{Bytes{1, 2, 3}, {}}})),
              R"({"rpId":"id.example.com","userId":"AQEBAQEBAQEBAQEBAQEBAQ","allAcceptedCredentialIds":["AQID"]})");
}

} // namespace
} // namespace gatehouse::credentials::webauthn
