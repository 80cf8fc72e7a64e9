// The one URL parser of the house: the rules that browsers follow (WHATWG URL), so that what is compared here is what a
// browser will visit. Stricter where a browser repairs silently: callers that must not accept repaired input compare
// `serialize()` with what they were given.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

struct Url {
    std::string scheme;   // lower case, without ":"
    std::string username; // percent-encoded
    std::string password;
    std::string host;                  // lower case; "127.0.0.1" for every spelling of it; "[::1]" for IPv6
    std::optional<std::uint16_t> port; // none when it is the scheme's default
    std::string path;                  // "/a/b"; without dot segments; opaque for schemes like "mailto"
    std::optional<std::string> query;  // without "?"
    std::optional<std::string> fragment;

    // An absolute URL. Error: "invalid_url", with a sentence that says what is wrong. Host names outside ASCII are
    // refused: they must be written in their "xn--" form.
    static Result<Url> parse(std::string_view text);

    std::string serialize() const;
    // "https://host:port" for http and https; "null" for all else, which equals no origin.
    std::string origin() const;
    bool is_web() const { return scheme == "http" || scheme == "https"; }
    std::uint16_t effective_port() const; // 80 or 443 when the URL names none; 0 for schemes without one
    bool has_credentials() const { return !username.empty() || !password.empty(); }
    // 127.0.0.0/8, ::1, localhost and names under it.
    bool is_loopback() const;
};

// What may be registered as a redirect URI (RFC 6749 section 3.1.2, RFC 9700 section 4.1, RFC 8252 section 7).
enum class RedirectUse : std::uint8_t {
    web,    // https, or http on loopback
    native, // these, or a private-use scheme with a dot ("com.example.app:/callback")
};
// Refuses fragments, user names, control characters, backslashes, wildcards, dot segments (also encoded), other
// schemes, http beyond loopback, and anything a browser would silently rewrite, so that exact string comparison is
// enough later. Error: "invalid_redirect_uri", with the reason.
Result<void> check_redirect_uri(std::string_view uri, RedirectUse use);
// Exact, but for the port of a loopback address (not of the name localhost) of a native app (RFC 8252 section 7.3).
bool redirect_uri_matches(std::string_view registered, std::string_view presented, RedirectUse use);

// For settings such as an issuer or an upstream: https, or http on loopback; no credentials, no fragment.
// Error: "invalid_url".
Result<Url> parse_https_or_loopback(std::string_view text);

// A return-to address that stays on this host: starts with a single "/", holds no backslash, control character or
// non-ASCII byte, and no encoded form of them at its start. Nullopt for anything else ("//evil", "/\evil", "/%5cevil").
std::optional<std::string> safe_local_path(std::string_view text);

// `base` with the parameters added to its query, for redirects back to an application.
// An existing query is kept as it stands (RFC 6749 section 3.1.2).
std::string with_query(std::string_view base, std::string_view encoded_parameters);

} // namespace gatehouse::http
