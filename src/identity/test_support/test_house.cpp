#include "identity/test_support/test_house.hpp"

#include <cstdlib>

namespace gatehouse::identity {

namespace {

// Without it no test can go on.
template <class T>
T must(Result<T> result, char const* what)
{
    if (!result) {
        fmt::print(stderr, "{}: {} {}\n", what, result.error().code, result.error().detail);
        std::abort();
    }
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

} // namespace

TestHouse::TestHouse(storage::Engine engine)
    : database(engine), vault(vault::open_test_vault(*database, clock.now())),
      tenants(*vault, std::string(kBaseAddress)), users(*vault), changes(*database), directory(changes, *vault)
{
    must(write([&](storage::Tx& tx) { return tenants.bootstrap(tx, now()); }), "bootstrap");
    must(changes.poll_now(now()), "poll");
}

Tenant TestHouse::make_tenant(std::string_view slug)
{
    auto made =
        must(write([&](storage::Tx& tx) {
                 return tenants.create(tx, {.slug = std::string(slug), .name = std::string(slug)}, origin, now());
             }),
             "make_tenant");
    must(changes.poll_now(now()), "poll");
    return made;
}

CreatedUser TestHouse::make_user(std::string_view email, std::optional<TenantId> where)
{
    return must(write([&](storage::Tx& tx) -> Result<CreatedUser> {
                    TRY(auto const identifier, normalize_email(email));
                    return users.create(tx, where.value_or(tenant().id),
                                        {.profile = {{"name", "Ada Lovelace"}}, .identifiers = {{identifier, true}}},
                                        origin, now());
                }),
                "make_user");
}

} // namespace gatehouse::identity
