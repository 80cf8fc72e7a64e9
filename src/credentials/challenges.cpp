#include "credentials/challenges.hpp"

#include "credentials/challenge_store.hpp"
#include "credentials/open_challenges.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace {

constexpr vault::FieldNumber kPayload{302};
constexpr std::string_view kLinkDigest = "link_sha256";     // within the payload
constexpr Duration kLongestCode = std::chrono::minutes(10); // checklist 21
constexpr Duration kLongestLink = std::chrono::days(30);

Refusal code_expired()
{
    return refuse(ErrorKind::gone, "code_expired", "This code has expired or was used already. Ask for a new one.");
}

Secret make_code(CodeForm form)
{
    auto text = form == CodeForm::digits ? crypto::random_code(6) : crypto::random_token(32);
    return Secret::take(text);
}

// Keyed, because six digits under a plain hash are guessed in a moment by whoever has the database.
Result<std::vector<vault::LookupDigest>> digests_of(vault::Vault const& vault, TenantId tenant, ChallengeId id,
                                                    std::string_view code)
{
    return vault.lookup_digests(tenant, "challenge", fmt::format("{}:{}", id, code));
}

Result<Bytes> seal_payload(storage::Tx& tx, vault::Vault& vault, TenantId tenant, ChallengeId id,
                           NewChallenge const& wanted, boost::json::object const& payload, TimePoint now,
                           vault::PersonKey const* key)
{
    auto const text = boost::json::serialize(payload);
    if (key)
        return vault::seal_field(*key, kPayload, id.value, text);
    if (wanted.user) {
        TRY(auto const person, vault.open_person_key(tx, tenant, *wanted.user));
        return vault::seal_field(person, kPayload, id.value, text);
    }
    TRY(auto const day, vault.daily_key(tx, tenant, now));
    return vault::seal_field(day, kPayload, id.value, text);
}

Result<boost::json::object> open_payload(auto const& key, ChallengeRow const& row)
{
    TRY(auto const text, vault::open_text_field(key, kPayload, row.id.value, row.payload));
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    if (error || !value.is_object())
        return fault("a challenge's payload is no JSON object");
    return std::move(value.get_object());
}

Result<OpenedChallenge> open_challenge(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                       ChallengeRow const& row)
{
    OpenedChallenge opened{.id = row.id, .user = row.user, .payload = {}};
    if (row.user) {
        TRY(auto const key, vault.open_person_key(tx, tenant, *row.user));
        TRY(opened.payload, open_payload(key, row));
    } else {
        TRY(auto const key, vault.open_daily_key(tx, tenant, row.payload));
        TRY(opened.payload, open_payload(key, row));
    }
    return opened;
}

} // namespace

Result<std::vector<OpenedChallenge>> open_challenges_of(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                                        UserId user, std::string_view purpose, TimePoint now)
{
    TRY(auto const rows, select_challenges_of_user(tx, tenant, user, purpose, now));
    std::vector<OpenedChallenge> opened;
    for (auto const& row : rows) {
        TRY(auto one, open_challenge(tx, vault, tenant, row));
        opened.push_back(std::move(one));
    }
    return opened;
}

Challenges::Challenges(vault::Vault& vault) : vault_(vault) {}

Result<IssuedChallenge> Challenges::create(storage::Tx& tx, TenantId tenant, NewChallenge const& wanted, TimePoint now,
                                           vault::PersonKey const* key) const
{
    auto const longest = wanted.form == CodeForm::digits ? kLongestCode : kLongestLink;
    if (wanted.lifetime <= Duration::zero() || wanted.lifetime > longest || wanted.attempt_limit < 1 ||
        wanted.attempt_limit > 10)
        return fault("a challenge's lifetime or attempt limit is out of range");
    auto const id = ChallengeId::generate(now);
    auto code = make_code(wanted.form);
    TRY(auto const digests, digests_of(vault_, tenant, id, code.expose_text()));
    ChallengeRow row{.id = id,
                     .user = wanted.user,
                     .code_digest = to_bytes(ByteView(digests.front().digest)),
                     .attempt_limit = wanted.attempt_limit,
                     .created_at = now,
                     .expires_at = now + wanted.lifetime};
    auto payload = wanted.payload;
    Secret link;
    if (wanted.with_link) {
        auto text = crypto::random_token(wanted.short_link ? 16 : 32);
        link = Secret::take(text);
        payload["code"] = code.expose_text();
        payload[kLinkDigest] = base64url_encode(crypto::sha256(link.expose_text()));
    }
    TRY(row.payload, seal_payload(tx, vault_, tenant, id, wanted, payload, now, key));
    TRY_DO(insert_challenge(tx, tenant, wanted.purpose, row));
    return IssuedChallenge{.id = id, .code = std::move(code), .link = std::move(link), .expires_at = row.expires_at};
}

// The guess is counted by the first statement, whatever comes after. On PostgreSQL a second guess waits for the row; on
// SQLite there is one writer. So the limit holds however many come at once.
Result<OpenedChallenge> Challenges::redeem(storage::Tx& tx, TenantId tenant, ChallengeId challenge,
                                           std::string_view purpose, std::string_view code, TimePoint now) const
{
    TRY(auto const row, count_attempt(tx, tenant, challenge, purpose, now));
    if (!row)
        return code_expired();
    TRY(auto const digests, digests_of(vault_, tenant, challenge, code));
    bool right = false;
    for (auto const& digest : digests)
        right |= constant_time_equal(row->code_digest, ByteView(digest.digest));
    auto const left = row->attempt_limit - row->attempts;
    if (!right && left == 0)
        return refuse(ErrorKind::gone, "code_used_up", "This code was wrong too often. Ask for a new one.")
            .keeping_writes();
    if (!right)
        return refuse(ErrorKind::invalid, "code_wrong", "This code is wrong. Check the latest message and try again.")
            .at("code")
            .with("left", std::to_string(left))
            .keeping_writes();
    TRY(auto opened, open_challenge(tx, vault_, tenant, *row));
    TRY_DO(delete_challenge(tx, tenant, challenge));
    return opened;
}

Result<OpenedChallenge> Challenges::peek(storage::Tx& tx, TenantId tenant, ChallengeId challenge,
                                         std::string_view purpose, TimePoint now) const
{
    TRY(auto const row, select_challenge(tx, tenant, challenge, purpose, now));
    if (!row)
        return code_expired();
    return open_challenge(tx, vault_, tenant, *row);
}

Result<OpenedChallenge> Challenges::open_link(storage::Tx& tx, TenantId tenant, ChallengeId challenge,
                                              std::string_view purpose, std::string_view link, TimePoint now) const
{
    TRY(auto opened, peek(tx, tenant, challenge, purpose, now));
    auto const* const digest = opened.payload.if_contains(kLinkDigest);
    auto const given = base64url_encode(crypto::sha256(link));
    if (!digest || !constant_time_equal(as_bytes(std::string_view(digest->as_string())), as_bytes(given)))
        return code_expired();
    return opened;
}

Result<OpenedChallenge> Challenges::redeem_link(storage::Tx& tx, TenantId tenant, ChallengeId challenge,
                                                std::string_view purpose, std::string_view link, TimePoint now) const
{
    TRY(auto opened, open_link(tx, tenant, challenge, purpose, link, now));
    TRY(bool const taken, take_challenge(tx, tenant, challenge));
    if (!taken)
        return code_expired();
    return opened;
}

Result<IssuedChallenge> Challenges::renew(storage::Tx& tx, TenantId tenant, ChallengeId challenge,
                                          std::string_view purpose, TimePoint now, CodeForm form,
                                          Duration lifetime) const
{
    TRY(auto const row, select_challenge(tx, tenant, challenge, purpose, now));
    if (!row)
        return code_expired();
    auto code = make_code(form);
    TRY(auto const digests, digests_of(vault_, tenant, challenge, code.expose_text()));
    auto const expires_at = now + lifetime;
    TRY_DO(update_code(tx, tenant, challenge, ByteView(digests.front().digest), expires_at));
    return IssuedChallenge{.id = challenge, .code = std::move(code), .link = {}, .expires_at = expires_at};
}

Result<void> Challenges::cancel(storage::Tx& tx, TenantId tenant, ChallengeId challenge) const
{
    return delete_challenge(tx, tenant, challenge);
}

Result<void> Challenges::cancel_of_user(storage::Tx& tx, TenantId tenant, UserId user, std::string_view purpose) const
{
    return delete_challenges_of_user(tx, tenant, user, purpose);
}

Result<void> Challenges::cancel_of_user_since(storage::Tx& tx, TenantId tenant, UserId user, std::string_view purpose,
                                              TimePoint since) const
{
    return delete_challenges_of_user_since(tx, tenant, user, purpose, since);
}

Result<std::int64_t> Challenges::remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, int limit) const
{
    return delete_expired_challenges(tx, tenant, now, limit);
}

} // namespace gatehouse::credentials
