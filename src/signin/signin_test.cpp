// Sign-in through the pages, as a browser sees it, and the attacks on it.
#include "signin/signin.hpp"

#include "journey/test_support/world.hpp"
#include "session/cookie.hpp"
#include "tokens/grants.hpp"

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using journey::Browser;
using journey::kPassword;
using session::must;
using Page = Browser::Page;

class SignInPages : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    SignIn signin{world.services(), {"tenants:read", "tenants:write"}};
    SignInPages() { world.add(signin.routes()); }

    static std::string const& password()
    {
        static std::string const text(kPassword);
        return text;
    }
    Page sign_in(Browser& browser, std::string const& identifier, std::string const& with)
    {
        auto const page = browser.get("/app");
        return browser.submit(page, {{"identifier", identifier}, {"password", with}});
    }
    static bool is_done(Page const& page) { return page.location.starts_with("https://app.example/done?user="); }
    void set_settings(auto change)
    {
        auto settings = world.directory.find(world.tenant_id())->settings;
        change(settings);
        must(world.write([&](storage::Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                        world.now());
        }));
        world.poll();
    }
    // Registers up to the page that asks for the code.
    Page begin_registration(Browser& browser, std::string const& email, std::string const& with)
    {
        auto const page = browser.get("/register");
        return browser.submit(page, {{"name", "Grace"}, {"email", email}, {"password", with}});
    }
    Page begin_recovery(Browser& browser, std::string const& email)
    {
        return browser.submit(browser.get("/recover"), {{"identifier", email}});
    }
};

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

TEST_P(SignInPages, UnknownAndKnownAccountsGetTheSameAnswerForTheSameWork)
{
    world.make_person("ada@example.com");
    auto const try_one = [&](std::string const& who) {
        auto browser = world.browser();
        auto const page = browser.get("/app");
        auto const before = world.database->statistics();
        auto const hashed = world.hash_pool.statistics().finished;
        auto answer = browser.submit(page, {{"identifier", who}, {"password", "wrong password here"}});
        auto const after = world.database->statistics();
        auto const begin = answer.body.find("<main");
        auto shown = answer.body.substr(begin == std::string::npos ? 0 : begin);
        for (auto const& varying : {answer.field("journey"), who})
            for (std::size_t at = 0; (at = shown.find(varying, at)) != std::string::npos;)
                shown.replace(at, varying.size(), "*");
        return std::tuple(answer.status, shown, after.commits - before.commits, after.writes - before.writes,
                          world.hash_pool.statistics().finished - hashed);
    };
    try_one("first@example.com"); // the tenant's key of the day is made once
    EXPECT_EQ(try_one("ada@example.com"), try_one("nobody@example.com"));
    EXPECT_EQ(try_one("ada@example.com"), try_one("not an identifier at all"));
}

TEST_P(SignInPages, ADisabledAccountReadsLikeAWrongPassword)
{
    world.disable_user(world.make_person("ada@example.com"));
    auto browser = world.browser();
    auto const page = sign_in(browser, "ada@example.com", password());
    EXPECT_EQ(page.status, 422);
    EXPECT_TRUE(page.has_field("identifier"));
}

TEST_P(SignInPages, AnEmptyPostIsRefusedBesideTheFieldAndCountsNothing)
{
    auto browser = world.browser();
    auto const page = browser.submit(browser.get("/app"), {});
    EXPECT_EQ(page.status, 422);
    EXPECT_EQ(world.hash_pool.statistics().finished, 0);
    EXPECT_EQ(browser.post("/signin", {}).status, 410);
}

TEST_P(SignInPages, GuessesAreCountedOverLetterCaseSpacesAndAliases)
{
    auto const user = world.make_person("ada@example.com");
    must(world.write([&](storage::Tx& tx) {
        return world.users.add_identifier(tx, world.tenant_id(), user,
                                          {.identifier = must(identity::normalize_username("ada"))}, {}, world.now());
    }));
    int passed = 0;
    std::vector<std::string> const spellings{"ada@example.com", "ADA@example.com", " ada@EXAMPLE.com ",
                                             "Ada@Example.Com"};
    for (int i = 0; i < 20; ++i) {
        auto browser = world.browser("198.51.100." + std::to_string(i));
        passed += sign_in(browser, spellings[static_cast<std::size_t>(i) % 4], "wrong password here").status == 422;
    }
    EXPECT_EQ(passed, 10);
    // The username has ten of its own, and both share the hundred of the person.
    for (int i = 0; i < 200; ++i) {
        auto browser = world.browser("198.51.100." + std::to_string(i));
        passed += sign_in(browser, i % 2 == 0 ? "ada" : "ada@example.com", "wrong password here").status == 422;
        world.clock.advance(16min);
    }
    EXPECT_EQ(passed, 100);
}

TEST_P(SignInPages, StrangersWhoGuessDoNotLockTheOwnerOut)
{
    world.make_person("ada@example.com");
    auto ada = world.browser("203.0.113.7");
    ASSERT_TRUE(is_done(sign_in(ada, "ada@example.com", password())));
    for (int i = 0; i < 120; ++i) {
        auto stranger = world.browser("198.51.100.9");
        sign_in(stranger, "ada@example.com", "wrong password here");
        world.clock.advance(16min);
    }
    auto stranger = world.browser("198.51.100.9");
    EXPECT_EQ(sign_in(stranger, "ada@example.com", password()).status, 429);
    // Her browser is known, though her session is over by now.
    ada.cookies.erase(session::cookie_name(world.context(), "session"));
    EXPECT_TRUE(is_done(sign_in(ada, "ada@example.com", password())));
}

TEST_P(SignInPages, AThrottledAttemptSaysWhenToComeBack)
{
    for (int i = 0; i < 10; ++i) {
        auto browser = world.browser();
        sign_in(browser, "ada@example.com", "wrong password here");
    }
    auto browser = world.browser();
    auto const page = sign_in(browser, "ada@example.com", "wrong password here");
    EXPECT_EQ(page.status, 429);
    EXPECT_EQ(page.headers.find("Retry-After").value_or(""), "60");
    EXPECT_EQ(page.field("identifier"), "ada@example.com");
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

TEST_P(SignInPages, AJourneyIsOfNoUseInAnotherBrowser)
{
    world.make_person("mallory@example.com");
    auto mallory = world.browser();
    auto const page = mallory.get("/app");
    auto victim = world.browser();
    victim.get("/app"); // has a browser cookie of their own
    EXPECT_EQ(victim.get(page.location).status, 400);
    auto const forced = victim.submit(page, {{"identifier", "mallory@example.com"}, {"password", password()}});
    EXPECT_EQ(forced.status, 400);
    EXPECT_FALSE(victim.cookies.contains(session::cookie_name(world.context(), "session")));
}

TEST_P(SignInPages, APlantedSessionCookieIsNotFixed)
{
    world.make_person("ada@example.com");
    world.make_person("mallory@example.com");
    auto mallory = world.browser();
    ASSERT_TRUE(is_done(sign_in(mallory, "mallory@example.com", password())));
    auto const name = session::cookie_name(world.context(), "session");
    auto const planted = mallory.cookies.at(name);
    auto victim = world.browser();
    victim.cookies[name] = planted;
    victim.cookies[session::cookie_name(world.context(), "browser")] = "planted";
    auto const page = victim.get("/signin?login_hint=ada");
    (void)page;
    world.app_start.requirements.fresh = true;
    auto const form = victim.get("/app");
    auto const switched = victim.submit(form, {{"action", "change_account"}});
    ASSERT_TRUE(is_done(victim.submit(switched, {{"identifier", "ada@example.com"}, {"password", password()}})));
    EXPECT_NE(victim.cookies.at(name), planted);
    world.app_start.requirements.fresh = false;
    world.app_start.requirements.choose_account = true;
    EXPECT_FALSE(mallory.get("/app").contains("ada@example.com")) << "what was planted sees nothing of ada";
    EXPECT_NE(victim.cookies.at(session::cookie_name(world.context(), "browser")), "planted");
}

TEST_P(SignInPages, ASignInForgedByAnotherSiteIsRefused)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    browser.extra_headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(browser.submit(page, {{"identifier", "ada@example.com"}, {"password", password()}}).status, 403);
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

TEST_P(SignInPages, StepsAreNotSkippedByDirectRequests)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    for (auto const* step : {"consent", "finish", "new_password", "choose_account", "register_code", "recover_code"}) {
        auto const answer = browser.submit(
            page, {{"step", step}, {"action", "allow"}, {"password", "a new password for ada"}, {"code", "000000"}});
        EXPECT_TRUE(answer.has_field("identifier")) << step << " leads back to the step that is due";
    }
    EXPECT_EQ(world.count_events("session.started"), 0);
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

TEST_P(SignInPages, ASessionOfAnotherBrowserCannotBeChosen)
{
    world.make_person("ada@example.com");
    auto const grace = world.make_person("grace@example.com");
    auto const hers = world.start_session(grace);
    auto browser = world.browser();
    ASSERT_TRUE(is_done(sign_in(browser, "ada@example.com", password())));
    world.app_start.requirements.choose_account = true;
    auto const page = browser.submit(browser.get("/app"), {{"session", hers.session.id.to_string()}});
    EXPECT_EQ(page.status, 422);
    EXPECT_EQ(browser.submit(browser.get("/app"), {{"sign_out", hers.session.id.to_string()}}).status, 422);
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

TEST_P(SignInPages, AnotherPersonsPasswordConfirmsNothing)
{
    auto const ada = world.make_person("ada@example.com");
    world.make_person("mallory@example.com");
    auto browser = world.browser();
    ASSERT_TRUE(is_done(sign_in(browser, "ada@example.com", password())));
    world.app_start.requirements = {.user = ada, .max_age = 60s};
    world.clock.advance(5min);
    auto const page = browser.get("/app");
    auto const answer =
        browser.submit(page, {{"identifier", "mallory@example.com"}, {"password", "mallory's own word"}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_TRUE(is_done(browser.submit(answer, {{"identifier", "mallory@example.com"}, {"password", password()}})))
        << "the address that was sent along does not matter: it was ada's password that was asked for";
}

TEST_P(SignInPages, WhoeverHoldsAnIdTokenDoesNotReadTheAddressOffThePage)
{
    auto const ada = world.make_person("ada@example.com");
    world.make_person("mallory@example.com");
    world.app_start.requirements = {.user = ada}; // what an id_token_hint asks for
    auto stranger = world.browser();
    auto const page = stranger.get("/app");
    EXPECT_FALSE(page.contains("ada@example.com")) << page.body;
    auto const answer = stranger.submit(page, {{"identifier", "mallory@example.com"}, {"password", password()}});
    EXPECT_EQ(answer.status, 422) << "another person's sign-in does not do";
    EXPECT_FALSE(answer.contains("ada@example.com"));
    EXPECT_TRUE(is_done(stranger.submit(answer, {{"identifier", "ada@example.com"}, {"password", password()}})));
    stranger.cookies.erase(session::cookie_name(world.context(), "session"));
    EXPECT_TRUE(stranger.get("/app").contains("ada@example.com")) << "a browser that knows her may name her";
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

TEST_P(SignInPages, RegisteringAnAddressThatExistsLooksTheSameAndTellsItsOwner)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const taken = begin_registration(browser, "ada@example.com", password());
    auto other = world.browser();
    auto const fresh = begin_registration(other, "new@example.com", password());
    EXPECT_EQ(taken.status, fresh.status);
    EXPECT_EQ(taken.has_field("code"), fresh.has_field("code"));
    auto const mails = world.mail_to("ada@example.com");
    ASSERT_EQ(mails.size(), 1);
    EXPECT_EQ(mails[0].kind, "account_exists");
    EXPECT_EQ(world.code_for("ada@example.com"), "");
    auto const wrong_taken = browser.submit(taken, {{"code", "000000"}});
    auto const wrong_fresh = other.submit(fresh, {{"code", "000000"}});
    EXPECT_EQ(wrong_taken.status, 422);
    EXPECT_EQ(wrong_fresh.status, 422);
}

TEST_P(SignInPages, APreRegisteredAccountOfAVictimNeverComesToBe)
{
    auto mallory = world.browser();
    auto const page = begin_registration(mallory, "victim@example.com", "mallory knows this one");
    EXPECT_EQ(world.count_events("user.created"), 0);
    for (int i = 0; i < 5; ++i)
        mallory.submit(page, {{"code", "00000" + std::to_string(i)}});
    // The victim registers in peace, with a password of their own.
    auto victim = world.browser("203.0.113.99");
    auto const theirs = begin_registration(victim, "victim@example.com", password());
    ASSERT_TRUE(is_done(victim.submit(theirs, {{"code", world.code_for("victim@example.com")}})));
    auto again = world.browser();
    EXPECT_EQ(sign_in(again, "victim@example.com", "mallory knows this one").status, 422);
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

TEST_P(SignInPages, CodesCannotBeGuessedAcrossManyJourneys)
{
    world.make_person("ada@example.com");
    int compared = 0;
    for (int i = 0; i < 40; ++i) {
        auto browser = world.browser("198.51.100." + std::to_string(i));
        auto page = begin_recovery(browser, "ada@example.com");
        for (int guess = 0; guess < 6 && page.has_field("code"); ++guess) {
            auto const failed = world.count_events("code.failed");
            browser.submit(page, {{"code", "123456"}});
            compared += static_cast<int>(world.count_events("code.failed") - failed);
        }
    }
    EXPECT_LE(compared, 20) << "within an hour, over all journeys, addresses and codes";
    EXPECT_LE(world.mails(), 6);
}

TEST_P(SignInPages, CodesCannotBeGuessedForDaysAndTheOwnerStillRecoversOnADeviceOfTheirs)
{
    world.make_person("ada@example.com");
    auto ada = world.browser();
    ASSERT_TRUE(is_done(sign_in(ada, "ada@example.com", password())));
    int compared = 0;
    Page last;
    for (int hour = 0; hour < 10; ++hour) {
        for (int i = 0; i < 4; ++i) {
            auto browser = world.browser(fmt::format("198.51.{}.{}", hour, i));
            auto const page = begin_recovery(browser, "ada@example.com");
            for (int guess = 0; guess < 5 && page.has_field("code"); ++guess) {
                auto const failed = world.count_events("code.failed");
                last = browser.submit(page, {{"code", "123456"}});
                compared += static_cast<int>(world.count_events("code.failed") - failed);
            }
        }
        world.clock.advance(5h);
    }
    EXPECT_EQ(compared, 100);
    EXPECT_EQ(last.status, 429);
    ada.cookies.erase(session::cookie_name(world.context(), "session"));
    auto const page = begin_recovery(ada, "ada@example.com");
    auto const form = ada.submit(page, {{"code", world.code_for("ada@example.com")}});
    EXPECT_TRUE(is_done(ada.submit(form, {{"password", "an entirely new passphrase"}}))) << form.body;
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

TEST_P(SignInPages, ARecoveryIsNotReplayedFromAnOlderState)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = begin_recovery(browser, "ada@example.com");
    auto const code = world.code_for("ada@example.com");
    auto const form = browser.submit(page, {{"code", code}});
    ASSERT_TRUE(is_done(browser.submit(form, {{"password", "an entirely new passphrase"}})));
    browser.submit(form, {{"password", "yet another new passphrase"}});
    auto again = world.browser();
    EXPECT_EQ(sign_in(again, "ada@example.com", "yet another new passphrase").status, 422);
    EXPECT_TRUE(is_done(sign_in(again, "ada@example.com", "an entirely new passphrase")));
}

// The mailbox was lost to somebody: its owner changes the address, and what was on its way to the old one is void.
TEST_P(SignInPages, ACodeSentToAnAddressThatWasLeftResetsNothing)
{
    auto const ada = world.make_person("ada@example.com");
    identity::NewIdentifier const username{.identifier = must(identity::normalize_username("countess"))};
    must(world.write([&](storage::Tx& tx) {
        return world.users.add_identifier(tx, world.tenant_id(), ada, username, {}, world.now());
    }));
    auto const change_address = [&](std::string const& to) {
        must(world.write([&](storage::Tx& tx) -> Result<void> {
            auto const tenant = world.directory.find(world.tenant_id());
            TRY(auto const before, world.users.primary_email(tx, world.tenant_id(), ada));
            TRY(auto email, identity::normalize_email(to));
            TRY(auto const added,
                world.users.add_identifier(tx, world.tenant_id(), ada,
                                           {.identifier = std::move(email), .verified = true}, {}, world.now()));
            TRY_DO(world.users.set_primary(tx, world.tenant_id(), ada, added.id, {}, world.now()));
            return world.users.remove_identifier(tx, *tenant, ada, before->id, {}, world.now());
        }));
    };
    for (std::string const typed : {"ada@example.com", "countess"}) {
        auto thief = world.browser();
        auto const waiting = begin_recovery(thief, typed);
        auto const code = world.code_for(typed == "countess" ? "second@example.com" : "ada@example.com");
        change_address(typed == "countess" ? "third@example.com" : "second@example.com");
        EXPECT_FALSE(thief.submit(waiting, {{"code", code}}).has_field("password")) << typed;
    }
    auto thief = world.browser();
    auto const proven =
        thief.submit(begin_recovery(thief, "countess"), {{"code", world.code_for("third@example.com")}});
    ASSERT_TRUE(proven.has_field("password")) << proven.body;
    change_address("fourth@example.com");
    EXPECT_FALSE(is_done(thief.submit(proven, {{"password", "the thief's own passphrase"}})));
    auto browser = world.browser();
    EXPECT_TRUE(is_done(sign_in(browser, "countess", password())));
}

TEST_P(SignInPages, RecoveryTellsNobodyWhetherAnAccountExists)
{
    world.make_person("ada@example.com");
    auto const ask = [&](std::string const& who) {
        auto browser = world.browser();
        auto const form = browser.get("/recover");
        auto const before = world.database->statistics();
        auto const page = browser.submit(form, {{"identifier", who}});
        auto const after = world.database->statistics();
        auto const wrong = browser.submit(page, {{"code", "000000"}});
        return std::tuple(page.status, page.has_field("code"), wrong.status, after.commits - before.commits);
    };
    ask("first@example.com");
    auto const known = ask("ada@example.com");
    EXPECT_EQ(known, ask("nobody@example.com"));
    EXPECT_EQ(world.mails(), 1) << "and only the one who exists gets mail";
}

TEST_P(SignInPages, RecoveryEndsALockOfTheIdentifier)
{
    world.make_person("ada@example.com");
    for (int i = 0; i < 10; ++i) {
        auto browser = world.browser("198.51.100.1");
        sign_in(browser, "ada@example.com", "wrong password here");
    }
    auto browser = world.browser();
    ASSERT_EQ(sign_in(browser, "ada@example.com", password()).status, 429);
    auto const page = begin_recovery(browser, "ada@example.com");
    auto const form = browser.submit(page, {{"code", world.code_for("ada@example.com")}});
    ASSERT_TRUE(is_done(browser.submit(form, {{"password", "an entirely new passphrase"}})));
    auto again = world.browser();
    EXPECT_TRUE(is_done(sign_in(again, "ada@example.com", "an entirely new passphrase")));
}

TEST_P(SignInPages, AStrangerWhoAsksForManyCodesDoesNotKeepTheOwnerFromRecovering)
{
    world.make_person("ada@example.com");
    auto ada = world.browser();
    ASSERT_TRUE(is_done(sign_in(ada, "ada@example.com", password())));
    for (int i = 0; i < 10; ++i) {
        auto stranger = world.browser("198.51.100.9");
        begin_recovery(stranger, "ada@example.com");
    }
    EXPECT_EQ(world.mails(), 6);
    ada.cookies.erase(session::cookie_name(world.context(), "session"));
    auto const page = begin_recovery(ada, "ada@example.com");
    auto const form = ada.submit(page, {{"code", world.code_for("ada@example.com")}});
    EXPECT_TRUE(is_done(ada.submit(form, {{"password", "an entirely new passphrase"}})));
}

TEST_P(SignInPages, ALinkInAMailNeverComesFromTheHostHeader)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    browser.extra_headers["Host"] = "evil.example";
    browser.extra_headers["X-Forwarded-Host"] = "evil.example";
    browser.extra_headers["Forwarded"] = "host=evil.example";
    begin_recovery(browser, "ada@example.com");
    begin_registration(browser, "ada@example.com", password());
    for (auto const& mail : world.mail_to("ada@example.com"))
        EXPECT_EQ(mail.mime.find("evil.example"), std::string::npos) << mail.kind;
}

TEST_P(SignInPages, AJourneyOfAnotherTenantIsNotRead)
{
    world.make_tenant("acme");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    auto const handle = page.field("journey");
    EXPECT_EQ(browser.get("/t/acme/signin?journey=" + handle).status, 410);
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
