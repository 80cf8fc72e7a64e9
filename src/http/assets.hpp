// Static files out of the binary, under addresses that change with their content: "/assets/style.1f8ac10f.css".
// Browsers keep them for a year; brotli and gzip variants were made when the binary was built (gatehouse_embed_assets
// in cmake/Assets.cmake), never at run time.
#pragma once

#include "base/embedded.hpp"
#include "http/message.hpp"

#include <unordered_map>

namespace gatehouse::http {

class Assets {
public:
    // `files` as embedded: "style.css", and beside it "style.css.br" and "style.css.gz" where they are smaller.
    // Later files replace earlier ones of the same name. `prefix` ends with "/".
    explicit Assets(std::span<EmbeddedFile const> files, std::string prefix = "/assets/");
    void add(std::span<EmbeddedFile const> files);
    Assets(Assets const&) = delete;
    Assets& operator=(Assets const&) = delete;
    Assets(Assets&&) = default;
    Assets& operator=(Assets&&) = default;

    // The address of a file for use in pages: url("style.css") gives "/assets/style.1f8ac10f.css". A name that is not
    // there is a bug and throws std::logic_error.
    std::string const& url(std::string_view name) const;
    bool contains(std::string_view name) const;
    // Answers GET and HEAD for `file_name`, the part of the path behind the prefix; nullopt when there is none such.
    std::optional<Response> serve(Request const& request, std::string_view file_name) const;

private:
    struct Asset {
        std::string url;
        std::string media_type;
        std::string etag;
        std::shared_ptr<std::string const> plain, brotli, gzip;
    };
    std::string prefix_;
    std::unordered_map<std::string, Asset> by_name_;
    std::unordered_map<std::string, Asset const*> by_file_name_; // "style.1f8ac10f.css"
};

// "text/css; charset=utf-8" for "style.css"; "application/octet-stream" for the unknown.
std::string_view media_type_of(std::string_view file_name);

} // namespace gatehouse::http
