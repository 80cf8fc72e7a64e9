// webauthn: what the server side of W3C Web Authentication Level 3 says about the values that come and go (section 7).
// Pure functions: no database, no clock, nothing kept.
//
// In:  what was expected (the challenge of this ceremony, our origins, the policy) and the browser's JSON.
// Out: what the authenticator proved, or a refusal whose sentence helps people and whose detail (for the log) names the
//      step of section 7 that failed.
//
// Errors, all of kind invalid: "passkey_malformed" (not what a browser sends), "passkey_refused" (well formed, but a
// check failed: another origin, challenge, key ...), "passkey_not_verified" (user verification was required),
// "passkey_algorithm" (a key that was not asked for), "passkey_attestation" (the policy does not take this
// authenticator), "passkey_unsupported" (an attestation format that is not known here).
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <memory>

namespace gatehouse::credentials::webauthn {

// COSE algorithm identifiers (RFC 9053, RFC 8812). Also the order in which we like them.
enum class Algorithm : std::int32_t { es256 = -7, eddsa = -8, es384 = -35, rs256 = -257 };
inline constexpr Algorithm kEveryAlgorithm[] = {Algorithm::es256, Algorithm::eddsa, Algorithm::es384, Algorithm::rs256};

enum class UserVerification : std::uint8_t { preferred, required, discouraged };
enum class ResidentKey : std::uint8_t { preferred, required, discouraged };

using Aaguid = std::array<std::uint8_t, 16>;
class Metadata;

struct RelyingParty {
    std::string id;                   // a host name: "id.example.com"
    std::string name;                 // shown by the browser
    std::vector<std::string> origins; // pages that may ask: "https://id.example.com", and related origins
};
// Of an address such as the issuer. Empty when passkeys cannot work there: a host that is an IP address, or http
// anywhere but on localhost.
std::optional<RelyingParty> relying_party_at(std::string_view address, std::string name);

// A credential as the browser is told of it, to find it or to leave it out.
struct Descriptor {
    Bytes id;
    std::vector<std::string> transports;
};

// How much the browser is to tell of the authenticator (section 5.4.7).
enum class Conveyance : std::uint8_t { none, indirect, direct, enterprise };
// Attestation statement formats (section 8), by the names that they have there.
enum class Format : std::uint8_t { none, packed, tpm, android_key, apple, fido_u2f };
inline constexpr std::string_view kFormatNames[] = {"none", "packed", "tpm", "android-key", "apple", "fido-u2f"};
std::optional<Format> format_named(std::string_view name);

// What is asked of authenticators at registration.
struct AttestationPolicy {
    Conveyance conveyance = Conveyance::none;
    std::vector<Format> formats;  // if any, no other
    bool require_trusted = false; // a chain to a root that is good for the model, or refused
    std::vector<Aaguid> allow;    // if any, no other model
    std::vector<Aaguid> deny;
    std::shared_ptr<Metadata const> metadata; // roots, and models that lost their trust
};

struct CreationRequest {
    RelyingParty party;
    ByteView challenge;
    ByteView user_handle;            // at most 64 bytes, nothing personal
    std::string user_name;           // "ada@example.com"
    std::string display_name;        // "Ada Lovelace"
    std::vector<Descriptor> exclude; // what the user has already
    UserVerification verification = UserVerification::preferred;
    ResidentKey resident_key = ResidentKey::required;
    bool cross_platform_only = false; // a security key rather than this device
    Conveyance attestation = Conveyance::none;
    std::chrono::milliseconds timeout{300'000};
};
// PublicKeyCredentialCreationOptionsJSON (section 5.1.8).
boost::json::object creation_options(CreationRequest const& request);

struct AssertionRequest {
    RelyingParty party;
    ByteView challenge;
    std::vector<Descriptor> allow; // empty: any discoverable credential
    UserVerification verification = UserVerification::preferred;
    std::chrono::milliseconds timeout{300'000};
};
// PublicKeyCredentialRequestOptionsJSON (section 5.1.9).
boost::json::object request_options(AssertionRequest const& request);

// AllAcceptedCredentialsOptions (section 5.1.10): tells the browser which credentials of a user are still good, so that
// it hides those that were removed here.
boost::json::object accepted_credentials(RelyingParty const& party, ByteView user_handle,
                                         std::vector<Descriptor> const& credentials);

// What this ceremony must bring.
struct Expected {
    RelyingParty party;
    ByteView challenge; // of at least 16 bytes
    bool user_verification = false;
    // Conditional registration, where the browser asks nobody (section 7.1 step 15): presence may be missing.
    bool conditional = false;
    AttestationPolicy const* attestation = nullptr;
    TimePoint now; // certificates of attestations are valid then
};

enum class Attestation : std::uint8_t {
    none,
    self,     // signed by the new key itself
    unproven, // by a certificate that leads to no anchor of ours
    trusted,
};

struct Registered {
    std::string rp_id;
    Bytes credential_id;
    Bytes public_key; // COSE_Key
    Algorithm algorithm = Algorithm::es256;
    std::uint32_t counter = 0;
    Aaguid aaguid{};
    std::vector<std::string> transports;
    bool user_verified = false;
    bool backup_eligible = false;
    bool backed_up = false;
    std::optional<bool> discoverable; // as the browser says (credProps)
    Attestation attestation = Attestation::none;
};
// Section 7.1, but for what needs the database: that the credential id is nobody's yet (step 26).
Result<Registered> verify_registration(Expected const& expected, boost::json::object const& response);

// What is kept of a credential for the next time.
struct Known {
    ByteView public_key; // COSE_Key
    std::uint32_t counter = 0;
    bool backup_eligible = false;
};
struct Asserted {
    std::uint32_t counter = 0;
    // Neither counter is zero and the new one is not larger: a copy of the authenticator may be about (section 6.1.1).
    bool counter_went_back = false;
    bool user_verified = false;
    bool backed_up = false;
};
// Section 7.2 but for finding the credential (steps 5 and 6): see `presented`.
Result<Asserted> verify_assertion(Expected const& expected, Known const& known, boost::json::object const& response);

// Which credential an AuthenticationResponseJSON claims to be of; nothing of it is proven yet.
struct Presented {
    Bytes credential_id;
    std::optional<Bytes> user_handle;
};
Result<Presented> presented(boost::json::object const& response);

} // namespace gatehouse::credentials::webauthn
