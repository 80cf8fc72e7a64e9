// Errors as OAuth speaks them: {"error", "error_description"} (RFC 6749 section 5.2, RFC 6750 section 3, RFC 8707).
#pragma once

#include "http/message.hpp"

namespace gatehouse::oauth {

// A refusal with one of OAuth's codes: "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
// "unsupported_grant_type", "invalid_scope", "invalid_target" ...
inline Refusal refuse_oauth(std::string code, std::string description)
{
    auto const kind = code == "invalid_client" ? ErrorKind::unauthenticated : ErrorKind::invalid;
    return refuse(kind, std::move(code), std::move(description));
}

// For the token, revocation and introspection endpoints. Codes that are not OAuth's own become "invalid_request",
// "server_error" or "temporarily_unavailable". invalid_client is 401 with a challenge where the client used the
// Authorization header. Logs the detail.
http::Response error_response(Error const& error, http::Request const& request, std::string_view request_id);

// For endpoints that take a bearer token. With an empty code the challenge alone: no token was presented.
http::Response bearer_error(std::string_view code, std::string_view description);

// OAuth's name of an error that is not OAuth's own.
std::string_view oauth_code_of(Error const& error);

} // namespace gatehouse::oauth
