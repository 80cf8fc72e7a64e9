// POST /password/strength: how good a password is, while it is typed. For the script of the pages, and for apps. The
// password comes in the body and goes nowhere: it is neither stored nor logged, and no other service is asked.
#pragma once

#include "http/message.hpp"
#include "signin/signin.hpp"

namespace gatehouse::signin {

// In: a form (application/x-www-form-urlencoded) with "password", and what else the person has typed (name, email,
// identifier, username), which a password must not be made of; ui_locales. Out: JSON {"score": 0 to 4, "label": words,
// "advice": what to do, or ""}.
Task<Result<http::Response>> rate_password(Services const& services, Context const& context,
                                           http::Request const& request);

} // namespace gatehouse::signin
