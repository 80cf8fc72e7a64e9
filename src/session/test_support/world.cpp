#include "session/test_support/world.hpp"

namespace gatehouse::session {

World::World(storage::Engine engine)
    : database(engine), vault(vault::open_test_vault(*database, clock.now())), changes(*database),
      directory(changes, *vault), tenants(*vault, "http://localhost:8080"), users(*vault), registry(*database, changes)
{
    must(write([&](storage::Tx& tx) { return tenants.bootstrap(tx, now()); }));
    poll();
    tenant = directory.default_tenant();
}

Context World::context(std::shared_ptr<identity::Tenant const> of) const
{
    auto shown = of ? std::move(of) : tenant;
    auto base_path = shown->is_default() ? std::string() : "/t/" + shown->slug;
    return {.tenant = std::move(shown),
            .now = now(),
            .request_id = "request-1",
            .base_path = std::move(base_path),
            .client_address = "203.0.113.7",
            .secure = true};
}

std::shared_ptr<identity::Tenant const> World::make_tenant(std::string slug)
{
    auto const made = must(write([&](storage::Tx& tx) {
        return tenants.create(tx, {.slug = slug, .name = slug, .host = {}, .settings = {}}, {}, now());
    }));
    poll();
    return directory.find(made.id);
}

UserId World::make_user(std::string const& email, TenantId of)
{
    auto const identifier = must(identity::normalize_email(email));
    return must(write([&](storage::Tx& tx) {
               return users.create(tx, of,
                                   {.profile = {{"name", "Ada Lovelace"}, {"locale", "en"}},
                                    .identifiers = {{.identifier = identifier, .verified = true}}},
                                   {}, now());
           }))
        .user.id;
}

void World::disable_user(UserId user, TenantId of)
{
    must(write([&](storage::Tx& tx) { return users.set_enabled(tx, of, user, false, "administrator", {}, now()); }));
}

applications::Application World::make_application(applications::Application wanted, TenantId of)
{
    auto made = must(write([&](storage::Tx& tx) { return applications::create(tx, change(of), wanted); }));
    poll();
    return made;
}

std::string World::add_secret(applications::Application const& application, TenantId of)
{
    auto made = must(write([&](storage::Tx& tx) { return applications::add_secret(tx, change(of), application.id); }));
    poll();
    return std::string(made.secret.expose_text());
}

applications::Api World::make_api(applications::Api wanted, TenantId of)
{
    auto made = must(write([&](storage::Tx& tx) { return applications::create_api(tx, change(of), wanted); }));
    poll();
    return made;
}

Opened World::start_session(UserId user, TenantId of)
{
    return must(write([&](storage::Tx& tx) -> Result<Opened> {
        TRY(auto const state, users.require_active(tx, of, user));
        return start(
            tx, *vault,
            {.tenant = of,
             .user = user,
             .security_epoch = state.security_epoch,
             .authentication = {.time = now(), .acr = "", .amr = {"pwd"}, .methods = {credentials::Method::password}},
             .device = {.user_agent = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Firefox/130.0",
                        .address = "203.0.113.7"},
             .lifetimes = lifetimes_of(*directory.find(of)),
             .origin = {}},
            now());
    }));
}

std::int64_t World::count(storage::Statement const& statement)
{
    return must(read([&](storage::Tx& tx) -> Result<std::int64_t> {
        TRY(auto const* row, tx.one(statement, {}));
        return row ? row->integer(0) : 0;
    }));
}

} // namespace gatehouse::session
