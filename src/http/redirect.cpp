// What may be registered and followed as a redirect.
#include "http/message.hpp"
#include "http/url.hpp"

namespace gatehouse::http {

namespace {

constexpr std::size_t kLongestRedirect = 2048;

Refusal bad_redirect(std::string why)
{
    return refuse(ErrorKind::invalid, "invalid_redirect_uri", std::move(why));
}

bool is_visible_ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool holds_encoded_slash(std::string_view text)
{
    auto const lower = lower_case(text);
    return lower.find("%2f") != std::string::npos || lower.find("%5c") != std::string::npos;
}

Result<void> check_scheme(Url const& url, RedirectUse use)
{
    if (url.scheme == "https")
        return {};
    if (url.scheme == "http") {
        if (url.is_loopback())
            return {};
        return bad_redirect("Redirect URIs use https; http is accepted for localhost and loopback addresses only.");
    }
    if (use == RedirectUse::web)
        return bad_redirect("The redirect URI of this kind of application begins with https:");
    // A name in reverse domain order cannot collide with javascript:, data: or another application's (RFC 8252
    // section 7.1).
    if (url.scheme.find('.') == std::string::npos)
        return bad_redirect(
            "A private-use scheme is a domain name in reverse order, such as com.example.app:/callback.");
    return {};
}

// The part of a loopback redirect that must be the same whatever the port: nullopt when it is not one by address.
struct Loopback {
    std::string_view host; // "http://127.0.0.1"
    std::string_view rest; // behind the port
};
std::optional<Loopback> split_loopback(std::string_view uri)
{
    for (std::string_view const host : {"http://127.0.0.1", "http://[::1]"}) {
        if (!uri.starts_with(host))
            continue;
        auto rest = uri.substr(host.size());
        if (rest.starts_with(':')) {
            auto const end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
            if (end < 2 || end > 6)
                return std::nullopt;
            rest.remove_prefix(end);
        }
        if (!rest.empty() && rest[0] != '/' && rest[0] != '?')
            return std::nullopt;
        return Loopback{host, rest};
    }
    return std::nullopt;
}

} // namespace

Result<void> check_redirect_uri(std::string_view uri, RedirectUse use)
{
    if (uri.empty() || uri.size() > kLongestRedirect)
        return bad_redirect("A redirect URI has 1 to 2048 characters.");
    if (!is_visible_ascii(uri))
        return bad_redirect("A redirect URI holds no spaces, control characters or characters outside ASCII.");
    if (uri.find('\\') != std::string_view::npos)
        return bad_redirect("A redirect URI holds no backslash.");
    if (uri.find('*') != std::string_view::npos)
        return bad_redirect("Redirect URIs are compared exactly: wildcards are not supported. List each address.");
    if (uri.find('#') != std::string_view::npos)
        return bad_redirect("A redirect URI has no fragment (#).");
    auto const url = Url::parse(uri);
    if (!url)
        return bad_redirect(url.error().message);
    if (url->has_credentials() || uri.substr(0, uri.find('?')).find('@') != std::string_view::npos)
        return bad_redirect("A redirect URI names no user (@).");
    TRY_DO(check_scheme(*url, use));
    if (holds_encoded_slash(url->path))
        return bad_redirect("The path of a redirect URI holds no encoded slash or backslash.");
    auto const written = url->serialize();
    // "https://app.example" is what a browser calls "https://app.example/"; both are fine, as registered.
    auto const bare = url->is_web() && url->path == "/" && !url->query && written == std::string(uri) + "/";
    if (written != uri && !bare)
        return bad_redirect("Browsers would change this redirect URI. Register it as they write it: " + written);
    return {};
}

bool redirect_uri_matches(std::string_view registered, std::string_view presented, RedirectUse use)
{
    if (registered == presented)
        return true;
    if (use != RedirectUse::native)
        return false;
    auto const ours = split_loopback(registered);
    auto const theirs = split_loopback(presented);
    return ours && theirs && ours->host == theirs->host && ours->rest == theirs->rest &&
           check_redirect_uri(presented, use).has_value();
}

Result<Url> parse_https_or_loopback(std::string_view text)
{
    TRY(auto url, Url::parse(text));
    if (!is_visible_ascii(text) || text.find('\\') != std::string_view::npos)
        return refuse(ErrorKind::invalid, "invalid_url", "The URL holds spaces, control characters or backslashes.");
    if (url.scheme != "https" && !(url.scheme == "http" && url.is_loopback()))
        return refuse(ErrorKind::invalid, "invalid_url", "The URL must begin with https: (http: only for localhost).");
    if (url.has_credentials() || url.fragment)
        return refuse(ErrorKind::invalid, "invalid_url", "The URL must not hold a user name or a fragment.");
    return url;
}

std::optional<std::string> safe_local_path(std::string_view text)
{
    if (!text.starts_with('/') || text.size() > kLongestRedirect || !is_visible_ascii(text) ||
        text.find('\\') != std::string_view::npos)
        return std::nullopt;
    auto const second = lower_case(text.substr(1, 3));
    if (second.starts_with('/') || second == "%2f" || second == "%5c")
        return std::nullopt;
    // "/.//evil" has a path that reads as another host once someone resolves it.
    auto const url = Url::parse(std::string("https://local.invalid").append(text));
    if (!url || url->host != "local.invalid" || url->has_credentials() || url->port || url->path.starts_with("//"))
        return std::nullopt;
    return std::string(text);
}

std::string with_query(std::string_view base, std::string_view encoded_parameters)
{
    std::string result(base);
    if (encoded_parameters.empty())
        return result;
    if (base.find('?') == std::string_view::npos)
        result += '?';
    else if (!base.ends_with('?') && !base.ends_with('&'))
        result += '&';
    result += encoded_parameters;
    return result;
}

} // namespace gatehouse::http
