#include "identity/invitations.hpp"

#include "crypto/random.hpp"
#include "events/types.hpp"
#include "identity/invitation_store.hpp"
#include "vault/vault.hpp"

#include <boost/json.hpp>

namespace gatehouse::identity {

namespace json = boost::json;

namespace {

constexpr vault::FieldNumber kContent{104};

Refusal not_found()
{
    return refuse(ErrorKind::not_found, "invitation_not_found", "There is no such invitation that is still open.");
}
// One answer for every reason: who guesses learns nothing.
Refusal is_void()
{
    return refuse(ErrorKind::gone, "invitation_void",
                  "This invitation has expired, was taken back or was used. Ask for a new one.");
}

std::string text_of(json::object const& from, char const* name)
{
    auto const* value = from.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<Bytes> seal_content(storage::Tx& tx, vault::Vault& vault, TenantId tenant, Invitation const& invitation,
                           TimePoint now)
{
    TRY(auto const key, vault.daily_key(tx, tenant, now));
    return vault::seal_field(
        key, kContent, invitation.id.value,
        json::serialize(
            json::object{{"email", invitation.email}, {"locale", invitation.locale}, {"profile", invitation.profile}}));
}

// What is sealed; left out when the key of its day is gone.
Result<Invitation> open_row(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, InvitationRow const& row)
{
    auto invitation = row.invitation;
    auto const key = vault.open_daily_key(tx, tenant, row.content);
    if (!key) {
        if (key.error().code == "field_unreadable")
            return invitation;
        return std::unexpected(key.error());
    }
    TRY(auto const text, vault::open_text_field(*key, kContent, row.invitation.id.value, row.content));
    boost::system::error_code error;
    auto const content = json::parse(text, error);
    if (error || !content.is_object())
        return fault("an invitation is no JSON object");
    invitation.email = text_of(content.get_object(), "email");
    invitation.locale = text_of(content.get_object(), "locale");
    if (auto const* profile = content.get_object().if_contains("profile"); profile && profile->is_object())
        invitation.profile = profile->get_object();
    return invitation;
}

Result<void> check_lifetime(Duration lifetime)
{
    if (lifetime < std::chrono::minutes(5) || lifetime > kLongestInvitation)
        return refuse(ErrorKind::invalid, "invitation_lifetime", "An invitation lives 5 minutes to 6 days.")
            .at("/expires_in");
    return {};
}

Bytes digest_of(ByteView secret)
{
    return to_bytes(crypto::sha256(secret));
}

// base64url(id, secret).
Secret token_of(InvitationId id, ByteView secret)
{
    auto bytes = to_bytes(id.bytes());
    bytes.insert(bytes.end(), secret.begin(), secret.end());
    return Secret(std::string_view(base64url_encode(bytes)));
}

bool is_open(InvitationRow const& row, TimePoint now)
{
    return !row.invitation.redeemed_at && row.invitation.expires_at > now;
}

} // namespace

Result<IssuedInvitation> Invitations::create(storage::Tx& tx, TenantId tenant, NewInvitation const& wanted,
                                             events::Origin const& origin, TimePoint now) const
{
    TRY_DO(check_lifetime(wanted.lifetime));
    auto const secret = crypto::random_bytes(32);
    InvitationRow row{.invitation = {.id = InvitationId::generate(now),
                                     .email = wanted.email,
                                     .locale = wanted.locale,
                                     .profile = wanted.profile,
                                     .bound = wanted.bound,
                                     .created_at = now,
                                     .expires_at = now + wanted.lifetime,
                                     .redeemed_at = {},
                                     .user = {}},
                      .secret_digest = digest_of(secret),
                      .content = {}};
    TRY(row.content, seal_content(tx, vault_, tenant, row.invitation, now));
    TRY_DO(insert_invitation(tx, tenant, row));
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kInvitationCreated,
                           .tenant = tenant,
                           .origin = origin,
                           .data = {{"invitation_id", row.invitation.id.to_string()}},
                           .personal = {{"identifier", wanted.email}}},
                          now));
    return IssuedInvitation{row.invitation, token_of(row.invitation.id, secret)};
}

Result<IssuedInvitation> Invitations::renew(storage::Tx& tx, TenantId tenant, InvitationId id, Duration lifetime,
                                            events::Origin const& origin, TimePoint now) const
{
    TRY_DO(check_lifetime(lifetime));
    TRY(auto found, select_invitation(tx, tenant, id));
    if (!found || found->invitation.redeemed_at)
        return not_found();
    TRY(found->invitation, open_row(tx, vault_, tenant, *found));
    if (found->invitation.email.empty())
        return not_found(); // to whom it went is not known any more
    auto const secret = crypto::random_bytes(32);
    found->secret_digest = digest_of(secret);
    found->invitation.expires_at = now + lifetime;
    TRY(found->content, seal_content(tx, vault_, tenant, found->invitation, now));
    TRY(auto const changed, update_invitation(tx, tenant, *found));
    if (!changed)
        return not_found();
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kInvitationCreated,
                           .tenant = tenant,
                           .origin = origin,
                           .data = {{"invitation_id", id.to_string()}},
                           .personal = {{"identifier", found->invitation.email}}},
                          now));
    return IssuedInvitation{found->invitation, token_of(id, secret)};
}

Result<void> Invitations::revoke(storage::Tx& tx, TenantId tenant, InvitationId id, events::Origin const& origin,
                                 TimePoint now) const
{
    TRY(auto const found, select_invitation(tx, tenant, id));
    if (!found || found->invitation.redeemed_at)
        return not_found();
    TRY_DO(delete_invitation(tx, tenant, id));
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kInvitationRevoked,
                           .tenant = tenant,
                           .origin = origin,
                           .data = {{"invitation_id", id.to_string()}}},
                          now));
    return {};
}

Result<Invitation> Invitations::get(storage::Tx& tx, TenantId tenant, InvitationId id) const
{
    TRY(auto const found, select_invitation(tx, tenant, id));
    if (!found)
        return not_found();
    return open_row(tx, vault_, tenant, *found);
}

Result<storage::Page<Invitation>> Invitations::list(storage::Tx& tx, TenantId tenant,
                                                    storage::PageRequest const& page) const
{
    TRY(auto const rows, select_invitations(tx, tenant, page));
    std::vector<Invitation> list;
    for (auto const& row : rows) {
        TRY(auto invitation, open_row(tx, vault_, tenant, row));
        list.push_back(std::move(invitation));
    }
    return storage::make_page(std::move(list), page, [](Invitation const& one) { return to_bytes(one.id.bytes()); });
}

Result<Invitation> Invitations::open(storage::Tx& tx, TenantId tenant, std::string_view token, TimePoint now) const
{
    constexpr std::size_t kIdSize = 16;
    auto const raw = base64url_decode(token);
    if (!raw || raw->size() != kIdSize + 32)
        return is_void();
    auto const id = InvitationId::from_bytes(ByteView(*raw).first(kIdSize));
    if (!id)
        return is_void();
    TRY(auto const found, select_invitation(tx, tenant, *id));
    auto const digest = digest_of(ByteView(*raw).subspan(kIdSize));
    if (!found || !constant_time_equal(found->secret_digest, digest) || !is_open(*found, now))
        return is_void();
    return open_row(tx, vault_, tenant, *found);
}

Result<Invitation> Invitations::redeem(storage::Tx& tx, TenantId tenant, InvitationId id, UserId user,
                                       events::Origin const& origin, TimePoint now) const
{
    TRY(auto const first, redeem_invitation(tx, tenant, id, user, now));
    if (!first)
        return is_void();
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kInvitationRedeemed,
                           .tenant = tenant,
                           .user = user,
                           .origin = origin,
                           .data = {{"invitation_id", id.to_string()}}},
                          now));
    return get(tx, tenant, id);
}

Result<std::int64_t> Invitations::remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, int limit) const
{
    return delete_expired_invitations(tx, tenant, now - std::chrono::days(30), limit);
}

} // namespace gatehouse::identity
