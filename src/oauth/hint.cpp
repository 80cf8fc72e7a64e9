#include "oauth/hint.hpp"

#include "base/json.hpp"
#include "oauth/oauth_error.hpp"

namespace gatehouse::oauth {

namespace {

std::string text_member(boost::json::object const& json, std::string_view name)
{
    auto const* value = json.if_contains(boost::json::string_view(name.data(), name.size()));
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

} // namespace

Result<Hint> read_hint(tokens::Keys const& keys, std::string_view issuer, std::string_view id_token)
{
    auto const invalid = [](std::string detail) {
        return refuse_oauth("invalid_request", "id_token_hint is not an ID token of this server.")
            .because(std::move(detail));
    };
    auto const verified = jose::verify(id_token, keys.published(), {jose::Algorithm::ES256, jose::Algorithm::RS256});
    if (!verified)
        return invalid(verified.error().code);
    // An access token is signed with the same keys: its type tells it apart.
    if (!http::equal_ignoring_case(verified->header.typ, "JWT"))
        return invalid("the token has another type");
    TRY(auto const claims, parse_json_object_strict(as_text(verified->payload)));
    if (text_member(claims, "iss") != issuer)
        return invalid("the token has another issuer");
    Hint hint{.subject = text_member(claims, "sub"),
              .client_id = text_member(claims, "aud"),
              .sid = text_member(claims, "sid")};
    if (hint.subject.empty() || hint.client_id.empty())
        return invalid("the token lacks sub or aud");
    return hint;
}

} // namespace gatehouse::oauth
