// Attestation statements (WebAuthn level 3 section 8). Formats that are not known here are refused by name.
#pragma once

#include "credentials/authenticator_data.hpp"

namespace gatehouse::credentials::webauthn {

struct Statement {
    std::string_view format;
    cbor::Value const& content; // attStmt
    AuthenticatorData const& data;
    PublicKey const& key; // the new credential's
    ByteView client_data_hash;
};
// Section 7.1 steps 21 to 24. Errors: "passkey_malformed", "passkey_refused" (a signature or certificate is wrong),
// "passkey_unsupported", "passkey_attestation" (right, but not what the policy takes).
Result<Attestation> verify_attestation(Expected const& expected, Statement const& statement);

} // namespace gatehouse::credentials::webauthn
