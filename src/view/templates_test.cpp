#include "view/templates.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>

namespace gatehouse::view {
namespace {

class TemplateTest : public testing::Test {
protected:
    std::unique_ptr<Locales> locales = *Locales::load();

    std::string render(std::string source, std::string_view model, bool strict = true)
    {
        auto templates = Templates::compile({{"page.html", std::move(source)}, {"partials/p.html", "<i>{{a}}</i>\n"}},
                                            *locales, strict);
        if (!templates)
            return "invalid: " + templates.error().detail;
        auto html = (*templates)->render("page.html", boost::json::parse(model).as_object(), locales->fallback());
        return html ? *html : "failed: " + html.error().detail;
    }
};

TEST_F(TemplateTest, ShowsValuesSectionsListsAndPartials)
{
    EXPECT_EQ(
        render("{{a}} {{#list}}[{{b}}{{a}}]{{/list}} {{#yes}}y{{/yes}}{{#no}}n{{/no}}{{#o}}{{c}}{{/o}}",
               R"({"a": "A", "list": [{"b": "1"}, {"b": "2", "a": "3"}], "yes": true, "no": false, "o": {"c": 7}})"),
        "A [1A][23] y7\n");
    EXPECT_EQ(render("{{#no_list}}none{{/no_list}}{{#any_list}}some{{/any_list}}", R"({"list": []})"), "none\n");
    EXPECT_EQ(render("{{#no_list}}none{{/no_list}}{{#any_list}}some{{/any_list}}", R"({"list": [{}, {}]})"), "some\n");
    EXPECT_EQ(render("{{#kind__a}}A{{/kind__a}}{{#kind__b}}B{{/kind__b}}", R"({"kind": "b"})"), "B\n");
    EXPECT_EQ(render("{{#a}}{{a}}{{/a}}", R"({"a": ""})"), "\n");
    EXPECT_EQ(render("[[> partials/p.html]]!", R"({"a": "x"})"), "<i>x</i>!\n");
    EXPECT_EQ(render("<b title=\"[[action.deny]]\">", "{}"), "<b title=\"Don’t allow\">\n");
}

TEST_F(TemplateTest, AMissingValueIsAnErrorWhenStrict)
{
    EXPECT_THROW(render("{{a}}", "{}"), std::logic_error);
    EXPECT_THROW(render("{{#a}}x{{/a}}", "{}"), std::logic_error);
    EXPECT_EQ(render("{{a}}{{#b}}x{{/b}}", "{}", false), "\n");
}

TEST_F(TemplateTest, ABadTemplateIsRefusedAtStart)
{
    for (auto const* source :
         {"{{#a}}", "[[> partials/none.html]]", "[[no.such.text]]", "[[open", "<a href={{a}} {{b}}>"})
        EXPECT_TRUE(render(source, R"({"a": "x", "b": "y"})").starts_with("invalid")) << source;
}

// What an attacker calls themselves, wherever it is shown.
constexpr auto kName = R"=({"a": "\"'><script>alert(1)</script>{{b}}[[action.deny]]`=\u0000"})=";

TEST_F(TemplateTest, AScriptInANameStaysText)
{
    EXPECT_EQ(render("<p>{{a}}</p>", R"=({"a": "<script>alert('1')</script> & \"x\""})="),
              "<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;</p>\n");
    for (auto const* source : {"<p>{{a}}</p>", "<input value=\"{{a}}\">", "<title>{{a}}</title>", "<p title='{{a}}'>",
                               "<textarea>{{a}}</textarea>", "<a href=\"{{a}}\">x</a>", "<form action=\"{{a}}\">",
                               "<style>b{color:{{a}}}</style>", "<p style=\"color:{{a}}\">"}) {
        auto const html = render(source, kName);
        EXPECT_EQ(html.find("<script"), std::string::npos) << html;
        EXPECT_EQ(html.find("\"'>"), std::string::npos) << html;
        EXPECT_EQ(html.find("allow"), std::string::npos) << html; // values are no templates
    }
}

TEST_F(TemplateTest, AJavascriptAddressIsNoLink)
{
    for (auto const* attack : {"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
                               "java\\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x"}) {
        auto const html = render("<a href=\"{{a}}\">x</a>", fmt::format(R"({{"a": "{}"}})", attack));
        EXPECT_EQ(html, "<a href=\"#\">x</a>\n") << attack;
    }
    EXPECT_EQ(render("<a href=\"{{a}}\">x</a>", R"({"a": "/a?b=1&c=2"})"), "<a href=\"/a?b=1&amp;c=2\">x</a>\n");
    EXPECT_EQ(render("<a href=\"{{a}}\">x</a>", R"({"a": "https://x.example/"})"),
              "<a href=\"https://x.example/\">x</a>\n");
}

TEST_F(TemplateTest, AStyleTakesNothingButAValue)
{
    auto const html = render("<style>b{color:{{a}}}</style>", R"=({"a": "red}body{background:url(//evil.example)"})=");
    EXPECT_EQ(html.find("url("), std::string::npos) << html;
    EXPECT_EQ(std::ranges::count(html, '{'), 1) << html;
}

TEST_F(TemplateTest, ManyThreadsRenderAtOnce)
{
    auto const templates = *Templates::compile({{"page.html", "{{#l}}<p>{{a}}</p>{{/l}}"}}, *locales, true);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            boost::json::object const model{{"l", {{{"a", std::to_string(i)}}, {{"a", "&"}}}}};
            for (int each = 0; each < 200; ++each)
                ASSERT_EQ(*templates->render("page.html", model, locales->fallback()),
                          fmt::format("<p>{}</p><p>&amp;</p>\n", i));
        });
    for (auto& thread : threads)
        thread.join();
}

} // namespace
} // namespace gatehouse::view
