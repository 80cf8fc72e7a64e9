#include "identity/profile_schema_store.hpp"

#include "identity/attribute_pattern.hpp"
#include "identity/profile_schema_shape.hpp"

namespace gatehouse::identity {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kSelect{"SELECT content, retired, version FROM profile_schemas WHERE tenant_id = :tenant"};
constexpr Statement kUpsert{
    "INSERT INTO profile_schemas (tenant_id, content, retired, updated_at, version) "
    "VALUES (:tenant, :content, :retired, :now, :version) "
    "ON CONFLICT (tenant_id) DO UPDATE SET content = :content, retired = :retired, updated_at = :now, "
    "version = :version"};

Result<boost::json::value> parse(std::string_view text)
{
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    if (error)
        return fault("a stored profile schema is no JSON");
    return value;
}

} // namespace

Result<StoredProfileSchema> make_profile_schema(std::string_view content, std::string_view retired,
                                                std::int64_t version)
{
    TRY(auto const document, parse(content));
    TRY(auto const names, parse(retired));
    TRY(auto schema, read_stored_shape<ProfileSchema>(document));
    TRY(schema.retired, shapes::Form<std::vector<RetiredAttribute>>::read(names, "", {.max_length = 100'000}));
    for (auto& attribute : schema.attributes) {
        TRY(attribute.compiled, compile_pattern(attribute.pattern));
    }
    return StoredProfileSchema{std::make_shared<ProfileSchema const>(std::move(schema)), version};
}

Result<std::optional<StoredProfileSchema>> select_profile_schema(storage::Tx& tx, TenantId tenant)
{
    return tx.maybe(kSelect, {{"tenant", tenant}},
                    [](Row const& row) { return make_profile_schema(row.text(0), row.text(1), row.integer(2)); });
}

Result<void> upsert_profile_schema(storage::Tx& tx, TenantId tenant, StoredProfileSchema const& schema, TimePoint now)
{
    auto document = write_profile_schema(*schema.schema);
    document.erase("retired");
    auto const content = boost::json::serialize(document);
    auto const retired =
        boost::json::serialize(shapes::Form<std::vector<RetiredAttribute>>::write(schema.schema->retired));
    return tx.execute_later(
        kUpsert,
        {{"tenant", tenant}, {"content", content}, {"retired", retired}, {"now", now}, {"version", schema.version}});
}

} // namespace gatehouse::identity
