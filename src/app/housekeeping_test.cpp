// The jobs as the house wires them, on rows that are old.
#include "app/house.hpp"
#include "app/test_support/running_house.hpp"
#include "session/session.hpp"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

using std::chrono::days;

class Housekeeping : public testing::Test {
protected:
    Housekeeping()
    {
        auto made = ground().database->write_now(
            [&](storage::Tx& tx) { return ground().tenants.create(tx, {.slug = "acme", .name = "Acme"}, {}, now); });
        EXPECT_TRUE(made);
        EXPECT_TRUE(ground().changes.poll_now(now));
        acme = made->id;
    }
    Ground& ground() { return house->ground(); }
    std::string published()
    {
        auto const keys = ground().key_ring.get_now(acme, now);
        EXPECT_TRUE(keys) << keys.error().message;
        return keys ? *(*keys)->jwks() : std::string();
    }
    static std::size_t count_keys(std::string const& jwks)
    {
        return boost::json::parse(jwks).at("keys").as_array().size();
    }

    RunningHouse house{{}, RunningHouse::Started::No};
    TimePoint const now = SystemClock{}.now();
    TenantId acme;
};

TEST_F(Housekeeping, RemovesSessionsAndCodesThatExpired)
{
    struct Rows {
        session::Handle session;
        credentials::ChallengeId challenge;
    };
    auto const make_rows = [&](std::string_view address, TimePoint time) {
        return ground().database->write_now([&](storage::Tx& tx) -> Result<Rows> {
            TRY(auto const email, identity::normalize_email(address));
            TRY(auto const user,
                ground().users.create(tx, acme, {.identifiers = {{.identifier = email, .verified = true}}}, {}, time));
            TRY(auto opened, session::start(tx, *ground().vault,
                                            {.tenant = acme,
                                             .user = user.user.id,
                                             .security_epoch = user.user.security_epoch,
                                             .authentication = {.time = time, .amr = {"pwd"}},
                                             .lifetimes = {.idle = days(1), .absolute = days(2)}},
                                            time));
            TRY(auto const code, ground().challenges.create(tx, acme, {.purpose = "recovery"}, time));
            return Rows{std::move(opened.handle), code.id};
        });
    };
    // As of the moment when they were made, so that only their removal hides them.
    auto const there = [&](Rows const& rows, TimePoint time) {
        return *ground().database->read_now([&](storage::Tx& tx) -> Result<std::pair<bool, bool>> {
            TRY(auto const session, session::find(tx, acme, rows.session, time));
            auto const code = ground().challenges.peek(tx, acme, rows.challenge, "recovery", time);
            return std::pair(session.has_value(), code.has_value());
        });
    };
    auto const long_ago = now - days(400);
    auto const old = make_rows("ada@example.com", long_ago);
    auto const fresh = make_rows("grace@example.com", now);
    ASSERT_TRUE(old) << old.error().message;
    ASSERT_TRUE(fresh) << fresh.error().message;
    ASSERT_EQ(there(*old, long_ago), std::pair(true, true));
    auto const outcome = house->jobs().run_now("expiry");
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(there(*old, long_ago), std::pair(false, false));
    EXPECT_EQ(there(*fresh, now), std::pair(true, true));
}

TEST_F(Housekeeping, MakesKeysThatAreDueAndRemovesThoseThatRetired)
{
    ASSERT_TRUE(ground().key_ring.get_now(acme, now - days(200)));
    auto const first = published();
    ASSERT_TRUE(ground().key_ring.rotate(acme, Duration(0), {}, now - days(100)));
    auto const second = published();
    auto const outcome = house->jobs().run_now("key_rotation");
    ASSERT_TRUE(outcome) << outcome.error().message;
    auto const third = published();
    EXPECT_EQ(count_keys(second), 2 * count_keys(first));
    EXPECT_EQ(count_keys(third), count_keys(second)) << "successors came, the retired left";
    for (auto const& key : boost::json::parse(first).at("keys").as_array())
        EXPECT_EQ(third.find(key.at("kid").as_string()), std::string::npos);
    ASSERT_TRUE(house->jobs().run_now("key_rotation"));
    EXPECT_EQ(published(), third) << "nothing more is due";
}

} // namespace
} // namespace gatehouse::app
