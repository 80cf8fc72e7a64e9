// The ways to a new password, and what must not become of them: a second factor that is skipped, a wait that is got
// around, a notice that is kept from the owner.
#include "credentials/passkeys.hpp"
#include "credentials/recovery_holds.hpp"
#include "credentials/reset_caution.hpp"
#include "credentials/test_support/software_authenticator.hpp"
#include "credentials/totp.hpp"
#include "signin/test_support/json_face.hpp"
#include "signin/test_support/sign_in_pages.hpp"

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using session::must;
using Page = SignInPages::Page;

constexpr std::string_view kNew = "an entirely new passphrase";

class Recovery : public SignInPages {
protected:
    UserId ada = world.make_person("ada@example.com");
    Secret secret;

    void enrol_app()
    {
        Bytes const binding{1};
        auto pending = must(world.authenticators.begin(world.tenant_id(), ada, binding, {}, world.now()));
        must(world.write([&](storage::Tx& tx) {
            return world.authenticators.confirm(tx, world.tenant_id(), ada, binding, pending.sealed,
                                                credentials::totp(pending.secret.expose(), world.now(), {}), "Phone",
                                                {}, world.now());
        }));
        secret = std::move(pending.secret);
        world.clock.advance(credentials::kTotpPeriod);
    }
    std::vector<std::string> make_recovery_codes()
    {
        return must(world.write([&](storage::Tx& tx) {
            return world.recovery_codes.generate(tx, world.tenant_id(), ada, {}, world.now());
        }));
    }
    void add_address(std::string const& email)
    {
        must(world.write([&](storage::Tx& tx) {
            return world.users.add_identifier(tx, world.tenant_id(), ada,
                                              {.identifier = must(identity::normalize_email(email)), .verified = true},
                                              {}, world.now());
        }));
    }
    void let_resets_wait(std::int64_t hours)
    {
        set_settings([&](auto& settings) { settings.recovery.waiting_hours = hours; });
    }
    Page prove_by_mail(Browser& browser)
    {
        auto const page = begin_recovery(browser, "ada@example.com");
        return browser.submit(page, {{"code", world.code_for("ada@example.com")}});
    }
    Page ask_for_code_way(Browser& browser)
    {
        return browser.submit(browser.get("/recover"), {{"use", "recovery_code"}});
    }
    Page prove_by_code(Browser& browser, std::string const& code, std::string const& who = "ada@example.com")
    {
        return browser.submit(ask_for_code_way(browser), {{"identifier", who}, {"code", code}});
    }
    static bool asks_for_new_one(Page const& page) { return page.contains("autocomplete=\"new-password\""); }
    static bool waits(Page const& page) { return page.contains("Your reset has to wait"); }
    // The address of the newest notice's button, as a path.
    std::string stop_link(std::string const& to)
    {
        for (auto const& mail : world.mail_to(to))
            if (mail.kind == "recovery_held")
                if (auto const at = mail.text.find("/recover/stop?token="); at != std::string::npos)
                    return mail.text.substr(at, mail.text.find_first_of(" \r\n", at) - at);
        return {};
    }
    std::size_t notices(std::string const& to)
    {
        auto const mails = world.mail_to(to);
        return static_cast<std::size_t>(std::ranges::count(mails, "recovery_held", &messages::CapturedMail::kind));
    }
};

TEST_P(Recovery, APrintedCodeLetsANewPasswordBeSetAndEveryAddressIsTold)
{
    add_address("ada@work.example");
    auto const codes = make_recovery_codes();
    auto browser = world.browser();
    auto const form = prove_by_code(browser, codes.front());
    ASSERT_TRUE(asks_for_new_one(form)) << form.status << form.body;
    auto const done = browser.submit(form, {{"password", std::string(kNew)}});
    ASSERT_TRUE(is_done(done)) << done.status << done.body;
    for (auto const* address : {"ada@example.com", "ada@work.example"}) {
        auto const mails = world.mail_to(address);
        ASSERT_EQ(mails.size(), 2u) << address;
        EXPECT_EQ(mails.at(0).kind, "password_changed");
        EXPECT_EQ(mails.at(1).kind, "recovery_code_used");
    }
    auto again = world.browser();
    EXPECT_TRUE(is_done(sign_in(again, "ada@example.com", std::string(kNew))));
}

TEST_P(Recovery, APrintedCodeIsTakenOnce)
{
    auto const codes = make_recovery_codes();
    auto browser = world.browser();
    ASSERT_TRUE(asks_for_new_one(prove_by_code(browser, codes.front())));
    auto again = world.browser();
    EXPECT_EQ(prove_by_code(again, codes.front()).status, 422);
    EXPECT_TRUE(asks_for_new_one(prove_by_code(again, codes.at(1))));
}

// One code is one factor: it does not stand for the second one as well.
TEST_P(Recovery, ThePrintedCodeThatResetsIsNoSecondFactorAndTheAppStillIs)
{
    enrol_app();
    auto const codes = make_recovery_codes();
    auto browser = world.browser();
    auto const form = prove_by_code(browser, codes.front());
    ASSERT_TRUE(asks_for_new_one(form));
    auto const asked = browser.submit(form, {{"password", std::string(kNew)}});
    ASSERT_TRUE(asked.has_field("code")) << asked.location << asked.body;
    EXPECT_FALSE(asked.contains("Use a recovery code")) << "another one of the same list proves nothing new";
    auto const tricked = browser.submit(asked, {{"use", "recovery_code"}});
    EXPECT_EQ(browser.submit(tricked, {{"code", codes.at(1)}}).status, 422);
    EXPECT_EQ(world.count_events("session.started"), 0);
    world.clock.advance(credentials::kTotpPeriod);
    EXPECT_TRUE(is_done(browser.submit(asked, {{"code", credentials::totp(secret.expose(), world.now(), {})}})));
}

TEST_P(Recovery, PrintedCodesTellNobodyWhoHasAnAccount)
{
    make_recovery_codes();
    world.make_person("grace@example.com"); // has none
    auto const try_one = [&](std::string const& who) {
        auto browser = world.browser();
        auto const page = ask_for_code_way(browser);
        auto const before = world.database->statistics();
        auto const answer = browser.submit(page, {{"identifier", who}, {"code", "aaaaa-aaaaa"}});
        auto const after = world.database->statistics();
        auto shown = answer.body.substr(answer.body.find("<main"));
        for (auto const& varying : {answer.field("journey"), who})
            for (std::size_t at = 0; (at = shown.find(varying, at)) != std::string::npos;)
                shown.replace(at, varying.size(), "*");
        return std::tuple(answer.status, shown, after.commits - before.commits);
    };
    try_one("first@example.com");
    EXPECT_EQ(try_one("ada@example.com"), try_one("nobody@example.com"));
    EXPECT_EQ(try_one("grace@example.com"), try_one("nobody@example.com"));
}

// The same hundred, whichever page they are guessed on.
TEST_P(Recovery, GuessedPrintedCodesAreCountedAcrossPathwaysAndAliases)
{
    enrol_app();
    auto const codes = make_recovery_codes();
    int judged = 0;
    for (int i = 0; i < 150; ++i) {
        auto browser = world.browser("198.51.100." + std::to_string(i));
        judged += prove_by_code(browser, "aaaaa-aaaa" + std::to_string(i % 10),
                                i % 2 == 0 ? "ada@example.com" : "ADA@Example.com")
                      .status == 422;
        world.clock.advance(1h);
    }
    EXPECT_EQ(judged, 100);
    auto browser = world.browser("192.0.2.1");
    EXPECT_EQ(prove_by_code(browser, codes.front()).status, 429);
    // Whoever knows the password goes on guessing nowhere else.
    auto const asked = sign_in(browser, "ada@example.com", password());
    auto const there = browser.submit(asked, {{"use", "recovery_code"}});
    EXPECT_EQ(browser.submit(there, {{"code", codes.front()}}).status, 429);
}

TEST_P(Recovery, WhatTheTenantDoesNotAllowIsNeitherOfferedNorTaken)
{
    auto const codes = make_recovery_codes();
    auto open = world.browser();
    auto const page = ask_for_code_way(open); // before it was switched off
    set_settings([](auto& settings) { settings.recovery = {.email = true, .recovery_code = false, .passkey = false}; });
    auto browser = world.browser();
    EXPECT_FALSE(browser.get("/recover").contains("Use a recovery code"));
    EXPECT_FALSE(browser.get("/recover").contains("Use a passkey"));
    EXPECT_FALSE(asks_for_new_one(open.submit(page, {{"identifier", "ada@example.com"}, {"code", codes.front()}})));
    set_settings([](auto& settings) { settings.recovery = {.email = false, .recovery_code = true, .passkey = false}; });
    auto const form = browser.get("/recover");
    EXPECT_FALSE(form.contains("Send code"));
    EXPECT_EQ(browser.submit(form, {{"identifier", "ada@example.com"}}).status, 422);
    EXPECT_EQ(world.mails(), 0u);
}

TEST_P(Recovery, AResetThatWaitsGoesOnInTheSameBrowserAfterwards)
{
    add_address("ada@work.example");
    let_resets_wait(24);
    auto browser = world.browser();
    ASSERT_TRUE(waits(prove_by_mail(browser)));
    EXPECT_EQ(notices("ada@example.com"), 1u);
    EXPECT_EQ(notices("ada@work.example"), 1u);
    EXPECT_EQ(world.count_events("recovery.held"), 1);
    world.clock.advance(23h);
    EXPECT_TRUE(waits(prove_by_mail(browser))) << "still";
    EXPECT_EQ(notices("ada@example.com"), 1u) << "one wait, one notice";
    world.clock.advance(1h + 1min);
    auto const form = prove_by_mail(browser);
    ASSERT_TRUE(asks_for_new_one(form)) << form.body;
    EXPECT_TRUE(is_done(browser.submit(form, {{"password", std::string(kNew)}})));
}

// The tenant lets no reset wait; but whoever took the change back may be somebody who reads an old mailbox.
TEST_P(Recovery, AfterAChangeWasTakenBackAResetByMailWaitsAndOneByPrintedCodeDoesNot)
{
    add_address("ada@work.example");
    auto const codes = make_recovery_codes();
    auto early = world.browser();
    auto const open_form = prove_by_mail(early);
    ASSERT_TRUE(asks_for_new_one(open_form));
    must(world.write([&](storage::Tx& tx) {
        return credentials::begin_caution(tx, credentials::Challenges(*world.vault), world.tenant_id(), ada,
                                          world.now());
    }));
    EXPECT_FALSE(is_done(early.submit(open_form, {{"password", std::string(kNew)}}))) << "it was open before";
    auto browser = world.browser();
    ASSERT_TRUE(waits(prove_by_mail(browser)));
    EXPECT_EQ(notices("ada@work.example"), 1u);
    EXPECT_FALSE(stop_link("ada@work.example").empty());
    world.clock.advance(credentials::kCautiousWait + 1min);
    EXPECT_TRUE(asks_for_new_one(prove_by_mail(browser)));
    auto owner = world.browser();
    EXPECT_TRUE(asks_for_new_one(prove_by_code(owner, codes.front())));
    world.clock.advance(credentials::kCautionLasts);
    auto later = world.browser();
    EXPECT_TRUE(asks_for_new_one(prove_by_mail(later)));
}

TEST_P(Recovery, TheNoticeGoesToTheTelephoneToo)
{
    must(world.write([&](storage::Tx& tx) {
        return world.users.add_identifier(
            tx, world.tenant_id(), ada,
            {.identifier = must(identity::normalize_phone("+4915123456789")), .verified = true}, {}, world.now());
    }));
    let_resets_wait(24);
    auto browser = world.browser();
    ASSERT_TRUE(waits(prove_by_mail(browser)));
    EXPECT_EQ(notices("+4915123456789"), 1u);
    auto const link = stop_link("+4915123456789");
    auto owner = world.browser();
    EXPECT_TRUE(owner.submit(owner.get(link), {}).contains("The reset is stopped"));
}

// Time that the owner waited is not the attacker's.
TEST_P(Recovery, TheWaitOfOneBrowserIsNotThatOfAnother)
{
    let_resets_wait(24);
    auto owner = world.browser();
    ASSERT_TRUE(waits(prove_by_mail(owner)));
    ASSERT_EQ(notices("ada@example.com"), 1u);
    world.clock.advance(25h);
    auto thief = world.browser("198.51.100.9");
    EXPECT_TRUE(waits(prove_by_mail(thief)));
    EXPECT_EQ(notices("ada@example.com"), 2u) << "and it is told";
    thief.cookies["gh_recovery_" + world.tenant_id().to_string()] = "forged";
    EXPECT_TRUE(waits(prove_by_mail(thief)));
}

TEST_P(Recovery, AWaitBegunForAnotherPersonHelpsNobody)
{
    world.make_person("mallory@example.com");
    let_resets_wait(24);
    auto mallory = world.browser();
    auto const page = begin_recovery(mallory, "mallory@example.com");
    ASSERT_TRUE(waits(mallory.submit(page, {{"code", world.code_for("mallory@example.com")}})));
    world.clock.advance(25h);
    EXPECT_TRUE(waits(prove_by_mail(mallory))) << "the ticket names mallory";
}

TEST_P(Recovery, TheWaitIsNotSkippedByTheFormTheApiOrAnotherProof)
{
    let_resets_wait(24);
    auto const codes = make_recovery_codes();
    auto browser = world.browser();
    auto const page = prove_by_mail(browser);
    ASSERT_TRUE(waits(page));
    auto const journey = page.location.substr(page.location.find("journey=") + 8);
    EXPECT_TRUE(waits(
        browser.post("/recover", {{"journey", journey}, {"step", "new_password"}, {"password", std::string(kNew)}})));
    EXPECT_TRUE(waits(
        browser.post("/recover", {{"journey", journey}, {"step", "recovery_wait"}, {"password", std::string(kNew)}})));
    auto other = world.browser();
    EXPECT_TRUE(waits(prove_by_code(other, codes.front()))) << "the other way waits as well";
    auto app = world.browser();
    EXPECT_EQ(sign_in(app, "ada@example.com", std::string(kNew)).status, 422);
}

TEST_P(Recovery, TheOwnerStopsItFromAnyAddressAndScannersDoNot)
{
    add_address("ada@work.example");
    let_resets_wait(24);
    auto thief = world.browser("198.51.100.9");
    ASSERT_TRUE(waits(prove_by_mail(thief)));
    auto const link = stop_link("ada@work.example");
    ASSERT_FALSE(link.empty());
    auto scanner = world.browser("192.0.2.66");
    scanner.get(link); // opens it, and presses nothing
    world.clock.advance(25h);
    EXPECT_TRUE(asks_for_new_one(prove_by_mail(thief))) << "nobody stopped it so far";
    auto owner = world.browser();
    auto const page = owner.get(link);
    EXPECT_TRUE(page.contains("Stop the reset"));
    EXPECT_TRUE(owner.submit(page, {}).contains("The reset is stopped"));
    EXPECT_EQ(world.count_events("recovery.stopped"), 1);
    EXPECT_TRUE(owner.submit(page, {}).contains("The reset is stopped")) << "twice is once";
    EXPECT_EQ(world.count_events("recovery.stopped"), 1);
    EXPECT_TRUE(waits(prove_by_mail(thief))) << "a new wait, which is told again";
    EXPECT_EQ(notices("ada@work.example"), 2u);
}

TEST_P(Recovery, AResetThatIsStoppedWhileTheFormIsOpenSetsNothing)
{
    let_resets_wait(24);
    auto thief = world.browser("198.51.100.9");
    ASSERT_TRUE(waits(prove_by_mail(thief)));
    auto const link = stop_link("ada@example.com");
    world.clock.advance(25h);
    auto const form = prove_by_mail(thief);
    ASSERT_TRUE(asks_for_new_one(form));
    auto owner = world.browser();
    ASSERT_TRUE(owner.submit(owner.get(link), {}).contains("The reset is stopped"));
    auto const answer = thief.submit(form, {{"password", std::string(kNew)}});
    EXPECT_FALSE(is_done(answer)) << answer.location;
    EXPECT_TRUE(is_done(sign_in(owner, "ada@example.com", password()))) << "the old one works";
}

// Whoever uses up the mails that strangers may cause does not keep the notice from going out.
TEST_P(Recovery, TheNoticeIsNotSuppressedByFloodingTheMailbox)
{
    let_resets_wait(24);
    auto thief = world.browser("198.51.100.9");
    Page page;
    for (int i = 0; i < 6; ++i)
        page = begin_recovery(thief, "ada@example.com");
    EXPECT_EQ(begin_recovery(thief, "ada@example.com").status, 429);
    ASSERT_TRUE(waits(thief.submit(page, {{"code", world.code_for("ada@example.com")}})));
    EXPECT_EQ(notices("ada@example.com"), 1u);
}

TEST_P(Recovery, AForgedOrForeignStopLinkStopsNothing)
{
    let_resets_wait(24);
    auto browser = world.browser();
    ASSERT_TRUE(waits(prove_by_mail(browser)));
    auto const link = stop_link("ada@example.com");
    auto owner = world.browser();
    auto const page = owner.get(link);
    auto forged = link;
    forged.back() = forged.back() == 'A' ? 'B' : 'A';
    EXPECT_EQ(owner.get(forged).status, 410);
    owner.extra_headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(owner.submit(page, {}).status, 403);
    EXPECT_EQ(world.count_events("recovery.stopped"), 0);
    owner.extra_headers.clear();
    world.clock.advance(24h + credentials::kHoldOpen + 1min);
    EXPECT_EQ(owner.get(link).status, 410) << "over with the reset";
}

TEST_P(Recovery, AnAppKeepsTheTicketOfAWaitItself)
{
    namespace json = boost::json;
    let_resets_wait(24);
    auto const post = [&](std::string const& path, json::object const& body) {
        auto browser = world.browser();
        browser.extra_headers["Content-Type"] = "application/json";
        return must(parse_json_object_strict(browser.send(http::Method::post, path, json::serialize(body)).content()));
    };
    auto const submit = [&](json::object const& at, json::object input) {
        return post("/api/v1/journeys/submit",
                    {{"journey", at.at("journey")}, {"step", at.at("page").at("step")}, {"input", std::move(input)}});
    };
    auto const prove = [&](std::string const& ticket) {
        auto const begun = post("/api/v1/journeys", {{"continuation", "app"}, {"purpose", "recovery"}});
        auto const sent = submit(begun, {{"identifier", "ada@example.com"}, {"ticket", ticket}});
        return submit(sent, {{"code", world.code_for("ada@example.com")}});
    };
    auto const held = prove("");
    ASSERT_EQ(held.at("page").at("step"), "recovery_wait") << json::serialize(held);
    auto const ticket = std::string(held.at("page").at("extra").at("ticket").as_string());
    world.clock.advance(25h);
    EXPECT_EQ(prove("").at("page").at("step"), "recovery_wait") << "without it, the wait begins anew";
    auto const form = prove(ticket);
    ASSERT_EQ(form.at("page").at("step"), "new_password") << json::serialize(form);
    EXPECT_EQ(submit(form, {{"password", kNew}}).at("status"), "finished");
}

// The ticket of an app travels in the input, whatever the proof is.
TEST_P(Recovery, AnAppEndsAResetByPasskeyThatHadToWait)
{
    auto const party = *credentials::relying_party(*world.context().tenant);
    credentials::SoftwareAuthenticator key;
    auto const ceremony = [&](Bytes challenge) {
        return credentials::Ceremony{
            .rp_id = party.id, .origin = party.origins.front(), .challenge = std::move(challenge)};
    };
    Bytes const challenge(32, 0x01);
    auto const registered = must(credentials::webauthn::verify_registration(
        {.party = party, .challenge = challenge, .now = world.now()}, key.create(ceremony(challenge))));
    must(world.write([&](storage::Tx& tx) -> Result<credentials::Passkey> {
        TRY(auto const opened, world.vault->open_person_key(tx, world.tenant_id(), ada));
        return credentials::Passkeys(*world.vault, world.users)
            .enrol(tx, opened, registered, "Key", "", {}, world.now());
    }));
    let_resets_wait(24);
    JsonFace app(world);
    auto const prove = [&](std::string const& ticket) {
        auto const page = app.submit(app.start({{"purpose", "recovery"}}), {{"use", "passkey"}});
        auto const& asked = page.page();
        std::string sealed;
        for (auto const& field : asked.at("fields").as_array())
            if (field.at("name") == "passkey_challenge")
                sealed = field.at("value").as_string();
        auto const wanted = asked.at("extra").at("passkey").at("challenge").as_string();
        auto const response = key.get(ceremony(must(base64url_decode(std::string_view(wanted)))));
        return app.submit(
            page, {{"passkey", boost::json::serialize(response)}, {"passkey_challenge", sealed}, {"ticket", ticket}});
    };
    auto const held = prove("");
    ASSERT_EQ(held.step(), "recovery_wait") << boost::json::serialize(held.body);
    auto const ticket = std::string(held.page().at("extra").at("ticket").as_string());
    world.clock.advance(25h);
    EXPECT_EQ(prove("").step(), "recovery_wait") << "without its ticket it is another reset";
    auto const form = prove(ticket);
    ASSERT_EQ(form.step(), "new_password") << boost::json::serialize(form.body);
    EXPECT_TRUE(app.submit(form, {{"password", kNew}}).is_finished());
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Recovery, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
