// `gatehouse apply`: what a file says becomes so, once, whole, or not at all.
#include "admin/declaration.hpp"

#include "admin/test_support/management_world.hpp"
#include "applications/applications.hpp"
#include "identity/agreements.hpp"
#include "identity/profile_schema.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gatehouse::admin {
namespace {

namespace json = boost::json;
using session::code_of;
using session::must;

std::string read_text(std::string const& path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

class Declarations : public testing::TestWithParam<storage::Engine> {
protected:
    DeclarationParts parts()
    {
        return {.database = *world.database,
                .vault = *world.vault,
                .changes = world.changes,
                .directory = world.directory,
                .tenants = world.tenants,
                .users = world.users,
                .passwords = world.passwords,
                .secret = [this](json::object const& reference) -> Result<Secret> {
                    auto const* name = reference.if_contains("environment");
                    auto const found = name ? secrets.find(std::string(name->as_string())) : secrets.end();
                    if (found == secrets.end())
                        return refuse(ErrorKind::not_found, "secret_missing", "There is no such secret.");
                    return Secret(std::string_view(found->second));
                }};
    }
    static Declaration parse(std::string_view text) { return must(Declaration::parse(text)); }
    std::string plan_of(std::string_view text) { return must(plan(parts(), parse(text), world.now())).to_string(); }
    std::string apply_to(std::string_view text) { return must(apply(parts(), parse(text), world.now())).to_string(); }
    // "code at pointer" of what refuses the file, here and in the plan.
    std::string refusal(std::string_view text)
    {
        auto const declaration = Declaration::parse(text);
        if (!declaration)
            return fmt::format("{} at {}", declaration.error().code, declaration.error().pointer);
        auto const planned = plan(parts(), *declaration, world.now());
        auto const done = apply(parts(), *declaration, world.now());
        EXPECT_EQ(code_of(planned), code_of(done)) << "the plan says what apply does";
        return done ? "done" : fmt::format("{} at {}", done.error().code, done.error().pointer);
    }

    static constexpr std::string_view kFile = R"({
      "tenant": "acme", "name": "Acme", "settings": {"password": {"minimum_length": 12}},
      "apis": [{"audience": "{issuer}/orders", "name": "Orders", "permissions": [{"name": "orders:read"}]}],
      "applications": [
        {"client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.example/callback"],
         "client_secret": {"environment": "SHOP"},
         "apis": [{"audience": "{issuer}/orders", "scopes": ["orders:read"]}]},
        {"client_id": "page", "client_name": "Page", "kind": "spa", "redirect_uris": ["https://page.example/callback"]}
      ],
      "users": [
        {"identifiers": [{"kind": "email", "value": "Ada@Example.com", "verified": true}, {"kind": "username", "value": "ada"}],
         "profile": {"name": "Ada"}, "password": {"environment": "ADA"},
         "permissions": [{"audience": "{issuer}/orders", "permissions": ["orders:read"]},
                         {"audience": "{issuer}/api/v1", "permissions": ["users:update", "users:read"]}]}
      ]})";

    ManagementWorld world{GetParam()};
    std::map<std::string, std::string> secrets{{"SHOP", "a-secret-of-the-shop-with-enough-letters"},
                                               {"SHOP2", "another-secret-of-the-shop-with-letters"},
                                               {"SHORT", "short"},
                                               {"ADA", "correct horse battery staple"}};
};

TEST_P(Declarations, AFileMakesATenantWithAllThatIsInIt)
{
    std::string const steps = "+ tenant acme\n+ api http://localhost:8080/t/acme/orders\n+ application shop\n"
                              "+ application page\n+ user Ada@Example.com\n";
    EXPECT_EQ(plan_of(kFile), steps);
    EXPECT_FALSE(world.directory.find_by_slug("acme")) << "a plan makes nothing";
    EXPECT_EQ(apply_to(kFile), steps);

    auto const acme = world.directory.find_by_slug("acme");
    ASSERT_TRUE(acme);
    EXPECT_EQ(acme->settings.password.minimum_length, 12);
    auto const catalogue = must(world.registry.get_now(acme->id));
    ASSERT_TRUE(catalogue->find("shop"));
    EXPECT_TRUE(catalogue->find("shop")->accepts_secret(secrets.at("SHOP"), world.now()));
    EXPECT_TRUE(catalogue->find_api(management_audience(acme->issuer)));
    EXPECT_TRUE(catalogue->find("page")->application.is_public());
    auto const ada = must(world.read([&](storage::Tx& tx) {
        return world.users.find_by_identifier(tx, acme->id, must(identity::normalize_email("ada@example.com")));
    }));
    ASSERT_TRUE(ada);
    EXPECT_TRUE(must(world.read([&](storage::Tx& tx) { return world.passwords.load(tx, acme->id, ada->user.id); })));
    EXPECT_EQ(must(world.read([&](storage::Tx& tx) {
                  return world.users.permissions(tx, acme->id, ada->user.id, management_audience(acme->issuer));
              })),
              (std::vector<std::string>{"users:read", "users:update"}));
}

TEST_P(Declarations, ASecondTimeThereIsNothingToDo)
{
    apply_to(kFile);
    world.clock.advance(std::chrono::hours(1));
    auto const again = must(plan(parts(), parse(kFile), world.now()));
    EXPECT_TRUE(again.is_empty()) << again.to_string();
    auto const done = must(apply(parts(), parse(kFile), world.now()));
    EXPECT_TRUE(done.is_empty()) << done.to_string();
}

TEST_P(Declarations, ADocumentIsPublishedOnceAndAnotherTextIsItsNextVersion)
{
    auto const file = [](std::string_view rest) {
        return fmt::format(
            R"({{"tenant": "acme", "documents": [{{"name": "terms", "title": {{"en": "Terms"}}, {}}}]}})", rest);
    };
    auto const first = file(R"("label": "May", "texts": {"en": "Be kind.", "de": "Seid nett."})");
    EXPECT_EQ(plan_of(first), "+ tenant acme\n+ document terms\n");
    apply_to(first);
    EXPECT_EQ(plan_of(first), "= tenant acme\n= document terms\n");
    EXPECT_EQ(apply_to(file(R"("texts": {"de": "Seid nett.", "en": "Be kind."})")), "= tenant acme\n= document terms\n")
        << "the same words in another order";
    EXPECT_EQ(apply_to(file(R"("required": false)")), "= tenant acme\n~ document terms (required)\n");
    EXPECT_EQ(apply_to(file(R"("texts": {"en": "Be kind, please."}, "ask_again": false)")),
              "= tenant acme\n~ document terms (required, texts)\n");
    auto const acme = world.directory.find_by_slug("acme");
    auto const [document, version] =
        must(world.read([&](storage::Tx& tx) -> Result<std::pair<identity::Document, identity::DocumentVersion>> {
            TRY(auto found, identity::get_document(tx, acme->id, "terms"));
            TRY(auto newest, identity::get_version(tx, acme->id, "terms", found.version));
            return std::pair(std::move(found), std::move(newest));
        }));
    EXPECT_EQ(document.version, 2);
    EXPECT_TRUE(document.required);
    EXPECT_FALSE(version.ask_again);
    EXPECT_EQ(version.text_for("en").text, "Be kind, please.");
}

TEST_P(Declarations, AMistakeInADocumentIsFoundWhereItStands)
{
    auto const with = [&](std::string_view document) {
        return refusal(fmt::format(R"({{"tenant": "acme", "documents": [{}]}})", document));
    };
    EXPECT_EQ(with(R"({"name": "terms"})"), "field_required at /documents/0/title");
    EXPECT_EQ(with(R"({"name": "terms", "title": {"en": "Terms"}, "texts": {"en": ""}})"),
              "document_invalid at /documents/0/texts/en");
    EXPECT_EQ(with(R"({"name": "terms", "title": {"en": "Terms"}, "text": {}})"), "field_unknown at /documents/0/text");
    EXPECT_EQ(with(R"({"name": "Terms!", "title": {"en": "Terms"}})"), "document_invalid at /documents/0/name");
}

TEST_P(Declarations, AProfileSchemaIsDeclaredOnce)
{
    constexpr std::string_view kSchema = R"({"tenant": "acme", "profile_schema": {"attributes": [
        {"name": "name"}, {"name": "phone_at_work", "type": "phone"}]},
        "users": [{"identifiers": [{"kind": "email", "value": "ada@example.com", "verified": true}],
                   "profile": {"phone_at_work": "+49 30 901820"}}]})";
    EXPECT_EQ(apply_to(kSchema), "+ tenant acme\n+ profile schema\n+ user ada@example.com\n");
    EXPECT_TRUE(world.directory.find_by_slug("acme")->profile->find("phone_at_work"));
    auto const again = must(apply(parts(), parse(kSchema), world.now()));
    EXPECT_TRUE(again.is_empty()) << again.to_string();
    EXPECT_EQ(refusal(R"({"tenant": "acme", "profile_schema": {"attributes": [{"name": "name", "pattern": "("}]}})"),
              "schema_invalid at /profile_schema/attributes/0/pattern");
}

TEST_P(Declarations, OnlyWhatDiffersIsChanged)
{
    apply_to(kFile);
    std::string changed(kFile);
    auto const replace = [&](std::string_view from, std::string_view to) {
        auto const place = changed.find(from);
        ASSERT_NE(place, std::string::npos) << from;
        changed.replace(place, from.size(), to);
    };
    replace(R"("name": "Acme")", R"("name": "Acme Corporation")");
    replace(R"("client_name": "Shop")", R"("client_name": "The Shop")");
    replace(R"({"environment": "SHOP"})", R"({"environment": "SHOP2"})");
    replace(R"({"name": "Ada"})", R"({"name": "Ada Lovelace"})");
    replace(R"(["users:update", "users:read"])", R"(["users:read"])");
    replace(R"({"kind": "username", "value": "ada"})", R"({"kind": "username", "value": "countess"})");
    std::string const steps = "~ tenant acme (name)\n= api http://localhost:8080/t/acme/orders\n"
                              "~ application shop (client_name, client_secret)\n= application page\n"
                              "~ user Ada@Example.com (profile, identifiers, permissions)\n";
    EXPECT_EQ(plan_of(changed), steps);
    EXPECT_EQ(apply_to(changed), steps);
    EXPECT_TRUE(must(plan(parts(), parse(changed), world.now())).is_empty());
    auto const acme = world.directory.find_by_slug("acme");
    auto const catalogue = must(world.registry.get_now(acme->id));
    for (auto const* name : {"SHOP", "SHOP2"})
        EXPECT_TRUE(catalogue->find("shop")->accepts_secret(secrets.at(name), world.now())) << name;
}

TEST_P(Declarations, WhatIsNotDeclaredIsLeftAlone)
{
    apply_to(kFile);
    auto const steps = apply_to(R"({"tenant": "acme", "applications": [{"client_id": "page", "client_name": "Page",
        "kind": "spa", "redirect_uris": ["https://page.example/callback"]}]})");
    EXPECT_EQ(steps, "= tenant acme\n= application page\n");
    auto const acme = world.directory.find_by_slug("acme");
    EXPECT_EQ(acme->settings.password.minimum_length, 12);
    EXPECT_TRUE(must(world.registry.get_now(acme->id))->find("shop"));
}

TEST_P(Declarations, AMistakeIsNamedByItsPlaceAndChangesNothing)
{
    auto const with = [](std::string_view member) {
        return fmt::format(R"({{"tenant": "acme", "apis": [{{"audience": "https://a.example", "name": "A"}}], {}}})",
                           member);
    };
    EXPECT_EQ(refusal(with(R"("aplications": [])")), "field_unknown at /aplications");
    EXPECT_EQ(refusal(with(R"("applications": [
                {"client_id": "a", "client_name": "A", "redirect_uris": ["https://a.example/"]},
                {"client_id": "b", "client_name": "B", "redirect_uris": [5]}])")),
              "field_type at /applications/1/redirect_uris/0");
    EXPECT_EQ(
        refusal(with(
            R"("applications": [{"client_id": "a", "client_name": "A", "redirect_uris": ["https://a.example/*"]}])")),
        "invalid_redirect_uri at /applications/0/redirect_uris/0");
    EXPECT_EQ(refusal(with(R"("applications": [{"client_name": "A", "kind": "service"}])")),
              "field_required at /applications/0/client_id");
    EXPECT_EQ(refusal(with(R"("applications": [{"client_id": "a", "client_name": "A", "kind": "service",
                "apis": [{"audience": "https://b.example"}]}])")),
              "api_not_found at /applications/0/apis/0/audience");
    EXPECT_EQ(refusal(with(R"("applications": [{"client_id": "a", "client_name": "A", "kind": "service",
                "apis": [{"audience": "https://a.example", "scopes": ["none"]}]}])")),
              "field_value at /applications/0/apis/0/scopes/0");
    EXPECT_EQ(refusal(with(R"("users": [{"identifiers": [{"kind": "email", "value": "x", "verified": true}]}])")),
              "email_invalid at /users/0/identifiers/0/value");
    EXPECT_EQ(refusal(with(R"("users": [{"identifiers": [{"kind": "email", "value": "a@example.com"}]}])")),
              "field_value at /users/0/identifiers/0/verified");
    EXPECT_EQ(refusal(with(R"("users": [{"identifiers": [{"kind": "username", "value": "ada"}],
                "password": {"environment": "SHORT"}}])")),
              "password_too_short at /users/0/password");
    EXPECT_EQ(refusal(R"({"tenant": "acme", "apis": [{"audience": "{issuer}/api/v1", "name": "Mine"}]})"),
              "api_protected at /apis/0/audience");
    EXPECT_EQ(refusal(R"({"tenant": "acme", "settings": {"password": {"minimum_length": 1}}})"),
              "field_value at /settings/password/minimum_length");
    EXPECT_EQ(refusal(R"({"tenants": [{"tenant": "acme"}, {"tenant": "b"}]})"),
              "tenant_slug_invalid at /tenants/1/tenant");
    EXPECT_EQ(
        refusal(R"({"tenants": [{"tenant": "acme"}, {"tenant": "bb", "apis": [{"audience": "x", "name": "A"}]}]})"),
        "invalid_client_metadata at /tenants/1/apis/0/audience");
    EXPECT_EQ(refusal(R"({"tenant": "a", "tenant": "b"})"), "json_duplicate_key at /tenant");
    EXPECT_FALSE(world.directory.find_by_slug("acme")) << "also not the tenant before the one at fault";
}

TEST_P(Declarations, SecretsAreReferencesOnly)
{
    auto const with = [](std::string_view secret) {
        return fmt::format(R"({{"tenant": "default", "applications": [{{"client_id": "a", "client_name": "A",
            "kind": "service", "client_secret": {}}}]}})",
                           secret);
    };
    EXPECT_EQ(refusal(with(R"("a-secret-in-the-file-itself-with-letters")")),
              "field_type at /applications/0/client_secret");
    EXPECT_EQ(refusal(with(R"({"environment": "NONE"})")), "secret_missing at /applications/0/client_secret");
    EXPECT_EQ(refusal(with(R"({"environment": "SHORT"})")), "weak_secret at /applications/0/client_secret");
    EXPECT_EQ(refusal(with(R"({"environment": "SHOP"})")), "done");
}

TEST(SecretReferences, AreReadFromTheEnvironmentOrAFile)
{
    auto const folder = std::filesystem::temp_directory_path();
    auto const path = (folder / fmt::format("gatehouse-secret-{}", getpid())).string();
    std::ofstream(path) << "from a file\n";
    ::setenv("GATEHOUSE_TEST_REFERENCE", "from a variable", 1);
    EXPECT_EQ(must(read_secret_reference({{"file", path}})).expose_text(), "from a file");
    EXPECT_EQ(must(read_secret_reference({{"environment", "GATEHOUSE_TEST_REFERENCE"}})).expose_text(),
              "from a variable");
    EXPECT_EQ(code_of(read_secret_reference({{"file", path + "-not-there"}})), "secret_missing");
    EXPECT_EQ(code_of(read_secret_reference({{"environment", "GATEHOUSE_TEST_NOT_THERE"}})), "secret_missing");
    EXPECT_EQ(code_of(read_secret_reference({{"environment", "A"}, {"file", "B"}})), "field_type");
    EXPECT_EQ(code_of(read_secret_reference({{"value", "x"}})), "field_type");
    std::filesystem::remove(path);
    ::unsetenv("GATEHOUSE_TEST_REFERENCE");
}

TEST_P(Declarations, TheExampleOfTheHandbookGivesTokensTheirScopes)
{
    secrets["MANAGEMENT_SECRET"] = secrets.at("SHOP");
    auto const file = read_text(GATEHOUSE_SOURCE_DIR "/examples/management.json");
    auto const declaration = parse(file);
    must(apply(parts(), declaration, world.now()));
    EXPECT_TRUE(must(plan(parts(), declaration, world.now())).is_empty());
    auto const system = world.directory.system_tenant();
    auto const* client = must(world.registry.get_now(system->id))->find("management");
    ASSERT_TRUE(client);
    auto const* access = client->application.access_to(management_audience(system->issuer));
    ASSERT_TRUE(access);
    EXPECT_EQ(world.ask("GET /users", {.token = world.mint(client->application, access->scopes, {}, system)}).status,
              200);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Declarations, storage::every_backend());

} // namespace
} // namespace gatehouse::admin
