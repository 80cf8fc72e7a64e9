#include "credentials/passwords.hpp"

#include "identity/test_support/test_house.hpp"

#include <thread>

namespace gatehouse::credentials {
namespace {

using storage::Tx;

class PasswordsOf : public testing::TestWithParam<storage::Engine> {
protected:
    void SetUp() override { house.users.add_eraser(erase_credentials); }
    Result<std::int64_t> enrol(std::string_view phc)
    {
        return house.write([&](Tx& tx) { return passwords.enrol(tx, ada.key, phc, house.origin, house.now()); });
    }
    Result<PasswordChange> set(std::string_view phc, std::optional<std::int64_t> expected = {})
    {
        return house.write(
            [&](Tx& tx) { return passwords.set(tx, tenant, ada.user.id, {.phc = phc, .expected_version = expected}, house.origin, house.now()); });
    }
    std::optional<StoredPassword> load(vault::PersonKey const* key = nullptr)
    {
        auto found = house.read([&](Tx& tx) { return passwords.load(tx, tenant, ada.user.id, key); });
        EXPECT_TRUE(found) << found.error().detail;
        return found.value_or(std::nullopt);
    }
    std::int64_t epoch()
    {
        return house.read([&](Tx& tx) { return house.users.state(tx, tenant, ada.user.id); }).value()->security_epoch;
    }

    identity::TestHouse house{GetParam()};
    TenantId const tenant = house.tenant().id;
    identity::CreatedUser const ada = house.make_user("ada@example.com");
    Passwords passwords{*house.vault, house.users};
};

TEST_P(PasswordsOf, AUserWithoutOneHasNone)
{
    EXPECT_FALSE(load());
}

TEST_P(PasswordsOf, TheFirstOneRaisesNoEpochAndALaterOneDoes)
{
    ASSERT_TRUE(enrol("$argon2id$one"));
    EXPECT_EQ(epoch(), 1);
    auto const changed = set("$argon2id$two");
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->version, 2);
    EXPECT_EQ(changed->security_epoch, 2);
    EXPECT_EQ(epoch(), 2);
    EXPECT_EQ(load()->phc, "$argon2id$two");
    EXPECT_EQ(load(&ada.key)->version, 2);
}

TEST_P(PasswordsOf, LoadingIsOneStatement)
{
    ASSERT_TRUE(enrol("$argon2id$one"));
    auto const before = house.database->statistics().statements;
    load();
    load(&ada.key);
    EXPECT_EQ(house.database->statistics().statements, before + 2);
}

TEST_P(PasswordsOf, ASecondFirstOneIsRefused)
{
    ASSERT_TRUE(enrol("$argon2id$one"));
    EXPECT_EQ(enrol("$argon2id$two").error().code, "storage_conflict");
    EXPECT_EQ(set("$argon2id$two", 0).error().code, "credential_changed");
    EXPECT_EQ(load()->phc, "$argon2id$one");
}

TEST_P(PasswordsOf, AVerificationOfAPasswordThatWasChangedMeanwhileDoesNotCount)
{
    ASSERT_TRUE(enrol("$argon2id$one"));
    auto const seen = load();
    ASSERT_TRUE(set("$argon2id$two"));
    auto const use = [&](std::int64_t version) {
        return house.write(
            [&](Tx& tx) { return passwords.confirm_use(tx, tenant, ada.user.id, version, house.now()); });
    };
    EXPECT_EQ(use(seen->version).error().code, "credential_changed");
    EXPECT_TRUE(use(2));
}

TEST_P(PasswordsOf, ARehashKeepsVersionAndEpochAndNeverOverwritesANewerPassword)
{
    ASSERT_TRUE(enrol("$argon2id$one"));
    auto const set_at = [&] {
        return house.read([&](Tx& tx) { return passwords.changed_at(tx, tenant, ada.user.id); }).value();
    };
    auto const before = set_at();
    house.clock.advance(std::chrono::hours(1));
    auto const rehash = [&](std::int64_t version, std::string_view phc) {
        ASSERT_TRUE(house.write([&](Tx& tx) { return passwords.rehash(tx, ada.key, version, phc); }));
    };
    rehash(1, "$argon2id$one again");
    EXPECT_EQ(load()->phc, "$argon2id$one again");
    EXPECT_EQ(load()->version, 1);
    EXPECT_EQ(epoch(), 1);
    EXPECT_EQ(set_at(), before) << "the person sees when they last set it";
    ASSERT_TRUE(set("$argon2id$two"));
    EXPECT_EQ(set_at(), house.now());
    rehash(1, "$argon2id$one a third time");
    EXPECT_EQ(load()->phc, "$argon2id$two");
}

TEST_P(PasswordsOf, OfManyChangesToOneVersionOneIsKept)
{
    ASSERT_TRUE(enrol("$argon2id$one"));
    std::atomic<int> kept = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 8; ++i)
        racers.emplace_back([&, i] {
            auto const outcome = set(fmt::format("$argon2id${}", i), 1);
            kept += outcome.has_value();
            if (!outcome)
                EXPECT_EQ(outcome.error().code, "credential_changed") << outcome.error().detail;
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(kept, 1);
    EXPECT_EQ(epoch(), 2);
    EXPECT_EQ(load()->version, 2);
}

TEST_P(PasswordsOf, AnotherTenantsUserHasNoneHere)
{
    ASSERT_TRUE(enrol("$argon2id$one"));
    auto const acme = house.make_tenant("acme");
    EXPECT_FALSE(house.read([&](Tx& tx) { return passwords.load(tx, acme.id, ada.user.id); }).value());
}

TEST_P(PasswordsOf, AnErasedPersonsPasswordIsGone)
{
    ASSERT_TRUE(enrol("$argon2id$one"));
    ASSERT_TRUE(house.write(
        [&](Tx& tx) { return house.users.erase(tx, house.tenant(), ada.user.id, "test", house.origin, house.now()); }));
    EXPECT_FALSE(load(&ada.key));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PasswordsOf, storage::every_backend());

} // namespace
} // namespace gatehouse::credentials
