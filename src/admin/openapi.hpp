// The OpenAPI 3.1 description, made from the operations the server runs on.
#pragma once

#include "admin/operation.hpp"

namespace gatehouse::admin {

// `issuer` of the tenant whose description this is: the servers' address and where tokens come from.
boost::json::object describe(std::span<Operation const> operations, std::string const& issuer);

} // namespace gatehouse::admin
