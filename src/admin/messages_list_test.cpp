// What administrators see of messages that wait or failed.
#include "admin/test_support/management_world.hpp"
#include "messages/outbox.hpp"
#include "messages/outbox_store.hpp"

namespace gatehouse::admin {
namespace {

using session::must;

class MessageList : public testing::TestWithParam<storage::Engine> {
protected:
    ManagementWorld world{GetParam()};
    messages::Outbox outbox{*world.vault};

    void enqueue(std::string const& to)
    {
        must(world.write([&](storage::Tx& tx) {
            return outbox.enqueue(tx,
                                  {.tenant = world.tenant_id(),
                                   .kind = messages::Kind::sign_in_code,
                                   .to = to,
                                   .sender_name = "Acme",
                                   .arguments = {{"code", "482913"}, {"minutes", 10}},
                                   .expires_at = world.now() + std::chrono::minutes(10)},
                                  world.now());
        }));
    }
};

TEST_P(MessageList, SaysWhatWaitsAndForWhomButNeverTheCode)
{
    for (int i = 0; i < 3; ++i)
        enqueue(fmt::format("ada{}@example.com", i));
    auto const page = world.ask("GET /messages?limit=2", {.token = world.token()});
    ASSERT_EQ(page.status, 200);
    auto const& items = page.body.at("items").as_array();
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].at("recipient").as_string(), "ada0@example.com");
    EXPECT_EQ(items[0].at("state").as_string(), "waiting");
    EXPECT_EQ(items[0].at("kind").as_string(), "sign_in_code");
    EXPECT_EQ(boost::json::serialize(page.body).find("482913"), std::string::npos);
    auto const rest = world.ask("GET /messages?limit=2&cursor=" + page.text("next_cursor"), {.token = world.token()});
    EXPECT_EQ(rest.body.at("items").as_array().size(), 1u);
}

TEST_P(MessageList, SaysWhyOneWillNeverArrive)
{
    enqueue("gone@example.com");
    must(world.write([&](storage::Tx& tx) -> Result<void> {
        auto const claim = messages::ClaimId::generate(world.now());
        TRY(auto const rows,
            messages::claim_messages(tx, claim, world.now(), world.now() + std::chrono::minutes(1), 1));
        TRY_DO(messages::fail_message(tx, rows.at(0), claim, rows.at(0).payload, "mail_refused", world.now(),
                                      world.now() + std::chrono::days(30)));
        return {};
    }));
    auto const page = world.ask("GET /messages", {.token = world.token()});
    auto const& item = page.body.at("items").as_array().at(0);
    EXPECT_EQ(item.at("state").as_string(), "failed");
    EXPECT_EQ(item.at("reason").as_string(), "mail_refused");
    EXPECT_FALSE(item.as_object().contains("next_attempt_at"));
}

TEST_P(MessageList, IsNotForCallersWithoutTheScopeNorForOtherTenants)
{
    enqueue("ada@example.com");
    EXPECT_EQ(world.ask("GET /messages", {.token = world.machine_token({"users:read"})}).status, 403);
    auto const system = world.directory.system_tenant();
    auto const there = world.ask("GET /messages", {.token = world.operator_token(), .tenant = system});
    EXPECT_EQ(there.body.at("items").as_array().size(), 0u);
}

TEST_P(MessageList, WordsOfOnesOwnAreLookedAtSavedSentAndTakenBack)
{
    auto const token = world.token();
    std::string const place = "/messages/wordings/sign_in_code/en";
    boost::json::object const body{{"texts", {{"subject", "Hello from {sender}"}}}};
    auto const preview = world.ask("POST " + place + "/preview", {.token = token, .body = body});
    ASSERT_EQ(preview.status, 200) << boost::json::serialize(preview.body);
    EXPECT_TRUE(preview.text("subject").starts_with("Hello from "));
    EXPECT_NE(preview.text("html").find("123456"), std::string::npos);
    EXPECT_EQ(world.ask("GET /messages/wordings", {.token = token}).body.at("items").as_array().size(), 0u);
    EXPECT_EQ(world.ask("PUT " + place, {.token = token, .body = body}).status, 200);
    EXPECT_EQ(world.ask("GET /messages/wordings", {.token = token}).body.at("items").as_array().size(), 1u);
    auto const wrong =
        world.ask("PUT " + place, {.token = token, .body = boost::json::object{{"texts", {{"intro", "{oops"}}}}});
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(wrong.pointer(), "/texts/intro");
    boost::json::object const to{{"channel", "mail"}, {"to", "me@example.com"}};
    EXPECT_EQ(world.ask("POST " + place + "/test", {.token = token, .body = to}).status, 204);
    EXPECT_EQ(world.ask("GET /messages", {.token = token}).body.at("items").as_array().size(), 1u);
    EXPECT_EQ(world.ask("PUT " + place, {.token = world.machine_token({"messages:read"}), .body = body}).status, 403);
    EXPECT_EQ(world.ask("DELETE " + place, {.token = token}).status, 204);
    EXPECT_EQ(world.ask("DELETE " + place, {.token = token}).status, 404);
    EXPECT_EQ(world.ask("PUT /messages/wordings/no_such/en", {.token = token, .body = body}).status, 404);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, MessageList, storage::every_backend());

} // namespace
} // namespace gatehouse::admin
