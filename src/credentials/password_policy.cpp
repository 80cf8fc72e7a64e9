#include "credentials/password_policy.hpp"

#include "identity/text.hpp"

#include <fmt/format.h>

namespace gatehouse::credentials {

namespace {

constexpr std::size_t kShortestTold = 4; // shorter parts of a name stand in too many good passwords

Refusal password_personal()
{
    return refuse(ErrorKind::invalid, "password_personal",
                  "This password holds your name or address, or the name of this service. Choose one that does not.")
        .at("password");
}

// An address by its local part and the name of its domain, a name by its words.
void add_parts(std::vector<std::string>& parts, std::string_view text)
{
    auto const folded = identity::nfkc_casefold(text);
    if (!folded)
        return;
    std::size_t start = 0;
    while (start <= folded->size()) {
        auto const end = std::min(folded->find_first_of("@ .,+_-", start), folded->size());
        auto part = folded->substr(start, end - start);
        if (identity::count_code_points(part).value_or(0) >= kShortestTold)
            parts.push_back(std::move(part));
        start = end + 1;
    }
    if (identity::count_code_points(*folded).value_or(0) >= kShortestTold)
        parts.push_back(*folded);
}

// What remains when the personal parts are taken out must carry the password: a long phrase may hold a name.
bool is_personal(std::string_view folded, std::span<std::string const> personal, std::int64_t minimum)
{
    std::vector<std::string> parts;
    for (auto const& text : personal)
        add_parts(parts, text);
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
    return {};
}

} // namespace gatehouse::credentials
