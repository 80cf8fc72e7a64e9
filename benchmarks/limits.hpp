// Limits: what the machine gives without a server around it, measured in the same run.
#pragma once

#include "seed.hpp"

namespace gatehouse::bench {

// CPU of one ES256 signature over a message as long as a token's, in seconds.
double signature_cpu();

struct HashLimit {
    double rate; // hashes in a second by the pool, with a worker for each core
    double cpu;  // of one hash, in seconds
};
HashLimit hash_pool_limit(std::chrono::nanoseconds duration);

// Rotations in a second without HTTP and tokens: the store's own UPDATE, `parallel` at a time, each answered when it is
// on disk. On SQLite that is the rate of group commits.
double rotation_limit(Seeded& house, std::size_t parallel, std::chrono::nanoseconds duration);
// The bare statement on PostgreSQL: one prepared UPDATE of a family by its key, committed by itself, on
// `connections` connections of libpq.
double bare_statement_limit(Seeded& house, std::size_t connections, std::chrono::nanoseconds duration);

// Serves 200 bytes of JSON at every address until it is killed: HTTP alone.
void serve_static(std::uint16_t port);

} // namespace gatehouse::bench
