#include "credentials/authenticator_data.hpp"

#include "base/json.hpp"

#include <algorithm>

namespace gatehouse::credentials::webauthn {

namespace {

constexpr std::size_t kHeadSize = 37; // rpIdHash, flags, signCount
constexpr std::size_t kLargestCredentialId = 1023;
constexpr std::size_t kShortestChallenge = 16; // section 13.4.3

enum Flag : std::uint8_t { UP = 0x01, UV = 0x04, BE = 0x08, BS = 0x10, AT = 0x40, ED = 0x80 };

// Attested credential data (section 6.5.1); `rest` becomes what stands behind it.
Result<AttestedCredential> take_credential(ByteView& rest)
{
    if (rest.size() < 18)
        return malformed("attested credential data is truncated");
    AttestedCredential credential;
    std::ranges::copy(rest.first(16), credential.aaguid.begin());
    std::size_t const size = static_cast<std::size_t>(rest[16]) << 8 | rest[17];
    rest = rest.subspan(18);
    // Section 7.1 step 25: no longer than 1023 bytes.
    if (size == 0 || size > kLargestCredentialId || size > rest.size())
        return malformed("the credential id is empty, too long or truncated");
    credential.id = rest.first(size);
    rest = rest.subspan(size);
    auto key = cbor::parse_prefix(rest);
    if (!key)
        return malformed("public key: " + key.error().detail);
    credential.cose = rest.first(key->size);
    credential.decoded = std::move(key->value);
    rest = rest.subspan(key->size);
    return credential;
}

std::string_view text_at(boost::json::object const& object, std::string_view name)
{
    auto const* const value = object.if_contains(name);
    return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

} // namespace

Refusal malformed(std::string step)
{
    return refuse(ErrorKind::invalid, "passkey_malformed", "This is not what a browser sends for a passkey.")
        .because(std::move(step));
}

Refusal refused(std::string step)
{
    return refuse(ErrorKind::invalid, "passkey_refused", "This passkey could not be confirmed. Please try again.")
        .because(std::move(step));
}

Result<AuthenticatorData> parse_authenticator_data(ByteView raw)
{
    if (raw.size() < kHeadSize)
        return malformed("authenticator data is truncated");
    auto const flags = raw[32];
    AuthenticatorData data{.raw = raw,
                           .rp_id_hash = raw.first(32),
                           .user_present = (flags & UP) != 0,
                           .user_verified = (flags & UV) != 0,
                           .backup_eligible = (flags & BE) != 0,
                           .backed_up = (flags & BS) != 0};
    for (auto const byte : raw.subspan(33, 4))
        data.counter = data.counter << 8 | byte;
    auto rest = raw.subspan(kHeadSize);
    if ((flags & AT) != 0) {
        TRY(data.credential, take_credential(rest));
    }
    if ((flags & ED) != 0) {
        auto const extensions = cbor::parse_prefix(rest);
        if (!extensions || !extensions->value.if_map())
            return malformed("the extensions are no CBOR map");
        rest = rest.subspan(extensions->size);
    }
    if (!rest.empty())
        return malformed("bytes behind the authenticator data");
    return data;
}

Result<void> check_authenticator_data(Expected const& expected, AuthenticatorData const& data)
{
    // 7.1 step 14, 7.2 step 15: the SHA-256 of our RP ID.
    if (!constant_time_equal(data.rp_id_hash, crypto::sha256(expected.party.id)))
        return refused("rpIdHash: made for another relying party");
    // 7.1 step 15, 7.2 step 16.
    if (!data.user_present && !expected.conditional)
        return refused("UP: nobody was present");
    // 7.1 step 16, 7.2 step 17.
    if (!data.user_verified && expected.user_verification)
        return refuse(ErrorKind::invalid, "passkey_not_verified",
                      "Your device did not check that it is you. Please use its fingerprint, face or PIN.")
            .because("UV: not verified");
    // 7.1 step 17, 7.2 step 18.
    if (data.backed_up && !data.backup_eligible)
        return refused("BS: backed up without being eligible");
    return {};
}

Result<void> check_client_data(Expected const& expected, std::string_view type, ByteView json)
{
    if (expected.challenge.size() < kShortestChallenge)
        return fault("a challenge of a passkey ceremony is too short");
    // 7.1 steps 5 and 6, 7.2 steps 8 and 9.
    auto const client = parse_json_object_strict(as_text(json), {.size = 8192, .depth = 8});
    if (!client)
        return malformed("client data: " + client.error().code);
    // 7.1 step 7, 7.2 step 10.
    if (text_at(*client, "type") != type)
        return refused("type: of another ceremony");
    // 7.1 step 8, 7.2 step 11.
    if (!constant_time_equal(as_bytes(text_at(*client, "challenge")), as_bytes(base64url_encode(expected.challenge))))
        return refused("challenge: another one");
    // 7.1 step 9, 7.2 step 12 (section 13.4.9).
    if (!is_one_of(expected.party.origins, text_at(*client, "origin")))
        return refused("origin: not ours");
    // 7.1 steps 10 and 11, 7.2 steps 13 and 14: our pages are never framed.
    if (auto const* const cross = client->if_contains("crossOrigin");
        cross && !(cross->is_bool() && !cross->get_bool()))
        return refused("crossOrigin: asked from within a foreign page");
    if (client->contains("topOrigin"))
        return refused("topOrigin: asked from within a foreign page");
    return {};
}

} // namespace gatehouse::credentials::webauthn
