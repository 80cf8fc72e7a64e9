// The first administrator: a one-time link makes its bearer an operator in the system tenant. The same link, made by
// `gatehouse admin recover`, lets an operator back in who lost the password.
#pragma once

#include "http/message.hpp"
#include "signin/signin.hpp"

namespace gatehouse::signin {

Task<Result<http::Response>> show_setup(Services const& services, Context const& context, http::Request const& request);
// `permissions`: what the administrator may do.
Task<Result<http::Response>> submit_setup(Services const& services, Context const& context,
                                          http::Request const& request, std::vector<std::string> const& permissions);

} // namespace gatehouse::signin
