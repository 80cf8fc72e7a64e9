#include "admin/openapi.hpp"

#include "admin/test_support/management_world.hpp"
#include "admin/test_support/schema.hpp"

#include <cstdlib>
#include <fstream>
#include <set>

namespace gatehouse::admin {
namespace {

namespace json = boost::json;

// Indented, so that a change reads well in a diff.
void print(std::string& out, json::value const& value, std::string const& indent = "\n")
{
    auto const deeper = indent + "  ";
    auto const* separator = "";
    if (auto const* object = value.if_object(); object && !object->empty()) {
        out += '{';
        for (auto const& [name, member] : *object) {
            out += separator + deeper + json::serialize(name) + ": ";
            print(out, member, deeper);
            separator = ",";
        }
        out += indent + '}';
    } else if (auto const* array = value.if_array(); array && !array->empty()) {
        out += '[';
        for (auto const& item : *array) {
            out += separator + deeper;
            print(out, item, deeper);
            separator = ",";
        }
        out += indent + ']';
    } else {
        out += json::serialize(value);
    }
}

class ApiDescription : public testing::Test {
protected:
    json::value schema(std::string const& name) { return description.at("components").at("schemas").at(name); }
    bool fits(std::string const& name, json::value const& value)
    {
        return violations(schema(name), value, description).empty();
    }

    ManagementWorld world{storage::Engine::sqlite};
    json::object description = world.description();
};

TEST_F(ApiDescription, TheReferenceFileIsFresh)
{
    std::string const path = GATEHOUSE_SOURCE_DIR "/docs/reference/openapi.json";
    std::string text;
    print(text, description);
    text += '\n';
    if (std::getenv("GATEHOUSE_WRITE_REFERENCE"))
        std::ofstream(path) << text;
    std::ifstream in(path);
    EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(in), {}))
        << "docs/reference/openapi.json is stale: run GATEHOUSE_WRITE_REFERENCE=1 admin_test";
}

TEST_F(ApiDescription, IsServedWithTheIssuerOfTheTenant)
{
    auto routes = world.api.routes();
    auto const route =
        std::find_if(routes.begin(), routes.end(), [](auto const& r) { return r.pattern == "/openapi.json"; });
    ASSERT_NE(route, routes.end());
    auto const acme = world.make_tenant("acme");
    auto const where = world.context(acme);
    http::Request const request;
    auto const response = session::must(world.run(route->endpoint(where, request)));
    auto const served = json::parse(response.content());
    EXPECT_EQ(served.at("servers").at(0).at("url").as_string(), acme->issuer + "/api/v1");
}

TEST_F(ApiDescription, IsMadeOnceForEachTenantAndNotSentToWhoHasIt)
{
    auto routes = world.api.routes();
    auto const route = std::ranges::find(routes, "/openapi.json", &Route::pattern);
    ASSERT_NE(route, routes.end());
    auto const get = [&](Context const& where, std::string const& known) {
        http::Request request;
        request.headers.add("If-None-Match", known);
        return session::must(world.run(route->endpoint(where, request)));
    };
    auto const [acme, globex] =
        std::pair(world.context(world.make_tenant("acme")), world.context(world.make_tenant("globex")));
    auto const first = get(acme, "");
    auto const etag = std::string(*first.headers.find("ETag"));
    EXPECT_EQ(get(acme, "").shared_body.get(), first.shared_body.get()) << "the same text, not another like it";
    EXPECT_EQ(get(acme, etag).status, 304);
    EXPECT_TRUE(get(acme, etag).content().empty());
    EXPECT_EQ(get(globex, etag).status, 200) << "another issuer is another description";
}

TEST_F(ApiDescription, EveryOperationHasANameAPlaceAndAScopeOfItsOwn)
{
    std::set<std::string> ids;
    auto const known = management_scopes();
    for (auto const& operation : world.api.operations()) {
        EXPECT_TRUE(ids.insert(operation.id).second) << operation.id;
        EXPECT_FALSE(operation.summary.empty()) << operation.id;
        EXPECT_TRUE(std::find(known.begin(), known.end(), operation.scope) != known.end()) << operation.scope;
    }
}

TEST_F(ApiDescription, RequestsNeedNotHoldWhatOnlyTheServerSets)
{
    json::object const wanted{{"client_name", "Shop"}};
    EXPECT_TRUE(fits("ApplicationInput", wanted));
    EXPECT_FALSE(fits("ApplicationInput", json::object{}));
    EXPECT_FALSE(fits("Application", wanted)) << "an answer has its id";
    json::object const user{{"identifiers", json::array{json::object{{"kind", "email"}, {"value", "a@example.com"}}}}};
    EXPECT_TRUE(fits("NewUserInput", user));
}

TEST_F(ApiDescription, PatchesNeedNothingAndMayTakeAway)
{
    EXPECT_TRUE(fits("ApplicationPatch", json::object{}));
    EXPECT_TRUE(fits("ApplicationPatch", {{"logo_uri", nullptr}, {"client_name", "Shop"}}));
    EXPECT_FALSE(fits("ApplicationPatch", {{"client_name", nullptr}}));
    EXPECT_FALSE(fits("ApplicationPatch", {{"redirect_urls", json::array{}}}));
    EXPECT_TRUE(fits("TenantPatch", {{"settings", {{"password", {{"minimum_length", nullptr}}}}}}));
    EXPECT_FALSE(fits("TenantPatch", {{"settings", {{"password", {{"minimum_length", 7}}}}}}));
}

} // namespace
} // namespace gatehouse::admin
