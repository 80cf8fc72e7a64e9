// An authenticator in software, with the browser in front of it: makes the JSON that a page would send, from OpenSSL
// keys. What a test wants to be wrong, it changes in the Ceremony.
#pragma once

#include "credentials/webauthn.hpp"
#include "crypto/openssl.hpp"

#include <boost/json.hpp>
#include <optional>

namespace gatehouse::credentials {

struct Ceremony {
    std::string rp_id = "id.example.com";
    std::string origin = "https://id.example.com";
    Bytes challenge = Bytes(32, 0x07);
    std::string type;                // "": that of the ceremony
    boost::json::object client_data; // further members
    bool user_present = true;
    bool user_verified = true;
    bool backup_eligible = false;
    bool backed_up = false;
    std::optional<Bytes> user_handle; // of an assertion
    std::string format = "none";      // "packed" (self), "packed-x5c", "tpm", "android-key" ... or any name
    std::optional<webauthn::Aaguid> certified_model; // in the certificate, if it is another than the authenticator's
    Bytes behind_data;                               // behind the authenticator data
    Bytes behind_object;                             // behind the attestation object
    bool breaks_signature = false;
    std::string tampers; // what an attestation says wrongly: "extra-data", "name", "public-area", "magic" of a TPM;
                         // "purpose", "origin", "applications" of Android; "subject", "usage" of a TPM's certificate
    bool sha1 = false;   // a TPM signs with SHA-1
};

class SoftwareAuthenticator {
public:
    explicit SoftwareAuthenticator(webauthn::Algorithm algorithm = webauthn::Algorithm::es256);

    // RegistrationResponseJSON and AuthenticationResponseJSON.
    boost::json::object create(Ceremony const& ceremony);
    boost::json::object get(Ceremony const& ceremony);

    // The certificate that its attestations are signed by is its own anchor.
    Bytes const& anchor();

    Bytes credential_id = Bytes(32, 0x21);
    webauthn::Aaguid aaguid{0xaa, 0xbb};
    std::uint32_t counter = 0;
    bool counts = true; // the counter grows with each assertion
    Bytes cose;         // the public key; a test may replace it

private:
    Bytes authenticator_data(Ceremony const& ceremony, bool with_credential) const;
    Bytes statement(Ceremony const& ceremony, ByteView data, ByteView client_data_hash);
    Bytes tpm_statement(Ceremony const& ceremony, ByteView message) const;
    Bytes android_statement(Ceremony const& ceremony, ByteView message, ByteView client_data_hash) const;
    Bytes signed_by(EVP_PKEY* key, webauthn::Algorithm algorithm, ByteView message, bool broken) const;
    struct Extension {
        std::string oid;
        Bytes value;
        bool critical = false;
    };
    Bytes make_certificate(EVP_PKEY* subject_key, std::vector<Extension> const& extensions, bool named = true) const;
    Bytes make_certificate(EVP_PKEY* subject_key, webauthn::Aaguid const& model, ByteView apple_nonce) const;

    webauthn::Algorithm algorithm_;
    crypto::EvpKey key_;
    crypto::EvpKey attestation_key_;
    Bytes anchor_;
};

} // namespace gatehouse::credentials
