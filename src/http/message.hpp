// http: what travels between a browser or machine and an endpoint, free of any library's types.
//
// In:  bytes from a socket, read strictly and under limits (server.hpp), as Request. Out: Response.
// Beside these: url.hpp (the one URL parser), router.hpp, page_headers.hpp (security headers, same-origin guard),
// assets.hpp, client.hpp (outgoing requests and mail), address.hpp.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };
std::string_view to_string(Method method);
// "GET" and so on, exactly; Method::other for what the house does not serve.
Method parse_method(std::string_view text);

bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string lower_case(std::string_view text); // ASCII
std::string_view trim(std::string_view text);  // spaces and tabs

// Header fields in the order received; names compare without regard to case (RFC 9110 section 5.1).
class Headers {
public:
    // The first value, or nullopt.
    std::optional<std::string_view> find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    void set(std::string_view name, std::string value); // replaces all of that name
    void remove(std::string_view name);
    bool contains(std::string_view name) const { return count(name) != 0; }
    void reserve(std::size_t size) { fields_.reserve(size); }
    std::size_t size() const { return fields_.size(); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// Names and values after percent-decoding, in order, duplicates kept.
class Fields {
public:
    using Pair = std::pair<std::string, std::string>;
    Fields() = default;
    explicit Fields(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {}

    // The value when the name occurs exactly once; nullopt when it is missing. A name that occurs twice reads as
    // missing here: ask `repeated()` first where duplicates must be refused (RFC 6749 section 3.1).
    std::optional<std::string_view> find(std::string_view name) const;
    // The value, or "".
    std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view{}); }
    std::vector<std::string_view> all(std::string_view name) const;
    // The first name that occurs more than once, or nullopt.
    std::optional<std::string_view> repeated() const;
    auto begin() const { return pairs_.begin(); }
    auto end() const { return pairs_.end(); }
    std::size_t size() const { return pairs_.size(); }
    bool empty() const { return pairs_.empty(); }

private:
    std::vector<Pair> pairs_;
};

// Strict application/x-www-form-urlencoded and query parsing: bad percent escapes, NUL and invalid UTF-8 are refused
// ("invalid_encoding"); more than `limit` pairs are refused ("too_many_fields").
Result<Fields> parse_form(std::string_view text, std::size_t limit = 200);
// application/x-www-form-urlencoded serialization.
std::string encode_form(std::vector<Fields::Pair> const& pairs);
// Percent-encodes all but unreserved characters (RFC 3986 section 2.3).
std::string percent_encode(std::string_view text);
// Undoes it ("+" stays). Refuses bad escapes, NUL and invalid UTF-8 ("invalid_encoding").
Result<std::string> percent_decode(std::string_view text);
bool is_valid_utf8(std::string_view text);

struct Request {
    Method method = Method::get;
    std::string target;    // as received: "/oauth2/authorize?client_id=shop"
    std::string path;      // decoded and checked: no dot segments, no NUL, no encoded slash; starts with "/"
    std::string raw_query; // without "?"
    Fields query;          // of raw_query
    Headers headers;
    std::string body;
    std::string host;    // host[:port] the visitor used, after trusted proxies, lower case
    bool secure = false; // https, here or at a trusted proxy
    std::string client_address;
    std::string request_id; // of a trusted proxy, or made here
    // Path parameters, set by the router: "/users/{user_id}" gives path_parameters.get("user_id").
    Fields path_parameters;

    // The body as a form. Errors: "unsupported_media_type", "invalid_encoding", "too_many_fields".
    Result<Fields> form() const;
    // The value of a header field, or "".
    std::string_view header(std::string_view name) const { return headers.find(name).value_or(std::string_view{}); }
    // "https://login.example.com": scheme and host as the visitor used them. Not for links in mails or issuers: those
    // come from configuration, never from what a caller sends.
    std::string origin() const;
    // A cookie's value; when sent twice the first (RFC 6265 section 5.4 sends the longest path first).
    std::optional<std::string_view> cookie(std::string_view name) const;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    // Instead of `body`, for static content that many answers share.
    std::shared_ptr<std::string const> shared_body;

    static Response text(int status, std::string body);
    static Response html(int status, std::string body);         // no-store
    static Response json(int status, std::string body);         // application/json, no-store
    static Response see_other(std::string location);            // 303, no-store
    static Response empty(int status = 204);                    // no-store
    static Response redirect(int status, std::string location); // 302, 307 or 308, no-store
    Response&& header(std::string name, std::string value) &&;
    // The body, wherever it is kept.
    std::string_view content() const { return shared_body ? std::string_view(*shared_body) : std::string_view(body); }
};

enum class SameSite : std::uint8_t { strict, lax, none };
struct Cookie {
    std::string name;
    std::string value;
    std::optional<std::chrono::seconds> max_age; // none: until the browser closes; zero: remove
    bool http_only = true;
    bool secure = true;
    SameSite same_site = SameSite::lax;
    std::string path = "/";
};
std::string to_string(Cookie const& cookie);

// RFC 9457. `type` is "/errors#<code>" (a page of this server explains it); `title` names the status; `detail` is the
// error's message; `code`, `pointer` and `request_id` are extensions. Status follows the kind; adds Retry-After.
// `error.detail` is for the log and never appears.
Response problem(Error const& error, std::string_view request_id);
int status_of(ErrorKind kind);
std::string_view reason_of(int status); // "Not Found"

// Whether the caller can take `media_type` ("text/html") by its Accept header (RFC 9110 section 12.5.1): the most
// specific range decides, q=0 refuses, no header takes anything.
bool accepts(Request const& request, std::string_view media_type);
// Its weight, 0 to 1000. For choosing: the caller prefers HTML when quality("text/html") > quality("application/json").
int quality(Request const& request, std::string_view media_type);
// Languages of Accept-Language, best first, "*" and q=0 left out; at most 20.
std::vector<std::string> accepted_languages(Request const& request);

} // namespace gatehouse::http
