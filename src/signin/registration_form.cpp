#include "signin/registration_form.hpp"

#include "applications/registry.hpp"
#include "http/url.hpp"
#include "identity/mail_domains.hpp"
#include "journey/agreement_fields.hpp"
#include "journey/page.hpp"
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

view::Text words_or(identity::Words const& words, view::Locale const& locale, view::Text otherwise)
{
    auto own = identity::words_for(words, locale.tag());
    return own.empty() ? otherwise : view::Text::plain(std::move(own));
}

} // namespace

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

void RegistrationForm::add_address(view::ViewModel& model, http::Fields const* entered) const
{
    auto const& journey = turn_.journey;
    auto const bound = invitation_ && invitation_->bound;
    auto email = entered ? std::string(entered->get("email")) : std::string();
    if (bound || (email.empty() && invitation_ && draft_.email.empty()))
        email = invitation_->email;
    if (email.empty())
        email = !draft_.email.empty()              ? draft_.email
                : journey.facts.identifier.empty() ? journey.login_hint
                                                   : journey.facts.identifier;
    model.fields.push_back({.name = "email",
                            .kind = view::FieldKind::email,
                            .label = "field.email",
                            .value = std::move(email),
                            .required = true,
                            .read_only = bound,
                            .autocomplete = "username",
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
    TRY(auto const typed, required(input, "email", "email_required", "Enter your email address."));
    auto email = identity::normalize_email(typed);
    if (!email)
        return std::unexpected(at_field(std::move(email).error(), "email"));
    if (invitation_ && invitation_->bound) {
        auto const invited = identity::normalize_email(invitation_->email);
        if (!invited || invited->folded != email->folded)
            return refuse(ErrorKind::invalid, "invitation_bound",
                          "This invitation is for another address. Use the one that it was sent to.")
                .at("email");
    } else if (!invitation_) {
        TRY_DO(identity::check_mail_domain(turn_.context.tenant->settings.registration, *email, "email"));
    }
    return email->value;
}

Result<RegistrationDraft> RegistrationForm::read(http::Fields const& input) const
{
    auto draft = draft_;
    TRY(draft.profile,
        journey::read_fields(schema_, pages_[page_].fields, input, std::move(draft.profile), turn_.context.now));
    if (is_first()) {
        TRY(draft.email, read_address(input));
    }
    if (is_last()) {
        TRY(draft.accepted, journey::read_agreements(*turn_.context.tenant->agreements, input));
    }
    return draft;
}

} // namespace gatehouse::signin
