#include "identity/agreements.hpp"

#include "crypto/digest.hpp"
#include "identity/test_support/test_house.hpp"

namespace gatehouse::identity {
namespace {

using storage::Tx;

class AgreementsOf : public testing::TestWithParam<storage::Engine> {
protected:
    TestHouse house{GetParam()};
    TenantId tenant = house.tenant().id;

    Result<Document> put(std::string name, bool required = true, std::optional<std::int64_t> expected = {})
    {
        auto done = house.write([&](Tx& tx) {
            return put_document(tx, *house.vault, tenant,
                                {.name = name, .title = {{"en", "The " + name}}, .required = required}, expected,
                                house.origin, house.now());
        });
        EXPECT_TRUE(house.changes.poll_now(house.now()));
        return done;
    }
    Result<DocumentVersion> publish(std::string_view name, Words texts, bool ask_again = true)
    {
        auto done = house.write([&](Tx& tx) {
            return publish_version(tx, *house.vault, tenant, name, {.ask_again = ask_again, .texts = texts},
                                   house.origin, house.now());
        });
        EXPECT_TRUE(house.changes.poll_now(house.now()));
        return done;
    }
    Circumstances here(std::string locale = "en")
    {
        return {.locale = std::move(locale), .place = "203.0.113.7", .origin = house.origin, .now = house.now()};
    }
    Result<void> accept_one(UserId user, std::string document, std::int64_t version, std::string locale = "en")
    {
        return house.write([&](Tx& tx) {
            return accept(tx, *house.vault, tenant, user, {{document, version}}, here(locale));
        });
    }
    std::vector<std::string> missing(UserId user)
    {
        std::vector<std::string> names;
        auto const found = house.read(
            [&](Tx& tx) { return missing_agreements(tx, tenant, user, *house.tenant().agreements); });
        for (auto const& agreement : found.value())
            names.push_back(agreement.name);
        return names;
    }
    using Names = std::vector<std::string>;
};

TEST_P(AgreementsOf, NobodyIsAskedForADocumentWithoutAText)
{
    auto const ada = house.make_user("ada@example.com").user.id;
    ASSERT_TRUE(put("terms"));
    EXPECT_TRUE(house.tenant().agreements->empty());
    EXPECT_EQ(missing(ada), Names{});
    ASSERT_TRUE(publish("terms", {{"en", "Be kind."}}));
    EXPECT_EQ(missing(ada), Names{"terms"});
}

TEST_P(AgreementsOf, WhatWasAcceptedIsKeptWithTheHashOfTheTextThatWasShown)
{
    auto const ada = house.make_user("ada@example.com").user.id;
    ASSERT_TRUE(put("terms"));
    ASSERT_TRUE(publish("terms", {{"en", "Be kind."}, {"de", "Seien Sie nett."}}));
    ASSERT_TRUE(accept_one(ada, "terms", 1, "de-AT"));
    EXPECT_EQ(missing(ada), Names{});
    auto const lines = house.read([&](Tx& tx) { return list_acceptances(tx, *house.vault, tenant, ada); });
    ASSERT_TRUE(lines);
    ASSERT_EQ(lines->size(), 1U);
    EXPECT_EQ(lines->front().locale, "de");
    EXPECT_EQ(lines->front().sha256, hex_encode(crypto::sha256(std::string_view("Seien Sie nett."))));
    EXPECT_EQ(lines->front().place, "203.0.113.7");
    EXPECT_EQ(lines->front().at, house.now());
}

TEST_P(AgreementsOf, ANewVersionAsksAgainOnlyIfItSaysSo)
{
    auto const ada = house.make_user("ada@example.com").user.id;
    ASSERT_TRUE(put("terms"));
    ASSERT_TRUE(publish("terms", {{"en", "One"}}));
    ASSERT_TRUE(accept_one(ada, "terms", 1));
    ASSERT_TRUE(publish("terms", {{"en", "One, with a comma"}}, false));
    EXPECT_EQ(missing(ada), Names{});
    ASSERT_TRUE(publish("terms", {{"en", "Two"}}));
    EXPECT_EQ(missing(ada), Names{"terms"});
    EXPECT_EQ(accept_one(ada, "terms", 2).error().code, "agreement_changed") << "what was shown is too old by now";
    ASSERT_TRUE(accept_one(ada, "terms", 3));
    EXPECT_EQ(missing(ada), Names{});
}

TEST_P(AgreementsOf, AVersionThatWasNeverPublishedCannotBeAccepted)
{
    auto const ada = house.make_user("ada@example.com").user.id;
    ASSERT_TRUE(put("terms"));
    ASSERT_TRUE(publish("terms", {{"en", "One"}}));
    EXPECT_EQ(accept_one(ada, "terms", 99).error().code, "document_not_found");
    EXPECT_EQ(missing(ada), Names{"terms"});
}

TEST_P(AgreementsOf, AnOptionalOneIsWithdrawnAndARequiredOneIsNot)
{
    auto const ada = house.make_user("ada@example.com").user.id;
    ASSERT_TRUE(put("terms"));
    ASSERT_TRUE(put("news", false));
    ASSERT_TRUE(publish("terms", {{"en", "Terms"}}));
    ASSERT_TRUE(publish("news", {{"en", "News"}}));
    ASSERT_TRUE(accept_one(ada, "terms", 1));
    auto const take_back = [&](std::string_view name) {
        return house.write([&](Tx& tx) { return withdraw(tx, *house.vault, tenant, ada, name, here()); });
    };
    EXPECT_EQ(take_back("terms").error().code, "agreement_required");
    EXPECT_EQ(take_back("news").error().code, "agreement_not_given");
    ASSERT_TRUE(accept_one(ada, "news", 1));
    ASSERT_TRUE(take_back("news"));
    EXPECT_EQ(take_back("news").error().code, "agreement_not_given");
    auto const now = house.read([&](Tx& tx) { return accepted_now(tx, tenant, ada); });
    ASSERT_EQ(now->size(), 1U);
    EXPECT_EQ(now->front().document, "terms");
    auto const lines = house.read([&](Tx& tx) { return list_acceptances(tx, *house.vault, tenant, ada); });
    EXPECT_EQ(lines->size(), 3U) << "lines are only ever added";
}

TEST_P(AgreementsOf, MistakesAreNamed)
{
    EXPECT_EQ(put("Terms!").error().pointer, "/name");
    EXPECT_EQ(publish("terms", {{"en", "x"}}).error().code, "document_not_found");
    ASSERT_TRUE(put("terms"));
    EXPECT_EQ(put("terms", false, 7).error().code, "version_differs");
    EXPECT_EQ(publish("terms", {}).error().pointer, "/texts");
    EXPECT_EQ(publish("terms", {{"en", "a\x01"}}).error().pointer, "/texts/en");
    EXPECT_EQ(publish("terms", {{"en", 3}}).error().pointer, "/texts/en");
}

TEST_P(AgreementsOf, OfAnErasedPersonNothingIsLeft)
{
    house.users.add_eraser(
        [](Tx& tx, TenantId of, UserId user, TimePoint) { return forget_acceptances(tx, of, user); });
    auto const ada = house.make_user("ada@example.com").user.id;
    ASSERT_TRUE(put("terms"));
    ASSERT_TRUE(publish("terms", {{"en", "One"}}));
    ASSERT_TRUE(accept_one(ada, "terms", 1));
    ASSERT_TRUE(house.write(
        [&](Tx& tx) { return house.users.erase(tx, house.tenant(), ada, "test", house.origin, house.now()); }));
    EXPECT_TRUE(house.read([&](Tx& tx) { return accepted_now(tx, tenant, ada); })->empty());
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, AgreementsOf, storage::every_backend());

} // namespace
} // namespace gatehouse::identity
