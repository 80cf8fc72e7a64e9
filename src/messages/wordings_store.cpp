#include "messages/wordings.hpp"

#include <boost/json.hpp>

namespace gatehouse::messages {
namespace {

using storage::Statement;

constexpr Statement kSave{R"(
    INSERT INTO message_wordings (tenant_id, kind, locale, texts, version, updated_at)
    VALUES (:tenant, :kind, :locale, :texts, 1, :now)
    ON CONFLICT (tenant_id, kind, locale) DO UPDATE SET texts = :texts, version = message_wordings.version + 1,
        updated_at = :now
    RETURNING version)"};
constexpr Statement kRemove{R"(
    DELETE FROM message_wordings WHERE tenant_id = :tenant AND kind = :kind AND locale = :locale)"};
constexpr Statement kFind{R"(
    SELECT kind, locale, texts, version, updated_at FROM message_wordings
    WHERE tenant_id = :tenant AND kind = :kind AND locale = :locale)"};
constexpr Statement kList{R"(
    SELECT kind, locale, texts, version, updated_at FROM message_wordings
    WHERE tenant_id = :tenant ORDER BY kind, locale)"};

Result<Wording> read_wording(storage::Row const& row)
{
    auto const kind = parse_kind(row.string(0));
    boost::system::error_code failed;
    auto texts = boost::json::parse(row.string(2), failed);
    if (!kind || failed || !texts.is_object())
        return fault("a wording cannot be understood");
    return Wording{.kind = *kind,
                   .locale = row.string(1),
                   .texts = std::move(texts.get_object()),
                   .version = row.integer(3),
                   .updated_at = row.time(4)};
}

} // namespace

Result<std::int64_t> save_wording(storage::Tx& tx, TenantId tenant, Wording const& wording, TimePoint now)
{
    auto const texts = boost::json::serialize(wording.texts);
    TRY(auto const* row, tx.one(kSave, {{"tenant", tenant},
                                        {"kind", to_string(wording.kind)},
                                        {"locale", wording.locale},
                                        {"texts", texts},
                                        {"now", now}}));
    return row->integer(0);
}

Result<bool> remove_wording(storage::Tx& tx, TenantId tenant, Kind kind, std::string_view locale)
{
    TRY(auto const count, tx.execute(kRemove, {{"tenant", tenant}, {"kind", to_string(kind)}, {"locale", locale}}));
    return count == 1;
}

Result<std::optional<Wording>> find_wording(storage::Tx& tx, TenantId tenant, Kind kind, std::string_view locale)
{
    return tx.maybe(kFind, {{"tenant", tenant}, {"kind", to_string(kind)}, {"locale", locale}}, read_wording);
}

Result<std::vector<Wording>> list_wordings(storage::Tx& tx, TenantId tenant)
{
    return tx.all(kList, {{"tenant", tenant}}, read_wording);
}

} // namespace gatehouse::messages
