#include "themes/images.hpp"

namespace gatehouse::themes {

using storage::Row;
using storage::Statement;

namespace {

constexpr Statement kCountImages{"SELECT COUNT(*) FROM theme_images WHERE tenant_id = :tenant"};
constexpr Statement kInsertImage{"INSERT INTO theme_images (tenant_id, name, media_type, content, created_at) "
                                 "VALUES (:tenant, :name, :media_type, :content, :created_at) ON CONFLICT DO NOTHING"};
constexpr Statement kSelectImage{"SELECT name, media_type, created_at, content FROM theme_images "
                                 "WHERE tenant_id = :tenant AND name = :name"};
constexpr Statement kSelectImages{"SELECT name, media_type, created_at FROM theme_images WHERE tenant_id = :tenant "
                                  "ORDER BY created_at, name"};
constexpr Statement kDeleteImage{"DELETE FROM theme_images WHERE tenant_id = :tenant AND name = :name"};

} // namespace

Result<void> keep_image(storage::Tx& tx, TenantId tenant, StoredImage const& image)
{
    TRY(auto const count, tx.maybe(kCountImages, {{"tenant", tenant}}, [](Row const& row) { return row.integer(0); }));
    TRY(auto const known, find_image(tx, tenant, image.name));
    if (known)
        return {};
    if (count && *count >= kMostImages)
        return refuse(ErrorKind::conflict, "too_many_images",
                      "There are as many images as a tenant may have. Remove one that no theme shows.");
    return tx.execute_later(kInsertImage, {{"tenant", tenant},
                                           {"name", image.name},
                                           {"media_type", image.media_type},
                                           {"content", ByteView(image.content)},
                                           {"created_at", image.created_at}});
}

Result<std::optional<StoredImage>> find_image(storage::Tx& tx, TenantId tenant, std::string_view name)
{
    return tx.maybe(kSelectImage, {{"tenant", tenant}, {"name", name}}, [](Row const& row) {
        return StoredImage{
            .name = row.string(0), .media_type = row.string(1), .content = row.blob(3), .created_at = row.time(2)};
    });
}

Result<std::vector<StoredImage>> list_images(storage::Tx& tx, TenantId tenant)
{
    return tx.all(kSelectImages, {{"tenant", tenant}}, [](Row const& row) {
        return StoredImage{
            .name = row.string(0), .media_type = row.string(1), .content = {}, .created_at = row.time(2)};
    });
}

Result<void> remove_image(storage::Tx& tx, TenantId tenant, std::string_view name)
{
    TRY(auto const removed, tx.execute(kDeleteImage, {{"tenant", tenant}, {"name", name}}));
    if (removed == 0)
        return refuse(ErrorKind::not_found, "not_found", "There is no such image.");
    return {};
}

} // namespace gatehouse::themes
