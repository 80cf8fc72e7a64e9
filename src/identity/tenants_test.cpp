#include "identity/test_support/test_house.hpp"

#include "events/reader.hpp"

#include <thread>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;
using storage::Tx;

class TenantsOf : public testing::TestWithParam<storage::Engine> {
protected:
    Result<Tenant> create(NewTenant const& wanted)
    {
        return house.write([&](Tx& tx) { return house.tenants.create(tx, wanted, house.origin, house.now()); });
    }
    Result<Tenant> update(TenantId id, TenantChange const& change, std::optional<std::int64_t> version = {})
    {
        return house.write(
            [&](Tx& tx) { return house.tenants.update(tx, id, change, version, house.origin, house.now()); });
    }
    Result<void> remove(TenantId id)
    {
        return house.write([&](Tx& tx) { return house.tenants.remove(tx, id, house.origin, house.now()); });
    }
    void poll() { ASSERT_TRUE(house.changes.poll_now(house.now())); }

    TestHouse house{GetParam()};
};

TEST_P(TenantsOf, AnEmptyDatabaseGetsTheSystemAndTheDefaultTenant)
{
    ASSERT_TRUE(house.directory.system_tenant());
    EXPECT_EQ(house.directory.system_tenant()->issuer, "http://localhost:8080/t/system");
    EXPECT_FALSE(house.directory.system_tenant()->settings.registration.open) << "strangers do not join the operators";
    EXPECT_TRUE(house.directory.default_tenant()->settings.registration.open);
    EXPECT_EQ(house.tenant().issuer, "http://localhost:8080");
    ASSERT_TRUE(house.write([&](Tx& tx) { return house.tenants.bootstrap(tx, house.now()); }));
    EXPECT_EQ(house.directory.all().size(), 2U);
}

TEST_P(TenantsOf, AnotherBaseAddressIsRefusedBecauseAnIssuerNeverChanges)
{
    Tenants const moved(*house.vault, "https://id.example.com");
    auto const outcome = house.write([&](Tx& tx) { return moved.bootstrap(tx, house.now()); });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "base_address_differs");
}

TEST_P(TenantsOf, ANewTenantIsFoundAtOnceOnThisNode)
{
    auto const made = create({.slug = "acme", .name = "Acme", .host = "id.acme.example"});
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ(made->issuer, "http://id.acme.example:8080");
    poll();
    ASSERT_TRUE(house.directory.find_by_slug("acme"));
    EXPECT_EQ(house.directory.find_by_host("id.acme.example")->id, made->id);
    EXPECT_EQ(house.directory.find(made->id)->name, "Acme");
    EXPECT_EQ(house.directory.find_by_host("id.other.example"), nullptr);
}

TEST_P(TenantsOf, AnotherNodeLearnsOfATenantByPollingAndCanUseItsKeys)
{
    auto const other_vault = vault::open_test_vault(*house.database, house.now());
    ChangeFeed other(*house.database);
    Directory const directory(other, *other_vault);
    ASSERT_TRUE(other.poll_now(house.now()));
    auto const made = create({.slug = "acme", .name = "Acme"});
    ASSERT_TRUE(made);
    EXPECT_EQ(directory.find_by_slug("acme"), nullptr);
    ASSERT_TRUE(other.poll_now(house.now() + 1s));
    ASSERT_NE(directory.find_by_slug("acme"), nullptr);
    EXPECT_TRUE(other_vault->lookup_digest(made->id, "email", "ada@example.com"));
}

TEST_P(TenantsOf, APollWithoutChangesCostsOneStatementAndALookUpNone)
{
    auto const before = house.database->statistics().statements;
    poll();
    EXPECT_EQ(house.database->statistics().statements, before + 1);
    for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(house.directory.find_by_slug("default"));
    EXPECT_EQ(house.database->statistics().statements, before + 1);
}

TEST_P(TenantsOf, TheFeedGoesStaleAfterFiveSecondsAndWhenTheClockIsSetBack)
{
    EXPECT_TRUE(house.changes.is_fresh(house.now() + 5s));
    EXPECT_FALSE(house.changes.is_fresh(house.now() + 6s));
    EXPECT_FALSE(house.changes.is_fresh(house.now() - 1h));
}

TEST_P(TenantsOf, AFailingReloadIsTriedAgainWithTheNextPoll)
{
    ChangeFeed feed(*house.database);
    int calls = 0;
    int published = 0;
    feed.subscribe([&](Tx&, std::vector<TenantId> const& tenants) -> Result<ChangeFeed::Publish> {
        EXPECT_EQ(tenants.size(), 2U);
        if (++calls == 1)
            return fault("broken for once");
        return [&] { ++published; };
    });
    EXPECT_FALSE(feed.poll_now(house.now()));
    EXPECT_FALSE(feed.is_fresh(house.now()));
    EXPECT_TRUE(feed.poll_now(house.now()));
    EXPECT_TRUE(feed.poll_now(house.now()));
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(published, 1);
}

TEST_P(TenantsOf, SlugsThatCouldConfuseAPathAreRefused)
{
    for (auto const* slug : {"", "a", "Acme", "acme-", "-acme", "ac me", "../x", "a/b", "system", "default", "ä-b",
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
        EXPECT_EQ(create({.slug = slug, .name = "Acme"}).error().code, "tenant_slug_invalid") << slug;
}

TEST_P(TenantsOf, HostNamesAreNamesOnly)
{
    for (auto const* host : {"", "https://x", "x:80", "x/y", "127.0.0.1", "X.example", "a..b", "-a.example",
                             "a.example.", "a b", "[::1]", "1.2.3"})
        EXPECT_EQ(create({.slug = "acme", .name = "Acme", .host = host}).error().code, "tenant_host_invalid") << host;
    EXPECT_EQ(create({.slug = "acme", .name = "Acme", .host = "localhost"}).error().code, "tenant_host_taken");
}

TEST_P(TenantsOf, ADeletedTenantsSlugAndIssuerAreNeverGivenToAnother)
{
    auto const made = create({.slug = "acme", .name = "Acme", .host = "id.acme.example"});
    ASSERT_TRUE(made);
    ASSERT_TRUE(remove(made->id));
    EXPECT_EQ(create({.slug = "acme", .name = "Impostor"}).error().code, "tenant_slug_taken");
    EXPECT_EQ(create({.slug = "other", .name = "Impostor", .host = "id.acme.example"}).error().code,
              "tenant_host_taken");
    poll();
    EXPECT_EQ(house.directory.find_by_slug("acme"), nullptr);
    EXPECT_EQ(house.directory.find_by_host("id.acme.example"), nullptr);
    EXPECT_EQ(house.read([&](Tx& tx) { return house.tenants.get(tx, made->id); }).error().code, "tenant_not_found");
}

TEST_P(TenantsOf, DeletingATenantMakesItsPeopleUnreadable)
{
    auto const acme = house.make_tenant("acme");
    auto const ada = house.make_user("ada@example.com", acme.id);
    ASSERT_TRUE(remove(acme.id));
    EXPECT_FALSE(house.read([&](Tx& tx) { return house.users.get(tx, acme.id, ada.user.id); }));
}

TEST_P(TenantsOf, TheSystemAndTheDefaultTenantStay)
{
    EXPECT_EQ(remove(house.directory.system_tenant()->id).error().code, "tenant_protected");
    EXPECT_EQ(remove(house.tenant().id).error().code, "tenant_protected");
    auto const disabled = house.write([&](Tx& tx) {
        return house.tenants.set_enabled(tx, house.directory.system_tenant()->id, false, house.origin, house.now());
    });
    EXPECT_EQ(disabled.error().code, "tenant_protected");
}

TEST_P(TenantsOf, ADisabledTenantIsFoundAsSuch)
{
    auto const acme = house.make_tenant("acme");
    ASSERT_TRUE(
        house.write([&](Tx& tx) { return house.tenants.set_enabled(tx, acme.id, false, house.origin, house.now()); }));
    poll();
    EXPECT_FALSE(house.directory.find_by_slug("acme")->enabled);
}

TEST_P(TenantsOf, TwoTenantsThatExchangeHostNamesAreFoundAtTheNewOnes)
{
    auto const one = house.make_tenant("one");
    auto const two = house.make_tenant("two");
    ASSERT_TRUE(update(one.id, {.host = "a.example"}));
    ASSERT_TRUE(update(two.id, {.host = "b.example"}));
    poll();
    ASSERT_TRUE(update(one.id, {.host = ""}));
    ASSERT_TRUE(update(two.id, {.host = "a.example"}));
    ASSERT_TRUE(update(one.id, {.host = "b.example"}));
    poll();
    EXPECT_EQ(house.directory.find_by_host("a.example")->id, two.id);
    EXPECT_EQ(house.directory.find_by_host("b.example")->id, one.id);
}

TEST_P(TenantsOf, TheHostThatTheIssuerNamesCannotBeTakenAway)
{
    auto const made = create({.slug = "acme", .name = "Acme", .host = "id.acme.example"});
    ASSERT_TRUE(made);
    EXPECT_EQ(update(made->id, {.host = ""}).error().code, "tenant_host_is_issuer");
    EXPECT_EQ(update(made->id, {.host = "elsewhere.example"}).error().code, "tenant_host_is_issuer");
}

TEST_P(TenantsOf, AStaleVersionIsRefusedAndTheIssuerSurvivesEveryChange)
{
    auto const acme = house.make_tenant("acme");
    auto const renamed =
        update(acme.id, {.name = "Acme & Sons", .settings = {{{"session", {{"idle_seconds", 600}}}}}}, acme.version);
    ASSERT_TRUE(renamed) << renamed.error().message;
    EXPECT_EQ(renamed->issuer, acme.issuer);
    EXPECT_EQ(renamed->settings.session.idle_seconds, 600);
    EXPECT_EQ(update(acme.id, {.name = "Late"}, acme.version).error().code, "version_differs");
}

TEST_P(TenantsOf, BadSettingsAreRefusedWithThePlace)
{
    auto const pointer = [&](boost::json::object settings) {
        auto const made = create({.slug = "acme", .name = "Acme", .settings = std::move(settings)});
        return made ? std::string("accepted") : made.error().pointer;
    };
    EXPECT_EQ(pointer({{"password", {{"minimum_length", 4}}}}), "/settings/password/minimum_length");
    EXPECT_EQ(pointer({{"weather", "sunny"}}), "/settings/weather");
    auto const signin = [&](boost::json::object policy) { return pointer({{"signin", std::move(policy)}}); };
    EXPECT_EQ(signin({{"first", boost::json::array{}}}), "/settings/signin/first");
    EXPECT_EQ(signin({{"first", {"password", "totp"}}}), "/settings/signin/first/1") << "nobody begins with that";
    EXPECT_EQ(signin({{"first", {"password", "smoke_signals"}}}), "/settings/signin/first/1");
    EXPECT_EQ(signin({{"second", {"totp", "passkey", "totp"}}}), "/settings/signin/second/2");
    EXPECT_EQ(signin({{"enrol", {"email_code"}}}), "/settings/signin/enrol/0");
    EXPECT_EQ(signin({{"second_factor", "required"}, {"first", {"password"}}, {"second", boost::json::array{}}}),
              "/settings/signin/second");
    EXPECT_EQ(signin({{"acr", {{"multi", "phr"}}}}), "/settings/signin/acr/phishing_resistant");
    EXPECT_EQ(signin({{"acr", {{"single", "two words"}}}}), "/settings/signin/acr/single");
    EXPECT_EQ(signin({{"grace_days", 1000}}), "/settings/signin/grace_days");
    EXPECT_EQ(pointer({{"theme", {{"light", {{"accent", "red"}}}}}}), "/settings/theme/light/accent");
    EXPECT_EQ(pointer({{"theme", {{"dark", {{"logo", "javascript:alert(1)"}}}}}}), "/settings/theme/dark/logo");
    EXPECT_EQ(pointer({{"theme", {{"light", {{"logo", "//evil.example/x.png"}}}}}}), "/settings/theme/light/logo");
    EXPECT_EQ(pointer({{"session", {{"idle_seconds", 900}, {"absolute_seconds", 600}}}}),
              "/settings/session/idle_seconds");
}

TEST_P(TenantsOf, OfManyWhoWantOneSlugAtOnceOneGetsIt)
{
    std::atomic<int> made = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 8; ++i)
        racers.emplace_back([&] { made += create({.slug = "acme", .name = "Acme"}).has_value(); });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(made, 1);
}

TEST_P(TenantsOf, ThePagesOfAListHoldEachTenantOnce)
{
    for (int i = 0; i < 5; ++i)
        house.make_tenant(fmt::format("tenant-{}", i));
    storage::PageRequest request{.limit = 3};
    std::size_t seen = 0;
    for (int pages = 0; pages < 10; ++pages) {
        auto const page = house.read([&](Tx& tx) { return house.tenants.list(tx, request); });
        ASSERT_TRUE(page);
        seen += page->items.size();
        if (!page->next)
            break;
        request.after = *page->next;
    }
    EXPECT_EQ(seen, 7U);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, TenantsOf, storage::every_backend());

} // namespace
} // namespace gatehouse::identity
