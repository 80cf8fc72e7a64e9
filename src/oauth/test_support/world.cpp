#include "oauth/test_support/world.hpp"

#include "base/json.hpp"
#include "session/cookie.hpp"
#include "tokens/key_store.hpp"

namespace gatehouse::oauth {

using applications::Kind;
using session::must;

namespace {

// Making an RSA key takes longer than most tests: the default tenant of every world gets the same two.
void give_keys(World& world)
{
    static auto const keys = [] {
        std::vector<jose::SigningKey> made;
        for (auto const algorithm : {jose::Algorithm::ES256, jose::Algorithm::RS256})
            made.push_back(must(jose::SigningKey::generate(algorithm)));
        return made;
    }();
    must(world.write([&](storage::Tx& tx) -> Result<void> {
        for (auto const& key : keys) {
            TRY(auto const row, tokens::make_key_row(*world.vault, world.tenant_id(), key, world.now(), world.now()));
            TRY_DO(tokens::store::insert_key(tx, world.tenant_id(), row));
        }
        return {};
    }));
}

std::string base_path(identity::Tenant const& tenant)
{
    return tenant.is_default() ? std::string() : "/t/" + tenant.slug;
}

} // namespace

std::string Reply::text(std::string_view name) const
{
    auto const* value = json.if_contains(boost::json::string_view(name.data(), name.size()));
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string Reply::parameter(std::string_view name) const
{
    auto const question = location.find('?');
    if (question == location.npos)
        return {};
    auto const query = must(http::parse_form(std::string_view(location).substr(question + 1)));
    return std::string(query.get(name));
}

boost::json::object Reply::claims(std::string_view token) const
{
    auto const compact = text(token);
    auto const first = compact.find('.');
    auto const second = compact.find('.', first + 1);
    auto const payload = must(base64url_decode(std::string_view(compact).substr(first + 1, second - first - 1)));
    return boost::json::parse(as_text(payload)).as_object();
}

World::World(storage::Engine engine_kind)
    : journey::JourneyWorld(engine_kind), keys(*database, *vault, changes), audit(*database, *vault),
      server(std::make_unique<AuthorizationServer>(Parts{.database = *database,
                                                         .vault = *vault,
                                                         .directory = directory,
                                                         .users = users,
                                                         .registry = registry,
                                                         .keys = keys,
                                                         .engine = *engine,
                                                         .pages = *pages,
                                                         .audit = audit}))
{
    add(server->routes());
    give_keys(*this);
    must(keys.get_now(tenant_id(), now()));
}

World::~World() = default;

TestClient World::make_client(applications::Application wanted, std::shared_ptr<identity::Tenant const> of)
{
    TestClient client{.application = {}, .secret = {}, .tenant = of ? of : tenant};
    client.application = make_application(std::move(wanted), client.tenant->id);
    if (!client.application.is_public())
        client.secret = add_secret(client.application, client.tenant->id);
    return client;
}

TestClient World::make_web_client(std::string const& id, std::shared_ptr<identity::Tenant const> of)
{
    auto wanted = applications::defaults_for(Kind::web);
    wanted.client_id = id;
    wanted.name = id;
    wanted.first_party = true;
    wanted.redirect_uris = {"https://" + id + ".example/callback"};
    wanted.post_logout_redirect_uris = {"https://" + id + ".example/bye"};
    return make_client(std::move(wanted), std::move(of));
}

TestClient World::make_public_client(std::string const& id, Kind kind)
{
    auto wanted = applications::defaults_for(kind);
    wanted.client_id = id;
    wanted.name = id;
    wanted.first_party = true;
    wanted.redirect_uris = {kind == Kind::native ? "http://127.0.0.1/callback" : "https://" + id + ".example/callback"};
    return make_client(std::move(wanted));
}

applications::Api World::make_orders_api(bool restrict_users)
{
    return make_api({.audience = "https://orders.example",
                     .name = "Orders",
                     .permissions = {{"orders:read", ""}, {"orders:write", ""}},
                     .restrict_users = restrict_users},
                    tenant_id());
}

TestClient World::make_service(std::string const& id, applications::Api const& api)
{
    auto wanted = applications::defaults_for(Kind::service);
    wanted.client_id = id;
    wanted.name = id;
    wanted.apis = {{.audience = api.audience, .scopes = {"orders:read", "orders:write"}}};
    return make_client(std::move(wanted));
}

Reply World::send(http::Method method, std::string const& target, std::string body,
                  std::vector<std::pair<std::string, std::string>> headers)
{
    http::Request request{.method = method, .target = target};
    auto const question = target.find('?');
    request.path = target.substr(0, question);
    if (question != target.npos) {
        request.raw_query = target.substr(question + 1);
        request.query = must(http::parse_form(request.raw_query));
    }
    request.body = std::move(body);
    if (method == http::Method::post)
        request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    for (auto& [name, value] : headers)
        request.headers.add(std::move(name), std::move(value));
    request.host = "localhost:8080";
    request.client_address = "203.0.113.7";
    request.request_id = "request-1";
    auto const response = serve(std::move(request));
    Reply reply{.status = response.status, .json = {}, .headers = response.headers, .location = {}};
    if (auto const json = parse_json_object_strict(response.content()))
        reply.json = *json;
    reply.location = std::string(response.headers.find("Location").value_or(std::string_view{}));
    return reply;
}

std::string World::session_header(session::Opened const& opened, std::shared_ptr<identity::Tenant const> of)
{
    auto const context = this->context(of ? of : tenant);
    std::vector<session::Handle> handles;
    handles.push_back({.id = opened.handle.id, .secret = opened.handle.secret.clone()});
    return session::cookie_name(context, "session") + "=" + session::make_cookie(context, handles).value;
}

Parameters World::authorize_parameters(TestClient const& client, std::string scope)
{
    return {{"response_type", "code"},
            {"client_id", client.id()},
            {"redirect_uri", client.redirect_uri()},
            {"scope", std::move(scope)},
            {"state", "s t&a=te"},
            {"nonce", "n-1"},
            {"code_challenge", std::string(kChallenge)},
            {"code_challenge_method", "S256"}};
}

Reply World::authorize(TestClient const& client, Parameters const& parameters, session::Opened const* session)
{
    std::vector<std::pair<std::string, std::string>> headers;
    if (session)
        headers.emplace_back("Cookie", session_header(*session, client.tenant));
    return send(http::Method::get, base_path(*client.tenant) + "/oauth2/authorize?" + http::encode_form(parameters), {},
                std::move(headers));
}

std::string World::code_for(TestClient const& client, session::Opened const& session, std::string scope)
{
    auto const reply = authorize(client, authorize_parameters(client, std::move(scope)), &session);
    EXPECT_EQ(reply.status, 303);
    auto code = reply.parameter("code");
    EXPECT_FALSE(code.empty()) << reply.location;
    return code;
}

Reply World::call(TestClient const& client, std::string const& path, Parameters const& parameters)
{
    auto form = parameters;
    std::vector<std::pair<std::string, std::string>> headers;
    if (client.secret.empty())
        form.emplace_back("client_id", client.id());
    else
        headers.emplace_back("Authorization",
                             "Basic " + base64_encode(as_bytes(http::percent_encode(client.id()) + ":" +
                                                               http::percent_encode(client.secret))));
    return send(http::Method::post, base_path(*client.tenant) + path, http::encode_form(form), std::move(headers));
}

Reply World::redeem(TestClient const& client, std::string const& code)
{
    return call(client, "/oauth2/token",
                {{"grant_type", "authorization_code"},
                 {"code", code},
                 {"redirect_uri", client.redirect_uri()},
                 {"code_verifier", std::string(kVerifier)}});
}

Reply World::refresh(TestClient const& client, std::string const& refresh_token)
{
    return call(client, "/oauth2/token", {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}});
}

Reply World::machine_token(TestClient const& client, Parameters extra)
{
    extra.emplace_back("grant_type", "client_credentials");
    return call(client, "/oauth2/token", extra);
}

Reply World::userinfo(std::string const& access_token, std::shared_ptr<identity::Tenant const> of)
{
    return send(http::Method::get, base_path(of ? *of : *tenant) + "/oauth2/userinfo", {},
                {{"Authorization", "Bearer " + access_token}});
}

bool World::is_active(TestClient const& caller, std::string const& token)
{
    auto const reply = call(caller, "/oauth2/introspect", {{"token", token}});
    EXPECT_EQ(reply.status, 200);
    return reply.json.at("active").as_bool();
}

void World::change_application(TestClient& client, std::function<void(applications::Application&)> const& apply)
{
    apply(client.application);
    client.application = must(write(
        [&](storage::Tx& tx) { return applications::update(tx, change(client.tenant->id), client.application); }));
    poll();
}

Parameters with(Parameters parameters, std::string const& name, std::optional<std::string> value)
{
    std::erase_if(parameters, [&](auto const& pair) { return pair.first == name; });
    if (value)
        parameters.emplace_back(name, *value);
    return parameters;
}

} // namespace gatehouse::oauth
