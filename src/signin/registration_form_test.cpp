// Registration as a tenant's form says, what is to be accepted, invitations, and what is asked for later.
#include "identity/agreements.hpp"
#include "identity/invitations.hpp"
#include "identity/profile_schema.hpp"
#include "signin/test_support/json_face.hpp"
#include "signin/test_support/sign_in_pages.hpp"

namespace gatehouse::signin {
namespace {

using namespace std::chrono_literals;
using session::must;
using storage::Tx;
namespace json = boost::json;

class Forms : public SignInPages {
protected:
    void set_schema(std::string_view text)
    {
        auto const stored = world.write([&](Tx& tx) {
            return identity::replace_profile_schema(tx, *world.vault, world.tenant_id(), json::parse(text).as_object(),
                                                    std::nullopt, {}, world.now());
        });
        ASSERT_TRUE(stored) << stored.error().message << " " << stored.error().pointer;
        world.poll();
    }
    void publish(std::string const& name, std::string const& text, bool required = true)
    {
        must(world.write([&](Tx& tx) -> Result<identity::DocumentVersion> {
            TRY_DO(identity::put_document(tx, *world.vault, world.tenant_id(),
                                          {.name = name, .title = {{"en", "Our " + name}}, .required = required}, {},
                                          {}, world.now()));
            return identity::publish_version(tx, *world.vault, world.tenant_id(), name, {.texts = {{"en", text}}}, {},
                                             world.now());
        }));
        world.poll();
    }
    json::object profile_of(std::string const& email)
    {
        auto const found = must(world.read([&](Tx& tx) {
            return world.users.find_by_identifier(tx, world.tenant_id(), identity::normalize_email(email).value());
        }));
        if (!found)
            return {};
        return must(world.read([&](Tx& tx) { return world.users.get(tx, world.tenant_id(), found->user.id); })).profile;
    }
    std::vector<identity::Acceptance> acceptances_of(std::string const& email)
    {
        auto const found = must(world.read([&](Tx& tx) {
            return world.users.find_by_identifier(tx, world.tenant_id(), identity::normalize_email(email).value());
        }));
        return must(world.read(
            [&](Tx& tx) { return identity::list_acceptances(tx, *world.vault, world.tenant_id(), found->user.id); }));
    }
    std::string invite(std::string const& email, bool bound = true, json::object profile = {})
    {
        auto const issued = must(world.write([&](Tx& tx) {
            return identity::Invitations(*world.vault)
                .create(tx, world.tenant_id(),
                        {.email = email, .locale = "en", .profile = std::move(profile), .bound = bound}, {},
                        world.now());
        }));
        return "/invitation?token=" + std::string(issued.token.expose_text());
    }

    static constexpr std::string_view kTwoPages = R"({
        "attributes": [{"name": "given_name"}, {"name": "birthdate", "maximum": "today-18y"},
            {"name": "size", "type": "choice", "choices": [{"value": "s"}, {"value": "m"}]},
            {"name": "tier", "type": "text", "user": "view"}],
        "forms": [{"name": "all", "pages": [
            {"fields": [{"attribute": "given_name", "required": true}]},
            {"title": {"en": "Your order"}, "fields": [{"attribute": "birthdate", "required": true},
                                                        {"attribute": "size"}]}]}]})";
};

TEST_P(Forms, SeveralPagesLeadToAnAccountWithWhatWasEntered)
{
    set_schema(kTwoPages);
    auto browser = world.browser();
    auto const first = browser.get("/register");
    EXPECT_TRUE(first.contains("Page 1 of 2")) << first.body;
    EXPECT_FALSE(first.has_field("birthdate"));
    auto const second =
        browser.submit(first, {{"given_name", "Grace"}, {"email", "grace@example.com"}, {"password", password()}});
    ASSERT_TRUE(second.contains("Your order")) << second.body;
    EXPECT_FALSE(second.has_field("password"));
    EXPECT_EQ(world.mails(), 0) << "the code is asked for when all is filled in";
    auto const code_page = browser.submit(second, {{"birthdate", "1990-12-09"}, {"size", "m"}});
    ASSERT_TRUE(code_page.has_field("code")) << code_page.body;
    ASSERT_TRUE(is_done(browser.submit(code_page, {{"code", world.code_for("grace@example.com")}})));
    auto const profile = profile_of("grace@example.com");
    EXPECT_EQ(profile.at("given_name"), "Grace");
    EXPECT_EQ(profile.at("birthdate"), "1990-12-09");
    EXPECT_EQ(profile.at("size"), "m");
}

TEST_P(Forms, NothingEnteredIsLostThroughAnErrorOrTheWayBack)
{
    set_schema(kTwoPages);
    auto browser = world.browser();
    auto const first = browser.get("/register");
    auto const second =
        browser.submit(first, {{"given_name", "Grace"}, {"email", "grace@example.com"}, {"password", password()}});
    auto const refused = browser.submit(second, {{"birthdate", "2020-01-01"}, {"size", "s"}});
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.field("birthdate"), "2020-01-01");
    EXPECT_TRUE(refused.contains("a date that is not after 20")) << refused.body;
    auto const back = browser.submit(refused, {{"action", "back"}});
    EXPECT_EQ(back.field("given_name"), "Grace");
    EXPECT_EQ(back.field("email"), "grace@example.com");
    // The password need not be entered again.
    auto const again =
        browser.submit(back, {{"given_name", "Grace M."}, {"email", "grace@example.com"}, {"password", ""}});
    ASSERT_TRUE(again.has_field("birthdate")) << again.body;
    auto const code_page = browser.submit(again, {{"birthdate", "1990-12-09"}});
    ASSERT_TRUE(is_done(browser.submit(code_page, {{"code", world.code_for("grace@example.com")}})));
    EXPECT_EQ(profile_of("grace@example.com").at("given_name"), "Grace M.");
}

TEST_P(Forms, ALaterPageIsNotReachedWithoutTheFirst)
{
    set_schema(kTwoPages);
    auto browser = world.browser();
    auto const first = browser.get("/register");
    auto const skipped = browser.submit(
        first, {{"page", "2"}, {"birthdate", "1990-12-09"}, {"email", "grace@example.com"}, {"given_name", "G"}});
    EXPECT_EQ(skipped.status, 422) << "the password is missing";
    EXPECT_EQ(world.mails(), 0);
}

TEST_P(Forms, WhatPeopleMayNotEditIsNotTakenFromTheForm)
{
    set_schema(kTwoPages);
    auto browser = world.browser();
    auto const second = browser.submit(
        browser.get("/register"),
        {{"given_name", "Grace"}, {"email", "grace@example.com"}, {"password", password()}, {"tier", "gold"}});
    auto const code_page = browser.submit(second, {{"birthdate", "1990-12-09"}, {"tier", "gold"}});
    ASSERT_TRUE(is_done(browser.submit(code_page, {{"code", world.code_for("grace@example.com")}})));
    EXPECT_FALSE(profile_of("grace@example.com").contains("tier"));
}

TEST_P(Forms, AChangedAddressIsNotVerifiedByTheCodeOfAnotherOne)
{
    set_schema(kTwoPages);
    auto browser = world.browser();
    auto const second = browser.submit(browser.get("/register"),
                                       {{"given_name", "Eve"}, {"email", "eve@example.com"}, {"password", password()}});
    auto const code_page = browser.submit(second, {{"birthdate", "1990-12-09"}});
    auto const code = world.code_for("eve@example.com");
    // Back to the form, another address: the draft changes, the challenge of the old code does not.
    auto const changed = browser.submit(code_page, {{"action", "change"}});
    browser.submit(changed, {{"given_name", "Eve"}, {"email", "victim@example.com"}, {"password", ""}});
    browser.submit(code_page, {{"code", code}});
    EXPECT_TRUE(profile_of("victim@example.com").empty());
}

TEST_P(Forms, RequiredTextsAreAcceptedWithTheRegistrationAndRecorded)
{
    publish("terms", "Be kind.");
    publish("news", "We write to you.", false);
    auto browser = world.browser();
    auto const page = browser.get("/register");
    EXPECT_TRUE(page.contains("I accept: Our terms")) << page.body;
    auto const refused =
        browser.submit(page, {{"name", "Grace"}, {"email", "grace@example.com"}, {"password", password()}});
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(world.mails(), 0);
    auto const code_page = browser.submit(
        refused, {{"name", "Grace"}, {"email", "grace@example.com"}, {"password", password()}, {"accept.terms", "1"}});
    ASSERT_TRUE(is_done(browser.submit(code_page, {{"code", world.code_for("grace@example.com")}})));
    auto const lines = acceptances_of("grace@example.com");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].document, "terms");
    EXPECT_EQ(lines[0].version, 1);
    EXPECT_EQ(lines[0].place, "203.0.113.7");
}

TEST_P(Forms, ANewVersionIsAskedForAtTheNextSignIn)
{
    world.make_person("ada@example.com");
    publish("terms", "Be kind.");
    auto browser = world.browser();
    auto const asked = sign_in(browser, "ada@example.com", password());
    ASSERT_TRUE(asked.contains("Our terms")) << asked.body;
    EXPECT_FALSE(is_done(asked));
    EXPECT_EQ(world.count_events("session.started"), 0) << "nobody gets in without it";
    EXPECT_FALSE(is_done(browser.submit(asked, {{"accept.terms", "7"}}))) << "a version that nobody showed";
    ASSERT_TRUE(is_done(browser.submit(asked, {{"accept.terms", "1"}})));
    auto other = world.browser();
    EXPECT_TRUE(is_done(sign_in(other, "ada@example.com", password())));
    publish("terms", "Be kinder.");
    auto third = world.browser();
    EXPECT_FALSE(is_done(sign_in(third, "ada@example.com", password())));
}

TEST_P(Forms, WhoDeclinesIsNotLetIn)
{
    world.make_person("ada@example.com");
    publish("terms", "Be kind.");
    auto browser = world.browser();
    auto const asked = sign_in(browser, "ada@example.com", password());
    auto const declined = browser.submit(asked, {{"action", "decline"}});
    EXPECT_FALSE(is_done(declined));
    EXPECT_EQ(world.count_events("session.started"), 0);
}

TEST_P(Forms, TheTextIsThereToRead)
{
    publish("terms", "First.\n\nSecond <b>.");
    auto browser = world.browser();
    auto const page = browser.get("/documents/terms?version=1");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("<p class=\"paragraph\">First.</p>")) << page.body;
    EXPECT_TRUE(page.contains("Second &lt;b&gt;."));
    EXPECT_EQ(browser.get("/documents/terms?version=2").status, 404);
    EXPECT_EQ(browser.get("/documents/terms?version=x").status, 404);
    EXPECT_EQ(browser.get("/documents/nothing").status, 404);
}

TEST_P(Forms, AnAddressOfABlockedDomainDoesNotRegister)
{
    set_settings([](identity::TenantSettings& settings) { settings.registration.blocked_domains = {"spam.example"}; });
    auto browser = world.browser();
    auto const page = begin_registration(browser, "eve@mail.spam.example", password());
    EXPECT_EQ(page.status, 422);
    EXPECT_TRUE(page.contains("cannot be used here"));
    EXPECT_EQ(world.mails(), 0);
}

TEST_P(Forms, TheInvitedRegisterWhereNobodyElseMay)
{
    set_settings([](identity::TenantSettings& settings) {
        settings.registration.open = false;
        settings.registration.blocked_domains = {"example.com"};
    });
    auto const link = invite("grace@example.com", true, {{"name", "Grace"}, {"tier", "gold"}});
    auto browser = world.browser();
    auto const page = browser.get(link);
    ASSERT_TRUE(page.has_field("password")) << page.body;
    EXPECT_EQ(page.field("email"), "grace@example.com");
    EXPECT_EQ(page.field("name"), "Grace");
    auto const code_page =
        browser.submit(page, {{"name", "Grace"}, {"email", page.field("email")}, {"password", password()}});
    ASSERT_TRUE(is_done(browser.submit(code_page, {{"code", world.code_for("grace@example.com")}})));
    EXPECT_EQ(profile_of("grace@example.com").at("tier"), "gold");
    EXPECT_EQ(world.count_events("invitation.redeemed"), 1);
    auto second = world.browser();
    EXPECT_EQ(second.get(link).status, 410) << "used";
    EXPECT_FALSE(second.get("/register").has_field("password"));
}

TEST_P(Forms, AnInvitationForAnotherAddressIsRefused)
{
    auto const link = invite("grace@example.com");
    auto browser = world.browser();
    auto const page = browser.get(link);
    auto const changed =
        browser.submit(page, {{"name", "Eve"}, {"email", "eve@example.com"}, {"password", password()}});
    EXPECT_EQ(changed.status, 422);
    EXPECT_TRUE(changed.contains("for another address"));
    EXPECT_EQ(world.mails(), 0);
    auto const loose = invite("grace@example.com", false);
    auto other = world.browser();
    auto const code_page =
        other.submit(other.get(loose), {{"name", "Eve"}, {"email", "eve@example.com"}, {"password", password()}});
    EXPECT_TRUE(is_done(other.submit(code_page, {{"code", world.code_for("eve@example.com")}})));
}

TEST_P(Forms, OneInvitationMakesOneAccount)
{
    auto const link = invite("grace@example.com", false);
    auto one = world.browser();
    auto two = world.browser();
    auto const first = one.submit(one.get(link), {{"name", "A"}, {"email", "a@example.com"}, {"password", password()}});
    auto const second =
        two.submit(two.get(link), {{"name", "B"}, {"email", "b@example.com"}, {"password", password()}});
    EXPECT_TRUE(is_done(one.submit(first, {{"code", world.code_for("a@example.com")}})));
    EXPECT_FALSE(is_done(two.submit(second, {{"code", world.code_for("b@example.com")}})));
    EXPECT_EQ(world.count_events("user.created"), 1);
}

TEST_P(Forms, ARevokedInvitationStopsARegistrationUnderWay)
{
    auto const link = invite("grace@example.com");
    auto browser = world.browser();
    auto const code_page = browser.submit(
        browser.get(link), {{"name", "Grace"}, {"email", "grace@example.com"}, {"password", password()}});
    auto const id =
        must(world.read([&](Tx& tx) { return identity::Invitations(*world.vault).list(tx, world.tenant_id(), {}); }))
            .items.front()
            .id;
    must(world.write([&](Tx& tx) {
        return identity::Invitations(*world.vault).revoke(tx, world.tenant_id(), id, {}, world.now());
    }));
    EXPECT_FALSE(is_done(browser.submit(code_page, {{"code", world.code_for("grace@example.com")}})));
    EXPECT_EQ(world.count_events("user.created"), 0);
    EXPECT_EQ(browser.get(link).status, 410);
}

// Whoever followed the first link, out of a mailbox that was not theirs, say, is stopped by sending it again.
TEST_P(Forms, ALinkThatWasSentAgainSinceLeadsNoFurther)
{
    auto const link = invite("grace@example.com", false);
    auto browser = world.browser();
    auto const form = browser.get(link);
    auto const code_page =
        browser.submit(form, {{"name", "Grace"}, {"email", "mallory@example.com"}, {"password", password()}});
    ASSERT_TRUE(code_page.has_field("code")) << code_page.body;
    auto const again = must(world.write([&](Tx& tx) -> Result<identity::IssuedInvitation> {
        identity::Invitations const invitations(*world.vault);
        TRY(auto const page, invitations.list(tx, world.tenant_id(), {}));
        return invitations.renew(tx, world.tenant_id(), page.items.front().id, 24h, {}, world.now());
    }));
    EXPECT_FALSE(is_done(browser.submit(code_page, {{"code", world.code_for("mallory@example.com")}})));
    EXPECT_FALSE(browser.submit(form, {{"name", "Grace"}, {"email", "mallory@example.com"}, {"password", password()}})
                     .has_field("code"));
    EXPECT_EQ(world.count_events("user.created"), 0);
    auto grace = world.browser();
    auto const page = grace.submit(grace.get("/invitation?token=" + std::string(again.token.expose_text())),
                                   {{"name", "Grace"}, {"email", "grace@example.com"}, {"password", password()}});
    EXPECT_TRUE(is_done(grace.submit(page, {{"code", world.code_for("grace@example.com")}})));
}

TEST_P(Forms, MoreIsAskedForAtTheThirdSignInAndMayBeSkipped)
{
    world.make_person("ada@example.com");
    set_schema(R"({"attributes": [{"name": "name"}, {"name": "nickname"}],
        "prompts": [{"name": "nick", "from_sign_in": 3, "again_after_days": 10,
                     "title": {"en": "How do friends call you?"}, "fields": [{"attribute": "nickname"}]}]})");
    auto const visit = [&] {
        auto browser = world.browser();
        return sign_in(browser, "ada@example.com", password());
    };
    EXPECT_TRUE(is_done(visit()));
    EXPECT_TRUE(is_done(visit()));
    auto browser = world.browser();
    auto const asked = sign_in(browser, "ada@example.com", password());
    ASSERT_TRUE(asked.contains("How do friends call you?")) << asked.body;
    EXPECT_TRUE(is_done(browser.submit(asked, {{"action", "skip"}})));
    EXPECT_TRUE(is_done(visit())) << "left in peace";
    world.clock.advance(24h * 11);
    auto later = world.browser();
    auto const again = sign_in(later, "ada@example.com", password());
    ASSERT_TRUE(again.has_field("nickname"));
    EXPECT_TRUE(is_done(later.submit(again, {{"nickname", "Countess"}})));
    EXPECT_EQ(profile_of("ada@example.com").at("nickname"), "Countess");
    world.clock.advance(24h * 30);
    EXPECT_TRUE(is_done(visit()));
}

TEST_P(Forms, WhatIsRequiredCannotBeSkipped)
{
    world.make_person("ada@example.com");
    set_schema(R"({"attributes": [{"name": "name"}, {"name": "nickname"}],
        "prompts": [{"name": "nick", "from_sign_in": 1,
                     "fields": [{"attribute": "nickname", "required": true}]}]})");
    auto browser = world.browser();
    auto const asked = sign_in(browser, "ada@example.com", password());
    EXPECT_FALSE(asked.contains("value=\"skip\""));
    EXPECT_EQ(browser.submit(asked, {{"action", "skip"}}).status, 422);
    EXPECT_EQ(world.count_events("session.started"), 0);
    EXPECT_TRUE(is_done(browser.submit(asked, {{"nickname", "Countess"}})));
}

TEST_P(Forms, AnAppAcceptsWhatIsNewAndTellsMore)
{
    world.make_person("ada@example.com");
    publish("terms", "Be kind.");
    set_schema(R"({"attributes": [{"name": "name"}, {"name": "nickname"}],
        "prompts": [{"name": "nick", "from_sign_in": 1,
                     "fields": [{"attribute": "nickname", "required": true}]}]})");
    JsonFace app(world);
    auto const asked = app.submit(app.start(), {{"identifier", "ada@example.com"}, {"password", password()}});
    ASSERT_EQ(asked.step(), "agreements") << json::serialize(asked.body);
    EXPECT_EQ(asked.page().at("fields").at(0).at("name"), "accept.terms");
    EXPECT_EQ(app.submit(asked, {}).text("pointer"), "/input/accept.terms");
    EXPECT_EQ(app.submit(asked, {{"accept", {{"terms", 7}}}}).status, 400) << "a version that nobody showed";
    EXPECT_EQ(app.submit(asked, {{"nickname", "Countess"}}, "profile").step(), "agreements") << "no step is skipped";
    auto const more = app.submit(asked, {{"accept", {{"terms", 1}}}});
    ASSERT_EQ(more.step(), "profile") << json::serialize(more.body);
    EXPECT_EQ(app.submit(more, {{"action", "skip"}}).text("pointer"), "/input/nickname");
    EXPECT_TRUE(app.submit(more, {{"nickname", "Countess"}}).is_finished());
    EXPECT_EQ(profile_of("ada@example.com").at("nickname"), "Countess");
    ASSERT_EQ(acceptances_of("ada@example.com").size(), 1U);
}

TEST_P(Forms, AnAppThatDeclinesEndsWithoutASession)
{
    world.make_person("ada@example.com");
    publish("terms", "Be kind.");
    JsonFace app(world);
    auto const asked = app.submit(app.start(), {{"identifier", "ada@example.com"}, {"password", password()}});
    EXPECT_FALSE(app.submit(asked, {{"action", "decline"}}).text("redirect_to").contains("user="));
    EXPECT_EQ(world.count_events("session.started"), 0);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Forms, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
