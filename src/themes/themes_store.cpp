#include "themes/themes_store.hpp"

#include "view/theme_tokens_shape.hpp"

namespace gatehouse::themes {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kSelectDraft{"SELECT content, updated_at, revision FROM theme_drafts "
                                 "WHERE tenant_id = :tenant AND owner = :owner"};
constexpr Statement kUpsertDraft{
    "INSERT INTO theme_drafts (tenant_id, owner, content, updated_at, revision) "
    "VALUES (:tenant, :owner, :content, :updated_at, :revision) ON CONFLICT (tenant_id, owner) DO UPDATE "
    "SET content = :content, updated_at = :updated_at, revision = :revision"};
constexpr Statement kDeleteDraft{"DELETE FROM theme_drafts WHERE tenant_id = :tenant AND owner = :owner"};
constexpr Statement kInsertVersion{
    "INSERT INTO theme_versions (tenant_id, owner, number, content, activated_at, restores) "
    "VALUES (:tenant, :owner, :number, :content, :activated_at, :restores)"};
constexpr Statement kSelectVersions{"SELECT number, content, activated_at, restores FROM theme_versions "
                                    "WHERE tenant_id = :tenant AND owner = :owner ORDER BY number DESC"};
constexpr Statement kSelectVersion{"SELECT number, content, activated_at, restores FROM theme_versions "
                                   "WHERE tenant_id = :tenant AND owner = :owner AND number = :number"};
constexpr Statement kDeleteVersions{
    "DELETE FROM theme_versions WHERE tenant_id = :tenant AND owner = :owner AND number <= :number"};
constexpr Statement kSelectTemplates{
    "SELECT name, source, fault FROM page_templates WHERE tenant_id = :tenant ORDER BY name"};
constexpr Statement kDeleteTemplates{"DELETE FROM page_templates WHERE tenant_id = :tenant"};
constexpr Statement kInsertTemplate{"INSERT INTO page_templates (tenant_id, name, source, fault, updated_at) "
                                    "VALUES (:tenant, :name, :source, '', :updated_at)"};
constexpr Statement kUpdateFault{"UPDATE page_templates SET fault = :fault WHERE tenant_id = :tenant AND name = :name"};

std::string write_content(Content const& content)
{
    boost::json::object templates;
    for (auto const& [name, source] : content.templates)
        templates.emplace(name, source);
    return boost::json::serialize(
        boost::json::object{{"tokens", write_shape(content.tokens)}, {"templates", std::move(templates)}});
}

Result<Content> read_content(std::string_view text)
{
    boost::system::error_code error;
    auto const value = boost::json::parse(text, error);
    auto const* object = error ? nullptr : value.if_object();
    auto const* tokens = object ? object->if_contains("tokens") : nullptr;
    auto const* templates = object ? object->if_contains("templates") : nullptr;
    if (!tokens || !templates || !templates->is_object())
        return fault("a theme's content cannot be read");
    Content content;
    TRY(content.tokens, read_stored_shape<view::ThemeTokens>(*tokens));
    for (auto const& [name, source] : templates->get_object())
        if (auto const* text_of = source.if_string())
            content.templates.emplace(name, std::string_view(*text_of));
    return content;
}

Result<Version> make_version(Row const& row)
{
    TRY(auto content, read_content(row.text(1)));
    Version version{.number = row.integer(0), .content = std::move(content), .activated_at = row.time(2)};
    if (!row.is_null(3))
        version.restores = row.integer(3);
    return version;
}

} // namespace

Result<std::optional<Draft>> select_draft(storage::Tx& tx, TenantId tenant, Owner const& owner)
{
    return tx.maybe(kSelectDraft, {{"tenant", tenant}, {"owner", owner.name()}}, [](Row const& row) -> Result<Draft> {
        TRY(auto content, read_content(row.text(0)));
        return Draft{.content = std::move(content), .updated_at = row.time(1), .revision = row.integer(2)};
    });
}

Result<void> upsert_draft(storage::Tx& tx, TenantId tenant, Owner const& owner, Draft const& draft)
{
    return tx.execute_later(kUpsertDraft, {{"tenant", tenant},
                                           {"owner", owner.name()},
                                           {"content", write_content(draft.content)},
                                           {"updated_at", draft.updated_at},
                                           {"revision", draft.revision}});
}

Result<void> delete_draft(storage::Tx& tx, TenantId tenant, Owner const& owner)
{
    return tx.execute_later(kDeleteDraft, {{"tenant", tenant}, {"owner", owner.name()}});
}

Result<void> insert_version(storage::Tx& tx, TenantId tenant, Owner const& owner, Version const& version)
{
    return tx.execute_later(kInsertVersion, {{"tenant", tenant},
                                             {"owner", owner.name()},
                                             {"number", version.number},
                                             {"content", write_content(version.content)},
                                             {"activated_at", version.activated_at},
                                             {"restores", version.restores}});
}

Result<std::vector<Version>> select_versions(storage::Tx& tx, TenantId tenant, Owner const& owner)
{
    return tx.all(kSelectVersions, {{"tenant", tenant}, {"owner", owner.name()}}, make_version);
}

Result<std::optional<Version>> select_version(storage::Tx& tx, TenantId tenant, Owner const& owner, std::int64_t number)
{
    return tx.maybe(kSelectVersion, {{"tenant", tenant}, {"owner", owner.name()}, {"number", number}}, make_version);
}

Result<void> delete_versions_up_to(storage::Tx& tx, TenantId tenant, Owner const& owner, std::int64_t number)
{
    return tx.execute_later(kDeleteVersions, {{"tenant", tenant}, {"owner", owner.name()}, {"number", number}});
}

Result<std::vector<StoredTemplate>> select_templates(storage::Tx& tx, TenantId tenant)
{
    return tx.all(kSelectTemplates, {{"tenant", tenant}}, [](Row const& row) -> Result<StoredTemplate> {
        return StoredTemplate{.name = row.string(0), .source = row.string(1), .fault = row.string(2)};
    });
}

Result<void> replace_templates(storage::Tx& tx, TenantId tenant, std::map<std::string, std::string> const& templates,
                               TimePoint now)
{
    TRY_DO(tx.execute_later(kDeleteTemplates, {{"tenant", tenant}}));
    for (auto const& [name, source] : templates)
        TRY_DO(tx.execute_later(kInsertTemplate,
                                {{"tenant", tenant}, {"name", name}, {"source", source}, {"updated_at", now}}));
    return {};
}

Result<void> update_template_fault(storage::Tx& tx, TenantId tenant, std::string_view name, std::string_view fault)
{
    return tx.execute_later(kUpdateFault, {{"tenant", tenant}, {"name", name}, {"fault", fault}});
}

Result<void> delete_owner(storage::Tx& tx, TenantId tenant, Owner const& owner)
{
    TRY_DO(delete_draft(tx, tenant, owner));
    return delete_versions_up_to(tx, tenant, owner, std::numeric_limits<std::int64_t>::max());
}

} // namespace gatehouse::themes
