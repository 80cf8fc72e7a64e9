// The errors of the storage, made in one place so that both engines say the same.
#pragma once

#include "base/result.hpp"

namespace gatehouse::storage {

// A unique key exists already; `key` names it for the log.
inline Refusal storage_conflict(std::string key)
{
    return refuse(ErrorKind::conflict, "storage_conflict", "This exists already.").because(std::move(key));
}
inline Refusal storage_busy(std::string detail)
{
    return refuse(ErrorKind::unavailable, "storage_busy", "The database is busy. Please try again in a moment.")
        .because(std::move(detail))
        .after(std::chrono::seconds(1));
}
inline Refusal storage_full(std::string detail)
{
    return refuse(ErrorKind::unavailable, "storage_full",
                  "The database cannot be written: its disk is full or failing. Free some space; nothing needs to be "
                  "restarted.")
        .because(std::move(detail))
        .after(std::chrono::seconds(30));
}
inline Refusal storage_lost(std::string detail)
{
    return refuse(ErrorKind::unavailable, "storage_lost",
                  "The database cannot be reached at the moment. Please try again shortly.")
        .because(std::move(detail))
        .after(std::chrono::seconds(2));
}

} // namespace gatehouse::storage
