// Who calls the management API: the access token in front of every operation.
#pragma once

#include "admin/management_api.hpp"

namespace gatehouse::admin {

// Verifies the bearer token (RFC 6750 section 2.1): of this tenant for "{issuer}/api/v1", or of the system tenant for
// its own; signature from memory, revocation by one statement. Errors: "token_missing", "token_invalid"
// (unauthenticated).
Task<Result<Caller>> authenticate(Parts const& parts, Context const& context, http::Request const& request);

} // namespace gatehouse::admin
