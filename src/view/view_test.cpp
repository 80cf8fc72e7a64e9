#include "view/test_support/fixtures.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace gatehouse::view {
namespace {

// The screenshots script asks for the pages by naming a folder; otherwise they are only rendered.
TEST(Pages, EveryFixtureRenders)
{
    auto const pages =
        Pages::create({.asset_url = [](auto name) { return "assets/" + std::string(name); }, .strict = true});
    ASSERT_TRUE(pages) << pages.error().detail;
    auto const* folder = std::getenv("GATEHOUSE_FIXTURES");
    for (auto const& locale : (*pages)->locales().all())
        for (auto const& fixture : page_fixtures()) {
            auto const html = render(**pages, fixture, fixture_context(*locale));
            EXPECT_TRUE(html.ends_with("</html>\n")) << fixture.name;
            if (!folder)
                continue;
            auto const path = std::filesystem::path(folder) / locale->tag();
            std::filesystem::create_directories(path);
            std::ofstream(path / (fixture.name + ".html")) << html;
        }
}

} // namespace
} // namespace gatehouse::view
