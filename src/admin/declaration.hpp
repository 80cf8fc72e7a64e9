// Declarations: tenants, documents, APIs, applications and users as a file says they should be. `gatehouse apply` shows
// what would change (the plan), then changes it; a second time there is nothing to do.
//
//   {"tenant": "default", "apis": [...], "applications": [...], "users": [...]}     one tenant, or
//   {"tenants": [{"tenant": "acme", "name": "Acme", "applications": [...]}, ...]}   several
//
// APIs and applications are written as in the management API; an application's "client_secret" is a reference:
// {"environment": "NAME"} or {"file": "PATH"}. "{issuer}" in any text stands for the tenant's issuer. What a declared
// thing leaves out has its default; what is not declared at all is left alone. People are found by their first
// identifier; their password is set when they are made and theirs from then on.
#pragma once

#include "admin/management_api.hpp"

namespace gatehouse::admin {

struct PlannedStep {
    enum class Kind : std::uint8_t { create, update, unchanged };
    Kind kind = Kind::unchanged;
    std::string what;                 // "application acme-shop"
    std::vector<std::string> changes; // members that differ
};
struct Plan {
    std::vector<PlannedStep> steps;
    bool is_empty() const;
    // One line a thing: "+ application acme-shop", "~ api https://... (name, permissions)", "= user ada@example.com".
    std::string to_string() const;
};

// Reads the file's text. Errors: those of parse_json_strict and of the shapes, with the JSON pointer.
struct Declaration {
    boost::json::array tenants;
    bool is_list = false; // {"tenants": [...]}
    std::string pointer_of(std::size_t index) const;
    static Result<Declaration> parse(std::string_view text);
};

struct DeclarationParts {
    storage::Database& database;
    vault::Vault& vault;
    identity::ChangeFeed& changes;
    identity::Directory& directory;
    identity::Tenants& tenants;
    identity::Users& users;
    credentials::Passwords& passwords;
    // Resolves {"environment": "NAME"} and {"file": "PATH"}. Error: "secret_missing".
    std::function<Result<Secret>(boost::json::object const& reference)> secret;
};

// What would be done: it is done in a transaction that is rolled back. Errors: as above, and those of the things
// declared, with pointers into the whole file.
Result<Plan> plan(DeclarationParts const& parts, Declaration const& declaration, TimePoint now);
// Plans the whole, so that nothing is changed when any of it is wrong, then does it, a transaction for each tenant.
// Returns what was done.
Result<Plan> apply(DeclarationParts const& parts, Declaration const& declaration, TimePoint now);

// {"environment": "NAME"} or {"file": "PATH"}, read from this process's surroundings. Errors: "secret_missing", and
// not_a_secret_reference ("field_type").
Result<Secret> read_secret_reference(boost::json::object const& reference);
Refusal not_a_secret_reference();

} // namespace gatehouse::admin
