// The world of session/, with what journeys need besides: credentials, a cheap hash pool, pages, mail that is caught,
// and an engine. Rooms add their routes; a Browser visits them.
#pragma once

#include "crypto/hash_pool.hpp"
#include "identity/routes.hpp"
#include "journey/services.hpp"
#include "journey/test_support/browser.hpp"
#include "messages/delivery.hpp"
#include "messages/dev_mailbox.hpp"
#include "messages/outbox.hpp"
#include "messages/push_sender.hpp"
#include "places/test_support/mmdb_writer.hpp"
#include "session/test_support/world.hpp"
#include "view/pages.hpp"

namespace gatehouse::journey {

inline constexpr std::string_view kPassword = "correct horse battery staple";

// Hashes of a test cost next to nothing.
inline constexpr crypto::Argon2Parameters kCheapHashes{.memory_kib = 64, .passes = 1};

class JourneyWorld : public session::World {
public:
    explicit JourneyWorld(storage::Engine engine, crypto::Argon2Parameters hashes = kCheapHashes);
    ~JourneyWorld();

    Services services();
    void add(Routes routes);
    http::Response serve(http::Request request);
    Browser browser(std::string address = "203.0.113.7");
    // One that is signed in: with this session, or with a new one of the user.
    Browser browser_with(session::Opened const& opened, std::string address = "203.0.113.7");
    Browser browser_of(UserId user, std::string address = "203.0.113.7");

    // With the password kPassword.
    UserId make_person(std::string const& email, TenantId of);
    UserId make_person(std::string const& email) { return make_person(email, tenant_id()); }
    // A continuation "app" whose end is "https://app.example/done?user=...&session=..." and whose start is "/app".
    // GET /app starts a journey for `app_start`.
    Start app_start;

    // Delivers what is due and returns what was sent to the address, newest first.
    std::vector<messages::CapturedMail> mail_to(std::string const& address);
    std::size_t mails();
    // The six digits of the newest mail to the address; "" without.
    std::string code_for(std::string const& address);
    std::int64_t count_events(std::string_view type);

    credentials::Passwords passwords;
    credentials::Challenges challenges;
    credentials::Authenticators authenticators;
    credentials::RecoveryCodes recovery_codes;
    // A test may put another one in its place, before it takes the services.
    std::unique_ptr<credentials::MetadataFile> authenticator_metadata =
        std::make_unique<credentials::MetadataFile>(credentials::MetadataFiles{});
    credentials::PushDevices push_devices;
    credentials::PushRequests push_requests;
    messages::PushOutlet pushes;
    places::ExamplePlaces example_places;
    std::vector<messages::Push> pushed; // what devices were told
    crypto::HashPool hash_pool;
    credentials::BreachedPasswords breached_passwords;
    std::unique_ptr<view::Pages> pages;
    std::unique_ptr<messages::Outbox> outbox;
    messages::DevMailbox mailbox;
    std::unique_ptr<messages::Transport> transport;
    std::unique_ptr<messages::TextTransport> texts;
    std::unique_ptr<messages::Delivery> delivery;
    std::unique_ptr<Engine> engine;

private:
    Routes routes_;
    void add_app();
};

} // namespace gatehouse::journey
