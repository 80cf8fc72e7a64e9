#include "credentials/methods.hpp"

#include <algorithm>

namespace gatehouse::credentials {

namespace {

// The kinds of authentication factors (NIST SP 800-63-4): what one knows, what one has, and both in one device.
constexpr Methods kKnowledge{Method::password};
constexpr Methods kPossession{Method::email_code, Method::totp, Method::recovery_code, Method::security_key,
                              Method::passkey};
constexpr Methods kBoth{Method::passkey};
constexpr Methods kBoundToOrigin{Method::security_key, Method::passkey};

bool is_any(Methods proven, Methods of)
{
    return !(proven & of).empty();
}

} // namespace

std::string_view to_string(Method method)
{
    switch (method) {
    case Method::password:
        return "password";
    case Method::email_code:
        return "email_code";
    case Method::totp:
        return "totp";
    case Method::recovery_code:
        return "recovery_code";
    case Method::security_key:
        return "security_key";
    case Method::passkey:
        return "passkey";
    }
    return "";
}

std::optional<Method> parse_method(std::string_view name)
{
    auto const* const found = std::ranges::find(kEveryMethod, name, [](Method method) { return to_string(method); });
    return found == std::end(kEveryMethod) ? std::nullopt : std::optional(*found);
}

Level level_of(Methods proven)
{
    if (proven.empty())
        return Level::none;
    auto const several = is_any(proven, kBoth) || (is_any(proven, kKnowledge) && is_any(proven, kPossession));
    if (!several)
        return Level::single;
    return is_any(proven, kBoundToOrigin) ? Level::phishing_resistant : Level::multi;
}

std::string_view acr_of(Level level)
{
    switch (level) {
    case Level::none:
        return "";
    case Level::single:
        return "urn:gatehouse:acr:1fa";
    case Level::multi:
        return "urn:gatehouse:acr:2fa";
    case Level::phishing_resistant:
        return "phr";
    }
    return "";
}

std::optional<Level> level_of_acr(std::string_view acr)
{
    for (auto const level : {Level::single, Level::multi, Level::phishing_resistant})
        if (acr == acr_of(level))
            return level;
    return std::nullopt;
}

std::vector<std::string> amr_of(Methods proven)
{
    std::vector<std::string> amr;
    if (proven.has(Method::password))
        amr.emplace_back("pwd");
    if (is_any(proven, {Method::email_code, Method::totp, Method::recovery_code}))
        amr.emplace_back("otp");
    if (is_any(proven, kBoundToOrigin))
        amr.emplace_back("pop");
    if (is_any(proven, kBoth))
        amr.emplace_back("user");
    if (level_of(proven) >= Level::multi)
        amr.emplace_back("mfa");
    return amr;
}

Methods methods_of_amr(std::vector<std::string> const& amr)
{
    auto const has = [&](std::string_view name) { return std::ranges::find(amr, name) != amr.end(); };
    Methods methods;
    if (has("pwd"))
        methods.add(Method::password);
    if (has("otp"))
        methods.add(Method::totp);
    if (has("pop"))
        methods.add(has("user") ? Method::passkey : Method::security_key);
    return methods;
}

bool adds_factor(Methods proven, Method method)
{
    auto with = proven;
    with.add(method);
    return level_of(with) > level_of(proven);
}

} // namespace gatehouse::credentials
