// Themes as a browser meets them, over real sockets.
#include "app/test_support/running_house.hpp"
#include "base/bytes.hpp"
#include "themes/images.hpp"
#include "themes/preview.hpp"
#include "view/pages.hpp"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

class ThemedHouse : public testing::Test {
protected:
    Ground& ground() { return house->ground(); }
    TimePoint now() { return ground().clock.now(); }
    TenantId tenant() { return ground().directory.default_tenant()->id; }
    template <class Rule>
    auto write(Rule rule)
    {
        return ground().database->write_now(std::move(rule));
    }
    void wear(view::ThemeTokens const& theme)
    {
        auto settings = ground().directory.default_tenant()->settings;
        settings.theme = theme;
        auto const changed = write([&](storage::Tx& tx) {
            return ground().tenants.update(tx, tenant(), {.settings = identity::write_settings(settings)}, {}, {},
                                           now());
        });
        ASSERT_TRUE(changed) << changed.error().message;
        ASSERT_TRUE(ground().changes.poll_now(now()));
    }
    static std::string header(http::test::RawClient::Answer const& answer, std::string_view name)
    {
        return std::string(answer.headers.find(name).value_or(""));
    }
    // The address behind `mark` on a page.
    static std::string address_of(std::string const& html, std::string_view mark)
    {
        auto const begin = html.find(mark);
        if (begin == html.npos)
            return {};
        auto const from = begin + mark.find('/');
        return html.substr(from, html.find('"', from) - from);
    }

    RunningHouse house;
};

TEST_F(ThemedHouse, APageWithoutAThemeAsksForNoSecondStylesheet)
{
    EXPECT_EQ(house.get("/").body.find("/theme/"), std::string::npos);
}

TEST_F(ThemedHouse, AThemeIsAStylesheetThatIsKeptForAYearUnderAStrictPolicy)
{
    wear({.light = {.accent = "#0b7285"}, .radius = 4});
    auto const page = house.get("/");
    auto const policy = header(page, "Content-Security-Policy");
    EXPECT_NE(policy.find("style-src 'self';"), std::string::npos) << policy;
    EXPECT_EQ(policy.find("unsafe-inline"), std::string::npos);
    auto const address = address_of(page.body, "href=\"/theme/tenant/");
    ASSERT_FALSE(address.empty()) << page.body;
    auto const css = house.get(address, "", "text/css");
    EXPECT_EQ(css.status, 200);
    EXPECT_EQ(header(css, "Content-Type"), "text/css; charset=utf-8");
    EXPECT_NE(header(css, "Cache-Control").find("immutable"), std::string::npos);
    EXPECT_NE(css.body.find("--accent:#0b7285"), std::string::npos);
    EXPECT_NE(css.body.find("--radius:4px"), std::string::npos);

    auto const old = house.get("/theme/tenant/0000000000000000.css", "", "text/css");
    EXPECT_EQ(old.status, 200) << "a page from before a change is not left without colours";
    EXPECT_EQ(header(old, "Cache-Control"), "no-cache");
    EXPECT_EQ(house.get("/theme/nobody/0000000000000000.css").status, 404);
}

TEST_F(ThemedHouse, APreviewShowsEveryPageRunsNothingAndSendsNothing)
{
    auto const token = themes::make_preview_token(*ground().vault, tenant(), {.owner = {}, .version = {}}, now());
    ASSERT_TRUE(token);
    auto const pages = view::Pages::create({});
    ASSERT_TRUE(pages);
    themes::Themes const rules(*ground().vault, ground().tenants, **pages);
    ASSERT_TRUE(write([&](storage::Tx& tx) {
        return rules.save_draft(tx, {.tenant = tenant(), .owner = {}, .origin = {}, .now = now()},
                                {.tokens = {.light = {.accent = "#c2255c"}}, .templates = {}}, {});
    }));
    auto const list = house.get("/theme-preview/" + *token);
    ASSERT_EQ(list.status, 200) << list.body;
    EXPECT_NE(list.body.find("/theme-preview/" + *token + "/pages/sign-in\""), std::string::npos);
    auto const page = house.get("/theme-preview/" + *token + "/pages/sign-in?scheme=dark");
    ASSERT_EQ(page.status, 200);
    auto const policy = header(page, "Content-Security-Policy");
    EXPECT_EQ(policy.find("script-src"), std::string::npos) << policy;
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << policy;
    EXPECT_NE(policy.find("form-action 'none'"), std::string::npos) << policy;
    EXPECT_EQ(header(page, "Referrer-Policy"), "no-referrer");
    EXPECT_NE(page.body.find("name=\"identifier\""), std::string::npos);
    auto const css = house.get("/theme-preview/" + *token + "/theme.css", "", "text/css");
    EXPECT_NE(css.body.find("--accent:#c2255c"), std::string::npos);
    EXPECT_EQ(house.get("/theme-preview/" + *token + "/pages/nothing").status, 404);
    EXPECT_EQ(house.get("/theme-preview/forged").status, 400);
    EXPECT_EQ(house.get("/").body.find("/theme/"), std::string::npos) << "others see nothing of a draft";
}

TEST_F(ThemedHouse, ALogoThatSomebodyOpensByItselfCanRunNothing)
{
    auto const image =
        themes::prepare_image(as_bytes("<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>"), now());
    ASSERT_TRUE(image);
    ASSERT_TRUE(write([&](storage::Tx& tx) { return themes::keep_image(tx, tenant(), *image); }));
    auto const served = house.get("/theme-images/" + image->name, "", "image/svg+xml");
    ASSERT_EQ(served.status, 200);
    EXPECT_EQ(header(served, "Content-Type"), "image/svg+xml");
    EXPECT_EQ(header(served, "X-Content-Type-Options"), "nosniff");
    auto const policy = header(served, "Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_NE(policy.find("sandbox"), std::string::npos);
    EXPECT_EQ(house.get("/theme-images/nothing.png").status, 404);
}

} // namespace
} // namespace gatehouse::app
