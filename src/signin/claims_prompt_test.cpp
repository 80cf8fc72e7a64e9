// What an application asks for by name and cannot do without is asked of the person on the way to it.
#include "identity/profile_prompts.hpp"
#include "journey/test_support/world.hpp"
#include "signin/signin.hpp"

namespace gatehouse::signin {
namespace {

using journey::kPassword;
using session::must;

class ClaimsPrompt : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    SignIn signin{world.services(), {}};
    UserId ada = world.make_person("ada@example.com");
    ClaimsPrompt()
    {
        world.add(signin.routes());
        set_profile({});
    }
    void set_profile(boost::json::object const& profile)
    {
        must(world.write([&](storage::Tx& tx) {
            return world.users.update_profile(tx, world.tenant_id(), ada, profile, {}, {}, world.now());
        }));
    }
    journey::Browser::Page sign_in(journey::Browser& browser)
    {
        return browser.submit(browser.get("/app"),
                              {{"identifier", "ada@example.com"}, {"password", std::string(kPassword)}});
    }
    static bool is_done(journey::Browser::Page const& page)
    {
        return page.location.starts_with("https://app.example/done?user=");
    }
};

TEST_P(ClaimsPrompt, AnEssentialOneIsAskedForAndNotSkipped)
{
    world.app_start.requirements.scopes = {"openid", identity::claim_wish("name", true)};
    auto browser = world.browser();
    auto const asked = sign_in(browser);
    ASSERT_TRUE(asked.has_field("name")) << asked.body;
    EXPECT_FALSE(asked.contains("value=\"skip\""));
    EXPECT_EQ(browser.submit(asked, {{"action", "skip"}}).status, 422);
    EXPECT_EQ(browser.submit(asked, {{"name", ""}}).status, 422);
    EXPECT_TRUE(is_done(browser.submit(asked, {{"name", "Ada Lovelace"}})));
    auto again = world.browser();
    EXPECT_TRUE(is_done(sign_in(again))) << "it is there now";
}

TEST_P(ClaimsPrompt, AWishHoldsNobodyUp)
{
    world.app_start.requirements.scopes = {"openid", identity::claim_wish("name", false)};
    auto browser = world.browser();
    EXPECT_TRUE(is_done(sign_in(browser)));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, ClaimsPrompt, storage::every_backend());

} // namespace
} // namespace gatehouse::signin
