// Pages around registration that are no steps: the texts that people accept, and the link of an invitation.
#pragma once

#include "http/message.hpp"
#include "signin/signin.hpp"

namespace gatehouse::signin {

// GET /documents/{name}[?version=N]: the text of a document, in the visitor's language. Published texts are public.
Task<Result<http::Response>> show_document(Services const& services, Context const& context,
                                           http::Request const& request);
// GET /invitation?token=...: a registration by invitation; nothing is used up by looking at it.
Task<Result<http::Response>> follow_invitation(Services const& services, Context const& context,
                                               http::Request const& request);

} // namespace gatehouse::signin
