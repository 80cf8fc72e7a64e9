#include "applications/application_shape.hpp"
#include "applications/applications.hpp"
#include "applications/registry.hpp"
#include "identity/changes.hpp"
#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"

#include <gtest/gtest.h>

namespace gatehouse::applications {
namespace {

using storage::Tx;
using namespace std::chrono_literals;

template <class T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().code + ": " + result.error().message + result.error().detail);
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

// -- what may be registered

class Registration : public testing::Test {
protected:
    Application web()
    {
        auto application = defaults_for(Kind::web);
        application.client_id = "shop";
        application.name = "Acme Shop";
        application.redirect_uris = {"https://shop.example/callback"};
        return application;
    }
    Application of_kind(Kind kind)
    {
        auto application = defaults_for(kind);
        application.client_id = "it";
        application.name = "It";
        if (kind != Kind::service)
            application.redirect_uris = {"https://shop.example/callback"};
        return application;
    }
    // Where the mistake is; "" when there is none.
    std::string fault_of(Application const& application)
    {
        auto const checked = validate(application);
        return checked ? "" : checked.error().pointer;
    }
    std::string fault_of_redirect(std::string const& uri, Kind kind = Kind::web)
    {
        auto application = of_kind(kind);
        application.redirect_uris = {uri};
        return fault_of(application);
    }
};

TEST_F(Registration, TheDefaultsOfEachKindAreValid)
{
    for (auto const kind : {Kind::web, Kind::spa, Kind::native, Kind::service})
        EXPECT_EQ(fault_of(of_kind(kind)), "") << to_string(kind);
}

TEST_F(Registration, EvilRedirectUrisAreRefused)
{
    for (std::string const evil :
         {"", "/callback", "//evil.example", "javascript:alert(1)", "data:text/html,x", "http://shop.example/callback",
          "https://shop.example/callback#fragment", "https://user:secret@shop.example/", "https://*.shop.example/",
          "https://shop.example/*", "https://shop.example/a/../b", "https://shop.example/%2e%2e/b",
          "https://shop.example\\evil", "https://shop.example/\n", "HTTPS://shop.example/", "https://SHOP.example/",
          "https://shop.example:443/", "com.example.app:/callback"})
        EXPECT_EQ(fault_of_redirect(evil), "/redirect_uris/0") << evil;
    EXPECT_EQ(fault_of_redirect("http://localhost:8081/callback"), "");
    EXPECT_EQ(fault_of_redirect("https://shop.example/callback?fixed=1"), "");
}

TEST_F(Registration, OnlyNativeApplicationsUseTheirOwnScheme)
{
    EXPECT_EQ(fault_of_redirect("com.example.app:/callback", Kind::native), "");
    EXPECT_EQ(fault_of_redirect("http://127.0.0.1/callback", Kind::native), "");
    EXPECT_EQ(fault_of_redirect("app:/callback", Kind::native), "/redirect_uris/0");
    EXPECT_EQ(fault_of_redirect("com.example.app:/callback", Kind::spa), "/redirect_uris/0");
}

TEST_F(Registration, WhoCannotKeepASecretGetsNone)
{
    for (auto const kind : {Kind::spa, Kind::native}) {
        auto application = of_kind(kind);
        application.authentication = ClientAuthentication::client_secret_basic;
        EXPECT_EQ(fault_of(application), "/token_endpoint_auth_method");
        application = of_kind(kind);
        application.grant_types.push_back(GrantType::client_credentials);
        EXPECT_EQ(fault_of(application), "/grant_types");
    }
    auto service = of_kind(Kind::service);
    service.authentication = ClientAuthentication::none;
    EXPECT_NE(fault_of(service), "");
}

TEST_F(Registration, AServiceActsForNobodyElse)
{
    auto service = of_kind(Kind::service);
    service.grant_types.push_back(GrantType::authorization_code);
    EXPECT_EQ(fault_of(service), "/grant_types");
    service = of_kind(Kind::service);
    service.redirect_uris = {"https://shop.example/callback"};
    EXPECT_EQ(fault_of(service), "/redirect_uris");
}

TEST_F(Registration, NamesScopesAndListsAreChecked)
{
    auto application = web();
    application.client_id = "with space";
    EXPECT_EQ(fault_of(application), "/client_id");
    application = web();
    application.name = "line\nbreak";
    EXPECT_EQ(fault_of(application), "/client_name");
    application = web();
    application.scopes = {"openid", "admin"};
    EXPECT_EQ(fault_of(application), "/scopes/1");
    application = web();
    application.redirect_uris.push_back(application.redirect_uris.front());
    EXPECT_EQ(fault_of(application), "/redirect_uris/1");
    application = web();
    application.redirect_uris.clear();
    EXPECT_EQ(fault_of(application), "/redirect_uris");
    application = web();
    application.logo = "http://shop.example/logo.png";
    EXPECT_EQ(fault_of(application), "/logo_uri");
    application = web();
    application.apis = {{.audience = "https://a.example", .scopes = {"read", "read"}}};
    EXPECT_EQ(fault_of(application), "/apis/0/scopes/1");
    application = web();
    application.lifetimes = {.refresh_idle = 2h, .refresh_absolute = 1h};
    EXPECT_EQ(fault_of(application), "/lifetimes/refresh_idle");
}

TEST_F(Registration, AnAudienceIsAnAbsoluteUriWithoutFragment)
{
    Api api{.audience = "https://orders.example", .name = "Orders", .permissions = {{"orders:read", "See orders"}}};
    EXPECT_TRUE(validate(api));
    for (std::string const evil :
         {"", "orders", "https://orders.example#x", "https://a b.example", "https://u:p@a.example"}) {
        api.audience = evil;
        EXPECT_FALSE(validate(api)) << evil;
    }
    api.audience = "https://orders.example";
    for (std::string const evil : {"", "openid", "two words", "quote\"", "back\\slash"}) {
        api.permissions = {{evil, ""}};
        EXPECT_FALSE(validate(api)) << evil;
    }
}

TEST_F(Registration, JsonChangesWhatItNamesAndNothingElse)
{
    auto const changed = must(apply_json(web(), {{"client_name", "Shop 2"}, {"first_party", true}}));
    EXPECT_EQ(changed.name, "Shop 2");
    EXPECT_TRUE(changed.first_party);
    EXPECT_EQ(changed.redirect_uris, web().redirect_uris);
    auto const unknown = apply_json(web(), {{"redirect_uri", "https://x.example"}});
    EXPECT_EQ(unknown.error().code, "field_unknown");
    EXPECT_EQ(apply_json(web(), {{"grant_types", {"password"}}}).error().pointer, "/grant_types/0");
}

// -- rows

class Applications : public testing::TestWithParam<storage::Engine> {
protected:
    TimePoint now = from_seconds(1'800'000'000);
    storage::TestDatabase database{GetParam()};
    std::unique_ptr<vault::Vault> vault = vault::open_test_vault(*database, now);
    TenantId tenant = vault::make_test_tenant(*database, *vault, now);
    TenantId other = vault::make_test_tenant(*database, *vault, now);
    identity::ChangeFeed changes{*database};
    Registry registry{*database, changes};

    Change change() { return {.vault = *vault, .tenant = tenant, .origin = {}, .now = now}; }
    Application wanted(std::string client_id = "shop")
    {
        auto application = defaults_for(Kind::web);
        application.client_id = std::move(client_id);
        application.name = "Acme Shop";
        application.redirect_uris = {"https://shop.example/callback"};
        application.apis = {{.audience = "https://a.example", .scopes = {"read"}}};
        application.lifetimes.access_token = 90s;
        return application;
    }
    Application made(std::string client_id = "shop")
    {
        return must(database->write_now([&](Tx& tx) { return create(tx, change(), wanted(client_id)); }));
    }
    template <class Rule>
    auto write(Rule rule)
    {
        return database->write_now(std::move(rule));
    }
    template <class Rule>
    auto read(Rule rule)
    {
        return database->read_now(std::move(rule));
    }
};

TEST_P(Applications, WhatIsCreatedIsReadBack)
{
    auto const application = made();
    EXPECT_EQ(must(read([&](Tx& tx) { return find(tx, tenant, application.id); })), application);
    EXPECT_EQ(must(read([&](Tx& tx) { return find_by_client_id(tx, tenant, "shop"); })), application);
    EXPECT_FALSE(must(read([&](Tx& tx) { return find(tx, other, application.id); })));
    EXPECT_FALSE(must(read([&](Tx& tx) { return find_by_client_id(tx, other, "shop"); })));
}

TEST_P(Applications, AClientIdIsMadeAndTakenOnce)
{
    EXPECT_GE(made("").client_id.size(), 20);
    made();
    auto const second = write([&](Tx& tx) { return create(tx, change(), wanted()); });
    EXPECT_EQ(second.error().code, "client_id_taken");
}

TEST_P(Applications, AnUpdateMindsTheVersionAndKeepsWhatNeverChanges)
{
    auto application = made();
    application.name = "Shop 2";
    auto const updated = must(write([&](Tx& tx) { return update(tx, change(), application, 1); }));
    EXPECT_EQ(updated.version, 2);
    EXPECT_EQ(write([&](Tx& tx) { return update(tx, change(), application, 1); }).error().code, "version_differs");
    // Nothing changed: nothing is written.
    EXPECT_EQ(must(write([&](Tx& tx) { return update(tx, change(), application); })).version, 2);
    application.client_id = "other";
    EXPECT_EQ(write([&](Tx& tx) { return update(tx, change(), application); }).error().pointer, "/client_id");
}

TEST_P(Applications, SecretsAreStoredAsDigestsAndTwoMayLive)
{
    auto const application = made();
    auto const first = must(write([&](Tx& tx) { return add_secret(tx, change(), application.id); }));
    EXPECT_EQ(first.secret.size(), 43);
    EXPECT_TRUE(first.secret.expose_text().ends_with(first.info.hint));
    must(write([&](Tx& tx) { return add_secret(tx, change(), application.id, now + 1h); }));
    EXPECT_EQ(write([&](Tx& tx) { return add_secret(tx, change(), application.id); }).error().code, "too_many_secrets");
    now += 1h; // the second has expired and makes room
    EXPECT_TRUE(write([&](Tx& tx) { return add_secret(tx, change(), application.id); }));
    EXPECT_EQ(must(read([&](Tx& tx) { return list_secrets(tx, tenant, application.id); })).size(), 2);
}

TEST_P(Applications, AKnownSecretIsAddedOnceAndMustBeLong)
{
    auto const application = made();
    auto const add = [&](std::string_view text) {
        return write([&](Tx& tx) { return add_known_secret(tx, change(), application.id, Secret(text)); });
    };
    EXPECT_EQ(add("short").error().code, "weak_secret");
    auto const first = must(add("0123456789abcdef0123456789abcdef"));
    EXPECT_EQ(must(add("0123456789abcdef0123456789abcdef")).id, first.id);
}

TEST_P(Applications, PagesFollowOneAnother)
{
    for (int i = 0; i < 5; ++i)
        made("client" + std::to_string(i));
    storage::PageRequest page{.limit = 2};
    std::vector<std::string> seen;
    for (;;) {
        auto const items = must(read([&](Tx& tx) { return list(tx, tenant, page); }));
        for (auto const& item : items.items)
            seen.push_back(item.client_id);
        if (!items.next)
            break;
        page.after = *items.next;
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"client0", "client1", "client2", "client3", "client4"}));
}

TEST_P(Applications, TheRegistrySeesChangesWithThePollAndRunsNoStatementBetween)
{
    auto const application = made();
    auto const secret = must(write([&](Tx& tx) { return add_secret(tx, change(), application.id); }));
    must(changes.poll_now(now));
    EXPECT_EQ(registry.cached(tenant), nullptr);
    auto const catalogue = must(registry.get_now(tenant));
    auto const* client = catalogue->find("shop");
    ASSERT_TRUE(client);
    EXPECT_EQ(catalogue->find(application.id), client);
    EXPECT_TRUE(client->accepts_secret(secret.secret.expose_text(), now));
    EXPECT_FALSE(client->accepts_secret("guess", now));
    EXPECT_FALSE(client->accepts_secret("", now));
    EXPECT_EQ(must(registry.get_now(other))->find("shop"), nullptr);

    auto changed = application;
    changed.enabled = false;
    must(write([&](Tx& tx) { return update(tx, change(), changed); }));
    auto const before = database->statistics().statements;
    EXPECT_TRUE(must(registry.get_now(tenant))->find("shop")->application.enabled);
    EXPECT_EQ(database->statistics().statements, before);
    must(changes.poll_now(now));
    EXPECT_FALSE(must(registry.get_now(tenant))->find("shop")->application.enabled);
    must(write([&](Tx& tx) { return remove(tx, change(), application.id); }));
    must(changes.poll_now(now));
    EXPECT_EQ(must(registry.get_now(tenant))->find("shop"), nullptr);
}

TEST_P(Applications, AnApiIsCreatedChangedAndRemoved)
{
    Api const wanted_api{.audience = "https://orders.example",
                         .name = "Orders",
                         .permissions = {{"orders:read", "See orders"}},
                         .restrict_users = true,
                         .access_token_lifetime = 60s};
    auto api = must(write([&](Tx& tx) { return create_api(tx, change(), wanted_api); }));
    EXPECT_EQ(must(read([&](Tx& tx) { return find_api_by_audience(tx, tenant, "https://orders.example"); })), api);
    EXPECT_EQ(write([&](Tx& tx) { return create_api(tx, change(), wanted_api); }).error().code, "audience_taken");
    api.permissions.push_back({"orders:write", ""});
    EXPECT_EQ(must(write([&](Tx& tx) { return update_api(tx, change(), api, 1); })).version, 2);
    EXPECT_EQ(write([&](Tx& tx) { return remove_api(tx, change(), api.id, 1); }).error().code, "version_differs");
    must(write([&](Tx& tx) { return remove_api(tx, change(), api.id, 2); }));
    EXPECT_FALSE(must(read([&](Tx& tx) { return find_api(tx, tenant, api.id); })));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Applications, storage::every_backend());

} // namespace
} // namespace gatehouse::applications
