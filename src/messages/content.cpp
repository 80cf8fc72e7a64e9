#include "messages/content.hpp"

#include "messages/mime.hpp"
#include "view/mail_model.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace gatehouse::messages {
namespace {

std::string text_argument(Outgoing const& message, std::string_view name)
{
    auto const found = std::ranges::find(message.arguments, name, &view::Argument::name);
    if (found == message.arguments.end())
        return {};
    auto const* text = std::get_if<std::string>(&found->value);
    return text ? *text : std::string();
}

bool has_control(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_link(std::string_view text)
{
    return (text.starts_with("https://") || text.starts_with("http://")) && text.find_first_of(" \"'<>\\") == text.npos;
}

} // namespace

std::string_view to_string(Channel channel)
{
    switch (channel) {
    case Channel::mail:
        return "mail";
    case Channel::sms:
        return "sms";
    case Channel::voice:
        return "voice";
    }
    return "";
}

std::optional<Channel> parse_channel(std::string_view name)
{
    for (auto const channel : kEveryChannel)
        if (to_string(channel) == name)
            return channel;
    return std::nullopt;
}

bool has_words(Kind kind, Channel channel)
{
    switch (channel) {
    case Channel::mail:
        return kind != Kind::verify_phone;
    case Channel::sms:
        return (is_notice(kind) && kind != Kind::email_changed && kind != Kind::account_deleted) ||
               kind == Kind::verify_phone || kind == Kind::sign_in_code || kind == Kind::sign_in_link ||
               kind == Kind::reset_password || kind == Kind::account_exists;
    case Channel::voice:
        return kind == Kind::verify_phone || kind == Kind::sign_in_code || kind == Kind::reset_password;
    }
    return false;
}

bool is_notice(Kind kind)
{
    switch (kind) {
    case Kind::verify_email:
    case Kind::reset_password:
    case Kind::verify_phone:
    case Kind::sign_in_code:
    case Kind::sign_in_link:
    case Kind::account_exists: // whoever types the address or number has it sent
    case Kind::invite_administrator:
    case Kind::invitation:
        return false;
    case Kind::email_changed:
    case Kind::identifier_changed:
    case Kind::password_changed:
    case Kind::password_breached:
    case Kind::recovery_held:
    case Kind::credential_added:
    case Kind::credential_removed:
    case Kind::recovery_codes_made:
    case Kind::recovery_code_used:
    case Kind::deletion_asked:
    case Kind::deletion_cancelled:
    case Kind::account_deleted:
    case Kind::accounts_merged:
    case Kind::push_reported:
        return true;
    }
    return true;
}

std::string_view to_string(Kind kind)
{
    switch (kind) {
    case Kind::verify_email:
        return "verify_email";
    case Kind::reset_password:
        return "reset_password";
    case Kind::verify_phone:
        return "verify_phone";
    case Kind::sign_in_code:
        return "sign_in_code";
    case Kind::sign_in_link:
        return "sign_in_link";
    case Kind::email_changed:
        return "email_changed";
    case Kind::identifier_changed:
        return "identifier_changed";
    case Kind::password_changed:
        return "password_changed";
    case Kind::password_breached:
        return "password_breached";
    case Kind::recovery_held:
        return "recovery_held";
    case Kind::account_exists:
        return "account_exists";
    case Kind::invite_administrator:
        return "invite_administrator";
    case Kind::invitation:
        return "invitation";
    case Kind::credential_added:
        return "credential_added";
    case Kind::credential_removed:
        return "credential_removed";
    case Kind::push_reported:
        return "push_reported";
    case Kind::recovery_codes_made:
        return "recovery_codes_made";
    case Kind::recovery_code_used:
        return "recovery_code_used";
    case Kind::deletion_asked:
        return "deletion_asked";
    case Kind::deletion_cancelled:
        return "deletion_cancelled";
    case Kind::account_deleted:
        return "account_deleted";
    case Kind::accounts_merged:
        return "accounts_merged";
    }
    return "verify_email";
}

std::optional<Kind> parse_kind(std::string_view name)
{
    for (auto const kind : kEveryKind)
        if (to_string(kind) == name)
            return kind;
    return std::nullopt;
}

Result<void> check_message(Outgoing const& message)
{
    if (message.channel == Channel::mail)
        TRY_DO(check_address(message.to));
    if (!has_words(message.kind, message.channel))
        return fault(fmt::format("{} has no words for {}", to_string(message.kind), to_string(message.channel)));
    auto const invalid = [](std::string pointer) {
        return refuse(ErrorKind::invalid, "invalid_message", "A message cannot be sent with this value.")
            .at(std::move(pointer));
    };
    if (has_control(message.sender_name))
        return invalid("/sender_name");
    for (auto const& argument : message.arguments)
        if (auto const* text = std::get_if<std::string>(&argument.value); text && has_control(*text))
            return invalid("/arguments/" + argument.name);
    if (auto const link = text_argument(message, "link"); !link.empty() && !is_link(link))
        return invalid("/arguments/link");
    return {};
}

namespace {

view::Locale const& locale_of(view::Pages const& pages, Outgoing const& message)
{
    auto const* known = pages.locales().find(message.locale);
    return known ? *known : pages.locales().choose(message.locale, {}, {});
}

view::Arguments arguments_of(Outgoing const& message)
{
    auto arguments = message.arguments;
    arguments.emplace_back("sender", message.sender_name);
    return arguments;
}

// The regions whose voices speech services have for a language.
std::string spoken_language(std::string const& tag)
{
    static constexpr std::pair<std::string_view, std::string_view> kVoices[] = {
        {"en", "en-US"},    {"de", "de-DE"}, {"fr", "fr-FR"}, {"es", "es-ES"},
        {"pt-BR", "pt-BR"}, {"ja", "ja-JP"}, {"ar", "ar-AE"}};
    for (auto const& [language, voice] : kVoices)
        if (tag == language)
            return std::string(voice);
    return tag;
}

// A tenant's own words for a part, or the built-in ones: where there are none, or where they name an argument that this
// message does not have (of an earlier version).
std::string words_of(view::Locale const& built_in, std::string_view key, view::Locale const* own, std::string_view part,
                     view::Arguments const& arguments)
{
    if (!own || !own->has(part))
        return built_in.text(key, arguments);
    for (auto const& name : own->argument_names(part))
        if (std::ranges::find(arguments, name, &view::Argument::name) == arguments.end())
            return built_in.text(key, arguments);
    return own->text(part, arguments);
}

} // namespace

std::string compose_text(view::Pages const& pages, Outgoing const& message, view::Locale const* words)
{
    auto const& locale = locale_of(pages, message);
    auto text = words_of(locale, fmt::format("sms.{}", to_string(message.kind)), words, "sms", arguments_of(message));
    if (auto const link = text_argument(message, "link"); !link.empty() && text.find(link) == text.npos)
        text += " " + link;
    if (auto const code = text_argument(message, "code"); !code.empty() && !message.host.empty())
        text += fmt::format("\n\n@{} #{}", message.host, code);
    return text;
}

Spoken compose_call(view::Pages const& pages, Outgoing const& message, view::Locale const* words)
{
    auto const& locale = locale_of(pages, message);
    auto arguments = arguments_of(message);
    for (auto& argument : arguments)
        if (argument.name == "code") {
            auto const code = text_argument(message, "code");
            std::string digits;
            for (char const digit : code)
                digits += fmt::format("{}{}", digits.empty() ? "" : ", ", digit);
            argument.value = digits;
        }
    auto const once = words_of(locale, fmt::format("voice.{}", to_string(message.kind)), words, "voice", arguments);
    auto const again = locale.text("voice.again", arguments);
    return {.text = once + " " + again, .language = spoken_language(locale.tag())};
}

Result<Content> compose(view::Pages const& pages, Outgoing const& message, Dress const& dress)
{
    auto const& locale = locale_of(pages, message);
    auto const arguments = arguments_of(message);
    auto const base = fmt::format("mail.{}.", to_string(message.kind));
    auto const text = [&](std::string_view part) {
        return words_of(locale, base + std::string(part), dress.words.get(), part, arguments);
    };
    auto link = text_argument(message, "link");
    view::MailWords const words{.sender = message.sender_name,
                                .subject = text("subject"),
                                .heading = text("heading"),
                                .intro = text("intro"),
                                .code = text_argument(message, "code"),
                                .link = link,
                                .button = link.empty() ? std::string() : text("button"),
                                .outro = text("outro"),
                                .footer = locale.text("mail.footer", arguments)};
    auto const look = dress.look ? dress.look : pages.looks().find({});
    auto const model = view::mail_json(words, *look, dress.origin, locale);
    Content content{.subject = words.subject};
    TRY(content.text, pages.render_template("mail/message.txt", model, locale, dress.templates.get()));
    TRY(content.html, pages.render_template("mail/message.html", model, locale, dress.templates.get()));
    return content;
}

} // namespace gatehouse::messages
