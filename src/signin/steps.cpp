#include "signin/steps.hpp"

#include "base/digits.hpp"
#include "credentials/password_policy.hpp"
#include "events/types.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"

#include <algorithm>

namespace gatehouse::signin {

Result<std::string> required(http::Fields const& input, std::string_view field, std::string_view code,
                             std::string_view message)
{
    auto const value = http::trim(input.get(field));
    if (value.empty())
        return refuse(ErrorKind::invalid, std::string(code), std::string(message)).at(std::string(field));
    return std::string(value);
}

Error at_field(Error error, std::string_view field)
{
    error.pointer = field;
    return error;
}

events::Origin origin_of(journey::Turn const& turn)
{
    return {.request_id = turn.context.request_id, .application = turn.journey.application};
}

boost::json::object attempt_of(journey::Turn const& turn, std::string_view identifier)
{
    return {{"identifier", identifier.substr(0, 320)},
            {"address", turn.context.client_address},
            {"user_agent", turn.request.header("User-Agent").substr(0, 512)}};
}

namespace {

Result<Typed> digested(Services const& services, TenantId tenant, std::string_view text,
                       Result<identity::NormalizedIdentifier> identifier)
{
    Typed typed{.text = std::string(text)};
    if (!identifier) {
        TRY(auto const digest, services.vault.lookup_digest(tenant, "throttle.unreadable", typed.text));
        typed.digest = to_bytes(ByteView(digest.digest));
        return typed;
    }
    TRY(typed.digest, services.users.identifier_digest(tenant, *identifier));
    typed.identifier = std::move(*identifier);
    return typed;
}

} // namespace

Result<Typed> read_typed(Services const& services, TenantId tenant, std::string_view text)
{
    auto const trimmed = http::trim(text);
    return digested(services, tenant, trimmed, identity::read_identifier(trimmed));
}

bool takes_phones(identity::TenantSettings const& settings)
{
    auto const begins_with_text = std::ranges::any_of(settings.signin.first, [](credentials::Method method) {
        return credentials::traits_of(method).channel == credentials::Channel::phone;
    });
    return settings.identifiers.phone || begins_with_text ||
           settings.registration.identifier != identity::RegisteredBy::email;
}

view::Text identifier_label(identity::Tenant const& tenant)
{
    return takes_phones(tenant.settings) ? "field.identifier_or_phone" : "field.identifier";
}

Result<Typed> read_entered(Services const& services, identity::Tenant const& tenant, std::string_view text,
                           Numbers numbers)
{
    auto const trimmed = http::trim(text);
    auto identifier = identity::read_identifier(trimmed, tenant.settings.identifiers.country);
    auto const taken = numbers == Numbers::taken || takes_phones(tenant.settings);
    if (identifier && identifier->kind == identity::IdentifierKind::phone && !taken)
        identifier = refuse(ErrorKind::invalid, "phone_invalid", "Phone numbers are not taken here.");
    return digested(services, tenant.id, trimmed, std::move(identifier));
}

Result<std::optional<identity::FoundUser>> find_typed(Services const& services, storage::Tx& tx, TenantId tenant,
                                                      Typed const& typed)
{
    if (!typed.identifier)
        return std::nullopt;
    return services.users.find_by_identifier(tx, tenant, *typed.identifier);
}

std::string clean_code(std::string_view typed)
{
    auto code = with_latin_digits(typed);
    std::erase_if(code, [](char c) { return c == ' ' || c == '-' || c == '\t'; });
    return code;
}

Result<void> send(Services const& services, storage::Tx& tx, journey::Turn const& turn, Letter letter)
{
    auto const& context = turn.context;
    auto const& locale =
        journey::locale_of(services.pages, context, turn.request, {.ui_locales = turn.journey.ui_locales});
    auto const delivered = letter.deliver == Deliver::Yes;
    // A code that has expired is of no use to anybody; a notice is.
    auto const has_code = std::ranges::find(letter.arguments, "code", &view::Argument::name) != letter.arguments.end();
    auto const life = has_code ? Duration(kCodeLifetime) : Duration(std::chrono::hours(24));
    TRY_DO(services.outbox.enqueue(tx,
                                   {.tenant = context.tenant->id,
                                    .user = letter.user,
                                    .channel = letter.channel.value_or(messages::Channel::mail),
                                    .kind = letter.kind,
                                    .to = std::move(letter.to),
                                    .locale = locale.tag(),
                                    .sender_name = context.tenant->name,
                                    .arguments = std::move(letter.arguments),
                                    .expires_at = delivered ? context.now + life : context.now,
                                    .host = messages::host_of(context.tenant->issuer),
                                    .text_limits = context.tenant->settings.texts},
                                   context.now));
    return {};
}

Result<std::string> current_email(Services const& services, storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const email, services.users.primary_email(tx, tenant, user));
    return email ? email->value : std::string();
}

Result<void> notify(Services const& services, storage::Tx& tx, journey::Turn const& turn, messages::Kind kind,
                    view::Arguments arguments)
{
    auto const user = *turn.journey.facts.user;
    TRY(auto email, current_email(services, tx, turn.context.tenant->id, user));
    if (email.empty())
        return tell_everywhere(services, tx, turn, user, kind, arguments);
    return send(services, tx, turn,
                {.kind = kind, .to = std::move(email), .user = user, .arguments = std::move(arguments)});
}

Refusal refuse_code(Services const& services, storage::Tx& tx, journey::Turn const& turn, Error error,
                    std::string_view purpose, std::optional<UserId> user)
{
    auto const recorded = events::append(tx, services.vault,
                                         {.type = &events::kCodeFailed,
                                          .tenant = turn.context.tenant->id,
                                          .user = user,
                                          .origin = origin_of(turn),
                                          .data = {{"purpose", purpose}, {"reason", error.code}},
                                          .personal = attempt_of(turn, turn.journey.facts.identifier)},
                                         turn.context.now);
    if (!recorded)
        return Refusal(recorded.error());
    error.keep_writes = KeepWrites::Yes;
    return Refusal(at_field(std::move(error), "code"));
}

view::Field app_code_field()
{
    auto field = code_field();
    field.label = "field.authenticator_code";
    field.hint = "field.app_code_hint";
    return field;
}

Result<void> tell_everywhere(Services const& services, storage::Tx& tx, journey::Turn const& turn, UserId user,
                             messages::Kind kind, view::Arguments const& arguments)
{
    TRY(auto const identifiers, services.users.identifiers(tx, turn.context.tenant->id, user));
    for (auto const& identifier : identifiers) {
        if (!identifier.verified_at || identifier.kind == identity::IdentifierKind::username)
            continue;
        auto const is_phone = identifier.kind == identity::IdentifierKind::phone;
        auto const channel = is_phone ? messages::Channel::sms : messages::Channel::mail;
        if (!services.outbox.carries(channel) || !messages::has_words(kind, channel))
            continue;
        auto const sent =
            send(services, tx, turn,
                 {.kind = kind, .to = identifier.value, .user = user, .arguments = arguments, .channel = channel});
        // Whose text budget is spent is reached by mail all the same, and is not kept from going on.
        if (!sent && !is_phone)
            return sent;
    }
    return {};
}

Result<credentials::EarlierPasswords> earlier_passwords(Services const& services, storage::Tx& tx,
                                                        identity::Tenant const& tenant, UserId user,
                                                        std::string current)
{
    credentials::EarlierPasswords earlier{.current = std::move(current), .history = {}};
    auto const kept = tenant.settings.password.history;
    if (kept == 0)
        return earlier;
    if (earlier.current.empty()) {
        TRY(auto stored, services.passwords.load(tx, tenant.id, user));
        if (stored)
            earlier.current = std::move(stored->phc);
    }
    TRY(earlier.history, services.passwords.history(tx, tenant.id, user, kept));
    return earlier;
}

Result<void> forget_failures(Services const& services, storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const identifiers, services.users.identifiers(tx, tenant, user));
    for (auto const& identifier : identifiers) {
        TRY(auto const typed, read_typed(services, tenant, identifier.value));
        TRY(auto const counts, risk::password_counts(services.vault, tenant, {typed.digest, user}));
        for (auto const& slot : counts)
            TRY_DO(risk::forget(tx, tenant, slot));
    }
    return {};
}

Result<std::string> shown_identifier(Services const& services, storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const identifiers, services.users.identifiers(tx, tenant, user));
    std::string shown;
    for (auto const& identifier : identifiers) {
        auto const usable = identifier.verified_at || identifier.kind == identity::IdentifierKind::username;
        if (usable && (shown.empty() || (identifier.primary && identifier.kind == identity::IdentifierKind::email)))
            shown = identifier.value;
    }
    return shown;
}

view::Field code_field()
{
    return {.name = "code",
            .kind = view::FieldKind::code,
            .label = "field.code",
            .hint = "field.code_hint",
            .required = true,
            .autofocus = true,
            .autocomplete = "one-time-code",
            .max_length = 16};
}

view::Field new_password_field(identity::Tenant const& tenant)
{
    auto const minimum = tenant.settings.password.minimum_length;
    return {.name = "password",
            .kind = view::FieldKind::password,
            .label = "field.new_password",
            .hint = {"field.password_hint", {{"min", minimum}}},
            .required = true,
            .autocomplete = "new-password",
            .min_length = static_cast<int>(minimum)};
}

void add_resend_choices(view::ViewModel& model, journey::Facts const& facts, http::Fields const& entered)
{
    if (facts.resent && entered.empty()) // what was entered since has its own answer
        model.messages.push_back({view::MessageKind::success, "verify.resent"});
    model.choices.push_back({.label = "action.verify", .style = view::ChoiceStyle::primary});
    model.choices.push_back({.name = "action",
                             .value = "resend",
                             .label = "action.resend_code",
                             .style = view::ChoiceStyle::secondary,
                             .skips_checks = true});
    model.choices.push_back({.name = "action",
                             .value = "change",
                             .label = "action.change_email",
                             .style = view::ChoiceStyle::link,
                             .skips_checks = true});
}

Result<Secret> read_new_password(http::Fields const& input, std::string_view field, identity::Tenant const& tenant,
                                 std::vector<std::string> const& personal)
{
    auto const typed = input.get(field);
    if (typed.empty())
        return refuse(ErrorKind::invalid, "password_required", "Enter a password.").at(std::string(field));
    auto normalized = credentials::normalize_password(Secret(typed));
    if (!normalized)
        return std::unexpected(at_field(std::move(normalized).error(), field));
    if (auto fits = credentials::check_password(*normalized, tenant, personal); !fits)
        return std::unexpected(at_field(std::move(fits).error(), field));
    return normalized;
}

Result<std::vector<std::string>> personal_words(Services const& services, storage::Tx& tx, TenantId tenant, UserId user)
{
    std::vector<std::string> words;
    TRY(auto const person, services.users.get(tx, tenant, user));
    for (auto const& [name, value] : person.profile)
        if (value.is_string())
            words.emplace_back(value.get_string());
    TRY(auto const identifiers, services.users.identifiers(tx, tenant, user));
    for (auto const& identifier : identifiers)
        words.push_back(identifier.value);
    return words;
}

} // namespace gatehouse::signin
