#include "credentials/methods.hpp"

#include <algorithm>

namespace gatehouse::credentials {

namespace {

constexpr Methods kKnowledge = Methods::where([](auto const& traits) { return traits.factor == Factor::knowledge; });
constexpr Methods kBoth = Methods::where([](auto const& traits) { return traits.factor == Factor::both; });
constexpr Methods kPossession =
    Methods::where([](auto const& traits) { return traits.factor == Factor::possession; }) | kBoth;
constexpr Methods kBoundToOrigin = Methods::where([](auto const& traits) { return traits.bound_to_origin; });

bool is_any(Methods proven, Methods of)
{
    return !(proven & of).empty();
}

std::string const* name_of(Level level, identity::AcrNames const& names)
{
    switch (level) {
    case Level::none:
        return nullptr;
    case Level::single:
        return &names.single;
    case Level::multi:
        return &names.multi;
    case Level::phishing_resistant:
        return &names.phishing_resistant;
    }
    return nullptr;
}

} // namespace

Level level_of(Methods proven)
{
    if (proven.empty())
        return Level::none;
    auto const several = is_any(proven, kBoth) || (is_any(proven, kKnowledge) && is_any(proven, kPossession));
    if (!several)
        return Level::single;
    return is_any(proven, kBoundToOrigin) ? Level::phishing_resistant : Level::multi;
}

std::string acr_of(Level level, identity::AcrNames const& names)
{
    auto const* const name = name_of(level, names);
    return name ? *name : std::string();
}

std::optional<Level> level_of_acr(std::string_view acr, identity::AcrNames const& names)
{
    for (auto const level : {Level::single, Level::multi, Level::phishing_resistant})
        if (acr == *name_of(level, names))
            return level;
    return std::nullopt;
}

std::vector<std::string> amr_of(Methods proven, Level level)
{
    std::vector<std::string> amr;
    auto const add = [&](std::string_view value) {
        if (std::ranges::find(amr, value) == amr.end())
            amr.emplace_back(value);
    };
    for (auto const& traits : kMethodTraits)
        if (proven.has(traits.method))
            add(traits.amr);
    if (is_any(proven, kBoth))
        add("user");
    if (level >= Level::multi)
        add("mfa");
    return amr;
}

bool adds_factor(Methods proven, Method method)
{
    auto with = proven;
    with.add(method);
    return level_of(with) > level_of(proven);
}

} // namespace gatehouse::credentials
