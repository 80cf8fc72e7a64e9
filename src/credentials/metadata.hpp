// What is known of authenticator models: FIDO Metadata Service version 3, the BLOB that the FIDO Alliance publishes.
// The operator fetches the file (https://mds3.fidoalliance.org/); nothing is fetched from here.
//
// In:  the BLOB (a JWS whose x5c leads to a configured root and names the service), further roots of the operator.
// Out: for a model its name, the roots its attestations lead to, and whether it may be trusted.
#pragma once

#include "credentials/certificates.hpp"

#include <array>
#include <map>
#include <memory>
#include <string>

namespace gatehouse::credentials::webauthn {

using Aaguid = std::array<std::uint8_t, 16>;
// "2fc0579f-8113-47ea-b116-bb5a8db9202a". Empty for anything else.
std::optional<Aaguid> parse_aaguid(std::string_view text);
std::string to_text(Aaguid const& aaguid);

// A model of authenticators.
struct Model {
    std::string description;
    std::vector<Bytes> roots; // X.509, DER
    // The status that speaks against it ("REVOKED", "ATTESTATION_KEY_COMPROMISE" ...); empty when none does.
    std::string distrusted;
};

// Who signs the BLOB.
struct MetadataSigner {
    std::vector<Bytes> roots;                  // DER
    std::string host = "mds.fidoalliance.org"; // what its certificate is for
};

class Metadata {
public:
    // Nothing but the operator's own roots, which are good for every model.
    explicit Metadata(std::vector<Bytes> further_roots = {}) : further_roots_(std::move(further_roots)) {}
    // FIDO MDS 3 section 3.2 steps 3 to 7. Errors, all invalid: "metadata_malformed", "metadata_untrusted" (another
    // signer, or a wrong signature).
    static Result<Metadata> parse(std::string_view blob, MetadataSigner const& signer, std::vector<Bytes> further_roots,
                                  TimePoint now);

    Model const* find(Aaguid const& model) const;
    Model const* find_by_key(ByteView key_identifier) const; // of its attestation certificate; U2F
    std::vector<Bytes> const& further_roots() const { return further_roots_; }

    // Models that lost their trust, by AAGUID or key identifier.
    std::vector<std::pair<std::string, Model const*>> distrusted() const;

    std::int64_t number() const { return number_; }
    std::string const& next_update() const { return next_update_; } // "2026-12-01"; empty without a BLOB
    std::size_t size() const { return by_aaguid_.size() + by_key_.size(); }

private:
    std::vector<Bytes> further_roots_;
    std::int64_t number_ = 0;
    std::string next_update_;
    std::map<Aaguid, std::shared_ptr<Model const>> by_aaguid_;
    std::map<Bytes, std::shared_ptr<Model const>> by_key_;
};

} // namespace gatehouse::credentials::webauthn
