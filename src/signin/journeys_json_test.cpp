// The JSON face of journeys: the same steps, the same throttle, no cookies.
#include "signin/signin.hpp"

#include "signin/test_support/json_face.hpp"

namespace gatehouse::signin {
namespace {

namespace json = boost::json;
using session::must;

class JourneysApi : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    SignIn signin{world.services(), {}};
    JourneysApi() { world.add(signin.routes()); }

    JsonFace app{world};
    using Answer = JsonFace::Answer;
    Answer post(std::string const& path, json::object const& body) { return app.post(path, body); }
    Answer start(json::object body = {}) { return app.start(std::move(body)); }
    Answer submit(Answer const& at, json::object input, std::string step = {})
    {
        return app.submit(at, std::move(input), std::move(step));
    }
};

TEST_P(JourneysApi, AnAppSignsAPersonIn)
{
    auto const ada = world.make_person("ada@example.com");
    auto const begun = start();
    EXPECT_EQ(begun.status, 200);
    EXPECT_EQ(begun.step(), "password");
    auto const wrong = submit(begun, {{"identifier", "ada@example.com"}, {"password", "wrong password here"}});
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.text("code"), "wrong_credentials");
    EXPECT_EQ(wrong.text("pointer"), "/input/password");
    auto const done = submit(begun, {{"identifier", "ada@example.com"}, {"password", journey::kPassword}});
    EXPECT_EQ(done.text("status"), "finished");
    EXPECT_NE(done.text("redirect_to").find(ada.to_string()), std::string::npos);
    EXPECT_EQ(submit(begun, {{"identifier", "ada@example.com"}, {"password", journey::kPassword}}).status, 410)
        << "a finished journey submitted again";
}

TEST_P(JourneysApi, APersonRegistersInAnApp)
{
    auto const begun = start({{"purpose", "registration"}});
    EXPECT_EQ(begun.step(), "register");
    auto const code =
        submit(begun, {{"name", "Grace"}, {"email", "grace@example.com"}, {"password", journey::kPassword}});
    EXPECT_EQ(code.step(), "register_code");
    auto const done = submit(code, {{"code", world.code_for("grace@example.com")}});
    EXPECT_EQ(done.text("status"), "finished");
}

TEST_P(JourneysApi, AnAppOpensTheLinkOfAMailItself)
{
    auto const tenant_allows = [&] {
        auto settings = world.directory.find(world.tenant_id())->settings;
        settings.signin.first = {credentials::Method::password, credentials::Method::magic_link};
        must(world.write([&](storage::Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                        world.now());
        }));
        world.poll();
    };
    tenant_allows();
    world.make_person("ada@example.com");
    auto const ask = [&] {
        auto const chosen = submit(start(), {{"use", "magic_link"}});
        EXPECT_EQ(chosen.step(), "email_send");
        return submit(chosen, {{"identifier", "ada@example.com"}});
    };
    EXPECT_EQ(ask().step(), "email_code");
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "sign_in_code") << "an app without a link of its own";

    auto application = applications::defaults_for(applications::Kind::native);
    application.name = "Acme";
    application.redirect_uris = {"com.example.app:/callback"};
    application.sign_in_link_uri = "https://app.example.com/open";
    world.app_start.application = world.make_application(application).id;
    auto const waiting = ask();
    auto const text = world.mail_to("ada@example.com").front().text;
    auto const at = text.find("https://app.example.com/open?token=");
    ASSERT_NE(at, std::string::npos) << text;
    auto const token = text.substr(text.find('=', at) + 1, 66);
    // A link that the page of another journey waits for proves nothing in this one.
    EXPECT_EQ(submit(ask(), {{"link", token}}).status, 410);
    auto browser = world.browser();
    EXPECT_EQ(browser.get("/signin/link?token=" + token).status, 200);
    EXPECT_EQ(submit(waiting, {{"link", token}}).text("status"), "finished");
    EXPECT_EQ(submit(waiting, {{"link", token}}).status, 410);
}

TEST_P(JourneysApi, TheApiSharesTheThrottleWithThePages)
{
    world.make_person("ada@example.com");
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(submit(start(), {{"identifier", "ada@example.com"}, {"password", "wrong password here"}}).status,
                  401);
        auto browser = world.browser();
        EXPECT_EQ(
            browser.submit(browser.get("/app"), {{"identifier", "ada@example.com"}, {"password", "wrong"}}).status,
            422);
    }
    auto const answer = submit(start(), {{"identifier", "ada@example.com"}, {"password", journey::kPassword}});
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.text("code"), "too_many_attempts");
}

TEST_P(JourneysApi, AHandleOfOneFaceIsNoHandleOfTheOther)
{
    world.make_person("ada@example.com");
    auto browser = world.browser();
    auto const page = browser.get("/app");
    EXPECT_EQ(post("/api/v1/journeys/submit", {{"journey", page.field("journey")}, {"step", "password"}}).status, 410);
    EXPECT_EQ(browser.get("/signin?journey=" + start().text("journey")).status, 400);
}

TEST_P(JourneysApi, StepsAreNotSkipped)
{
    world.make_person("ada@example.com");
    auto const begun = start({{"purpose", "recovery"}});
    EXPECT_EQ(begun.step(), "recover");
    EXPECT_EQ(submit(begun, {{"password", "an entirely new passphrase"}}, "new_password").step(), "recover");
    EXPECT_EQ(submit(begun, {{"action", "allow"}}, "finish").step(), "recover");
}

TEST_P(JourneysApi, BadInputIsRefusedWithTheMemberAtFault)
{
    EXPECT_EQ(post("/api/v1/journeys", {{"continuation", "nobody"}}).text("pointer"), "/continuation");
    EXPECT_EQ(start({{"purpose", "domination"}}).text("pointer"), "/purpose");
    EXPECT_EQ(post("/api/v1/journeys/submit", {{"journey", "nonsense"}}).status, 410);
    EXPECT_EQ(post("/api/v1/journeys/submit", {{"journey", start().text("journey")}, {"input", json::array()}})
                  .text("pointer"),
              "/input");
    auto browser = world.browser();
    EXPECT_EQ(browser.send(http::Method::post, "/api/v1/journeys", "{}").status, 415);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, JourneysApi, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
