#include "http/request_parser.hpp"

#include <cstring>

namespace gatehouse::http {

namespace {

using Text = std::string_view;

std::unexpected<Refused> bad_request(Text message)
{
    return std::unexpected(Refused{400, "bad_request", message});
}
std::unexpected<Refused> header_too_large()
{
    return std::unexpected(Refused{431, "header_too_large", "The header of the request is too large."});
}

// RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> kTokenCharacter = [] {
    std::array<bool, 256> table{};
    for (int c = '0'; c <= '9'; ++c)
        table[static_cast<std::size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c)
        table[static_cast<std::size_t>(c)] = table[static_cast<std::size_t>(c - 32)] = true;
    for (auto const c : Text("!#$%&'*+-.^_`|~"))
        table[static_cast<std::size_t>(c)] = true;
    return table;
}();
bool is_token_character(char c)
{
    return kTokenCharacter[static_cast<unsigned char>(c)];
}
bool is_token(Text text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}
bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
// Printable ASCII, space, tab and everything above ASCII (RFC 9110 section 5.5).
bool is_field_character(char c)
{
    auto const byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

// Calls `visit` for each element of a comma-separated list.
template <class Visit>
void each_token(Text list, Visit visit)
{
    while (!list.empty()) {
        auto const end = std::min(list.find(','), list.size());
        visit(trim(list.substr(0, end)));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

// Decodes the path and refuses what could mean another path to someone else.
std::expected<std::string, Refused> decode_path(Text raw)
{
    auto decoded = percent_decode(raw);
    if (!decoded)
        return bad_request("The path of the request is not correctly encoded.");
    for (std::size_t i = 0; i < raw.size(); ++i) {
        auto const escaped = raw[i] == '%' ? raw.substr(i + 1, 2) : Text();
        if (raw[i] == '\\' || equal_ignoring_case(escaped, "2f") || equal_ignoring_case(escaped, "5c"))
            return bad_request("The path of the request holds an encoded slash or a backslash.");
    }
    for (auto const c : *decoded)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return bad_request("The path of the request holds a control character.");
    for (Text rest = *decoded; !rest.empty();) {
        rest.remove_prefix(1);
        auto const end = std::min(rest.find('/'), rest.size());
        auto const segment = rest.substr(0, end);
        if (segment == "." || segment == "..")
            return bad_request("The path of the request holds dot segments.");
        rest.remove_prefix(end);
    }
    return *std::move(decoded);
}

std::expected<void, Refused> parse_target(Text target, Request& request)
{
    request.target = target;
    if (!std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; }))
        return bad_request("The target of the request holds characters that must be percent-encoded.");
    auto rest = target;
    // Absolute form (RFC 9112 section 3.2.2): its host wins over the Host field.
    for (Text const scheme : {"http://", "https://"}) {
        if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme))
            continue;
        rest = target.substr(scheme.size());
        auto const end = std::min(rest.find_first_of("/?"), rest.size());
        auto host = parse_host_header(rest.substr(0, end));
        if (!host)
            return bad_request("The target of the request names no valid host.");
        request.host = *std::move(host);
        rest = rest.substr(end);
        break;
    }
    auto const absolute = rest.data() != target.data();
    auto const mark = std::min(rest.find('?'), rest.size());
    auto path = rest.substr(0, mark);
    if (path.empty() && absolute)
        path = "/";
    if (!path.starts_with('/'))
        return bad_request("The target of the request is not a path.");
    auto decoded = decode_path(path);
    if (!decoded)
        return std::unexpected(decoded.error());
    request.path = *std::move(decoded);
    if (mark == rest.size())
        return {};
    request.raw_query = rest.substr(mark + 1);
    auto query = parse_form(request.raw_query);
    if (!query)
        return bad_request("The query of the request is not correctly encoded, or has too many parameters.");
    request.query = *std::move(query);
    return {};
}

// What the fields say about framing, collected while they are read.
struct FramingFields {
    Text content_length, transfer_encoding;
    int hosts = 0, content_lengths = 0, transfer_encodings = 0;
    bool close = false;
    Text expect;
};

void note_field(FramingFields& seen, Text name, Text value)
{
    switch (name.size()) {
    case 4:
        seen.hosts += equal_ignoring_case(name, "Host") ? 1 : 0;
        break;
    case 6:
        if (equal_ignoring_case(name, "Expect"))
            seen.expect = value;
        break;
    case 10:
        if (equal_ignoring_case(name, "Connection"))
            each_token(value, [&](Text token) { seen.close |= equal_ignoring_case(token, "close"); });
        break;
    case 14:
        if (equal_ignoring_case(name, "Content-Length")) {
            ++seen.content_lengths;
            seen.content_length = value;
        }
        break;
    case 17:
        if (equal_ignoring_case(name, "Transfer-Encoding")) {
            ++seen.transfer_encodings;
            seen.transfer_encoding = value;
        }
        break;
    default:
        break;
    }
}

std::expected<void, Refused> parse_fields(Text rest, HeadLimits const& limits, Request& request, FramingFields& seen)
{
    request.headers.reserve(16);
    while (rest != "\r\n") {
        auto const line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(line.size() + 2);
        if (line[0] == ' ' || line[0] == '\t')
            return bad_request("A header field is folded over several lines.");
        auto const colon = line.find(':');
        if (colon == Text::npos || !is_token(line.substr(0, colon)))
            return bad_request("A header field has no valid name.");
        auto const name = line.substr(0, colon);
        auto const value = trim(line.substr(colon + 1));
        if (!std::all_of(value.begin(), value.end(), is_field_character))
            return bad_request("A header field holds a control character.");
        if (request.headers.size() == limits.fields)
            return header_too_large();
        note_field(seen, name, value);
        request.headers.add(std::string(name), std::string(value));
    }
    return {};
}

std::expected<Framing, Refused> decide_framing(FramingFields const& seen, int minor)
{
    Framing framing;
    framing.keep_alive = !seen.close && minor == 1;
    if (seen.transfer_encodings > 0) {
        if (seen.content_lengths > 0)
            return bad_request("The request has both Content-Length and Transfer-Encoding.");
        if (seen.transfer_encodings > 1 || minor == 0)
            return bad_request("The request has a Transfer-Encoding that is not allowed here.");
        if (!equal_ignoring_case(seen.transfer_encoding, "chunked"))
            return std::unexpected(
                Refused{501, "transfer_encoding_not_supported", "The only Transfer-Encoding taken is chunked."});
        framing.chunked = true;
    }
    if (seen.content_lengths > 1)
        return bad_request("The request has more than one Content-Length.");
    if (seen.content_lengths == 1) {
        auto const digits = seen.content_length;
        if (digits.empty() || digits.size() > 18 || !std::all_of(digits.begin(), digits.end(), is_digit))
            return bad_request("The Content-Length of the request is not a number.");
        for (auto const c : digits)
            framing.content_length = framing.content_length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (!seen.expect.empty()) {
        if (!equal_ignoring_case(seen.expect, "100-continue"))
            return std::unexpected(
                Refused{417, "expectation_failed", "The only expectation that is met is 100-continue."});
        framing.expects_continue = minor == 1;
    }
    return framing;
}

} // namespace

Response to_response(Refused const& refused, std::string_view request_id)
{
    // The kind decides the status for errors of endpoints; here the status is what is known.
    auto response = problem(
        {.kind = ErrorKind::invalid, .code = std::string(refused.code), .message = std::string(refused.message)},
        request_id);
    if (refused.status == 400)
        return response;
    response.status = refused.status;
    auto const replace = [&](Text from, std::string const& to) {
        response.body.replace(response.body.find(from), from.size(), to);
    };
    replace(R"("title":"Bad Request")", fmt::format(R"("title":"{}")", reason_of(refused.status)));
    replace(R"("status":400)", fmt::format(R"("status":{})", refused.status));
    return response;
}

std::expected<std::size_t, Refused> HeadScanner::scan(std::string_view buffer)
{
    while (looked_ < buffer.size()) {
        auto const* found = std::memchr(buffer.data() + looked_, '\n', buffer.size() - looked_);
        auto const end = found ? static_cast<std::size_t>(static_cast<char const*>(found) - buffer.data()) + 1 : 0;
        auto const size_now = found ? end : buffer.size();
        if (first_line_ && size_now > limits_.target)
            return std::unexpected(Refused{414, "target_too_long", "The address of the request is too long."});
        if (size_now > limits_.header)
            return header_too_large();
        if (!found) {
            looked_ = buffer.size();
            return 0;
        }
        if (end - line_start_ < 2 || buffer[end - 2] != '\r')
            return bad_request("A line of the request does not end with CR LF.");
        auto const line = buffer.substr(line_start_, end - line_start_ - 2);
        // A lone CR inside a line is a line's end to some programs.
        if (line.find('\r') != Text::npos || line.find('\0') != Text::npos)
            return bad_request("A line of the request holds a control character.");
        if (line.empty())
            return first_line_ ? std::expected<std::size_t, Refused>(bad_request("The request line is missing.")) : end;
        first_line_ = false;
        looked_ = line_start_ = end;
    }
    return 0;
}

std::expected<Framing, Refused> parse_head(std::string_view head, HeadLimits const& limits, Request& request)
{
    auto const line = head.substr(0, head.find("\r\n"));
    auto const first = line.find(' ');
    auto const last = line.rfind(' ');
    if (first == Text::npos || first == last)
        return bad_request("The request line is not: method, target, version.");
    auto const method = line.substr(0, first);
    auto const version = line.substr(last + 1);
    if (method.size() > 32 || !is_token(method))
        return bad_request("The method of the request is not valid.");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        if (version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
            is_digit(version[7]))
            return std::unexpected(Refused{505, "http_version_not_supported", "HTTP/1.1 is spoken here."});
        return bad_request("The request line does not end with an HTTP version.");
    }
    auto const minor = version.back() - '0';
    request.method = parse_method(method);

    FramingFields seen;
    if (auto fields = parse_fields(head.substr(line.size() + 2), limits, request, seen); !fields)
        return std::unexpected(fields.error());
    if (seen.hosts > 1 || (seen.hosts == 0 && minor == 1))
        return bad_request("The request must have exactly one Host field.");
    if (seen.hosts == 1) {
        auto host = parse_host_header(request.header("Host"));
        if (!host)
            return bad_request("The Host field of the request is not valid.");
        request.host = *std::move(host);
    }
    if (auto target = parse_target(line.substr(first + 1, last - first - 1), request); !target)
        return std::unexpected(target.error());
    return decide_framing(seen, minor);
}

std::optional<std::string> parse_host_header(std::string_view text)
{
    if (text.empty() || text.size() > 262)
        return std::nullopt;
    auto const bracket = text.starts_with('[') ? text.find(']') : 0;
    if (bracket == Text::npos)
        return std::nullopt;
    auto const colon = text.find(':', bracket);
    auto const name = text.substr(0, colon);
    if (colon != Text::npos) {
        auto const port = text.substr(colon + 1);
        if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit))
            return std::nullopt;
    }
    auto const bracketed = bracket > 0;
    if (name.empty() || (bracketed && (bracket + 1 != name.size() || name.size() < 4)))
        return std::nullopt;
    auto const valid = [bracketed](char c) {
        if (bracketed)
            return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f') || c == ':' || c == '.';
        return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '.' || c == '_';
    };
    auto const inner = bracketed ? name.substr(1, name.size() - 2) : name;
    if (!std::all_of(inner.begin(), inner.end(), valid))
        return std::nullopt;
    return lower_case(text);
}

std::expected<void, Refused> ChunkDecoder::end_of_size()
{
    if (digits_ == 0)
        return bad_request("A chunk of the request has no size.");
    if (size_ > limit_ - total_)
        return std::unexpected(Refused{413, "body_too_large", "The body of the request is too large."});
    return {};
}

// Everything but the content itself, byte by byte.
std::expected<void, Refused> ChunkDecoder::step(char c)
{
    constexpr std::size_t kMostOverhead = 8 * 1024;
    auto const expect = [&](char wanted, State next) -> std::expected<void, Refused> {
        if (c != wanted)
            return bad_request("The chunks of the request are not well formed.");
        state_ = next;
        return {};
    };
    auto const overhead = [&]() -> std::expected<void, Refused> {
        if (++overhead_ > kMostOverhead)
            return header_too_large();
        if (!is_field_character(c))
            return bad_request("The chunks of the request hold a control character.");
        return {};
    };
    switch (state_) {
    case State::size: {
        auto const letter = static_cast<char>(c | 32);
        if (is_digit(c) || (letter >= 'a' && letter <= 'f')) {
            if (++digits_ > 15)
                return bad_request("The size of a chunk of the request is too large.");
            size_ = size_ << 4 | static_cast<std::uint64_t>(is_digit(c) ? c - '0' : letter - 'a' + 10);
            return {};
        }
        if (auto size = end_of_size(); !size)
            return size;
        return c == ';' ? expect(';', State::extension) : expect('\r', State::size_line_feed);
    }
    case State::extension:
        if (c == '\r')
            return expect('\r', State::size_line_feed);
        return overhead();
    case State::size_line_feed:
        return expect('\n', size_ == 0 ? State::trailer_start : State::data);
    case State::data_return:
        return expect('\r', State::data_line_feed);
    case State::data_line_feed:
        digits_ = 0;
        return expect('\n', State::size);
    case State::trailer_start:
        if (c == '\r')
            return expect('\r', State::last_line_feed);
        if (!is_token_character(c))
            return bad_request("A trailer of the request has no valid name.");
        state_ = State::trailer;
        return overhead();
    case State::trailer:
        if (c == '\r')
            return expect('\r', State::trailer_line_feed);
        return overhead();
    case State::trailer_line_feed:
        return expect('\n', State::trailer_start);
    case State::last_line_feed:
        return expect('\n', State::done);
    case State::data:
    case State::done:
        break;
    }
    return {};
}

std::expected<std::size_t, Refused> ChunkDecoder::feed(std::string_view input, std::string& body)
{
    std::size_t taken = 0;
    while (taken < input.size() && state_ != State::done) {
        if (state_ == State::data) {
            auto const part = input.substr(taken, static_cast<std::size_t>(size_));
            body += part;
            taken += part.size();
            total_ += part.size();
            size_ -= part.size();
            if (size_ == 0)
                state_ = State::data_return;
            continue;
        }
        if (auto stepped = step(input[taken]); !stepped)
            return std::unexpected(stepped.error());
        ++taken;
    }
    return taken;
}

} // namespace gatehouse::http
