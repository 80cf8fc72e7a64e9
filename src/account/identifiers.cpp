#include "account/identifiers.hpp"

#include "account/changes.hpp"
#include "account/identifier_notices.hpp"
#include "events/types.hpp"
#include "messages/text_budget.hpp"
#include "phone/phone_number.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::account {

using identity::Identifier;
using identity::IdentifierId;
using identity::IdentifierKind;
using identity::NormalizedIdentifier;
using messages::Channel;

namespace {

constexpr std::string_view kPurpose = "identifier_add";
constexpr std::chrono::minutes kCodeLifetime{10};

struct Letter {
    Channel channel = Channel::mail;
    messages::Kind kind = messages::Kind::verify_email;
    std::string to;
    view::Arguments arguments;
    bool deliver = true;
};

Result<void> send(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                  Letter letter)
{
    auto const& tenant = *context.tenant;
    auto const locale = visitor.profile_text("locale");
    auto const is_code = std::ranges::find(letter.arguments, "code", &view::Argument::name) != letter.arguments.end();
    auto const life = is_code ? Duration(kCodeLifetime) : Duration(std::chrono::hours(24));
    TRY_DO(services.outbox.enqueue(tx,
                                   {.tenant = tenant.id,
                                    .user = visitor.user.id,
                                    .channel = letter.channel,
                                    .kind = letter.kind,
                                    .to = std::move(letter.to),
                                    .locale = locale.empty() ? tenant.settings.locale.fallback : locale,
                                    .sender_name = tenant.name,
                                    .arguments = std::move(letter.arguments),
                                    .expires_at = letter.deliver ? context.now + life : context.now,
                                    .host = messages::host_of(tenant.issuer),
                                    .text_limits = tenant.settings.texts},
                                   context.now));
    return {};
}

Result<std::vector<Identifier>> owned_by(Services const& services, storage::Tx& tx, Context const& context,
                                         Visitor const& visitor)
{
    return services.users.identifiers(tx, context.tenant->id, visitor.user.id);
}

Result<Identifier> find(std::vector<Identifier> const& owned, IdentifierId id)
{
    auto const found = std::ranges::find(owned, id, &Identifier::id);
    if (found == owned.end())
        return refuse(ErrorKind::not_found, "identifier_not_found", "There is no such identifier.");
    return *found;
}

Identifier const* primary_of(std::vector<Identifier> const& owned, IdentifierKind kind)
{
    auto const found = std::ranges::find_if(
        owned, [&](Identifier const& one) { return one.kind == kind && one.primary && one.verified_at; });
    return found == owned.end() ? nullptr : &*found;
}

bool signs_in_by_text(Context const& context)
{
    return journey::Policy::of(*context.tenant).allowed().has(credentials::Method::sms_code);
}

// Sessions and trusted browsers elsewhere may have come by what is no longer part of the account.
Result<session::Opened> end_what_rested_on_it(Services const& services, storage::Tx& tx, Context const& context,
                                              Visitor const& visitor)
{
    TRY(auto const epoch, services.users.raise_security_epoch(tx, context.tenant->id, visitor.user.id, context.now));
    return keep_only_this_session(services, tx, context, visitor, epoch);
}

} // namespace

std::string masked(IdentifierKind kind, std::string_view value)
{
    if (kind == IdentifierKind::phone)
        return phone::masked(value);
    auto const at = value.rfind('@');
    return at == value.npos || at == 0 ? "..."
                                       : std::string(value.substr(0, 1)) + "..." + std::string(value.substr(at));
}

Result<void> check_addable(Context const& context, IdentifierKind kind)
{
    if (kind == IdentifierKind::phone && signs_in_by_text(context))
        return check_enrolment(context, credentials::Method::sms_code);
    return {};
}

Result<credentials::ChallengeId> begin_identifier(Services const& services, storage::Tx& tx, Context const& context,
                                                  Visitor const& visitor, NormalizedIdentifier const& wanted,
                                                  Channel channel)
{
    auto const tenant = context.tenant->id;
    auto const& limits = context.tenant->settings.texts;
    bool const is_phone = wanted.kind == IdentifierKind::phone;
    std::optional<phone::PhoneNumber> number;
    TRY_DO(check_addable(context, wanted.kind));
    if (is_phone) {
        TRY(number, messages::check_number(limits, wanted.value));
    }
    TRY_DO(services.users.require_active(tx, tenant, visitor.user.id, visitor.session.security_epoch));
    TRY(auto const owner, services.users.find_by_identifier(tx, tenant, wanted));
    if (owner && owner->user.id == visitor.user.id)
        return refuse(ErrorKind::conflict, "identifier_exists", "The account has this already.");
    TRY(auto const challenge,
        services.challenges.create(tx, tenant,
                                   {.purpose = kPurpose,
                                    .user = visitor.user.id,
                                    .payload = {{"kind", to_string(wanted.kind)}, {"value", wanted.value}},
                                    .lifetime = kCodeLifetime},
                                   context.now));
    view::Arguments code{{"code", challenge.code.expose_text()}, {"minutes", kCodeLifetime.count()}};
    Letter letter{.to = wanted.value, .arguments = std::move(code)};
    if (is_phone) { // nobody is told that the number is somebody's: the text is just not sent, and counts all the same
        letter.channel = channel;
        letter.kind = messages::Kind::verify_phone;
        letter.deliver = !owner;
        if (owner)
            TRY_DO(messages::take_budget(tx, services.vault, tenant, limits, *number, context.now));
    } else if (owner) {
        letter.kind = messages::Kind::account_exists;
        letter.arguments = {{"link", context.tenant->issuer + "/signin"}};
    }
    TRY_DO(send(services, tx, context, visitor, std::move(letter)));
    return challenge.id;
}

Result<NormalizedIdentifier> pending_identifier(Services const& services, storage::Tx& tx, Context const& context,
                                                Visitor const& visitor, credentials::ChallengeId challenge)
{
    TRY(auto const known, services.challenges.peek(tx, context.tenant->id, challenge, kPurpose, context.now));
    if (known.user != visitor.user.id)
        return refuse(ErrorKind::gone, "code_expired", "This code has expired. Ask for a new one.");
    TRY(auto const kind, identity::parse_identifier_kind(std::string_view(known.payload.at("kind").as_string())));
    return identity::normalize_stored(kind, std::string_view(known.payload.at("value").as_string()));
}

Result<std::optional<session::Opened>> finish_identifier(Services const& services, storage::Tx& tx,
                                                         Context const& context, Visitor const& visitor,
                                                         credentials::ChallengeId challenge, std::string_view code)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    TRY(auto const wanted, pending_identifier(services, tx, context, visitor, challenge));
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY_DO(check_addable(context, wanted.kind));
    TRY_DO(services.challenges.redeem(tx, tenant, challenge, kPurpose, code, context.now));
    TRY(auto const before, owned_by(services, tx, context, visitor));
    // One that was there without proof becomes the proven one.
    auto const unproven = std::ranges::find_if(before, [&](Identifier const& one) {
        return one.kind == wanted.kind && one.value == wanted.value && !one.verified_at;
    });
    Identifier added;
    if (unproven != before.end()) {
        TRY(added, services.users.mark_verified(tx, tenant, user, unproven->id, origin, context.now));
    } else {
        TRY(added, services.users.add_identifier(tx, tenant, user, {.identifier = wanted, .verified = true}, origin,
                                                 context.now));
    }
    TRY_DO(tell_of_change(services, tx, context, visitor, before, {.what = "added", .changed = added}));
    if (wanted.kind != IdentifierKind::phone || !signs_in_by_text(context))
        return std::nullopt;
    return raise_session(services, tx, context, visitor, {credentials::Method::sms_code});
}

Result<session::Opened> replace_email(Services const& services, storage::Tx& tx, Context const& context,
                                      Visitor const& visitor, NormalizedIdentifier const& email)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY(auto const before, owned_by(services, tx, context, visitor));
    auto const* former = primary_of(before, IdentifierKind::email);
    TRY(auto const added,
        services.users.add_identifier(tx, tenant, user, {.identifier = email, .verified = true}, origin, context.now));
    TRY_DO(services.users.set_primary(tx, tenant, user, added.id, origin, context.now));
    IdentifierChange change{.what = former ? "replaced" : "added", .changed = added};
    if (former) {
        TRY_DO(services.users.remove_identifier(tx, *context.tenant, user, former->id, origin, context.now));
        change.lost = *former;
    }
    TRY_DO(tell_of_change(services, tx, context, visitor, before, change));
    return end_what_rested_on_it(services, tx, context, visitor);
}

Result<void> make_primary(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                          IdentifierId id)
{
    auto const tenant = context.tenant->id;
    TRY_DO(services.users.require_active(tx, tenant, visitor.user.id, visitor.session.security_epoch));
    TRY(auto const before, owned_by(services, tx, context, visitor));
    TRY(auto const chosen, find(before, id));
    if (chosen.primary)
        return {};
    TRY_DO(services.users.set_primary(tx, tenant, visitor.user.id, id, origin_of(context, visitor), context.now));
    IdentifierChange change{.what = "primary", .changed = chosen};
    if (auto const* old = primary_of(before, chosen.kind))
        change.lost = *old;
    return tell_of_change(services, tx, context, visitor, before, change);
}

Result<std::optional<session::Opened>> remove_identifier(Services const& services, storage::Tx& tx,
                                                         Context const& context, Visitor const& visitor,
                                                         IdentifierId id)
{
    auto const tenant = context.tenant->id;
    TRY_DO(services.users.require_active(tx, tenant, visitor.user.id, visitor.session.security_epoch));
    TRY(auto const before, owned_by(services, tx, context, visitor));
    TRY(auto const gone, find(before, id));
    TRY_DO(services.users.remove_identifier(tx, *context.tenant, visitor.user.id, id, origin_of(context, visitor),
                                            context.now));
    // What was never proven is nobody's to be given back, and nothing rests on it.
    if (!gone.verified_at)
        return std::nullopt;
    TRY_DO(tell_of_change(services, tx, context, visitor, before, {.what = "removed", .changed = gone, .lost = gone}));
    return end_what_rested_on_it(services, tx, context, visitor);
}

} // namespace gatehouse::account
