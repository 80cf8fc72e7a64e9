// PostgreSQL: a pool of threads, each with one connection, that run transactions and repeat those that collided.
#pragma once

#include "storage/open.hpp"

namespace gatehouse::storage {

Result<std::unique_ptr<Database>> open_postgresql(OpenOptions const& options);
std::string printable_postgresql(std::string const& address);

} // namespace gatehouse::storage
