// A fresh, migrated database for each test, on each engine, in a few milliseconds.
//
//   class UserStore : public testing::TestWithParam<storage::Engine> {
//   protected:
//       storage::TestDatabase database{GetParam()};
//   };
//   TEST_P(UserStore, AUserIsFoundById)
//   {
//       auto user = database->write_now([&](storage::Tx& tx) { return create_user(tx, ...); });
//       ...
//   }
//   INSTANTIATE_TEST_SUITE_P(EveryBackend, UserStore, storage::every_backend());
//
// The schema is that of migrations/ in the source tree. SQLite: a copy of a file that this process migrated once, in
// memory (/dev/shm). PostgreSQL: the cluster at GATEHOUSE_TEST_POSTGRESQL (an address of a superuser without a database
// name, which `./test` sets), else one that this process starts and removes at its end.
#pragma once

#include "base/embedded.hpp"
#include "storage/open.hpp"

#include <gtest/gtest.h>
#include <iosfwd>

namespace gatehouse::storage {

void PrintTo(Engine engine, std::ostream* out);

inline auto every_backend()
{
    return testing::Values(Engine::sqlite, Engine::postgresql);
}

// Whether a TestDatabase begins with the tables of migrations/, or with none.
enum class Schema : std::uint8_t { migrated, empty };

// The files of migrations/ in the source tree.
std::span<EmbeddedFile const> source_migrations();

class TestDatabase {
public:
    explicit TestDatabase(Engine engine, Schema schema = Schema::migrated);
    ~TestDatabase();
    TestDatabase(TestDatabase const&) = delete;
    TestDatabase& operator=(TestDatabase const&) = delete;

    Database& operator*() const { return *database_; }
    Database* operator->() const { return database_.get(); }
    // To open it a second time, as another node does (PostgreSQL), or after `close`.
    std::string const& address() const { return address_; }
    // As if the process ended: what was committed stays at `address` until this object goes.
    void close();
    void reopen(int connections = 4);

private:
    struct Place;

    Engine engine_;
    Schema schema_;
    std::unique_ptr<Place> place_;
    std::string address_;
    std::unique_ptr<Database> database_;
};

} // namespace gatehouse::storage
