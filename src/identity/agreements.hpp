// Agreements: documents that people accept (terms, privacy, marketing ...), their versions with the exact text, and who
// accepted which version when, as evidence.
//
// A document's text never changes; a new text is a new version. Whether people are asked again is said by the version
// (`ask_again`): everybody must have accepted that version or a later one. Acceptances are only ever added; withdrawing
// an optional one adds a line that says so.
//
// What journeys need to know (Agreement) is cached with the tenant; texts are read when they are shown.
#pragma once

#include "events/event.hpp"
#include "identity/attributes.hpp"
#include "storage/database.hpp"

namespace gatehouse::vault {
class Vault;
struct PersonKey;
} // namespace gatehouse::vault

namespace gatehouse::identity {

struct Document {
    std::string name; // "terms": small letters, digits, hyphens
    Words title;
    bool required = true; // nobody gets in without it; else a tick that may be left out and withdrawn
    bool active = true;   // asked for
    std::int64_t version = 0; // the newest; 0: there is none yet, nobody is asked
    std::int64_t updated = 0; // grows with every change of the document itself; the ETag
};
// One document as journeys see it: the newest version, and the one that must have been accepted at least.
struct Agreement {
    std::string name;
    Words title;
    bool required = true;
    std::int64_t version = 0;
    std::int64_t least_version = 0;
};
using Agreements = std::vector<Agreement>;
std::shared_ptr<Agreements const> no_agreements();

struct DocumentText {
    std::string locale;
    std::string text;
    std::string sha256; // of the text's bytes, hexadecimal
};
struct DocumentVersion {
    std::int64_t version = 0;
    std::string label; // shown to people: "November 2026"
    bool ask_again = true;
    std::vector<DocumentText> texts; // in the order given; the first is for those whose language is missing
    TimePoint published_at;

    DocumentText const& text_for(std::string_view locale) const;
};

// -- documents
// Makes it or changes it. Event "document.updated". Errors: "document_invalid" with pointer, "version_differs".
Result<Document> put_document(storage::Tx& tx, vault::Vault& vault, TenantId tenant, Document wanted,
                              std::optional<std::int64_t> expected, events::Origin const& origin, TimePoint now);
// Error: "document_not_found".
Result<Document> get_document(storage::Tx& tx, TenantId tenant, std::string_view name);
Result<std::vector<Document>> list_documents(storage::Tx& tx, TenantId tenant);
// Event "document.published". Errors: "document_not_found", "document_invalid" (texts: 1 to 50 languages, 200 KB each).
struct NewVersion {
    std::string label;
    bool ask_again = true;
    Words texts; // by language
};
Result<DocumentVersion> publish_version(storage::Tx& tx, vault::Vault& vault, TenantId tenant, std::string_view name,
                                        NewVersion const& wanted, events::Origin const& origin, TimePoint now);
// Error: "document_not_found".
Result<DocumentVersion> get_version(storage::Tx& tx, TenantId tenant, std::string_view name, std::int64_t version);
// What is asked for today; what Directory keeps with the tenant.
Result<Agreements> select_agreements(storage::Tx& tx, TenantId tenant);

// -- acceptances
using AcceptanceId = Id<struct AcceptanceTag>;
struct Acceptance {
    AcceptanceId id;
    std::string document;
    std::int64_t version = 0;
    bool accepted = true; // false: withdrawn
    std::string locale;
    std::string sha256; // of the text that was shown
    std::string place;  // the network address class, for the evidence
    std::optional<ApplicationId> application;
    TimePoint at;
};
// What somebody ticked: the version that was shown to them.
struct Accepted {
    std::string document;
    std::int64_t version = 0;
};
struct Circumstances {
    std::string locale;
    std::string place;
    events::Origin origin;
    TimePoint now;
};
// Records what was accepted. Events "agreement.accepted". Error: "agreement_changed" (conflict): there is a newer
// version that must be accepted, which was not what they saw.
Result<void> accept(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                    std::vector<Accepted> const& accepted, Circumstances const& circumstances,
                    vault::PersonKey const* key = nullptr);
// Event "agreement.withdrawn". Errors: "document_not_found", "agreement_required" (conflict: not an optional one),
// "agreement_not_given" (conflict).
Result<void> withdraw(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, std::string_view document,
                      Circumstances const& circumstances);
// Every line, oldest first.
Result<std::vector<Acceptance>> list_acceptances(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                                 UserId user);
// Names of documents whose newest line says accepted, with the version.
Result<std::vector<Accepted>> accepted_now(storage::Tx& tx, TenantId tenant, UserId user);
// Those that the person must see before they get in: required ones that they have not accepted in a version that
// counts. No statement when the tenant asks for nothing.
Result<Agreements> missing_agreements(storage::Tx& tx, TenantId tenant, UserId user, Agreements const& wanted);
// An eraser of Users.
Result<void> forget_acceptances(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::identity
