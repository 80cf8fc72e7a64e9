// The world of journey/, with an authorization server in it, and a client that speaks to it. Requests are values: no
// sockets, but everything behind them is real.
//
//   oauth::World world{GetParam()};
//   auto const shop = world.make_web_client("shop");
//   auto const code = world.code_for(shop, session);
//   auto const answer = world.redeem(shop, code);        // answer.json["access_token"]
#pragma once

#include "journey/test_support/world.hpp"
#include "oauth/authorization_server.hpp"

#include <boost/json.hpp>

namespace gatehouse::oauth {

inline constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // RFC 7636 appendix B
inline constexpr std::string_view kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

// An application with what it needs to speak.
struct TestClient {
    applications::Application application;
    std::string secret; // "" for a public one
    std::shared_ptr<identity::Tenant const> tenant;

    std::string const& id() const { return application.client_id; }
    std::string const& redirect_uri() const { return application.redirect_uris.front(); }
};

using Parameters = std::vector<http::Fields::Pair>;

struct Reply {
    int status = 0;
    boost::json::object json;
    http::Headers headers;
    std::string location;

    std::string text(std::string_view name) const; // a member of the JSON, "" when it is no text
    std::string error() const { return text("error"); }
    std::string parameter(std::string_view name) const; // of the location's query
    // The claims of a token in the JSON, not verified.
    boost::json::object claims(std::string_view token) const;
};

class World : public journey::JourneyWorld {
public:
    explicit World(storage::Engine engine);
    ~World();

    TestClient make_client(applications::Application wanted, std::shared_ptr<identity::Tenant const> of = nullptr);
    // First-party, "https://<id>.example/callback".
    TestClient make_web_client(std::string const& id, std::shared_ptr<identity::Tenant const> of = nullptr);
    TestClient make_public_client(std::string const& id, applications::Kind kind = applications::Kind::spa);
    // A service with all permissions of the API.
    TestClient make_service(std::string const& id, applications::Api const& api);
    applications::Api make_orders_api(bool restrict_users = false);

    // -- requests. Cookies of `session` come along where one is given.
    Reply send(http::Method method, std::string const& target, std::string body = {},
               std::vector<std::pair<std::string, std::string>> headers = {});
    std::string session_header(session::Opened const& opened, std::shared_ptr<identity::Tenant const> of = nullptr);
    Parameters authorize_parameters(TestClient const& client, std::string scope = "openid offline_access");
    Reply authorize(TestClient const& client, Parameters const& parameters, session::Opened const* session = nullptr);
    std::string code_for(TestClient const& client, session::Opened const& session,
                         std::string scope = "openid offline_access");
    // POST to an endpoint with the client's authentication.
    Reply call(TestClient const& client, std::string const& path, Parameters const& parameters);
    Reply redeem(TestClient const& client, std::string const& code);
    Reply refresh(TestClient const& client, std::string const& refresh_token);
    Reply machine_token(TestClient const& client, Parameters extra = {});
    Reply userinfo(std::string const& access_token, std::shared_ptr<identity::Tenant const> of = nullptr);
    bool is_active(TestClient const& caller, std::string const& token);

    void change_application(TestClient& client, std::function<void(applications::Application&)> const& change);

    tokens::KeyRing keys;
    events::BatchAppender audit;
    std::unique_ptr<AuthorizationServer> server;
};

// Replaces, adds or (nullopt) removes a parameter.
Parameters with(Parameters parameters, std::string const& name, std::optional<std::string> value);

} // namespace gatehouse::oauth
