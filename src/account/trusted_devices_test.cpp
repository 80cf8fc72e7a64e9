// Trusted browsers on the account's pages.
#include "account/trusted_devices.hpp"

#include "account/account.hpp"
#include "journey/test_support/world.hpp"
#include "session/trusted_devices.hpp"

namespace gatehouse::account {
namespace {

using journey::Browser;
using session::must;

constexpr char const* kSessions = "/account/sessions";
constexpr char const* kTrusted = "/account/sessions/trusted";

class TrustedBrowsers : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");

    TrustedBrowsers() { world.add(account.routes()); }

    session::Trust trust(UserId user)
    {
        auto const state =
            must(world.read([&](storage::Tx& tx) { return world.users.state(tx, world.tenant_id(), user); }));
        return must(world.write([&](storage::Tx& tx) {
            return session::trust_device(
                tx, *world.vault,
                {.tenant = world.tenant_id(),
                 .user = user,
                 .security_epoch = state->security_epoch,
                 .device = {.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                            .address = "81.10.0.77"},
                 .lifetime = std::chrono::days(30),
                 .origin = {}},
                world.now());
        }));
    }
    std::size_t trusted_by(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) {
                   return session::list_trusted(tx, *world.vault, world.tenant_id(), user, world.now());
               }))
            .size();
    }
};

TEST_P(TrustedBrowsers, AreListedWithWhereTheyWereAndEnded)
{
    auto browser = world.browser_with(world.start_session(ada));
    EXPECT_FALSE(browser.get(kSessions).contains("Browsers you trust")) << "where there can be none";
    auto const trusted = trust(ada);
    auto const page = browser.get(kSessions);
    EXPECT_TRUE(page.contains("Browsers you trust") && page.contains("Firefox on Linux")) << page.body;
    EXPECT_TRUE(page.contains("Vienna, Austria") && page.contains("81.10.0.77")) << page.body;
    auto const done = browser.post(kTrusted, {{"csrf", page.field("csrf")}, {"device", trusted.id.to_string()}});
    EXPECT_TRUE(done.contains("no longer trusted")) << done.body;
    EXPECT_EQ(trusted_by(ada), 0U);
}

TEST_P(TrustedBrowsers, OfAnotherPersonAreNotEnded)
{
    auto const grace = world.make_person("grace@example.com");
    auto const theirs = trust(grace);
    auto browser = world.browser_with(world.start_session(ada));
    auto const csrf = browser.get(kSessions).field("csrf");
    browser.post(kTrusted, {{"csrf", csrf}, {"device", theirs.id.to_string()}});
    EXPECT_EQ(trusted_by(grace), 1U);
    auto thief = world.browser_with(world.start_session(grace));
    thief.post(kTrusted, {{"device", theirs.id.to_string()}});
    EXPECT_EQ(trusted_by(grace), 1U) << "a form without its token";
}

TEST_P(TrustedBrowsers, ASessionThatTrustHelpedToOpenChangesNothingWithoutTheSecondFactor)
{
    auto opened = world.start_session(ada);
    auto authentication = opened.session.authentication;
    authentication.time = world.now();
    authentication.methods = credentials::Methods{credentials::Method::password} | session::kByTrust;
    auto renewed = must(world.write([&](storage::Tx& tx) {
        return session::reauthenticate(tx, *world.vault, world.tenant_id(), opened.session.id,
                                       opened.session.security_epoch, authentication,
                                       session::lifetimes_of(*world.tenant), {}, world.now());
    }));
    auto browser = world.browser_with(std::move(renewed));
    auto const answer = browser.send(http::Method::get, "/account/security/authenticator/new");
    EXPECT_EQ(answer.status, 303);
    EXPECT_TRUE(answer.headers.find("Location")->contains("/signin")) << "recent, but not by a second factor";
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, TrustedBrowsers, storage::every_backend());

} // namespace
} // namespace gatehouse::account
