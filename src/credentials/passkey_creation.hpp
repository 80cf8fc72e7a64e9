// Making a passkey, wherever that is offered (the account's pages, after a sign-in): what the browser is asked, as the
// tenant's settings say, and what of its answer is believed.
#pragma once

#include "credentials/passkeys.hpp"

namespace gatehouse::credentials {

// The tenant's settings as webauthn.hpp wants them. `metadata` may be null.
webauthn::AttestationPolicy attestation_policy(identity::Tenant const& tenant,
                                               std::shared_ptr<webauthn::Metadata const> metadata);
webauthn::UserVerification wanted_verification(identity::Tenant const& tenant);

// Where a ceremony takes place: its challenge serves nowhere else.
struct CreationPlace {
    identity::Tenant const& tenant;
    ByteView binding; // of the user and their session, or of the journey
    TimePoint now;
};
struct CreationAsked {
    boost::json::object options; // for navigator.credentials.create()
    std::string challenge;       // sealed; comes back with the answer
};
// `name`, `email`: what authenticators show. Error: "passkey_unavailable" (not_found) where browsers let nobody have
// passkeys.
Result<CreationAsked> ask_for_creation(vault::Vault const& vault, CreationPlace const& place, UserId user,
                                       std::string_view name, std::string_view email, std::vector<Passkey> const& had);
struct CreationAnswer {
    boost::json::object const& response; // RegistrationResponseJSON
    std::string_view challenge;
    bool conditional = false; // the browser asked nobody (mediation "conditional")
    std::shared_ptr<webauthn::Metadata const> metadata;
};
// Errors: "passkey_expired" (gone: the challenge is of another place, or too old), those of verify_registration.
Result<webauthn::Registered> read_creation(vault::Vault const& vault, CreationPlace const& place,
                                           CreationAnswer const& answer);

} // namespace gatehouse::credentials
