#include "account/identifier_notices.hpp"

#include "account/identifiers.hpp"
#include "account/undo.hpp"
#include "messages/outbox.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

namespace gatehouse::account {

using identity::Identifier;
using identity::IdentifierKind;
using messages::Channel;

namespace {

struct Letter {
    messages::Kind kind = messages::Kind::identifier_changed;
    UserId user;
    std::string locale;
    view::Arguments arguments;
};

bool is_reached_by(Services const& services, Identifier const& one)
{
    if (!one.verified_at || one.kind == IdentifierKind::username)
        return false;
    return services.outbox.carries(one.kind == IdentifierKind::phone ? Channel::sms : Channel::mail);
}

// A text that does not go out (a budget is spent, its country gets none) must keep nobody from a change.
Result<void> send(Services const& services, storage::Tx& tx, Context const& context, Identifier const& to,
                  Letter const& letter)
{
    auto const& tenant = *context.tenant;
    auto const is_phone = to.kind == IdentifierKind::phone;
    auto const sent =
        services.outbox.enqueue(tx,
                                {.tenant = tenant.id,
                                 .user = letter.user,
                                 .channel = is_phone ? Channel::sms : Channel::mail,
                                 .kind = is_phone ? messages::Kind::identifier_changed : letter.kind,
                                 .to = to.value,
                                 .locale = letter.locale.empty() ? tenant.settings.locale.fallback : letter.locale,
                                 .sender_name = tenant.name,
                                 .arguments = letter.arguments,
                                 .expires_at = context.now + std::chrono::hours(24),
                                 .host = messages::host_of(tenant.issuer),
                                 .text_limits = tenant.settings.texts},
                                context.now);
    if (!sent && !is_phone)
        return std::unexpected(sent.error());
    return {};
}

Former former(Identifier const& one)
{
    return {.kind = one.kind, .value = one.value, .primary = one.primary};
}

} // namespace

Result<void> tell_of_change(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                            std::vector<Identifier> const& before, IdentifierChange const& change)
{
    auto const shown = masked(change.changed.kind, change.changed.value);
    auto const replaced = change.what == "replaced";
    for (auto const& one : before) {
        auto const is_lost = change.lost && one.id == change.lost->id;
        if (!is_reached_by(services, one) || (one.id == change.changed.id && !is_lost))
            continue;
        Letter letter{.user = visitor.user.id, .locale = visitor.profile_text("locale"), .arguments = {}};
        if (is_lost && replaced) {
            letter.kind = messages::Kind::email_changed;
            letter.arguments = {{"new_email", shown}};
        } else {
            letter.arguments = {{"what", replaced ? "primary" : change.what},
                                {"kind", to_string(change.changed.kind)},
                                {"value", shown}};
        }
        if (one.primary || is_lost) {
            UndoableChange undoable{.user = visitor.user.id,
                                    .recipient = former(one),
                                    .lost = {},
                                    .acting_since = visitor.session.created_at,
                                    .user_since = visitor.user.created_at};
            if (change.lost)
                undoable.lost = former(*change.lost);
            TRY(auto link, make_undo_link(services, tx, context, undoable));
            if (!link.empty())
                letter.arguments.emplace_back("link", std::move(link));
        }
        TRY_DO(send(services, tx, context, one, letter));
    }
    return {};
}

Result<void> tell_of_undo(Services const& services, storage::Tx& tx, Context const& context, UserId user,
                          std::vector<Identifier> const& told, Identifier const& restored)
{
    TRY(auto const person, services.users.get(tx, context.tenant->id, user));
    auto const* locale = person.profile.if_contains("locale");
    Letter const letter{.user = user,
                        .locale = locale && locale->is_string() ? std::string(locale->get_string()) : std::string(),
                        .arguments = {{"what", "undone"},
                                      {"kind", to_string(restored.kind)},
                                      {"value", masked(restored.kind, restored.value)}}};
    std::set<std::pair<IdentifierKind, std::string>> sent;
    for (auto const& one : told)
        if (is_reached_by(services, one) && sent.insert({one.kind, one.value}).second)
            TRY_DO(send(services, tx, context, one, letter));
    return {};
}

} // namespace gatehouse::account
