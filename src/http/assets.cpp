#include "http/assets.hpp"

#include "base/bytes.hpp"

#include <openssl/sha.h>
#include <stdexcept>

namespace gatehouse::http {

namespace {

// 64 bits of the content's SHA-256: enough that two versions never share an address.
std::string fingerprint(std::string_view content)
{
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<unsigned char const*>(content.data()), content.size(), digest.data());
    return hex_encode(ByteView(digest).first(8));
}

// "style.css" and "1f8a" give "style.1f8a.css".
std::string with_fingerprint(std::string_view name, std::string_view print)
{
    auto const slash = name.rfind('/');
    auto const dot = name.rfind('.');
    if (dot == std::string_view::npos || (slash != std::string_view::npos && dot < slash))
        return fmt::format("{}.{}", name, print);
    return fmt::format("{}.{}{}", name.substr(0, dot), print, name.substr(dot));
}

std::shared_ptr<std::string const> keep(std::string_view content)
{
    return std::make_shared<std::string>(content);
}

// Whether Accept-Encoding names the coding and does not refuse it (RFC 9110 section 12.5.3).
bool accepts_encoding(Request const& request, std::string_view coding)
{
    auto list = request.header("Accept-Encoding");
    while (!list.empty()) {
        auto const end = std::min(list.find(','), list.size());
        auto const item = trim(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
        auto const semicolon = std::min(item.find(';'), item.size());
        if (!equal_ignoring_case(trim(item.substr(0, semicolon)), coding))
            continue;
        auto const weight = item.find("q=", semicolon);
        return weight == std::string_view::npos ||
               item.find_first_of("123456789", weight + 2) != std::string_view::npos;
    }
    return false;
}

// If-None-Match compares weakly, entity tag by entity tag (RFC 9110 section 13.1.2).
bool has_tag(Request const& request, std::string_view etag)
{
    auto const list = request.header("If-None-Match");
    return list == "*" || (!list.empty() && list.find(etag) != std::string_view::npos);
}

} // namespace

Assets::Assets(std::span<EmbeddedFile const> files, std::string prefix) : prefix_(std::move(prefix))
{
    add(files);
}

void Assets::add(std::span<EmbeddedFile const> files)
{
    auto const is_variant = [](std::string_view path) { return path.ends_with(".br") || path.ends_with(".gz"); };
    for (auto const& file : files) {
        if (is_variant(file.path))
            continue;
        auto const print = fingerprint(file.content);
        Asset asset;
        asset.url = prefix_ + with_fingerprint(file.path, print);
        asset.media_type = media_type_of(file.path);
        asset.etag = print;
        asset.plain = keep(file.content);
        by_name_.insert_or_assign(std::string(file.path), std::move(asset));
    }
    for (auto const& file : files) {
        if (!is_variant(file.path))
            continue;
        auto const found = by_name_.find(std::string(file.path.substr(0, file.path.size() - 3)));
        if (found != by_name_.end() && file.content.size() < found->second.plain->size())
            (file.path.ends_with(".br") ? found->second.brotli : found->second.gzip) = keep(file.content);
    }
    by_file_name_.clear();
    for (auto const& [name, asset] : by_name_)
        by_file_name_.emplace(asset.url.substr(prefix_.size()), &asset);
}

std::string const& Assets::url(std::string_view name) const
{
    auto const found = by_name_.find(std::string(name));
    if (found == by_name_.end())
        throw std::logic_error(fmt::format("there is no asset {}", name));
    return found->second.url;
}

bool Assets::contains(std::string_view name) const
{
    return by_name_.contains(std::string(name));
}

std::optional<Response> Assets::serve(Request const& request, std::string_view file_name) const
{
    auto const found = by_file_name_.find(std::string(file_name));
    if (found == by_file_name_.end())
        return std::nullopt;
    auto const& asset = *found->second;
    Response response;
    response.headers.add("Content-Type", asset.media_type);
    response.headers.add("Cache-Control", "public, max-age=31536000, immutable");
    response.headers.add("X-Content-Type-Options", "nosniff");
    // Fonts and modules of our own pages only; other sites have no business with them.
    response.headers.add("Cross-Origin-Resource-Policy", "same-origin");
    if (asset.brotli || asset.gzip)
        response.headers.add("Vary", "Accept-Encoding");

    char const* coding = "";
    response.shared_body = asset.plain;
    if (asset.brotli && accepts_encoding(request, "br")) {
        coding = "br";
        response.shared_body = asset.brotli;
    } else if (asset.gzip && accepts_encoding(request, "gzip")) {
        coding = "gzip";
        response.shared_body = asset.gzip;
    }
    // Each variant has a tag of its own (RFC 9110 section 8.8.3.3).
    auto const etag = fmt::format("\"{}{}{}\"", asset.etag, *coding ? "-" : "", coding);
    response.headers.add("ETag", etag);
    if (has_tag(request, etag)) {
        response.status = 304;
        response.shared_body = nullptr;
        return response;
    }
    if (*coding)
        response.headers.add("Content-Encoding", coding);
    return response;
}

std::string_view media_type_of(std::string_view file_name)
{
    static constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".css", "text/css; charset=utf-8"},
        {".html", "text/html; charset=utf-8"},
        {".ico", "image/x-icon"},
        {".jpg", "image/jpeg"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".png", "image/png"},
        {".svg", "image/svg+xml"},
        {".txt", "text/plain; charset=utf-8"},
        {".webmanifest", "application/manifest+json"},
        {".webp", "image/webp"},
        {".woff2", "font/woff2"},
    };
    for (auto const& [ending, type] : types)
        if (file_name.ends_with(ending))
            return type;
    return "application/octet-stream";
}

} // namespace gatehouse::http
