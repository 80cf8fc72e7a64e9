#include "tokens/authorization_code.hpp"

#include "base/json.hpp"
#include "base/words.hpp"
#include "crypto/digest.hpp"
#include "vault/sealed.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace gatehouse::tokens {

namespace {

constexpr std::string_view kPurpose = "authorization_code";

Refusal invalid()
{
    return refuse(ErrorKind::invalid, "invalid_grant",
                  "The authorization code is invalid, expired or was issued to "
                  "another client.");
}

// What this process wrote itself; anything else is a fault of ours.
class Reader {
public:
    explicit Reader(boost::json::object const& json) : json_(json) {}
    std::string text(std::string_view name) const
    {
        auto const* value = json_.if_contains(boost::json::string_view(name.data(), name.size()));
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    }
    std::int64_t number(std::string_view name) const
    {
        auto const* value = json_.if_contains(boost::json::string_view(name.data(), name.size()));
        return value && value->is_int64() ? value->get_int64() : 0;
    }

private:
    boost::json::object const& json_;
};

bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

} // namespace

Result<std::string> seal_code(vault::Vault const& vault, TenantId tenant, AuthorizationCode const& code, TimePoint now)
{
    boost::json::object json{{"id", code.id.to_string()},
                             {"uri", code.redirect_uri},
                             {"given", static_cast<std::int64_t>(code.redirect_uri_given)},
                             {"challenge", code.code_challenge},
                             {"user", code.user.to_string()},
                             {"session", code.session.to_string()},
                             {"epoch", code.security_epoch},
                             {"time", to_micros(code.authentication.time)},
                             {"acr", code.authentication.acr},
                             {"amr", join_words(code.authentication.amr)},
                             {"scopes", join_words(code.scopes)},
                             {"audience", code.audience},
                             {"nonce", code.nonce}};
    if (!code.claims.empty())
        json["claims"] = code.claims;
    return vault::seal(
        vault,
        {.tenant = tenant, .purpose = kPurpose, .binding = code.application.bytes(), .expires_at = now + kCodeLifetime},
        as_bytes(boost::json::serialize(json)), now);
}

Result<AuthorizationCode> open_code(vault::Vault const& vault, TenantId tenant, ApplicationId application,
                                    std::string_view text, TimePoint now)
{
    auto const payload =
        vault::open(vault, {.tenant = tenant, .purpose = kPurpose, .binding = application.bytes(), .now = now}, text);
    if (!payload)
        return invalid().because(payload.error().code);
    TRY(auto const json, parse_json_object_strict(as_text(*payload)));
    Reader const read(json);
    TRY(auto const id, Uuid::parse(read.text("id")));
    TRY(auto const user, UserId::parse(read.text("user")));
    TRY(auto const session, SessionId::parse(read.text("session")));
    return AuthorizationCode{.id = id,
                             .application = application,
                             .redirect_uri = read.text("uri"),
                             .redirect_uri_given = read.number("given") != 0,
                             .code_challenge = read.text("challenge"),
                             .user = user,
                             .session = session,
                             .security_epoch = read.number("epoch"),
                             .authentication = {.time = from_micros(read.number("time")),
                                                .acr = read.text("acr"),
                                                .amr = split_words(read.text("amr"))},
                             .scopes = split_words(read.text("scopes")),
                             .audience = read.text("audience"),
                             .nonce = read.text("nonce"),
                             .claims = read.text("claims")};
}

bool pkce_matches(std::string_view code_challenge, std::string_view code_verifier)
{
    if (code_verifier.size() < 43 || code_verifier.size() > 128 || !std::ranges::all_of(code_verifier, is_unreserved))
        return false;
    auto const expected = base64url_encode(crypto::sha256(code_verifier));
    return constant_time_equal(as_bytes(expected), as_bytes(code_challenge));
}

bool is_s256_challenge(std::string_view text)
{
    auto const digest = base64url_decode(text);
    return digest && digest->size() == 32;
}

} // namespace gatehouse::tokens
