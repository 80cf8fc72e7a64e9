// Claims about a person: which scopes show them, which ones an application asked for by name (the claims parameter of
// OpenID Connect Core section 5.5), and their values.
//
// In:  an authorization request's "claims", the tenant's schema, what the application may ask for at all.
// Out: what is kept with the grant (a compact text), and the members of userinfo and ID tokens.
//
// A name brings no more than a scope would: only claims that one of the application's scopes shows are given, and
// people are asked to allow that scope.
#pragma once

#include "applications/application.hpp"
#include "credentials/methods.hpp"
#include "identity/attributes.hpp"
#include "identity/users.hpp"

namespace gatehouse::oauth {

// What is kept with the grant.
struct NamedClaims {
    std::vector<std::string> id_token;
    std::vector<std::string> userinfo;

    bool empty() const { return id_token.empty() && userinfo.empty(); }
    // {"id_token": ["nickname"], "userinfo": [...]}; "" when there are none.
    std::string to_string() const;
    static NamedClaims parse(std::string_view text);
};

struct ClaimsRequest {
    NamedClaims named;
    std::vector<std::string> essential;      // of those: the person is asked for what is missing
    std::optional<credentials::Level> level; // the weakest acr asked for that we know
    bool level_essential = false;            // it was demanded, known or not
    std::string subject;                     // "sub" must be this one
};
// Errors of RFC 6749: "invalid_request" for what is no such object. Claims that are unknown here, or that the
// application may not ask for, are left out (OpenID Connect Core section 5.5).
Result<ClaimsRequest> read_claims_request(std::string_view text, identity::ProfileSchema const& schema,
                                          applications::Application const& application,
                                          identity::AcrNames const& names);

// The scopes that show a claim; none: there is no such claim about a person.
std::vector<std::string> scopes_of_claim(identity::ProfileSchema const& schema, std::string_view claim);
// Scopes to be allowed by the person for these names, beside those that are granted.
std::vector<std::string> scopes_for(identity::ProfileSchema const& schema, NamedClaims const& named,
                                    applications::Application const& application,
                                    std::vector<std::string> const& granted);
// Of the names those that the application may still have.
std::vector<std::string> still_allowed(identity::ProfileSchema const& schema, std::vector<std::string> names,
                                       applications::Application const& application);

// What is known of a person, as claims; absent ones are left out.
struct Person {
    identity::User user;
    std::vector<identity::Identifier> identifiers;
    std::string picture; // address; "": none of their own
};
Result<Person> find_person(storage::Tx& tx, identity::Users const& users, identity::Tenant const& tenant, UserId user);
// Under the scopes and under the names.
boost::json::object claims_about(identity::ProfileSchema const& schema, Person const& person,
                                 std::vector<std::string> const& scopes, std::vector<std::string> const& names);

} // namespace gatehouse::oauth
