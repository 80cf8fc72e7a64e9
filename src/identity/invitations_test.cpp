#include "identity/invitations.hpp"

#include "identity/mail_domains.hpp"
#include "identity/profile_prompts.hpp"
#include "identity/profile_schema.hpp"
#include "identity/test_support/test_house.hpp"

#include <atomic>
#include <thread>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;
using storage::Tx;

class InvitationsOf : public testing::TestWithParam<storage::Engine> {
protected:
    TestHouse house{GetParam()};
    TenantId tenant = house.tenant().id;
    Invitations invitations{*house.vault};

    IssuedInvitation invite(std::string email = "grace@example.com")
    {
        return house
            .write([&](Tx& tx) {
                return invitations.create(tx, tenant,
                                          {.email = email, .locale = "en", .profile = {{"name", "Grace"}}},
                                          house.origin, house.now());
            })
            .value();
    }
    Result<Invitation> open(std::string_view token, std::optional<TenantId> of = {})
    {
        return house.read([&](Tx& tx) { return invitations.open(tx, of.value_or(tenant), token, house.now()); });
    }
    Result<Invitation> redeem(InvitationId id, UserId user, std::optional<TenantId> of = {})
    {
        return house.write([&](Tx& tx) {
            return invitations.redeem(tx, of.value_or(tenant), id, user, house.origin, house.now());
        });
    }
};

TEST_P(InvitationsOf, TheLinkOpensItAsOftenAsItIsFollowed)
{
    auto const issued = invite();
    for (int i = 0; i < 3; ++i) {
        auto const opened = open(issued.token.expose_text());
        ASSERT_TRUE(opened) << opened.error().code;
        EXPECT_EQ(opened->email, "grace@example.com");
        EXPECT_EQ(opened->profile.at("name"), "Grace");
    }
}

TEST_P(InvitationsOf, AForgedDamagedOrForeignLinkOpensNothing)
{
    auto const issued = invite();
    std::string const token(issued.token.expose_text());
    EXPECT_EQ(open("").error().code, "invitation_void");
    EXPECT_EQ(open("AAAA").error().code, "invitation_void");
    auto forged = token;
    forged.back() = forged.back() == 'A' ? 'B' : 'A';
    EXPECT_EQ(open(forged).error().code, "invitation_void");
    auto other_id = token;
    other_id.front() = other_id.front() == 'A' ? 'B' : 'A';
    EXPECT_EQ(open(other_id).error().code, "invitation_void");
    auto const acme = house.make_tenant("acme");
    EXPECT_EQ(open(token, acme.id).error().code, "invitation_void") << "another tenant's";
    EXPECT_EQ(redeem(issued.invitation.id, UserId::generate(house.now()), acme.id).error().code, "invitation_void");
}

TEST_P(InvitationsOf, ItIsNotUsedTwiceNorAfterItsTime)
{
    auto const ada = house.make_user("ada@example.com").user.id;
    auto const first = invite();
    ASSERT_TRUE(redeem(first.invitation.id, ada));
    EXPECT_EQ(redeem(first.invitation.id, ada).error().code, "invitation_void");
    EXPECT_EQ(open(first.token.expose_text()).error().code, "invitation_void");
    auto const second = invite();
    house.clock.advance(73h);
    EXPECT_EQ(open(second.token.expose_text()).error().code, "invitation_void");
    EXPECT_EQ(redeem(second.invitation.id, ada).error().code, "invitation_void");
}

TEST_P(InvitationsOf, ARevokedOneIsVoidAndOneSentAgainHasANewLinkOnly)
{
    auto const issued = invite();
    auto const again = house.write(
        [&](Tx& tx) { return invitations.renew(tx, tenant, issued.invitation.id, 24h, house.origin, house.now()); });
    ASSERT_TRUE(again) << again.error().code;
    EXPECT_EQ(open(issued.token.expose_text()).error().code, "invitation_void");
    EXPECT_EQ(open(again->token.expose_text())->email, "grace@example.com");
    ASSERT_TRUE(house.write(
        [&](Tx& tx) { return invitations.revoke(tx, tenant, issued.invitation.id, house.origin, house.now()); }));
    EXPECT_EQ(open(again->token.expose_text()).error().code, "invitation_void");
    EXPECT_EQ(house
                  .write([&](Tx& tx) {
                      return invitations.renew(tx, tenant, issued.invitation.id, 24h, house.origin, house.now());
                  })
                  .error()
                  .code,
              "invitation_not_found");
}

TEST_P(InvitationsOf, OfAHundredParallelRedemptionsOneWins)
{
    auto const ada = house.make_user("ada@example.com").user.id;
    auto const issued = invite();
    std::atomic<int> won = 0;
    std::vector<std::thread> racers;
    for (int thread = 0; thread < 10; ++thread)
        racers.emplace_back([&] {
            for (int i = 0; i < 10; ++i)
                won += redeem(issued.invitation.id, ada).has_value();
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(won, 1);
}

TEST_P(InvitationsOf, OfOneWhoseDayIsGoneTheAddressIsGoneToo)
{
    auto const issued = invite();
    house.clock.advance(24h * 8);
    ASSERT_TRUE(house.write([&](Tx& tx) { return house.vault->destroy_daily_keys(tx, house.now()); }));
    auto const found = house.read([&](Tx& tx) { return invitations.get(tx, tenant, issued.invitation.id); });
    ASSERT_TRUE(found) << found.error().code;
    EXPECT_EQ(found->email, "");
    EXPECT_TRUE(found->profile.empty());
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, InvitationsOf, storage::every_backend());

TEST(MailDomains, AListedDomainCoversItsSubdomainsAndNothingElse)
{
    RegistrationSettings settings{.blocked_domains = {"spam.example"}};
    auto const may = [&](std::string_view address) {
        return check_mail_domain(settings, normalize_email(address).value(), "email").has_value();
    };
    EXPECT_FALSE(may("a@spam.example"));
    EXPECT_FALSE(may("a@SPAM.Example"));
    EXPECT_FALSE(may("a@mail.spam.example"));
    EXPECT_TRUE(may("a@notspam.example"));
    EXPECT_TRUE(may("a@spam.example.org"));
    settings.allowed_domains = {"example"};
    EXPECT_TRUE(may("a@good.example"));
    EXPECT_FALSE(may("a@spam.example")) << "blocked within what is allowed";
    EXPECT_FALSE(may("a@example.com"));
}

TEST(Prompts, AreDueByCountOrWhenAnApplicationAsksForWhatIsMissing)
{
    auto const schema = parse_profile_schema(
        boost::json::parse(R"({"attributes": [{"name": "birthdate"}, {"name": "nickname"}],
            "prompts": [
              {"name": "requested", "when_requested": true, "fields": [{"attribute": "birthdate", "required": true}],
               "applications": ["shop"]},
              {"name": "third", "from_sign_in": 3, "again_after_days": 10, "fields": [{"attribute": "nickname"}]}]})")
            .as_object(),
        {});
    ASSERT_TRUE(schema) << schema.error().pointer;
    auto const now = from_seconds(1'795'000'000);
    auto const due = [&](PromptHistory const& history, Asking const& asking, boost::json::object const& profile = {}) {
        auto const found = due_prompt(*schema, profile, history, asking, now);
        return found ? found->prompt->name : "";
    };
    EXPECT_EQ(due({}, {.client_id = "shop", .scopes = {"openid"}}), "");
    EXPECT_EQ(due({}, {.client_id = "shop", .scopes = {"profile"}}), "requested");
    EXPECT_EQ(due({}, {.client_id = "other", .scopes = {"profile"}}), "");
    EXPECT_EQ(due({}, {.client_id = "shop", .scopes = {"profile"}}, {{"birthdate", "1815-12-10"}}), "");
    EXPECT_EQ(due({.sign_ins = 1}, {}), "");
    EXPECT_EQ(due({.sign_ins = 2}, {}), "third");
    EXPECT_EQ(due({.sign_ins = 2}, {.signing_in = false}), "") << "who passes by with a session is not counted";
    EXPECT_EQ(due({.sign_ins = 9}, {}, {{"nickname", "Ada"}}), "");
    PromptHistory skipped{.sign_ins = 9, .asked = {{"third", to_micros(now - 24h * 9)}}};
    EXPECT_EQ(due(skipped, {}), "");
    skipped.asked["third"] = to_micros(now - 24h * 11);
    EXPECT_EQ(due(skipped, {}), "third");
}

} // namespace
} // namespace gatehouse::identity
