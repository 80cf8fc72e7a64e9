// Keyset paging: a page is found by the key of the last item before it, never by OFFSET.
//
//   constexpr Statement kListUsers{"SELECT user_id, ... FROM users WHERE tenant_id = :tenant AND user_id > :after "
//                                  "ORDER BY user_id LIMIT :limit"};
//   TRY(auto rows, tx.all(kListUsers, {{"tenant", tenant}, {"after", page.after}, {"limit", page.fetch()}},
//   make_user)); return make_page(std::move(rows), page, [](User const& user) { return to_bytes(user.id.bytes()); });
//
// The first page's key is empty: no bytes sort before every other. The cursor that a client sees is this key sealed by
// the room that answers, so that it cannot be forged or carried to another list.
#pragma once

#include "base/bytes.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace gatehouse::storage {

struct PageRequest {
    static constexpr int kMost = 200;

    int limit = 50;
    Bytes after; // key of the last item of the page before; empty for the first page

    int size() const { return std::clamp(limit, 1, kMost); }
    // One more than is shown tells whether another page follows, without counting.
    std::int64_t fetch() const { return size() + 1; }
};

template <class Item>
struct Page {
    std::vector<Item> items;
    std::optional<Bytes> next; // the `after` of the next page; empty when this is the last
};

// `items` were fetched with `request.fetch()` as their limit; `key_of(item)` returns the Bytes by which they are
// ordered.
template <class Item, class KeyOf>
Page<Item> make_page(std::vector<Item> items, PageRequest const& request, KeyOf&& key_of)
{
    Page<Item> page{std::move(items), std::nullopt};
    auto const size = static_cast<std::size_t>(request.size());
    if (page.items.size() > size) {
        page.items.erase(page.items.begin() + static_cast<std::ptrdiff_t>(size), page.items.end());
        page.next = key_of(page.items.back());
    }
    return page;
}

} // namespace gatehouse::storage
