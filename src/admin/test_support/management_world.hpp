// The world of session/ with a management API in front of it: callers with tokens, and a way to ask that holds every
// answer against the API description.
//
//   admin::ManagementWorld world{GetParam()};
//   auto const made = world.ask("POST /users", {.token = world.machine_token({"users:create"}), .body = {...}});
//   EXPECT_EQ(made.status, 201);
#pragma once

#include "admin/management_api.hpp"
#include "credentials/passwords.hpp"
#include "crypto/hash_pool.hpp"
#include "http/router.hpp"
#include "places/test_support/mmdb_writer.hpp"
#include "session/test_support/world.hpp"
#include "tokens/key_ring.hpp"
#include "tokens/minter.hpp"

#include <map>

namespace gatehouse::admin {

using TenantPointer = std::shared_ptr<identity::Tenant const>;

struct Question {
    std::string token;
    boost::json::value body; // null: none
    std::map<std::string, std::string> headers = {};
    TenantPointer tenant = nullptr; // the default one
    std::string raw_body = {};      // instead of `body`
};

struct Reply {
    int status = 0;
    boost::json::value body;
    http::Headers headers;

    std::string code() const { return text("code"); }
    std::string pointer() const { return text("pointer"); }
    std::string text(std::string_view member) const;
    std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
};

class ManagementWorld : public session::World {
public:
    explicit ManagementWorld(storage::Engine engine);

    // "GET /users?limit=2": below /api/v1. Fails the test when the answer is not as described.
    Reply ask(std::string_view what, Question question);

    // Of a service application that may have these scopes of the management API, of the default tenant or another.
    std::string machine_token(std::vector<std::string> scopes, TenantPointer of = nullptr);
    std::string operator_token() { return machine_token(management_scopes(), directory.system_tenant()); }
    std::string token() { return machine_token(management_scopes()); }
    applications::Application make_service(std::vector<std::string> scopes, TenantPointer of = nullptr);
    // Of a person who has these permissions, through an application that may ask for all of them.
    std::string person_token(UserId user, std::vector<std::string> scopes, TenantPointer of = nullptr);
    void permit(UserId user, std::vector<std::string> scopes, TenantPointer of = nullptr);
    // As said by `change`, with a signature of the tenant.
    std::string mint(applications::Application const& client, std::vector<std::string> const& scopes,
                     std::function<void(tokens::AccessTokenClaims&)> const& change = {}, TenantPointer of = nullptr);
    boost::json::object description() const;
    // An authenticator app, and recovery codes.
    credentials::CredentialId add_authenticator(UserId user, std::string_view name);

    credentials::Passwords passwords;
    tokens::KeyRing key_ring;
    crypto::HashPool hash_pool;
    credentials::BreachedPasswords breached_passwords;
    places::ExamplePlaces example_places;
    ManagementApi api;

private:
    struct Endpoints {
        std::string pattern;
        Endpoint run;
    };
    void hold_against_description(http::Method method, std::string const& pattern, http::Response const& response,
                                  Reply const& reply) const;

    http::Router<Endpoints> router_;
    int clients_ = 0;
};

} // namespace gatehouse::admin
