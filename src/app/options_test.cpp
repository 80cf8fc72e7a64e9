#include "app/options.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace gatehouse::app {
namespace {

TEST(Options, HaveDefaultsThatTheirOwnRulesAccept)
{
    auto const settings = config::load(options::kTables, {.default_file = ""});
    EXPECT_TRUE(settings) << settings.error().message;
}

TEST(Options, AreAllOnTheReferencePage)
{
    std::ifstream in(GATEHOUSE_SOURCE_DIR "/docs/reference/configuration.md");
    std::string const page(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(page, config::reference(options::kTables))
        << "The page is stale. Renew it:\n  build/asan/gatehouse config --reference > docs/reference/configuration.md";
}

} // namespace
} // namespace gatehouse::app
