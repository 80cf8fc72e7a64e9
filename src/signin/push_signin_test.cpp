// Signing in with an approval on a device: the pages, and what must not work.
#include "signin/push_steps.hpp"
#include "signin/test_support/push_world.hpp"

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using credentials::PushDecision;
using credentials::PushRequest;
using journey::kPassword;

class PushSignIn : public PushPages {
protected:
    Page give_password(Browser& browser)
    {
        return browser.submit(browser.get("/app"),
                              {{"identifier", "ada@example.com"}, {"password", std::string(kPassword)}});
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
    EXPECT_TRUE(state_address(wait).starts_with("/signin/push/"));
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

TEST_P(PushSignIn, TheDeviceIsToldRoughlyWhereItIs)
{
    auto browser = world.browser("81.10.7.7");
    browser.submit(give_password(browser), {});
    ASSERT_EQ(world.pushed.size(), 1U);
    auto const payload = boost::json::parse(world.pushed.front().payload);
    std::string const place(payload.at("place").as_string());
    EXPECT_TRUE(place.contains("Vienna, Austria") && place.contains("81.10.7.7")) << place;
    EXPECT_EQ(waiting()->details.place, "81.10.7.7");
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
    auto const address = state_address(browser.submit(give_password(browser), {}));
    auto const request = waiting().value();
    EXPECT_EQ(browser.get(address).body, R"({"state":"waiting"})");
    EXPECT_EQ(answer(phone.approve(request), request), "approved");
    EXPECT_EQ(browser.get(address).body, R"({"state":"approved"})");
    auto const stream = browser.get(address + "/events");
    EXPECT_EQ(stream.headers.find("Content-Type"), "text/event-stream");
    EXPECT_TRUE(stream.contains("event: state\ndata: approved\n\n"));
}

TEST_P(PushSignIn, AnotherBrowserThatHasTheAddressHearsNothing)
{
    auto browser = world.browser(), stranger = world.browser("198.51.100.9");
    auto const address = state_address(browser.submit(give_password(browser), {}));
    stranger.get("/app"); // has a cookie of its own
    EXPECT_EQ(stranger.get(address).status, 404);
    EXPECT_EQ(stranger.get(address + "/events").status, 404);
    EXPECT_EQ(world.browser().get(address + "/events").status, 404) << "without cookies";
    EXPECT_EQ(browser.get("/signin/push/" + waiting()->id.to_string() + "/events").status, 404) << "an id is no ticket";
    EXPECT_EQ(browser.get("/signin/push/" + ada.to_string()).status, 404);
    EXPECT_EQ(browser.get(address).status, 200);
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
