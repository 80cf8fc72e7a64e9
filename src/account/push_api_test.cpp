// What registered devices ask, as they ask it: JSON signed by their keys, and the attacks on it.
#include "account/account.hpp"
#include "account/push_devices.hpp"
#include "base/json.hpp"
#include "credentials/test_support/software_device.hpp"
#include "journey/test_support/world.hpp"

#include <boost/json.hpp>

namespace gatehouse::account {
namespace {

namespace json = boost::json;
using credentials::PushDecision;
using credentials::SoftwareDevice;
using journey::Browser;
using session::must;

constexpr storage::Statement kCountKeys{"SELECT COUNT(*) FROM push_keys"};
constexpr storage::Statement kCountEnded{"SELECT COUNT(*) FROM spent_markers WHERE kind = 'journey'"};

class PushApi : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");
    SoftwareDevice phone;
    PushApi() { world.add(account.routes()); }

    struct Answer {
        int status;
        json::object body;
        std::string code() const { return text("code"); }
        std::string text(std::string_view name) const
        {
            auto const* value = body.if_contains(name);
            return value && value->is_string() ? std::string(value->get_string()) : std::string();
        }
    };
    static Answer read(http::Response const& response)
    {
        return {response.status, must(parse_json_object_strict(response.content()))};
    }
    Answer post(std::string const& path, json::object const& body)
    {
        auto device = world.browser();
        device.extra_headers["Content-Type"] = "application/json";
        auto const response = device.send(http::Method::post, path, json::serialize(body));
        EXPECT_FALSE(response.headers.find("Set-Cookie"));
        return read(response);
    }
    // What the page shows to a person whose sign-in is recent.
    std::string invitation()
    {
        auto browser = world.browser_of(ada);
        auto const page = browser.get("/account/security/push/new");
        auto const at = page.body.find("/push#");
        EXPECT_NE(at, std::string::npos) << page.body;
        return page.body.substr(at + 6, page.body.find('"', at) - at - 6);
    }
    json::object registration(SoftwareDevice const& device, std::string const& invited)
    {
        return {{"invitation", invited},
                {"name", "Phone"},
                {"key", device.jwk()},
                {"signature", base64url_encode(device.sign("gatehouse-push-device\n" + invited))}};
    }
    std::int64_t count(storage::Statement const& statement)
    {
        return must(world.read([&](storage::Tx& tx) {
                   return tx.maybe(statement, {}, [](storage::Row const& row) { return row.integer(0); });
               }))
            .value_or(0);
    }
    std::string handle;
    void enrol()
    {
        auto const added = post("/api/v1/push/devices", registration(phone, invitation()));
        EXPECT_EQ(added.status, 201);
        handle = added.text("device");
    }
    credentials::PushRequest ask()
    {
        return must(world.write([&](storage::Tx& tx) {
            return world.push_requests.ask(tx, world.tenant_id(), ada, Uuid::generate(world.now()),
                                           {.application = "Shop", .place = "203.0.113.7", .browser = "Firefox"}, {},
                                           world.now());
        }));
    }
    json::object listing(SoftwareDevice const& device, std::int64_t seconds)
    {
        auto const text = credentials::push_list_text(world.tenant->issuer, handle, std::to_string(seconds));
        return {{"device", handle}, {"time", seconds}, {"signature", base64url_encode(device.sign(text))}};
    }
    json::object approval(SoftwareDevice const& device, credentials::PushRequest const& request)
    {
        auto const made = device.approve(request);
        return {{"device", handle},
                {"request", request.id.to_string()},
                {"decision", "approve"},
                {"number", made.number},
                {"signature", base64url_encode(made.signature)}};
    }
};

TEST_P(PushApi, AskingForTheKeyMakesNone)
{
    auto stranger = world.browser();
    auto const ask_key = [&] { return read(stranger.send(http::Method::get, "/api/v1/push/key")); };
    EXPECT_EQ(ask_key().code(), "push_key_missing");
    EXPECT_EQ(count(kCountKeys), 0);
    invitation();
    auto const key = ask_key().text("key");
    EXPECT_EQ(must(base64url_decode(key)).size(), 65u);
    invitation();
    EXPECT_EQ(ask_key().text("key"), key);
    EXPECT_EQ(count(kCountKeys), 1);
}

TEST_P(PushApi, ADeviceIsRegisteredByItsInvitationOnceAndByItsOwnKey)
{
    auto const invited = invitation();
    SoftwareDevice const other;
    auto forged = registration(phone, invited);
    forged["key"] = other.jwk();
    EXPECT_EQ(post("/api/v1/push/devices", forged).code(), "push_signature_wrong");
    auto unsigned_one = registration(phone, invited);
    unsigned_one.erase("signature");
    EXPECT_EQ(post("/api/v1/push/devices", unsigned_one).code(), "push_signature_wrong");
    auto subscribed = registration(phone, invited);
    subscribed["subscription"] = {{"endpoint", "http://127.0.0.1/"}, {"keys", json::object{}}};
    EXPECT_EQ(post("/api/v1/push/devices", subscribed).text("pointer"), "/subscription/endpoint");
    auto keyless = registration(phone, invited);
    keyless["key"] = json::object{{"kty", "oct"}};
    EXPECT_EQ(post("/api/v1/push/devices", keyless).text("pointer"), "/key");
    auto const added = post("/api/v1/push/devices", registration(phone, invited));
    EXPECT_EQ(added.status, 201);
    EXPECT_EQ(added.text("issuer"), world.tenant->issuer);
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "credential_added");
    EXPECT_EQ(post("/api/v1/push/devices", registration(other, invited)).code(), "push_invitation_expired");
    EXPECT_EQ(post("/api/v1/push/devices", registration(other, "forged")).code(), "push_invitation_expired");
}

TEST_P(PushApi, ADeviceSeesWhatWaitsButNotItsNumber)
{
    enrol();
    auto const now = to_seconds(world.now());
    EXPECT_TRUE(post("/api/v1/push/requests", listing(phone, now)).body.at("requests").as_array().empty());
    auto const request = ask();
    auto const seen = post("/api/v1/push/requests", listing(phone, now));
    auto const& one = seen.body.at("requests").as_array().at(0).as_object();
    EXPECT_EQ(one.at("challenge").as_string(), request.challenge);
    EXPECT_EQ(one.at("application").as_string(), "Shop");
    EXPECT_FALSE(one.contains("number"));
    EXPECT_EQ(post("/api/v1/push/requests", listing(SoftwareDevice(), now)).code(), "push_signature_wrong");
    EXPECT_EQ(post("/api/v1/push/requests", listing(phone, now - 120)).code(), "push_clock_wrong") << "heard before";
    auto borrowed = listing(phone, now);
    borrowed["time"] = now + 1;
    EXPECT_EQ(post("/api/v1/push/requests", borrowed).code(), "push_signature_wrong");
    EXPECT_EQ(post("/api/v1/push/requests", {{"device", "x"}}).code(), "push_device_unknown");
}

TEST_P(PushApi, OnlyTheDeviceAnswersAndOnlyOnce)
{
    enrol();
    auto const request = ask();
    auto const answers = "/api/v1/push/answers";
    EXPECT_EQ(post(answers, approval(SoftwareDevice(), request)).code(), "push_signature_wrong");
    auto bent = approval(phone, request);
    bent["decision"] = "maybe";
    EXPECT_EQ(post(answers, bent).text("pointer"), "/decision");
    bent = approval(phone, request);
    bent["request"] = "1";
    EXPECT_EQ(post(answers, bent).text("pointer"), "/request");
    EXPECT_EQ(post(answers, approval(phone, request)).text("state"), "approved");
    EXPECT_EQ(post(answers, approval(phone, request)).code(), "push_request_over");
    world.disable_user(ada);
    EXPECT_EQ(post(answers, approval(phone, request)).code(), "push_device_unknown");
}

TEST_P(PushApi, ADeviceOfOneTenantIsUnknownInAnother)
{
    enrol();
    world.make_tenant("acme");
    world.poll();
    auto const now = to_seconds(world.now());
    EXPECT_EQ(post("/t/acme/api/v1/push/requests", listing(phone, now)).code(), "push_device_unknown");
    EXPECT_EQ(post("/t/acme/api/v1/push/answers", approval(phone, ask())).code(), "push_device_unknown");
}

// With SQLite one node has the file to itself.
class PushNodes : public PushApi {};

TEST_P(PushNodes, TheAnswerMayComeToAnother)
{
    enrol();
    auto const request = ask();
    // Another process on the same database, with nothing in memory of what this one did.
    auto const database = must(storage::open({.address = world.database.address(), .connections = 2}));
    auto const vault = vault::open_test_vault(*database, world.now());
    credentials::PushDevices const devices(*vault);
    credentials::PushRequests const requests(*vault, devices);
    identity::Users const users(*vault);
    messages::Outbox outbox(*vault);
    auto const here = world.services();
    Services const services{.database = *database,
                            .vault = *vault,
                            .hash_pool = here.hash_pool,
                            .breached_passwords = here.breached_passwords,
                            .outbox = outbox,
                            .pages = here.pages,
                            .users = users,
                            .passwords = here.passwords,
                            .challenges = here.challenges,
                            .authenticators = here.authenticators,
                            .recovery_codes = here.recovery_codes,
                            .authenticator_metadata = here.authenticator_metadata,
                            .push_devices = devices,
                            .push_requests = requests,
                            .pushes = here.pushes,
                            .places = here.places,
                            .registry = here.registry,
                            .engine = here.engine};
    auto const there = [&](std::string const& path, json::object const& body) {
        for (auto const& route : push_api_routes(services))
            if (route.pattern == path) {
                http::Request sent;
                sent.method = http::Method::post;
                sent.headers.set("Content-Type", "application/json");
                sent.body = json::serialize(body);
                auto const context = world.context();
                return read(must(world.run(route.endpoint(context, sent))));
            }
        throw std::logic_error(path);
    };
    auto const listed = there("/api/v1/push/requests", listing(phone, to_seconds(world.now())));
    EXPECT_EQ(listed.body.at("requests").as_array().size(), 1u);
    EXPECT_EQ(there("/api/v1/push/answers", approval(phone, request)).text("state"), "approved");
    auto const taken = world.write([&](storage::Tx& tx) {
        return world.push_requests.take(tx, world.tenant_id(), ada, request.journey, request.id, world.now());
    });
    EXPECT_TRUE(taken);
}

TEST_P(PushApi, AStrangersJourneyGoesOnWhenTheyAreReported)
{
    enrol();
    auto const journey = Uuid::generate(world.now());
    auto const request = must(world.write([&](storage::Tx& tx) {
        return world.push_requests.ask_unproven(tx, world.tenant_id(), ada, as_bytes("a keyed digest"), journey, {}, {},
                                                world.now());
    }));
    auto const report = phone.answer(request, PushDecision::report, "");
    EXPECT_EQ(post("/api/v1/push/answers", {{"device", handle},
                                            {"request", request.id.to_string()},
                                            {"decision", "report"},
                                            {"signature", base64url_encode(report.signature)}})
                  .text("state"),
              "reported");
    EXPECT_EQ(count(kCountEnded), 0) << "it goes on: nothing tells them that there was somebody";
    EXPECT_EQ(world.mail_to("ada@example.com").front().kind, "push_reported");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PushApi, storage::every_backend());
INSTANTIATE_TEST_SUITE_P(SharedDatabase, PushNodes, testing::Values(storage::Engine::postgresql));

} // namespace
} // namespace gatehouse::account
