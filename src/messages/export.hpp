// What is on its way to a person, when they ask for their data: to where and what about, never the codes in it.
#pragma once

#include "base/ids.hpp"
#include "storage/database.hpp"

#include <boost/json/object.hpp>

namespace gatehouse::vault {
class Vault;
}

namespace gatehouse::messages {

// For Users::add_exporter.
Result<boost::json::object> export_messages(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user);

} // namespace gatehouse::messages
