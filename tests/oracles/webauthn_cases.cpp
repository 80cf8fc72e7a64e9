// Registrations and assertions, right and wrong in one place each, with what our verifier says of them. One JSON object
// a line: {"name", "kind", "format", "rp_id", "origin", "challenge", "verify", "response", "verdict"} and, of assertions,
// "public_key" (COSE), "counter" and "backup_eligible".
#include "credentials/test_support/software_authenticator.hpp"

#include <fmt/format.h>

using namespace gatehouse;
using namespace gatehouse::credentials;
namespace webauthn = gatehouse::credentials::webauthn;
namespace json = boost::json;
using webauthn::Algorithm;

namespace {

Bytes const kChallenge(32, 0x07);
constexpr char const* kOrigin = "https://id.example.com";

webauthn::Expected expected(bool verify)
{
    return {.party = {.id = "id.example.com", .name = "Acme", .origins = {kOrigin}},
            .challenge = kChallenge,
            .user_verification = verify,
            .now = from_seconds(1'795'000'000)};
}

std::string_view name_of(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::es256:
        return "es256";
    case Algorithm::eddsa:
        return "eddsa";
    case Algorithm::es384:
        return "es384";
    case Algorithm::rs256:
        return "rs256";
    }
    return "";
}

json::object head(std::string name, std::string_view kind, std::string_view format, bool verify, json::object response)
{
    json::object out{{"name", name},     {"kind", kind},
                     {"format", format}, {"rp_id", "id.example.com"},
                     {"origin", kOrigin}, {"challenge", base64url_encode(kChallenge)},
                     {"verify", verify}};
    out["response"] = std::move(response);
    return out;
}

void print_registration(std::string name, std::string_view format, bool verify, json::object response)
{
    auto const made = webauthn::verify_registration(expected(verify), response);
    auto out = head(std::move(name), "registration", format, verify, std::move(response));
    out["verdict"] = made ? "passed" : made.error().code;
    fmt::print("{}\n", json::serialize(out));
}

void print_assertion(std::string name, bool verify, webauthn::Registered const& registered, json::object response)
{
    auto const proven = webauthn::verify_assertion(
        expected(verify), {registered.public_key, registered.counter, registered.backup_eligible}, response);
    auto out = head(std::move(name), "assertion", "", verify, std::move(response));
    out["verdict"] = !proven ? proven.error().code : proven->counter_went_back ? "passkey_cloned" : "passed";
    out["public_key"] = base64url_encode(registered.public_key);
    out["counter"] = registered.counter;
    out["backup_eligible"] = registered.backup_eligible;
    fmt::print("{}\n", json::serialize(out));
}

// One bit of a part of the response turned over.
json::object flipped(json::object response, char const* part, std::size_t at)
{
    auto& inner = response["response"].as_object();
    auto bytes = *base64url_decode(std::string_view(inner[part].as_string()));
    bytes[at % bytes.size()] ^= static_cast<std::uint8_t>(1U << (at % 8));
    inner[part] = base64url_encode(bytes);
    return response;
}
std::size_t size_of(json::object const& response, char const* part)
{
    return base64url_decode(std::string_view(response.at("response").at(part).as_string()))->size();
}

struct Wrong {
    char const* name;
    Ceremony ceremony;
    bool verify = false;
};
std::vector<Wrong> wrongs()
{
    return {{"valid", {}},
            {"verified", {}, true},
            {"synced", {.backup_eligible = true, .backed_up = true}},
            {"not verified", {.user_verified = false}},
            {"not verified though demanded", {.user_verified = false}, true},
            {"nobody present", {.user_present = false}},
            {"another rp id", {.rp_id = "example.com"}},
            {"another origin", {.origin = "https://evil.example"}},
            {"another port", {.origin = "https://id.example.com:444"}},
            {"another challenge", {.challenge = Bytes(32, 0x08)}},
            {"another type", {.type = "payment.get"}},
            {"in a foreign page", {.client_data = {{"crossOrigin", true}}}},
            {"backed up without being eligible", {.backed_up = true}},
            {"bytes behind the data", {.behind_data = {0x00}}},
            {"wrong signature", {.breaks_signature = true}}};
}

void registrations(Algorithm algorithm, std::string const& format)
{
    SoftwareAuthenticator authenticator(algorithm);
    if (format == "fido-u2f")
        authenticator.aaguid = {};
    auto const shown = format == "packed-x5c" ? std::string_view("packed") : std::string_view(format);
    auto const label = fmt::format("registration/{}/{}", format, name_of(algorithm));
    for (auto const& wrong : wrongs()) {
        auto ceremony = wrong.ceremony;
        ceremony.format = format;
        // A signature that is not there cannot be wrong.
        if (format == "none" && ceremony.breaks_signature)
            continue;
        print_registration(fmt::format("{}/{}", label, wrong.name), shown, wrong.verify,
                           authenticator.create(ceremony));
    }
    auto const good = authenticator.create({.format = format});
    auto const size = size_of(good, "attestationObject");
    for (std::size_t at = 0; at < size; at += 1 + size / 24)
        print_registration(fmt::format("{}/object flipped at {}", label, at), shown, false,
                           flipped(good, "attestationObject", at));
    for (auto const* const tampered : {"extra-data", "name", "public-area", "magic", "subject", "usage"})
        if (format == "tpm")
            print_registration(fmt::format("{}/{}", label, tampered), shown, false,
                               authenticator.create({.format = format, .tampers = tampered}));
    for (auto const* const tampered : {"challenge", "purpose", "origin", "applications", "key"})
        if (format == "android-key")
            print_registration(fmt::format("{}/{}", label, tampered), shown, false,
                               authenticator.create({.format = format, .tampers = tampered}));
}

void assertions(Algorithm algorithm)
{
    SoftwareAuthenticator authenticator(algorithm);
    auto const label = fmt::format("assertion/{}", name_of(algorithm));
    for (auto const& wrong : wrongs()) {
        auto const registered = *webauthn::verify_registration(
            expected(false), authenticator.create({.backup_eligible = wrong.ceremony.backup_eligible}));
        print_assertion(fmt::format("{}/{}", label, wrong.name), wrong.verify, registered,
                        authenticator.get(wrong.ceremony));
    }
    auto registered = *webauthn::verify_registration(expected(false), authenticator.create({}));
    auto const good = authenticator.get({});
    for (auto const* const part : {"authenticatorData", "clientDataJSON", "signature"})
        for (std::size_t at = 0; at < size_of(good, part); at += 5)
            print_assertion(fmt::format("{}/{} flipped at {}", label, part, at), false, registered,
                            flipped(good, part, at));
    registered.counter = 1000;
    print_assertion(label + "/the counter went back", false, registered, good);
    registered.counter = 0;
    registered.public_key = SoftwareAuthenticator(algorithm).cose;
    print_assertion(label + "/another key", false, registered, good);
}

} // namespace

int main()
{
    for (auto const algorithm : webauthn::kEveryAlgorithm) {
        for (auto const* const format : {"none", "packed", "packed-x5c", "apple"})
            registrations(algorithm, format);
        assertions(algorithm);
    }
    for (auto const algorithm : {Algorithm::es256, Algorithm::rs256})
        for (auto const* const format : {"tpm", "android-key"})
            registrations(algorithm, format);
    registrations(Algorithm::es256, "fido-u2f");
    return 0;
}
