#include "themes/compiled_drafts.hpp"

#include "view/pages.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gatehouse::themes {
namespace {

class Drafts : public testing::Test {
protected:
    static std::map<std::string, std::string> foot(std::string_view text)
    {
        return {{"partials/foot.html", fmt::format("<footer class=\"foot\"><p>{}</p></footer>", text)}};
    }

    std::unique_ptr<view::Pages> pages = *view::Pages::create({});
    CompiledDrafts compiled{*pages};
};

TEST_F(Drafts, APreviewLinkThatIsFollowedAThousandTimesCompilesOnce)
{
    auto const first = compiled.get(foot("Acme"));
    ASSERT_TRUE(first) << first.error().message;
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(*compiled.get(foot("Acme")), *first);
    EXPECT_EQ(compiled.compilations(), 1u);
}

TEST_F(Drafts, AnEditedDraftAndThatOfSomebodyElseAreOnesOfTheirOwn)
{
    auto const first = compiled.get(foot("Acme"));
    auto const edited = compiled.get(foot("Acme!"));
    ASSERT_TRUE(first && edited);
    EXPECT_NE(*first, *edited);
}

TEST_F(Drafts, AFaultyOneIsTriedOnceToo)
{
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(compiled.get(foot("<script>")).error().code, "invalid_template");
    EXPECT_EQ(compiled.compilations(), 1u);
}

TEST_F(Drafts, ManyDraftsAreNotAllKept)
{
    auto const first = compiled.get(foot("<script>"));
    for (std::size_t i = 0; i < CompiledDrafts::kMost; ++i)
        (void)compiled.get(foot(fmt::format("<script>{}", i)));
    EXPECT_EQ(compiled.compilations(), CompiledDrafts::kMost + 1);
    (void)compiled.get(foot("<script>"));
    EXPECT_EQ(compiled.compilations(), CompiledDrafts::kMost + 2);
}

} // namespace
} // namespace gatehouse::themes
