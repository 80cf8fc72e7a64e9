// Signing in with an approval on a device: the pages, and what must not work.
#include "credentials/test_support/software_device.hpp"
#include "journey/test_support/world.hpp"
#include "signin/signin.hpp"

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using credentials::PushDecision;
using credentials::PushRequest;
using credentials::SoftwareDevice;
using journey::Browser;
using journey::kPassword;
using session::must;
using Page = Browser::Page;

class PushSignIn : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    SignIn signin{world.services(), {}};
    UserId ada = world.make_person("ada@example.com");
    SoftwareDevice phone;
    credentials::PushDevice device = add(ada, phone);
    PushSignIn() { world.add(signin.routes()); }

    credentials::PushDevice add(UserId user, SoftwareDevice const& of)
    {
        credentials::PushSubscription const subscription{
            .endpoint = "https://push.example.net/send/1",
            .keys = {.p256dh =
                         must(base64url_decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs"
                                               "7Vd8pZGH6SRpkNtoIAiw4")),
                     .auth = must(base64url_decode("BTBZMqHH6r4Tts7J_aSIgg"))}};
        return must(world.write([&](storage::Tx& tx) -> Result<credentials::PushDevice> {
            TRY(auto const state, world.users.state(tx, world.tenant_id(), user));
            TRY(auto const sealed,
                world.push_devices.invite(world.tenant_id(), user, state->security_epoch, world.now()));
            TRY(auto const invitation, world.push_devices.open_invitation(world.tenant_id(), sealed, world.now()));
            return world.push_devices.add(tx, world.tenant_id(), invitation,
                                          {.name = "Phone", .key = of.public_key(), .subscription = subscription}, {},
                                          world.now());
        }));
    }
    Page give_password(Browser& browser)
    {
        return browser.submit(browser.get("/app"),
                              {{"identifier", "ada@example.com"}, {"password", std::string(kPassword)}});
    }
    std::optional<PushRequest> waiting()
    {
        return must(world.read(
            [&](storage::Tx& tx) { return world.push_requests.waiting(tx, world.tenant_id(), ada, world.now()); }));
    }
    std::string answer(credentials::PushRequests::Answer const& with, PushRequest const& request)
    {
        auto const done = world.write([&](storage::Tx& tx) {
            return world.push_requests.answer(tx, world.tenant_id(), device, request.id, with, {}, world.now());
        });
        return done ? std::string(to_string(done->state)) : done.error().code;
    }
    bool is_ada(Page const& page)
    {
        return page.location.starts_with("https://app.example/done?user=" + ada.to_string());
    }
};

TEST_P(PushSignIn, ADeviceStandsBesideThePassword)
{
    auto browser = world.browser();
    auto const offer = give_password(browser);
    EXPECT_TRUE(offer.contains("Ask my device")) << offer.body;
    EXPECT_TRUE(world.pushed.empty()) << "looking at the page asks nobody";
    auto const wait = browser.submit(offer, {});
    auto const request = waiting();
    ASSERT_TRUE(request);
    EXPECT_TRUE(wait.contains(std::to_string(request->number)));
    EXPECT_TRUE(wait.contains("data-waits=\"/signin/push/" + request->id.to_string()));
    ASSERT_EQ(world.pushed.size(), 1U);
    EXPECT_EQ(world.pushed.front().endpoint, "https://push.example.net/send/1");
    EXPECT_FALSE(boost::json::parse(world.pushed.front().payload).as_object().contains("number"))
        << "the number is not told to the device";
    EXPECT_TRUE(browser.submit(wait, {}).contains("still waits on your device"));
    EXPECT_EQ(answer(phone.approve(*request), *request), "approved");
    auto const done = browser.submit(wait, {});
    EXPECT_TRUE(is_ada(done)) << done.body;
    EXPECT_EQ(world.count_events("push.approved"), 1);
    EXPECT_FALSE(is_ada(browser.submit(wait, {})) && world.count_events("signin.succeeded") > 1);
}

TEST_P(PushSignIn, TheApprovalOfOneJourneySignsNobodyElseIn)
{
    auto mine = world.browser(), theirs = world.browser("198.51.100.9");
    auto const stolen = theirs.submit(give_password(theirs), {}); // who knows the password, too
    auto const first = *waiting();
    auto const wait = mine.submit(give_password(mine), {});
    auto const second = *waiting();
    EXPECT_EQ(answer(phone.approve(first), first), "push_request_over") << "a newer request ended it";
    EXPECT_EQ(answer(phone.approve(second), second), "approved");
    EXPECT_FALSE(is_ada(theirs.submit(stolen, {})));
    EXPECT_TRUE(is_ada(mine.submit(wait, {})));
}

TEST_P(PushSignIn, ADenialAndAWrongNumberLeadNowhere)
{
    auto browser = world.browser();
    auto const wait = browser.submit(give_password(browser), {});
    auto const request = *waiting();
    EXPECT_EQ(answer(phone.answer(request, PushDecision::deny, ""), request), "denied");
    auto const denied = browser.submit(wait, {});
    EXPECT_TRUE(denied.contains("was denied on your device"));
    auto const again = browser.submit(denied, {{"action", "resend"}});
    auto const next = *waiting();
    EXPECT_NE(next.id, request.id);
    EXPECT_EQ(answer(phone.answer(next, PushDecision::approve, next.number == 10 ? "11" : "10"), next),
              "push_number_wrong");
    EXPECT_TRUE(browser.submit(again, {}).contains("Another number was entered"));
    EXPECT_EQ(world.count_events("push.number_wrong"), 1);
}

TEST_P(PushSignIn, PromptsAreLimitedWhateverBrowserAsks)
{
    for (int i = 0; i < credentials::kPushesInWindow; ++i) {
        auto browser = world.browser(fmt::format("203.0.113.{}", i + 10));
        ASSERT_TRUE(browser.submit(give_password(browser), {}).contains("data-waits"));
    }
    auto browser = world.browser("198.51.100.20");
    EXPECT_TRUE(browser.submit(give_password(browser), {}).contains("asked often"));
    EXPECT_EQ(world.pushed.size(), static_cast<std::size_t>(credentials::kPushesInWindow));
}

TEST_P(PushSignIn, ThePageHearsOfTheAnswer)
{
    auto browser = world.browser();
    browser.submit(give_password(browser), {});
    auto const request = *waiting();
    auto const address = "/signin/push/" + request.id.to_string();
    EXPECT_EQ(browser.get(address).body, R"({"state":"waiting"})");
    EXPECT_EQ(answer(phone.approve(request), request), "approved");
    EXPECT_EQ(browser.get(address).body, R"({"state":"approved"})");
    auto const stream = browser.get(address + "/events");
    EXPECT_EQ(stream.headers.find("Content-Type"), "text/event-stream");
    EXPECT_TRUE(stream.contains("event: state\ndata: approved\n\n"));
    EXPECT_EQ(browser.get("/signin/push/" + ada.to_string()).status, 404);
}

// The offer of a passkey after a password.
TEST_P(PushSignIn, APasskeyIsOfferedWhereTheDeviceCanMakeOneAndNotTooOften)
{
    auto const eve = world.make_person("eve@example.com");
    auto const sign_in = [&](Browser& browser, bool can) {
        return browser.submit(browser.get("/app"), {{"identifier", "eve@example.com"},
                                                    {"password", std::string(kPassword)},
                                                    {"passkey_here", can ? "1" : ""}});
    };
    auto const is_eve = [&](Page const& page) { return page.location.find(eve.to_string()) != std::string::npos; };
    auto plain = world.browser();
    EXPECT_TRUE(is_eve(sign_in(plain, false)));
    auto browser = world.browser();
    auto const offer = sign_in(browser, true);
    EXPECT_TRUE(offer.contains("Sign in faster next time")) << offer.body;
    EXPECT_TRUE(offer.contains("data-ceremony=\"create\""));
    EXPECT_TRUE(is_eve(browser.submit(offer, {{"action", "later"}})));
    auto again = world.browser();
    EXPECT_TRUE(is_eve(sign_in(again, true))) << "not again so soon";
    world.clock.advance(std::chrono::days(31));
    auto later = world.browser();
    EXPECT_TRUE(sign_in(later, true).contains("Sign in faster next time"));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PushSignIn, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
