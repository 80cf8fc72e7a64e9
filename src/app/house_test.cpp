// The house as a whole, over real sockets.
#include "app/commands.hpp"
#include "app/test_support/running_house.hpp"
#include "session/session.hpp"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

identity::Tenant make_tenant(RunningHouse& house, identity::NewTenant const& wanted)
{
    auto& ground = house->ground();
    auto const now = ground.clock.now();
    auto made = ground.database->write_now([&](storage::Tx& tx) { return ground.tenants.create(tx, wanted, {}, now); });
    EXPECT_TRUE(made) << made.error().message;
    EXPECT_TRUE(ground.changes.poll_now(now));
    return *made;
}

std::string issuer_at(RunningHouse& house, std::string_view path, std::string_view host = "")
{
    auto const answer = house.get(path, host, "application/json");
    if (answer.status != 200)
        return fmt::format("status {}", answer.status);
    return std::string(boost::json::parse(answer.body).at("issuer").as_string());
}

TEST(House, AnswersForEachTenantAtItsOwnAddress)
{
    RunningHouse house;
    make_tenant(house, {.slug = "acme", .name = "Acme"});
    make_tenant(house, {.slug = "globex", .name = "Globex", .host = "id.globex.example"});

    EXPECT_EQ(issuer_at(house, "/.well-known/openid-configuration"), "http://localhost:8080");
    EXPECT_EQ(issuer_at(house, "/t/acme/.well-known/openid-configuration"), "http://localhost:8080/t/acme");
    EXPECT_EQ(issuer_at(house, "/.well-known/oauth-authorization-server/t/acme"), "http://localhost:8080/t/acme")
        << "RFC 8414 section 3.1";
    auto const own = issuer_at(house, "/.well-known/openid-configuration", "id.globex.example:8080");
    EXPECT_EQ(own, "http://id.globex.example:8080");
    EXPECT_EQ(house.get("/", "id.globex.example").status, 421) << "another port is another origin";
    EXPECT_EQ(house.get("/t/globex/.well-known/openid-configuration").status, 404) << "its issuer is elsewhere";
    EXPECT_EQ(house.get("/t/nobody/.well-known/openid-configuration").status, 404);
}

TEST(House, TellsAVisitorOfAWrongHostWhichOneIsServed)
{
    RunningHouse house;
    auto const page = house.get("/", "old.example:8080");
    EXPECT_EQ(page.status, 421);
    for (auto const* words : {"old.example:8080", "http://localhost:8080", "server.public_url"})
        EXPECT_NE(page.body.find(words), std::string::npos) << words;
    auto const problem = house.get("/oauth2/jwks", "old.example", "application/json");
    EXPECT_EQ(problem.status, 421);
    EXPECT_EQ(*problem.headers.find("Content-Type"), "application/problem+json");
}

TEST(House, ForgedHostIsNeverReflectedAsMarkup)
{
    RunningHouse house;
    auto const page = house.get("/", "x<script>alert(1)</script>");
    EXPECT_NE(page.status, 200);
    EXPECT_EQ(page.body.find("<script>alert"), std::string::npos);
}

TEST(House, SwitchesADisabledTenantOffAtOnce)
{
    RunningHouse house;
    auto const acme = make_tenant(house, {.slug = "acme", .name = "Acme"});
    auto& ground = house->ground();
    auto const now = ground.clock.now();
    ASSERT_TRUE(ground.database->write_now(
        [&](storage::Tx& tx) { return ground.tenants.set_enabled(tx, acme.id, false, {}, now); }));
    ASSERT_TRUE(ground.changes.poll_now(now));
    EXPECT_EQ(house.get("/t/acme/.well-known/openid-configuration").status, 403);
    EXPECT_EQ(house.get("/.well-known/openid-configuration").status, 200) << "the others go on";
}

TEST(House, AnswersPeopleWithPagesAndMachinesWithProblems)
{
    RunningHouse house;
    auto const page = house.get("/nowhere");
    EXPECT_EQ(page.status, 404);
    EXPECT_NE(page.body.find("<html"), std::string::npos);
    EXPECT_NE(page.body.find(*page.headers.find("X-Request-Id")), std::string::npos) << "the number to quote";
    auto const no_tenant = house.get("/t/nobody/signin");
    EXPECT_EQ(no_tenant.status, 404);
    EXPECT_NE(no_tenant.body.find("<html"), std::string::npos);
    auto const wrong_page_method = house.get("/account/password");
    EXPECT_EQ(wrong_page_method.status, 405);
    EXPECT_NE(wrong_page_method.body.find("<html"), std::string::npos);
    auto const problem = house.get("/nowhere", "", "application/json");
    EXPECT_EQ(problem.status, 404);
    EXPECT_EQ(boost::json::parse(problem.body).at("status").as_int64(), 404);
    auto const wrong_method = house.get("/oauth2/revoke", "", "application/json");
    EXPECT_EQ(wrong_method.status, 405);
    EXPECT_NE(wrong_method.headers.find("Allow")->find("POST"), std::string_view::npos);
}

TEST(House, SaysThatItLivesIsReadyAndHowMuchItDoes)
{
    RunningHouse house;
    EXPECT_EQ(house.get("/livez").status, 200);
    EXPECT_EQ(house.get("/readyz").status, 200);
    house.get("/.well-known/openid-configuration");
    auto const metrics = house.get("/metrics").body;
    for (auto const* line : {"gatehouse_http_requests_total{method=\"GET\",route=\"/.well-known/openid-configuration\"",
                             "gatehouse_http_request_seconds_bucket", "gatehouse_database_commits_total",
                             "process_resident_memory_bytes", "gatehouse_job_expiry_runs_total"})
        EXPECT_NE(metrics.find(line), std::string::npos) << line;
}

TEST(House, HidesItsMetricsFromStrangers)
{
    RunningHouse house({{"server.metrics_from", "192.0.2.0/24"}});
    EXPECT_EQ(house.get("/metrics").status, 404);
}

TEST(House, ShowsMailToDevelopersOnly)
{
    RunningHouse production;
    EXPECT_EQ(production.get("/dev/mail").status, 404);
    EXPECT_EQ(production.get("/dev/mail.json").status, 404);
    RunningHouse development({{"server.development", "true"}});
    EXPECT_EQ(development.get("/dev/mail").status, 200);
    EXPECT_EQ(development.get("/dev/mail.json").status, 200);
}

TEST(House, RefusesDevelopmentModeWhereOthersCanReachIt)
{
    auto const folder = std::filesystem::temp_directory_path() / "gatehouse-never-made";
    for (auto const* listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:8080"}) {
        auto const settings = settings_in(folder, {{"server.development", "true"}, {"server.listen", listen}});
        auto const house = House::build(settings, nullptr);
        ASSERT_FALSE(house);
        EXPECT_EQ(house.error().code, "development_exposed") << listen;
    }
}

TEST(House, ServesItsStylesheetCompressedAndForAYear)
{
    RunningHouse house;
    auto const page = house.get("/");
    auto const at = page.body.find("/assets/page.");
    ASSERT_NE(at, std::string::npos);
    auto const address = page.body.substr(at, page.body.find('"', at) - at);
    auto const style = house.get(address);
    EXPECT_EQ(style.status, 200);
    EXPECT_NE(style.headers.find("Cache-Control")->find("immutable"), std::string_view::npos);
}

TEST(House, KeepsASecondServerOffTheSameData)
{
    RunningHouse house;
    auto const settings = settings_in(house.folder());
    auto const second = open_ground(settings, storage::Tenancy::Server);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "storage_in_use");
    EXPECT_TRUE(open_ground(settings, storage::Tenancy::Guest)) << "commands may look in";
}

TEST(House, RefusesAnotherRootKey)
{
    RunningHouse house;
    auto const settings = settings_in(house.folder(), {{"keys.root_key", vault::print_root_key(Secret(Bytes(32, 7)))}});
    auto const opened = open_ground(settings, storage::Tenancy::Guest);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, "root_key_wrong");
}

TEST(House, TellsCommandsItsPublicAddress)
{
    RunningHouse house({{"server.public_url", "http://localhost:9000"}});
    config::Sources sources;
    sources.default_file = "";
    sources.flags = {{"storage.data", (house.folder() / "data").string()}};
    auto const settings = config::load(options::kTables, sources);
    ASSERT_TRUE(settings);
    auto const opened = open_ground(*settings, storage::Tenancy::Guest);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->directory.default_tenant()->issuer, "http://localhost:9000");
}

TEST(House, KeepsItsIssuerWhenThePublicAddressChanges)
{
    RunningHouse house;
    auto const settings = settings_in(house.folder(), {{"server.public_url", "https://elsewhere.example"}});
    auto const opened = open_ground(settings, storage::Tenancy::Guest);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, "base_address_differs");
}

TEST(Restore, EndsTheSessionsOfTheBackup)
{
    RunningHouse house;
    auto& ground = house->ground();
    auto const tenant = ground.directory.default_tenant();
    auto const now = ground.clock.now();
    auto const opened = ground.database->write_now([&](storage::Tx& tx) -> Result<session::Opened> {
        TRY(auto const email, identity::normalize_email("ada@example.com"));
        TRY(auto const user,
            ground.users.create(tx, tenant->id, {.identifiers = {{.identifier = email, .verified = true}}}, {}, now));
        return session::start(
            tx, *ground.vault,
            {.tenant = tenant->id,
             .user = user.user.id,
             .security_epoch = user.user.security_epoch,
             .authentication = {.time = now, .amr = {"pwd"}, .methods = {credentials::Method::password}},
             .lifetimes = session::lifetimes_of(*tenant)},
            now);
    });
    ASSERT_TRUE(opened) << opened.error().message;

    auto const file = (house.folder() / "copy.db").string();
    ASSERT_TRUE(backup(settings_in(house.folder()), {.arguments = {file}}));
    auto const elsewhere = house.folder() / "elsewhere";
    std::filesystem::create_directories(elsewhere / "data");
    std::filesystem::copy(house.folder() / "data" / "root.key", elsewhere / "data" / "root.key");
    auto const settings = settings_in(elsewhere);
    auto const restored = restore(settings, {.arguments = {file}});
    ASSERT_TRUE(restored) << restored.error().message;
    auto const there = open_ground(settings, storage::Tenancy::Guest);
    ASSERT_TRUE(there);
    auto const session = (*there)->database->read_now(
        [&](storage::Tx& tx) { return session::find(tx, tenant->id, opened->handle, now); });
    ASSERT_TRUE(session);
    EXPECT_FALSE(*session) << "a session of the backup counts no more";
    EXPECT_TRUE(*ground.database->read_now(
        [&](storage::Tx& tx) { return session::find(tx, tenant->id, opened->handle, now); }));
}

} // namespace
} // namespace gatehouse::app
