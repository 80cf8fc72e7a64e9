#include "account/identifiers.hpp"

#include "account/changes.hpp"
#include "account/undo.hpp"
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

Former former(Identifier const& one)
{
    return {.kind = one.kind, .value = one.value, .primary = one.primary};
}

// What happened to which of them, for the notices.
struct Change {
    std::string_view what; // "added", "primary", "removed"
    Identifier const& changed;
    std::optional<Former> lost = {}; // what it takes away
};

// A notice that does not go out (a text budget is spent) must not keep the owner from a change.
Result<void> tell(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                  Identifier const& recipient, Change const& change)
{
    if (recipient.kind == IdentifierKind::username)
        return {};
    auto const channel = recipient.kind == IdentifierKind::phone ? Channel::sms : Channel::mail;
    if (!services.outbox.carries(channel))
        return {};
    TRY(auto link, make_undo_link(services, tx, context,
                                  {.user = visitor.user.id, .recipient = former(recipient), .lost = change.lost}));
    view::Arguments arguments{{"what", change.what},
                              {"kind", to_string(change.changed.kind)},
                              {"value", masked(change.changed.kind, change.changed.value)}};
    if (!link.empty())
        arguments.emplace_back("link", std::move(link));
    auto sent = send(services, tx, context, visitor,
                     {.channel = channel,
                      .kind = messages::Kind::identifier_changed,
                      .to = recipient.value,
                      .arguments = std::move(arguments)});
    if (!sent && channel == Channel::mail)
        return sent;
    return {};
}

// Everybody whom the person is reached by but what is new itself: their primary address and number, and `lost`.
Result<void> tell_all(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                      std::vector<Identifier> const& before, Identifier const* lost, Change const& change)
{
    std::vector<Identifier const*> recipients;
    if (lost && lost->verified_at)
        recipients.push_back(lost);
    for (auto const kind : {IdentifierKind::email, IdentifierKind::phone})
        if (auto const* primary = primary_of(before, kind);
            primary && primary->id != change.changed.id && (!lost || primary->id != lost->id))
            recipients.push_back(primary);
    for (auto const* recipient : recipients)
        TRY_DO(tell(services, tx, context, visitor, *recipient, change));
    return {};
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

Result<credentials::ChallengeId> begin_identifier(Services const& services, storage::Tx& tx, Context const& context,
                                                  Visitor const& visitor, NormalizedIdentifier const& wanted,
                                                  Channel channel)
{
    auto const tenant = context.tenant->id;
    bool const is_phone = wanted.kind == IdentifierKind::phone;
    if (is_phone)
        TRY_DO(messages::check_number(context.tenant->settings.texts, wanted.value));
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
    if (is_phone) { // nobody is told that the number is somebody's: the text is just not sent
        letter.channel = channel;
        letter.kind = messages::Kind::verify_phone;
        letter.deliver = !owner;
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

Result<void> finish_identifier(Services const& services, storage::Tx& tx, Context const& context,
                               Visitor const& visitor, credentials::ChallengeId challenge, std::string_view code)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    TRY(auto const wanted, pending_identifier(services, tx, context, visitor, challenge));
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
    return tell_all(services, tx, context, visitor, before, nullptr, {.what = "added", .changed = added});
}

Result<void> make_primary(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                          IdentifierId id)
{
    TRY(auto const before, owned_by(services, tx, context, visitor));
    TRY(auto const chosen, find(before, id));
    if (chosen.primary)
        return {};
    TRY_DO(services.users.set_primary(tx, context.tenant->id, visitor.user.id, id, origin_of(context, visitor),
                                      context.now));
    auto const* old = primary_of(before, chosen.kind);
    return tell_all(services, tx, context, visitor, before, old,
                    {.what = "primary", .changed = chosen, .lost = old ? std::optional(former(*old)) : std::nullopt});
}

Result<void> remove_identifier(Services const& services, storage::Tx& tx, Context const& context,
                               Visitor const& visitor, IdentifierId id)
{
    TRY(auto const before, owned_by(services, tx, context, visitor));
    TRY(auto const gone, find(before, id));
    TRY_DO(services.users.remove_identifier(tx, *context.tenant, visitor.user.id, id, origin_of(context, visitor),
                                            context.now));
    // What was never proven is nobody's to be given back.
    if (!gone.verified_at)
        return {};
    return tell_all(services, tx, context, visitor, before, &gone,
                    {.what = "removed", .changed = gone, .lost = former(gone)});
}

} // namespace gatehouse::account
