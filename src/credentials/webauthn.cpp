#include "credentials/webauthn.hpp"

#include "credentials/attestation.hpp"

#include <algorithm>

namespace gatehouse::credentials::webauthn {

namespace json = boost::json;

namespace {

constexpr std::size_t kLargestClientData = 8192;
constexpr std::size_t kLargestAuthenticatorData = 4096;
constexpr std::size_t kLargestAttestation = 32 * 1024;
constexpr std::size_t kLargestCredentialId = 1023;
constexpr std::size_t kLargestUserHandle = 64;
constexpr std::size_t kLargestSignature = 512;
constexpr std::size_t kMostTransports = 8;

// Base64url of 1 to `limit` bytes.
Result<Bytes> bytes_at(json::object const& object, std::string_view name, std::size_t limit)
{
    auto const* const value = object.if_contains(name);
    if (!value || !value->is_string() || value->get_string().size() > (limit * 4 + 2) / 3)
        return malformed(fmt::format("{}: missing, too long or no text", name));
    auto bytes = base64url_decode(std::string_view(value->get_string()));
    if (!bytes || bytes->empty())
        return malformed(fmt::format("{}: no base64url", name));
    return *std::move(bytes);
}

struct Envelope {
    Bytes id;
    json::object const* response;
};

// What both responses have around them (section 5.1).
Result<Envelope> open_envelope(json::object const& credential)
{
    auto const* const type = credential.if_contains("type");
    if (!type || !type->is_string() || type->get_string() != "public-key")
        return malformed("type: not a public key");
    TRY(auto id, bytes_at(credential, "rawId", kLargestCredentialId));
    TRY(auto const same, bytes_at(credential, "id", kLargestCredentialId));
    if (id != same)
        return malformed("id: differs from rawId");
    auto const* const response = credential.if_contains("response");
    if (!response || !response->is_object())
        return malformed("response: missing");
    return Envelope{std::move(id), &response->get_object()};
}

// Kept as they are told, also those that are not known yet (section 5.8.4), as long as they look like one.
std::vector<std::string> transports_of(json::object const& response)
{
    std::vector<std::string> transports;
    auto const* const value = response.if_contains("transports");
    auto const* const list = value ? value->if_array() : nullptr;
    if (!list)
        return transports;
    for (auto const& entry : *list) {
        if (!entry.is_string() || transports.size() == kMostTransports)
            break;
        std::string const text(std::string_view(entry.get_string()));
        auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
        if (!text.empty() && text.size() <= 32 && std::ranges::all_of(text, plain) && !is_one_of(transports, text))
            transports.push_back(text);
    }
    return transports;
}

std::optional<bool> discoverable_of(json::object const& credential)
{
    json::value const* value = credential.if_contains("clientExtensionResults");
    for (auto const* const name : {"credProps", "rk"}) {
        auto const* const object = value ? value->if_object() : nullptr;
        value = object ? object->if_contains(name) : nullptr;
    }
    return value && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}

} // namespace

Result<Registered> verify_registration(Expected const& expected, json::object const& response)
{
    TRY(auto const envelope, open_envelope(response));
    TRY(auto const client_data, bytes_at(*envelope.response, "clientDataJSON", kLargestClientData));
    // Section 7.1 steps 5 to 11.
    TRY_DO(check_client_data(expected, "webauthn.create", client_data));
    // Step 12.
    auto const client_data_hash = crypto::sha256(ByteView(client_data));
    // Step 13: the attestation object is CBOR of three members.
    TRY(auto const attestation, bytes_at(*envelope.response, "attestationObject", kLargestAttestation));
    auto const object = cbor::parse(attestation);
    if (!object)
        return malformed("attestationObject: " + object.error().detail);
    auto const* const format = object->find("fmt");
    auto const* const raw = object->find("authData");
    auto const* const statement = object->find("attStmt");
    if (!format || !format->if_text() || !raw || !raw->if_bytes() || !statement || !statement->if_map() ||
        object->if_map()->size() != 3)
        return malformed("attestationObject: not its three members");
    TRY(auto const data, parse_authenticator_data(*raw->if_bytes()));
    // Steps 14 to 19.
    TRY_DO(check_authenticator_data(expected, data));
    // Step 20: a key of one of the algorithms of `creation_options`.
    if (!data.credential)
        return malformed("AT: no credential in the authenticator data");
    TRY(auto const key, public_key(data.credential->decoded));
    // Not a step of its own: the credential that the browser names is the one that the authenticator made.
    if (!std::ranges::equal(data.credential->id, envelope.id))
        return refused("id: not the credential of the authenticator data");
    // Steps 21 to 24.
    TRY(auto const proven,
        verify_attestation(expected, {*format->if_text(), *statement, data, key, ByteView(client_data_hash)}));
    // Step 27.
    return Registered{.rp_id = expected.party.id,
                      .credential_id = envelope.id,
                      .public_key = to_bytes(data.credential->cose),
                      .algorithm = key.algorithm,
                      .counter = data.counter,
                      .aaguid = data.credential->aaguid,
                      .transports = transports_of(*envelope.response),
                      .user_verified = data.user_verified,
                      .backup_eligible = data.backup_eligible,
                      .backed_up = data.backed_up,
                      .discoverable = discoverable_of(response),
                      .attestation = proven};
}

Result<Asserted> verify_assertion(Expected const& expected, Known const& known, json::object const& response)
{
    // Section 7.2 step 7.
    TRY(auto const envelope, open_envelope(response));
    TRY(auto const client_data, bytes_at(*envelope.response, "clientDataJSON", kLargestClientData));
    TRY(auto const raw, bytes_at(*envelope.response, "authenticatorData", kLargestAuthenticatorData));
    TRY(auto const signature, bytes_at(*envelope.response, "signature", kLargestSignature));
    // Steps 8 to 14.
    TRY_DO(check_client_data(expected, "webauthn.get", client_data));
    TRY(auto const data, parse_authenticator_data(raw));
    // Steps 15 to 18.
    TRY_DO(check_authenticator_data(expected, data));
    // Step 19: eligibility for backup never changes.
    if (data.backup_eligible != known.backup_eligible)
        return refused("BE: differs from the registration");
    // Steps 20 and 21.
    auto const client_data_hash = crypto::sha256(ByteView(client_data));
    auto message = raw;
    message.insert(message.end(), client_data_hash.begin(), client_data_hash.end());
    TRY(auto const key, parse_public_key(known.public_key));
    if (!is_signed_by(key.key.get(), key.algorithm, signature, message))
        return refused("signature: wrong");
    // Step 22.
    bool const counts = data.counter != 0 || known.counter != 0;
    return Asserted{.counter = data.counter,
                    .counter_went_back = counts && data.counter <= known.counter,
                    .user_verified = data.user_verified,
                    .backed_up = data.backed_up};
}

Result<Presented> presented(json::object const& response)
{
    TRY(auto envelope, open_envelope(response));
    Presented presented{.credential_id = std::move(envelope.id), .user_handle = {}};
    auto const* const handle = envelope.response->if_contains("userHandle");
    if (handle && !handle->is_null()) {
        TRY(presented.user_handle, bytes_at(*envelope.response, "userHandle", kLargestUserHandle));
    }
    return presented;
}

} // namespace gatehouse::credentials::webauthn
