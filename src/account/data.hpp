// What a person may see of what is kept about them, take away, and have erased.
#pragma once

#include "account/answer.hpp"

namespace gatehouse::account {

// The page "/account/data": recent activity, the export, the deletion of the account.
Result<std::vector<view::ViewModel>> data_panels(Services const& services, storage::Tx& tx, Context const& context,
                                                 Visitor const& visitor);

// POST /account/data/export: all of it, as a JSON file. POST /account/data/delete: asks for the account to be erased.
// Both for a session that was authenticated in the last minutes.
Task<Result<http::Response>> export_data(Services const& services, Context const& context,
                                         http::Request const& request);
Task<Result<http::Response>> delete_account(Services const& services, Context const& context,
                                            http::Request const& request);

} // namespace gatehouse::account
