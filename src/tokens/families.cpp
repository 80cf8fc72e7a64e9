#include "tokens/families.hpp"

#include "base/words.hpp"
#include "crypto/aead.hpp"
#include "crypto/random.hpp"
#include "events/types.hpp"
#include "tokens/family_store.hpp"
#include "tokens/grants.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::tokens {

using storage::Tx;

namespace {

constexpr std::size_t kIdSize = 16;
constexpr std::size_t kGenerationSize = 4;
constexpr std::size_t kFamilySecretSize = 16;
constexpr std::size_t kTokenSecretSize = 32;
constexpr std::size_t kTokenSize = kIdSize + kGenerationSize + kFamilySecretSize + kTokenSecretSize;
constexpr std::string_view kCodeMarker = "code";

Refusal invalid_grant(std::string detail)
{
    return refuse(ErrorKind::invalid, "invalid_grant",
                  "The grant is invalid, expired, revoked, or was issued to another client.")
        .because(std::move(detail));
}

// A refresh token's parts, side by side. Wiped at the end.
class RefreshToken {
public:
    static std::optional<RefreshToken> parse(std::string_view text)
    {
        auto bytes = base64url_decode(text);
        if (!bytes || bytes->size() != kTokenSize)
            return std::nullopt;
        RefreshToken token;
        std::ranges::copy(*bytes, token.bytes_.begin());
        wipe(bytes->data(), bytes->size());
        return token;
    }
    // The first of a family.
    static RefreshToken make(FamilyId family)
    {
        RefreshToken token;
        std::ranges::copy(family.bytes(), token.bytes_.begin());
        token.set_generation(1);
        crypto::random_fill(std::span(token.bytes_).subspan(kIdSize + kGenerationSize));
        return token;
    }
    RefreshToken next(ByteView secret) const
    {
        RefreshToken token;
        token.bytes_ = bytes_;
        token.set_generation(generation() + 1);
        std::ranges::copy(secret, token.bytes_.end() - kTokenSecretSize);
        return token;
    }
    RefreshToken() = default;
    RefreshToken(RefreshToken const&) = default;
    RefreshToken& operator=(RefreshToken const&) = default;
    ~RefreshToken() { wipe(bytes_.data(), bytes_.size()); }

    FamilyId family() const
    {
        FamilyId id;
        std::copy_n(bytes_.begin(), kIdSize, id.value.bytes.begin());
        return id;
    }
    std::uint32_t generation() const
    {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < kGenerationSize; ++i)
            value = value << 8 | bytes_[kIdSize + i];
        return value;
    }
    ByteView secret() const { return ByteView(bytes_).last(kTokenSecretSize); }
    store::Secrets digests() const
    {
        return {.family_digest = crypto::sha256(ByteView(bytes_).subspan(kIdSize + kGenerationSize, kFamilySecretSize)),
                .token_digest = crypto::sha256(secret())};
    }
    std::string text() const { return base64url_encode(bytes_); }

    // Under this key, which only who has the token can make, its successor is kept. It differs from the digest that
    // stands beside it by being keyed.
    crypto::AeadKey successor_key() const
    {
        return crypto::AeadKey(crypto::HmacSha256(secret()).mac(as_bytes("gatehouse refresh token successor")));
    }

private:
    void set_generation(std::uint32_t value)
    {
        for (std::size_t i = kGenerationSize; i-- > 0; value >>= 8)
            bytes_[kIdSize + i] = static_cast<std::uint8_t>(value);
    }
    std::array<std::uint8_t, kTokenSize> bytes_{};
};

// What of the granted scopes may still be said: what the application may ask for today, and of a restricted API what
// the person was given.
std::vector<std::string> reduce_scopes(std::vector<std::string> scopes, applications::Application const& application,
                                       applications::Api const* api, std::string_view permissions)
{
    auto const* access = api ? application.access_to(api->audience) : nullptr;
    std::erase_if(scopes, [&](std::string const& scope) {
        if (applications::is_person_scope(scope))
            return std::ranges::find(application.scopes, scope) == application.scopes.end();
        if (!access || !api->defines(scope) || std::ranges::find(access->scopes, scope) == access->scopes.end())
            return true;
        return api->restrict_users && !has_word(permissions, scope);
    });
    return scopes;
}

Result<void> append_family_event(Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                                 UserId user, ApplicationId application, boost::json::object data,
                                 events::Origin origin, TimePoint now)
{
    origin.application = application;
    TRY_DO(events::append(tx, vault,
                          {.type = &type,
                           .tenant = tenant,
                           .user = user,
                           .origin = std::move(origin),
                           .data = std::move(data),
                           .personal = {}},
                          now));
    return {};
}

Result<Granted> make_granted(store::FamilyRow row, RefreshToken const& token, Rotation const& rotation,
                             FindApi const& find_api)
{
    if (rotation.wanted_audience && *rotation.wanted_audience != row.audience)
        return refuse(ErrorKind::invalid, "invalid_target", "The resource differs from what was granted.");
    auto const* api = row.audience.empty() ? nullptr : find_api(row.audience);
    auto scopes = reduce_scopes(split_words(row.scopes), rotation.application, api, row.permissions);
    if (!rotation.wanted_scopes.empty()) {
        for (auto const& wanted : rotation.wanted_scopes)
            if (std::ranges::find(scopes, wanted) == scopes.end())
                return refuse(ErrorKind::invalid, "invalid_scope", "The scope goes beyond what was granted.");
        scopes = rotation.wanted_scopes;
    }
    return Granted{.family = row.id,
                   .user = row.user,
                   .application = row.application,
                   .subject = std::move(row.subject),
                   .scopes = std::move(scopes),
                   .audience = std::move(row.audience),
                   .sid = std::move(row.sid),
                   .nonce = {},
                   .claims = std::move(row.claims),
                   .authentication = std::move(row.authentication),
                   .refresh_token = token.text()};
}

// A code that comes again: everything it issued ends, and that stays although the request is refused.
Result<Granted> refuse_replay(Tx& tx, vault::Vault& vault, Redemption const& redemption, FamilyId family, TimePoint now)
{
    TRY(auto const revoked, store::revoke(tx, redemption.tenant, family, RevokeReason::code_replay, now));
    if (revoked) {
        TRY_DO(append_family_event(tx, vault, events::kCodeReplayed, redemption.tenant, redemption.code.user,
                                   redemption.application.id,
                                   {{"family_id", family.to_string()}, {"client_id", redemption.application.client_id}},
                                   redemption.origin, now));
    }
    return invalid_grant("the authorization code was redeemed before").keeping_writes();
}

} // namespace

RefreshLimits refresh_limits(identity::Tenant const& tenant, applications::Application const& application)
{
    auto const& settings = tenant.settings.tokens;
    auto const& own = application.lifetimes;
    auto const absolute = own.refresh_absolute.value_or(std::chrono::seconds(settings.refresh_absolute_seconds));
    auto const idle = own.refresh_idle.value_or(std::chrono::seconds(settings.refresh_idle_seconds));
    return {.idle = std::min(idle, absolute), .absolute = absolute};
}

Result<Granted> redeem(Tx& tx, vault::Vault& vault, Redemption const& redemption, TimePoint now)
{
    auto const& code = redemption.code;
    auto const& application = redemption.application;
    FamilyId const family{code.id};
    // The marker outlives the code by far: what is older is refused as expired.
    TRY(auto const first,
        store::spend(tx, redemption.tenant, kCodeMarker, code.id, family, now + kCodeLifetime + std::chrono::hours(1)));
    if (!first)
        return refuse_replay(tx, vault, redemption, family, now);
    TRY(auto state, store::find_redemption_state(tx, redemption.tenant, code, now));
    if (!state || !state->counts)
        return invalid_grant("the user or session of the code does not count any more");
    if (!application.first_party) {
        TRY(auto const grant, find_grant(tx, redemption.tenant, code.user, application.id));
        if (!covers(grant, consent_names(code.scopes, code.audience)))
            return invalid_grant("the person has taken their consent back since");
    }
    TRY(auto sid, session::attach_application(tx, redemption.tenant, code.session, application.id, now));

    auto scopes = reduce_scopes(code.scopes, application, redemption.api, state->permissions);
    auto const refreshes = application.allows(applications::GrantType::refresh_token);
    auto const offline = refreshes && std::ranges::find(scopes, "offline_access") != scopes.end();
    auto const token = RefreshToken::make(family);
    // The family of an application without refresh tokens stands for its access token.
    auto const absolute = refreshes ? redemption.limits.absolute : kLongestAccessToken;
    auto const all_scopes = join_words(code.scopes);
    TRY_DO(store::insert_family(tx, redemption.tenant,
                                {.id = family,
                                 .user = code.user,
                                 .application = application.id,
                                 .session = offline ? std::nullopt : std::optional(code.session),
                                 .subject = state->subject,
                                 .scopes = all_scopes,
                                 .audience = code.audience,
                                 .sid = sid,
                                 .claims = code.claims,
                                 .authentication = code.authentication,
                                 .security_epoch = code.security_epoch,
                                 .secrets = token.digests(),
                                 .idle_expires_at = now + (refreshes ? redemption.limits.idle : absolute),
                                 .expires_at = now + absolute},
                                now));
    auto origin = redemption.origin;
    origin.session = code.session;
    TRY_DO(append_family_event(tx, vault, events::kFamilyStarted, redemption.tenant, code.user, application.id,
                               {{"family_id", family.to_string()},
                                {"client_id", application.client_id},
                                {"scopes", join_words(scopes)},
                                {"grant_type", "authorization_code"}},
                               std::move(origin), now));
    return Granted{.family = family,
                   .user = code.user,
                   .application = application.id,
                   .subject = std::move(state->subject),
                   .scopes = std::move(scopes),
                   .audience = code.audience,
                   .sid = std::move(sid),
                   .nonce = code.nonce,
                   .claims = code.claims,
                   .authentication = code.authentication,
                   .refresh_token = refreshes ? token.text() : std::string()};
}

Result<Granted> rotate(Tx& tx, vault::Vault& vault, Rotation const& rotation, FindApi const& find_api, TimePoint now)
{
    auto const presented = RefreshToken::parse(rotation.refresh_token);
    if (!presented)
        return invalid_grant("not a refresh token");
    auto const digests = presented->digests();
    auto const next = presented->next(crypto::random_array<kTokenSecretSize>());
    auto const successor = presented->successor_key().seal(next.secret(), presented->family().bytes());
    // Who asks for less may be refused after all, and then keeps the token.
    auto const ends = rotation.wanted_scopes.empty() && !rotation.wanted_audience ? store::Ends::Yes : store::Ends::No;
    TRY(auto rotated, store::rotate(tx, rotation.tenant,
                                    {.family = presented->family(),
                                     .application = rotation.application.id,
                                     .generation = presented->generation(),
                                     .presented = digests,
                                     .next_digest = crypto::sha256(next.secret()),
                                     .successor = successor,
                                     .idle_expires_at = now + rotation.limits.idle},
                                    ends, now));
    if (rotated)
        return make_granted(*std::move(rotated), next, rotation, find_api);

    TRY(auto family, store::find_family(tx, rotation.tenant, presented->family(), now));
    if (!family || family->application != rotation.application.id)
        return invalid_grant("no such token family of this client");
    if (!constant_time_equal(family->secrets.family_digest, digests.family_digest))
        return invalid_grant("a guess: the family's secret differs");
    if (!family->counts)
        return invalid_grant("the token family does not count any more");
    if (presented->generation() >= family->generation)
        return invalid_grant("the token's secret differs");
    if (presented->generation() + 1 == family->generation) {
        if (!constant_time_equal(family->previous_digest, digests.token_digest))
            return invalid_grant("the token's secret differs");
        if (!family->successor.empty() && now - family->rotated_at <= kGrace) {
            TRY(auto const secret, presented->successor_key().open(family->successor, presented->family().bytes()));
            return make_granted(*std::move(family), presented->next(secret), rotation, find_api);
        }
    }
    // It was valid once and its successor is in use: somebody has a copy (RFC 9700 section 4.14.2).
    TRY_DO(store::revoke(tx, rotation.tenant, family->id, RevokeReason::reuse, now));
    TRY_DO(append_family_event(
        tx, vault, events::kFamilyRevoked, rotation.tenant, family->user, family->application,
        {{"family_id", family->id.to_string()}, {"client_id", rotation.application.client_id}, {"reason", "reuse"}},
        rotation.origin, now));
    return invalid_grant("a refresh token was used twice").keeping_writes();
}

std::string_view to_string(RevokeReason reason)
{
    switch (reason) {
    case RevokeReason::revoked_by_client:
        return "revoked_by_client";
    case RevokeReason::revoked_by_user:
        return "revoked_by_user";
    case RevokeReason::revoked_by_administrator:
        return "revoked_by_administrator";
    case RevokeReason::reuse:
        return "reuse";
    case RevokeReason::code_replay:
        return "code_replay";
    }
    return "";
}

namespace {

// The family of a refresh token that is, or once was, valid.
Result<std::optional<store::FamilyRow>> find_presented(Tx& tx, TenantId tenant,
                                                       std::optional<RefreshToken> const& token, TimePoint now)
{
    if (!token)
        return std::nullopt;
    TRY(auto family, store::find_family(tx, tenant, token->family(), now));
    if (!family || !constant_time_equal(family->secrets.family_digest, token->digests().family_digest))
        return std::nullopt;
    return family;
}

} // namespace

Result<bool> revoke_refresh_token(Tx& tx, vault::Vault& vault, TenantId tenant,
                                  applications::Application const& application, std::string_view refresh_token,
                                  events::Origin const& origin, TimePoint now)
{
    TRY(auto const family, find_presented(tx, tenant, RefreshToken::parse(refresh_token), now));
    if (!family || family->application != application.id)
        return false;
    TRY(auto const revoked, store::revoke(tx, tenant, family->id, RevokeReason::revoked_by_client, now));
    if (revoked) {
        TRY_DO(append_family_event(tx, vault, events::kFamilyRevoked, tenant, family->user, application.id,
                                   {{"family_id", family->id.to_string()},
                                    {"client_id", application.client_id},
                                    {"reason", "revoked_by_client"}},
                                   origin, now));
    }
    return true;
}

bool looks_like_refresh_token(std::string_view text)
{
    return RefreshToken::parse(text).has_value();
}

Result<std::int64_t> revoke_families(Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                                     std::optional<ApplicationId> application, RevokeReason reason,
                                     events::Origin const& origin, TimePoint now)
{
    TRY(auto const revoked, store::revoke_all(tx, tenant, user, application, reason, now));
    for (auto const& family : revoked)
        TRY_DO(append_family_event(
            tx, vault, events::kFamilyRevoked, tenant, user, family.application,
            {{"family_id", family.family.to_string()}, {"reason", boost::json::string_view(to_string(reason))}}, origin,
            now));
    return static_cast<std::int64_t>(revoked.size());
}

Result<std::optional<RefreshTokenState>> inspect_refresh_token(Tx& tx, TenantId tenant, std::string_view refresh_token,
                                                               TimePoint now)
{
    auto const token = RefreshToken::parse(refresh_token);
    TRY(auto family, find_presented(tx, tenant, token, now));
    if (!family || !family->counts || token->generation() != family->generation ||
        !constant_time_equal(family->secrets.token_digest, token->digests().token_digest))
        return std::nullopt;
    return RefreshTokenState{.user = family->user,
                             .application = family->application,
                             .subject = std::move(family->subject),
                             .scopes = std::move(family->scopes),
                             .audience = std::move(family->audience),
                             .issued_at = family->rotated_at,
                             .expires_at = family->expires_at};
}

std::string make_token_id(std::optional<FamilyId> family)
{
    constexpr std::size_t kRandom = 8;
    if (!family)
        return crypto::random_token(kIdSize);
    std::array<std::uint8_t, kIdSize + kRandom> bytes;
    std::ranges::copy(family->bytes(), bytes.begin());
    crypto::random_fill(std::span(bytes).subspan(kIdSize));
    return base64url_encode(bytes);
}

std::optional<FamilyId> family_of_token_id(std::string_view token_id)
{
    auto const bytes = base64url_decode(token_id);
    if (!bytes || bytes->size() != kIdSize + 8)
        return std::nullopt;
    auto const id = FamilyId::from_bytes(ByteView(*bytes).first(kIdSize));
    return id ? std::optional(*id) : std::nullopt;
}

Result<TokenStatus> check_access_token(Tx& tx, TenantId tenant, std::string_view token_id, TimePoint now)
{
    if (auto const family = family_of_token_id(token_id))
        return store::check_person_token(tx, tenant, *family, token_id, now);
    TRY(auto const revoked, store::is_revoked(tx, tenant, token_id));
    return TokenStatus{.active = !revoked, .user = std::nullopt};
}

Result<void> revoke_access_token(Tx& tx, TenantId tenant, std::string_view token_id, TimePoint expires_at)
{
    return store::revoke_token(tx, tenant, token_id, expires_at);
}

Result<std::int64_t> remove_expired(Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit)
{
    // A family stays until the last access token of it has expired.
    return store::remove_over(tx, tenant, now - kLongestAccessToken, limit);
}

Result<void> erase_tokens(Tx& tx, TenantId tenant, UserId user)
{
    return store::erase(tx, tenant, user);
}

Result<std::int64_t> end_everything(Tx& tx, TimePoint now)
{
    return store::end_everything(tx, now);
}

} // namespace gatehouse::tokens
