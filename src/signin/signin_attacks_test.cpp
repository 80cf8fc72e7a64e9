// What attackers try on the pages of sign-in, registration and recovery.
#include "signin/test_support/sign_in_pages.hpp"

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using session::must;
using Page = SignInPages::Page;

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
        constexpr std::string_view kChallenge = "challenge&quot;:&quot;"; // of a passkey
        auto const challenge = shown.substr(shown.find(kChallenge) + kChallenge.size(), 43);
        for (auto const& varying : {answer.field("journey"), answer.field("passkey_challenge"), challenge, who})
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
        EXPECT_GT(world.mails(), 0u) << "and delivered, so that the owner's is the newest";
        world.clock.advance(5h);
    }
    EXPECT_EQ(compared, 100);
    EXPECT_EQ(last.status, 429);
    ada.cookies.erase(session::cookie_name(world.context(), "session"));
    auto const page = begin_recovery(ada, "ada@example.com");
    auto const form = ada.submit(page, {{"code", world.code_for("ada@example.com")}});
    EXPECT_TRUE(is_done(ada.submit(form, {{"password", "an entirely new passphrase"}}))) << form.body;
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

} // namespace
} // namespace gatehouse::signin
