// Two accounts of one person become one; and the attacks on that.
#include "account/test_support/portal.hpp"
#include "credentials/challenges.hpp"
#include "identity/deletions.hpp"
#include "identity/merges.hpp"
#include "journey/merge.hpp"
#include "tokens/grants.hpp"
#include "vault/sealed.hpp"

#include <thread>

namespace gatehouse::account {
namespace {

using namespace std::chrono_literals;
using session::must;

class Merge : public PortalTest {
protected:
    UserId grace = world.make_person("grace@example.com");

    identity::Joined joined() const { return {.from = grace, .into = ada}; }
    journey::MergeParts parts() { return {*world.outbox, world.users, *world.vault}; }
    std::int64_t epoch_of(UserId user)
    {
        return must(world.read([&](storage::Tx& tx) { return world.users.state(tx, world.tenant_id(), user); }))
            ->security_epoch;
    }
    Result<std::int64_t> merge(identity::Joined const& which, std::int64_t into_epoch, std::int64_t from_epoch)
    {
        return world.write([&](storage::Tx& tx) {
            return journey::merge_accounts(tx, parts(), *tenant(),
                                           {.joined = which, .into_epoch = into_epoch, .from_epoch = from_epoch}, {},
                                           world.now());
        });
    }
    std::string refusal(identity::Joined const& which)
    {
        return session::code_of(merge(which, epoch_of(which.into), epoch_of(which.from)));
    }
    std::vector<std::string> addresses_of(UserId user)
    {
        auto const owned =
            must(world.read([&](storage::Tx& tx) { return world.users.identifiers(tx, world.tenant_id(), user); }));
        std::vector<std::string> values;
        for (auto const& one : owned)
            values.push_back(one.value);
        std::ranges::sort(values);
        return values;
    }
    std::optional<UserId> owner_of(std::string const& email)
    {
        auto const found = must(world.read([&](storage::Tx& tx) {
            return world.users.find_by_identifier(tx, world.tenant_id(), *identity::normalize_email(email));
        }));
        return found ? std::optional(found->user.id) : std::nullopt;
    }

    // A browser that is signed in to both, Grace last, as the journey leaves it; and the address that it is sent to.
    struct Signed {
        Browser browser;
        session::Session into;
        session::Session from;
    };
    Signed sign_in_to_both(UserId first, UserId second)
    {
        auto browser = world.browser();
        std::vector<session::Opened> opened;
        opened.push_back(world.start_session(second));
        opened.push_back(world.start_session(first));
        auto const from = opened[0].session;
        auto const into = opened[1].session;
        auto const cookie = cookie_of(world.context(), std::move(opened));
        browser.cookies[cookie.name] = cookie.value;
        return {std::move(browser), into, from};
    }
    // As the end of the journey makes it.
    std::string ticket(session::Session const& into, session::Session const& from)
    {
        Bytes payload;
        for (auto const& id : {into.id, from.id})
            payload.insert(payload.end(), id.bytes().begin(), id.bytes().end());
        return must(vault::seal(
            *world.vault,
            {.tenant = world.tenant_id(), .purpose = "account_merge", .binding = {}, .expires_at = world.now() + 20min},
            payload, world.now()));
    }
    Page look(Signed& signed_in)
    {
        return signed_in.browser.get("/account/merge/confirm?ticket=" + ticket(signed_in.into, signed_in.from));
    }
};

TEST_P(Merge, ShowsWhatMovesAndMovesItWhenThePersonSaysYes)
{
    auto const say = [&](UserId user, boost::json::object const& profile) {
        must(world.write([&](storage::Tx& tx) {
            return world.users.update_profile(tx, world.tenant_id(), user, profile, {}, {}, world.now());
        }));
    };
    say(ada, {{"name", "Ada Lovelace"}});
    say(grace, {{"name", "Grace Hopper"}, {"locale", "de"}, {"badge", "given by an administrator"}});
    add_totp(grace, "Grace's phone");
    set_settings([](auto& settings) { settings.signin.second_factor = identity::SecondFactor::never; });
    auto both = sign_in_to_both(ada, grace);
    auto const page = look(both);
    EXPECT_TRUE(page.contains("Join the two accounts?")) << page.body;
    for (auto const* moving : {"grace@example.com", "Grace&#39;s phone"})
        EXPECT_TRUE(page.contains(moving)) << moving << page.body;
    EXPECT_EQ(owner_of("grace@example.com"), grace) << "looking does nothing";
    auto const done = both.browser.submit(page, {{"action", "merge"}});
    EXPECT_EQ(done.location, "/account?done=merged") << done.body;
    EXPECT_TRUE(done.contains("Die beiden Konten sind nun eines")) << done.body;
    EXPECT_EQ(owner_of("grace@example.com"), ada);
    EXPECT_EQ(addresses_of(ada), (std::vector<std::string>{"ada@example.com", "grace@example.com"}));
    auto const kept = must(world.read([&](storage::Tx& tx) { return world.users.get(tx, world.tenant_id(), ada); }));
    EXPECT_EQ(kept.profile.at("locale"), "de");
    EXPECT_FALSE(kept.profile.contains("badge")) << "what people may not edit does not come along";
    EXPECT_EQ(kept.profile.at("name"), "Ada Lovelace") << "what both say is what the one that stays says";
    EXPECT_EQ(must(world.read([&](storage::Tx& tx) { return world.authenticators.list(tx, world.tenant_id(), ada); }))
                  .at(0)
                  .name,
              "Grace's phone");
    EXPECT_EQ(must(world.read([&](storage::Tx& tx) { return identity::merged_into(tx, world.tenant_id(), grace); })),
              ada);
    EXPECT_EQ(sessions_of(grace), 0);
    EXPECT_EQ(sessions_of(ada), 1) << "the one in which it was asked for";
    EXPECT_TRUE(told("ada@example.com", "accounts_merged"));
    EXPECT_TRUE(told("grace@example.com", "accounts_merged"));
    EXPECT_EQ(world.count_events("user.merged"), 1);
}

TEST_P(Merge, TheSubjectOfTheOneThatStaysStaysAndTheOtherIsClosed)
{
    auto const subject = [&](UserId user) {
        return must(world.write(
            [&](storage::Tx& tx) { return world.users.subject(tx, world.tenant_id(), user, "", world.now()); }));
    };
    auto const kept = subject(ada);
    ASSERT_TRUE(merge(joined(), epoch_of(ada), epoch_of(grace)));
    EXPECT_EQ(subject(ada), kept);
    auto const state =
        must(world.read([&](storage::Tx& tx) { return world.users.state(tx, world.tenant_id(), grace); }));
    ASSERT_TRUE(state) << "its log is readable for a while";
    EXPECT_FALSE(state->enabled);
    world.clock.advance(std::chrono::days(14));
    must(world.write([&](storage::Tx& tx) {
        return journey::erase_if_due(tx, *world.outbox, world.users, *tenant(), grace, world.now());
    }));
    EXPECT_FALSE(exists(grace));
    EXPECT_EQ(owner_of("grace@example.com"), ada) << "what moved does not go with it";
    auto const pointer = [&] {
        return must(world.read([&](storage::Tx& tx) { return identity::merged_into(tx, world.tenant_id(), grace); }));
    };
    EXPECT_EQ(pointer(), ada) << "passkeys that moved still say whose they were";
    must(world.write(
        [&](storage::Tx& tx) { return world.users.erase(tx, *tenant(), ada, "administrator", {}, world.now()); }));
    EXPECT_FALSE(pointer());
}

TEST_P(Merge, TheSecondYesFindsNothingToJoin)
{
    auto both = sign_in_to_both(ada, grace);
    auto const page = look(both);
    auto const cookies = both.browser.cookies;
    both.browser.submit(page, {{"action", "merge"}});
    both.browser.cookies = cookies;
    auto const again = both.browser.submit(page, {{"action", "merge"}});
    EXPECT_FALSE(again.location.ends_with("done=merged"));
    EXPECT_EQ(world.count_events("user.merged"), 1);
}

TEST_P(Merge, ATicketIsOfNoUseWithoutBothSessionsInTheBrowser)
{
    auto both = sign_in_to_both(ada, grace);
    auto const stolen = ticket(both.into, both.from);
    auto mallory = world.browser_of(ada);
    EXPECT_FALSE(mallory.get("/account/merge/confirm?ticket=" + stolen).contains("Join the two accounts?"));
    auto const csrf = mallory.get("/account").field("csrf");
    mallory.post("/account/merge/confirm", {{"ticket", stolen}, {"csrf", csrf}, {"action", "merge"}});
    both.browser.post("/account/merge/confirm", {{"ticket", stolen}, {"csrf", csrf}, {"action", "merge"}});
    both.browser.post("/account/merge/confirm", {{"ticket", "x"}, {"action", "merge"}});
    EXPECT_EQ(owner_of("grace@example.com"), grace);
}

TEST_P(Merge, NeitherProofMayBeStale)
{
    auto both = sign_in_to_both(ada, grace);
    auto const page = look(both);
    EXPECT_TRUE(page.contains("Join the two accounts?"));
    world.clock.advance(11min);
    both.browser.submit(page, {{"action", "merge"}});
    EXPECT_EQ(owner_of("grace@example.com"), grace);
}

TEST_P(Merge, ThePasswordAloneIsTooLittleOfAnAccountWithASecondFactor)
{
    add_totp(grace);
    auto both = sign_in_to_both(ada, grace); // both by password
    EXPECT_FALSE(look(both).contains("Join the two accounts?"));
}

TEST_P(Merge, AForgedYesJoinsNothing)
{
    auto both = sign_in_to_both(ada, grace);
    auto const page = look(both);
    both.browser.extra_headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(both.browser.submit(page, {{"action", "merge"}}).status, 403);
    EXPECT_EQ(owner_of("grace@example.com"), grace);
}

TEST_P(Merge, TurningBackSignsOutOfTheOtherAccount)
{
    auto both = sign_in_to_both(ada, grace);
    auto const page = look(both);
    both.browser.submit(page, {{"action", "cancel"}});
    EXPECT_EQ(sessions_of(grace), 0);
    EXPECT_EQ(sessions_of(ada), 1);
    EXPECT_EQ(owner_of("grace@example.com"), grace);
}

TEST_P(Merge, AdministratorsAccountsOnTheirWayOutAndThoseJustChangedAreRefused)
{
    EXPECT_EQ(refusal({.from = ada, .into = ada}), "merge_same_account");
    auto const boss = world.make_person("boss@example.com");
    must(world.write([&](storage::Tx& tx) {
        return world.users.set_permissions(tx, world.tenant_id(), boss, world.tenant->issuer + "/api/v1",
                                           {"users:read"}, {}, world.now());
    }));
    EXPECT_EQ(refusal({.from = boss, .into = ada}), "administrator_account");
    EXPECT_EQ(refusal({.from = ada, .into = boss}), "administrator_account");
    must(world.write([&](storage::Tx& tx) {
        return world.challenges.create(tx, world.tenant_id(),
                                       {.purpose = "identifier_undo",
                                        .user = grace,
                                        .payload = {},
                                        .form = credentials::CodeForm::link,
                                        .lifetime = 24h},
                                       world.now());
    }));
    EXPECT_EQ(refusal(joined()), "account_changed_lately") << "a thief carries nothing away";
    auto const leaving = world.make_person("leaving@example.com");
    must(world.write([&](storage::Tx& tx) {
        return identity::ask_deletion(tx, *world.vault, world.tenant_id(), leaving, world.now() + 24h, {}, world.now());
    }));
    EXPECT_EQ(refusal({.from = leaving, .into = ada}), "account_to_be_deleted");
    auto const off = world.make_person("off@example.com");
    must(world.write([&](storage::Tx& tx) {
        return world.users.set_enabled(tx, world.tenant_id(), off, false, "administrator", {}, world.now());
    }));
    EXPECT_EQ(refusal({.from = off, .into = ada}), "user_disabled");
}

TEST_P(Merge, AnAccountOfAnotherTenantIsNotThere)
{
    auto const acme = world.make_tenant("acme");
    auto const theirs = world.make_person("ada@acme.example", acme->id);
    EXPECT_EQ(session::code_of(merge({.from = theirs, .into = ada}, epoch_of(ada), 1)), "user_not_found");
}

TEST_P(Merge, OfTwoThatRunAtOnceOneHappens)
{
    auto const third = world.make_person("third@example.com");
    auto const into = epoch_of(ada);
    auto const from = epoch_of(grace);
    auto const other = epoch_of(third);
    std::string first;
    std::jthread parallel([&] { first = session::code_of(merge({.from = grace, .into = ada}, into, from)); });
    auto const second = session::code_of(merge({.from = ada, .into = third}, other, into));
    parallel.join();
    EXPECT_EQ(first.empty() + second.empty(), 1) << first << " " << second;
    EXPECT_EQ(world.count_events("user.merged"), 1);
}

TEST_P(Merge, AccessThatWasGivenComesAlong)
{
    auto application = applications::defaults_for(applications::Kind::web);
    application.client_id = "shop";
    application.name = "Shop";
    application.redirect_uris = {"https://shop.example/callback"};
    application = world.make_application(application);
    auto const give = [&](UserId user, std::vector<std::string> const& scopes) {
        must(world.write([&](storage::Tx& tx) {
            return tokens::give_grant(tx, *world.vault, world.tenant_id(), user, application.id, scopes, {},
                                      world.now());
        }));
    };
    give(ada, {"openid"});
    give(grace, {"openid", "email"});
    ASSERT_TRUE(merge(joined(), epoch_of(ada), epoch_of(grace)));
    auto const grant = must(
        world.read([&](storage::Tx& tx) { return tokens::find_grant(tx, world.tenant_id(), ada, application.id); }));
    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->scopes.size(), 2);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Merge, storage::every_backend());

} // namespace
} // namespace gatehouse::account
