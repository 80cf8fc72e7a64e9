#include "credentials/password_policy.hpp"

#include "credentials/password_strength.hpp"
#include "identity/text.hpp"

#include <fmt/format.h>

namespace gatehouse::credentials {

namespace {

Refusal password_personal()
{
    return refuse(ErrorKind::invalid, "password_personal",
                  "This password holds your name or address, or the name of this service. Choose one that does not.")
        .at("password");
}

// What remains when the personal parts are taken out must carry the password: a long phrase may hold a name.
bool is_personal(std::string_view folded, std::span<std::string const> personal, std::int64_t minimum)
{
    auto parts = personal_parts(personal);
    std::ranges::sort(parts, std::greater{}, &std::string::size);
    std::string rest(folded);
    bool found = false;
    for (auto const& part : parts)
        for (auto at = rest.find(part); at != std::string::npos; at = rest.find(part)) {
            rest.erase(at, part.size());
            found = true;
        }
    auto const left = static_cast<std::int64_t>(identity::count_code_points(rest).value_or(0));
    bool const carries = left >= minimum && !is_common_password(rest);
    wipe(rest.data(), rest.size());
    return found && !carries;
}

} // namespace

Result<Secret> normalize_password(Secret const& password)
{
    if (password.size() > kMaximumPasswordBytes)
        return refuse(ErrorKind::invalid, "password_too_long", "A password has at most 1024 bytes.").at("password");
    auto const text = password.expose_text();
    auto normalized = identity::nfc(text);
    if (!normalized || identity::has_control_characters(text))
        return refuse(ErrorKind::invalid, "password_invalid",
                      "The password holds characters that cannot be typed, such as line breaks.")
            .at("password");
    return Secret::take(*normalized);
}

Result<void> check_password(Secret const& normalized, identity::Tenant const& tenant,
                            std::span<std::string const> personal)
{
    auto const text = normalized.expose_text();
    auto const minimum = tenant.settings.password.minimum_length;
    auto const length = static_cast<std::int64_t>(identity::count_code_points(text).value_or(0));
    if (length < minimum)
        return refuse(
                   ErrorKind::invalid, "password_too_short",
                   fmt::format("A password has at least {} characters. A few words in a row are easy to keep in mind.",
                               minimum))
            .at("password")
            .with("minimum", std::to_string(minimum));
    if (is_common_password(text))
        return refuse(ErrorKind::invalid, "password_common",
                      "This password is among the first that attackers try. Choose another.")
            .at("password");
    auto folded = identity::nfkc_casefold(text);
    bool const own = folded && is_personal(*folded, personal, minimum);
    if (folded)
        wipe(folded->data(), folded->size());
    if (own)
        return password_personal();
    auto const strength = measure_strength(text, personal);
    if (strength.score < tenant.settings.password.minimum_score)
        return refuse(ErrorKind::invalid, "password_weak",
                      "This password is easy to guess. Make it longer, with words that do not belong together.")
            .at("password")
            .with("weakness", std::string(to_string(strength.weakness)));
    return {};
}

} // namespace gatehouse::credentials
