// Opens a database by its address.
#pragma once

#include "storage/database.hpp"

namespace gatehouse::storage {

// Serving takes a lock that keeps a second server off the same SQLite file; commands that look into a running server's
// database (backup, admin recover) open it as Guest. PostgreSQL serves many nodes and has no such lock.
enum class Tenancy : std::uint8_t { Guest, Server };
enum class IfMissing : std::uint8_t { create, refuse };

struct OpenOptions {
    // "sqlite:PATH" or "postgresql://user:password@host/name". May hold a password: never logged, never in an error.
    std::string address;
    Tenancy tenancy = Tenancy::Guest;
    // For SQLite: whether a file that is not there is made (mode 0600).
    IfMissing if_missing = IfMissing::create;
    // PostgreSQL: how many connections, each with a thread of its own. They are made when they are first needed.
    int connections = 8;
    // How long a transaction waits for a lock held elsewhere, or for a free connection, before "storage_busy".
    std::chrono::milliseconds patience{5000};
};

// Errors: "invalid_database_address"; "storage_in_use" (conflict: another server has it, the message names its pid);
// "database_missing" (not_found); "storage_busy", "storage_lost", "internal_error".
// A PostgreSQL server that is down is an error here; one that goes away later is met with "storage_lost" until it is
// back. Destroying the database finishes the transactions that were submitted.
Result<std::unique_ptr<Database>> open(OpenOptions const& options);

// What may be printed of an address: without password.
std::string printable_address(std::string_view address);

} // namespace gatehouse::storage
