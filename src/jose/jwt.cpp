#include "jose/jwt.hpp"

#include "base/json.hpp"

namespace gatehouse::jose {

namespace json = boost::json;

namespace {

Refusal invalid_jwt(std::string pointer, std::string why)
{
    return refuse(ErrorKind::invalid, "invalid_jwt", "The token's content is malformed.")
        .at(std::move(pointer))
        .because(std::move(why));
}

Result<std::string> text_claim(json::object const& claims, std::string_view name)
{
    auto const* const value = claims.if_contains(name);
    if (!value)
        return std::string();
    if (!value->is_string())
        return invalid_jwt("/" + std::string(name), "not a string");
    return std::string(value->get_string());
}

// NumericDate (RFC 7519 section 2): seconds, perhaps with a fraction, between 1970 and the end of year 9999.
Result<std::optional<TimePoint>> time_claim(json::object const& claims, std::string_view name)
{
    constexpr std::int64_t latest = 253'402'300'799;
    auto const* const value = claims.if_contains(name);
    if (!value)
        return std::nullopt;
    if (value->is_int64() && value->get_int64() >= 0 && value->get_int64() <= latest)
        return from_seconds(value->get_int64());
    if (value->is_double() && value->get_double() >= 0 && value->get_double() <= static_cast<double>(latest))
        return from_micros(static_cast<std::int64_t>(value->get_double() * 1e6));
    return invalid_jwt("/" + std::string(name), "not a time");
}

// A string or an array of strings (RFC 7519 section 4.1.3).
Result<std::vector<std::string>> audience_claim(json::object const& claims)
{
    std::vector<std::string> audience;
    auto const* const value = claims.if_contains("aud");
    if (!value)
        return audience;
    if (value->is_string()) {
        audience.emplace_back(value->get_string());
        return audience;
    }
    if (!value->is_array())
        return invalid_jwt("/aud", "neither a string nor an array");
    for (auto const& item : value->get_array()) {
        if (!item.is_string())
            return invalid_jwt("/aud", "an item is not a string");
        audience.emplace_back(item.get_string());
    }
    return audience;
}

std::string media_type(std::string_view type)
{
    std::string lower(type);
    for (auto& character : lower)
        if (character >= 'A' && character <= 'Z')
            character = static_cast<char>(character - 'A' + 'a');
    constexpr std::string_view prefix = "application/";
    return lower.starts_with(prefix) ? lower.substr(prefix.size()) : lower;
}

Refusal refused(std::string code, std::string message)
{
    return refuse(ErrorKind::invalid, std::move(code), std::move(message));
}

Result<void> check_times(Jwt const& token, Expectations const& expected)
{
    auto const leeway = std::clamp(expected.leeway, std::chrono::seconds(0), std::chrono::seconds(60));
    if (expected.require_expiry && !token.expires_at)
        return refused("missing_claim", "The token does not say when it expires.").at("/exp");
    if (token.expires_at && *token.expires_at + leeway <= expected.now)
        return refused("token_expired", "The token has expired.").at("/exp");
    if (token.not_before && *token.not_before > expected.now + leeway)
        return refused("token_not_yet_valid", "The token is not valid yet.").at("/nbf");
    if (token.issued_at && *token.issued_at > expected.now + leeway)
        return refused("token_not_yet_valid", "The token was issued in the future. Check the clocks.").at("/iat");
    if (!expected.maximum_age)
        return {};
    if (!token.issued_at)
        return refused("missing_claim", "The token does not say when it was issued.").at("/iat");
    if (*token.issued_at + *expected.maximum_age + leeway < expected.now)
        return refused("token_too_old", "The token was issued too long ago.").at("/iat");
    return {};
}

} // namespace

Result<Jwt> check_claims(Header header, ByteView payload, Expectations const& expected)
{
    if (!expected.type.empty() && media_type(header.typ) != media_type(expected.type))
        return refused("wrong_token_type", "This kind of token is not accepted here.").because("typ " + header.typ);
    auto claims = parse_json_object_strict(as_text(payload), {.size = kMaximumCompactSize, .depth = 16});
    if (!claims)
        return invalid_jwt(claims.error().pointer, claims.error().code);
    Jwt token{.header = std::move(header),
              .claims = std::move(*claims),
              .issuer = {},
              .subject = {},
              .audience = {},
              .id = {},
              .expires_at = {},
              .not_before = {},
              .issued_at = {}};
    TRY(token.issuer, text_claim(token.claims, "iss"));
    TRY(token.subject, text_claim(token.claims, "sub"));
    TRY(token.id, text_claim(token.claims, "jti"));
    TRY(token.audience, audience_claim(token.claims));
    TRY(token.expires_at, time_claim(token.claims, "exp"));
    TRY(token.not_before, time_claim(token.claims, "nbf"));
    TRY(token.issued_at, time_claim(token.claims, "iat"));

    if (!expected.issuer.empty() && token.issuer != expected.issuer)
        return refused("wrong_issuer", "The token was issued by somebody else.").at("/iss");
    if (!expected.audience.empty() &&
        std::find(token.audience.begin(), token.audience.end(), expected.audience) == token.audience.end())
        return refused("wrong_audience", "The token is meant for somebody else.").at("/aud");
    TRY_DO(check_times(token, expected));
    for (auto const name : expected.required_claims) {
        auto const* const value = token.claims.if_contains(name);
        if (!value || value->is_null())
            return refused("missing_claim", "The token lacks something that it must say.").at("/" + std::string(name));
    }
    return token;
}

Result<Jwt> verify_jwt(std::string_view compact, KeySet const& keys, Expectations const& expected)
{
    TRY(auto verified, verify(compact, keys, expected.algorithms));
    return check_claims(std::move(verified.header), verified.payload, expected);
}

} // namespace gatehouse::jose
