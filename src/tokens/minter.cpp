#include "tokens/minter.hpp"

#include "base/json.hpp"
#include "crypto/digest.hpp"

#include <boost/json/serialize.hpp>
#include <charconv>

namespace gatehouse::tokens {

namespace {

// Writes one JSON object into a buffer that its thread uses again and again: a token costs no allocation but its text.
class Claims {
public:
    Claims() : out_(buffer())
    {
        out_.clear();
        out_ += '{';
    }
    void text(std::string_view name, std::string_view value)
    {
        begin(name);
        append_json_string(out_, value);
    }
    void text_if_any(std::string_view name, std::string_view value)
    {
        if (!value.empty())
            text(name, value);
    }
    void number(std::string_view name, std::int64_t value)
    {
        begin(name);
        char digits[24];
        auto const end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
        out_.append(digits, end);
    }
    void texts(std::string_view name, std::span<std::string const> values)
    {
        begin(name);
        char separator = '[';
        for (auto const& value : values) {
            out_ += separator;
            append_json_string(out_, value);
            separator = ',';
        }
        out_ += ']';
    }
    void json(std::string_view name, boost::json::value const& value)
    {
        out_ += out_.size() == 1 ? "" : ",";
        append_json_string(out_, name);
        out_ += ':';
        out_ += boost::json::serialize(value);
    }
    std::string_view finish()
    {
        out_ += '}';
        return out_;
    }

private:
    static std::string& buffer()
    {
        thread_local std::string text;
        return text;
    }
    // `name` is one of ours and needs no escaping.
    void begin(std::string_view name)
    {
        out_ += out_.size() == 1 ? "\"" : ",\"";
        out_ += name;
        out_ += "\":";
    }
    std::string& out_;
};

// OpenID Connect Core section 3.1.3.6: the left half of the hash that the ID token's algorithm uses; SHA-256 for ES256
// and RS256 alike.
std::string at_hash(std::string_view access_token)
{
    auto const digest = crypto::sha256(access_token);
    return base64url_encode(ByteView(digest).first(digest.size() / 2));
}

} // namespace

Result<std::string> mint_access_token(SigningKey const& key, AccessTokenClaims const& claims)
{
    Claims json;
    json.text("iss", claims.issuer);
    json.text("sub", claims.subject);
    json.text("aud", claims.audience);
    json.text("client_id", claims.client_id);
    json.number("iat", to_seconds(claims.issued_at));
    json.number("exp", to_seconds(claims.expires_at));
    json.text("jti", claims.token_id);
    json.text_if_any("scope", claims.scope);
    json.text_if_any("sid", claims.sid);
    if (claims.authentication) {
        json.number("auth_time", to_seconds(claims.authentication->time));
        json.text_if_any("acr", claims.authentication->acr);
    }
    return key.access_tokens.sign(json.finish());
}

Result<std::string> mint_id_token(SigningKey const& key, IdTokenClaims const& claims)
{
    Claims json;
    json.text("iss", claims.issuer);
    json.text("sub", claims.subject);
    json.text("aud", claims.client_id);
    json.number("iat", to_seconds(claims.issued_at));
    json.number("exp", to_seconds(claims.expires_at));
    if (claims.authentication) {
        json.number("auth_time", to_seconds(claims.authentication->time));
        json.text_if_any("acr", claims.authentication->acr);
        if (!claims.authentication->amr.empty())
            json.texts("amr", claims.authentication->amr);
    }
    json.text_if_any("nonce", claims.nonce);
    json.text_if_any("sid", claims.sid);
    if (!claims.access_token.empty())
        json.text("at_hash", at_hash(claims.access_token));
    if (claims.person)
        for (auto const& [name, value] : *claims.person)
            json.json(name, value);
    return key.id_tokens.sign(json.finish());
}

} // namespace gatehouse::tokens
