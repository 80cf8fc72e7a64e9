// The statements that attestation.cpp tells apart, one verifier a format. What each proves is weighed against the
// policy there.
#pragma once

#include "credentials/attestation.hpp"
#include "credentials/certificates.hpp"

namespace gatehouse::credentials::webauthn {

struct Proof {
    Attestation attestation = Attestation::none;
    Chain chain; // the attestation certificate first
};

Result<Proof> verify_packed(Statement const& statement);      // section 8.2
Result<Proof> verify_tpm(Statement const& statement);         // section 8.3
Result<Proof> verify_android_key(Statement const& statement); // section 8.4
Result<Proof> verify_u2f(Statement const& statement);         // section 8.6
Result<Proof> verify_apple(Statement const& statement);       // section 8.8

// -- what they share
inline constexpr char const* kAaguidExtension = "1.3.6.1.4.1.45724.1.1.4"; // id-fido-gen-ce-aaguid, section 8.2.1

Result<Chain> x5c_of(cbor::Value const& statement);
Result<ByteView> bytes_member(cbor::Value const& statement, std::string_view name);
Result<Algorithm> algorithm_member(cbor::Value const& statement);
Result<void> check_members(cbor::Value const& statement, std::size_t count);
// Where the certificate names a model, it is this one.
Result<void> check_certified_model(X509* certificate, Aaguid const& aaguid);
// The certificate's key is the new credential's.
bool certifies(X509* certificate, PublicKey const& key);
Bytes joined(std::initializer_list<ByteView> parts);

} // namespace gatehouse::credentials::webauthn
