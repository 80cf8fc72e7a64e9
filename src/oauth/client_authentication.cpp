#include "oauth/client_authentication.hpp"

#include "oauth/oauth_error.hpp"

#include <algorithm>

namespace gatehouse::oauth {

namespace {

struct Presented {
    std::string client_id;
    std::optional<Secret> secret;
};

Refusal invalid_client(std::string detail)
{
    return refuse_oauth("invalid_client", "Client authentication failed.").because(std::move(detail));
}

// RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
Result<std::string> form_decode(std::string_view text)
{
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return http::percent_decode(spaced);
}

Result<Presented> read_basic(std::string_view header)
{
    constexpr std::string_view kScheme = "Basic ";
    if (header.size() < kScheme.size() || !http::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme))
        return invalid_client("an Authorization header of another scheme");
    auto decoded = base64_decode(http::trim(header.substr(kScheme.size())));
    if (!decoded)
        return invalid_client("the Authorization header is no base64");
    Secret const whole(std::move(*decoded));
    auto const text = whole.expose_text();
    auto const colon = text.find(':');
    if (colon == text.npos)
        return invalid_client("the Authorization header has no colon");
    auto client_id = form_decode(text.substr(0, colon));
    auto secret = form_decode(text.substr(colon + 1));
    if (!client_id || !secret)
        return invalid_client("the Authorization header is not form-encoded");
    return Presented{.client_id = *std::move(client_id), .secret = Secret::take(*secret)};
}

Result<Presented> read_presented(http::Request const& request, http::Fields const& form)
{
    auto const header = request.headers.find("Authorization");
    auto const secret = form.find("client_secret");
    if (!header) {
        if (!form.find("client_id"))
            return invalid_client("no client named");
        return Presented{.client_id = std::string(form.get("client_id")),
                         .secret = secret ? std::optional(Secret(*secret)) : std::nullopt};
    }
    if (secret)
        return refuse_oauth("invalid_request", "Use one way of client authentication, not two.");
    TRY(auto presented, read_basic(*header));
    if (auto const named = form.find("client_id"); named && *named != presented.client_id)
        return refuse_oauth("invalid_request", "client_id differs from the authenticated client.");
    return presented;
}

} // namespace

Result<applications::Client const*> authenticate_client(applications::Catalogue const& catalogue,
                                                        http::Request const& request, http::Fields const& form,
                                                        TimePoint now)
{
    TRY(auto const presented, read_presented(request, form));
    auto const* client = catalogue.find(presented.client_id);
    if (!client || !client->application.enabled)
        return invalid_client("unknown or disabled client");
    if (client->application.is_public()) {
        if (presented.secret)
            return invalid_client("a public client presented a secret");
        return client;
    }
    if (!presented.secret || !client->accepts_secret(presented.secret->expose_text(), now))
        return invalid_client("wrong or missing client secret");
    return client;
}

std::string client_named(http::Request const& request, http::Fields const& form)
{
    auto presented = read_presented(request, form);
    return presented ? std::move(presented->client_id) : std::string();
}

} // namespace gatehouse::oauth
