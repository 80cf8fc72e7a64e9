#include "signin/registration_form.hpp"

#include "applications/registry.hpp"
#include "http/url.hpp"
#include "identity/mail_domains.hpp"
#include "journey/agreement_fields.hpp"
#include "journey/page.hpp"
#include "messages/outbox.hpp"
#include "messages/text_budget.hpp"
#include "phone/phone_number.hpp"
#include "view/pages.hpp"

#include <charconv>

namespace gatehouse::signin {

namespace {

std::string client_id_of(Services const& services, journey::Turn const& turn)
{
    auto const catalogue = services.registry.cached(turn.context.tenant->id);
    auto const* client = catalogue && turn.journey.application ? catalogue->find(*turn.journey.application) : nullptr;
    return client ? client->application.client_id : "";
}

// The field that asks for it: a form has one of them.
struct AddressField {
    std::string_view name;
    view::FieldKind kind;
    std::string_view label;
    std::string_view hint;
    std::string_view autocomplete;
};
AddressField field_for(identity::RegisteredBy reached_by)
{
    switch (reached_by) {
    case identity::RegisteredBy::phone:
        return {"phone", view::FieldKind::phone, "field.phone", "field.phone_hint", "tel"};
    case identity::RegisteredBy::either:
        return {"identifier", view::FieldKind::username, "field.email_or_phone", "", "username"};
    case identity::RegisteredBy::email:
        break;
    }
    return {"email", view::FieldKind::email, "field.email", "", "username"};
}

view::Text words_or(identity::Words const& words, view::Locale const& locale, view::Text otherwise)
{
    auto own = identity::words_for(words, locale.tag());
    return own.empty() ? otherwise : view::Text::plain(std::move(own));
}

} // namespace

Result<identity::NormalizedIdentifier> address_of_registration(std::string_view stored)
{
    auto const kind = stored.contains('@') ? identity::IdentifierKind::email : identity::IdentifierKind::phone;
    return identity::normalize_stored(kind, stored);
}

RegistrationForm::RegistrationForm(Services const& services, journey::Turn const& turn)
    : services_(services), turn_(turn), schema_(*turn.context.tenant->profile),
      pages_(schema_.registration_pages(client_id_of(services, turn)))
{
}

Result<RegistrationForm> RegistrationForm::load(Services const& services, storage::Tx& tx, journey::Turn const& turn)
{
    RegistrationForm form(services, turn);
    auto const& [context, facts] = std::tie(turn.context, turn.journey.facts);
    if (facts.draft) {
        TRY(form.draft_, load_draft(tx, services.vault, context.tenant->id, *facts.draft, context.now));
    }
    if (!facts.invitation.empty()) {
        identity::Invitations const invitations(services.vault);
        TRY(form.invitation_, invitations.open(tx, context.tenant->id, facts.invitation, context.now));
    }
    if (form.registered_by() == identity::RegisteredBy::phone && !services.outbox.carries(messages::Channel::sms))
        return refuse(ErrorKind::conflict, "texts_unavailable",
                      "No text messages can be sent here at the moment. Please try again later.");
    // A draft that is gone begins anew: later pages rest on what the first one said.
    auto const furthest = std::min(static_cast<std::size_t>(form.draft_.reached), form.pages_.size() - 1);
    form.page_ = std::min(static_cast<std::size_t>(std::max(facts.page, 0)), furthest);
    return form;
}

void RegistrationForm::turn_to(http::Fields const& input)
{
    auto const text = input.get("page");
    std::size_t wanted = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), wanted);
    if (failure == std::errc{} && wanted >= 1 && wanted - 1 <= static_cast<std::size_t>(draft_.reached) &&
        wanted <= pages_.size())
        page_ = wanted - 1;
}

// A bound invitation is for the address that it was sent to. Without a provider of texts there are addresses only.
identity::RegisteredBy RegistrationForm::registered_by() const
{
    using identity::RegisteredBy;
    auto const wanted = turn_.context.tenant->settings.registration.identifier;
    auto const texts = services_.outbox.carries(messages::Channel::sms);
    if ((invitation_ && invitation_->bound) || (wanted == RegisteredBy::either && !texts))
        return RegisteredBy::email;
    return wanted;
}

void RegistrationForm::add_address(view::ViewModel& model, http::Fields const* entered) const
{
    auto const& journey = turn_.journey;
    auto const bound = invitation_ && invitation_->bound;
    auto const reached_by = registered_by();
    auto const field = field_for(reached_by);
    auto address = entered ? std::string(entered->get(field.name)) : std::string();
    if (bound || (address.empty() && invitation_ && draft_.address.empty()))
        address = invitation_->email;
    if (address.empty())
        address = !draft_.address.empty()            ? draft_.address
                  : journey.facts.identifier.empty() ? journey.login_hint
                                                     : journey.facts.identifier;
    // What was typed elsewhere is of the other kind.
    if (reached_by == identity::RegisteredBy::phone && address.contains('@'))
        address.clear();
    model.fields.push_back({.name = std::string(field.name),
                            .kind = field.kind,
                            .label = view::Text(std::string(field.label)),
                            .hint = field.hint.empty() || !turn_.context.tenant->settings.identifiers.country.empty()
                                        ? view::Text()
                                        : view::Text(std::string(field.hint)),
                            .value = std::move(address),
                            .required = true,
                            .read_only = bound,
                            .autocomplete = std::string(field.autocomplete),
                            .max_length = 320});
    auto password = new_password_field(*turn_.context.tenant);
    password.label = "field.password";
    if (!draft_.phc.empty()) {
        password.required = false;
        password.hint = "register.password_kept";
    }
    model.fields.push_back(std::move(password));
}

view::ViewModel RegistrationForm::show(http::Fields const& given) const
{
    auto const& context = turn_.context;
    auto const& page = pages_[page_];
    auto const* entered = given.empty() ? nullptr : &given;
    auto const& locale =
        journey::locale_of(services_.pages, context, turn_.request, {.ui_locales = turn_.journey.ui_locales});
    view::ViewModel model{
        .title = words_or(page.title, locale, "register.title"),
        .lead = words_or(page.lead, locale,
                         is_first() ? view::Text("register.lead", {{"tenant", context.tenant->name}}) : view::Text())};
    for (auto const& asked : page.fields) {
        auto const* attribute = schema_.find(asked.attribute);
        if (!attribute)
            continue;
        auto const* value = draft_.profile.if_contains(attribute->name);
        auto const* preset = invitation_ ? invitation_->profile.if_contains(attribute->name) : nullptr;
        std::ranges::move(journey::fields_of(*attribute,
                                             {.value = value    ? *value
                                                       : preset ? *preset
                                                                : boost::json::value(),
                                              .entered = entered,
                                              .required = asked.required},
                                             locale, services_.pages.locales(), context.now),
                          std::back_inserter(model.fields));
    }
    if (is_first())
        add_address(model, entered);
    if (is_last())
        journey::add_agreements(model, *context.tenant->agreements, draft_.accepted, entered, locale);
    if (!model.fields.empty())
        model.fields.front().autofocus = true;
    if (pages_.size() > 1) {
        model.note = {"register.progress", {{"page", page_ + 1}, {"pages", pages_.size()}}};
        model.fields.push_back({.name = "page", .kind = view::FieldKind::hidden, .value = std::to_string(page_ + 1)});
    }
    model.choices.push_back(
        {.label = is_last() ? "action.create_account" : "action.continue", .style = view::ChoiceStyle::primary});
    if (!is_first())
        model.choices.push_back({.name = "action",
                                 .value = "back",
                                 .label = "action.back",
                                 .style = view::ChoiceStyle::secondary,
                                 .skips_checks = true});
    else
        model.links.push_back({.label = "register.sign_in", .href = "/signin", .lead = "register.have_account"});
    return model;
}

Result<std::string> RegistrationForm::read_address(http::Fields const& input) const
{
    auto const reached_by = registered_by();
    auto const field = field_for(reached_by).name;
    if (reached_by == identity::RegisteredBy::email) {
        TRY(auto const typed, required(input, field, "email_required", "Enter your email address."));
        return read_email(typed, field);
    }
    auto const either = reached_by == identity::RegisteredBy::either;
    TRY(auto const typed, either
                              ? required(input, field, "address_required", "Enter your email address or phone number.")
                              : required(input, field, "phone_required", "Enter your phone number."));
    return either && typed.contains('@') ? read_email(typed, field) : read_phone(typed, field);
}

Result<std::string> RegistrationForm::read_phone(std::string_view typed, std::string_view field) const
{
    auto const& settings = turn_.context.tenant->settings;
    auto phone = identity::normalize_phone(typed, settings.identifiers.country);
    if (!phone)
        return std::unexpected(at_field(std::move(phone).error(), field));
    if (auto const suits = messages::check_number(settings.texts, phone->value); !suits)
        return std::unexpected(at_field(suits.error(), field));
    return phone->value;
}

Result<std::string> RegistrationForm::read_email(std::string_view typed, std::string_view field) const
{
    auto email = identity::normalize_email(typed);
    if (!email)
        return std::unexpected(at_field(std::move(email).error(), field));
    if (invitation_ && invitation_->bound) {
        auto const invited = identity::normalize_email(invitation_->email);
        if (!invited || invited->folded != email->folded)
            return refuse(ErrorKind::invalid, "invitation_bound",
                          "This invitation is for another address. Use the one that it was sent to.")
                .at(std::string(field));
    } else if (!invitation_) {
        TRY_DO(identity::check_mail_domain(turn_.context.tenant->settings.registration, *email, std::string(field)));
    }
    return email->value;
}

Result<RegistrationDraft> RegistrationForm::read(http::Fields const& input) const
{
    auto draft = draft_;
    TRY(draft.profile,
        journey::read_fields(schema_, pages_[page_].fields, input, std::move(draft.profile), turn_.context.now));
    if (is_first()) {
        TRY(draft.address, read_address(input));
    }
    if (is_last()) {
        TRY(draft.accepted, journey::read_agreements(*turn_.context.tenant->agreements, input));
    }
    return draft;
}

} // namespace gatehouse::signin
