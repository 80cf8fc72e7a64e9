// oauth: the authorization server. OAuth 2.0 with the practices of RFC 9700, and OpenID Connect Core on top.
//
// In:  requests of browsers (authorize, logout) and of applications (token, userinfo, revocation, introspection).
// Out: redirects with codes, tokens, claims; errors as RFC 6749 and its kin say. People who have to do something first
//      (sign in, consent) are handed to the journey engine, which comes back through the continuation "authorize".
//
// What is supported, and nothing else: authorization_code with PKCE S256, refresh_token with rotation,
// client_credentials; response_type code, response_mode query; one resource per grant (RFC 8707).
#pragma once

#include "applications/registry.hpp"
#include "events/batch_appender.hpp"
#include "identity/directory.hpp"
#include "identity/routes.hpp"
#include "identity/users.hpp"
#include "journey/engine.hpp"
#include "tokens/key_ring.hpp"

#include <memory>

namespace gatehouse::view {
class Pages;
}

namespace gatehouse::oauth {

struct Parts {
    storage::Database& database;
    vault::Vault& vault;
    identity::Directory& directory;
    identity::Users& users;
    applications::Registry& registry;
    tokens::KeyRing& keys;
    journey::Engine& engine;
    view::Pages const& pages;
    events::BatchAppender& audit; // of what is issued without a durable write
};

class AuthorizationServer {
public:
    // Registers the continuation "authorize" with the engine.
    explicit AuthorizationServer(Parts parts);
    ~AuthorizationServer();

    Routes routes();
    // Hands the audit what was counted since. For a background job, once a second.
    void flush_audit(TimePoint now);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gatehouse::oauth
