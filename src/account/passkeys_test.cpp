// Passkeys on the account's pages, as a browser sees them, and the attacks on them.
#include "account/passkeys.hpp"

#include "account/account.hpp"
#include "credentials/test_support/software_authenticator.hpp"
#include "journey/test_support/world.hpp"

namespace gatehouse::account {
namespace {

using namespace std::chrono_literals;
using journey::Browser;
using session::must;
using Page = Browser::Page;

constexpr char const* kSecurity = "/account/security";
constexpr char const* kNew = "/account/security/passkey/new";
constexpr char const* kPasskey = "/account/security/passkey";
constexpr char const* kRemove = "/account/security/passkey/remove";

class PasskeyPages : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");
    credentials::Passkeys passkeys{*world.vault, world.users};
    credentials::SoftwareAuthenticator authenticator;

    PasskeyPages() { world.add(account.routes()); }

    Page post(Browser& browser, std::string const& path, Browser::Input input)
    {
        input.emplace_back("csrf", browser.get("/account").field("csrf"));
        return browser.post(path, input);
    }
    // What the page's script would do.
    static Bytes challenge_of(Page const& page)
    {
        constexpr std::string_view kMark = "&quot;challenge&quot;:&quot;";
        auto const at = page.body.find(kMark) + kMark.size();
        return must(base64url_decode(page.body.substr(at, page.body.find("&quot;", at) - at)));
    }
    std::string answer_to(Page const& page)
    {
        auto const party = *credentials::relying_party(*world.context().tenant);
        return boost::json::serialize(authenticator.create(
            {.rp_id = party.id, .origin = party.origins.front(), .challenge = challenge_of(page)}));
    }
    Page add(Browser& browser, std::string const& name = "")
    {
        auto const page = browser.get(kNew);
        return browser.submit(page, {{"passkey", answer_to(page)}, {"name", name}});
    }
    std::vector<credentials::Passkey> listed(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return passkeys.load(tx, world.tenant_id(), user); }));
    }
    std::string newest_mail() { return world.mail_to("ada@example.com").front().kind; }
};

TEST_P(PasskeyPages, APasskeyIsAddedAndListed)
{
    auto browser = world.browser_of(ada);
    EXPECT_TRUE(browser.get(kSecurity).contains("No passkey yet."));
    auto const page = browser.get(kNew);
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("data-ceremony=\"create\""));
    EXPECT_TRUE(page.contains("Passkeys need JavaScript"));
    auto const added = add(browser, "My laptop");
    EXPECT_TRUE(added.contains("The passkey is added.")) << added.body;
    EXPECT_TRUE(added.contains("recovery-codes/download")) << "the first second factor brings recovery codes";
    ASSERT_EQ(listed(ada).size(), 1U);
    EXPECT_EQ(listed(ada)[0].name, "My laptop");
    EXPECT_EQ(newest_mail(), "credential_added");
    auto const list = browser.get(kSecurity);
    EXPECT_TRUE(list.contains("My laptop"));
    EXPECT_TRUE(list.contains("Not used yet"));
    EXPECT_TRUE(list.contains("data-ceremony=\"signal\""));
    EXPECT_TRUE(list.contains(base64url_encode(authenticator.credential_id)))
        << "the browser hears which ones are good";
    authenticator.credential_id = Bytes(16, 0x33);
    EXPECT_EQ(add(browser).location, "/account/security?done=passkey_added");
    EXPECT_EQ(listed(ada).size(), 2U);
}

TEST_P(PasskeyPages, ACreationServesTheSessionThatBeganIt)
{
    auto browser = world.browser_of(ada);
    auto const page = browser.get(kNew);
    auto const eve = world.make_person("eve@example.com");
    auto other = world.browser_of(eve);
    auto const stolen =
        post(other, kNew, {{"passkey", answer_to(page)}, {"passkey_challenge", page.field("passkey_challenge")}});
    EXPECT_TRUE(stolen.contains("This took too long"));
    auto again = world.browser_of(ada);
    EXPECT_TRUE(
        post(again, kNew, {{"passkey", answer_to(page)}, {"passkey_challenge", page.field("passkey_challenge")}})
            .contains("This took too long"));
    EXPECT_TRUE(listed(eve).empty());
    EXPECT_TRUE(listed(ada).empty());
}

TEST_P(PasskeyPages, WhatIsNoAnswerOfAPasskeyIsToldOnThePage)
{
    auto browser = world.browser_of(ada);
    auto const page = browser.get(kNew);
    EXPECT_TRUE(browser.submit(page, {{"passkey", ""}}).contains("could not read"));
    EXPECT_TRUE(browser.submit(page, {{"passkey", "{}"}}).contains("could not read"));
    auto const other = browser.get(kNew); // the answer to another challenge
    EXPECT_TRUE(browser.submit(other, {{"passkey", answer_to(page)}}).contains("could not be confirmed"));
    world.clock.advance(4min);
    EXPECT_EQ(browser.submit(page, {{"passkey", answer_to(page)}}).status, 200);
    EXPECT_EQ(listed(ada).size(), 1U);
    EXPECT_TRUE(add(browser).contains("registered already"));
}

TEST_P(PasskeyPages, AddingAndRemovingAskWhoIsThere)
{
    auto browser = world.browser_of(ada);
    add(browser);
    auto const page = browser.get(kNew); // forms from before are void: what was added gave the session a new secret
    auto const id = listed(ada)[0].id.to_string();
    world.clock.advance(6min);
    EXPECT_TRUE(browser.get(kNew).location.starts_with("/signin"));
    EXPECT_TRUE(browser.submit(page, {{"passkey", answer_to(page)}}).location.starts_with("/signin"));
    EXPECT_TRUE(post(browser, kRemove, {{"id", id}}).location.starts_with("/signin"));
    EXPECT_EQ(listed(ada).size(), 1U);
}

TEST_P(PasskeyPages, APasskeyIsRenamedByItsOwner)
{
    auto browser = world.browser_of(ada);
    add(browser);
    auto const id = listed(ada)[0].id.to_string();
    EXPECT_EQ(post(browser, kPasskey, {{"id", id}, {"name", "Key ring"}}).location,
              "/account/security?done=passkey_renamed");
    EXPECT_EQ(listed(ada)[0].name, "Key ring");
    EXPECT_TRUE(post(browser, kPasskey, {{"id", id}, {"name", ""}}).contains("Enter a name"));
    auto eve = world.browser_of(world.make_person("eve@example.com"));
    EXPECT_EQ(post(eve, kPasskey, {{"id", id}, {"name", "Mine"}}).location, "/account/security");
    EXPECT_EQ(post(eve, kRemove, {{"id", id}}).location, "/account/security");
    EXPECT_EQ(eve.get(std::string(kPasskey) + "?id=" + id).location, "/account/security");
    EXPECT_EQ(listed(ada)[0].name, "Key ring");
}

TEST_P(PasskeyPages, RemovingOneEndsTheOtherSessions)
{
    auto browser = world.browser_of(ada);
    auto other = world.browser_of(ada);
    add(browser);
    auto const id = listed(ada)[0].id.to_string();
    auto const sessions = [&] {
        return must(world.read([&](storage::Tx& tx) {
                   return session::list(tx, *world.vault, world.tenant_id(), ada, world.now());
               }))
            .size();
    };
    EXPECT_EQ(sessions(), 2U);
    EXPECT_EQ(post(browser, kRemove, {{"id", id}}).location, "/account/security?done=passkey_removed");
    EXPECT_TRUE(listed(ada).empty());
    EXPECT_EQ(newest_mail(), "credential_removed");
    EXPECT_EQ(sessions(), 1U);
    EXPECT_EQ(browser.get("/account").status, 200);
    EXPECT_TRUE(other.get("/account").location.starts_with("/signin"));
}

TEST_P(PasskeyPages, AFormWithoutTheTokenChangesNothing)
{
    auto browser = world.browser_of(ada);
    auto const page = browser.get(kNew);
    browser.post(kNew, {{"passkey", answer_to(page)}, {"passkey_challenge", page.field("passkey_challenge")}});
    EXPECT_TRUE(listed(ada).empty());
    add(browser);
    browser.post(kRemove, {{"id", listed(ada)[0].id.to_string()}});
    EXPECT_EQ(listed(ada).size(), 1U);
}

TEST_P(PasskeyPages, PasswordManagersFindThem)
{
    auto const page = world.browser().get("/.well-known/passkey-endpoints");
    EXPECT_TRUE(page.contains(R"("enroll":"http://localhost:8080/account/security/passkey/new")")) << page.body;
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PasskeyPages, storage::every_backend());

} // namespace
} // namespace gatehouse::account
