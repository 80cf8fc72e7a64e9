#include "session/cookie.hpp"
#include "session/session.hpp"
#include "session/test_support/world.hpp"

namespace gatehouse::session {
namespace {

using storage::Tx;
using namespace std::chrono_literals;

class SessionTest : public testing::TestWithParam<storage::Engine> {
protected:
    World world{GetParam()};
    UserId ada = world.make_user("ada@example.com");
    Lifetimes lifetimes = lifetimes_of(*world.tenant);

    bool counts(Handle const& handle)
    {
        return must(world.read([&](Tx& tx) { return find(tx, world.tenant_id(), handle, world.now()); })).has_value();
    }
    Opened reauthenticate_now(SessionId session, std::int64_t epoch = 1)
    {
        return must(world.write([&](Tx& tx) {
            return reauthenticate(
                tx, *world.vault, world.tenant_id(), session, epoch,
                {.time = world.now(), .acr = "", .amr = {"pwd"}, .methods = {credentials::Method::password}}, lifetimes,
                {}, world.now());
        }));
    }
    std::int64_t raise_epoch()
    {
        return must(world.write(
            [&](Tx& tx) { return world.users.raise_security_epoch(tx, world.tenant_id(), ada, world.now()); }));
    }
};

TEST_P(SessionTest, ASessionIsFoundByItsHandle)
{
    auto const opened = world.start_session(ada);
    auto const found =
        must(world.read([&](Tx& tx) { return find(tx, world.tenant_id(), opened.handle, world.now()); }));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user, ada);
    EXPECT_EQ(found->authentication.amr, std::vector<std::string>{"pwd"});
    EXPECT_EQ(found->authentication.time, world.now());
}

TEST_P(SessionTest, FindingASessionIsOneStatement)
{
    auto const opened = world.start_session(ada);
    auto const before = world.database->statistics();
    EXPECT_TRUE(counts(opened.handle));
    EXPECT_EQ(world.database->statistics().statements - before.statements, 1);
}

TEST_P(SessionTest, AGuessedSecretFindsNothing)
{
    auto const opened = world.start_session(ada);
    EXPECT_FALSE(counts({.id = opened.handle.id, .secret = Secret(Bytes(32, 7))}));
    EXPECT_FALSE(counts({.id = opened.handle.id, .secret = Secret()}));
}

TEST_P(SessionTest, ASessionOfAnotherTenantFindsNothing)
{
    auto const other = world.make_tenant("acme");
    auto const opened = world.start_session(ada);
    EXPECT_FALSE(must(world.read([&](Tx& tx) { return find(tx, other->id, opened.handle, world.now()); })));
}

TEST_P(SessionTest, AnIdleSessionEndsAndUseKeepsItAlive)
{
    auto const opened = world.start_session(ada);
    world.clock.advance(lifetimes.idle / 2);
    ASSERT_TRUE(touch_is_due(opened.session, lifetimes, world.now()));
    must(world.write([&](Tx& tx) { return touch(tx, world.tenant_id(), opened.session, lifetimes, world.now()); }));
    world.clock.advance(lifetimes.idle / 2 + 1s);
    EXPECT_TRUE(counts(opened.handle));
    world.clock.advance(lifetimes.idle / 2);
    EXPECT_FALSE(counts(opened.handle));
}

TEST_P(SessionTest, UseDoesNotOutliveTheAbsoluteLimit)
{
    auto opened = world.start_session(ada);
    auto const start = world.now();
    while (world.now() + lifetimes.idle / 2 < start + lifetimes.absolute) {
        world.clock.advance(lifetimes.idle / 2);
        must(world.write([&](Tx& tx) { return touch(tx, world.tenant_id(), opened.session, lifetimes, world.now()); }));
    }
    EXPECT_TRUE(counts(opened.handle));
    world.clock.set(start + lifetimes.absolute);
    EXPECT_FALSE(counts(opened.handle));
}

TEST_P(SessionTest, ATouchIsNotDueEveryTime)
{
    auto const opened = world.start_session(ada);
    world.clock.advance(30s);
    EXPECT_FALSE(touch_is_due(opened.session, lifetimes, world.now()));
    EXPECT_FALSE(touch_is_due(opened.session, {.idle = 10min, .absolute = 1h}, world.now()));
}

TEST_P(SessionTest, ReauthenticationChangesTheSecretAndNotTheSession)
{
    auto const first = world.start_session(ada);
    world.clock.advance(1h);
    auto const second = reauthenticate_now(first.session.id);
    EXPECT_EQ(second.session.id, first.session.id);
    EXPECT_EQ(second.session.authentication.time, world.now());
    EXPECT_FALSE(counts(first.handle)); // a copied cookie ends
    EXPECT_TRUE(counts(second.handle));
}

TEST_P(SessionTest, AnEndedSessionCannotBeRenewed)
{
    auto const opened = world.start_session(ada);
    EXPECT_TRUE(must(world.write([&](Tx& tx) {
        return end(tx, *world.vault, world.tenant_id(), ada, opened.session.id, EndReason::sign_out, {}, world.now());
    })));
    EXPECT_FALSE(counts(opened.handle));
    auto const renewed = world.write([&](Tx& tx) {
        return reauthenticate(tx, *world.vault, world.tenant_id(), opened.session.id, 1, {.time = world.now()},
                              lifetimes, {}, world.now());
    });
    EXPECT_EQ(code_of(renewed), "session_ended");
}

TEST_P(SessionTest, EndingASessionOfSomebodyElseDoesNothing)
{
    auto const eve = world.make_user("eve@example.com");
    auto const opened = world.start_session(ada);
    EXPECT_FALSE(must(world.write([&](Tx& tx) {
        return end(tx, *world.vault, world.tenant_id(), eve, opened.session.id, EndReason::revoked_by_user, {},
                   world.now());
    })));
    EXPECT_TRUE(counts(opened.handle));
}

TEST_P(SessionTest, AllOthersEndAndThisOneStays)
{
    auto const here = world.start_session(ada);
    auto const there = world.start_session(ada);
    EXPECT_EQ(must(world.write([&](Tx& tx) {
                  return end_all(tx, *world.vault, world.tenant_id(), ada, here.session.id, EndReason::revoked_by_user,
                                 {}, world.now());
              })),
              1);
    EXPECT_TRUE(counts(here.handle));
    EXPECT_FALSE(counts(there.handle));
}

TEST_P(SessionTest, ADisabledUserHasNoSession)
{
    auto const opened = world.start_session(ada);
    world.disable_user(ada);
    EXPECT_FALSE(counts(opened.handle));
}

TEST_P(SessionTest, AChangedCredentialEndsOtherSessionsAndTheOneItWasChangedInSurvives)
{
    auto const here = world.start_session(ada);
    auto const there = world.start_session(ada);
    auto const renewed = reauthenticate_now(here.session.id, raise_epoch());
    EXPECT_TRUE(counts(renewed.handle));
    EXPECT_FALSE(counts(there.handle));
}

TEST_P(SessionTest, TheAccountPageListsDevices)
{
    world.start_session(ada);
    world.clock.advance(1s);
    auto const newest = world.start_session(ada);
    auto const listed =
        must(world.read([&](Tx& tx) { return list(tx, *world.vault, world.tenant_id(), ada, world.now()); }));
    ASSERT_EQ(listed.size(), 2);
    EXPECT_EQ(listed[0].session.id, newest.session.id);
    EXPECT_EQ(listed[0].device.address, "203.0.113.7");
    EXPECT_EQ(describe_user_agent(listed[0].device.user_agent), "Firefox on Windows");
}

TEST_P(SessionTest, AnApplicationKeepsItsSid)
{
    auto const opened = world.start_session(ada);
    auto const application = ApplicationId::generate(world.now());
    auto const attach = [&] {
        return must(world.write([&](Tx& tx) {
            return attach_application(tx, world.tenant_id(), opened.session.id, application, world.now());
        }));
    };
    auto const sid = attach();
    EXPECT_EQ(attach(), sid);
    auto const found = must(
        world.read([&](Tx& tx) { return find_by_sid(tx, world.tenant_id(), ada, application, sid, world.now()); }));
    EXPECT_EQ(found, opened.session.id);
}

TEST_P(SessionTest, WhatIsLongOverIsRemoved)
{
    auto const opened = world.start_session(ada);
    must(world.write([&](Tx& tx) {
        return attach_application(tx, world.tenant_id(), opened.session.id, ApplicationId::generate(world.now()),
                                  world.now());
    }));
    auto const remove = [&] {
        return must(world.write([&](Tx& tx) { return remove_expired(tx, world.tenant_id(), world.now(), 100); }));
    };
    EXPECT_EQ(remove(), 0);
    world.clock.advance(lifetimes.absolute + 25h);
    EXPECT_EQ(remove(), 1);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, SessionTest, storage::every_backend());

// -- the cookie

class SessionCookie : public testing::Test {
protected:
    Context context{.tenant = std::make_shared<identity::Tenant const>(),
                    .now = from_seconds(1'800'000'000),
                    .request_id = {},
                    .base_path = {},
                    .client_address = {},
                    .secure = true};

    Handle make(std::uint8_t fill)
    {
        return {.id = SessionId::generate(context.now), .secret = Secret(Bytes(32, fill))};
    }
    std::vector<Handle> read(std::string const& value)
    {
        http::Request request;
        request.headers.add("Cookie", cookie_name(context, "session") + "=" + value);
        return read_cookie(context, request);
    }
};

TEST_F(SessionCookie, ItNamesItsTenantAndIsBoundToTheHost)
{
    EXPECT_TRUE(cookie_name(context, "session").starts_with("__Host-gh_session_"));
    auto const cookie = make_cookie(context, {});
    EXPECT_TRUE(cookie.secure);
    EXPECT_TRUE(cookie.http_only);
    EXPECT_EQ(cookie.max_age, 0s);
    context.secure = false;
    EXPECT_TRUE(cookie_name(context, "session").starts_with("gh_session_"));
    EXPECT_FALSE(make_cookie(context, {}).secure);
}

TEST_F(SessionCookie, HandlesComeBackAsTheyWere)
{
    std::vector<Handle> handles;
    handles.push_back(make(1));
    handles.push_back(make(2));
    auto const back = read(make_cookie(context, handles).value);
    ASSERT_EQ(back.size(), 2);
    EXPECT_EQ(back[0].id, handles[0].id);
    EXPECT_TRUE(back[1].secret == handles[1].secret);
}

TEST_F(SessionCookie, RubbishIsLeftOut)
{
    EXPECT_TRUE(read("").empty());
    EXPECT_TRUE(read("...").empty());
    EXPECT_TRUE(read("AAAA.not base64.=").empty());
    std::vector<Handle> one;
    one.push_back(make(1));
    auto const good = make_cookie(context, one).value;
    EXPECT_EQ(read("x." + good + "." + good).size(), 1);
}

TEST_F(SessionCookie, ABrowserHoldsAtMostFive)
{
    std::vector<Handle> held;
    for (std::uint8_t i = 0; i < 9; ++i)
        held = with_handle(std::move(held), make(i));
    ASSERT_EQ(held.size(), kMostSessionsInCookie);
    EXPECT_TRUE(held[0].secret == Secret(Bytes(32, 8)));
    auto const gone = held[0].id;
    held = without(std::move(held), gone);
    EXPECT_EQ(held.size(), kMostSessionsInCookie - 1);
}

TEST_P(SessionTest, APlantedCookieDoesNotSurviveASignIn)
{
    // The attacker plants their own cookie in the victim's browser; the victim signs in.
    auto const context = world.context();
    auto const planted = world.start_session(world.make_user("eve@example.com"));
    auto const victim = world.start_session(ada);
    EXPECT_NE(victim.session.id, planted.session.id);
    EXPECT_FALSE(victim.handle.secret == planted.handle.secret);
    EXPECT_EQ(victim.session.user, ada);
    // And a cookie that names a session which does not exist yet opens none.
    std::vector<Handle> invented;
    invented.push_back({.id = SessionId::generate(world.now()), .secret = Secret(Bytes(32, 9))});
    http::Request request;
    request.headers.add("Cookie", cookie_name(context, "session") + "=" + make_cookie(context, invented).value);
    EXPECT_TRUE(must(world.read([&](Tx& tx) {
                    return find_all(tx, world.tenant_id(), read_cookie(context, request), world.now());
                })).empty());
}

} // namespace
} // namespace gatehouse::session
