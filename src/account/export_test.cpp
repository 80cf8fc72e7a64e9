// "All that is kept about you" is all of it, and nothing that proves who somebody is.
#include "account/test_support/portal.hpp"
#include "credentials/test_support/software_device.hpp"
#include "events/types.hpp"
#include "identity/agreements.hpp"
#include "identity/deletions.hpp"
#include "identity/profile_prompts.hpp"
#include "messages/outbox.hpp"
#include "session/trusted_devices.hpp"
#include "tokens/grants.hpp"

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <map>
#include <regex>
#include <set>

namespace gatehouse::account {
namespace {

using namespace std::chrono_literals;
using session::must;
using testing::HasSubstr;

class Export : public PortalTest {
protected:
    template <class Rule>
    auto write(Rule rule)
    {
        return must(world.write(std::move(rule)));
    }
    TenantId tenant_id() { return world.tenant_id(); }
    std::string text()
    {
        return boost::json::serialize(must(
            world.read([&](storage::Tx& tx) { return world.users.export_person(tx, tenant_id(), ada, world.now()); })));
    }

    void mark_account()
    {
        write([&](storage::Tx& tx) -> Result<void> {
            TRY(auto user, world.users.get(tx, tenant_id(), ada));
            user.profile["nickname"] = "marker-profile";
            TRY_DO(world.users.update_profile(tx, tenant_id(), ada, user.profile, {}, {}, world.now()));
            TRY_DO(world.users.set_permissions(tx, tenant_id(), ada, "https://api.example", {"marker:permission"}, {},
                                               world.now()));
            TRY_DO(identity::note_skipped(tx, tenant_id(), ada, "marker-prompt", world.now()));
            TRY_DO(identity::ask_deletion(tx, *world.vault, tenant_id(), ada, world.now() + 24h, {}, world.now()));
            TRY_DO(identity::put_document(tx, *world.vault, tenant_id(), {.name = "terms", .title = {{"en", "Terms"}}},
                                          {}, {}, world.now()));
            TRY_DO(identity::publish_version(tx, *world.vault, tenant_id(), "terms", {.texts = {{"en", "All of it"}}},
                                             {}, world.now()));
            return identity::accept(tx, *world.vault, tenant_id(), ada, {{.document = "terms", .version = 1}},
                                    {.locale = "en", .place = "marker-place", .origin = {}, .now = world.now()});
        });
        add_identifier(ada, must(identity::normalize_email("marker-identifier@example.com")));
    }
    void mark_devices()
    {
        auto const lifetimes = session::lifetimes_of(*world.tenant);
        write([&](storage::Tx& tx) {
            return session::start(tx, *world.vault,
                                  {.tenant = tenant_id(),
                                   .user = ada,
                                   .security_epoch = 1,
                                   .authentication = {.time = world.now(), .acr = "", .amr = {"pwd"}, .methods = {}},
                                   .device = {.user_agent = "marker-session", .address = "198.51.100.1"},
                                   .lifetimes = lifetimes,
                                   .origin = {}},
                                  world.now());
        });
        write([&](storage::Tx& tx) {
            return session::trust_device(tx, *world.vault,
                                         {.tenant = tenant_id(),
                                          .user = ada,
                                          .security_epoch = 1,
                                          .device = {.user_agent = "marker-trusted", .address = "198.51.100.2"},
                                          .lifetime = 24h,
                                          .origin = {}},
                                         world.now());
        });
        credentials::SoftwareDevice device;
        auto const invitation = must(world.push_devices.invite(tenant_id(), ada, 1, world.now()));
        write([&](storage::Tx& tx) -> Result<void> {
            TRY(auto const opened, world.push_devices.open_invitation(tenant_id(), invitation, world.now()));
            TRY_DO(world.push_devices.add(tx, tenant_id(), opened,
                                          {.name = "marker-push", .key = device.public_key(), .subscription = {}}, {},
                                          world.now()));
            TRY_DO(world.push_requests.ask(tx, tenant_id(), ada, Uuid{},
                                           {.application = "marker-request", .place = "", .browser = ""}, {},
                                           world.now()));
            return {};
        });
    }
    void mark_rest()
    {
        auto application = applications::defaults_for(applications::Kind::web);
        application.client_id = "marker";
        application.name = "marker-application";
        application.redirect_uris = {"https://marker.example/callback"};
        application = world.make_application(application);
        write([&](storage::Tx& tx) {
            return tokens::give_grant(tx, *world.vault, tenant_id(), ada, application.id, {"openid"}, {}, world.now());
        });
        code = write([&](storage::Tx& tx) {
                   return world.challenges.create(
                       tx, tenant_id(), {.purpose = "marker_purpose", .user = ada, .payload = {}, .lifetime = 10min},
                       world.now());
               }).code.expose_text();
        write([&](storage::Tx& tx) {
            return world.outbox->enqueue(tx,
                                         {.tenant = tenant_id(),
                                          .user = ada,
                                          .kind = messages::Kind::sign_in_code,
                                          .to = "marker-message@example.com",
                                          .locale = "en",
                                          .sender_name = "Acme",
                                          .arguments = {{"code", "271828"}, {"minutes", 10}},
                                          .expires_at = world.now() + 10min,
                                          .host = "",
                                          .text_limits = {}},
                                         world.now());
        });
        write([&](storage::Tx& tx) {
            return events::append(tx, *world.vault,
                                  {.type = &events::kSignInFailed,
                                   .tenant = tenant_id(),
                                   .user = ada,
                                   .origin = {},
                                   .data = {{"reason", "password_wrong"}},
                                   .personal = {{"identifier", "marker-activity"}}},
                                  world.now());
        });
    }
    std::string code;
};

TEST_P(Export, HasEveryPlaceThatKnowsThePersonAndNoSecret)
{
    auto const secret = add_totp(ada, "marker-totp");
    mark_account();
    mark_devices();
    mark_rest();
    auto const all = text();
    for (auto const* marker : {"marker-profile", "marker-identifier@example.com", "marker:permission", "marker-prompt",
                               "marker-place", "marker-session", "marker-trusted", "marker-push", "marker-request",
                               "marker-totp", "marker-application", "marker_purpose", "marker-message@example.com",
                               "marker-activity", "\"deletion\"", "\"sub\"", "\"kind\":\"password\""})
        EXPECT_THAT(all, HasSubstr(marker));
    for (auto const& proof : {std::string("$argon2"), base64url_encode(secret.expose()), code, std::string("271828")})
        EXPECT_THAT(all, testing::Not(HasSubstr(proof)));
}

TEST_P(Export, IsAFileForItsOwnerAlone)
{
    auto browser = world.browser_of(ada);
    auto const page = post(browser, "/account/data", "/account/data/export");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.headers.find("Content-Disposition").value_or(""), "attachment; filename=\"account-data.json\"");
    EXPECT_EQ(page.headers.find("Cache-Control").value_or(""), "no-store");
    auto const data = boost::json::parse(page.body).as_object();
    EXPECT_EQ(data.at("profile").at("name"), "Ada Lovelace");
    EXPECT_TRUE(data.at("activity_complete").as_bool());
    EXPECT_EQ(world.count_events("user.data_exported"), 1);
    EXPECT_TRUE(browser.get("/account/data").contains("Your data was downloaded"));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Export, storage::every_backend());

// Who makes a table with a user in it says here where the export has it, or why it has not.
TEST(ExportTables, EveryTableWithAUserIsInTheExportOrSaysWhyNot)
{
    std::map<std::string, std::string> const known{
        {"users", "profile, created_at"},
        {"identifiers", "identifiers"},
        {"identifier_lookups", "not: digests of the identifiers, keyed"},
        {"subjects", "subjects"},
        {"user_permissions", "permissions"},
        {"credentials", "credentials"},
        {"passkey_ids", "not: digests of ids of what stands in credentials"},
        {"password_history", "earlier_passwords_replaced_at: hashes prove who somebody is"},
        {"passkey_offers", "passkey_offered_at"},
        {"challenges", "codes"},
        {"recovery_holds", "password_resets_waiting_until"},
        {"second_factor_graces", "second_factor_grace_since"},
        {"push_requests", "device_requests"},
        {"sessions", "sessions"},
        {"trusted_devices", "trusted_browsers"},
        {"grants", "applications"},
        {"token_families", "access"},
        {"events", "activity"},
        {"vault_person_keys", "not: the key that everything is sealed under"},
        {"message_outbox", "messages"},
        {"avatars", "picture"},
        {"acceptances", "agreements"},
        {"profile_prompts", "profile_prompts"},
        {"invitations", "invited_at: what the inviting side wrote is under its own key, and goes with the invitation"},
        {"account_deletions", "deletion"},
        {"account_merges", "activity: user.merged names the account that was joined"},
    };
    std::set<std::string> found;
    std::regex const table(R"re(CREATE TABLE (\w+) \(([\s\S]*?)\n\);)re");
    std::regex const user(R"re(\b(?:into_)?user_id BYTEA)re");
    for (auto const& file : std::filesystem::directory_iterator(GATEHOUSE_SOURCE_DIR "/migrations")) {
        std::ifstream in(file.path());
        std::string const sql(std::istreambuf_iterator<char>(in), {});
        for (std::sregex_iterator i(sql.begin(), sql.end(), table), end; i != end; ++i)
            if (std::regex_search((*i)[2].first, (*i)[2].second, user))
                found.insert((*i)[1]);
    }
    EXPECT_GT(found.size(), 20);
    for (auto const& name : found)
        EXPECT_TRUE(known.contains(name))
            << name << ": tell the person of it (journey/people.cpp), or say here why not";
    for (auto const& [name, where] : known)
        EXPECT_TRUE(found.contains(name)) << name << " is no table with a user any more";
}

} // namespace
} // namespace gatehouse::account
