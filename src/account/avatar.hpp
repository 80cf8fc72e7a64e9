// The picture that a person shows of themselves: uploaded, changed and removed on the account's page, without script;
// and served to whoever was told its address.
#pragma once

#include "account/portal.hpp"

namespace gatehouse::account {

// The picture of the visitor as the pages show it; `editable` with the form that changes it.
Result<view::Picture> picture_of(storage::Tx& tx, Context const& context, UserId user);

// POST /account/picture (multipart/form-data), POST /account/picture/remove; GET /avatars/{name}/{file}.
Routes avatar_routes(Services const& services);

} // namespace gatehouse::account
