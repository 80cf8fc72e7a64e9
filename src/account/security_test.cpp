// Second factors on the account's pages, as a browser sees them, and the attacks on them.
#include "account/security.hpp"

#include "credentials/enrolled.hpp"
#include "journey/test_support/world.hpp"

namespace gatehouse::account {
namespace {

using namespace std::chrono_literals;
using credentials::Method;
using credentials::Methods;
using journey::Browser;
using session::must;
using Page = Browser::Page;

constexpr char const* kSecurity = "/account/security";
constexpr char const* kNew = "/account/security/authenticator/new";
constexpr char const* kRemove = "/account/security/authenticator/remove";
constexpr char const* kCodes = "/account/security/recovery-codes";

class SecondFactors : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");
    credentials::Authenticators apps{*world.vault};
    credentials::RecoveryCodes recovery_codes{*world.vault};

    SecondFactors() { world.add(account.routes()); }

    struct Visit {
        Browser browser;
        SessionId session;
        UserId user;
    };
    Visit visit_of(UserId user)
    {
        auto const opened = world.start_session(user);
        return {world.browser_with(opened), opened.session.id, user};
    }
    Page post(Visit& visit, std::string const& path, Browser::Input input)
    {
        input.emplace_back("csrf", visit.browser.get("/account").field("csrf"));
        return visit.browser.post(path, input);
    }
    std::string code_of(Visit const& visit, Page const& page, Duration later = {})
    {
        auto const pending = must(
            apps.reopen(world.tenant_id(), visit.user, visit.session.bytes(), page.field("enrolment"), world.now()));
        return credentials::totp(pending.secret.expose(), world.now() + later, pending.form);
    }
    // The page that comes after.
    Page enrol(Visit& visit, std::string const& name = "My phone")
    {
        auto const page = visit.browser.get(kNew);
        return visit.browser.submit(page, {{"code", code_of(visit, page)}, {"name", name}});
    }
    std::vector<credentials::Authenticator> listed(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return apps.list(tx, world.tenant_id(), user); }));
    }
    Methods enrolled(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return credentials::enrolled(tx, world.tenant_id(), user); }));
    }
    std::vector<std::string> codes_on(Page const& page)
    {
        std::vector<std::string> codes;
        for (auto at = page.body.find("<code"); at != std::string::npos; at = page.body.find("<code", at + 1)) {
            auto const begin = page.body.find('>', at) + 1;
            codes.push_back(page.body.substr(begin, page.body.find("</code>", begin) - begin));
        }
        return codes;
    }
    std::string newest_mail() { return world.mail_to("ada@example.com").front().kind; }
};

TEST_P(SecondFactors, ThePageSaysWhatThereIsNotYet)
{
    auto visit = visit_of(ada);
    auto const page = visit.browser.get(kSecurity);
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("No app yet."));
    EXPECT_FALSE(page.contains("ecovery codes")) << "they would stand in for nothing";
    EXPECT_TRUE(page.contains("Last changed "));
}

TEST_P(SecondFactors, AnAppIsAddedWithItsFirstCodeAndRecoveryCodesAreShownOnce)
{
    auto visit = visit_of(ada);
    auto const page = visit.browser.get(kNew);
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.headers.find("Cache-Control").value_or(""), "no-store");
    EXPECT_TRUE(page.contains("<svg viewBox=\"-4 -4 "));
    EXPECT_EQ(page.location.find("secret"), std::string::npos);
    auto const shown = visit.browser.submit(page, {{"code", code_of(visit, page)}, {"name", "My <b>phone"}});
    EXPECT_EQ(shown.status, 200) << shown.body;
    EXPECT_EQ(enrolled(ada), (Methods{Method::password, Method::totp, Method::recovery_code}));
    auto const codes = codes_on(shown);
    ASSERT_EQ(codes.size(), 10u);
    EXPECT_EQ(must(world.write([&](storage::Tx& tx) {
                  return recovery_codes.redeem(tx, world.tenant_id(), ada, codes[0], world.now());
              })),
              9);
    EXPECT_EQ(newest_mail(), "credential_added");
    auto const list = visit.browser.get(kSecurity);
    EXPECT_TRUE(list.contains("My &lt;b&gt;phone"));
    EXPECT_TRUE(list.contains("Not used yet"));
    EXPECT_TRUE(list.contains("9 codes left"));
    for (auto const& code : codes)
        EXPECT_FALSE(list.contains(code));
}

TEST_P(SecondFactors, AWrongCodeKeepsTheSecret)
{
    auto visit = visit_of(ada);
    auto const page = visit.browser.get(kNew);
    auto const again = visit.browser.submit(page, {{"code", "000000"}, {"name", "Phone"}});
    EXPECT_EQ(again.status, 422);
    EXPECT_EQ(again.field("enrolment"), page.field("enrolment"));
    EXPECT_EQ(again.field("name"), "Phone");
    EXPECT_EQ(codes_on(again), codes_on(page));
    EXPECT_TRUE(listed(ada).empty());
    EXPECT_EQ(visit.browser.submit(again, {{"code", code_of(visit, again)}}).status, 200);
    EXPECT_EQ(listed(ada).size(), 1u);
}

TEST_P(SecondFactors, ASecondAppMakesNoNewRecoveryCodes)
{
    auto visit = visit_of(ada);
    enrol(visit);
    auto const done = enrol(visit, "Tablet");
    EXPECT_TRUE(done.contains("The authenticator app is added."));
    EXPECT_TRUE(codes_on(done).empty());
    EXPECT_EQ(listed(ada).size(), 2u);
}

TEST_P(SecondFactors, TheEnrolmentOfAnotherSessionIsNotConfirmedHere)
{
    auto visit = visit_of(ada);
    auto const page = visit.browser.get(kNew);
    auto const code = code_of(visit, page);
    auto elsewhere = visit_of(ada);
    auto mallory = visit_of(world.make_person("mallory@example.com"));
    for (auto* thief : {&elsewhere, &mallory})
        EXPECT_EQ(post(*thief, kNew, {{"enrolment", page.field("enrolment")}, {"code", code}}).status, 422);
    EXPECT_TRUE(listed(ada).empty());
    EXPECT_TRUE(listed(mallory.user).empty());
    EXPECT_EQ(visit.browser.submit(page, {{"code", code}}).status, 200);
}

TEST_P(SecondFactors, AnEnrolmentSentTwiceMakesOneApp)
{
    auto visit = visit_of(ada);
    auto const page = visit.browser.get(kNew);
    Browser::Input const input{{"code", code_of(visit, page)}};
    EXPECT_EQ(visit.browser.submit(page, input).status, 200);
    EXPECT_EQ(visit.browser.submit(page, input).status, 422);
    EXPECT_EQ(listed(ada).size(), 1u);
}

TEST_P(SecondFactors, FormsForgedByAnotherSiteChangeNothing)
{
    auto visit = visit_of(ada);
    enrol(visit);
    auto const id = listed(ada).front().id.to_string();
    auto const page = visit.browser.get(kNew);
    auto other = visit_of(world.make_person("mallory@example.com"));
    auto const theirs = other.browser.get("/account").field("csrf");
    for (auto const& csrf : {std::string(), theirs}) {
        EXPECT_EQ(
            visit.browser
                .post(kNew, {{"csrf", csrf}, {"enrolment", page.field("enrolment")}, {"code", code_of(visit, page)}})
                .status,
            422);
        EXPECT_EQ(visit.browser.post(kRemove, {{"csrf", csrf}, {"id", id}}).status, 422);
        EXPECT_EQ(visit.browser.post(kCodes, {{"csrf", csrf}}).status, 422);
        EXPECT_EQ(
            visit.browser.post("/account/security/authenticator", {{"csrf", csrf}, {"id", id}, {"name", "x"}}).status,
            422);
    }
    visit.browser.extra_headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(visit.browser.submit(page, {{"code", code_of(visit, page)}}).status, 403);
    ASSERT_EQ(listed(ada).size(), 1u);
    EXPECT_EQ(listed(ada).front().name, "My phone");
    EXPECT_EQ(world.count_events("credential.changed"), 0);
}

TEST_P(SecondFactors, AThiefWithAnOldSessionIsAskedToProveThemselves)
{
    auto visit = visit_of(ada);
    enrol(visit);
    auto const id = listed(ada).front().id.to_string();
    auto const page = visit.browser.get(kNew);
    auto const csrf = page.field("csrf");
    world.clock.advance(6min);
    auto const asked = [&](http::Response const& answer) {
        EXPECT_EQ(answer.status, 303);
        EXPECT_TRUE(answer.headers.find("Location").value_or("").starts_with("/signin?journey="));
    };
    asked(visit.browser.send(http::Method::get, kNew));
    asked(
        visit.browser.send(http::Method::post, kNew,
                           "csrf=" + csrf + "&enrolment=" + page.field("enrolment") + "&code=" + code_of(visit, page)));
    asked(visit.browser.send(http::Method::post, kRemove, "csrf=" + csrf + "&id=" + id));
    asked(visit.browser.send(http::Method::post, kCodes, "csrf=" + csrf));
    EXPECT_EQ(listed(ada).size(), 1u);
    EXPECT_EQ(visit.browser.get(kSecurity).status, 200) << "looking and renaming need no proof";
}

TEST_P(SecondFactors, AnAppIsRenamed)
{
    auto visit = visit_of(ada);
    enrol(visit);
    auto const address = "/account/security/authenticator?id=" + listed(ada).front().id.to_string();
    auto const page = visit.browser.get(address);
    EXPECT_EQ(page.field("name"), "My phone");
    EXPECT_EQ(visit.browser.submit(page, {{"name", "  "}}).status, 422);
    auto const done = visit.browser.submit(page, {{"name", "Work phone"}});
    EXPECT_EQ(done.status, 200);
    EXPECT_TRUE(done.contains("Work phone"));
}

TEST_P(SecondFactors, ARemovedAppTakesTheRecoveryCodesAndOtherSessionsAlongAndIsTold)
{
    auto visit = visit_of(ada);
    enrol(visit);
    auto elsewhere = visit_of(ada);
    auto const id = listed(ada).front().id.to_string();
    auto const page = visit.browser.get("/account/security/authenticator?id=" + id);
    EXPECT_TRUE(page.contains("It is your last second factor."));
    auto const done = post(visit, kRemove, {{"id", id}});
    EXPECT_EQ(done.status, 200);
    EXPECT_TRUE(done.contains("The authenticator app is removed."));
    EXPECT_EQ(enrolled(ada), Methods{Method::password});
    EXPECT_EQ(newest_mail(), "credential_removed");
    EXPECT_EQ(elsewhere.browser.send(http::Method::get, kSecurity).status, 303);
    EXPECT_EQ(visit.browser.get(kSecurity).status, 200);
}

TEST_P(SecondFactors, AnotherPersonsAppIsNeitherShownNorRenamedNorRemoved)
{
    auto visit = visit_of(ada);
    enrol(visit);
    auto const id = listed(ada).front().id.to_string();
    auto mallory = visit_of(world.make_person("mallory@example.com"));
    auto const shown = mallory.browser.get("/account/security/authenticator?id=" + id);
    EXPECT_EQ(shown.location, "/account/security");
    EXPECT_FALSE(shown.contains("My phone"));
    post(mallory, "/account/security/authenticator", {{"id", id}, {"name", "Mine"}});
    post(mallory, kRemove, {{"id", id}});
    post(mallory, kRemove, {{"id", "no id"}});
    ASSERT_EQ(listed(ada).size(), 1u);
    EXPECT_EQ(listed(ada).front().name, "My phone");
}

TEST_P(SecondFactors, NewRecoveryCodesReplaceTheOldAndAreTold)
{
    auto visit = visit_of(ada);
    EXPECT_EQ(post(visit, kCodes, {}).status, 422) << "without a second factor";
    auto const old = codes_on(enrol(visit));
    auto const fresh = codes_on(post(visit, kCodes, {}));
    ASSERT_EQ(fresh.size(), 10u);
    EXPECT_NE(fresh, old);
    EXPECT_EQ(newest_mail(), "recovery_codes_made");
    auto const redeem = [&](std::string const& code) {
        return world.write(
            [&](storage::Tx& tx) { return recovery_codes.redeem(tx, world.tenant_id(), ada, code, world.now()); });
    };
    EXPECT_FALSE(redeem(old[0]));
    for (int i = 0; i < 7; ++i)
        EXPECT_TRUE(redeem(fresh[i]));
    auto const warned = visit.browser.get(kSecurity);
    EXPECT_TRUE(warned.contains("3 codes left"));
    EXPECT_TRUE(warned.contains("Make new codes soon"));
}

TEST_P(SecondFactors, RecoveryCodesAreDownloadedWithoutScriptAndByNobodyElse)
{
    auto visit = visit_of(ada);
    auto const page = enrol(visit);
    auto const codes = codes_on(page);
    auto const file = visit.browser.submit(page, {});
    EXPECT_EQ(file.status, 200);
    EXPECT_TRUE(file.headers.find("Content-Type").value_or("").starts_with("text/plain"));
    EXPECT_EQ(file.headers.find("Content-Disposition"), "attachment; filename=\"recovery-codes.txt\"");
    EXPECT_EQ(file.headers.find("Cache-Control"), "no-store");
    for (auto const& code : codes)
        EXPECT_TRUE(file.contains(code));
    auto mallory = visit_of(world.make_person("mallory@example.com"));
    auto const stolen = post(mallory, "/account/security/recovery-codes/download", {{"codes", page.field("codes")}});
    EXPECT_EQ(stolen.status, 422);
    EXPECT_FALSE(stolen.contains(codes[0]));
    EXPECT_EQ(post(visit, "/account/security/recovery-codes/download", {{"codes", "<script>"}}).status, 422);
}

TEST_P(SecondFactors, ASixthAppIsNotOfferedAndRefused)
{
    auto visit = visit_of(ada);
    auto const page = visit.browser.get(kNew);
    for (int i = 0; i < credentials::kAuthenticatorLimit; ++i)
        enrol(visit);
    EXPECT_FALSE(visit.browser.get(kSecurity).contains(kNew));
    EXPECT_EQ(visit.browser.submit(page, {{"code", code_of(visit, page)}}).status, 422);
    EXPECT_EQ(listed(ada).size(), 5u);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, SecondFactors, storage::every_backend());

} // namespace
} // namespace gatehouse::account
