// Who calls: client authentication at the token, revocation and introspection endpoints (RFC 6749 section 2.3).
#pragma once

#include "applications/registry.hpp"
#include "http/message.hpp"

namespace gatehouse::oauth {

// The application that the request comes from. A confidential one has proven it by its secret, in the Authorization
// header or the form; a public one only says so. Errors: "invalid_client" (unknown, disabled, wrong or missing secret;
// a secret where none may be), "invalid_request" (both ways at once, malformed).
Result<applications::Client const*> authenticate_client(applications::Catalogue const& catalogue,
                                                        http::Request const& request, http::Fields const& form,
                                                        TimePoint now);

// The client_id that a request gives, proven or not; "" when it gives none.
std::string client_named(http::Request const& request, http::Fields const& form);

} // namespace gatehouse::oauth
