// What people accepted, on their own pages: which text, when; optional ones may be given and taken back.
#pragma once

#include "account/portal.hpp"

namespace gatehouse::account {

// Nothing where the tenant asks for nothing and nothing was ever accepted.
Result<std::optional<view::ViewModel>> agreements_panel(Services const& services, storage::Tx& tx,
                                                        Context const& context, Visitor const& visitor);
// POST /account/agreements.
Task<Result<http::Response>> agreements_form(Services const& services, Context const& context,
                                             http::Request const& request);

} // namespace gatehouse::account
