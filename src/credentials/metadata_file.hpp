// The files that say which authenticator models are trusted, read at start and again when they change.
#pragma once

#include "credentials/metadata.hpp"

#include <mutex>

namespace gatehouse::credentials {

struct MetadataFiles {
    std::string blob;          // FIDO MDS 3; "": none
    std::string root;          // PEM: whom its signer's certificate leads to
    std::string host;          // whom that certificate is for
    std::string further_roots; // PEM: good for every model; "": none
};

// Reads them once, as `gatehouse passkeys metadata check` does. Errors: "file_unreadable", those of Metadata::parse and
// certificates_of_pem; the message names the file.
Result<webauthn::Metadata> read_metadata(MetadataFiles const& files, TimePoint now);

class MetadataFile {
public:
    explicit MetadataFile(MetadataFiles files);
    // Errors as above; what was read before stays in use. A BLOB with a lower number than the last one is refused:
    // "metadata_older".
    Result<void> reload(TimePoint now);
    // Reads again if a file changed since it was last read. A failure is logged.
    void reload_if_changed(TimePoint now);
    std::shared_ptr<webauthn::Metadata const> current() const; // never null

private:
    MetadataFiles files_;
    std::string stamp_;
    mutable std::mutex mutex_;
    std::shared_ptr<webauthn::Metadata const> current_;
};

} // namespace gatehouse::credentials
