#include "view/page_model.hpp"

#include "view/qr_code.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace gatehouse::view {
namespace {

namespace json = boost::json;

// The letters on the tile of a person or application without a picture: "AL" for Ada Lovelace, "A" for an address,
// "山" for 山田 太郎.
std::string initials_of(std::string_view name)
{
    auto const text = icu::UnicodeString::fromUTF8(name);
    icu::UnicodeString letters;
    bool begins = true;
    for (int32_t i = 0; i < text.length() && letters.countChar32() < 2; i = text.moveIndex32(i, 1)) {
        auto const character = text.char32At(i);
        if (begins && u_isalnum(character)) {
            letters.append(u_toupper(character));
            begins = false;
            // Scripts without capitals have no initials: one letter stands for the name.
            if (!u_hasBinaryProperty(character, UCHAR_CASED))
                break;
        } else if (u_isUWhiteSpace(character)) {
            begins = true;
        }
    }
    std::string out;
    letters.toUTF8String(out);
    return out;
}

std::string_view input_type(FieldKind kind)
{
    switch (kind) {
    case FieldKind::email:
        return "email";
    case FieldKind::password:
        return "password";
    case FieldKind::number:
        return "number";
    case FieldKind::date:
        return "date";
    case FieldKind::phone:
        return "tel";
    case FieldKind::url:
        return "url";
    default:
        return "text";
    }
}

// Addresses, codes, numbers and passwords are written from left to right everywhere; what else is typed goes as it is
// typed.
std::string_view input_direction(FieldKind kind)
{
    switch (kind) {
    case FieldKind::email:
    case FieldKind::password:
    case FieldKind::code:
    case FieldKind::number:
    case FieldKind::date:
    case FieldKind::phone:
    case FieldKind::url:
        return "ltr";
    default:
        return "auto";
    }
}

// Builds one page; numbers its forms, so that the ids of their fields differ.
class Builder {
public:
    Builder(PageContext const& context, Locales const& locales, AssetAddresses const& assets)
        : context_(context), look_(context.theme.look ? *context.theme.look : built_in_look()),
          locale_(*context.locale), locales_(locales), assets_(assets)
    {
    }

    json::object frame(std::string const& title, std::string_view step, bool has_errors) const
    {
        json::object out{{"lang", locale_.tag()},
                         {"dir", locale_.direction()},
                         {"page_title", title},
                         {"page_has_errors", has_errors},
                         {"page_step", step},
                         {"brand_name", context_.theme.name},
                         {"brand_logo", look_.logo},
                         {"brand_dark_logo", look_.dark_logo == look_.logo ? std::string() : look_.dark_logo},
                         {"brand_initial", initials_of(context_.theme.name)},
                         {"home", local("/")},
                         {"mailbox", "/dev/mail"},
                         {"development", context_.development},
                         {"stylesheet", assets_.stylesheet},
                         {"script", assets_.script},
                         {"theme_stylesheet", local(context_.theme.stylesheet)},
                         {"icon_address", assets_.icon}};
        out["languages"] = languages();
        out["language"] = locale_.own_name();
        return out;
    }

    json::object form(ViewModel const& model, bool on_its_own)
    {
        auto const number = forms_++;
        prefix_ = number == 0 ? "f-" : fmt::format("f{}-", number);
        json::object out{{"step", model.step},
                         {"title", locale_.text(model.title)},
                         {"lead", locale_.text(model.lead)},
                         {"paragraphs", paragraphs(model)},
                         {"account", model.account},
                         {"account_initial", initials_of(model.account)},
                         {"account_change", locale_.text(model.account_change)},
                         {"items_title", locale_.text(model.items_title)},
                         {"items_empty", model.items.empty() ? locale_.text(model.items_empty) : std::string()},
                         {"note", locale_.text(model.note)},
                         {"reference", model.reference},
                         {"heading_id", prefix_ + "title"},
                         {"action", local(model.action.empty() ? context_.form_action : model.action)}};
        out["waiting"] = false;
        if (!model.waiting.empty())
            out["waiting"] = {{"waiting_address", local(model.waiting)}};
        out["push_app"] = false;
        if (model.push_app)
            out["push_app"] = {{"push_script", assets_.push_script}, {"push_base", local("/push")}};
        application(out, model.application);
        sight(out, model);
        out["hidden"] = hidden();
        out["messages"] = messages(model.messages, on_its_own);
        fields(out, model, on_its_own);
        json::array items;
        for (auto const& item : model.items)
            items.push_back(item_json(item));
        out["items"] = std::move(items);
        auto choices = choices_json(model.choices);
        out["pair"] = model.choices.size() == 2 && model.choices[0].style != ChoiceStyle::link &&
                      model.choices[1].style == ChoiceStyle::secondary;
        out["choices"] = std::move(choices);
        json::array links;
        for (auto const& link : model.links)
            links.push_back({{"link_lead", locale_.text(link.lead)},
                             {"link_label", locale_.text(link.label)},
                             {"link_href", local(link.href)},
                             {"link_style", to_string(link.style)},
                             {"link_plain", link.style == ChoiceStyle::link}});
        out["links"] = std::move(links);
        passkey(out, model.passkey);
        // A page that only tells something has no form.
        out["form"] = !model.fields.empty() || !model.choices.empty() || asks_for_passkey(model.passkey) ||
                      std::ranges::any_of(model.items, [](Item const& item) { return !item.choices.empty(); });
        return out;
    }

    json::value picture(Picture const& picture)
    {
        if (picture.small.empty() && !picture.editable)
            return false;
        json::object out{{"picture_small", picture.small.empty() ? "" : local(picture.small)},
                         {"picture_large", picture.large.empty() ? "" : local(picture.large)},
                         {"picture_form", false}};
        if (picture.editable)
            out["picture_form"] = {{"picture_action", local("/account/picture")},
                                   {"picture_remove_action", local("/account/picture/remove")},
                                   {"picture_error", locale_.text(picture.error)},
                                   {"hidden", hidden()}};
        return out;
    }

    json::array messages(std::vector<Message> const& messages, bool take_focus)
    {
        json::array out;
        for (auto const& message : messages) {
            bool const error = message.kind == MessageKind::error;
            bool const focus = error && take_focus && !focus_taken_;
            focus_taken_ = focus_taken_ || focus;
            out.push_back({{"message_kind", to_string(message.kind)},
                           {"message_text", locale_.text(message.text)},
                           {"message_is_error", error},
                           {"message_focus", focus}});
        }
        return out;
    }

    std::string local(std::string_view address) const
    {
        // "//elsewhere" and "/\elsewhere" would leave the site.
        if (address.starts_with("//") || address.starts_with("/\\"))
            return context_.base_path + "/";
        return address.starts_with('/') ? context_.base_path + std::string(address) : std::string(address);
    }

private:
    static Look const& built_in_look()
    {
        static auto const look = make_look({});
        return *look;
    }

    json::array languages() const
    {
        json::array out;
        if (context_.language_link.empty())
            return out;
        for (auto const& locale : locales_.all()) {
            auto const separator = context_.language_link.find('?') == std::string::npos ? '?' : '&';
            out.push_back({{"language_tag", locale->tag()},
                           {"language_name", locale->own_name()},
                           {"language_href",
                            fmt::format("{}{}ui_locales={}", local(context_.language_link), separator, locale->tag())},
                           {"language_current", locale->tag() == locale_.tag()}});
        }
        return out;
    }

    void application(json::object& out, ApplicationFace const& face) const
    {
        if (face.name.empty())
            out["application"] = false;
        else
            out["application"] = {{"application_name", face.name},
                                  {"application_logo", face.logo},
                                  {"application_initial", initials_of(face.name)}};
    }

    static bool asks_for_passkey(PasskeyPrompt const& prompt)
    {
        return !prompt.options.empty() && prompt.ceremony != PasskeyCeremony::signal;
    }

    void passkey(json::object& out, PasskeyPrompt const& prompt) const
    {
        json::value shown = false;
        if (!prompt.options.empty())
            shown = {{"passkey_options", json::serialize(prompt.options)},
                     {"passkey_ceremony", to_string(prompt.ceremony)},
                     {"passkey_autofills", prompt.autofills},
                     {"passkey_unasked", prompt.unasked},
                     {"passkey_label", locale_.text(prompt.label)},
                     {"passkey_style", to_string(prompt.style)},
                     {"passkey_without", locale_.text(prompt.without)}};
        out["passkey_first"] = out["passkey_last"] = out["passkey_signal"] = false;
        bool const signals = prompt.ceremony == PasskeyCeremony::signal;
        bool const first = prompt.style == ChoiceStyle::primary;
        out[signals ? "passkey_signal" : first ? "passkey_first" : "passkey_last"] = std::move(shown);
    }

    // What is there to be photographed or copied.
    void sight(json::object& out, ViewModel const& model) const
    {
        out["qr_code"] = false;
        if (auto const drawn = draw_qr_code(model.qr_code.content); !drawn.path.empty())
            out["qr_code"] = {{"qr_path", drawn.path},
                              {"qr_box", drawn.view_box},
                              {"qr_description", locale_.text(model.qr_code.description)}};
        out["keepsake"] = false;
        if (model.keepsake.lines.empty())
            return;
        json::array lines;
        for (auto const& line : model.keepsake.lines)
            lines.push_back({{"keepsake_line", line}});
        out["keepsake"] = {{"keepsake_label", locale_.text(model.keepsake.label)},
                           {"keepsake_several", model.keepsake.lines.size() > 1},
                           {"keepsake_lines", std::move(lines)}};
    }

    void fields(json::object& out, ViewModel const& model, bool on_its_own)
    {
        json::array summary;
        for (auto const& field : model.fields)
            if (!field.error.empty())
                summary.push_back(
                    {{"summary_target", prefix_ + field.name}, {"summary_text", locale_.text(field.error)}});
        // One faulty field is shown and focused itself; of several, a summary lists them and takes the focus.
        bool const summarize = summary.size() > 1;
        bool const summary_focus = summarize && on_its_own && !focus_taken_;
        focus_taken_ = focus_taken_ || summary_focus;
        bool const wants_fault = !summary.empty();
        json::array fields;
        for (auto const& field : model.fields) {
            bool const candidate = wants_fault ? !field.error.empty() : field.autofocus;
            bool const focus = candidate && !focus_taken_ && (on_its_own || wants_fault);
            focus_taken_ = focus_taken_ || focus;
            fields.push_back(field_json(field, focus));
        }
        out["fields"] = std::move(fields);
        out["summary_focus"] = summary_focus;
        out["summary"] = summarize ? std::move(summary) : json::array{};
    }

    json::array paragraphs(ViewModel const& model) const
    {
        json::array out;
        for (auto const& paragraph : model.paragraphs)
            out.push_back({{"paragraph", locale_.text(paragraph)}});
        return out;
    }

    json::object field_json(Field const& field, bool focus) const
    {
        auto const id = prefix_ + field.name;
        bool const several = field.kind == FieldKind::choices || field.kind == FieldKind::long_text;
        bool const typed = field.kind != FieldKind::hidden && field.kind != FieldKind::checkbox &&
                           field.kind != FieldKind::select && !several;
        bool const secret = field.kind == FieldKind::password || field.kind == FieldKind::code;
        bool const may_choose_none =
            field.kind == FieldKind::select && !field.options.empty() && field.options.front().value.empty();
        std::string described;
        if (!field.error.empty())
            described = id + "-error";
        else if (!field.hint.empty())
            described = id + "-hint";
        json::array options;
        for (auto const& option : field.options)
            options.push_back(
                {{"option_id", fmt::format("{}-{}", id, options.size())},
                 {"option_name", field.name},
                 {"option_value", option.value},
                 {"option_label", locale_.text(option.label)},
                 {"option_selected", field.kind == FieldKind::choices
                                         ? std::ranges::find(field.values, option.value) != field.values.end()
                                         : option.value == field.value}});
        bool const new_password = field.kind == FieldKind::password && field.autocomplete == "new-password";
        return {
            {"id", id},
            {"name", field.name},
            {"kind", to_string(field.kind)},
            {"typed", typed},
            {"type", input_type(field.kind)},
            {"input_dir", input_direction(field.kind)},
            {"label", locale_.text(field.label)},
            // An error says again what is expected.
            {"hint", field.error.empty() ? locale_.text(field.hint) : std::string()},
            {"error", locale_.text(field.error)},
            {"value", secret ? std::string() : field.value},
            {"tick_value", field.value.empty() ? "on" : field.value},
            {"checked", field.checked},
            {"required", field.required},
            {"optional", (typed || several || may_choose_none) && !field.required && !field.read_only},
            {"minimum", field.minimum},
            {"maximum", field.maximum},
            {"step", field.step},
            {"about", locale_.text(field.link.label)},
            {"about_href", field.link.href.empty() ? std::string() : local(field.link.href)},
            {"read_only", field.read_only},
            {"focus", focus},
            {"autocomplete", field.autocomplete},
            {"described", described},
            // A pasted code may hold spaces, which maxlength would cut.
            {"max", field.max_length > 0 && field.kind != FieldKind::code ? fmt::format("{}", field.max_length) : ""},
            {"live_minimum", new_password && field.min_length > 0 ? fmt::format("{}", field.min_length) : ""},
            {"strength", new_password},
            {"strength_address", new_password ? local("/password/strength") : std::string()},
            {"options", std::move(options)}};
    }

    json::array choices_json(std::vector<Choice> const& choices) const
    {
        json::array out;
        for (auto const& choice : choices)
            out.push_back({{"choice_name", choice.name},
                           {"choice_value", choice.value},
                           {"choice_label", locale_.text(choice.label)},
                           {"choice_style", to_string(choice.style)},
                           {"choice_skips", choice.skips_checks},
                           {"choice_downloads", choice.downloads}});
        return out;
    }

    json::object item_json(Item const& item) const
    {
        auto const title = locale_.text(item.title);
        json::array details;
        for (auto const& detail : item.details)
            details.push_back({{"detail", locale_.text(detail)}});
        bool const button = item.whole_row && !item.choices.empty();
        json::object out{{"item_title", title},
                         {"item_details", std::move(details)},
                         {"item_badge", locale_.text(item.badge)},
                         {"item_icon", item.icon},
                         {"item_anchor", item.anchor},
                         {"item_initial", initials_of(title)},
                         {"item_href", item.href.empty() ? std::string() : local(item.href)},
                         {"item_plain", item.href.empty() && !button}};
        auto choices = choices_json(item.choices);
        out["item_button"] = false;
        if (button) {
            out["item_button"] = std::move(choices.front());
            choices.erase(choices.begin());
        }
        out["item_choices"] = std::move(choices);
        return out;
    }

    json::array hidden() const
    {
        json::array out;
        for (auto const& [name, value] : context_.hidden)
            out.push_back({{"hidden_name", name}, {"hidden_value", value}});
        return out;
    }

    PageContext const& context_;
    Look const& look_;
    Locale const& locale_;
    Locales const& locales_;
    AssetAddresses const& assets_;
    int forms_ = 0;
    std::string prefix_;
    bool focus_taken_ = false;
};

} // namespace

json::object page_json(ViewModel const& model, PageContext const& context, Locales const& locales,
                       AssetAddresses const& assets)
{
    Builder builder(context, locales, assets);
    auto page = builder.frame(context.locale->text(model.title), model.step, model.has_errors());
    page["view"] = builder.form(model, true);
    return page;
}

json::object page_json(Portal const& portal, PageContext const& context, Locales const& locales,
                       AssetAddresses const& assets)
{
    Builder builder(context, locales, assets);
    bool const failed = !portal.picture.error.empty() || std::ranges::any_of(portal.panels, &ViewModel::has_errors);
    auto page = builder.frame(context.locale->text(portal.title), "portal", failed);
    page["portal_title"] = context.locale->text(portal.title);
    page["portal_name"] = portal.account_name;
    page["portal_detail"] = portal.account_detail;
    page["portal_initial"] = initials_of(portal.account_name.empty() ? portal.account_detail : portal.account_name);
    page["sign_out"] = builder.local(portal.sign_out);
    page["portal_messages"] = builder.messages(portal.messages, true);
    page["portal_picture"] = builder.picture(portal.picture);
    json::array navigation;
    struct Entry {
        std::string_view name, key, href;
    };
    for (auto const& [name, key, href] : {Entry{"profile", "portal.nav.profile", "/account"},
                                          Entry{"security", "portal.nav.security", "/account/security"},
                                          Entry{"sessions", "portal.nav.sessions", "/account/sessions"},
                                          Entry{"applications", "portal.nav.applications", "/account/applications"},
                                          Entry{"data", "portal.nav.data", "/account/data"}})
        navigation.push_back({{"nav_label", context.locale->text(key)},
                              {"nav_href", builder.local(href)},
                              {"nav_current", name == portal.active}});
    page["navigation"] = std::move(navigation);
    json::array panels;
    for (auto const& panel : portal.panels)
        panels.push_back(builder.form(panel, false));
    page["panels"] = std::move(panels);
    return page;
}

json::object page_json(MailPage const& mail, PageContext const& context, Locales const& locales,
                       AssetAddresses const& assets)
{
    Builder builder(context, locales, assets);
    auto page = builder.frame(mail.subject, "mail", false);
    page["mail_from"] = mail.from;
    page["mail_to"] = mail.to;
    page["mail_subject"] = mail.subject;
    page["mail_date"] = mail.date;
    page["mail_text"] = mail.text;
    page["mail_html_address"] = mail.html_address.empty() ? std::string() : builder.local(mail.html_address);
    page["mail_list_address"] = builder.local(mail.list_address);
    return page;
}

} // namespace gatehouse::view
