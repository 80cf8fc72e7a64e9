#include "identity/agreements.hpp"

#include "crypto/digest.hpp"
#include "events/types.hpp"
#include "identity/agreement_store.hpp"
#include "identity/claims.hpp"
#include "identity/changes.hpp"
#include "identity/profile_schema.hpp"
#include "identity/text.hpp"
#include "vault/vault.hpp"

#include <algorithm>
#include <map>

namespace gatehouse::identity {

namespace {

constexpr std::size_t kMaximumDocuments = 50;
constexpr std::size_t kMaximumText = 200 * 1024;

Refusal invalid(std::string pointer, std::string message)
{
    return refuse(ErrorKind::invalid, "document_invalid", std::move(message)).at(std::move(pointer));
}
Refusal document_not_found()
{
    return refuse(ErrorKind::not_found, "document_not_found", "There is no such document, or version of it.");
}

bool is_name(std::string_view name)
{
    return !name.empty() && name.size() <= 40 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

// Line feeds are what texts are made of; other controls have no business in what somebody agrees to.
bool is_readable(std::string_view text)
{
    if (!is_utf8(text))
        return false;
    return std::ranges::none_of(text, [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
    });
}

Result<std::vector<DocumentText>> read_texts(Words const& given)
{
    if (given.empty() || given.size() > 50)
        return invalid("/texts", "Give the text in 1 to 50 languages.");
    std::vector<DocumentText> texts;
    for (auto const& [tag, value] : given) {
        auto const where = shapes::in_pointer("/texts", {tag.data(), tag.size()});
        auto const* text = value.if_string();
        if (!text || text->empty() || text->size() > kMaximumText ||
            !is_readable({text->data(), text->size()}) || tag.size() < 2 || tag.size() > 35)
            return invalid(where, "A text stands under a language tag and has 1 to 200,000 characters, without control "
                                  "characters but line feeds.");
        texts.push_back({.locale = std::string(tag),
                         .text = std::string(*text),
                         .sha256 = hex_encode(crypto::sha256(std::string_view(text->data(), text->size())))});
    }
    return texts;
}

// The newest line about each document.
std::map<std::string, Acceptance> newest_of(std::vector<AcceptanceRow> const& rows)
{
    std::map<std::string, Acceptance> newest;
    for (auto const& row : rows)
        newest[row.acceptance.document] = row.acceptance;
    return newest;
}

Result<void> record(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, Acceptance acceptance,
                    Circumstances const& circumstances, vault::PersonKey const* given)
{
    std::optional<vault::PersonKey> read;
    if (!given) {
        TRY(auto key, vault.open_person_key(tx, tenant, user));
        given = &read.emplace(std::move(key));
    }
    acceptance.id = AcceptanceId::generate(circumstances.now);
    acceptance.application = circumstances.origin.application;
    acceptance.at = circumstances.now;
    auto const place = vault::seal_field(*given, kAcceptancePlace, acceptance.id.value, circumstances.place);
    TRY_DO(insert_acceptance(tx, tenant, user, acceptance, place));
    TRY_DO(events::append(
        tx, vault,
        {.type = acceptance.accepted ? &events::kAgreementAccepted : &events::kAgreementWithdrawn,
         .tenant = tenant,
         .user = user,
         .origin = circumstances.origin,
         .data = {{"document", acceptance.document},
                  {"version", acceptance.version},
                  {"locale", acceptance.locale},
                  {"sha256", acceptance.sha256}}},
        circumstances.now, given));
    return {};
}

} // namespace

std::shared_ptr<Agreements const> no_agreements()
{
    static auto const none = std::make_shared<Agreements const>();
    return none;
}

DocumentText const& DocumentVersion::text_for(std::string_view locale) const
{
    for (auto tag = locale; !tag.empty();) {
        auto const found = std::ranges::find(texts, tag, &DocumentText::locale);
        if (found != texts.end())
            return *found;
        auto const dash = tag.rfind('-');
        tag = dash == std::string_view::npos ? std::string_view() : tag.substr(0, dash);
    }
    return texts.front();
}

Result<Document> put_document(storage::Tx& tx, vault::Vault& vault, TenantId tenant, Document wanted,
                              std::optional<std::int64_t> expected, events::Origin const& origin, TimePoint now)
{
    if (!is_name(wanted.name))
        return invalid("/name", "A document's name has 1 to 40 small letters, digits and hyphens.");
    TRY_DO(check_words(wanted.title, "/title"));
    if (wanted.title.empty())
        return invalid("/title", "Say what the document is called, by language.");
    TRY(auto const before, select_document(tx, tenant, wanted.name));
    if (expected && *expected != (before ? before->updated : 0))
        return refuse(ErrorKind::precondition_failed, "version_differs",
                      "The document was changed meanwhile. Read it again and repeat the change.");
    wanted.version = before ? before->version : 0;
    wanted.updated = before ? before->updated : 0;
    if (before && before->title == wanted.title && before->required == wanted.required &&
        before->active == wanted.active)
        return wanted;
    if (!before) {
        TRY(auto const all, select_documents(tx, tenant));
        if (all.size() >= kMaximumDocuments)
            return invalid("/name", "A tenant has at most 50 documents.");
    }
    ++wanted.updated;
    TRY_DO(upsert_document(tx, tenant, wanted, now));
    TRY_DO(raise_change_counter(tx, tenant));
    TRY_DO(events::append(tx, vault,
                          {.type = &events::kDocumentUpdated,
                           .tenant = tenant,
                           .origin = origin,
                           .data = {{"document", wanted.name}}},
                          now));
    return wanted;
}

Result<Document> get_document(storage::Tx& tx, TenantId tenant, std::string_view name)
{
    TRY(auto found, select_document(tx, tenant, name));
    if (!found)
        return document_not_found();
    return *std::move(found);
}

Result<std::vector<Document>> list_documents(storage::Tx& tx, TenantId tenant)
{
    return select_documents(tx, tenant);
}

Result<DocumentVersion> publish_version(storage::Tx& tx, vault::Vault& vault, TenantId tenant, std::string_view name,
                                        NewVersion const& wanted, events::Origin const& origin, TimePoint now)
{
    TRY(auto document, get_document(tx, tenant, name));
    TRY(auto texts, read_texts(wanted.texts));
    DocumentVersion const version{.version = document.version + 1,
                                  .label = wanted.label,
                                  .ask_again = wanted.ask_again || document.version == 0,
                                  .texts = std::move(texts),
                                  .published_at = now};
    document.version = version.version;
    ++document.updated;
    TRY_DO(insert_version(tx, tenant, name, version));
    TRY_DO(upsert_document(tx, tenant, document, now));
    TRY_DO(raise_change_counter(tx, tenant));
    TRY_DO(events::append(tx, vault,
                          {.type = &events::kDocumentPublished,
                           .tenant = tenant,
                           .origin = origin,
                           .data = {{"document", name}, {"version", version.version}}},
                          now));
    return version;
}

Result<DocumentVersion> get_version(storage::Tx& tx, TenantId tenant, std::string_view name, std::int64_t version)
{
    TRY(auto found, select_version(tx, tenant, name, version));
    if (!found)
        return document_not_found();
    return *std::move(found);
}

Result<void> accept(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                    std::vector<Accepted> const& accepted, Circumstances const& circumstances,
                    vault::PersonKey const* key)
{
    if (accepted.empty())
        return {};
    TRY(auto const wanted, select_agreements(tx, tenant));
    for (auto const& one : accepted) {
        auto const agreement = std::ranges::find(wanted, one.document, &Agreement::name);
        if (agreement == wanted.end())
            continue; // no longer asked for
        if (one.version < agreement->least_version)
            return refuse(ErrorKind::conflict, "agreement_changed",
                          "The text has changed since it was shown. Read it again.")
                .at("accept." + one.document);
        TRY(auto const version, get_version(tx, tenant, one.document, one.version));
        auto const& text = version.text_for(circumstances.locale);
        TRY_DO(record(
            tx, vault, tenant, user,
            {.document = one.document, .version = one.version, .locale = text.locale, .sha256 = text.sha256},
            circumstances, key));
    }
    return {};
}

Result<void> withdraw(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user, std::string_view name,
                      Circumstances const& circumstances)
{
    TRY(auto const document, get_document(tx, tenant, name));
    if (document.required)
        return refuse(ErrorKind::conflict, "agreement_required",
                      "The account rests on this agreement: it ends with the account.");
    TRY(auto const rows, select_acceptances(tx, tenant, user));
    auto const newest = newest_of(rows);
    auto const found = newest.find(document.name);
    if (found == newest.end() || !found->second.accepted)
        return refuse(ErrorKind::conflict, "agreement_not_given", "There is no agreement to withdraw.");
    auto line = found->second;
    line.accepted = false;
    return record(tx, vault, tenant, user, std::move(line), circumstances, nullptr);
}

Result<std::vector<Acceptance>> list_acceptances(storage::Tx& tx, vault::Vault const& vault, TenantId tenant,
                                                 UserId user)
{
    TRY(auto const rows, select_acceptances(tx, tenant, user));
    std::vector<Acceptance> list;
    if (rows.empty())
        return list;
    TRY(auto const key, vault.open_person_key(tx, tenant, user));
    for (auto const& row : rows) {
        list.push_back(row.acceptance);
        TRY(list.back().place, vault::open_text_field(key, kAcceptancePlace, row.acceptance.id.value, row.place));
    }
    return list;
}

Result<std::vector<Accepted>> accepted_now(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const rows, select_acceptances(tx, tenant, user));
    std::vector<Accepted> list;
    for (auto const& [name, acceptance] : newest_of(rows))
        if (acceptance.accepted)
            list.push_back({name, acceptance.version});
    return list;
}

Result<Agreements> missing_agreements(storage::Tx& tx, TenantId tenant, UserId user, Agreements const& wanted)
{
    Agreements missing;
    if (std::ranges::none_of(wanted, &Agreement::required))
        return missing;
    TRY(auto const given, accepted_now(tx, tenant, user));
    for (auto const& agreement : wanted) {
        auto const held = std::ranges::find(given, agreement.name, &Accepted::document);
        if (agreement.required && (held == given.end() || held->version < agreement.least_version))
            missing.push_back(agreement);
    }
    return missing;
}

Result<void> forget_acceptances(storage::Tx& tx, TenantId tenant, UserId user)
{
    return delete_acceptances(tx, tenant, user);
}

} // namespace gatehouse::identity
