// `gatehouse passkeys ...`.
#include "app/commands.hpp"
#include "app/ground.hpp"

namespace gatehouse::app {

Result<void> passkeys_metadata_check(config::Settings const& settings, Words const& words)
{
    auto files = metadata_files(settings);
    if (!words.arguments.empty())
        files.blob = words.arguments.front();
    if (files.blob.empty())
        return refuse(ErrorKind::invalid, "configuration_invalid",
                      "Name a file, or set passkeys.metadata_file to the BLOB of FIDO MDS 3.");
    if (files.root.empty())
        return refuse(ErrorKind::invalid, "configuration_invalid",
                      "Set passkeys.metadata_root to the root certificate that its signer leads to.");
    auto const now = SystemClock{}.now();
    TRY(auto const metadata, credentials::read_metadata(files, now));
    fmt::print("The metadata is signed by {}: number {}, {} models.\n", files.host, metadata.number(), metadata.size());
    for (auto const& [aaguid, model] : metadata.distrusted())
        fmt::print("not accepted  {}  {} ({})\n", aaguid, model->description, model->distrusted);
    if (metadata.next_update() < to_rfc3339(now).substr(0, 10))
        fmt::print("It was to be renewed on {}: fetch it again.\n", metadata.next_update());
    else
        fmt::print("The next one comes by {}.\n", metadata.next_update());
    return {};
}

} // namespace gatehouse::app
