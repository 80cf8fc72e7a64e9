#include "http/multipart.hpp"

#include <algorithm>

namespace gatehouse::http {

namespace {

constexpr std::size_t kLongestBoundary = 70; // RFC 2046 section 5.1.1
constexpr std::size_t kLongestHead = 2048;   // of one part

Refusal malformed()
{
    return refuse(ErrorKind::invalid, "invalid_encoding", "The form could not be read.");
}

// The value of a parameter of a header field: a token, or a quoted text without escapes. Browsers write %22 for a
// quote.
std::optional<std::string_view> parameter(std::string_view header, std::string_view name)
{
    auto rest = header;
    for (auto at = rest.find(';'); at != rest.npos; at = rest.find(';')) {
        rest = trim(rest.substr(at + 1));
        auto const equals = rest.find('=');
        if (equals == rest.npos)
            return std::nullopt;
        auto const found = equal_ignoring_case(rest.substr(0, equals), name);
        rest.remove_prefix(equals + 1);
        std::string_view value;
        if (rest.starts_with('"')) {
            auto const end = rest.find('"', 1);
            if (end == rest.npos)
                return std::nullopt;
            value = rest.substr(1, end - 1);
            rest.remove_prefix(end + 1);
        } else {
            value = trim(rest.substr(0, rest.find(';')));
        }
        if (found)
            return value;
    }
    return std::nullopt;
}

struct Part {
    std::string name;
    bool is_file = false;
    bool named = false; // a file was chosen
    std::string_view content;
};

Result<Part> read_part(std::string_view text)
{
    auto const end = text.find("\r\n\r\n");
    if (end == text.npos || end > kLongestHead)
        return malformed();
    Part part{.content = text.substr(end + 4)};
    bool described = false;
    for (auto head = text.substr(0, end); !head.empty();) {
        auto const line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        auto const colon = line.find(':');
        if (colon == line.npos)
            return malformed();
        if (!equal_ignoring_case(line.substr(0, colon), "Content-Disposition"))
            continue;
        auto const value = trim(line.substr(colon + 1));
        auto const name = parameter(value, "name");
        if (described || !name || !equal_ignoring_case(trim(value.substr(0, value.find(';'))), "form-data"))
            return malformed();
        described = true;
        part.name = *name;
        auto const file = parameter(value, "filename");
        part.is_file = file.has_value();
        part.named = file && !file->empty();
    }
    if (!described || part.name.empty() || !is_valid_utf8(part.name))
        return malformed();
    return part;
}

} // namespace

Bytes const* Upload::file(std::string_view name) const
{
    auto const found = std::ranges::find(files, name, &std::pair<std::string, Bytes>::first);
    return found == files.end() ? nullptr : &found->second;
}

Result<Upload> read_upload(Request const& request, std::size_t most_parts)
{
    auto const type = request.header("Content-Type");
    if (!equal_ignoring_case(trim(type.substr(0, type.find(';'))), "multipart/form-data"))
        return refuse(ErrorKind::unsupported, "unsupported_media_type", "Send multipart/form-data.");
    auto const boundary = parameter(type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > kLongestBoundary)
        return malformed();
    auto const mark = "\r\n--" + std::string(*boundary);
    std::string_view rest = request.body;
    if (!rest.starts_with(std::string_view(mark).substr(2)))
        return malformed();
    rest.remove_prefix(mark.size() - 2);
    Upload upload;
    std::vector<Fields::Pair> pairs;
    for (std::size_t parts = 0; !rest.starts_with("--"); ++parts) {
        if (parts == most_parts)
            return refuse(ErrorKind::invalid, "too_many_fields", "The form has too many fields.");
        auto const end = rest.find(mark);
        if (!rest.starts_with("\r\n") || end == rest.npos)
            return malformed();
        TRY(auto part, read_part(rest.substr(2, std::max<std::size_t>(end, 2) - 2)));
        rest.remove_prefix(end + mark.size());
        if (part.is_file) {
            if (part.named || !part.content.empty())
                upload.files.emplace_back(std::move(part.name), to_bytes(as_bytes(part.content)));
        } else if (is_valid_utf8(part.content) && part.content.find('\0') == std::string_view::npos) {
            pairs.emplace_back(std::move(part.name), std::string(part.content));
        } else {
            return malformed();
        }
    }
    upload.fields = Fields(std::move(pairs));
    return upload;
}

} // namespace gatehouse::http
