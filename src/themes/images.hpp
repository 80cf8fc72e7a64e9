// Logos that administrators upload: made harmless by images/, kept in the database, served to everybody.
//
//   /theme-images/{digest}.png, /theme-images/{digest}.svg
//
// The address is made of the content, so it may be kept for ever. What is served can run nothing, even where somebody
// opens it as a page of its own.
#pragma once

#include "base/bytes.hpp"
#include "identity/routes.hpp"
#include "storage/database.hpp"

namespace gatehouse::themes {

struct StoredImage {
    std::string name; // "1f8ac10f....png"
    std::string media_type;
    Bytes content;
    TimePoint created_at;
};
inline constexpr std::int64_t kMostImages = 50; // of a tenant

// What a file becomes: a PNG of at most 1600 by 480 pixels, or a cleaned drawing. Slow; outside of transactions.
// Errors: those of images::decode and images::clean_svg.
Result<StoredImage> prepare_image(ByteView file, TimePoint now);
// The same image twice is one. Error: "too_many_images" (conflict).
Result<void> keep_image(storage::Tx& tx, TenantId tenant, StoredImage const& image);
Result<std::optional<StoredImage>> find_image(storage::Tx& tx, TenantId tenant, std::string_view name);
// Without their content, oldest first.
Result<std::vector<StoredImage>> list_images(storage::Tx& tx, TenantId tenant);
// Error: "not_found".
Result<void> remove_image(storage::Tx& tx, TenantId tenant, std::string_view name);

// The path that a token names: "/t/acme/theme-images/1f8a.png".
std::string image_path(std::string_view base_path, std::string_view name);

Routes image_routes(storage::Database& database);

} // namespace gatehouse::themes
