// What a tenant's settings ask of new passkeys, as people meet it.
#include "account/account.hpp"
#include "account/passkeys.hpp"
#include "credentials/test_support/metadata_service.hpp"
#include "credentials/test_support/software_authenticator.hpp"
#include "identity/tenant_settings_shape.hpp"
#include "journey/test_support/world.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace gatehouse::account {
namespace {

using journey::Browser;
using session::must;
using Page = Browser::Page;

constexpr char const* kNotTaken = "not accepted here";

std::string file(std::string const& name, std::string_view content)
{
    auto const path = std::filesystem::temp_directory_path() / fmt::format("gatehouse-{}-{}", getpid(), name);
    std::ofstream(path, std::ios::binary) << content;
    return path;
}

class PasskeyPolicy : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    credentials::MetadataService service;
    credentials::SoftwareAuthenticator authenticator;
    credentials::Passkeys passkeys{*world.vault, world.users};
    UserId ada = world.make_person("ada@example.com");

    void set(identity::PasskeySettings settings)
    {
        auto all = world.context().tenant->settings;
        all.passkeys = std::move(settings);
        must(world.write([&](storage::Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(all)}, {}, {},
                                        world.now());
        }));
        world.poll();
        world.tenant = world.directory.find(world.tenant_id());
    }
    // A BLOB that knows the authenticator's model.
    void publish(std::vector<std::pair<std::string, std::string>> reports = {})
    {
        auto const blob = service.blob({{.model = authenticator.aaguid,
                                         .description = "Test key",
                                         .roots = {authenticator.anchor()},
                                         .reports = std::move(reports)}});
        world.authenticator_metadata = std::make_unique<credentials::MetadataFile>(
            credentials::MetadataFiles{.blob = file("mds.jwt", blob),
                                       .root = file("mds-root.pem", service.root_pem()),
                                       .host = "mds.example.com",
                                       .further_roots = {}});
        must(world.authenticator_metadata->reload(world.now()));
    }
    // Adds a passkey as a browser would, with a statement of this format.
    std::string add(std::string format, bool verified = true)
    {
        auto const with = world.services();
        Visitor visitor{
            .session = world.start_session(ada).session, .user = {}, .email = "ada@example.com", .csrf = {}};
        visitor.user.id = ada;
        auto const context = world.context();
        auto const panel =
            must(world.read([&](storage::Tx& tx) { return new_passkey_panel(with, tx, context, visitor); }));
        asked = panel.passkey.options;
        auto const party = *credentials::relying_party(*context.tenant);
        NewPasskey wanted{.response = authenticator.create(
                              {.rp_id = party.id,
                               .origin = party.origins.front(),
                               .challenge = must(base64url_decode(std::string_view(asked.at("challenge").as_string()))),
                               .user_verified = verified,
                               .format = std::move(format)}),
                          .challenge = panel.fields.front().value,
                          .name = "Key",
                          .device = {}};
        auto const added =
            world.write([&](storage::Tx& tx) { return add_passkey(with, tx, context, visitor, wanted); });
        authenticator.credential_id[0] ^= 0x5a;
        ++authenticator.credential_id[1];
        return added ? "added" : added.error().code + " " + added.error().message;
    }
    static bool is_refused(std::string const& said) { return said.find(kNotTaken) != std::string::npos; }

    boost::json::object asked;
};

TEST_P(PasskeyPolicy, AsksForWhatTheTenantWants)
{
    EXPECT_EQ(add("none"), "added");
    EXPECT_EQ(asked.at("attestation"), "none");
    set({.user_verification = identity::PasskeyVerification::required,
         .attestation = identity::PasskeyAttestation::enterprise});
    EXPECT_EQ(add("none"), "added");
    EXPECT_EQ(asked.at("attestation"), "enterprise");
    EXPECT_EQ(asked.at("authenticatorSelection").at("userVerification"), "required");
    EXPECT_TRUE(add("none", false).starts_with("passkey_not_verified"));
}

TEST_P(PasskeyPolicy, AttestationNoneIsNotEnoughWhereMoreIsDemanded)
{
    publish();
    set({.attestation = identity::PasskeyAttestation::direct, .require_trusted_attestation = true});
    EXPECT_TRUE(is_refused(add("none")));
    EXPECT_TRUE(is_refused(add("packed"))) << "signed by itself";
    EXPECT_EQ(add("packed-x5c"), "added");
    EXPECT_EQ(must(world.read([&](storage::Tx& tx) { return passkeys.load(tx, world.tenant_id(), ada); }))
                  .front()
                  .attestation,
              credentials::webauthn::Attestation::trusted);
}

TEST_P(PasskeyPolicy, AModelThatLostItsTrustIsRefused)
{
    publish({{"FIDO_CERTIFIED_L1", "2024-01-01"}, {"ATTESTATION_KEY_COMPROMISE", "2025-01-01"}});
    set({.attestation = identity::PasskeyAttestation::direct});
    EXPECT_TRUE(is_refused(add("packed-x5c")));
}

TEST_P(PasskeyPolicy, ModelsAndFormatsAreAllowedAndDenied)
{
    auto const model = credentials::webauthn::to_text(authenticator.aaguid);
    set({.attestation = identity::PasskeyAttestation::direct, .denied_models = {model}});
    EXPECT_TRUE(is_refused(add("packed")));
    set({.attestation = identity::PasskeyAttestation::direct,
         .allowed_models = {"2fc0579f-8113-47ea-b116-bb5a8db9202a"}});
    EXPECT_TRUE(is_refused(add("packed")));
    set({.attestation = identity::PasskeyAttestation::direct,
         .attestation_formats = {"tpm"},
         .allowed_models = {model}});
    EXPECT_TRUE(is_refused(add("packed")));
    EXPECT_EQ(add("tpm"), "added");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PasskeyPolicy, storage::every_backend());

} // namespace
} // namespace gatehouse::account
