#include "journey/notices.hpp"

#include "identity/deletions.hpp"
#include "identity/users.hpp"
#include "messages/outbox.hpp"

namespace gatehouse::journey {

Result<void> tell_everywhere(storage::Tx& tx, messages::Outbox const& outbox, identity::Users const& users,
                             identity::Tenant const& tenant, UserId user, Notice const& notice, TimePoint now)
{
    TRY(auto const person, users.get(tx, tenant.id, user));
    TRY(auto const identifiers, users.identifiers(tx, tenant.id, user));
    auto const* locale = person.profile.if_contains("locale");
    for (auto const& identifier : identifiers) {
        if (!identifier.verified_at || identifier.kind == identity::IdentifierKind::username)
            continue;
        auto const is_phone = identifier.kind == identity::IdentifierKind::phone;
        auto const channel = is_phone ? messages::Channel::sms : messages::Channel::mail;
        if (!outbox.carries(channel) || !messages::has_words(notice.kind, channel))
            continue;
        auto const sent = outbox.enqueue(tx,
                                         {.tenant = tenant.id,
                                          .user = notice.outlives_person ? std::nullopt : std::optional(user),
                                          .channel = channel,
                                          .kind = notice.kind,
                                          .to = identifier.value,
                                          .locale = locale && locale->is_string() ? std::string(locale->get_string())
                                                                                  : tenant.settings.locale.fallback,
                                          .sender_name = tenant.name,
                                          .arguments = notice.arguments,
                                          .expires_at = now + std::chrono::hours(24),
                                          .host = messages::host_of(tenant.issuer),
                                          .text_limits = tenant.settings.texts},
                                         now);
        if (!sent && !is_phone)
            return std::unexpected(sent.error());
    }
    return {};
}

Result<bool> keep_account(storage::Tx& tx, Keeping const& parts, identity::Tenant const& tenant, UserId user,
                          events::Origin const& origin, TimePoint now)
{
    TRY(auto const kept, identity::cancel_deletion(tx, parts.vault, tenant.id, user, origin, now));
    if (kept)
        TRY_DO(tell_everywhere(tx, parts.outbox, parts.users, tenant, user,
                               {.kind = messages::Kind::deletion_cancelled, .arguments = {{"when", now}}}, now));
    return kept;
}

} // namespace gatehouse::journey
