// identity: who there is. Tenants, users, identifiers, subjects, permissions.
//
// Users: an account's state, its profile (sealed under the person's key), its identifiers, what tokens call it.
// In:  a transaction, ids, values that came from forms or the API.
// Out: values, refusals, events in the same transaction.
//
// Rules that need the person's key take one if the caller has it already and read it otherwise.
#pragma once

#include "events/event.hpp"
#include "identity/identifiers.hpp"
#include "identity/tenant.hpp"
#include "storage/paging.hpp"
#include "vault/field.hpp"

#include <functional>
#include <vector>

namespace gatehouse::identity {

struct User {
    UserId id;
    bool enabled = true;
    // Raised by a credential change, a reset or disabling: ends sealed values, sessions and tokens made before.
    std::int64_t security_epoch = 1;
    boost::json::object profile; // OpenID Connect claim names where there is one: name, given_name, locale, picture ...
    TimePoint created_at;
    TimePoint updated_at;
    std::int64_t version = 1; // the ETag
};
// What hot paths need of a user; read without the person's key.
struct UserState {
    UserId id;
    bool enabled = true;
    std::int64_t security_epoch = 1;
};

struct Identifier {
    IdentifierId id;
    IdentifierKind kind = IdentifierKind::email;
    std::string value;
    std::optional<TimePoint> verified_at;
    bool primary = false; // of its kind
    TimePoint created_at;
};
struct NewIdentifier {
    NormalizedIdentifier identifier;
    bool verified = false; // proven in this journey, imported as such, or vouched for by an administrator
};
struct NewUser {
    boost::json::object profile;
    std::vector<NewIdentifier> identifiers; // the first of a kind is its primary one
    bool enabled = true;
};
struct CreatedUser {
    User user;
    std::vector<Identifier> identifiers;
    std::string subject;  // for sector ""
    vault::PersonKey key; // so that credentials and sessions made in the same transaction need not read it
};
struct FoundUser {
    UserState user;
    IdentifierId identifier;
    vault::PersonKey key;
};

class Users {
public:
    explicit Users(vault::Vault& vault);

    // What other rooms hold of a person is removed by them: each registers an eraser while app/ wires the house.
    using Eraser = std::function<Result<void>(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)>;
    void add_eraser(Eraser eraser);

    // What other rooms hold of a person is told by them: each registers an exporter, whose members are added.
    using Exporter =
        std::function<Result<boost::json::object>(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now)>;
    void add_exporter(Exporter exporter);
    // All that is kept about a person, for them: profile, identifiers, and what the exporters say. Error:
    // "user_not_found".
    Result<boost::json::object> export_person(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now) const;

    // Errors: those of `check_profile`; "identifier_taken" (conflict; pointer "/identifiers/N"): somebody else's, or in
    // quarantine.
    Result<CreatedUser> create(storage::Tx& tx, TenantId tenant, NewUser const& wanted, events::Origin const& origin,
                               TimePoint now) const;

    // Each one statement. `get` refuses "user_not_found"; the others return nothing.
    Result<User> get(storage::Tx& tx, TenantId tenant, UserId user) const;
    Result<std::optional<UserState>> state(storage::Tx& tx, TenantId tenant, UserId user) const;
    // Refuses "user_not_found", "user_disabled" (forbidden), and "security_epoch_changed" (conflict) if `epoch` is
    // older than the user's: what every finishing transaction asks before it believes a sealed value.
    Result<UserState> require_active(storage::Tx& tx, TenantId tenant, UserId user,
                                     std::optional<std::int64_t> epoch = {}) const;
    // By a verified identifier or a username. One statement; also for those who do not exist.
    Result<std::optional<FoundUser>> find_by_identifier(storage::Tx& tx, TenantId tenant,
                                                        NormalizedIdentifier const& identifier) const;
    // The digest by which throttles know an identifier, whether it exists or not.
    Result<Bytes> identifier_digest(TenantId tenant, NormalizedIdentifier const& identifier) const;
    // Newest last, by id.
    Result<storage::Page<User>> list(storage::Tx& tx, TenantId tenant, storage::PageRequest const& page) const;

    // Replaces the profile. Errors: "user_not_found", "version_differs" (precondition_failed), those of check_profile.
    Result<User> update_profile(storage::Tx& tx, TenantId tenant, UserId user, boost::json::object const& profile,
                                std::optional<std::int64_t> expected_version, events::Origin const& origin,
                                TimePoint now) const;
    // Disabling raises the security epoch. `reason` is a stable word for the event ("administrator"). Returns the user.
    Result<User> set_enabled(storage::Tx& tx, TenantId tenant, UserId user, bool enabled, std::string_view reason,
                             events::Origin const& origin, TimePoint now) const;
    // Returns the new epoch. Error: "user_not_found".
    Result<std::int64_t> raise_security_epoch(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now) const;
    // Destroys the person's key, deletes the rows, releases identifiers into quarantine, leaves the subjects'
    // tombstones and calls the erasers. Error: "user_not_found".
    Result<void> erase(storage::Tx& tx, Tenant const& tenant, UserId user, std::string_view reason,
                       events::Origin const& origin, TimePoint now) const;

    // -- identifiers
    Result<std::vector<Identifier>> identifiers(storage::Tx& tx, TenantId tenant, UserId user,
                                                vault::PersonKey const* key = nullptr) const;
    // The primary email address, if it is verified; where notices go.
    Result<std::optional<Identifier>> primary_email(storage::Tx& tx, TenantId tenant, UserId user,
                                                    vault::PersonKey const* key = nullptr) const;
    // The primary phone number, if it is verified.
    Result<std::optional<Identifier>> primary_phone(storage::Tx& tx, TenantId tenant, UserId user,
                                                    vault::PersonKey const* key = nullptr) const;
    // Errors: "identifier_taken", "identifier_exists" (this user has it), "identifier_limit" (20 per user).
    Result<Identifier> add_identifier(storage::Tx& tx, TenantId tenant, UserId user, NewIdentifier const& wanted,
                                      events::Origin const& origin, TimePoint now,
                                      vault::PersonKey const* key = nullptr) const;
    // Claims it. Errors: "identifier_not_found", "identifier_taken". Nothing happens when it is verified already.
    Result<Identifier> mark_verified(storage::Tx& tx, TenantId tenant, UserId user, IdentifierId identifier,
                                     events::Origin const& origin, TimePoint now) const;
    // Errors: "identifier_not_found", "identifier_not_verified" (conflict).
    Result<Identifier> set_primary(storage::Tx& tx, TenantId tenant, UserId user, IdentifierId identifier,
                                   events::Origin const& origin, TimePoint now) const;
    // Gives back what this user had and lost, out of its quarantine, verified as it was: only after proof that it was
    // theirs. Error: "identifier_taken": somebody else has it by now.
    Result<Identifier> restore_identifier(storage::Tx& tx, TenantId tenant, UserId user,
                                          NormalizedIdentifier const& identifier, events::Origin const& origin,
                                          TimePoint now) const;
    // Into quarantine. Errors: "identifier_not_found", "identifier_last" (conflict: it is the only one to sign in
    // with). When the primary one goes, the oldest verified one of its kind takes its place.
    Result<void> remove_identifier(storage::Tx& tx, Tenant const& tenant, UserId user, IdentifierId identifier,
                                   events::Origin const& origin, TimePoint now) const;
    // Deletes claims whose quarantine ended, at most `limit` in a transaction. Returns how many.
    Result<std::int64_t> end_quarantines(storage::Tx& tx, TenantId tenant, TimePoint now, int limit) const;

    // -- subjects
    // What tokens call the user in a sector ("" for public subjects). Made, at random, when there is none yet.
    Result<std::string> subject(storage::Tx& tx, TenantId tenant, UserId user, std::string_view sector,
                                TimePoint now) const;
    // Without writing: empty when none was made yet.
    Result<std::optional<std::string>> find_subject(storage::Tx& tx, TenantId tenant, UserId user,
                                                    std::string_view sector) const;
    Result<std::optional<UserId>> find_by_subject(storage::Tx& tx, TenantId tenant, std::string_view sector,
                                                  std::string_view subject) const;

    // -- permissions given directly, per API audience
    Result<void> set_permissions(storage::Tx& tx, TenantId tenant, UserId user, std::string_view audience,
                                 std::vector<std::string> const& permissions, events::Origin const& origin,
                                 TimePoint now) const;
    // Sorted; empty when there are none.
    Result<std::vector<std::string>> permissions(storage::Tx& tx, TenantId tenant, UserId user,
                                                 std::string_view audience) const;

private:
    vault::Vault& vault_;
    std::vector<Eraser> erasers_;
    std::vector<Exporter> exporters_;
};

// A profile is an object of at most 64 attributes and 16 KB: names of 1 to 64 letters, digits, "_", "-", ".", ":"; the
// standard claims have their standard types; "sub", "email" and other claims that Gatehouse makes itself are refused.
// What the tenant's schema says of its attributes comes on top (identity/profile_schema.hpp).
// Error: "profile_invalid" with a pointer below "/profile".
Result<void> check_profile(boost::json::object const& profile);
// What Gatehouse says itself in tokens and userinfo: no attribute is called so.
bool is_reserved_claim(std::string_view name);

} // namespace gatehouse::identity
