// A house for tests of this room and higher ones: a database, its vault, the system and the default tenant, and a clock
// that stands still.
//
//   class Sessions : public testing::TestWithParam<storage::Engine> {
//   protected:
//       identity::TestHouse house{GetParam()};
//   };
//   auto const ada = house.make_user("ada@example.com");
//   house.write([&](storage::Tx& tx) { return sessions.start(tx, house.tenant().id, ada.user.id, ...); });
#pragma once

#include "identity/directory.hpp"
#include "identity/tenants.hpp"
#include "identity/users.hpp"
#include "storage/test_support/test_database.hpp"
#include "vault/test_support/test_vault.hpp"

namespace gatehouse::identity {

class TestHouse {
public:
    static constexpr std::string_view kBaseAddress = "http://localhost:8080";

    explicit TestHouse(storage::Engine engine);

    // Of the default tenant.
    Tenant const& tenant() const { return *directory.default_tenant(); }
    Tenant make_tenant(std::string_view slug);
    // With a verified email address, in the default tenant unless another is given.
    CreatedUser make_user(std::string_view email, std::optional<TenantId> tenant = {});

    TimePoint now() const { return clock.now(); }
    // A rule in a transaction; a refusal is the caller's to look at.
    template <class Rule>
    auto write(Rule rule)
    {
        return database->write_now(std::move(rule));
    }
    template <class Rule>
    auto read(Rule rule)
    {
        return database->read_now(std::move(rule));
    }

    FixedClock clock{from_seconds(1'795'000'000)}; // 2026-11-18
    storage::TestDatabase database;
    std::unique_ptr<vault::Vault> vault;
    Tenants tenants;
    Users users;
    ChangeFeed changes;
    Directory directory;
    events::Origin origin{.request_id = "test"};
};

} // namespace gatehouse::identity
