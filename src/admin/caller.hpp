// Who calls the management API: the access token in front of every operation.
#pragma once

#include "admin/management_api.hpp"

namespace gatehouse::admin {

// Verifies the bearer token (RFC 6750 section 2.1): of this tenant for "{issuer}/api/v1", or of the system tenant for
// its own. The signature is verified from memory. Revocation is looked up, and so is what the caller holds today: a
// scope counts only while the application, and the person behind it, still have it, so that taking a permission away
// or disabling an application does not wait for tokens to expire. Errors: "token_missing", "token_invalid"
// (unauthenticated).
Task<Result<Caller>> authenticate(Parts const& parts, Context const& context, http::Request const& request);

} // namespace gatehouse::admin
