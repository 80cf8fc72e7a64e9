#include "http/page_headers.hpp"

#include "base/bytes.hpp"

#include <openssl/rand.h>
#include <stdexcept>

namespace gatehouse::http {

namespace {

// An origin, or a scheme with its colon: nothing that could end a directive or start another source.
bool is_source(std::string_view text)
{
    return !text.empty() && text != "null" && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._:/[]+").find(c) != std::string_view::npos;
    });
}

void append_sources(std::string& policy, std::vector<std::string> const& sources)
{
    for (auto const& source : sources) {
        if (!is_source(source))
            continue;
        policy += ' ';
        policy += source;
    }
}

std::string content_security_policy(PagePolicy const& page)
{
    auto const nonce = page.nonce.empty() ? std::string() : " 'nonce-" + page.nonce + "'";
    std::string policy = "default-src 'none'; style-src 'self'" + nonce +
                         "; font-src 'self'; connect-src 'self'; manifest-src 'self'; script-src 'self'" + nonce;
    policy += "; img-src 'self' data:";
    append_sources(policy, page.image_sources);
    policy += "; form-action 'self'";
    append_sources(policy, page.form_targets);
    if (page.own_frames)
        policy += "; frame-src 'self'";
    policy += "; frame-ancestors 'none'; base-uri 'none'";
    return policy;
}

void add_common(Response& response, bool secure)
{
    response.headers.set("X-Content-Type-Options", "nosniff");
    // Nothing goes to another site. "no-referrer" would make browsers send "Origin: null" with our own forms too, and
    // those that do not send Sec-Fetch-Site could not be told from a forgery (Fetch, "append a request Origin header").
    response.headers.set("Referrer-Policy", "same-origin");
    if (secure)
        response.headers.set("Strict-Transport-Security", "max-age=31536000");
}

Refusal cross_site()
{
    return refuse(ErrorKind::forbidden, "cross_site_request",
                  "This request came from another site and was not carried out. Open the page itself and try again.");
}

} // namespace

std::string make_nonce()
{
    std::array<std::uint8_t, 16> random{};
    if (RAND_bytes(random.data(), random.size()) != 1)
        throw std::runtime_error("the random generator failed");
    return base64url_encode(random);
}

void add_page_headers(Response& response, PagePolicy const& policy, bool secure)
{
    response.headers.set("Content-Security-Policy", content_security_policy(policy));
    response.headers.set("X-Frame-Options", "DENY");
    response.headers.set("Permissions-Policy",
                         "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
                         "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), "
                         "publickey-credentials-create=(self), publickey-credentials-get=(self)");
    if (!policy.allow_opener)
        response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.set("Cross-Origin-Resource-Policy", "same-origin");
    add_common(response, secure);
}

void add_api_headers(Response& response, bool secure)
{
    response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    add_common(response, secure);
}

Result<void> check_same_origin(Request const& request, std::string_view own_origin)
{
    if (request.method == Method::get || request.method == Method::head || request.method == Method::options)
        return {};
    auto const origin = request.headers.find("Origin");
    if (request.headers.count("Origin") > 1 || request.headers.count("Sec-Fetch-Site") > 1)
        return cross_site();
    if (auto const site = request.headers.find("Sec-Fetch-Site")) {
        // "none": the person typed the address or used a bookmark. Pages cannot forge the field. "same-site" is
        // another host of the same domain, which we have no reason to trust.
        if (*site != "same-origin" && *site != "none")
            return cross_site();
        return {};
    }
    if (origin) {
        if (*origin != own_origin)
            return cross_site();
        return {};
    }
    // Neither: no browser of today, or one that hides both. Without cookies there is nothing to ride on.
    if (request.headers.contains("Cookie"))
        return cross_site();
    return {};
}

Result<void> check_same_origin(Request const& request)
{
    return check_same_origin(request, request.origin());
}

} // namespace gatehouse::http
