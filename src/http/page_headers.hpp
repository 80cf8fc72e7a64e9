// The headers that keep a browser from being turned against its user, and the guard against requests forged by another
// site.
#pragma once

#include "http/message.hpp"

namespace gatehouse::http {

struct PagePolicy {
    std::string nonce; // for inline scripts and styles of this one response; empty: none allowed
    // Origins a form of this page may end up at beside our own. Chromium applies form-action to the redirects that
    // follow a form's POST as well, so a page whose form ends in a redirect to an application names its origin here
    // (Url::origin(), or "com.example.app:" for a private-use scheme).
    std::vector<std::string> form_targets;
    // Images from elsewhere (a tenant's logo). Origins.
    std::vector<std::string> image_sources;
    bool own_frames = false; // the page shows another one of this site in a frame
    // For the pages of a sign-in: applications may show them in a popup and wait for it to come back, which
    // Cross-Origin-Opener-Policy would cut for good. True leaves that header out.
    bool allow_opener = false;
};

// A fresh nonce: 128 random bits in base64url.
std::string make_nonce();
// Content-Security-Policy and the rest, for HTML. `secure`: over https, which adds Strict-Transport-Security.
// A source or target that holds anything but the characters of an origin is left out.
void add_page_headers(Response& response, PagePolicy const& policy, bool secure);
// For JSON and everything that is not a page.
void add_api_headers(Response& response, bool secure);

// For requests that change state: refuses those that another site caused, by Sec-Fetch-Site where the browser sends it
// (every current one does on https and loopback), by Origin otherwise; a request without either passes only when it has
// no cookies to abuse. GET, HEAD and OPTIONS pass. `own_origin` is the configured origin of the tenant, or
// request.origin(). Error: "cross_site_request" (forbidden).
Result<void> check_same_origin(Request const& request, std::string_view own_origin);
Result<void> check_same_origin(Request const& request);

} // namespace gatehouse::http
