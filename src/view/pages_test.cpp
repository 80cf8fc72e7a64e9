#include "view/pages.hpp"

#include "base/embedded.hpp"
#include "view/fixtures.hpp"
#include "view/standard_pages.hpp"

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <set>
#include <sstream>

namespace gatehouse::embedded {
std::span<EmbeddedFile const> page_assets();
}

namespace gatehouse::view {
namespace {

class PagesTest : public testing::Test {
protected:
    static void SetUpTestSuite()
    {
        auto made = Pages::create({.strict = true});
        if (!made)
            throw std::runtime_error(made.error().detail);
        shared_ = std::move(*made);
    }
    static inline std::unique_ptr<Pages> shared_;
    Pages const& pages = *shared_;
    Locale const& en = pages.locales().fallback();

    // Calls `check` with the HTML of every page in every language.
    template <class Check>
    void every_page(Check const& check)
    {
        for (auto const& locale : pages.locales().all())
            for (auto const& fixture : page_fixtures()) {
                SCOPED_TRACE(fixture.name + " " + locale->tag());
                check(render(pages, fixture, fixture_context(*locale)));
            }
    }
    std::string show(ViewModel const& model) { return pages.render(model, fixture_context(en)); }
};

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

// The screenshots script asks for the pages by naming a folder; otherwise they are only rendered.
TEST_F(PagesTest, EveryFixtureRenders)
{
    auto const* folder = std::getenv("GATEHOUSE_FIXTURES");
    auto const relative =
        *Pages::create({.asset_url = [](auto name) { return "assets/" + std::string(name); }, .strict = true});
    for (auto const& locale : pages.locales().all())
        for (auto const& fixture : page_fixtures()) {
            auto const html = render(*relative, fixture, fixture_context(*locale));
            EXPECT_TRUE(html.ends_with("</html>\n")) << fixture.name;
            if (!folder)
                continue;
            auto const path = std::filesystem::path(folder) / locale->tag();
            std::filesystem::create_directories(path);
            std::ofstream(path / (fixture.name + ".html")) << html;
        }
}

TEST_F(PagesTest, EveryPageNamesItsLanguageDirectionAndTitle)
{
    every_page([](std::string const& html) {
        EXPECT_TRUE(html.starts_with("<!doctype html>\n<html lang=\"")) << html.substr(0, 60);
        EXPECT_TRUE(
            contains(html, html.starts_with("<!doctype html>\n<html lang=\"ar\"") ? "dir=\"rtl\">" : "dir=\"ltr\">"));
        EXPECT_TRUE(std::regex_search(html, std::regex("<title>[^<{]+ · Acme</title>")));
        EXPECT_TRUE(contains(html, "<h1>"));
        EXPECT_TRUE(contains(html, "name=\"viewport\""));
    });
}

TEST_F(PagesTest, APasskeyIsOfferedToScriptsOnly)
{
    ViewModel model{.step = "passkey", .title = "signin.title"};
    EXPECT_FALSE(contains(show(model), "name=\"passkey\""));
    model.passkey = {.options = {{"challenge", "a\"><script>"}}, .label = "action.sign_in", .without = "signin.lead"};
    auto const html = show(model);
    EXPECT_TRUE(contains(html, "class=\"actions passkey\" data-ceremony=\"get\""));
    EXPECT_TRUE(contains(html, "<noscript>"));
    EXPECT_FALSE(contains(html, "<script>"));
    EXPECT_FALSE(contains(html, "data-autofills"));
    EXPECT_EQ(to_json(model, en).at("extra").at("passkey").at("challenge"), "a\"><script>");
}

TEST_F(PagesTest, NoPageNeedsWhatTheContentSecurityPolicyForbids)
{
    std::regex const inline_handler(R"(<[^>]*\son[a-z]+\s*=)", std::regex::icase);
    std::regex const inline_style(R"(<[^>]*\sstyle\s*=)", std::regex::icase);
    std::regex const inline_script(R"(<script(?![^>]*\ssrc=))", std::regex::icase);
    std::regex const elsewhere(R"re((?:src|href|action)="(?:https?:)?//)re", std::regex::icase);
    every_page([&](std::string const& html) {
        EXPECT_FALSE(std::regex_search(html, inline_handler));
        EXPECT_FALSE(std::regex_search(html, inline_style));
        EXPECT_FALSE(std::regex_search(html, inline_script));
        EXPECT_FALSE(std::regex_search(html, elsewhere));
        EXPECT_FALSE(contains(html, "{{"));
        EXPECT_FALSE(contains(html, "[["));
        EXPECT_FALSE(contains(html, "<style"));
    });
}

TEST_F(PagesTest, EveryFieldHasALabelAndNoIdStandsTwice)
{
    std::regex const id(R"re(\sid="([^"]+)")re");
    std::regex const target(R"re((?:for|aria-labelledby|aria-controls|href="#)="?([^" #]+)")re");
    every_page([&](std::string const& html) {
        std::set<std::string> ids;
        for (std::sregex_iterator i(html.begin(), html.end(), id), end; i != end; ++i)
            EXPECT_TRUE(ids.insert((*i)[1]).second) << (*i)[1];
        std::regex const described(R"re(aria-describedby="([^"]+)")re");
        for (std::sregex_iterator i(html.begin(), html.end(), described), end; i != end; ++i)
            EXPECT_TRUE(ids.contains((*i)[1])) << (*i)[1];
        std::regex const label(R"re(for="([^"]+)")re");
        for (std::sregex_iterator i(html.begin(), html.end(), label), end; i != end; ++i)
            EXPECT_TRUE(ids.contains((*i)[1])) << (*i)[1];
    });
}

TEST_F(PagesTest, EveryPageIsSmall)
{
    std::size_t assets = 0;
    for (auto const& file : embedded::page_assets())
        if (file.path.ends_with(".br") && !file.path.starts_with("push")) // those of the devices' page alone
            assets += file.content.size();
    EXPECT_GT(assets, 1000u);
    EXPECT_LT(assets, 8'000u);
    every_page([&](std::string const& html) { EXPECT_LT(assets + html.size(), 30'000u); });
}

TEST_F(PagesTest, NoTextWaitsForAnArgument)
{
    every_page([](std::string const& html) {
        std::smatch left;
        EXPECT_FALSE(std::regex_search(html, left, std::regex(R"(\{[a-z_]+\})"))) << left[0];
    });
}

// What works without script is sent by a button of its form; what needs script says so to who has none.
TEST_F(PagesTest, EveryFormCanBeSentWithoutScript)
{
    every_page([](std::string const& html) {
        for (auto at = html.find("<form"); at != html.npos; at = html.find("<form", at + 1)) {
            auto const form = html.substr(at, html.find("</form>", at) - at);
            EXPECT_TRUE(contains(form, "method=\"post\" action=\"/"));
            EXPECT_TRUE(contains(form, "type=\"submit\"") || contains(form, "<noscript>")) << form;
        }
        // Other buttons are hidden until the script shows them.
        std::regex const scripted(R"(<button[^>]*type="button"[^>]*>)");
        for (std::sregex_iterator each(html.begin(), html.end(), scripted), end; each != end; ++each)
            EXPECT_TRUE(contains(each->str(), " hidden>") || contains(html, "<div class=\"actions passkey\""))
                << each->str();
    });
}

// A menu that opens without script, and names each language as its readers do.
TEST_F(PagesTest, LanguagesAreOfferedByTheirOwnNames)
{
    auto const html = show(fault_page(Fault::not_found, {}, "/"));
    EXPECT_TRUE(contains(html, "<details class=\"languages\">"));
    for (auto const* name : {"العربية", "Deutsch", "English", "Español", "Français", "日本語", "Português (Brasil)"})
        EXPECT_TRUE(contains(html, "<bdi>" + std::string(name) + "</bdi></a>")) << name;
    EXPECT_TRUE(contains(html, "<a href=\"/signin?ui_locales=ar\" lang=\"ar\" hreflang=\"ar\"><bdi>"));
    EXPECT_TRUE(contains(html, "hreflang=\"en\" aria-current=\"true\">"));
}

TEST_F(PagesTest, AtMostOneElementTakesTheFocus)
{
    every_page([](std::string const& html) {
        std::regex const focus(R"(\sautofocus)");
        EXPECT_LE(std::distance(std::sregex_iterator(html.begin(), html.end(), focus), {}), 1);
    });
}

TEST_F(PagesTest, TheFormCarriesWhatTheEngineNeeds)
{
    ViewModel page{.step = "password", .title = "signin.title"};
    page.fields.push_back({.name = "email",
                           .kind = FieldKind::email,
                           .label = "field.email",
                           .value = "ada@example.com",
                           .required = true,
                           .autocomplete = "username"});
    page.fields.push_back({.name = "password",
                           .kind = FieldKind::password,
                           .label = "field.password",
                           .value = "secret",
                           .required = true,
                           .autocomplete = "current-password"});
    page.fields.push_back({.name = "code",
                           .kind = FieldKind::code,
                           .label = "field.code",
                           .value = "123456",
                           .autocomplete = "one-time-code"});
    page.choices.push_back({.name = "action",
                            .value = "resend",
                            .label = "action.resend_code",
                            .style = ChoiceStyle::link,
                            .skips_checks = true});
    auto context = fixture_context(en);
    context.base_path = "/t/acme";
    auto const html = pages.render(page, context);
    EXPECT_TRUE(contains(html, "<form method=\"post\" action=\"/t/acme/signin\">"));
    EXPECT_TRUE(contains(html, "<input type=\"hidden\" name=\"journey\" value=\"q1w2e3r4\">"));
    EXPECT_TRUE(contains(html, "value=\"ada@example.com\" autocomplete=\"username\""));
    EXPECT_TRUE(contains(html, "type=\"password\" dir=\"ltr\" autocomplete=\"current-password\""));
    EXPECT_TRUE(contains(html, "autocomplete=\"one-time-code\" inputmode=\"numeric\""));
    EXPECT_TRUE(contains(html, "name=\"action\" value=\"resend\" formnovalidate"));
    EXPECT_FALSE(contains(html, "secret")) << "a password is never sent back";
    EXPECT_FALSE(contains(html, "123456")) << "a code is never sent back";
}

TEST_F(PagesTest, AnErrorStandsBesideItsFieldAndTakesTheFocus)
{
    ViewModel page{.step = "password", .title = "signin.title"};
    page.fields.push_back({.name = "email", .kind = FieldKind::email, .label = "field.email", .autofocus = true});
    page.fields.push_back({.name = "password", .kind = FieldKind::password, .label = "field.password"});
    page.fail("password", "error.wrong_credentials");
    auto html = show(page);
    EXPECT_TRUE(contains(html, "aria-describedby=\"f-password-error\" aria-invalid=\"true\" autofocus"));
    EXPECT_TRUE(contains(html, "<title>Error: Sign in"));
    EXPECT_FALSE(contains(html, "role=\"alert\""));
    page.fail("email", "error.invalid_email");
    html = show(page);
    EXPECT_TRUE(contains(html, "role=\"alert\" tabindex=\"-1\" autofocus"));
    EXPECT_TRUE(contains(html, "<a href=\"#f-password\">"));
    ViewModel other{.step = "x", .title = "signin.title"};
    other.fail("password", "error.wrong_credentials");
    ASSERT_EQ(other.messages.size(), 1u) << "an error without its field stands above the form";
}

TEST_F(PagesTest, HostileNamesStayText)
{
    std::string const attack = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{brand_name}}[[action.deny]]";
    ViewModel page{
        .step = attack,
        .title = {"consent.title", {{"application", attack}}},
        .lead = Text::plain(attack),
        .messages = {{MessageKind::error, Text::plain(attack)}},
        .application = {.name = attack, .logo = "javascript:alert(3)"},
        .account = attack,
        .account_change = "action.not_you",
        .fields = {{.name = attack, .label = Text::plain(attack), .hint = Text::plain(attack), .value = attack},
                   {.name = "a",
                    .kind = FieldKind::select,
                    .label = "field.name",
                    .options = {{attack, Text::plain(attack)}}},
                   {.name = "b",
                    .kind = FieldKind::checkbox,
                    .label = Text::plain(attack),
                    .value = attack,
                    .error = Text::plain(attack)}},
        .items = {{.title = Text::plain(attack),
                   .details = {Text::plain(attack)},
                   .badge = Text::plain(attack),
                   .icon = "person",
                   .href = "javascript:alert(4)"}},
        .choices = {{.name = attack, .value = attack, .label = Text::plain(attack)}},
        .links = {{.label = Text::plain(attack), .href = "data:text/html,<script>alert(5)</script>"},
                  {.label = "action.back", .href = "//evil.example"},
                  {.label = "action.back", .href = "/\\evil.example"}},
        .reference = attack,
        .action = "javascript:alert(6)"};
    auto context = fixture_context(en);
    view::Look look{.logo = "javascript:alert(7)", .dark_logo = attack};
    context.theme = {.name = attack,
                     .look = std::make_shared<Look const>(look),
                     .stylesheet = "javascript:alert(10)"};
    context.hidden = {{attack, attack}};
    context.language_link = "javascript:alert(8)";
    for (auto const& html :
         {pages.render(page, context),
          pages.render(
              Portal{.account_name = attack, .account_detail = attack, .title = Text::plain(attack), .panels = {page}},
              context),
          pages.render(MailPage{.from = attack,
                                .to = attack,
                                .subject = attack,
                                .text = attack,
                                .html_address = "javascript:alert(9)"},
                       context)}) {
        EXPECT_EQ(html.find("<script>"), std::string::npos);
        EXPECT_EQ(html.find("<img src=x"), std::string::npos);
        EXPECT_EQ(html.find("=\"javascript:"), std::string::npos);
        EXPECT_EQ(html.find("=\"data:"), std::string::npos);
        EXPECT_EQ(html.find("evil.example"), std::string::npos);
        EXPECT_EQ(html.find("Don’t allow"), std::string::npos);
        EXPECT_EQ(html.find("body{"), std::string::npos);
        EXPECT_NE(html.find("[[action.deny]]"), std::string::npos);
    }
}

TEST_F(PagesTest, AFaultSaysWhatToDoNext)
{
    auto const html = show(fault_page(Fault::link_used, "req-1", "/signin"));
    EXPECT_TRUE(contains(html, "This link was already used"));
    EXPECT_TRUE(contains(html, "<a href=\"/signin\" class=\"button button-primary\">Sign in</a>"));
    EXPECT_TRUE(contains(html, "<code dir=\"ltr\">req-1</code>"));
    EXPECT_FALSE(contains(html, "<form"));
    auto const host = show(wrong_host_page("a.example", "https://b.example", "server.issuer", {}));
    EXPECT_TRUE(contains(host, "You came to a.example, but this server answers at https://b.example."));
    EXPECT_TRUE(contains(host, "server.issuer"));
}

TEST_F(PagesTest, TheJsonFaceSaysTheSame)
{
    ViewModel page{
        .step = "password", .title = "signin.title", .lead = {"signin.lead_application", {{"application", "Shop"}}}};
    page.fields.push_back({.name = "password",
                           .kind = FieldKind::password,
                           .label = "field.password",
                           .required = true,
                           .min_length = 8});
    page.fail("password", "error.wrong_credentials");
    page.choices.push_back({.label = "action.sign_in"});
    auto const* de = pages.locales().find("de");
    EXPECT_EQ(boost::json::value(to_json(page, *de)), boost::json::parse(R"({
        "step": "password",
        "title": {"id": "signin.title", "text": "Anmelden"},
        "lead": {"id": "signin.lead_application", "arguments": {"application": "Shop"}, "text": "Weiter zu Shop."},
        "fields": [{"name": "password", "kind": "password", "label": {"id": "field.password", "text": "Passwort"},
                    "required": true, "min_length": 8,
                    "error": {"id": "error.wrong_credentials", "text": "E-Mail-Adresse oder Passwort stimmt nicht. Bitte prüfen Sie beides oder legen Sie ein neues Passwort fest."}}],
        "choices": [{"label": {"id": "action.sign_in", "text": "Anmelden"}, "style": "primary"}]})"));
}

TEST_F(PagesTest, AFolderReplacesWhatIsEmbedded)
{
    auto const fresh = Pages::create({.folder = GATEHOUSE_SOURCE_DIR "/web/pages", .strict = true});
    ASSERT_TRUE(fresh) << fresh.error().detail;
    auto const page = fault_page(Fault::not_found, {}, "/");
    EXPECT_EQ((*fresh)->render(page, fixture_context((*fresh)->locales().fallback())), show(page));
    EXPECT_FALSE(Pages::create({.folder = "/nowhere"}));
}

} // namespace
} // namespace gatehouse::view
