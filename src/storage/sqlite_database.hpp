// SQLite inside the process: one writer thread with group commit, and readers on the threads that ask.
#pragma once

#include "storage/counters.hpp"
#include "storage/open.hpp"

namespace gatehouse::storage {

Result<std::unique_ptr<Database>> open_sqlite(std::string const& path, OpenOptions const& options);

} // namespace gatehouse::storage
