// Whether an account exists is not told by the time that an answer takes. What is compared are distributions of many
// interleaved samples: the lower quartile and the median, which a busy machine disturbs least. A path that leaves out
// the hash for those who do not exist would be three times faster here; the bound is generous beside that.
#include "credentials/test_support/software_device.hpp"
#include "journey/test_support/world.hpp"
#include "signin/signin.hpp"

#include <algorithm>
#include <chrono>

namespace gatehouse::signin {
namespace {

using journey::Browser;

// A hash that costs more than all else in a request.
constexpr crypto::Argon2Parameters kHashes{.memory_kib = 8 * 1024, .passes = 2};
constexpr int kSamples = 60;
constexpr double kBound = 1.6;

class AnswerTimes : public testing::Test {
protected:
    journey::JourneyWorld world{storage::Engine::sqlite, kHashes};
    SignIn signin{world.services(), {}};

    AnswerTimes()
    {
        world.add(signin.routes());
        for (int i = 0; i < kSamples; ++i)
            world.make_person(known(i));
    }
    static std::string known(int i) { return fmt::format("person{}@example.com", i); }
    static std::string unknown(int i) { return fmt::format("nobody{}@example.com", i); }

    using Ask = std::function<void(Browser& browser, std::string const& who)>;
    double microseconds(Ask const& ask, std::string const& who, int number)
    {
        auto browser = world.browser(fmt::format("198.51.{}.{}", number / 200, number % 200));
        auto const begun = std::chrono::steady_clock::now();
        ask(browser, who);
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun).count();
    }
    // Each is asked about once, in turns and in changing order, so that whatever disturbs disturbs both.
    void expect_alike(Ask const& ask)
    {
        std::vector<double> of_known, of_unknown;
        microseconds(ask, "first@example.com", 0); // the tenant's key of the day is made once
        for (int i = 0; i < kSamples; ++i) {
            auto const first_known = i % 2 == 0;
            if (first_known)
                of_known.push_back(microseconds(ask, known(i), 2 * i));
            of_unknown.push_back(microseconds(ask, unknown(i), 2 * i + 1));
            if (!first_known)
                of_known.push_back(microseconds(ask, known(i), 2 * i));
        }
        std::ranges::sort(of_known);
        std::ranges::sort(of_unknown);
        for (auto const at : {kSamples / 4, kSamples / 2}) {
            auto const ratio = of_known.at(static_cast<std::size_t>(at)) / of_unknown.at(static_cast<std::size_t>(at));
            EXPECT_LT(ratio, kBound) << of_known.at(static_cast<std::size_t>(at)) << " us for those who exist";
            EXPECT_GT(ratio, 1 / kBound) << of_unknown.at(static_cast<std::size_t>(at)) << " us for those who do not";
        }
    }
};

TEST_F(AnswerTimes, OfASignInDoNotTellWhoHasAnAccount)
{
    expect_alike([](Browser& browser, std::string const& who) {
        EXPECT_EQ(
            browser.submit(browser.get("/app"), {{"identifier", who}, {"password", "wrong password here"}}).status,
            422);
    });
}

TEST_F(AnswerTimes, OfARecoveryByMailDoNotTellWhoHasAnAccount)
{
    expect_alike([](Browser& browser, std::string const& who) {
        EXPECT_TRUE(browser.submit(browser.get("/recover"), {{"identifier", who}}).has_field("code"));
    });
}

TEST_F(AnswerTimes, OfARecoveryByPrintedCodeDoNotTellWhoHasAnAccount)
{
    expect_alike([](Browser& browser, std::string const& who) {
        auto const page = browser.submit(browser.get("/recover"), {{"use", "recovery_code"}});
        EXPECT_EQ(browser.submit(page, {{"identifier", who}, {"code", "aaaaa-aaaaa"}}).status, 422);
    });
}

TEST_F(AnswerTimes, OfARegistrationDoNotTellWhoHasAnAccount)
{
    expect_alike([](Browser& browser, std::string const& who) {
        EXPECT_TRUE(browser
                        .submit(browser.get("/register"),
                                {{"name", "Somebody"}, {"email", who}, {"password", "an entirely new passphrase"}})
                        .has_field("code"));
    });
}

TEST_F(AnswerTimes, OfARequestToADeviceDoNotTellWhoHasAnAccount)
{
    auto settings = world.tenant->settings;
    settings.signin.first = {credentials::Method::push};
    ASSERT_TRUE(world.write([&](storage::Tx& tx) -> Result<void> {
        credentials::SoftwareDevice const device;
        auto const tenant = world.tenant_id();
        for (int i = 0; i < kSamples; ++i) {
            TRY(auto const typed, identity::normalize_email(known(i)));
            TRY(auto const found, world.users.find_by_identifier(tx, tenant, typed));
            TRY(auto const sealed, world.push_devices.invite(tenant, found->user.id, 1, world.now()));
            TRY(auto const invitation, world.push_devices.open_invitation(tenant, sealed, world.now()));
            TRY_DO(world.push_devices.add(tx, tenant, invitation,
                                          {.name = "Phone", .key = device.public_key(), .subscription = std::nullopt},
                                          {}, world.now()));
        }
        TRY_DO(world.tenants.update(tx, tenant, {.settings = identity::write_settings(settings)}, {}, {}, world.now()));
        return {};
    }));
    world.poll();
    expect_alike([](Browser& browser, std::string const& who) {
        EXPECT_TRUE(browser.submit(browser.get("/app"), {{"identifier", who}}).contains("data-waits"));
    });
}

} // namespace
} // namespace gatehouse::signin
