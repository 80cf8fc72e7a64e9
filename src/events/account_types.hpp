// The events of what people do with their accounts as a whole.
#pragma once

#include "events/types.hpp"

namespace gatehouse::events {

namespace fields {
inline constexpr EventField kMerged[] = {
    {"from", "string", "The id of the account that is closed."},
    kSubject,
    {"merged_subject", "string", "What tokens called the user of the closed account; it is not used again."}};
} // namespace fields

inline constexpr EventType kUserMerged{
    "user.merged", 1, "Two accounts of one person became one, by their wish: the other one is closed.", fields::kMerged,
    R"({"from": "018f2b5e-7c1a-7d3e-9b40-2f6c1d8e5a77", "subject": "u1X2vS0rJ3mZ0wqv7bYy1w", )"
    R"("merged_subject": "a9Qk3nT0fXb2LwYcVd7ZpA"})"};
inline constexpr EventType kUserDataExported{"user.data_exported", 1,
                                             "All that is kept about a user was handed out: to them, or to an "
                                             "administrator.",
                                             fields::kNone, "{}"};

} // namespace gatehouse::events
