// Runs a rule within a transaction. An exception is a bug: it rolls back and is reported as an internal error.
#pragma once

#include "storage/database.hpp"

namespace gatehouse::storage {

inline Database::Verdict run_guarded(Database::Job& job, Tx& tx, std::optional<Error>& failure)
{
    try {
        return job.run(tx);
    } catch (std::exception const& exception) {
        failure = fault(fmt::format("a rule threw: {}", exception.what())).error();
    } catch (...) {
        failure = fault("a rule threw").error();
    }
    return Database::Verdict::roll_back;
}

} // namespace gatehouse::storage
