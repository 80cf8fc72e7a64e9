// An authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1), read and checked.
#pragma once

#include "applications/registry.hpp"
#include "credentials/methods.hpp"
#include "http/message.hpp"
#include "oauth/claims.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::oauth {

// Where the answer goes, once it is known to be safe to send one there.
struct ReturnAddress {
    std::string redirect_uri;
    std::string state; // "" if none was sent
};

struct AuthorizationRequest {
    applications::Client const* client = nullptr;
    applications::Api const* api = nullptr; // of `resource`
    ReturnAddress reply;
    bool redirect_uri_given = false;
    std::vector<std::string> scopes; // what was asked for and may be asked for
    std::string nonce;
    std::string code_challenge;
    bool prompt_none = false;
    bool prompt_login = false;
    bool prompt_consent = false;
    bool prompt_select_account = false;
    std::optional<std::chrono::seconds> max_age;
    // The weakest of the acr_values that we know; what is unknown is no demand (OpenID Connect Core section 3.1.2.1).
    credentials::Level level = credentials::Level::single;
    ClaimsRequest claims;
    std::string login_hint;
    std::string ui_locales;
    std::string id_token_hint;

    applications::Application const& application() const { return client->application; }
    std::string_view audience() const { return api ? std::string_view(api->audience) : std::string_view{}; }
};

// The client and where to answer. Errors of kind invalid that must be shown on a page and never sent anywhere:
// "unknown_client", "client_disabled", "unknown_redirect_uri", "missing_redirect_uri", "repeated_parameter".
struct Addressed {
    applications::Client const* client;
    ReturnAddress reply;
    bool redirect_uri_given;
};
Result<Addressed> find_return_address(applications::Catalogue const& catalogue, http::Fields const& query);

// Everything else. Errors that go to the return address, under the codes of RFC 6749 section 4.1.2.1 and OpenID Connect
// Core section 3.1.2.6.
Result<AuthorizationRequest> check_request(identity::Tenant const& tenant, applications::Catalogue const& catalogue,
                                           Addressed addressed, http::Fields const& query);

// The address with an answer: its parameters, `state` and `iss` (RFC 9207).
std::string answer_address(ReturnAddress const& reply, std::string_view issuer,
                           std::vector<http::Fields::Pair> parameters);

} // namespace gatehouse::oauth
