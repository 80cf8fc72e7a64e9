// A registration under way over several pages: what was entered so far, in a row under the tenant's key of the day. It
// only fills pages in again and is carried on; what becomes an account stands in the challenge of the mailed code.
#pragma once

#include "identity/agreements.hpp"
#include "storage/database.hpp"

#include <boost/json/object.hpp>

namespace gatehouse::vault {
class Vault;
}

namespace gatehouse::signin {

struct RegistrationDraft {
    std::string address; // mail address, or phone number in E.164
    std::string phc;     // of the password; empty: not entered yet
    boost::json::object profile;
    std::vector<identity::Accepted> accepted;
    std::int64_t reached = 0; // the furthest page that was shown
};

// Of what expired, or never was: an empty draft.
Result<RegistrationDraft> load_draft(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, Uuid const& id,
                                     TimePoint now);
Result<void> save_draft(storage::Tx& tx, vault::Vault& vault, TenantId tenant, Uuid const& id,
                        RegistrationDraft const& draft, TimePoint expires_at, TimePoint now);
Result<void> drop_draft(storage::Tx& tx, TenantId tenant, Uuid const& id);
// Deletes what expired, at most `limit`. Returns how many.
Result<std::int64_t> remove_expired_drafts(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);

// How what was accepted travels in payloads: {"terms": 3}.
boost::json::object to_json(std::vector<identity::Accepted> const& accepted);
std::vector<identity::Accepted> accepted_of(boost::json::object const& payload, std::string_view member);

} // namespace gatehouse::signin
