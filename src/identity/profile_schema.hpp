// The document that says what a tenant knows about its people: read, checked, stored; and what a profile may be by it.
#pragma once

#include "events/event.hpp"
#include "identity/attributes.hpp"

namespace gatehouse::vault {
class Vault;
}

namespace gatehouse::identity {

struct User;

// A schema that came from outside, with what the standard attributes need not repeat filled in. `before`: whose names
// keep their types. Errors: those of read_shape; "schema_invalid" and "attribute_type_fixed", with the pointer.
Result<ProfileSchema> parse_profile_schema(boost::json::object const& json, ProfileSchema const& before);
boost::json::object write_profile_schema(ProfileSchema const& schema);
// Of tenants that have not written their own: people see and edit their name and language, administrators every
// standard attribute and whatever they like.
std::shared_ptr<ProfileSchema const> default_profile_schema();

struct StoredProfileSchema {
    std::shared_ptr<ProfileSchema const> schema = default_profile_schema();
    std::int64_t version = 0; // the ETag; 0: the default
};
Result<StoredProfileSchema> find_profile_schema(storage::Tx& tx, TenantId tenant);
// Replaces it, raises the change counter. Event "tenant.profile_schema_updated" with the attributes that changed.
// Errors: those of parse_profile_schema, "version_differs".
Result<StoredProfileSchema> replace_profile_schema(storage::Tx& tx, vault::Vault& vault, TenantId tenant,
                                                   boost::json::object const& json,
                                                   std::optional<std::int64_t> expected_version,
                                                   events::Origin const& origin, TimePoint now);

// Words by language: tags, and one line of 1 to 500 characters each. Error: "schema_invalid", below `pointer`.
Result<void> check_words(Words const& words, std::string const& pointer);

// `after` in its normal form. What did not change is let pass, whatever the schema says now. Errors: those of
// check_value and "attribute_unknown", below "/profile".
Result<boost::json::object> check_profile_by(ProfileSchema const& schema, boost::json::object const& before,
                                             boost::json::object const& after, TimePoint now);
// For a person or an administrator who changes a profile: "attribute_read_only" (forbidden), below "/profile".
enum class Editor : std::uint8_t { user, administrator };
Result<void> check_editor(ProfileSchema const& schema, boost::json::object const& before,
                          boost::json::object const& after, Editor editor);
// What an administrator sees of a profile; and a profile as they sent it with what they do not see put back.
boost::json::object visible_to_administrator(ProfileSchema const& schema, boost::json::object const& profile);
boost::json::object with_hidden(ProfileSchema const& schema, boost::json::object const& before,
                                boost::json::object after);
// What stands in the clear of a profile, and what is sealed.
struct SplitProfile {
    boost::json::object sealed;
    boost::json::object plain;
};
SplitProfile split_profile(ProfileSchema const& schema, boost::json::object const& profile);
// What applications see of a person under the scopes that were granted.
boost::json::object claims_of(ProfileSchema const& schema, boost::json::object const& profile,
                              std::vector<std::string> const& scopes);

} // namespace gatehouse::identity
