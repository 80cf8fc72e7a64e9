#include "messages/wordings.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace gatehouse::messages {
namespace {

constexpr std::string_view kMailParts[] = {"subject", "heading", "intro", "button", "outro"};
constexpr std::size_t kLongest = 2'000; // bytes

Refusal invalid(std::string_view part, std::string message)
{
    return refuse(ErrorKind::invalid, "wording_invalid", std::move(message)).at(fmt::format("/texts/{}", part));
}

// The locale key of a part's built-in words.
std::string key_of(Kind kind, std::string_view part)
{
    if (part == "sms" || part == "voice")
        return fmt::format("{}.{}", part, to_string(kind));
    return fmt::format("mail.{}.{}", to_string(kind), part);
}

bool has_part(view::Locale const& built_in, Kind kind, std::string_view part)
{
    auto const known = part == "sms" || part == "voice" || std::ranges::find(kMailParts, part) != std::end(kMailParts);
    return known && built_in.has(key_of(kind, part));
}

// What the built-in words of any part of the kind are given. A code comes with the minutes that it lives.
std::vector<std::string> arguments_of(view::Locale const& built_in, Kind kind)
{
    std::vector<std::string> names{"sender"};
    auto const collect = [&](std::string_view part) {
        if (has_part(built_in, kind, part))
            for (auto& name : built_in.argument_names(key_of(kind, part)))
                names.push_back(std::move(name));
    };
    for (auto const part : kMailParts)
        collect(part);
    collect("sms");
    collect("voice");
    if (std::ranges::find(names, "minutes") != names.end())
        names.emplace_back("code");
    std::ranges::sort(names);
    auto const repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    return names;
}

Result<void> check_part(view::Locale const& built_in, view::Locale const& words, Kind kind, std::string_view part,
                        std::string_view text)
{
    if (text.empty() || text.size() > kLongest)
        return invalid(part, fmt::format("Write 1 to {} bytes.", kLongest));
    if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return invalid(part, "A part is one line, without control characters.");
    auto const known = arguments_of(built_in, kind);
    auto const used = words.argument_names(part);
    for (auto const& name : used)
        if (std::ranges::find(known, name) == known.end())
            return invalid(
                part, fmt::format("There is no {{{}}} in this message. There are: {}.", name, fmt::join(known, ", ")));
    auto const built_in_names = built_in.argument_names(key_of(kind, part));
    auto const wants_code = std::ranges::find(built_in_names, "code") != built_in_names.end();
    if (wants_code && std::ranges::find(used, "code") == used.end())
        return invalid(part, "The code must be in it: write {code} where it stands.");
    // Mail servers and lock screens show subjects to others.
    if (part == "subject" && std::ranges::find(used, "code") != used.end())
        return invalid(part, "The code does not belong in the subject: others see it on the way.");
    return {};
}

} // namespace

Result<std::shared_ptr<view::Locale const>> check_wording(view::Pages const& pages, Kind kind,
                                                          std::string const& locale, boost::json::object const& texts)
{
    auto const* built_in = pages.locales().find(locale);
    if (!built_in)
        return refuse(ErrorKind::invalid, "wording_invalid", "There is no such language.").at("/locale");
    for (auto const& [part, text] : texts) {
        if (!has_part(*built_in, kind, part))
            return invalid(part, "This message has no such part.");
        if (!text.is_string())
            return invalid(part, "Write a text.");
        // One by one, so that a mistake is told where it is.
        auto const alone = view::Locale::parse(locale, boost::json::serialize(boost::json::object{{part, text}}));
        if (!alone) {
            auto const place = alone.error().detail.rfind(": ");
            return invalid(part, "This is no ICU message: " +
                                     alone.error().detail.substr(place == std::string::npos ? 0 : place + 2) + ".");
        }
        TRY_DO(check_part(*built_in, **alone, kind, part, std::string_view(text.get_string())));
    }
    TRY(auto words, view::Locale::parse(locale, boost::json::serialize(texts)));
    return std::shared_ptr<view::Locale const>(std::move(words));
}

Outgoing example_of(Kind kind, Channel channel, std::string locale, std::string sender_name, std::string issuer,
                    TimePoint now)
{
    Outgoing message{.channel = channel,
                     .kind = kind,
                     .to = channel == Channel::mail ? "ada@example.com" : "+4930901820",
                     .locale = std::move(locale),
                     .sender_name = std::move(sender_name),
                     .arguments = {{"minutes", 10},
                                   {"hours", 24},
                                   {"kind", "passkey"},
                                   {"left", 3},
                                   {"when", now},
                                   {"until", now + std::chrono::days(14)},
                                   {"what", "added"},
                                   {"value", "a...@example.com"},
                                   {"new_email", "a...@example.com"},
                                   {"browser", "Firefox"},
                                   {"place", "Berlin"}},
                     .expires_at = now + std::chrono::hours(1),
                     .host = host_of(issuer)};
    bool const has_code = kind == Kind::verify_email || kind == Kind::verify_phone || kind == Kind::sign_in_code ||
                          kind == Kind::sign_in_link || kind == Kind::reset_password;
    bool const has_link = kind != Kind::verify_email && kind != Kind::verify_phone && kind != Kind::sign_in_code;
    if (has_code)
        message.arguments.emplace_back("code", "123456");
    if (has_link)
        message.arguments.emplace_back("link", issuer + "/");
    return message;
}

} // namespace gatehouse::messages
