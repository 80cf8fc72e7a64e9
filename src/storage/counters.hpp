// What Database::statistics reports, counted without locks.
#pragma once

#include "storage/database.hpp"

#include <atomic>

namespace gatehouse::storage {

struct Counters {
    std::atomic<std::uint64_t> statements = 0;
    std::atomic<std::uint64_t> reads = 0;
    std::atomic<std::uint64_t> writes = 0;
    std::atomic<std::uint64_t> commits = 0;
    std::atomic<std::uint64_t> retries = 0;

    Database::Statistics snapshot() const
    {
        return {.statements = statements.load(std::memory_order_relaxed),
                .reads = reads.load(std::memory_order_relaxed),
                .writes = writes.load(std::memory_order_relaxed),
                .commits = commits.load(std::memory_order_relaxed),
                .retries = retries.load(std::memory_order_relaxed)};
    }
};

} // namespace gatehouse::storage
