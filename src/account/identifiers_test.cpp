// Addresses and numbers on the portal, and taking changes of them back; the attacks on both.
#include "account/account.hpp"
#include "account/identifiers.hpp"
#include "credentials/enrolled.hpp"
#include "credentials/passkeys.hpp"
#include "credentials/reset_caution.hpp"
#include "journey/test_support/world.hpp"

#include <gmock/gmock.h>
#include <regex>

namespace gatehouse::account {
namespace {

using namespace std::chrono_literals;
using journey::Browser;
using session::must;
using testing::HasSubstr;
using Page = Browser::Page;

std::string const kPhone = "+4915123456789";
constexpr auto kPage = "/account/identifiers";

class Identifiers : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");

    Identifiers()
    {
        world.add(account.routes());
        world.clock.advance(1min); // the account is older than the sessions
    }

    Page post(Browser& browser, Browser::Input input)
    {
        input.emplace_back("csrf", browser.get(kPage).field("csrf"));
        return browser.post(kPage, input);
    }
    Page add(Browser& browser, std::string const& kind, std::string const& value)
    {
        auto const page = post(browser, {{kind, value}});
        EXPECT_TRUE(page.has_field("code")) << page.status << page.location << page.body;
        return browser.submit(page, {{"code", world.code_for(value)}});
    }
    std::vector<identity::Identifier> owned(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return world.users.identifiers(tx, world.tenant_id(), user); }));
    }
    std::string id_of(UserId user, std::string const& value)
    {
        for (auto const& one : owned(user))
            if (one.value == value)
                return one.id.to_string();
        return {};
    }
    std::string primary_of(identity::IdentifierKind kind)
    {
        for (auto const& one : owned(ada))
            if (one.kind == kind && one.primary)
                return one.value;
        return {};
    }
    // The path and query of the link in the newest message there.
    std::string undo_link(std::string const& address)
    {
        auto const messages = world.mail_to(address);
        std::smatch found;
        static std::regex const kLink("https?://[^/ ]+(/account/undo[^ \n]*)");
        if (messages.empty() || !std::regex_search(messages.front().text, found, kLink))
            return {};
        return found[1];
    }
    std::size_t sessions_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) {
                   return session::list(tx, *world.vault, world.tenant_id(), user, world.now());
               }))
            .size();
    }
    void change_settings(auto change)
    {
        auto settings = world.directory.find(world.tenant_id())->settings;
        change(settings);
        must(world.write([&](storage::Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                        world.now());
        }));
        world.poll();
    }
    std::int64_t epoch_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return world.users.get(tx, world.tenant_id(), user); }))
            .security_epoch;
    }
    // Whom a request is of that was let in just now.
    Visitor visitor_of(UserId user)
    {
        return {.session = world.start_session(user).session,
                .user = must(world.read([&](storage::Tx& tx) { return world.users.get(tx, world.tenant_id(), user); })),
                .email = "",
                .csrf = ""};
    }
    void give_passkey(UserId user)
    {
        change_settings([](auto& settings) { settings.signin.second_factor = identity::SecondFactor::never; });
        credentials::webauthn::Registered registered;
        registered.credential_id = Bytes(16, std::uint8_t{7});
        registered.public_key = Bytes(77, std::uint8_t{1});
        registered.user_verified = true;
        must(world.write([&](storage::Tx& tx) -> Result<void> {
            TRY(auto const key, world.vault->open_person_key(tx, world.tenant_id(), user));
            TRY_DO(
                credentials::Passkeys(*world.vault, world.users).enrol(tx, key, registered, "", "x", {}, world.now()));
            return {};
        }));
    }
    credentials::Methods methods_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return credentials::enrolled(tx, world.tenant_id(), user); }));
    }
    Page undo(std::string const& link)
    {
        auto browser = world.browser("198.51.100.20");
        auto const page = browser.get(link);
        return page.status == 200 ? browser.submit(page, {}) : page;
    }
};

TEST_P(Identifiers, APhoneNumberIsAddedWithACodeAndTheMailboxIsTold)
{
    auto browser = world.browser_of(ada);
    auto const page = add(browser, "phone", kPhone);
    EXPECT_TRUE(page.contains("It is confirmed and added.")) << page.body;
    EXPECT_TRUE(page.contains("+49 1512 3456789"));
    EXPECT_EQ(primary_of(identity::IdentifierKind::phone), kPhone);
    auto const notice = world.mail_to("ada@example.com").front();
    EXPECT_EQ(notice.kind, "identifier_changed");
    EXPECT_THAT(notice.text, HasSubstr("+49 ... 789 was added"));
    EXPECT_THAT(notice.text, testing::Not(HasSubstr("3456"))) << "who reads an old mailbox learns no number";
}

TEST_P(Identifiers, ACallBringsTheCodeToo)
{
    auto browser = world.browser_of(ada);
    auto page = post(browser, {{"phone", kPhone}});
    page = browser.submit(page, {{"action", "call"}});
    auto said = world.mail_to(kPhone).front();
    EXPECT_EQ(said.channel, messages::Channel::voice);
    std::erase_if(said.text, [](char c) { return c < '0' || c > '9'; });
    EXPECT_TRUE(browser.submit(page, {{"code", said.text.substr(0, 6)}}).contains("It is confirmed and added."));
}

TEST_P(Identifiers, WhatIsNoNumberOrGetsNoTextsIsRefusedAtTheField)
{
    auto browser = world.browser_of(ada);
    for (auto const* number : {"12345", "+499001234567", "hello"}) {
        auto const page = post(browser, {{"phone", number}});
        EXPECT_EQ(page.status, 422) << number;
        EXPECT_FALSE(page.has_field("code")) << number;
    }
    EXPECT_EQ(world.mail_to("+").size(), 0u);
}

TEST_P(Identifiers, OneIsMadePrimaryAndOneIsRemoved)
{
    auto browser = world.browser_of(ada);
    add(browser, "email", "countess@example.com");
    EXPECT_EQ(primary_of(identity::IdentifierKind::email), "ada@example.com");
    post(browser, {{"primary", id_of(ada, "countess@example.com")}});
    EXPECT_EQ(primary_of(identity::IdentifierKind::email), "countess@example.com");
    EXPECT_THAT(world.mail_to("ada@example.com").front().text, HasSubstr("go to c...@example.com"));
    post(browser, {{"remove", id_of(ada, "ada@example.com")}});
    EXPECT_EQ(owned(ada).size(), 1u);
    EXPECT_EQ(post(browser, {{"remove", id_of(ada, "countess@example.com")}}).status, 422) << "the last one stays";
}

TEST_P(Identifiers, AnotherPersonsAddressOrNumberIsNeitherTakenNorToldOf)
{
    auto const grace = world.make_person("grace@example.com");
    auto graces = world.browser_of(grace);
    add(graces, "phone", kPhone);
    auto const before = world.mail_to(kPhone).size();
    auto browser = world.browser_of(ada);
    auto const page = post(browser, {{"phone", kPhone}});
    EXPECT_TRUE(page.has_field("code")) << "it looks like any other";
    EXPECT_EQ(world.mail_to(kPhone).size(), before);
    EXPECT_TRUE(post(browser, {{"email", "grace@example.com"}}).has_field("code"));
    EXPECT_EQ(world.mail_to("grace@example.com").front().kind, "account_exists");
    // Nor are they changed by their ids.
    post(browser, {{"remove", id_of(grace, kPhone)}});
    EXPECT_EQ(owned(grace).size(), 2u);
}

TEST_P(Identifiers, WhoTookOverTheAccountLosesItAgain)
{
    auto thief = world.browser_of(ada);
    add(thief, "email", "thief@example.com");
    post(thief, {{"primary", id_of(ada, "thief@example.com")}});
    world.clock.advance(1min);
    post(thief, {{"remove", id_of(ada, "ada@example.com")}});
    auto const link = undo_link("ada@example.com");
    ASSERT_FALSE(link.empty());
    // The thief settles in: a password of their own, more sessions, another number.
    must(world.write([&](storage::Tx& tx) {
        return world.passwords.set(tx, world.tenant_id(), ada, {.phc = "$argon2id$thief"}, {}, world.now());
    }));
    auto later = world.browser_of(ada);
    add(later, "phone", kPhone);
    EXPECT_GT(sessions_of(ada), 0u);

    auto const done = undo(link);
    EXPECT_TRUE(done.contains("The change is taken back")) << done.status << done.body;
    EXPECT_EQ(primary_of(identity::IdentifierKind::email), "ada@example.com");
    EXPECT_EQ(id_of(ada, kPhone), "");
    EXPECT_EQ(sessions_of(ada), 0u);
    EXPECT_FALSE(must(world.read([&](storage::Tx& tx) { return world.passwords.load(tx, world.tenant_id(), ada); })))
        << "the thief's password is void";
    EXPECT_EQ(world.count_events("identifier.change_undone"), 1);
    EXPECT_EQ(undo(link).status, 410) << "it works once";
}

TEST_P(Identifiers, AThiefsOwnLinkDoesNotVoidTheOwners)
{
    auto thief = world.browser_of(ada);
    add(thief, "email", "thief@example.com");
    post(thief, {{"primary", id_of(ada, "thief@example.com")}});
    auto const owners = undo_link("ada@example.com");
    world.clock.advance(1min);
    // A second change, which the thief's mailbox is told of.
    auto again = world.browser_of(ada);
    add(again, "email", "second@example.com");
    auto const thiefs = undo_link("thief@example.com");
    ASSERT_FALSE(owners.empty());
    ASSERT_FALSE(thiefs.empty());
    EXPECT_EQ(undo(thiefs).status, 200);
    EXPECT_EQ(undo(owners).status, 200) << "what came first stands above";
    EXPECT_EQ(primary_of(identity::IdentifierKind::email), "ada@example.com");
    EXPECT_EQ(id_of(ada, "thief@example.com"), "");
}

TEST_P(Identifiers, WhoTriesNumbersLearnsByTheBudgetNothingOfWhoHasAnAccount)
{
    change_settings([](auto& settings) { settings.texts.per_number_hourly = 2; });
    auto const grace = world.make_person("grace@example.com");
    must(world.write([&](storage::Tx& tx) {
        return world.users.add_identifier(tx, world.tenant_id(), grace,
                                          {.identifier = must(identity::normalize_phone(kPhone)), .verified = true}, {},
                                          world.now());
    }));
    auto browser = world.browser_of(ada);
    auto const answers = [&](std::string const& number) {
        std::vector<int> statuses;
        for (int i = 0; i < 4; ++i)
            statuses.push_back(post(browser, {{"phone", number}}).status);
        return statuses;
    };
    auto const of_somebody = answers(kPhone);
    EXPECT_EQ(of_somebody, answers("+4915123456000"));
    EXPECT_EQ(of_somebody.back(), 429);
    EXPECT_TRUE(world.mail_to(kPhone).empty());
}

TEST_P(Identifiers, ACodeIsNotSentAgainByWhoeverFindsAnOpenBrowser)
{
    auto browser = world.browser_of(ada);
    auto const page = post(browser, {{"phone", kPhone}});
    ASSERT_TRUE(page.has_field("code"));
    world.clock.advance(6min);
    for (auto const* action : {"resend", "call"})
        EXPECT_TRUE(browser.submit(page, {{"action", action}}).location.starts_with("/signin")) << action;
    EXPECT_EQ(world.mail_to(kPhone).size(), 1u);
}

TEST_P(Identifiers, ARemovedOneEndsTheSessionsAndTheTrustThatMayRestOnIt)
{
    auto browser = world.browser_of(ada);
    add(browser, "email", "countess@example.com");
    auto const elsewhere = world.browser_of(ada);
    EXPECT_EQ(sessions_of(ada), 2u);
    auto const epoch = epoch_of(ada);
    EXPECT_EQ(post(browser, {{"remove", id_of(ada, "countess@example.com")}}).status, 200);
    EXPECT_GT(epoch_of(ada), epoch);
    EXPECT_EQ(sessions_of(ada), 1u);
    EXPECT_EQ(browser.send(http::Method::get, kPage).status, 200) << "this one goes on, with a new secret";
}

// The thief has the form open when the owner takes the account back.
TEST_P(Identifiers, ARequestUnderWayDoesNotOutliveTheUndo)
{
    auto thief = world.browser_of(ada);
    add(thief, "email", "thief@example.com");
    auto const link = undo_link("ada@example.com");
    auto const visitor = visitor_of(ada);
    auto const wanted = must(identity::normalize_email("second@example.com"));
    auto const services = world.services();
    auto const context = world.context();
    auto const challenge = must(world.write([&](storage::Tx& tx) {
        return begin_identifier(services, tx, context, visitor, wanted, messages::Channel::mail);
    }));
    auto const code = world.code_for("second@example.com");
    EXPECT_EQ(undo(link).status, 200);
    auto const added = world.write(
        [&](storage::Tx& tx) { return finish_identifier(services, tx, context, visitor, challenge, code); });
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, "security_epoch_changed");
    auto const id = owned(ada).front().id;
    EXPECT_EQ(
        world.write([&](storage::Tx& tx) { return make_primary(services, tx, context, visitor, id); }).error().code,
        "security_epoch_changed");
    EXPECT_EQ(world.write([&](storage::Tx& tx) { return remove_identifier(services, tx, context, visitor, id); })
                  .error()
                  .code,
              "security_epoch_changed");
}

TEST_P(Identifiers, APasskeyThatTheThiefMadeBeforeTheChangeGoesToo)
{
    auto thief = world.browser_of(ada);
    give_passkey(ada);
    world.clock.advance(1min);
    add(thief, "email", "thief@example.com");
    EXPECT_EQ(undo(undo_link("ada@example.com")).status, 200);
    EXPECT_FALSE(methods_of(ada).has(credentials::Method::passkey));
    EXPECT_TRUE(methods_of(ada).has(credentials::Method::password)) << "what the account began with stays";
}

TEST_P(Identifiers, WhatTheOwnerHadLongBeforeStaysHoweverOldTheSession)
{
    auto thief = world.browser_of(ada);
    give_passkey(ada);
    for (int day = 0; day < 8; ++day) { // used each day, so that the session lives
        world.clock.advance(std::chrono::days(1));
        EXPECT_EQ(thief.send(http::Method::get, kPage).status, 200);
    }
    auto const visitor = visitor_of(ada);
    must(world.write([&](storage::Tx& tx) {
        return replace_email(world.services(), tx, world.context(), visitor,
                             must(identity::normalize_email("thief@example.com")));
    }));
    EXPECT_EQ(undo(undo_link("ada@example.com")).status, 200);
    EXPECT_TRUE(methods_of(ada).has(credentials::Method::passkey)) << "more than undo_days ago";
    EXPECT_EQ(primary_of(identity::IdentifierKind::email), "ada@example.com");
}

// Whoever reads a mailbox that its owner has left: the owner hears of it, and has a day to stop what follows.
TEST_P(Identifiers, EverybodyHearsOfAnUndoAndAResetThatFollowsWaits)
{
    auto owner = world.browser_of(ada);
    add(owner, "phone", kPhone);
    world.clock.advance(std::chrono::minutes(2));
    add(owner, "email", "countess@example.com");
    post(owner, {{"primary", id_of(ada, "countess@example.com")}});
    auto const link = undo_link("ada@example.com");
    auto const is_cautious = [&] {
        return must(world.read(
            [&](storage::Tx& tx) { return credentials::is_cautious(tx, world.tenant_id(), ada, world.now()); }));
    };
    EXPECT_FALSE(is_cautious());
    EXPECT_EQ(undo(link).status, 200);
    for (auto const& told : {std::string("ada@example.com"), std::string("countess@example.com"), kPhone})
        EXPECT_THAT(world.mail_to(told).front().text, HasSubstr("taken back")) << told;
    EXPECT_TRUE(is_cautious());
    world.clock.advance(std::chrono::days(7));
    EXPECT_FALSE(is_cautious());
}

TEST_P(Identifiers, WhatSomebodyElseHasByNowKeepsTheRestFromNobody)
{
    auto thief = world.browser_of(ada);
    add(thief, "phone", kPhone);
    post(thief, {{"remove", id_of(ada, kPhone)}});
    auto const link = undo_link("ada@example.com");
    give_passkey(ada);
    // Its quarantine was ended by hand.
    auto const grace = world.make_person("grace@example.com");
    must(world.write([&](storage::Tx& tx) -> Result<void> {
        TRY_DO(tx.script("DELETE FROM identifier_lookups WHERE user_id IS NULL"));
        TRY_DO(world.users.add_identifier(tx, world.tenant_id(), grace,
                                          {.identifier = must(identity::normalize_phone(kPhone)), .verified = true}, {},
                                          world.now()));
        return {};
    }));
    EXPECT_EQ(undo(link).status, 200);
    EXPECT_FALSE(methods_of(ada).has(credentials::Method::passkey));
    EXPECT_EQ(owned(grace).size(), 2u);
}

TEST_P(Identifiers, ALinkScannerThatFollowsTheLinkChangesNothing)
{
    auto browser = world.browser_of(ada);
    add(browser, "phone", kPhone);
    auto const link = undo_link("ada@example.com");
    auto scanner = world.browser("198.51.100.30");
    EXPECT_EQ(scanner.get(link).status, 200);
    EXPECT_EQ(scanner.get(link).status, 200);
    EXPECT_NE(id_of(ada, kPhone), "");
    EXPECT_EQ(scanner.get("/account/undo?token=AAAA.x").status, 410);
    EXPECT_EQ(scanner.get("/account/undo").status, 410);
}

TEST_P(Identifiers, NothingIsTakenBackAfterTheTenantsDays)
{
    auto browser = world.browser_of(ada);
    add(browser, "phone", kPhone);
    auto const link = undo_link("ada@example.com");
    world.clock.advance(std::chrono::days(7));
    EXPECT_EQ(undo(link).status, 410);
    EXPECT_NE(id_of(ada, kPhone), "");
}

TEST_P(Identifiers, TheLinkIsOfTheTenantsIssuerWhateverHostTheRequestNames)
{
    auto browser = world.browser_of(ada);
    browser.extra_headers["Host"] = "evil.example";
    browser.extra_headers["X-Forwarded-Host"] = "evil.example";
    browser.extra_headers["Forwarded"] = "host=evil.example";
    add(browser, "phone", kPhone);
    EXPECT_EQ(world.mail_to("ada@example.com").front().text.find("evil"), std::string::npos);
    EXPECT_EQ(world.mail_to("ada@example.com").front().html.find("evil"), std::string::npos);
    EXPECT_EQ(world.mail_to(kPhone).front().text.find("evil"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Identifiers, storage::every_backend());

} // namespace
} // namespace gatehouse::account
