// What the operations do, on both databases; every answer is held against the API description (management_world.cpp).
#include "admin/test_support/management_world.hpp"
#include "identity/agreements.hpp"
#include "images/image.hpp"
#include "session/trusted_devices.hpp"

#include <set>

namespace gatehouse::admin {
namespace {

namespace json = boost::json;

class Management : public testing::TestWithParam<storage::Engine> {
protected:
    json::object api(std::string const& audience = "https://orders.example")
    {
        return {{"audience", audience},
                {"name", "Orders"},
                {"permissions", json::array{json::object{{"name", "orders:read"}, {"description", "See orders"}}}}};
    }
    json::object web(std::string const& name)
    {
        return {{"client_name", name}, {"redirect_uris", json::array{"https://shop.example/callback"}}};
    }
    json::object person(std::string const& email)
    {
        return {{"identifiers", json::array{json::object{{"kind", "email"}, {"value", email}, {"verified", true}}}}};
    }
    Reply ask(std::string_view what, json::value body = nullptr, std::map<std::string, std::string> headers = {})
    {
        return world.ask(what, {.token = token, .body = std::move(body), .headers = std::move(headers)});
    }
    // The texts of a member of every item, page by page.
    std::vector<std::string> walk(std::string const& list, std::string const& member, int limit)
    {
        std::vector<std::string> all;
        std::string cursor;
        do {
            auto const page = ask(fmt::format("GET {}?limit={}{}", list, limit, cursor));
            EXPECT_EQ(page.status, 200);
            auto const& items = page.body.at("items").as_array();
            EXPECT_LE(items.size(), static_cast<std::size_t>(limit));
            for (auto const& item : items)
                all.emplace_back(item.at(member).as_string());
            cursor = page.text("next_cursor").empty() ? "" : "&cursor=" + page.text("next_cursor");
        } while (!cursor.empty());
        return all;
    }

    ManagementWorld world{GetParam()};
    std::string token = world.token();
};

TEST_P(Management, AnApplicationIsMadeReadChangedListedAndDeleted)
{
    auto const made = ask("POST /applications", web("Shop"));
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    auto const id = made.text("application_id");
    EXPECT_EQ(made.header("Location"), "/api/v1/applications/" + id);
    EXPECT_EQ(made.header("ETag"), "\"1\"");
    EXPECT_EQ(made.text("kind"), "web");
    EXPECT_EQ(ask("GET /applications/" + id).body, made.body);

    auto const changed =
        ask("PATCH /applications/" + id, {{"client_name", "Shop 2"}, {"logo_uri", "https://x.example/l"}});
    ASSERT_EQ(changed.status, 200) << json::serialize(changed.body);
    EXPECT_EQ(changed.text("client_name"), "Shop 2");
    EXPECT_EQ(changed.header("ETag"), "\"2\"");
    auto const cleared = ask("PATCH /applications/" + id, {{"logo_uri", nullptr}});
    EXPECT_EQ(cleared.text("logo_uri"), "");
    EXPECT_EQ(cleared.text("client_name"), "Shop 2") << "what a patch does not name stays";

    auto const all = walk("/applications", "application_id", 50);
    EXPECT_NE(std::find(all.begin(), all.end(), id), all.end());
    EXPECT_EQ(ask("DELETE /applications/" + id).status, 204);
    EXPECT_EQ(ask("GET /applications/" + id).code(), "application_not_found");
}

TEST_P(Management, DefaultsFitTheKind)
{
    auto const spa = ask(
        "POST /applications",
        {{"client_name", "Page"}, {"kind", "spa"}, {"redirect_uris", json::array{"https://page.example/callback"}}});
    ASSERT_EQ(spa.status, 201) << json::serialize(spa.body);
    EXPECT_EQ(spa.text("token_endpoint_auth_method"), "none");
    auto const service = ask("POST /applications", {{"client_name", "Machine"}, {"kind", "service"}});
    ASSERT_EQ(service.status, 201) << json::serialize(service.body);
    EXPECT_EQ(service.body.at("grant_types"), json::value(json::array{"client_credentials"}));
}

TEST_P(Management, AnApplicationAsksForPermissionsThatThereAre)
{
    ask("POST /apis", api());
    auto wanted = web("Shop");
    auto const with = [&](std::string const& audience, std::string const& scope) {
        wanted["apis"] = json::array{json::object{{"audience", audience}, {"scopes", json::array{scope}}}};
        return ask("POST /applications", wanted);
    };
    EXPECT_EQ(with("https://other.example", "orders:read").pointer(), "/apis/0/audience");
    EXPECT_EQ(with("https://orders.example", "orders:all").pointer(), "/apis/0/scopes/0");
    auto const made = with("https://orders.example", "orders:read");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(ask("PATCH /applications/" + made.text("application_id"),
                  {{"apis", json::array{json::object{{"audience", "https://other.example"}}}}})
                  .code(),
              "api_not_found");
}

TEST_P(Management, WhatWasReadCanBeSentBack)
{
    auto const made = ask("POST /applications", web("Shop"));
    auto const path = "/applications/" + made.text("application_id");
    auto const again = ask("PATCH " + path, made.body);
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, made.body);
    EXPECT_EQ(again.header("ETag"), made.header("ETag")) << "nothing changed";
}

TEST_P(Management, AnApiIsMadeReadChangedListedAndDeleted)
{
    auto const made = ask("POST /apis", api());
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    auto const path = "/apis/" + made.text("api_id");
    EXPECT_EQ(ask("GET " + path).body, made.body);
    EXPECT_EQ(ask("PATCH " + path, {{"access_token_lifetime", 300}}).body.at("access_token_lifetime"),
              json::value(300));
    EXPECT_FALSE(
        ask("PATCH " + path, {{"access_token_lifetime", nullptr}}).body.as_object().contains("access_token_lifetime"));
    EXPECT_EQ(ask("POST /apis", api()).code(), "audience_taken");
    EXPECT_EQ(ask("PATCH " + path, {{"audience", "https://other.example"}}).pointer(), "/audience");
    EXPECT_EQ(walk("/apis", "audience", 1).size(), 2u);
    EXPECT_EQ(ask("DELETE " + path).status, 204);
    EXPECT_EQ(ask("DELETE " + path).status, 404);
}

TEST_P(Management, AUserIsMadeFoundChangedAndErased)
{
    auto wanted = person("Ada@Example.com");
    wanted["profile"] = {{"name", "Ada"}, {"locale", "en"}};
    wanted["password"] = "correct horse battery staple";
    auto const made = ask("POST /users", wanted);
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    auto const path = "/users/" + made.text("user_id");
    EXPECT_EQ(ask("GET " + path).body, made.body);
    EXPECT_FALSE(json::serialize(made.body).contains("battery")) << "a password never comes back";

    auto const found = ask("GET /users?identifier=ada%40example.com");
    ASSERT_EQ(found.body.at("items").as_array().size(), 1u);
    EXPECT_EQ(found.body.at("items").at(0), made.body);
    EXPECT_TRUE(ask("GET /users?identifier=nobody%40example.com").body.at("items").as_array().empty());
    EXPECT_EQ(ask("GET /users?identifier=%40").pointer(), "identifier");

    auto const changed = ask("PATCH " + path, {{"profile", {{"name", nullptr}, {"nickname", "Countess"}}}});
    EXPECT_EQ(changed.body.at("profile"), json::value({{"locale", "en"}, {"nickname", "Countess"}}));
    auto const disabled = ask("PATCH " + path, {{"enabled", false}});
    EXPECT_FALSE(disabled.body.at("enabled").as_bool());
    EXPECT_EQ(disabled.body.at("profile"), changed.body.at("profile"));

    EXPECT_EQ(ask("DELETE " + path).status, 204);
    EXPECT_EQ(ask("GET " + path).status, 404);
    EXPECT_TRUE(ask("GET /users?identifier=ada%40example.com").body.at("items").as_array().empty());
}

TEST_P(Management, IdentifiersAreAddedMadePrimaryAndRemoved)
{
    auto const made = ask("POST /users", person("ada@example.com"));
    auto const path = "/users/" + made.text("user_id");
    auto const more = ask("POST " + path + "/identifiers",
                          {{"kind", "email"}, {"value", "ada@work.example"}, {"verified", true}, {"primary", true}});
    ASSERT_EQ(more.status, 201) << json::serialize(more.body);
    ASSERT_EQ(more.body.at("identifiers").as_array().size(), 2u);
    for (auto const& identifier : more.body.at("identifiers").as_array())
        EXPECT_EQ(identifier.at("primary").as_bool(), identifier.at("value").as_string() == "ada@work.example");
    EXPECT_EQ(ask("POST " + path + "/identifiers", {{"kind", "email"}, {"value", "no address"}}).pointer(), "/value");

    EXPECT_EQ(ask("PATCH " + path, {{"enabled", false}}, {{"If-Match", made.header("ETag")}}).status, 412)
        << "identifiers are part of what was read";

    auto const first = std::string(made.body.at("identifiers").at(0).at("identifier_id").as_string());
    EXPECT_EQ(ask("DELETE " + path + "/identifiers/" + first).status, 204);
    EXPECT_EQ(ask("GET " + path).body.at("identifiers").as_array().size(), 1u);
    EXPECT_EQ(ask("DELETE " + path + "/identifiers/" + first).code(), "identifier_not_found");
}

TEST_P(Management, AnIdentifierOfSomebodyElseIsNamedAsTheFault)
{
    ask("POST /users", person("ada@example.com"));
    auto const second = ask("POST /users", person("ADA@example.com"));
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(second.code(), "identifier_taken");
    EXPECT_EQ(second.pointer(), "/identifiers/0");
}

TEST_P(Management, APasswordIsHeldToTheRulesAndEndsSessions)
{
    auto const user = world.make_user("ada@example.com");
    auto const path = "/users/" + user.to_string();
    world.start_session(user);
    EXPECT_EQ(ask("GET " + path + "/sessions").body.at("items").as_array().size(), 1u);
    auto const weak = ask("PUT " + path + "/password", {{"password", "short"}});
    EXPECT_EQ(weak.status, 400);
    EXPECT_EQ(weak.pointer(), "/password");
    EXPECT_EQ(ask("PUT " + path + "/password", {{"password", "ada@example.com"}}).code(), "password_personal");
    EXPECT_EQ(ask("PUT " + path + "/password", {{"password", "correct horse battery staple"}}).status, 204);
    EXPECT_TRUE(ask("GET " + path + "/sessions").body.at("items").as_array().empty());
}

TEST_P(Management, SessionsAreListedAndEnded)
{
    auto const user = world.make_user("ada@example.com");
    auto const path = fmt::format("/users/{}/sessions", user.to_string());
    world.start_session(user);
    world.start_session(user);
    auto const listed = ask("GET " + path);
    EXPECT_EQ(listed.body.at("items").as_array().size(), 2u);
    EXPECT_FALSE(listed.body.at("items").at(0).as_object().contains("place")) << "203.0.113.7 is nowhere";
    auto const one = std::string(listed.body.at("items").at(0).at("session_id").as_string());
    auto const other = world.make_user("bob@example.com");
    EXPECT_EQ(ask(fmt::format("DELETE /users/{}/sessions/{}", other.to_string(), one)).code(), "session_not_found");
    EXPECT_EQ(ask("DELETE " + path + "/" + one).status, 204);
    EXPECT_EQ(ask("DELETE " + path + "/" + one).code(), "session_not_found");
    EXPECT_EQ(ask("GET " + path).body.at("items").as_array().size(), 1u);
    EXPECT_EQ(ask("DELETE " + path).status, 204);
    EXPECT_TRUE(ask("GET " + path).body.at("items").as_array().empty());
}

TEST_P(Management, APasswordIsListedWithItsUseAndRemoved)
{
    auto const made =
        ask("POST /users", {{"identifiers", {{{"kind", "email"}, {"value", "ada@example.com"}, {"verified", true}}}},
                            {"password", "correct horse battery staple"}});
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    auto const user = *UserId::parse(made.text("user_id"));
    auto const path = fmt::format("/users/{}/credentials", user.to_string());
    auto const listed = ask("GET " + path);
    ASSERT_EQ(listed.body.at("items").as_array().size(), 1u);
    auto const& password = listed.body.at("items").at(0).as_object();
    EXPECT_EQ(password.at("kind").as_string(), "password");
    EXPECT_FALSE(password.contains("last_used_at")) << "never";
    world.start_session(user);
    auto const id = std::string(password.at("credential_id").as_string());
    EXPECT_EQ(ask("DELETE " + path + "/" + id).status, 204);
    EXPECT_TRUE(ask("GET " + path).body.at("items").as_array().empty());
    EXPECT_TRUE(ask(fmt::format("GET /users/{}/sessions", user.to_string())).body.at("items").as_array().empty());
    EXPECT_FALSE(
        session::must(world.read([&](storage::Tx& tx) { return world.passwords.load(tx, world.tenant_id(), user); })));
}

constexpr storage::Statement kMails{"SELECT COUNT(*) FROM message_outbox"};

TEST_P(Management, ASecondFactorIsListedAndRemovedWhenThePhoneIsLost)
{
    auto const user = world.make_user("ada@example.com");
    auto const path = fmt::format("/users/{}/credentials", user.to_string());
    EXPECT_TRUE(ask("GET " + path).body.at("items").as_array().empty());
    auto const app = world.add_authenticator(user, "Phone");
    auto const listed = ask("GET " + path);
    ASSERT_EQ(listed.body.at("items").as_array().size(), 2u);
    EXPECT_EQ(listed.body.at("items").at(0).at("kind").as_string(), "totp");
    EXPECT_EQ(listed.body.at("items").at(0).at("name").as_string(), "Phone");
    EXPECT_EQ(listed.body.at("items").at(1).at("left").as_int64(), 10);
    EXPECT_EQ(json::serialize(listed.body).find("secret"), std::string::npos);
    world.start_session(user);
    EXPECT_EQ(ask("DELETE " + path + "/" + app.to_string()).status, 204);
    EXPECT_TRUE(ask("GET " + path).body.at("items").as_array().empty()) << "the recovery codes went with it";
    EXPECT_TRUE(ask(fmt::format("GET /users/{}/sessions", user.to_string())).body.at("items").as_array().empty());
    EXPECT_EQ(world.count(kMails), 1) << "the person is told";
    EXPECT_EQ(ask("DELETE " + path + "/" + app.to_string()).code(), "credential_not_found");
}

TEST_P(Management, ASecondFactorIsNotRemovedThroughAnotherUserOrTenantNorByALesserAdministrator)
{
    auto const user = world.make_user("ada@example.com");
    auto const app = world.add_authenticator(user, "Phone");
    auto const other = world.make_user("bob@example.com");
    EXPECT_EQ(ask(fmt::format("DELETE /users/{}/credentials/{}", other.to_string(), app.to_string())).status, 404);
    auto const path = fmt::format("/users/{}/credentials", user.to_string());
    EXPECT_EQ(
        world.ask("DELETE " + path + "/" + app.to_string(), {.token = world.machine_token({"users:read"})}).status,
        403);
    auto const acme = world.make_tenant("acme");
    world.make_api(management_api_of(acme->issuer), acme->id);
    auto const theirs = world.machine_token({"users:read", "users:update"}, acme);
    EXPECT_EQ(world.ask("GET " + path, {.token = theirs, .tenant = acme}).status, 404);
    EXPECT_EQ(world.ask("DELETE " + path + "/" + app.to_string(), {.token = theirs, .tenant = acme}).status, 404);
    world.permit(user, {"tenants:delete"});
    EXPECT_EQ(
        world.ask("DELETE " + path + "/" + app.to_string(), {.token = world.machine_token({"users:update"})}).code(),
        "exceeds_own_permissions");
    EXPECT_EQ(ask("GET " + path).body.at("items").as_array().size(), 2u);
}

TEST_P(Management, TrustedBrowsersAreListedAndEndedOneOrAll)
{
    auto const user = world.make_user("ada@example.com");
    auto const path = fmt::format("/users/{}/trusted-devices", user.to_string());
    EXPECT_TRUE(ask("GET " + path).body.at("items").as_array().empty());
    auto const trust = [&] {
        return session::must(world.write([&](storage::Tx& tx) {
            return session::trust_device(tx, *world.vault,
                                         {.tenant = world.tenant_id(),
                                          .user = user,
                                          .security_epoch = 1,
                                          .device = {.user_agent = "Firefox", .address = "81.10.0.7"},
                                          .lifetime = std::chrono::days(30),
                                          .origin = {}},
                                         world.now());
        }));
    };
    auto const first = trust();
    trust();
    trust();
    auto const listed = ask("GET " + path);
    ASSERT_EQ(listed.body.at("items").as_array().size(), 3u);
    EXPECT_EQ(listed.body.at("items").at(0).at("address").as_string(), "81.10.0.7");
    EXPECT_EQ(listed.body.at("items").at(0).at("place"),
              (boost::json::value{{"country", "AT"}, {"region", "Vienna state"}, {"city", "Vienna"}}));
    auto const other = world.make_user("bob@example.com");
    EXPECT_EQ(ask(fmt::format("DELETE /users/{}/trusted-devices/{}", other.to_string(), first.id.to_string())).status,
              404);
    EXPECT_EQ(ask("DELETE " + path + "/" + first.id.to_string()).status, 204);
    EXPECT_EQ(ask("DELETE " + path + "/" + first.id.to_string()).code(), "device_not_found");
    EXPECT_EQ(ask("GET " + path).body.at("items").as_array().size(), 2u);
    EXPECT_EQ(ask("DELETE " + path).status, 204);
    EXPECT_TRUE(ask("GET " + path).body.at("items").as_array().empty());
}

TEST_P(Management, APictureIsGivenShownAndRemoved)
{
    auto const user = world.make_user("ada@example.com");
    auto const path = fmt::format("/users/{}/picture", user.to_string());
    auto const put = [&](ByteView file) { return ask("PUT " + path, json::object{{"content", base64_encode(file)}}); };
    EXPECT_EQ(ask("GET " + path).code(), "picture_not_found");
    images::Image const image{.width = 30, .height = 20, .pixels = Bytes(std::size_t{4} * 30 * 20, 90)};
    auto const made = put(session::must(images::encode_png(image)));
    EXPECT_EQ(made.status, 200) << json::serialize(made.body);
    EXPECT_TRUE(made.text("large").starts_with(world.tenant->issuer + "/avatars/")) << made.text("large");
    EXPECT_EQ(ask("GET " + path).text("large"), made.text("large"));
    auto const drawing = put(as_bytes("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"));
    EXPECT_EQ(drawing.code(), "image_unsupported");
    EXPECT_EQ(drawing.pointer(), "/content");
    EXPECT_EQ(ask("GET " + path).text("large"), made.text("large"));
    auto const nobody = fmt::format("/users/{}/picture", UserId::generate(world.now()).to_string());
    EXPECT_EQ(ask("GET " + nobody).code(), "user_not_found");
    EXPECT_EQ(world.ask("DELETE " + path, {.token = world.machine_token({"users:read"})}).status, 403);
    EXPECT_EQ(ask("DELETE " + path).status, 204);
    EXPECT_EQ(ask("DELETE " + path).code(), "picture_not_found");
}

// Offline access lives without a session: an administrator who ends what a thief has must end that too.
TEST_P(Management, EndingTheSessionsOfAUserEndsTheirOfflineAccessToo)
{
    constexpr storage::Statement kOffline{
        "SELECT COUNT(*) FROM token_families WHERE session_id IS NULL AND revoked_at IS NULL"};
    auto const user = world.make_user("ada@example.com");
    auto const theirs = world.person_token(user, {"users:read", "offline_access"});
    ASSERT_EQ(world.count(kOffline), 1);
    EXPECT_EQ(world.ask("GET /users", {.token = theirs}).status, 200);
    EXPECT_EQ(ask(fmt::format("DELETE /users/{}/sessions", user.to_string())).status, 204);
    EXPECT_EQ(world.count(kOffline), 0);
    EXPECT_EQ(world.ask("GET /users", {.token = theirs}).status, 401);
}

TEST_P(Management, PermissionsAreThoseThatTheApiDefines)
{
    ask("POST /apis", api());
    auto const user = world.make_user("ada@example.com");
    auto const path = fmt::format("/users/{}/permissions?audience=https%3A%2F%2Forders.example", user.to_string());
    EXPECT_TRUE(ask("GET " + path).body.at("permissions").as_array().empty());
    auto const given = ask("PUT " + path, {{"permissions", json::array{"orders:read", "orders:read"}}});
    EXPECT_EQ(given.body.at("permissions"), json::value(json::array{"orders:read"}));
    EXPECT_EQ(ask("GET " + path).body, given.body);
    EXPECT_EQ(ask("PUT " + path, {{"permissions", json::array{"orders:all"}}}).pointer(), "/permissions/0");
    EXPECT_EQ(ask(fmt::format("GET /users/{}/permissions", user.to_string())).pointer(), "audience");
    EXPECT_EQ(ask(fmt::format("PUT /users/{}/permissions?audience=https%3A%2F%2Fnone.example", user.to_string()),
                  {{"permissions", json::array{}}})
                  .code(),
              "api_not_found");
}

TEST_P(Management, OperatorsMakeReadChangeListAndDeleteTenants)
{
    token = world.operator_token();
    auto const made = ask("POST /tenants", {{"slug", "acme"}, {"name", "Acme"}});
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    auto const path = "/tenants/" + made.text("tenant_id");
    EXPECT_EQ(made.text("issuer"), "http://localhost:8080/t/acme");
    EXPECT_EQ(ask("GET " + path).body, made.body);
    auto const acme = world.directory.find_by_slug("acme");
    ASSERT_TRUE(acme) << "known to this node at once";
    auto const apis = world.ask("GET /apis", {.token = token, .tenant = acme});
    EXPECT_EQ(apis.body.at("items").at(0).at("audience").as_string(), "http://localhost:8080/t/acme/api/v1");

    auto const changed = ask("PATCH " + path, {{"settings", {{"password", {{"minimum_length", 20}}}}}});
    EXPECT_EQ(changed.body.at("settings").at("password").at("minimum_length"), json::value(20));
    EXPECT_EQ(ask("PATCH " + path, {{"settings", {{"password", {{"minimum_length", nullptr}}}}}}).body.at("settings"),
              made.body.at("settings"));
    EXPECT_EQ(ask("PATCH " + path, {{"slug", "other"}}).pointer(), "/slug");
    EXPECT_EQ(ask("PATCH " + path, {{"settings", {{"theme", {{"light", {{"accent", "red"}}}}}}}}).pointer(),
              "/settings/theme/light/accent");
    EXPECT_FALSE(ask("PATCH " + path, {{"enabled", false}}).body.at("enabled").as_bool());
    EXPECT_EQ(walk("/tenants", "slug", 1).size(), 3u);
    EXPECT_EQ(ask("POST /tenants", {{"slug", "acme"}, {"name", "Again"}}).pointer(), "/slug");
    EXPECT_EQ(ask("DELETE " + path).status, 204);
    EXPECT_EQ(ask("GET " + path).status, 404);
    EXPECT_EQ(ask(fmt::format("DELETE /tenants/{}", world.directory.system_tenant()->id.to_string())).status, 409);
}

TEST_P(Management, ListsArePagedByKeyAndCursorsStayGoodWhileThingsComeAndGo)
{
    std::set<std::string> made;
    std::vector<std::string> order;
    for (int i = 0; i < 7; ++i) {
        world.clock.advance(std::chrono::milliseconds(1));
        order.push_back(ask("POST /users", person(fmt::format("user{}@example.com", i))).text("user_id"));
        made.insert(order.back());
    }
    auto const pages = walk("/users", "user_id", 3);
    EXPECT_EQ(std::set<std::string>(pages.begin(), pages.end()), made);
    EXPECT_EQ(pages.size(), made.size()) << "nobody twice";

    auto const first = ask("GET /users?limit=3");
    auto const cursor = first.text("next_cursor");
    auto const last_seen = std::string(first.body.at("items").at(2).at("user_id").as_string());
    EXPECT_EQ(ask("DELETE /users/" + last_seen).status, 204);
    auto const second = ask("GET /users?limit=3&cursor=" + cursor);
    EXPECT_EQ(second.body.at("items").at(0).at("user_id").as_string(), pages[3]);
    EXPECT_EQ(ask("GET /users?limit=3&cursor=" + cursor).body.at("items"), second.body.at("items"));
}

TEST_P(Management, LimitsOutsideOfTheirRangeAreRefused)
{
    for (auto const* limit : {"0", "201", "-1", "x", "5x", "", "99999999999"}) {
        auto const reply = ask(fmt::format("GET /users?limit={}", limit));
        EXPECT_EQ(reply.code(), "limit_invalid") << limit;
        EXPECT_EQ(reply.pointer(), "limit");
    }
    EXPECT_EQ(ask("GET /users?limit=200").status, 200);
}

TEST_P(Management, AParameterThatIsUnknownOrComesTwiceIsRefused)
{
    EXPECT_EQ(ask("GET /users?identifer=ada%40example.com").code(), "parameter_unknown");
    auto const twice = ask("GET /users?identifier=a%40example.com&identifier=b%40example.com");
    EXPECT_EQ(twice.code(), "parameter_repeated");
    EXPECT_EQ(twice.pointer(), "identifier");
}

TEST_P(Management, AChangeOfWhatSomebodyElseChangedMeanwhileIsRefused)
{
    auto const application = "/applications/" + ask("POST /applications", web("Shop")).text("application_id");
    auto const api_path = "/apis/" + ask("POST /apis", api()).text("api_id");
    auto const user = "/users/" + ask("POST /users", person("ada@example.com")).text("user_id");
    struct {
        std::string path;
        json::object first, second;
    } const cases[] = {{application, {{"client_name", "A"}}, {{"client_name", "B"}}},
                       {api_path, {{"name", "A"}}, {{"name", "B"}}},
                       {user, {{"profile", {{"name", "A"}}}}, {{"profile", {{"name", "B"}}}}}};
    for (auto const& [path, first, second] : cases) {
        auto const read = ask("GET " + path).header("ETag");
        EXPECT_EQ(ask("PATCH " + path, first, {{"If-Match", read}}).status, 200) << path;
        auto const late = ask("PATCH " + path, second, {{"If-Match", read}});
        EXPECT_EQ(late.status, 412) << path;
        EXPECT_EQ(late.code(), "version_differs");
        EXPECT_EQ(ask("DELETE " + path, nullptr, {{"If-Match", read}}).status, 412) << path;
        EXPECT_EQ(ask("PATCH " + path, second, {{"If-Match", "*"}}).status, 200) << path;
        EXPECT_EQ(ask("PATCH " + path, second, {{"If-Match", "17"}}).code(), "if_match_invalid");
        auto const now = ask("GET " + path).header("ETag");
        EXPECT_EQ(ask("DELETE " + path, nullptr, {{"If-Match", now}}).status, 204) << path;
    }
}

TEST_P(Management, MistakesInABodyAreNamedByTheirPlace)
{
    auto const wrong = [&](json::value body) { return ask("POST /applications", std::move(body)); };
    auto unknown = web("Shop");
    unknown["redirect_urls"] = json::array{};
    EXPECT_EQ(wrong(unknown).code(), "field_unknown");
    EXPECT_EQ(wrong(unknown).pointer(), "/redirect_urls");
    auto type = web("Shop");
    type["redirect_uris"] = json::array{"https://shop.example/callback", 5};
    EXPECT_EQ(wrong(type).code(), "field_type");
    EXPECT_EQ(wrong(type).pointer(), "/redirect_uris/1");
    auto choice = web("Shop");
    choice["kind"] = "robot";
    EXPECT_EQ(wrong(choice).pointer(), "/kind");
    EXPECT_EQ(wrong(json::object{}).pointer(), "/client_name");
    EXPECT_EQ(wrong(json::array{}).code(), "field_type");
    EXPECT_EQ(wrong("text").code(), "field_type");
    auto uri = web("Shop");
    uri["redirect_uris"] = json::array{"https://shop.example/*"};
    EXPECT_EQ(wrong(uri).pointer(), "/redirect_uris/0");
    EXPECT_EQ(
        ask("POST /users", {{"identifiers", json::array{json::object{{"kind", "email"}, {"value", "x"}}}}}).pointer(),
        "/identifiers/0/value");
    auto const application = "/applications/" + ask("POST /applications", web("Shop")).text("application_id");
    for (json::value const& patch : {json::value("text"), json::value(json::array{}), json::value(7)})
        EXPECT_EQ(ask("PATCH " + application, patch).code(), "field_type");
    EXPECT_EQ(ask("PATCH " + application, {{"client_name", nullptr}}).pointer(), "/client_name");
    EXPECT_EQ(ask("PATCH " + application, {{"kind", "spa"}}).pointer(), "/kind");
}

TEST_P(Management, BodiesAreStrictJsonAndSaidToBe)
{
    auto const send = [&](std::string raw, std::string type) {
        return world.ask(
            "POST /apis",
            {.token = token, .body = nullptr, .headers = {{"Content-Type", type}}, .raw_body = std::move(raw)});
    };
    auto const good = json::serialize(api());
    EXPECT_EQ(send(good, "application/json; charset=utf-8").status, 201);
    for (auto const* type :
         {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/merge-patch+json"})
        EXPECT_EQ(send(good, type).status, 415) << type;
    auto const twice = send(R"({"audience": "https://a.example", "name": "A", "name": "B"})", "Application/JSON");
    EXPECT_EQ(twice.code(), "json_duplicate_key");
    EXPECT_EQ(twice.pointer(), "/name");
    EXPECT_EQ(send("{\"audience\": ", "application/json").code(), "json_invalid");
    EXPECT_EQ(send(std::string(40, '[') + std::string(40, ']'), "application/json").code(), "json_too_deep");
}

TEST_P(Management, ABodyOfTenMegabytesIsNotRead)
{
    for (auto const& route : world.api.routes())
        EXPECT_LE(route.limits.body, 1024u * 1024u) << route.pattern;
}

TEST_P(Management, ASecretIsShownOnceAndTwoLiveSideBySide)
{
    auto const client = ask("POST /applications", web("Shop"));
    auto const path = fmt::format("/applications/{}/secrets", client.text("application_id"));
    auto const first = ask("POST " + path, json::object{});
    ASSERT_EQ(first.status, 201) << json::serialize(first.body);
    auto const second = ask("POST " + path, json::object{});
    auto const shown = first.text("secret");
    EXPECT_GE(shown.size(), 43u);
    EXPECT_TRUE(shown.ends_with(first.text("hint")));
    auto const listed = ask("GET " + path);
    EXPECT_EQ(listed.body.at("items").as_array().size(), 2u);
    EXPECT_FALSE(json::serialize(listed.body).contains(shown));
    EXPECT_EQ(ask("POST " + path, json::object{}).code(), "too_many_secrets");

    auto const catalogue = session::must(world.registry.get_now(world.tenant_id()));
    auto const* known = catalogue->find(client.text("client_id"));
    ASSERT_TRUE(known);
    EXPECT_TRUE(known->accepts_secret(shown, world.now()));
    EXPECT_TRUE(known->accepts_secret(second.text("secret"), world.now()));

    EXPECT_EQ(ask("DELETE " + path + "/" + first.text("secret_id")).status, 204);
    EXPECT_EQ(ask("DELETE " + path + "/" + first.text("secret_id")).code(), "secret_not_found");
    auto const after = session::must(world.registry.get_now(world.tenant_id()));
    EXPECT_FALSE(after->find(client.text("client_id"))->accepts_secret(shown, world.now()));
    EXPECT_EQ(ask("POST " + path, {{"expires_at", "2020-01-01T00:00:00Z"}}).pointer(), "/expires_at");
}

TEST_P(Management, AnApplicationWithoutAuthenticationHasNoSecrets)
{
    auto const spa = ask(
        "POST /applications",
        {{"client_name", "Page"}, {"kind", "spa"}, {"redirect_uris", json::array{"https://page.example/callback"}}});
    EXPECT_EQ(ask(fmt::format("POST /applications/{}/secrets", spa.text("application_id")), json::object{}).code(),
              "public_client");
}

TEST_P(Management, TheProfileSchemaIsReadReplacedAndHeldTo)
{
    auto const before = ask("GET /profile-schema");
    ASSERT_EQ(before.status, 200);
    EXPECT_TRUE(before.body.at("additional").as_bool()) << "the default";
    json::object const wanted{
        {"attributes", json::array{{{"name", "name"}},
                                   {{"name", "points"}, {"type", "integer"}, {"minimum", 0}},
                                   {{"name", "diagnosis"}, {"type", "text"}, {"administrator", "none"}},
                                   {{"name", "since"}, {"type", "date"}, {"administrator", "view"}}}}};
    auto const put = ask("PUT /profile-schema", wanted);
    ASSERT_EQ(put.status, 200) << json::serialize(put.body);
    EXPECT_EQ(put.header("ETag"), "\"1\"");
    EXPECT_EQ(ask("GET /profile-schema").body, put.body);
    EXPECT_EQ(ask("PUT /profile-schema", put.body).header("ETag"), "\"1\"") << "what was read can be sent back";
    EXPECT_EQ(ask("PUT /profile-schema", wanted, {{"If-Match", "\"7\""}}).status, 412);
    json::object const bent{{"attributes", json::array{{{"name", "points"}, {"type", "text"}}}}};
    EXPECT_EQ(ask("PUT /profile-schema", bent).pointer(), "/attributes/0/type");

    auto person_with = [&](json::object profile) {
        auto body = person("ada@example.com");
        body["profile"] = std::move(profile);
        return ask("POST /users", body);
    };
    EXPECT_EQ(person_with({{"points", -1}}).pointer(), "/profile/points");
    EXPECT_EQ(person_with({{"shoe", 42}}).code(), "attribute_unknown");
    EXPECT_EQ(person_with({{"since", "2026-01-01"}}).code(), "attribute_read_only");
    auto const made = person_with({{"name", "Ada"}, {"points", 3}});
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    auto const path = "/users/" + made.text("user_id");
    world.database
        ->write_now([&](storage::Tx& tx) {
            return world.users.update_profile(tx, world.tenant_id(), *UserId::parse(made.text("user_id")),
                                              {{"name", "Ada"}, {"points", 3}, {"diagnosis", "x"}}, std::nullopt, {},
                                              world.now());
        })
        .value();
    EXPECT_FALSE(json::serialize(ask("GET " + path).body).contains("diagnosis"));
    EXPECT_EQ(ask("PATCH " + path, {{"profile", {{"diagnosis", "y"}}}}).code(), "attribute_read_only");
    auto const changed = ask("PATCH " + path, {{"profile", {{"points", 4}}}});
    ASSERT_EQ(changed.status, 200) << json::serialize(changed.body);
    auto const kept = world.read(
        [&](storage::Tx& tx) { return world.users.get(tx, world.tenant_id(), *UserId::parse(made.text("user_id"))); });
    EXPECT_EQ(kept->profile.at("diagnosis"), "x") << "who does not see it does not take it away";
}

TEST_P(Management, DocumentsAreDeclaredPublishedAndTheirAcceptancesListed)
{
    EXPECT_EQ(ask("GET /documents/terms").code(), "document_not_found");
    auto const made = ask("PUT /documents/terms", {{"title", {{"en", "Terms"}}}});
    ASSERT_EQ(made.status, 200) << json::serialize(made.body);
    EXPECT_EQ(ask("PUT /documents/Bad%20name", {{"title", {{"en", "x"}}}}).pointer(), "/name");
    EXPECT_EQ(ask("PUT /documents/terms", {{"title", {{"en", "Terms"}}}}, {{"If-Match", "\"9\""}}).status, 412);
    auto const version = ask("POST /documents/terms/versions", {{"texts", {{"en", "Be kind."}}}});
    ASSERT_EQ(version.status, 201) << json::serialize(version.body);
    EXPECT_EQ(version.body.at("version"), 1);
    EXPECT_EQ(ask("GET /documents/terms/versions/1").body, version.body);
    EXPECT_EQ(ask("GET /documents/terms/versions/2").status, 404);
    EXPECT_EQ(ask("GET /documents").body.at("items").as_array().size(), 1u);
    auto const user = world.make_user("ada@example.com");
    ASSERT_TRUE(world.write([&](storage::Tx& tx) {
        return identity::accept(tx, *world.vault, world.tenant_id(), user, {{"terms", 1}},
                                {.locale = "en", .place = "203.0.113.7", .origin = {}, .now = world.now()});
    }));
    auto const listed = ask("GET /users/" + user.to_string() + "/acceptances");
    ASSERT_EQ(listed.status, 200) << json::serialize(listed.body);
    ASSERT_EQ(listed.body.at("items").as_array().size(), 1u);
    EXPECT_EQ(listed.body.at("items").at(0).at("sha256"), version.body.at("texts").at(0).at("sha256"));
}

TEST_P(Management, InvitationsAreSentListedSentAgainAndTakenBack)
{
    auto const made = ask("POST /invitations", {{"email", "Grace@example.com"}, {"profile", {{"name", "Grace"}}}});
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    EXPECT_EQ(made.text("state"), "open");
    EXPECT_FALSE(json::serialize(made.body).contains("token")) << "the link stands in the mail alone";
    auto const path = "/invitations/" + made.text("invitation_id");
    EXPECT_EQ(ask("GET " + path).body, made.body);
    EXPECT_EQ(ask("GET /invitations").body.at("items").as_array().size(), 1u);
    EXPECT_EQ(ask("POST /invitations", {{"email", "nobody"}}).pointer(), "/email");
    EXPECT_EQ(ask("POST /invitations", {{"email", "a@example.com"}, {"profile", {{"sub", "x"}}}}).pointer(),
              "/profile/sub");
    EXPECT_EQ(ask("POST /invitations", {{"email", "a@example.com"}, {"expires_in", 9'000'000}}).pointer(),
              "/expires_in");
    EXPECT_EQ(ask("POST " + path + "/send", json::object{}).status, 200);
    EXPECT_EQ(ask("DELETE " + path).status, 204);
    EXPECT_EQ(ask("GET " + path).code(), "invitation_not_found");
    EXPECT_EQ(ask("POST " + path + "/send", json::object{}).code(), "invitation_not_found");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Management, storage::every_backend());

} // namespace
} // namespace gatehouse::admin
