#include "oauth/oauth_error.hpp"

#include "base/json.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace gatehouse::oauth {

namespace {

constexpr std::array<std::string_view, 20> kCodes{"invalid_request",
                                                  "invalid_client",
                                                  "invalid_grant",
                                                  "unauthorized_client",
                                                  "unsupported_grant_type",
                                                  "invalid_scope",
                                                  "invalid_target",
                                                  "access_denied",
                                                  "unsupported_response_type",
                                                  "server_error",
                                                  "temporarily_unavailable",
                                                  "login_required",
                                                  "interaction_required",
                                                  "consent_required",
                                                  "unmet_authentication_requirements",
                                                  "account_selection_required",
                                                  "request_not_supported",
                                                  "request_uri_not_supported",
                                                  "registration_not_supported",
                                                  "invalid_token"};

int status_for(std::string_view code, Error const& error)
{
    if (code == "invalid_client")
        return 401;
    if (code == "server_error")
        return 500;
    if (code == "temporarily_unavailable")
        return 503;
    if (code == "access_denied")
        return 403;
    return error.kind == ErrorKind::too_large || error.kind == ErrorKind::unsupported ? http::status_of(error.kind)
                                                                                      : 400;
}

std::string error_json(std::string_view code, std::string_view description)
{
    std::string json = "{\"error\":";
    append_json_string(json, code);
    json += ",\"error_description\":";
    append_json_string(json, description);
    json += '}';
    return json;
}

} // namespace

std::string_view oauth_code_of(Error const& error)
{
    if (auto const known = std::ranges::find(kCodes, error.code); known != kCodes.end())
        return *known;
    switch (error.kind) {
    case ErrorKind::internal:
        return "server_error";
    case ErrorKind::unavailable:
        return "temporarily_unavailable";
    default:
        return "invalid_request";
    }
}

http::Response error_response(Error const& error, http::Request const& request, std::string_view request_id)
{
    auto const code = oauth_code_of(error);
    auto const level = code == "server_error" ? log::Level::error : log::Level::info;
    log::write(level, "request refused",
               {{"path", request.path},
                {"error", code},
                {"code", error.code},
                {"detail", error.detail},
                {"request_id", request_id}});
    auto response = http::Response::json(status_for(code, error), error_json(code, error.message));
    response.headers.add("Pragma", "no-cache");
    if (code == "invalid_client" && !request.header("Authorization").empty())
        response.headers.add("WWW-Authenticate", "Basic realm=\"oauth\", charset=\"UTF-8\"");
    if (error.retry_after)
        response.headers.add("Retry-After", std::to_string(error.retry_after->count()));
    return response;
}

http::Response bearer_error(std::string_view code, std::string_view description)
{
    // RFC 6750 section 3.1: a request without any token learns no error code.
    if (code.empty()) {
        auto response = http::Response::empty(401);
        response.headers.add("WWW-Authenticate", "Bearer");
        return response;
    }
    auto response = http::Response::json(code == "insufficient_scope" ? 403 : 401, error_json(code, description));
    response.headers.add("WWW-Authenticate",
                         fmt::format("Bearer error=\"{}\", error_description=\"{}\"", code, description));
    return response;
}

} // namespace gatehouse::oauth
