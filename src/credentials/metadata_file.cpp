#include "credentials/metadata_file.hpp"

#include "base/log.hpp"

#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace gatehouse::credentials {

namespace {

Result<std::string> content_of(std::string const& file)
{
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    if (!in || !(text << in.rdbuf()))
        return refuse(ErrorKind::invalid, "file_unreadable", fmt::format("{} cannot be read.", file));
    return std::move(text).str();
}

Result<std::vector<Bytes>> roots_of(std::string const& file)
{
    TRY(auto const pem, content_of(file));
    auto roots = webauthn::certificates_of_pem(pem);
    if (!roots)
        return refuse(ErrorKind::invalid, "certificate_unreadable", fmt::format("{} holds no certificate (PEM).", file))
            .because(roots.error().detail);
    return roots;
}

std::string stamp_of(MetadataFiles const& files)
{
    std::string text;
    for (auto const* file : {&files.blob, &files.root, &files.further_roots}) {
        struct stat info{};
        if (!file->empty() && stat(file->c_str(), &info) == 0)
            text += fmt::format("{}.{}.{}.{};", info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ino, info.st_size);
    }
    return text;
}

} // namespace

Result<webauthn::Metadata> read_metadata(MetadataFiles const& files, TimePoint now)
{
    std::vector<Bytes> further;
    if (!files.further_roots.empty()) {
        TRY(further, roots_of(files.further_roots));
    }
    if (files.blob.empty())
        return webauthn::Metadata(std::move(further));
    TRY(auto roots, roots_of(files.root));
    TRY(auto const blob, content_of(files.blob));
    auto metadata =
        webauthn::Metadata::parse(blob, {.roots = std::move(roots), .host = files.host}, std::move(further), now);
    if (!metadata)
        metadata.error().message = fmt::format("{}: {}", files.blob, metadata.error().message);
    return metadata;
}

MetadataFile::MetadataFile(MetadataFiles files)
    : files_(std::move(files)), current_(std::make_shared<webauthn::Metadata const>())
{
}

Result<void> MetadataFile::reload(TimePoint now)
{
    auto stamp = stamp_of(files_);
    TRY(auto read, read_metadata(files_, now));
    if (read.number() < current()->number())
        return refuse(ErrorKind::invalid, "metadata_older",
                      fmt::format("{} is older than what was read before.", files_.blob));
    auto next = std::make_shared<webauthn::Metadata const>(std::move(read));
    std::scoped_lock const lock(mutex_);
    current_ = std::move(next);
    stamp_ = std::move(stamp);
    return {};
}

void MetadataFile::reload_if_changed(TimePoint now)
{
    auto stamp = stamp_of(files_);
    {
        std::scoped_lock const lock(mutex_);
        if (stamp == stamp_)
            return;
    }
    if (auto const done = reload(now); !done) {
        log::error("the metadata of authenticators cannot be read; the earlier one stays in use",
                   {{"code", done.error().code}, {"reason", done.error().message}, {"detail", done.error().detail}});
        std::scoped_lock const lock(mutex_);
        stamp_ = std::move(stamp); // once is enough
    }
}

std::shared_ptr<webauthn::Metadata const> MetadataFile::current() const
{
    std::scoped_lock const lock(mutex_);
    return current_;
}

} // namespace gatehouse::credentials
