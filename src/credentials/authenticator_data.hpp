// What authenticators and browsers sign: authenticator data (WebAuthn level 3 section 6.1) and client data (section
// 5.8.1).
#pragma once

#include "credentials/cose.hpp"
#include "crypto/digest.hpp"

#include <algorithm>

namespace gatehouse::credentials::webauthn {

// `step` goes to the log only.
Refusal malformed(std::string step);
Refusal refused(std::string step);

inline bool is_one_of(auto const& list, auto const& wanted)
{
    return std::ranges::find(list, wanted) != std::ranges::end(list);
}

struct AttestedCredential {
    Aaguid aaguid{};
    ByteView id;
    ByteView cose;       // the COSE_Key as it stands in the data
    cbor::Value decoded; // the same
};
struct AuthenticatorData {
    ByteView raw;
    ByteView rp_id_hash;
    bool user_present = false;
    bool user_verified = false;
    bool backup_eligible = false;
    bool backed_up = false;
    std::uint32_t counter = 0;
    std::optional<AttestedCredential> credential;
};
// Takes all of the input or refuses it: "passkey_malformed". The result points into the input.
Result<AuthenticatorData> parse_authenticator_data(ByteView raw);

// What both ceremonies ask of authenticator data: our RP ID, presence and verification, backup flags that agree.
Result<void> check_authenticator_data(Expected const& expected, AuthenticatorData const& data);
// What both ceremonies ask of client data: type ("webauthn.create", "webauthn.get"), challenge, origin.
Result<void> check_client_data(Expected const& expected, std::string_view type, ByteView json);

} // namespace gatehouse::credentials::webauthn
