// signin: the steps of a journey and the pages they stand on: sign-in, registration, recovery, consent, the choice of
// an account, and the first administrator.
//
// In:  requests to /signin, /register, /recover, /setup, /api/v1/journeys.
// Out: pages and JSON made by journey::Engine; users, credentials and grants written by the hall's rules.
//
// Whether an account exists is never told by text, status, work or mail that a stranger sees.
#pragma once

#include "identity/routes.hpp"
#include "journey/services.hpp"

namespace gatehouse::signin {

using journey::Services;

class SignIn {
public:
    // Registers its steps with the engine. What `services` refer to outlives this; this outlives the engine's requests.
    // `administrator_permissions`: what the first administrator may do at "{issuer of the system tenant}/api/v1".
    SignIn(Services services, std::vector<std::string> administrator_permissions);
    SignIn(SignIn const&) = delete;
    SignIn& operator=(SignIn const&) = delete;

    // GET, POST /signin, /register, /recover, /signin/link; GET /s/{token}; GET, POST /setup; GET
    // /.well-known/change-password; POST /api/v1/journeys, /api/v1/journeys/submit.
    Routes routes();

private:
    Services services_;
    std::vector<std::string> administrator_permissions_;
};

// A link that makes its bearer an administrator, once: "{issuer}/setup?token=...". For the start of an empty house and
// `gatehouse admin recover`. `tenant` is the system tenant. Valid for kSetupLifetime; an earlier link stays valid.
inline constexpr Duration kSetupLifetime = std::chrono::hours(24);
Result<std::string> create_setup_link(storage::Tx& tx, credentials::Challenges const& challenges,
                                      identity::Tenant const& tenant, TimePoint now);

} // namespace gatehouse::signin
