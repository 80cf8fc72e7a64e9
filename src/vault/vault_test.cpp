#include "vault/vault.hpp"

#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace gatehouse::vault {
namespace {

using storage::Tx;

TimePoint const kNow = from_seconds(1'780'000'000);
constexpr FieldNumber kName{1};
constexpr FieldNumber kMail{2};

class VaultTest : public testing::TestWithParam<storage::Engine> {
protected:
    storage::TestDatabase database{GetParam()};
    std::unique_ptr<Vault> vault = open_test_vault(*database, kNow);
    TenantId tenant = make_test_tenant(*database, *vault, kNow);

    template <class Rule>
    auto write(Rule rule)
    {
        return database->write_now(std::move(rule));
    }
    PersonKey make_person(UserId user) { return make_person(tenant, user); }
    PersonKey make_person(TenantId of, UserId user)
    {
        return *write([&](Tx& tx) { return vault->create_person_key(tx, of, user, kNow); });
    }
    Result<PersonKey> open_person(Vault& with, UserId user)
    {
        return database->read_now([&](Tx& tx) { return with.open_person_key(tx, tenant, user); });
    }
    void refresh(Vault& which, TimePoint now)
    {
        auto const refreshed = database->read_now([&](Tx& tx) { return which.refresh(tx, now); });
        ASSERT_TRUE(refreshed) << refreshed.error().code;
    }
};
INSTANTIATE_TEST_SUITE_P(EveryBackend, VaultTest, storage::every_backend());

TEST_P(VaultTest, AFieldOpensAfterARestart)
{
    auto const user = UserId::generate(kNow);
    auto const row = Uuid::generate(kNow);
    auto const sealed = seal_field(make_person(user), kName, row, "Alice");
    vault.reset();
    vault = open_test_vault(*database, kNow);
    auto const key = open_person(*vault, user);
    ASSERT_TRUE(key);
    EXPECT_EQ(*open_text_field(*key, kName, row, sealed), "Alice");
}

TEST_P(VaultTest, AFieldOfAnotherUserRowOrFieldDoesNotOpen)
{
    auto const alice = make_person(UserId::generate(kNow));
    auto const eve = make_person(UserId::generate(kNow));
    auto const row = Uuid::generate(kNow);
    auto const other = Uuid::generate(kNow);
    auto const sealed = seal_field(alice, kName, row, "Alice");
    EXPECT_EQ(open_text_field(eve, kName, row, sealed).error().code, "field_unreadable");
    EXPECT_EQ(open_text_field(alice, kMail, row, sealed).error().code, "field_unreadable");
    EXPECT_EQ(open_text_field(alice, kName, other, sealed).error().code, "field_unreadable");
    // Even under the same key bytes the user and the tenant are bound.
    PersonKey const swapped{.tenant = tenant, .user = eve.user, .version = 1, .key = alice.key.clone()};
    EXPECT_EQ(open_text_field(swapped, kName, row, sealed).error().code, "field_unreadable");
    PersonKey const moved{
        .tenant = TenantId::generate(kNow), .user = alice.user, .version = 1, .key = alice.key.clone()};
    EXPECT_EQ(open_text_field(moved, kName, row, sealed).error().code, "field_unreadable");
}

TEST_P(VaultTest, EveryFlippedBitOfAFieldIsRefused)
{
    auto const key = make_person(UserId::generate(kNow));
    auto const row = Uuid::generate(kNow);
    auto const sealed = seal_field(key, kName, row, "Al");
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto changed = sealed;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        EXPECT_EQ(open_text_field(key, kName, row, changed).error().code, "field_unreadable") << bit;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size)
        EXPECT_FALSE(open_text_field(key, kName, row, ByteView(sealed).first(size)));
}

constexpr storage::Statement kReadPersonKey{
    "SELECT wrapped FROM vault_person_keys WHERE tenant_id = :tenant AND user_id = :user"};

TEST_P(VaultTest, EveryFlippedBitOfAWrappedKeyIsRefused)
{
    auto const user = UserId::generate(kNow);
    make_person(user);
    auto const wrapped = *database->read_now([&](Tx& tx) {
        return tx.maybe(kReadPersonKey, {{"tenant", tenant}, {"user", user}},
                        [](storage::Row const& row) { return row.blob(0); });
    });
    ASSERT_TRUE(vault->unwrap_person_key(tenant, user, {.version = 1, .wrapped_by = 1, .wrapped = *wrapped}));
    for (std::size_t bit = 0; bit < wrapped->size() * 8; ++bit) {
        auto changed = *wrapped;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        EXPECT_FALSE(vault->unwrap_person_key(tenant, user, {.version = 1, .wrapped_by = 1, .wrapped = changed}));
    }
    // Another user's row, version or tenant.
    EXPECT_FALSE(
        vault->unwrap_person_key(tenant, UserId::generate(kNow), {.version = 1, .wrapped_by = 1, .wrapped = *wrapped}));
    EXPECT_FALSE(vault->unwrap_person_key(tenant, user, {.version = 2, .wrapped_by = 1, .wrapped = *wrapped}));
    EXPECT_FALSE(vault->unwrap_person_key(tenant, user, {.version = 1, .wrapped_by = 2, .wrapped = *wrapped}));
    auto const other = make_test_tenant(*database, *vault, kNow);
    EXPECT_FALSE(vault->unwrap_person_key(other, user, {.version = 1, .wrapped_by = 1, .wrapped = *wrapped}));
}

TEST_P(VaultTest, AnErasedPersonCanNeverBeReadAgain)
{
    auto const user = UserId::generate(kNow);
    make_person(user);
    EXPECT_TRUE(*write([&](Tx& tx) { return vault->destroy_person_key(tx, tenant, user); }));
    EXPECT_EQ(open_person(*vault, user).error().code, "person_key_missing");
    EXPECT_FALSE(*write([&](Tx& tx) { return vault->destroy_person_key(tx, tenant, user); }));
}

TEST_P(VaultTest, AKeyOfTheDayEndsWithItsDay)
{
    auto const row = Uuid::generate(kNow);
    auto const today = *write([&](Tx& tx) { return vault->daily_key(tx, tenant, kNow); });
    auto const again = *write([&](Tx& tx) { return vault->daily_key(tx, tenant, kNow + std::chrono::hours(1)); });
    auto const sealed = seal_field(today, kMail, row, "new@example.com");
    EXPECT_EQ(*open_text_field(again, kMail, row, sealed), "new@example.com");
    refresh(*vault, kNow); // now from memory
    auto const tomorrow = kNow + std::chrono::days(1);
    auto const next = *write([&](Tx& tx) { return vault->daily_key(tx, tenant, tomorrow); });
    EXPECT_EQ(next.day, today.day + 1);
    EXPECT_FALSE(open_text_field(next, kMail, row, sealed));

    auto const open = [&](Vault& with) {
        return database->read_now([&](Tx& tx) { return with.open_daily_key(tx, tenant, sealed); });
    };
    auto const found = open(*vault);
    ASSERT_TRUE(found);
    EXPECT_EQ(*open_text_field(*found, kMail, row, sealed), "new@example.com");
    EXPECT_FALSE(open_text_field(*found, kName, row, sealed));
    EXPECT_EQ(*write([&](Tx& tx) { return vault->destroy_daily_keys(tx, tomorrow); }), 1);
    auto const later = open_test_vault(*database, tomorrow);
    EXPECT_EQ(open(*later).error().code, "field_unreadable");
}

TEST_P(VaultTest, ARolledBackTransactionLeavesNoKeyOfTheDayBehind)
{
    auto const failed = write([&](Tx& tx) -> Result<void> {
        TRY_DO(vault->daily_key(tx, tenant, kNow));
        return refuse(ErrorKind::conflict, "changed_my_mind", "");
    });
    EXPECT_FALSE(failed);
    auto const sealed =
        seal_field(*write([&](Tx& tx) { return vault->daily_key(tx, tenant, kNow); }), kName, Uuid{}, "x");
    auto const reopened = open_test_vault(*database, kNow);
    EXPECT_TRUE(database->read_now([&](Tx& tx) { return reopened->open_daily_key(tx, tenant, sealed); }));
}

TEST_P(VaultTest, LookupDigestsDifferByTenantKindAndValueOnly)
{
    auto const digest = [&](TenantId of, std::string_view kind, std::string_view value) {
        auto const found = vault->lookup_digest(of, kind, value);
        EXPECT_EQ(found->index_version, 1);
        return hex_encode(found->digest);
    };
    auto const other = make_test_tenant(*database, *vault, kNow);
    auto const first = digest(tenant, "email", "alice@example.com");
    EXPECT_EQ(digest(tenant, "email", "alice@example.com"), first);
    EXPECT_NE(digest(other, "email", "alice@example.com"), first);
    EXPECT_NE(digest(tenant, "username", "alice@example.com"), first);
    EXPECT_NE(digest(tenant, "emaila", "lice@example.com"), first);
    vault = open_test_vault(*database, kNow);
    EXPECT_EQ(digest(tenant, "email", "alice@example.com"), first);
    EXPECT_EQ(vault->lookup_digest(TenantId::generate(kNow), "email", "x").error().kind, ErrorKind::internal);
}

TEST_P(VaultTest, WhileReindexingWritesClaimOldAndNew)
{
    auto const before = *vault->lookup_digest(tenant, "email", "a");
    EXPECT_EQ(*write([&](Tx& tx) { return vault->start_reindexing(tx, tenant, kNow); }), 2);
    refresh(*vault, kNow);
    auto const both = *vault->lookup_digests(tenant, "email", "a");
    ASSERT_EQ(both.size(), 2u);
    EXPECT_EQ(both[0].digest, before.digest);
    EXPECT_EQ(both[1].index_version, 2);
    EXPECT_NE(both[1].digest, before.digest);
    EXPECT_EQ(vault->lookup_digest(tenant, "email", "a")->index_version, 1);

    EXPECT_TRUE(write([&](Tx& tx) { return vault->finish_reindexing(tx, tenant); }));
    refresh(*vault, kNow);
    EXPECT_EQ(vault->lookup_digest(tenant, "email", "a")->digest, both[1].digest);
    EXPECT_EQ(vault->lookup_digests(tenant, "email", "a")->size(), 1u);
}

TEST_P(VaultTest, AWrappedSecretOpensForItsPurposeOnly)
{
    auto const wrapped = *vault->wrap(tenant, "signing_key/1", Secret(std::string_view("private")));
    EXPECT_EQ(vault->unwrap(tenant, "signing_key/1", wrapped)->expose_text(), "private");
    EXPECT_EQ(vault->unwrap(tenant, "signing_key/2", wrapped).error().code, "wrapped_secret_unreadable");
    auto const other = make_test_tenant(*database, *vault, kNow);
    EXPECT_EQ(vault->unwrap(other, "signing_key/1", wrapped).error().code, "wrapped_secret_unreadable");
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
        auto changed = wrapped;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        EXPECT_FALSE(vault->unwrap(tenant, "signing_key/1", changed));
    }
}

TEST_P(VaultTest, AnotherRootKeyIsRefusedWithASentence)
{
    auto const opened = Vault::open(*database, RootKeyGiven{Secret(Bytes(32, 9))}, kNow);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, "root_key_wrong");
    EXPECT_NE(opened.error().message.find("does not belong to this database"), std::string::npos);
}

TEST_P(VaultTest, ANewTenantIsKnownToAnotherNodeAfterRefresh)
{
    auto const node = open_test_vault(*database, kNow);
    auto const fresh = make_test_tenant(*database, *vault, kNow);
    EXPECT_FALSE(node->lookup_digest(fresh, "email", "a"));
    refresh(*node, kNow);
    EXPECT_EQ(node->lookup_digest(fresh, "email", "a")->digest, vault->lookup_digest(fresh, "email", "a")->digest);
    EXPECT_EQ(database->read_now([&](Tx& tx) { return node->load_tenant(tx, TenantId::generate(kNow)); }).error().code,
              "tenant_keys_missing");
    EXPECT_EQ(write([&](Tx& tx) { return vault->create_tenant_keys(tx, fresh, kNow); }).error().code,
              "tenant_keys_exist");
}

TEST_P(VaultTest, ADestroyedTenantLeavesNoKey)
{
    auto const user = UserId::generate(kNow);
    make_person(user);
    ASSERT_TRUE(write([&](Tx& tx) { return vault->destroy_tenant_keys(tx, tenant); }));
    auto const reopened = open_test_vault(*database, kNow);
    EXPECT_FALSE(open_person(*reopened, user));
    EXPECT_FALSE(reopened->wrap(tenant, "x", Secret()));
}

TEST_P(VaultTest, RotatingTheRootKeyKeepsEverythingReadable)
{
    auto const user = UserId::generate(kNow);
    auto const sealed = seal_field(make_person(user), kName, Uuid{}, "Alice");
    auto const digest = *vault->lookup_digest(tenant, "email", "a");
    auto const stale = open_test_vault(*database, kNow);
    ASSERT_TRUE(vault->rotate_root(*database, Secret(Bytes(32, 7)), kNow));

    // This node goes on; one with the old key refuses to make keys that nobody could read.
    EXPECT_TRUE(write([&](Tx& tx) { return vault->create_tenant_keys(tx, TenantId::generate(kNow), kNow); }));
    EXPECT_EQ(write([&](Tx& tx) { return stale->create_tenant_keys(tx, TenantId::generate(kNow), kNow); }).error().code,
              "root_key_rotated");
    EXPECT_EQ(Vault::open(*database, RootKeyGiven{Secret(Bytes(32, 1))}, kNow).error().code, "root_key_wrong");

    auto const reopened = open_test_vault(*database, kNow, 7);
    auto const key = open_person(*reopened, user);
    ASSERT_TRUE(key);
    EXPECT_EQ(*open_text_field(*key, kName, Uuid{}, sealed), "Alice");
    EXPECT_EQ(reopened->lookup_digest(tenant, "email", "a")->digest, digest.digest);
}

TEST_P(VaultTest, RotatingATenantKeyWrapsUsersAgainAndChangesNoDigest)
{
    auto const user = UserId::generate(kNow);
    auto const sealed = seal_field(make_person(user), kName, Uuid{}, "Alice");
    auto const secret = *vault->wrap(tenant, "p", Secret(std::string_view("s")));
    auto const digest = vault->lookup_digest(tenant, "email", "a")->digest;
    ASSERT_TRUE(write([&](Tx& tx) { return vault->rotate_tenant_key(tx, tenant, kNow); }));
    auto const rewrap = [&] { return *write([&](Tx& tx) { return vault->rewrap_person_keys(tx, tenant, 100); }); };
    refresh(*vault, kNow);
    EXPECT_EQ(rewrap(), 0); // not before every node knows the new key
    refresh(*vault, kNow + kKeyNotice);
    EXPECT_EQ(rewrap(), 1);
    EXPECT_EQ(rewrap(), 0);
    EXPECT_EQ(*open_text_field(*open_person(*vault, user), kName, Uuid{}, sealed), "Alice");
    EXPECT_EQ(vault->unwrap(tenant, "p", secret)->expose_text(), "s");
    EXPECT_EQ(vault->lookup_digest(tenant, "email", "a")->digest, digest);
}

TEST_P(VaultTest, ACopyOfTheKeysIsNotedUntilTheRootChanges)
{
    auto const last = [&] { return *database->read_now([](Tx& tx) { return Vault::last_export(tx); }); };
    EXPECT_EQ(last(), std::nullopt);
    Secret const passphrase{std::string_view("a long passphrase")};
    auto const text = vault->export_keys(*database, passphrase, kNow);
    ASSERT_TRUE(text);
    EXPECT_EQ(last(), kNow);
    EXPECT_EQ(import_root_key(*text, passphrase)->expose()[0], 1);
    ASSERT_TRUE(vault->rotate_root(*database, Secret(Bytes(32, 7)), kNow));
    EXPECT_EQ(last(), std::nullopt);
}

TEST_P(VaultTest, ServesManyThreadsWhileKeysChange)
{
    auto const user = UserId::generate(kNow);
    auto const person = make_person(user);
    auto const sealed = seal_field(person, kName, Uuid{}, "Alice");
    auto const expected = vault->lookup_digest(tenant, "email", "a")->digest;
    std::atomic<bool> done = false;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            while (!done) {
                auto const read = open_text_field(person, kName, Uuid{}, sealed);
                if (!read || *read != "Alice" || vault->lookup_digest(tenant, "email", "a")->digest != expected)
                    ++wrong;
                auto const wrapped = vault->wrap(tenant, "p", Secret(std::string_view("s")));
                if (!wrapped || !vault->unwrap(tenant, "p", *wrapped))
                    ++wrong;
            }
        });
    for (int i = 0; i < 10; ++i) {
        make_test_tenant(*database, *vault, kNow);
        refresh(*vault, kNow);
    }
    done = true;
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace gatehouse::vault
