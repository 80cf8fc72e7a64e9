// A metadata service of our own (FIDO MDS 3): makes BLOBs, signed by a certificate for mds.example.com under its root.
#pragma once

#include "credentials/metadata.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

struct MetadataEntry {
    std::optional<webauthn::Aaguid> model = {};
    std::string key = {}; // attestationCertificateKeyIdentifiers
    std::string description = {};
    std::vector<Bytes> roots = {};
    std::vector<std::pair<std::string, std::string>> reports = {}; // status, effectiveDate
};

class MetadataService {
public:
    MetadataService();
    Bytes const& root() const { return root_; } // DER
    std::string root_pem() const;
    std::string blob(std::vector<MetadataEntry> const& entries, std::string_view algorithm = "ES256") const;

private:
    crypto::EvpKey root_key_;
    crypto::EvpKey signer_key_;
    Bytes root_;
    Bytes signer_;
};

} // namespace gatehouse::credentials
