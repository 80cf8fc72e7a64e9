// What the endpoints of the authorization server share. Each *_http.cpp defines those of its subject.
#pragma once

#include "jose/jwt.hpp"
#include "oauth/authorization_request.hpp"
#include "oauth/authorization_server.hpp"
#include "oauth/hint.hpp"
#include "oauth/issuance_audit.hpp"
#include "tokens/families.hpp"

namespace gatehouse::oauth {

using Answer = Task<Result<http::Response>>;

// What a request of a tenant needs to know; alive as long as the request.
struct Tenancy {
    applications::Registry::Found catalogue;
    tokens::KeyRing::Found keys;
};

struct PresentedToken;

struct AuthorizationServer::Impl {
    explicit Impl(Parts given) : parts(given), audit(given.audit) {}

    Parts parts;
    IssuanceAudit audit;

    // From memory; only a tenant's first request reads the database.
    Task<Result<Tenancy>> tenancy(Context const& context);

    // authorize_http.cpp
    Answer authorize(Context const& context, http::Request const& request);
    Answer authorize_post(Context const& context, http::Request const& request);
    journey::Continuation continuation();

    // token_http.cpp
    Answer token(Context const& context, http::Request const& request);

    // userinfo_http.cpp
    Answer userinfo(Context const& context, http::Request const& request);

    // revocation_http.cpp
    Answer revoke(Context const& context, http::Request const& request);
    Answer introspect(Context const& context, http::Request const& request);

    // logout_http.cpp
    Answer logout(Context const& context, http::Request const& request);
    Answer logout_post(Context const& context, http::Request const& request);
    Answer signed_out(Context const& context, http::Request const& request);

    // discovery_http.cpp
    Answer discovery(Context const& context, http::Request const& request);
    Answer discovery_of_path(Context const& context, http::Request const& request);
    Answer jwks(Context const& context, http::Request const& request);
    Answer preflight(Context const& context, http::Request const& request);

private:
    Answer decide(Context const& context, http::Request const& request, Tenancy const& here,
                  AuthorizationRequest const& wanted);
    Task<Result<std::optional<UserId>>> hinted_user(Context const& context, Tenancy const& here,
                                                    AuthorizationRequest const& wanted);
    Result<std::string> grant_code(Context const& context, AuthorizationRequest const& wanted,
                                   session::Session const& session);
    Answer finish_journey(Context const& context, journey::Finished const& finished);
    Answer cancel_journey(Context const& context, std::string const& payload);
    Task<Result<journey::Start>> begin_journey(Context const& context, boost::json::object const& request);
    journey::Start journey_start(Context const& context, AuthorizationRequest const& wanted, std::string payload,
                                 std::optional<UserId> user);

    Task<Result<std::string>> exchange(Context const& context, http::Request const& request);
    Result<std::string> client_credentials(Context const& context, Tenancy const& here,
                                           applications::Client const& client, http::Fields const& form);
    Task<Result<std::string>> redeem_code(Context const& context, Tenancy const& here,
                                          applications::Client const& client, http::Fields const& form);
    Task<Result<std::string>> refresh(Context const& context, Tenancy const& here, applications::Client const& client,
                                      http::Fields const& form);
    Task<Result<void>> revoke_text(Context const& context, http::Request const& request);
    Task<Result<std::string>> introspect_text(Context const& context, http::Request const& request);
    // What the ID token says of the person beside who they are; empty where it says nothing.
    Task<Result<boost::json::object>> id_token_claims(Context const& context,
                                                      applications::Application const& application,
                                                      tokens::Granted const& granted);
    Task<Result<std::string>> read_claims(Context const& context, applications::Application const& application,
                                          PresentedToken const& token);
};

// An access token of this tenant that verified: signature, type, issuer, expiry. Whether it still counts is the
// database's to say. Error: "invalid_token".
struct PresentedToken {
    jose::Jwt jwt;
    std::string client_id;
    std::string scope;
};
Result<PresentedToken> read_access_token(tokens::Keys const& keys, identity::Tenant const& tenant,
                                         std::string_view text, TimePoint now);

// Errors of people's endpoints while a tenant is switched off; "access_denied" for machines.
Result<void> check_enabled(identity::Tenant const& tenant);

// CORS: what a browser application at a registered origin may read (no credentials: it sends none).
void allow_origin(http::Response& response, applications::Catalogue const& catalogue, http::Request const& request);
void allow_every_origin(http::Response& response);

} // namespace gatehouse::oauth
