// Sign-in through the pages, as a browser sees it. The attacks on it stand in signin_attacks_test.cpp.
#include "signin/test_support/sign_in_pages.hpp"

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using session::must;

TEST_P(SignInPages, APersonSignsInWithAddressAndPassword)
{
    auto const user = world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.location.starts_with("/signin?journey=")) << page.location;
    EXPECT_TRUE(page.has_field("identifier"));
    auto const done = browser.submit(page, {{"identifier", "ada@example.com"}, {"password", password()}});
    EXPECT_TRUE(is_done(done)) << done.status << done.location << done.body.substr(0, 2000);
    EXPECT_TRUE(done.location.find(user.to_string()) != std::string::npos);
    EXPECT_EQ(world.count_events("signin.succeeded"), 1);
    EXPECT_EQ(world.count_events("session.started"), 1);
    // The session carries over to the next application without a question.
    EXPECT_TRUE(is_done(browser.get("/app")));
}

TEST_P(SignInPages, APasswordSignInCostsOneDurableCommit)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    auto const before = world.database->statistics();
    ASSERT_TRUE(is_done(browser.submit(page, {{"identifier", "ada@example.com"}, {"password", password()}})));
    EXPECT_EQ(world.database->statistics().commits - before.commits, 1);
}

TEST_P(SignInPages, AWrongPasswordKeepsTheAddressAndSaysWhatToDo)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = sign_in(browser, "ada@example.com", "wrong password here");
    EXPECT_EQ(page.status, 422);
    EXPECT_EQ(page.field("identifier"), "ada@example.com");
    EXPECT_EQ(page.field("password"), "");
    EXPECT_FALSE(page.contains("wrong password here"));
    EXPECT_EQ(world.count_events("signin.failed"), 1);
    EXPECT_TRUE(is_done(browser.submit(page, {{"identifier", "ada@example.com"}, {"password", password()}})));
}

TEST_P(SignInPages, AnEmptyPostIsRefusedBesideTheFieldAndCountsNothing)
{
    auto browser = world.browser();
    auto const page = browser.submit(browser.get("/app"), {});
    EXPECT_EQ(page.status, 422);
    EXPECT_EQ(world.hash_pool.statistics().finished, 0);
    EXPECT_EQ(browser.post("/signin", {}).status, 410);
}

TEST_P(SignInPages, ABrowserWithoutCookiesIsToldSo)
{
    auto browser = world.browser();
    browser.cookies_enabled = false;
    auto const page = browser.get("/app");
    EXPECT_EQ(page.status, 400);
    EXPECT_TRUE(page.contains("Cookies"));
    EXPECT_TRUE(page.contains("href=\"/app\"")) << page.body;
}

TEST_P(SignInPages, AnExpiredPageOffersToStartAgain)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    world.clock.advance(2h);
    auto const late = browser.submit(page, {{"identifier", "ada@example.com"}, {"password", password()}});
    EXPECT_EQ(late.status, 410);
    EXPECT_TRUE(late.contains("href=\"/app\""));
    EXPECT_EQ(browser.get(page.location).status, 410);
    world.clock.advance(24h * 30); // nothing is left of it
    EXPECT_EQ(browser.get(page.location).status, 410);
    EXPECT_EQ(browser.get("/signin?journey=nonsense").status, 410);
}

TEST_P(SignInPages, TwoTabsBothLeadToTheApplication)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const first = browser.get("/app");
    auto const second = browser.get("/app");
    EXPECT_TRUE(is_done(browser.submit(first, {{"identifier", "ada@example.com"}, {"password", password()}})));
    EXPECT_TRUE(is_done(browser.submit(second, {{"identifier", "ada@example.com"}, {"password", password()}})));
    EXPECT_EQ(world.count_events("session.started"), 1) << "the second confirmed the first one's session";
}

TEST_P(SignInPages, ADoubleSubmitAndAReloadEndWhereTheFirstOneDid)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    Browser::Input const input{{"identifier", "ada@example.com"}, {"password", password()}};
    ASSERT_TRUE(is_done(browser.submit(page, input)));
    EXPECT_TRUE(is_done(browser.submit(page, input)));
    EXPECT_TRUE(is_done(browser.get(page.location))) << "back to the page, after the end";
    EXPECT_EQ(world.count_events("session.started"), 1);
}

TEST_P(SignInPages, AClockThatStepsBackLosesNothing)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    world.clock.advance(-10min);
    EXPECT_TRUE(is_done(browser.submit(page, {{"identifier", "ada@example.com"}, {"password", password()}})));
}

// Safari before 16.4, and every browser at http addresses other than localhost.
TEST_P(SignInPages, ABrowserThatSendsOnlyItsOriginSignsIn)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    browser.sends_fetch_metadata = false;
    auto const page = browser.get("/app");
    EXPECT_EQ(page.headers.find("Referrer-Policy"), "same-origin") << "under no-referrer the Origin would be null";
    browser.extra_headers["Origin"] = "https://evil.example";
    EXPECT_EQ(browser.submit(page, {{"identifier", "ada@example.com"}, {"password", password()}}).status, 403);
    browser.extra_headers["Origin"] = "https://localhost:8080";
    EXPECT_TRUE(is_done(browser.submit(page, {{"identifier", "ada@example.com"}, {"password", password()}})));
}

TEST_P(SignInPages, TwoPeopleInOneBrowserChooseWhoGoesOn)
{
    auto const ada = world.make_person("ada@example.com");
    auto const grace = world.make_person("grace@example.com");
    auto browser = world.browser();
    ASSERT_TRUE(is_done(sign_in(browser, "ada@example.com", password())));
    world.app_start.requirements.choose_account = true;
    auto chooser = browser.get("/app");
    EXPECT_TRUE(chooser.contains("ada@example.com"));
    auto const form = browser.submit(chooser, {{"action", "another"}});
    ASSERT_TRUE(is_done(browser.submit(form, {{"identifier", "grace@example.com"}, {"password", password()}})));

    world.app_start.requirements.choose_account = false;
    chooser = browser.get("/app");
    EXPECT_TRUE(chooser.contains("ada@example.com"));
    EXPECT_TRUE(chooser.contains("grace@example.com"));
    auto const sessions = must(world.read(
        [&](storage::Tx& tx) { return session::list(tx, *world.vault, world.tenant_id(), ada, world.now()); }));
    ASSERT_EQ(sessions.size(), 1);
    auto const id = sessions[0].session.id.to_string();
    auto const done = browser.submit(chooser, {{"session", id}});
    EXPECT_TRUE(done.location.find("user=" + ada.to_string()) != std::string::npos) << done.location;

    auto const after = browser.submit(chooser, {{"sign_out", id}});
    EXPECT_FALSE(after.contains("ada@example.com"));
    auto const alone = browser.get("/app");
    EXPECT_TRUE(alone.location.find("user=" + grace.to_string()) != std::string::npos) << alone.location;
}

TEST_P(SignInPages, PromptLoginAsksAgainAndKeepsTheSession)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    ASSERT_TRUE(is_done(sign_in(browser, "ada@example.com", password())));
    auto const name = session::cookie_name(world.context(), "session");
    auto const before = browser.cookies.at(name);
    world.app_start.requirements.fresh = true;
    auto const page = browser.get("/app");
    EXPECT_TRUE(page.contains("ada@example.com"));
    ASSERT_TRUE(is_done(browser.submit(page, {{"password", password()}})));
    EXPECT_EQ(world.count_events("session.started"), 1);
    EXPECT_EQ(world.count_events("session.reauthenticated"), 1);
    EXPECT_NE(browser.cookies.at(name), before) << "a new secret at every authentication";
}

TEST_P(SignInPages, ConsentIsAskedForOnceAndInPlainWords)
{
    auto const user = world.make_person("ada@example.com");
    auto application = applications::defaults_for(applications::Kind::web);
    application.client_id = "other";
    application.name = "Other Shop";
    application.redirect_uris = {"https://other.example/callback"};
    application = world.make_application(application);
    must(world.registry.get_now(world.tenant_id()));
    world.app_start.application = application.id;
    world.app_start.requirements.consent_scopes = {"openid", "email"};
    auto browser = world.browser();
    auto const page = sign_in(browser, "ada@example.com", password());
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("Other Shop"));
    EXPECT_TRUE(page.contains("See your email address"));
    EXPECT_EQ(browser.submit(page, {}).status, 422) << "an empty post allows nothing";
    auto const denied = browser.submit(page, {{"action", "deny"}});
    EXPECT_TRUE(denied.location.ends_with("error=access_denied")) << denied.location;
    EXPECT_EQ(world.count_events("grant.given"), 0);
    auto const allowed = browser.submit(page, {{"action", "allow"}});
    EXPECT_TRUE(is_done(allowed)) << allowed.location;
    EXPECT_EQ(world.count_events("grant.given"), 1);
    EXPECT_TRUE(is_done(browser.get("/app"))) << "remembered";
    world.app_start.requirements.consent_scopes = {"openid", "email", "phone"};
    EXPECT_TRUE(browser.get("/app").contains("See your phone number")) << "more is asked for again";
    (void)user;
}

TEST_P(SignInPages, APersonRegistersWithACodeFromTheMail)
{
    auto browser = world.browser();
    auto const page = begin_registration(browser, "grace@example.com", password());
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.has_field("code")) << page.body;
    auto const code = world.code_for("grace@example.com");
    ASSERT_EQ(code.size(), 6);
    auto const done = browser.submit(page, {{"code", code.substr(0, 3) + " " + code.substr(3)}});
    EXPECT_TRUE(is_done(done)) << done.status << done.body;
    EXPECT_EQ(world.count_events("user.created"), 1);
    auto other = world.browser();
    EXPECT_TRUE(is_done(sign_in(other, "Grace@example.com", password())));
    EXPECT_TRUE(is_done(browser.submit(page, {{"code", code}}))) << "the same code again finds the session";
    EXPECT_EQ(world.count_events("user.created"), 1);
}

TEST_P(SignInPages, OfTwoWhoRegisterOneAddressTheFirstCodeWins)
{
    auto one = world.browser();
    auto two = world.browser();
    auto const first = begin_registration(one, "grace@example.com", password());
    auto const code = world.code_for("grace@example.com");
    auto const second = begin_registration(two, "grace@example.com", "another fine password");
    auto const other_code = world.code_for("grace@example.com");
    ASSERT_TRUE(is_done(one.submit(first, {{"code", code}})));
    EXPECT_EQ(two.submit(second, {{"code", other_code}}).status, 422);
    EXPECT_EQ(world.count_events("user.created"), 1);
}

TEST_P(SignInPages, RegisteringIsRefusedWhereItIsClosed)
{
    auto browser = world.browser();
    auto const code_page = begin_registration(browser, "grace@example.com", password());
    auto const code = world.code_for("grace@example.com");
    set_settings([](identity::TenantSettings& settings) { settings.registration.open = false; });
    EXPECT_FALSE(browser.get("/register").has_field("password"));
    EXPECT_FALSE(browser.get("/signin").contains("/register?"));
    auto const answer = browser.submit(code_page, {{"code", code}});
    EXPECT_FALSE(is_done(answer));
    EXPECT_EQ(world.count_events("user.created"), 0);
    EXPECT_FALSE(is_done(browser.submit(
        code_page,
        {{"step", "register"}, {"name", "Grace"}, {"email", "grace@example.com"}, {"password", password()}})));
    EXPECT_EQ(world.mails(), 1);
}

TEST_P(SignInPages, WeakPasswordsAreRefusedAndTheRestOfTheFormIsKept)
{
    auto browser = world.browser();
    for (auto const* weak : {"short", "passwordpassword", "grace@example.com"}) {
        auto const page = begin_registration(browser, "grace@example.com", weak);
        EXPECT_EQ(page.status, 422) << weak;
        EXPECT_EQ(page.field("email"), "grace@example.com");
        EXPECT_EQ(page.field("name"), "Grace");
        EXPECT_EQ(page.field("password"), "");
    }
    EXPECT_EQ(world.mails(), 0);
}

TEST_P(SignInPages, AfterAResendThePageSaysThatANewCodeIsOnItsWay)
{
    constexpr std::string_view kSaid = "A new code is on its way.";
    world.make_person("ada@example.com");
    for (std::string const email : {"grace@example.com", "ada@example.com", "nobody@example.com"}) {
        auto browser = world.browser();
        auto const registers = email.starts_with("grace");
        auto const first = registers ? begin_registration(browser, email, password()) : begin_recovery(browser, email);
        EXPECT_FALSE(first.contains(kSaid)) << email;
        auto const again = browser.submit(first, {{"action", "resend"}});
        ASSERT_TRUE(again.has_field("code")) << again.body;
        EXPECT_TRUE(again.contains(kSaid)) << email;
        auto const wrong = browser.submit(again, {{"code", "no code"}});
        EXPECT_EQ(wrong.status, 422);
        EXPECT_FALSE(wrong.contains(kSaid)) << "what is wrong now is the news";
        auto const changed = browser.submit(again, {{"action", "change"}});
        EXPECT_FALSE(changed.contains(kSaid)) << changed.body;
    }
}

TEST_P(SignInPages, ANewCodeReplacesTheOldOne)
{
    auto browser = world.browser();
    auto const page = begin_registration(browser, "grace@example.com", password());
    auto const old = world.code_for("grace@example.com");
    auto const again = browser.submit(page, {{"action", "resend"}});
    ASSERT_TRUE(again.has_field("code")) << again.body;
    auto const code = world.code_for("grace@example.com");
    if (old != code)
        EXPECT_EQ(browser.submit(again, {{"code", old}}).status, 422);
    EXPECT_TRUE(is_done(browser.submit(again, {{"code", code}})));
}

TEST_P(SignInPages, AnExpiredCodeLeadsBackToTheForm)
{
    auto browser = world.browser();
    auto const page = begin_registration(browser, "grace@example.com", password());
    auto const code = world.code_for("grace@example.com");
    world.clock.advance(11min);
    auto const late = browser.submit(page, {{"code", code}});
    EXPECT_EQ(late.status, 422);
    auto const form = browser.submit(late, {{"action", "resend"}});
    EXPECT_EQ(form.field("email"), "grace@example.com");
}

TEST_P(SignInPages, APersonRecoversAndEveryOtherSessionEnds)
{
    auto const user = world.make_person("ada@example.com");
    auto elsewhere = world.browser();
    ASSERT_TRUE(is_done(sign_in(elsewhere, "ada@example.com", password())));
    auto browser = world.browser();
    auto const page = begin_recovery(browser, "ada@example.com");
    auto const code = world.code_for("ada@example.com");
    auto const form = browser.submit(page, {{"code", code}});
    ASSERT_TRUE(form.has_field("password")) << form.body;
    EXPECT_EQ(browser.submit(form, {{"password", "short"}}).status, 422);
    auto const done = browser.submit(form, {{"password", "an entirely new passphrase"}});
    ASSERT_TRUE(is_done(done)) << done.status << done.body;
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "password_changed");
    EXPECT_TRUE(elsewhere.get("/app").has_field("password")) << "signed out there";
    auto again = world.browser();
    EXPECT_EQ(sign_in(again, "ada@example.com", password()).status, 422);
    EXPECT_TRUE(is_done(sign_in(again, "ada@example.com", "an entirely new passphrase")));
    (void)user;
}

TEST_P(SignInPages, PagesAreNotStoredAndSpeakTheLanguageThatWasChosen)
{
    auto browser = world.browser();
    auto const page = browser.get("/app");
    EXPECT_EQ(page.headers.find("Cache-Control").value_or(""), "no-store");
    EXPECT_TRUE(page.headers.contains("Content-Security-Policy"));
    auto const german = browser.get(page.location + "&ui_locales=de");
    EXPECT_EQ(german.headers.find("Content-Language").value_or(""), "de");
    EXPECT_EQ(browser.submit(german, {}).headers.find("Content-Language").value_or(""), "de");
}

TEST_P(SignInPages, TheFirstAdministratorComesByALinkThatWorksOnce)
{
    auto const system = world.directory.system_tenant();
    auto const link = must(
        world.write([&](storage::Tx& tx) { return create_setup_link(tx, world.challenges, *system, world.now()); }));
    ASSERT_TRUE(link.starts_with("http://localhost:8080/t/system/setup?token="));
    auto const path = link.substr(std::string("http://localhost:8080").size());
    auto browser = world.browser();
    auto const page = browser.get(path);
    ASSERT_EQ(page.status, 200);
    EXPECT_EQ(browser.submit(page, {{"name", "Root"}, {"email", "root@example.com"}, {"password", "short"}}).status,
              422);
    auto const done = browser.submit(page, {{"name", "Root"}, {"email", "root@example.com"}, {"password", password()}});
    EXPECT_EQ(done.status, 200) << done.body;
    EXPECT_FALSE(done.has_field("password"));
    auto const found = must(world.read([&](storage::Tx& tx) {
        return world.users.find_by_identifier(tx, system->id, must(identity::normalize_email("root@example.com")));
    }));
    ASSERT_TRUE(found);
    auto const permissions = must(world.read([&](storage::Tx& tx) {
        return world.users.permissions(tx, system->id, found->user.id, system->issuer + "/api/v1");
    }));
    EXPECT_EQ(permissions, (std::vector<std::string>{"tenants:read", "tenants:write"}));
    auto const used = browser.get(path);
    EXPECT_EQ(used.status, 410);
    EXPECT_TRUE(used.contains("This link was already used")) << used.body;
    EXPECT_TRUE(used.contains("gatehouse admin recover"));
    EXPECT_TRUE(used.contains("/t/system/signin")) << "whoever used it has an account";
    EXPECT_EQ(browser.submit(page, {{"name", "Eve"}, {"email", "eve@example.com"}, {"password", password()}}).status,
              410);
    EXPECT_EQ(browser.get("/setup?token=nonsense").status, 410);
}

TEST_P(SignInPages, ASetupLinkExpires)
{
    auto const system = world.directory.system_tenant();
    auto const link = must(
        world.write([&](storage::Tx& tx) { return create_setup_link(tx, world.challenges, *system, world.now()); }));
    world.clock.advance(25h);
    auto browser = world.browser();
    auto const late = browser.get(link.substr(std::string("http://localhost:8080").size()));
    EXPECT_EQ(late.status, 410);
    EXPECT_TRUE(late.contains("This link has expired")) << late.body;
    EXPECT_TRUE(late.contains("gatehouse admin recover"));
}

TEST_P(SignInPages, BrowsersFindThePageThatChangesThePassword)
{
    auto browser = world.browser();
    auto const answer = browser.send(http::Method::get, "/.well-known/change-password");
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.headers.find("Location").value_or(""), "/account/security");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, SignInPages, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
