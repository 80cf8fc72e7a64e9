#include "storage/open.hpp"

#include "storage/postgresql_database.hpp"
#include "storage/sqlite_database.hpp"

namespace gatehouse::storage {

namespace {

constexpr std::string_view kSqlite = "sqlite:";

bool names_postgresql(std::string_view address)
{
    return address.starts_with("postgresql://") || address.starts_with("postgres://");
}

} // namespace

Result<std::unique_ptr<Database>> open(OpenOptions const& options)
{
    if (options.address.starts_with(kSqlite) && options.address.size() > kSqlite.size())
        return open_sqlite(options.address.substr(kSqlite.size()), options);
    if (names_postgresql(options.address))
        return open_postgresql(options);
    return refuse(ErrorKind::invalid, "invalid_database_address",
                  "A database address reads sqlite:PATH or postgresql://user:password@host/name.");
}

std::string printable_address(std::string_view address)
{
    if (address.starts_with(kSqlite))
        return std::string(address);
    return names_postgresql(address) ? printable_postgresql(std::string(address)) : "an address of unknown kind";
}

} // namespace gatehouse::storage
