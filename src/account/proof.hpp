// How much somebody must have proven for what cannot be taken back.
#pragma once

#include "account/portal.hpp"

namespace gatehouse::account {

// Nothing when the session was authenticated in the last minutes, not by the browser's trust, and with a second factor
// if the person has one. Else a journey in which they prove it; it leads to `path`.
Task<Result<std::optional<http::Response>>> demand_proof(Services const& services, Context const& context,
                                                         http::Request const& request, Visitor const& visitor,
                                                         std::string path);
// What that asks of a session, for a person as they are now.
inline constexpr std::chrono::minutes kProofAge{5};
Result<bool> is_proven(Services const& services, storage::Tx& tx, Context const& context,
                       session::Session const& session, Duration age = kProofAge);

} // namespace gatehouse::account
