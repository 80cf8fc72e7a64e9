// X.509 certificates of attestations: read within limits, looked into, followed to an anchor (RFC 5280).
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "crypto/openssl.hpp"

#include <openssl/x509.h>

namespace gatehouse::credentials::webauthn {

using Certificate = std::unique_ptr<X509, crypto::OpensslDeleter<X509_free>>;
using Chain = std::vector<Certificate>; // the signer's first

// All of the input as one certificate in DER of at most 8 KB. Error: "certificate_unreadable" (invalid).
Result<Certificate> parse_certificate(ByteView der);
// Every certificate of a PEM file, as DER. Error: "certificate_unreadable".
Result<std::vector<Bytes>> certificates_of_pem(std::string_view pem);

// The value of an extension; empty when there is none. One that is there twice, or is critical, has no value.
std::optional<ByteView> extension_of(X509* certificate, char const* oid);
// SHA-1 of the public key's bits (RFC 5280 section 4.2.1.2, method 1): how U2F models are told apart. 20 bytes.
Bytes key_identifier_of(X509* certificate);
// Says of itself that it is no authority (basic constraints with cA false).
bool is_end_entity(X509* certificate);

// Whether the chain's first certificate leads to one of the anchors (DER), at `now`. An anchor may be an authority, an
// intermediate, or the certificate itself. Anchors that cannot be read are none.
bool leads_to(Chain const& chain, std::vector<Bytes> const& anchors, TimePoint now);

} // namespace gatehouse::credentials::webauthn
