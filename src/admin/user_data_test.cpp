// What administrators do with all that is kept about a user, and with the wish to be deleted.
#include "admin/test_support/management_world.hpp"
#include "identity/deletions.hpp"

namespace gatehouse::admin {
namespace {

using session::must;

class UserData : public testing::TestWithParam<storage::Engine> {
protected:
    ManagementWorld world{GetParam()};
    UserId ada = world.make_user("ada@example.com", world.tenant_id());

    std::string path(std::string_view more = "") const { return "/users/" + ada.to_string() + std::string(more); }
};

TEST_P(UserData, AnExportNeedsItsOwnScope)
{
    auto const reader = world.machine_token({"users:read", "users:update"});
    EXPECT_EQ(world.ask("GET " + path("/export"), {.token = reader}).status, 403);
    auto const given = world.ask("GET " + path("/export"), {.token = world.machine_token({"users:export"})});
    ASSERT_EQ(given.status, 200);
    EXPECT_EQ(given.body.at("data").at("identifiers").at(0).at("value"), "ada@example.com");
}

TEST_P(UserData, AnAccountOnItsWayOutIsSeenAndKept)
{
    auto const due = world.now() + std::chrono::days(14);
    must(world.write([&](storage::Tx& tx) {
        return identity::ask_deletion(tx, *world.vault, world.tenant_id(), ada, due, {}, world.now());
    }));
    EXPECT_EQ(world.ask("GET " + path(), {.token = world.token()}).text("deletion_due_at"), to_rfc3339(due));
    EXPECT_EQ(world.ask("DELETE " + path("/deletion"), {.token = world.token()}).status, 204);
    EXPECT_EQ(world.ask("GET " + path(), {.token = world.token()}).text("deletion_due_at"), "");
    auto const again = world.ask("DELETE " + path("/deletion"), {.token = world.token()});
    EXPECT_EQ(again.status, 404);
    EXPECT_EQ(again.code(), "deletion_not_found");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, UserData, storage::every_backend());

} // namespace
} // namespace gatehouse::admin
