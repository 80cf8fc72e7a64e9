#include "seed.hpp"

#include "applications/applications.hpp"
#include "credentials/passkeys.hpp"
#include "crypto/password_hash.hpp"
#include "soft_passkeys.hpp"
#include "tokens/family_store.hpp"

#include <cstring>
#include <filesystem>

namespace gatehouse::bench {

namespace {

constexpr std::size_t kBatch = 20'000; // rows in a transaction
constexpr std::size_t kIdSize = 16, kGenerationSize = 4, kFamilySecretSize = 16;

// Seeding tells every user's making as an event. The server would number them while it is measured.
constexpr storage::Statement kForgetEvents{"DELETE FROM events WHERE tenant_id = :tenant"};

config::Settings settings_of(Place const& place)
{
    config::Sources sources;
    sources.flags = {{"storage.data", place.data},
                     {"server.public_url", fmt::format("http://localhost:{}", place.port)}};
    if (!place.database.empty())
        sources.flags.emplace_back("storage.database", place.database);
    sources.default_file = place.data + "/no-such-file.toml";
    return must(config::load(app::options::kTables, sources));
}

Bytes secret_of(std::string_view what, std::size_t index)
{
    auto const digest = crypto::sha256(as_bytes(fmt::format("{} {}", what, index)));
    return {digest.begin(), digest.end()};
}

} // namespace

std::string email_of(std::size_t user)
{
    return fmt::format("user{}@bench.example", user);
}

std::string basic_authorization(std::string_view client_id)
{
    return "Basic " + base64_encode(as_bytes(fmt::format("{}:{}", client_id, kClientSecret)));
}

Families::Parts Families::Parts::parse(std::string_view token)
{
    auto const bytes = must(base64url_decode(token));
    ByteView rest(bytes);
    Parts parts;
    parts.id = must(tokens::FamilyId::from_bytes(rest.first(kIdSize)));
    rest = rest.subspan(kIdSize);
    parts.generation = 0;
    for (auto const byte : rest.first(kGenerationSize))
        parts.generation = parts.generation << 8 | byte;
    rest = rest.subspan(kGenerationSize);
    parts.family_secret = to_bytes(rest.first(kFamilySecretSize));
    parts.token_secret = to_bytes(rest.subspan(kFamilySecretSize));
    return parts;
}

std::string Families::Parts::text() const
{
    auto bytes = to_bytes(id.bytes());
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(generation >> shift));
    bytes.insert(bytes.end(), family_secret.begin(), family_secret.end());
    bytes.insert(bytes.end(), token_secret.begin(), token_secret.end());
    return base64url_encode(bytes);
}

Families::Parts Families::first(std::size_t index) const
{
    auto family_secret = secret_of("family", index);
    family_secret.resize(kFamilySecretSize);
    return {.id = ids_[index],
            .generation = 1,
            .family_secret = std::move(family_secret),
            .token_secret = secret_of("token", index)};
}

std::string Families::token(std::size_t index) const
{
    return was_rotated(index) ? current_[index] : first(index).text();
}

Seeded::Seeded(Place place, std::size_t users) : place_(std::move(place))
{
    std::filesystem::remove_all(place_.data);
    std::filesystem::create_directories(place_.data);
    auto const ground = open();
    tenant_ = ground->directory.default_tenant()->id;
    make_applications(*ground);
    make_users(*ground, users);
    must(
        ground->database->write_now([&](storage::Tx& tx) { return tx.execute(kForgetEvents, {{"tenant", tenant_}}); }));
}

std::unique_ptr<app::Ground> Seeded::open() const
{
    return must(app::open_ground(settings_of(place_), storage::Tenancy::Guest));
}

void Seeded::make_applications(app::Ground& ground)
{
    applications::Api api{.audience = std::string(kAudience),
                          .name = "Things",
                          .permissions = {{"things:read", "See things"}, {"things:write", "Change things"}}};
    auto machine = applications::defaults_for(applications::Kind::service);
    machine.client_id = kMachineClient;
    machine.name = "Machine";
    machine.apis = {{std::string(kAudience), {"things:read", "things:write"}}};
    auto web = applications::defaults_for(applications::Kind::web);
    web.client_id = kWebClient;
    web.name = "Web";
    web.first_party = true;
    web.redirect_uris = {std::string(kRedirectUri)};
    must(ground.database->write_now([&](storage::Tx& tx) -> Result<void> {
        applications::Change const change{*ground.vault, tenant_, {.request_id = "bench"}, ground.clock.now()};
        TRY_DO(applications::create_api(tx, change, api));
        for (auto const* application : {&machine, &web}) {
            TRY(auto const made, applications::create(tx, change, *application));
            TRY_DO(applications::add_known_secret(tx, change, made.id, Secret(kClientSecret)));
            if (application == &web)
                web_ = made.id;
        }
        return {};
    }));
}

void Seeded::make_users(app::Ground& ground, std::size_t count)
{
    auto const phc = must(crypto::hash_password(Secret(kPassword)));
    events::Origin const origin{.request_id = "bench"};
    for (std::size_t begin = 0; begin < count; begin += kBatch) {
        auto const end = std::min(count, begin + kBatch);
        must(ground.database->write_now([&](storage::Tx& tx) -> Result<void> {
            users_.resize(begin);
            subjects_.resize(begin);
            auto const now = ground.clock.now();
            for (auto user = begin; user < end; ++user) {
                TRY(auto email, identity::normalize_email(email_of(user)));
                TRY(auto made,
                    ground.users.create(tx, tenant_,
                                        {.profile = {{"name", fmt::format("Person {}", user)}},
                                         .identifiers = {{.identifier = std::move(email), .verified = true}}},
                                        origin, now));
                TRY_DO(ground.passwords.enrol(tx, made.key, phc, origin, now));
                users_.push_back(made.user.id);
                subjects_.push_back(std::move(made.subject));
            }
            return {};
        }));
    }
}

void Seeded::add_passkeys(SoftPasskeys const& passkeys)
{
    auto const ground = open();
    credentials::Passkeys const rules(*ground->vault, ground->users);
    for (std::size_t begin = 0; begin < users_.size(); begin += kBatch) {
        auto const end = std::min(users_.size(), begin + kBatch);
        must(ground->database->write_now([&](storage::Tx& tx) -> Result<void> {
            for (auto user = begin; user < end; ++user) {
                TRY(auto const key, ground->vault->open_person_key(tx, tenant_, users_[user]));
                TRY_DO(rules.enrol(tx, key,
                                   {.rp_id = "localhost",
                                    .credential_id = passkeys.id_of(user),
                                    .public_key = passkeys.public_key(),
                                    .user_verified = true,
                                    .discoverable = true},
                                   "Bench", "", {.request_id = "bench"}, ground->clock.now()));
            }
            return {};
        }));
    }
    must(
        ground->database->write_now([&](storage::Tx& tx) { return tx.execute(kForgetEvents, {{"tenant", tenant_}}); }));
}

void Seeded::begin_with(identity::Method method)
{
    auto const ground = open();
    auto settings = ground->directory.default_tenant()->settings;
    settings.signin.first = {method};
    must(ground->database->write_now([&](storage::Tx& tx) {
        return ground->tenants.update(tx, tenant_, {.settings = identity::write_settings(settings)}, std::nullopt,
                                      {.request_id = "bench"}, ground->clock.now());
    }));
}

void Seeded::add_families(std::size_t count)
{
    families_ = std::make_unique<Families>(count);
    auto const ground = open();
    for (std::size_t begin = 0; begin < count; begin += kBatch) {
        auto const end = std::min(count, begin + kBatch);
        must(ground->database->write_now([&](storage::Tx& tx) -> Result<void> {
            auto const now = ground->clock.now();
            session::Authentication const authentication{
                .time = now, .acr = "", .amr = {"pwd"}, .methods = {credentials::Method::password}};
            for (auto index = begin; index < end; ++index) {
                families_->set_id(index, tokens::FamilyId::generate(now));
                auto const token = families_->first(index);
                auto const user = index % users_.size();
                TRY_DO(tokens::store::insert_family(tx, tenant_,
                                                    {.id = token.id,
                                                     .user = users_[user],
                                                     .application = web_,
                                                     .session = std::nullopt, // offline access
                                                     .subject = subjects_[user],
                                                     .scopes = "openid profile offline_access",
                                                     .audience = "",
                                                     .sid = "bench-session",
                                                     .authentication = authentication,
                                                     .security_epoch = 1,
                                                     .secrets = {.family_digest = crypto::sha256(token.family_secret),
                                                                 .token_digest = crypto::sha256(token.token_secret)},
                                                     .idle_expires_at = now + std::chrono::hours(24 * 14),
                                                     .expires_at = now + std::chrono::hours(24 * 90)},
                                                    now));
            }
            return {};
        }));
    }
}

std::unique_ptr<Process> Seeded::serve(std::chrono::nanoseconds* took, std::vector<std::string> const& settings) const
{
    std::vector<std::string> command{place_.gatehouse, "serve",
                                     "--data",         place_.data,
                                     "--listen",       fmt::format("127.0.0.1:{}", place_.port),
                                     "--public-url",   fmt::format("http://localhost:{}", place_.port)};
    // The load generator stands for a proxy: each of its people has an address of their own.
    std::vector<std::string> environment{"GATEHOUSE_SERVER_TRUSTED_PROXIES=127.0.0.1"};
    if (!place_.database.empty())
        environment.push_back("GATEHOUSE_STORAGE_DATABASE=" + place_.database);
    environment.insert(environment.end(), settings.begin(), settings.end());
    auto process = std::make_unique<Process>(command, environment, place_.data + "/gatehouse.log");
    auto const ready = process->wait_until_ready(place_.port, "/readyz");
    if (took)
        *took = ready;
    return process;
}

} // namespace gatehouse::bench
