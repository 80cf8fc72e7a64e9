// Sign-ins that begin with an approval on a device: for those who have one, and alike for those who do not.
#include "base/json.hpp"
#include "signin/test_support/push_world.hpp"

#include <boost/json/serialize.hpp>

namespace gatehouse::signin {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using credentials::Method;
using credentials::PushDecision;
using session::must;

class PushFirst : public PushPages {
protected:
    PushFirst() { set_first({Method::push, Method::password}); }

    void set_first(std::vector<Method> first, identity::SecondFactor second = identity::SecondFactor::never)
    {
        must(world.write([&](storage::Tx& tx) -> Result<identity::Tenant> {
            auto settings = world.tenant->settings;
            settings.signin.first = std::move(first);
            settings.signin.second_factor = second;
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                        world.now());
        }));
        world.poll();
    }
    Page ask(Browser& browser, std::string const& who)
    {
        return browser.submit(browser.get("/app"), {{"identifier", who}});
    }
    // What the page says, without what is another one at every visit.
    static std::string plain(std::string body, std::string const& who)
    {
        auto const blank = [&](std::string_view before, char until) {
            for (auto at = body.find(before); at != std::string::npos; at = body.find(before, at + before.size())) {
                auto const from = at + before.size();
                body.erase(from, body.find(until, from) - from);
            }
        };
        blank("data-waits=\"", '"');
        blank("name=\"journey\" value=\"", '"');
        blank("journey=", '"');
        blank("nonce=\"", '"');
        for (auto at = body.find(who); at != std::string::npos; at = body.find(who))
            body.erase(at, who.size());
        for (auto& c : body)
            if (c >= '0' && c <= '9')
                c = '0';
        return body;
    }
};

TEST_P(PushFirst, ThePersonNamesTheAccountAndTheDeviceApproves)
{
    auto browser = world.browser();
    auto const begin = browser.get("/app");
    EXPECT_TRUE(begin.has_field("identifier")) << begin.body;
    EXPECT_TRUE(begin.contains("value=\"password\"")) << "the other beginnings are offered at once";
    auto const wait = browser.submit(begin, {{"identifier", "ada@example.com"}});
    auto const request = waiting();
    ASSERT_TRUE(request);
    EXPECT_TRUE(wait.contains(std::to_string(request->number)));
    EXPECT_TRUE(wait.contains("value=\"password\""));
    EXPECT_EQ(world.pushed.size(), 1U);
    EXPECT_TRUE(browser.submit(wait, {}).contains("still waits")) << "without script the button looks";
    EXPECT_EQ(answer(phone.approve(*request), *request), "approved");
    EXPECT_TRUE(is_ada(browser.submit(wait, {})));
}

TEST_P(PushFirst, WhoChangesTheAccountOrTheWayIsNotHeldUp)
{
    auto browser = world.browser();
    auto const wait = ask(browser, "nobody@example.com");
    auto const back = browser.submit(wait, {{"action", "change"}});
    EXPECT_EQ(back.field("identifier"), "nobody@example.com");
    auto const password = browser.submit(ask(browser, "ada@example.com"), {{"use", "password"}});
    EXPECT_EQ(password.field("identifier"), "ada@example.com");
    EXPECT_TRUE(is_ada(
        browser.submit(password, {{"identifier", "ada@example.com"}, {"password", std::string(journey::kPassword)}})));
}

TEST_P(PushFirst, WhoDoesNotExistOrHasNoDeviceLooksTheSame)
{
    world.make_person("abe@example.com"); // has no device
    auto known = world.browser("203.0.113.1"), bare = world.browser("203.0.113.2"),
         nobody = world.browser("203.0.113.3");
    std::pair<Browser*, std::string> const each[] = {
        {&known, "ada@example.com"}, {&bare, "abe@example.com"}, {&nobody, "amy@example.com"}};
    std::set<std::string> pages, answers, states, resent, over;
    std::vector<Page> waits;
    for (auto const& [browser, who] : each) {
        auto const wait = ask(*browser, who);
        EXPECT_EQ(wait.status, 200);
        pages.insert(plain(wait.body, who));
        auto const looked = browser->submit(wait, {});
        answers.insert(fmt::format("{} {}", looked.status, plain(looked.body, who)));
        states.insert(browser->get(state_address(wait)).body);
        waits.push_back(browser->submit(wait, {{"action", "resend"}}));
        resent.insert(plain(waits.back().body, who));
    }
    EXPECT_EQ(pages.size(), 1U) << *pages.begin() << "\n=======\n" << *pages.rbegin();
    EXPECT_EQ(answers.size(), 1U);
    EXPECT_EQ(resent.size(), 1U);
    EXPECT_EQ(states, std::set<std::string>{R"({"state":"waiting"})"});
    EXPECT_EQ(world.pushed.size(), 2U) << "only the device of her who has one is asked";
    world.clock.advance(credentials::kPushLifetime);
    for (std::size_t i = 0; i < 3; ++i) {
        states.insert(each[i].first->get(state_address(waits[i])).body);
        auto const late = each[i].first->submit(waits[i], {});
        over.insert(fmt::format("{} {}", late.status, plain(late.body, each[i].second)));
    }
    EXPECT_EQ(states.size(), 2U);
    EXPECT_TRUE(states.contains(R"({"state":"expired"})"));
    EXPECT_EQ(over.size(), 1U);
    EXPECT_EQ(world.count_events("push.requested"), 6) << "what was tried is in the log either way";
}

TEST_P(PushFirst, ThatSomebodyDeniedIsNotToldToAStranger)
{
    auto const deny = [&](PushDecision decision, std::string const& address) {
        auto browser = world.browser(address);
        auto const wait = ask(browser, "ada@example.com");
        auto const request = *waiting();
        (void)answer(phone.answer(request, decision, decision == PushDecision::approve ? "100" : ""), request);
        EXPECT_EQ(browser.get(state_address(wait)).body, R"({"state":"waiting"})");
        EXPECT_TRUE(browser.submit(wait, {}).contains("still waits"));
        world.clock.advance(credentials::kPushLifetime);
        EXPECT_EQ(browser.get(state_address(wait)).body, R"({"state":"expired"})");
    };
    deny(PushDecision::deny, "203.0.113.1");
    deny(PushDecision::approve, "203.0.113.2"); // by a number that is not on the page
    deny(PushDecision::report, "203.0.113.3");
    EXPECT_EQ(world.count_events("push.denied"), 1);
    EXPECT_EQ(world.count_events("push.number_wrong"), 1);
    auto browser = world.browser("203.0.113.4");
    world.clock.advance(credentials::kPushWindow);
    EXPECT_FALSE(state_address(ask(browser, "ada@example.com")).empty()) << "nor that she reported it";
    EXPECT_FALSE(waiting()) << "she is left in peace";
    EXPECT_EQ(world.pushed.size(), 3U);
}

TEST_P(PushFirst, BombingAPersonEndsAndTellsNothing)
{
    auto const spend = [&](std::string const& who, int address) {
        std::string last;
        for (int i = 0; i < 5; ++i) {
            auto browser = world.browser(fmt::format("198.51.{}.{}", address, i)); // another one each time
            auto const page = ask(browser, who);
            last = fmt::format("{} {}", page.status, plain(page.body, who));
        }
        return last;
    };
    auto const of_ada = spend("ada@example.com", 1);
    EXPECT_TRUE(of_ada.starts_with("429")) << of_ada;
    EXPECT_EQ(spend("nobody@example.com", 2), of_ada);
    EXPECT_EQ(world.pushed.size(), static_cast<std::size_t>(credentials::kStrangersPushesInWindow));
    // What strangers use up is not what her own second factor needs.
    set_first({Method::password}, identity::SecondFactor::if_enrolled);
    auto browser = world.browser();
    auto const offer = browser.submit(
        browser.get("/app"), {{"identifier", "ada@example.com"}, {"password", std::string(journey::kPassword)}});
    EXPECT_FALSE(state_address(browser.submit(offer, {})).empty());
}

TEST_P(PushFirst, AnotherNameOfTheAccountIsNoWayAroundItsLimit)
{
    must(world.write([&](storage::Tx& tx) -> Result<identity::Identifier> {
        TRY(auto const username, identity::normalize_username("ada"));
        return world.users.add_identifier(tx, world.tenant_id(), ada, {.identifier = username, .verified = true}, {},
                                          world.now());
    }));
    for (auto const* who : {"ada@example.com", "ada"})
        for (int i = 0; i < 3; ++i) {
            auto browser = world.browser(fmt::format("198.51.100.{}", i));
            EXPECT_FALSE(state_address(ask(browser, who)).empty()) << "as for somebody whom nobody is";
        }
    EXPECT_EQ(world.pushed.size(), static_cast<std::size_t>(credentials::kStrangersPushesInWindow));
}

TEST_P(PushFirst, OneAddressCannotAskEverybody)
{
    auto browser = world.browser();
    int refused = 0;
    for (int i = 0; i < 40; ++i)
        refused += ask(browser, fmt::format("person{}@example.com", i)).status == 429 ? 1 : 0;
    EXPECT_EQ(refused, 10);
}

TEST_P(PushFirst, TheApprovalOfAStrangersNumberNeedsTheirPage)
{
    // An attacker asks; she approves what her own page shows, at the same time.
    auto attacker = world.browser("198.51.100.9"), hers = world.browser();
    auto const theirs = ask(attacker, "ada@example.com");
    auto const first = *waiting();
    auto const wait = ask(hers, "ada@example.com");
    auto const second = *waiting();
    EXPECT_EQ(answer(phone.approve(first), first), "push_request_over");
    EXPECT_EQ(answer(phone.approve(second), second), "approved");
    EXPECT_FALSE(is_ada(attacker.submit(theirs, {})));
    auto forged = wait; // the other page's journey in their own browser
    EXPECT_FALSE(is_ada(attacker.submit(forged, {})));
    EXPECT_TRUE(is_ada(hers.submit(wait, {})));
}

TEST_P(PushFirst, ADisabledAccountIsNotAskedAndLooksTheSame)
{
    auto browser = world.browser();
    auto const wait = ask(browser, "ada@example.com");
    auto const request = *waiting();
    EXPECT_EQ(answer(phone.approve(request), request), "approved");
    must(world.write([&](storage::Tx& tx) {
        return world.users.set_enabled(tx, world.tenant_id(), ada, false, "administrator", {}, world.now());
    }));
    EXPECT_FALSE(is_ada(browser.submit(wait, {})));
    auto later = world.browser("203.0.113.40");
    EXPECT_FALSE(state_address(ask(later, "ada@example.com")).empty());
    EXPECT_EQ(world.pushed.size(), 1U);
}

TEST_P(PushFirst, AnAppBeginsWithItToo)
{
    auto const post = [&](std::string const& path, json::object const& body) {
        auto app = world.browser();
        app.extra_headers["Content-Type"] = "application/json";
        auto const response = app.send(http::Method::post, path, json::serialize(body));
        EXPECT_TRUE(app.cookies.empty());
        return must(parse_json_object_strict(response.content()));
    };
    auto const submit = [&](json::object const& at, std::string_view step, json::object input) {
        return post("/api/v1/journeys/submit",
                    {{"journey", at.at("journey")}, {"step", step}, {"input", std::move(input)}});
    };
    auto const begun = post("/api/v1/journeys", {{"continuation", "app"}});
    EXPECT_EQ(begun.at("page").at("step"), "push_send");
    EXPECT_EQ(submit(begun, "push_send", {}).at("pointer"), "/input/identifier");
    auto const wait = submit(begun, "push_send", {{"identifier", "ada@example.com"}});
    EXPECT_EQ(wait.at("page").at("step"), "push_wait");
    auto const request = *waiting();
    auto const& push = wait.at("page").at("extra").at("push");
    EXPECT_EQ(push.at("number").as_string(), std::to_string(request.number));
    EXPECT_EQ(push.at("state"), "waiting");
    auto const issuer = world.tenant->issuer;
    auto const address = std::string(push.at("state_address").as_string());
    ASSERT_TRUE(address.starts_with(issuer)) << address;
    auto app = world.browser();
    EXPECT_EQ(app.get(address.substr(issuer.size())).body, R"({"state":"waiting"})");
    EXPECT_EQ(submit(wait, "push_wait", {}).at("code"), "push_waiting");
    EXPECT_EQ(answer(phone.approve(request), request), "approved");
    EXPECT_TRUE(app.get(address.substr(issuer.size()) + "/events").contains("data: approved"));
    auto const done = submit(wait, "push_wait", {});
    EXPECT_EQ(done.at("status"), "finished");
    EXPECT_EQ(submit(wait, "push_wait", {}).at("code"), "journey_over");
    auto const unknown = submit(post("/api/v1/journeys", {{"continuation", "app"}}), "push_send",
                                {{"identifier", "nobody@example.com"}});
    EXPECT_EQ(unknown.at("page").at("step"), "push_wait");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PushFirst, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
