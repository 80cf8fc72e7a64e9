// A small world for tests of the rooms from session/ upwards: a migrated database, the default and the system tenant,
// and what is needed to put people, applications and sessions into it. Rules run as they do in production; the clock
// stands still until it is moved.
//
//   session::World world{GetParam()};
//   auto const user = world.make_user("ada@example.com");
//   auto const shop = world.make_application(applications::defaults_for(applications::Kind::web));
//   auto opened = world.start_session(user);
#pragma once

#include "applications/registry.hpp"
#include "identity/context.hpp"
#include "identity/directory.hpp"
#include "identity/tenants.hpp"
#include "identity/users.hpp"
#include "session/session.hpp"
#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace gatehouse::session {

// Fails the test and throws when there is an error: for what a test takes for granted.
template <class T>
T must(Result<T> result)
{
    if (!result) {
        ADD_FAILURE() << result.error().code << ": " << result.error().message << " " << result.error().detail;
        throw std::runtime_error(result.error().code);
    }
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

// What an answer was refused with; "" when it was not.
template <class T>
std::string code_of(Result<T> const& result)
{
    return result ? std::string() : result.error().code;
}

class World {
public:
    explicit World(storage::Engine engine);

    FixedClock clock{from_seconds(1'800'000'000)};
    storage::TestDatabase database;
    std::unique_ptr<vault::Vault> vault;
    identity::ChangeFeed changes;
    identity::Directory directory;
    identity::Tenants tenants;
    identity::Users users;
    applications::Registry registry;
    std::shared_ptr<identity::Tenant const> tenant; // the default one

    template <class Rule>
    auto read(Rule rule)
    {
        return database->read_now(std::move(rule));
    }
    template <class Rule>
    auto write(Rule rule)
    {
        return database->write_now(std::move(rule));
    }
    // Runs a coroutine to its end on this thread.
    template <class T>
    T run(Task<T> task);

    TimePoint now() const { return clock.now(); }
    TenantId tenant_id() const { return tenant->id; }
    void poll() { must(changes.poll_now(now())); }
    applications::Change change(TenantId of) { return {.vault = *vault, .tenant = of, .origin = {}, .now = now()}; }
    Context context(std::shared_ptr<identity::Tenant const> of = nullptr) const;

    std::shared_ptr<identity::Tenant const> make_tenant(std::string slug);
    // With a verified address.
    UserId make_user(std::string const& email, TenantId of);
    UserId make_user(std::string const& email) { return make_user(email, tenant_id()); }
    void disable_user(UserId user, TenantId of);
    void disable_user(UserId user) { disable_user(user, tenant_id()); }
    applications::Application make_application(applications::Application wanted, TenantId of);
    applications::Application make_application(applications::Application wanted)
    {
        return make_application(std::move(wanted), tenant_id());
    }
    std::string add_secret(applications::Application const& application, TenantId of);
    applications::Api make_api(applications::Api wanted, TenantId of);
    Opened start_session(UserId user, TenantId of);
    Opened start_session(UserId user) { return start_session(user, tenant_id()); }
    // How many rows a statement finds; for checking what was written.
    std::int64_t count(storage::Statement const& statement);
};

} // namespace gatehouse::session

#include "session/test_support/run_task.hpp"
