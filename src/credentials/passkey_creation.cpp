#include "credentials/passkey_creation.hpp"

#include "credentials/metadata.hpp"
#include "crypto/random.hpp"
#include "vault/sealed.hpp"

namespace gatehouse::credentials {

namespace {

constexpr std::string_view kPurpose = "passkey_creation";
constexpr std::size_t kChallengeSize = 32; // WebAuthn level 3 section 13.4.3: at least 16
constexpr std::chrono::minutes kChallengeLifetime{10};

webauthn::Conveyance conveyance_of(identity::Tenant const& tenant)
{
    switch (tenant.settings.passkeys.attestation) {
    case identity::PasskeyAttestation::none:
        return webauthn::Conveyance::none;
    case identity::PasskeyAttestation::indirect:
        return webauthn::Conveyance::indirect;
    case identity::PasskeyAttestation::direct:
        return webauthn::Conveyance::direct;
    case identity::PasskeyAttestation::enterprise:
        return webauthn::Conveyance::enterprise;
    }
    return webauthn::Conveyance::none;
}

std::vector<webauthn::Aaguid> models_of(std::vector<std::string> const& texts)
{
    std::vector<webauthn::Aaguid> models;
    for (auto const& text : texts)
        if (auto const model = webauthn::parse_aaguid(text))
            models.push_back(*model);
    return models;
}

} // namespace

webauthn::AttestationPolicy attestation_policy(identity::Tenant const& tenant,
                                               std::shared_ptr<webauthn::Metadata const> metadata)
{
    auto const& settings = tenant.settings.passkeys;
    webauthn::AttestationPolicy policy{.conveyance = conveyance_of(tenant),
                                       .require_trusted = settings.require_trusted_attestation,
                                       .allow = models_of(settings.allowed_models),
                                       .deny = models_of(settings.denied_models),
                                       .metadata = std::move(metadata)};
    for (auto const& name : settings.attestation_formats)
        if (auto const format = webauthn::format_named(name))
            policy.formats.push_back(*format);
    return policy;
}

webauthn::UserVerification wanted_verification(identity::Tenant const& tenant)
{
    switch (tenant.settings.passkeys.user_verification) {
    case identity::PasskeyVerification::preferred:
        return webauthn::UserVerification::preferred;
    case identity::PasskeyVerification::required:
        return webauthn::UserVerification::required;
    case identity::PasskeyVerification::discouraged:
        return webauthn::UserVerification::discouraged;
    }
    return webauthn::UserVerification::preferred;
}

Result<CreationAsked> ask_for_creation(vault::Vault const& vault, CreationPlace const& place, UserId user,
                                       std::string_view name, std::string_view email, std::vector<Passkey> const& had)
{
    auto const party = relying_party(place.tenant);
    if (!party)
        return refuse(ErrorKind::not_found, "passkey_unavailable", "Passkeys do not work at this address.");
    auto const challenge = crypto::random_bytes(kChallengeSize);
    CreationAsked asked;
    TRY(asked.challenge, vault::seal(vault,
                                     {.tenant = place.tenant.id,
                                      .purpose = kPurpose,
                                      .binding = place.binding,
                                      .expires_at = place.now + kChallengeLifetime},
                                     challenge, place.now));
    webauthn::CreationRequest wanted{.party = *party,
                                     .challenge = challenge,
                                     .user_handle = user_handle(user),
                                     .user_name = std::string(email.empty() ? name : email),
                                     .display_name = std::string(name.empty() ? email : name),
                                     .verification = wanted_verification(place.tenant),
                                     .resident_key = webauthn::ResidentKey::preferred,
                                     .attestation = conveyance_of(place.tenant)};
    for (auto const& passkey : had)
        wanted.exclude.push_back(descriptor_of(passkey));
    asked.options = webauthn::creation_options(wanted);
    return asked;
}

Result<webauthn::Registered> read_creation(vault::Vault const& vault, CreationPlace const& place,
                                           CreationAnswer const& answer)
{
    auto const party = relying_party(place.tenant);
    auto const challenge =
        vault::open(vault, {.tenant = place.tenant.id, .purpose = kPurpose, .binding = place.binding, .now = place.now},
                    answer.challenge);
    if (!challenge || !party)
        return refuse(ErrorKind::gone, "passkey_expired", "This took too long. Please use your passkey again.");
    auto const policy = attestation_policy(place.tenant, answer.metadata);
    return webauthn::verify_registration(
        {.party = *party,
         .challenge = *challenge,
         .user_verification = wanted_verification(place.tenant) == webauthn::UserVerification::required,
         .conditional = answer.conditional,
         .attestation = &policy,
         .now = place.now},
        answer.response);
}

} // namespace gatehouse::credentials
