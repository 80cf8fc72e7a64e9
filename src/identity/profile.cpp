// Which profiles are taken. See check_profile in identity/users.hpp.
#include "identity/text.hpp"
#include "identity/users.hpp"

#include <array>
#include <boost/json.hpp>

namespace gatehouse::identity {

namespace {

constexpr std::size_t kMaximumAttributes = 64;
constexpr std::size_t kMaximumSize = 16 * 1024;
constexpr int kMaximumDepth = 4;

// OpenID Connect Core section 5.1: these are texts, the last three addresses of pages that applications link to.
constexpr std::string_view kTexts[] = {"name",      "given_name", "family_name", "middle_name", "nickname", "gender",
                                       "birthdate", "zoneinfo",   "locale",      "profile",     "picture",  "website"};
constexpr std::string_view kAddresses[] = {"profile", "picture", "website"};
// What Gatehouse says itself in tokens and userinfo; a profile that held them could lie.
constexpr std::string_view kReserved[] = {"sub",
                                          "iss",
                                          "aud",
                                          "exp",
                                          "iat",
                                          "nbf",
                                          "jti",
                                          "nonce",
                                          "acr",
                                          "amr",
                                          "azp",
                                          "sid",
                                          "cnf",
                                          "act",
                                          "scope",
                                          "client_id",
                                          "auth_time",
                                          "at_hash",
                                          "c_hash",
                                          "s_hash",
                                          "email",
                                          "updated_at",
                                          "phone_number",
                                          "email_verified",
                                          "user_id",
                                          "tenant_id",
                                          "roles",
                                          "groups",
                                          "permissions",
                                          "phone_number_verified",
                                          "events",
                                          "__proto__",
                                          "typ",
                                          "entitlements",
                                          "preferred_username"};

template <std::size_t Size>
bool contains(std::string_view const (&list)[Size], std::string_view name)
{
    return std::ranges::find(list, name) != std::end(list);
}

Refusal invalid(std::string_view name, std::string message)
{
    return refuse(ErrorKind::invalid, "profile_invalid", std::move(message)).at(fmt::format("/profile/{}", name));
}

bool is_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.' || c == ':';
    });
}

std::string_view view(boost::json::string const& text)
{
    return {text.data(), text.size()};
}

bool holds_controls(std::string_view text)
{
    std::string one_line(text);
    std::ranges::replace(one_line, '\n', ' ');
    return has_control_characters(one_line);
}

// Texts without control characters but line feeds, nothing nested too deep.
bool is_plain(boost::json::value const& value, int depth)
{
    if (depth > kMaximumDepth)
        return false;
    if (auto const* text = value.if_string())
        return !holds_controls(view(*text));
    if (auto const* list = value.if_array())
        return std::ranges::all_of(*list, [&](auto const& item) { return is_plain(item, depth + 1); });
    if (auto const* object = value.if_object())
        return std::ranges::all_of(*object, [&](auto const& member) {
            return !has_control_characters(std::string_view(member.key())) && is_plain(member.value(), depth + 1);
        });
    return true;
}

// "javascript:" and the like would run where an application shows the link.
bool is_web_address(std::string_view text)
{
    return (text.starts_with("https://") || text.starts_with("http://")) && text.size() <= 2048 &&
           !has_invisible_characters(text);
}

Result<void> check_attribute(std::string_view name, boost::json::value const& value)
{
    if (!is_name(name))
        return refuse(ErrorKind::invalid, "profile_invalid",
                      "Names of attributes have 1 to 64 letters, digits, hyphens, dots, colons and underscores.")
            .at("/profile");
    if (contains(kReserved, name))
        return invalid(name, fmt::format("\"{}\" is set by Gatehouse itself and cannot stand in a profile.", name));
    if (!is_plain(value, 1))
        return invalid(name, "The value holds control characters or is nested too deep.");
    if (contains(kTexts, name)) {
        auto const* text = value.if_string();
        auto const length = text ? count_code_points(view(*text)) : std::nullopt;
        if (!length || has_control_characters(view(*text)) || (*length > 256 && !contains(kAddresses, name)))
            return invalid(name, fmt::format("\"{}\" is a text of at most 256 characters.", name));
        if (contains(kAddresses, name) && !is_web_address(view(*text)))
            return invalid(name, fmt::format("\"{}\" is an http or https address.", name));
    }
    if (name == "address" && !value.is_object())
        return invalid(name, "\"address\" is an object (OpenID Connect Core section 5.1.1).");
    return {};
}

} // namespace

bool is_reserved_claim(std::string_view name)
{
    return contains(kReserved, name);
}

Result<void> check_profile(boost::json::object const& profile)
{
    if (profile.size() > kMaximumAttributes || boost::json::serialize(profile).size() > kMaximumSize)
        return refuse(ErrorKind::invalid, "profile_invalid", "A profile has at most 64 attributes and 16 KB.")
            .at("/profile");
    for (auto const& [name, value] : profile)
        TRY_DO(check_attribute({name.data(), name.size()}, value));
    return {};
}

} // namespace gatehouse::identity
