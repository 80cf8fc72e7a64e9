#include "identity/agreement_store.hpp"

namespace gatehouse::identity {

namespace json = boost::json;
using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kSelectDocument{
    "SELECT name, title, required, active, version, changes FROM documents WHERE tenant_id = :tenant AND name = :name"};
constexpr Statement kSelectDocuments{"SELECT name, title, required, active, version, changes FROM documents "
                                     "WHERE tenant_id = :tenant ORDER BY name"};
constexpr Statement kUpsertDocument{
    "INSERT INTO documents (tenant_id, name, title, required, active, version, changes, updated_at) "
    "VALUES (:tenant, :name, :title, :required, :active, :version, :changes, :now) "
    "ON CONFLICT (tenant_id, name) DO UPDATE SET title = :title, required = :required, active = :active, "
    "version = :version, changes = :changes, updated_at = :now"};
constexpr Statement kInsertVersion{
    "INSERT INTO document_versions (tenant_id, name, version, label, ask_again, texts, published_at) "
    "VALUES (:tenant, :name, :version, :label, :ask_again, :texts, :published_at)"};
constexpr Statement kSelectVersion{"SELECT version, label, ask_again, texts, published_at FROM document_versions "
                                   "WHERE tenant_id = :tenant AND name = :name AND version = :version"};
// The newest version that asks again; the first one always does.
constexpr Statement kSelectAgreements{
    "SELECT d.name, d.title, d.required, d.version, MAX(v.version) FROM documents d "
    "JOIN document_versions v ON v.tenant_id = d.tenant_id AND v.name = d.name AND v.ask_again = 1 "
    "WHERE d.tenant_id = :tenant AND d.active = 1 AND d.version > 0 "
    "GROUP BY d.name, d.title, d.required, d.version ORDER BY d.required DESC, d.name"};

constexpr Statement kInsertAcceptance{
    "INSERT INTO acceptances (tenant_id, user_id, acceptance_id, name, version, accepted, locale, sha256, place, "
    "application_id, created_at) VALUES (:tenant, :user, :id, :name, :version, :accepted, :locale, :sha256, :place, "
    ":application, :created_at)"};
constexpr Statement kSelectAcceptances{
    "SELECT acceptance_id, name, version, accepted, locale, sha256, place, application_id, created_at FROM acceptances "
    "WHERE tenant_id = :tenant AND user_id = :user ORDER BY created_at, acceptance_id"};
constexpr Statement kDeleteAcceptances{"DELETE FROM acceptances WHERE tenant_id = :tenant AND user_id = :user"};

Result<json::value> parse(std::string_view text)
{
    boost::system::error_code error;
    auto value = json::parse(text, error);
    if (error)
        return fault("a stored document is no JSON");
    return value;
}

Result<Words> words_of(std::string_view text)
{
    TRY(auto value, parse(text));
    return value.is_object() ? std::move(value.get_object()) : Words();
}

Result<Document> make_document(Row const& row)
{
    TRY(auto title, words_of(row.text(1)));
    return Document{.name = row.string(0),
                    .title = std::move(title),
                    .required = row.boolean(2),
                    .active = row.boolean(3),
                    .version = row.integer(4),
                    .updated = row.integer(5)};
}

std::string text_member(json::value const& from, char const* name)
{
    auto const* value = from.as_object().if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<DocumentVersion> make_version(Row const& row)
{
    TRY(auto const texts, parse(row.text(3)));
    DocumentVersion version{.version = row.integer(0),
                            .label = row.string(1),
                            .ask_again = row.boolean(2),
                            .texts = {},
                            .published_at = row.time(4)};
    for (auto const& text : texts.as_array())
        version.texts.push_back(
            {text_member(text, "locale"), text_member(text, "text"), text_member(text, "sha256")});
    return version;
}

AcceptanceRow make_acceptance(Row const& row)
{
    return {.acceptance = {.id = row.id<AcceptanceId>(0),
                           .document = row.string(1),
                           .version = row.integer(2),
                           .accepted = row.boolean(3),
                           .locale = row.string(4),
                           .sha256 = row.string(5),
                           .place = {},
                           .application = row.optional_id<ApplicationId>(7),
                           .at = row.time(8)},
            .place = row.blob(6)};
}

} // namespace

Result<std::optional<Document>> select_document(storage::Tx& tx, TenantId tenant, std::string_view name)
{
    return tx.maybe(kSelectDocument, {{"tenant", tenant}, {"name", name}}, make_document);
}

Result<std::vector<Document>> select_documents(storage::Tx& tx, TenantId tenant)
{
    return tx.all(kSelectDocuments, {{"tenant", tenant}}, make_document);
}

Result<void> upsert_document(storage::Tx& tx, TenantId tenant, Document const& document, TimePoint now)
{
    auto const title = json::serialize(document.title);
    return tx.execute_later(kUpsertDocument, {{"tenant", tenant},
                                              {"name", document.name},
                                              {"title", title},
                                              {"required", document.required},
                                              {"active", document.active},
                                              {"version", document.version},
                                              {"changes", document.updated},
                                              {"now", now}});
}

Result<void> insert_version(storage::Tx& tx, TenantId tenant, std::string_view name, DocumentVersion const& version)
{
    json::array texts;
    for (auto const& text : version.texts)
        texts.push_back({{"locale", text.locale}, {"text", text.text}, {"sha256", text.sha256}});
    auto const serialized = json::serialize(texts);
    return tx.execute_later(kInsertVersion, {{"tenant", tenant},
                                             {"name", name},
                                             {"version", version.version},
                                             {"label", version.label},
                                             {"ask_again", version.ask_again},
                                             {"texts", serialized},
                                             {"published_at", version.published_at}});
}

Result<std::optional<DocumentVersion>> select_version(storage::Tx& tx, TenantId tenant, std::string_view name,
                                                      std::int64_t version)
{
    return tx.maybe(kSelectVersion, {{"tenant", tenant}, {"name", name}, {"version", version}}, make_version);
}

Result<Agreements> select_agreements(storage::Tx& tx, TenantId tenant)
{
    return tx.all(kSelectAgreements, {{"tenant", tenant}}, [](Row const& row) -> Result<Agreement> {
        TRY(auto title, words_of(row.text(1)));
        return Agreement{row.string(0), std::move(title), row.boolean(2), row.integer(3), row.integer(4)};
    });
}

Result<void> insert_acceptance(storage::Tx& tx, TenantId tenant, UserId user, Acceptance const& acceptance,
                               ByteView place)
{
    return tx.execute_later(kInsertAcceptance, {{"tenant", tenant},
                                                {"user", user},
                                                {"id", acceptance.id},
                                                {"name", acceptance.document},
                                                {"version", acceptance.version},
                                                {"accepted", acceptance.accepted},
                                                {"locale", acceptance.locale},
                                                {"sha256", acceptance.sha256},
                                                {"place", place},
                                                {"application", acceptance.application},
                                                {"created_at", acceptance.at}});
}

Result<std::vector<AcceptanceRow>> select_acceptances(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.all(kSelectAcceptances, {{"tenant", tenant}, {"user", user}}, make_acceptance);
}

Result<void> delete_acceptances(storage::Tx& tx, TenantId tenant, UserId user)
{
    return tx.execute_later(kDeleteAcceptances, {{"tenant", tenant}, {"user", user}});
}

} // namespace gatehouse::identity
