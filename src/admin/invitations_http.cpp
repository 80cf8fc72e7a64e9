// Operations on invitations to make an account.
#include "admin/management_api.hpp"
#include "identity/identifiers.hpp"
#include "identity/invitations.hpp"
#include "identity/profile_schema.hpp"
#include "identity/users.hpp"
#include "messages/outbox.hpp"
#include "storage/database.hpp"

namespace gatehouse::admin {

struct InvitationBody {
    identity::InvitationId invitation_id;
    std::string email;
    std::string locale = "en";
    boost::json::object profile;
    bool bound = true;
    std::int64_t expires_in = 72 * 3600;
    std::string state;
    TimePoint created_at;
    TimePoint expires_at;
    std::optional<TimePoint> redeemed_at;
    std::optional<UserId> user_id;
};
constexpr auto shape(InvitationBody const*)
{
    return Shape{
        "Invitation",
        Member{"invitation_id", &InvitationBody::invitation_id, {.read_only = true}},
        Member{"email",
               &InvitationBody::email,
               {.text = "Whom to invite. Kept encrypted for a week; empty afterwards.", .max_length = 320}},
        Member{"locale", &InvitationBody::locale, {.text = "Of the mail.", .fallback = true, .max_length = 35}},
        Member{"profile",
               &InvitationBody::profile,
               {.text = "Attributes that the account begins with, held to the schema.", .fallback = true}},
        Member{"bound",
               &InvitationBody::bound,
               {.text = "Only the invited address may register with it.", .fallback = true}},
        Member{"expires_in",
               &InvitationBody::expires_in,
               {.text = "Seconds that the link works; at most six days.",
                .fallback = true,
                .minimum = 300,
                .maximum = 6 * 86400}},
        Member{"state",
               &InvitationBody::state,
               {.text = "open, redeemed or expired.", .read_only = true, .choices = "open|redeemed|expired"}},
        Member{"created_at", &InvitationBody::created_at, {.read_only = true}},
        Member{"expires_at", &InvitationBody::expires_at, {.read_only = true}},
        Member{"redeemed_at", &InvitationBody::redeemed_at, {.read_only = true}},
        Member{"user_id", &InvitationBody::user_id, {.text = "Who came of it.", .read_only = true}}};
}
constexpr std::string_view list_name(InvitationBody const*)
{
    return "InvitationList";
}

struct RenewalBody {
    std::int64_t expires_in = 72 * 3600;
};
constexpr auto shape(RenewalBody const*)
{
    return Shape{"InvitationRenewal", Member{"expires_in",
                                             &RenewalBody::expires_in,
                                             {.text = "Seconds that the new link works.",
                                              .fallback = true,
                                              .minimum = 300,
                                              .maximum = 6 * 86400}}};
}

namespace {

InvitationBody body_of(identity::Invitation const& invitation, TimePoint now)
{
    auto const* state = invitation.redeemed_at ? "redeemed" : invitation.expires_at <= now ? "expired" : "open";
    auto const life = std::chrono::duration_cast<std::chrono::seconds>(invitation.expires_at - invitation.created_at);
    return {.invitation_id = invitation.id,
            .email = invitation.email,
            .locale = invitation.locale,
            .profile = invitation.profile,
            .bound = invitation.bound,
            .expires_in = life.count(),
            .state = state,
            .created_at = invitation.created_at,
            .expires_at = invitation.expires_at,
            .redeemed_at = invitation.redeemed_at,
            .user_id = invitation.user};
}

// The link is made from the stored issuer, never from a request, and stands in the mail alone.
Result<void> send(Parts const& parts, Call const& call, storage::Tx& tx, identity::IssuedInvitation const& issued)
{
    auto const& tenant = *call.context.tenant;
    auto const& invitation = issued.invitation;
    auto const left = std::chrono::duration_cast<std::chrono::hours>(invitation.expires_at - call.context.now);
    TRY_DO(messages::Outbox(parts.vault)
               .enqueue(tx,
                        {.tenant = tenant.id,
                         .user = {},
                         .kind = messages::Kind::invitation,
                         .to = invitation.email,
                         .locale = invitation.locale,
                         .sender_name = tenant.name,
                         .arguments = {{"link", fmt::format("{}/invitation?token={}", tenant.issuer,
                                                            issued.token.expose_text())},
                                       {"hours", std::max<std::int64_t>(left.count(), 1)}},
                         .expires_at = invitation.expires_at},
                        call.context.now));
    return {};
}

Result<identity::NewInvitation> read(Call const& call, InvitationBody const& body)
{
    auto email = identity::normalize_email(body.email);
    if (!email) {
        email.error().pointer = "/email";
        return std::unexpected(std::move(email).error());
    }
    auto const& schema = *call.context.tenant->profile;
    TRY_DO(identity::check_profile(body.profile));
    TRY_DO(identity::check_editor(schema, {}, body.profile, identity::Editor::administrator));
    TRY(auto profile, identity::check_profile_by(schema, {}, body.profile, call.context.now));
    return identity::NewInvitation{.email = email->value,
                                   .locale = body.locale,
                                   .profile = std::move(profile),
                                   .bound = body.bound,
                                   .lifetime = std::chrono::seconds(body.expires_in)};
}

Task<Result<Answer>> create(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto body, read_shape<InvitationBody>(json));
    CO_TRY(auto wanted, read(call, body));
    CO_TRY(auto issued,
           co_await parts.database.write([&](storage::Tx& tx) -> Result<identity::IssuedInvitation> {
               TRY(auto made, identity::Invitations(parts.vault)
                                  .create(tx, call.context.tenant->id, wanted, origin_of(call), call.context.now));
               TRY_DO(send(parts, call, tx, made));
               return made;
           }));
    co_return Answer{.status = 201,
                     .body = write_shape(body_of(issued.invitation, call.context.now)),
                     .location = fmt::format("{}/api/v1/invitations/{}", call.context.base_path,
                                             issued.invitation.id.to_string())};
}

Task<Result<Answer>> resend(Parts const& parts, Call const& call, boost::json::value const& json)
{
    CO_TRY(auto id, call.id<identity::InvitationId>("invitation_id"));
    CO_TRY(auto body, read_shape<RenewalBody>(json));
    CO_TRY(auto issued,
           co_await parts.database.write([&](storage::Tx& tx) -> Result<identity::IssuedInvitation> {
               TRY(auto made, identity::Invitations(parts.vault)
                                  .renew(tx, call.context.tenant->id, id, std::chrono::seconds(body.expires_in),
                                         origin_of(call), call.context.now));
               TRY_DO(send(parts, call, tx, made));
               return made;
           }));
    co_return Answer{.body = write_shape(body_of(issued.invitation, call.context.now))};
}

Task<Result<Answer>> get(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<identity::InvitationId>("invitation_id"));
    CO_TRY(auto found, co_await parts.database.read([&](storage::Tx& tx) {
        return identity::Invitations(parts.vault).get(tx, call.context.tenant->id, id);
    }));
    co_return Answer{.body = write_shape(body_of(found, call.context.now))};
}

Task<Result<Answer>> list(Parts const& parts, Call const& call)
{
    CO_TRY(auto page, read_page(parts, call, "invitations"));
    CO_TRY(auto found, co_await parts.database.read([&](storage::Tx& tx) {
        return identity::Invitations(parts.vault).list(tx, call.context.tenant->id, page);
    }));
    List<InvitationBody> all;
    for (auto const& invitation : found.items)
        all.items.push_back(body_of(invitation, call.context.now));
    CO_TRY(all.next_cursor, make_cursor(parts, call, "invitations", found.next));
    co_return Answer{.body = write_shape(all)};
}

Task<Result<Answer>> revoke(Parts const& parts, Call const& call)
{
    CO_TRY(auto id, call.id<identity::InvitationId>("invitation_id"));
    CO_TRY_DO(co_await parts.database.write([&](storage::Tx& tx) {
        return identity::Invitations(parts.vault)
            .revoke(tx, call.context.tenant->id, id, origin_of(call), call.context.now);
    }));
    co_return Answer{.status = 204};
}

} // namespace

std::vector<Operation> invitation_operations(Parts const& parts)
{
    using http::Method;
    std::vector<Operation> operations;
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/invitations",
        .id = "invitations_list",
        .summary = "List invitations",
        .scope = "invitations:read",
        .pageable = true,
        .run = [&parts](Call const& call, auto const&) {
            return list(parts, call);
        }}.gives<List<InvitationBody>>());
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/invitations",
                  .id = "invitations_create",
                  .summary = "Invite somebody by mail to make an account",
                  .scope = "invitations:create",
                  .success = 201,
                  .run = [&parts](Call const& call, auto const& body) { return create(parts, call, body); }}
            .takes<InvitationBody>()
            .gives<InvitationBody>());
    operations.push_back(Operation{
        .method = Method::get,
        .path = "/invitations/{invitation_id}",
        .id = "invitations_get",
        .summary = "Read an invitation",
        .scope = "invitations:read",
        .run = [&parts](Call const& call, auto const&) {
            return get(parts, call);
        }}.gives<InvitationBody>());
    operations.push_back(
        Operation{.method = Method::post,
                  .path = "/invitations/{invitation_id}/send",
                  .id = "invitations_send",
                  .summary = "Send an invitation again, with a new link; the old one is void",
                  .scope = "invitations:update",
                  .run = [&parts](Call const& call, auto const& body) { return resend(parts, call, body); }}
            .takes<RenewalBody>()
            .gives<InvitationBody>());
    operations.push_back(Operation{.method = Method::delete_,
                                   .path = "/invitations/{invitation_id}",
                                   .id = "invitations_revoke",
                                   .summary = "Take an invitation back",
                                   .scope = "invitations:delete",
                                   .success = 204,
                                   .run = [&parts](Call const& call, auto const&) { return revoke(parts, call); }});
    for (auto& operation : operations)
        operation.tag = "invitations";
    return operations;
}

} // namespace gatehouse::admin
