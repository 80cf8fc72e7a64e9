// What a person recognizes in a User-Agent header. Deliberately coarse: it names the browser's family and the system,
// so that "Firefox on Windows" tells two devices apart; it is shown, and decides nothing.
#include "session/session.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::session {

namespace {

struct Mark {
    std::string_view token; // what stands in the header
    std::string_view name;
};

// Order matters: nearly all browsers also claim to be those further down.
constexpr std::array kBrowsers{
    Mark{"Edg", "Edge"},         Mark{"OPR/", "Opera"},     Mark{"SamsungBrowser/", "Samsung Internet"},
    Mark{"Firefox/", "Firefox"}, Mark{"FxiOS/", "Firefox"}, Mark{"CriOS/", "Chrome"},
    Mark{"Chrome/", "Chrome"},   Mark{"Safari/", "Safari"}, Mark{"curl/", "curl"}};
constexpr std::array kSystems{Mark{"iPhone", "iPhone"},   Mark{"iPad", "iPad"},     Mark{"Android", "Android"},
                              Mark{"Windows", "Windows"}, Mark{"CrOS", "ChromeOS"}, Mark{"Mac OS X", "macOS"},
                              Mark{"Linux", "Linux"}};

template <std::size_t Size>
std::string_view first_of(std::array<Mark, Size> const& marks, std::string_view text)
{
    for (auto const& mark : marks)
        if (text.contains(mark.token))
            return mark.name;
    return {};
}

} // namespace

std::string describe_user_agent(std::string_view user_agent)
{
    auto const browser = first_of(kBrowsers, user_agent);
    auto const system = first_of(kSystems, user_agent);
    if (browser.empty() || system.empty())
        return std::string(browser.empty() ? system : browser);
    return fmt::format("{} on {}", browser, system);
}

} // namespace gatehouse::session
