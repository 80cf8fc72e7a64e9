#include "storage/paging.hpp"

#include "storage/test_support/test_database.hpp"

#include <gmock/gmock.h>

namespace gatehouse::storage {

namespace {

constexpr Statement kPut{"INSERT INTO things (tenant_id, id) VALUES (1, :id)"};
constexpr Statement kList{"SELECT id FROM things WHERE tenant_id = 1 AND id > :after ORDER BY id LIMIT :limit"};

class Paging : public testing::TestWithParam<Engine> {
protected:
    Page<Bytes> list(PageRequest const& request)
    {
        auto rows = database->read_now([&](Tx& tx) {
            return tx.all(kList, {{"after", request.after}, {"limit", request.fetch()}},
                          [](Row const& row) { return row.blob(0); });
        });
        EXPECT_TRUE(rows) << rows.error().detail;
        return make_page(*std::move(rows), request, [](Bytes const& id) { return id; });
    }

    TestDatabase database{GetParam(), Schema::empty};
};

TEST_P(Paging, EveryItemIsOnOnePage)
{
    ASSERT_TRUE(database->write_now([](Tx& tx) -> Result<void> {
        TRY_DO(tx.script("CREATE TABLE things (tenant_id BIGINT NOT NULL, id BYTEA NOT NULL, "
                         "PRIMARY KEY (tenant_id, id));"));
        for (int i = 0; i < 7; ++i)
            TRY_DO(tx.execute_later(kPut, {{"id", Bytes{static_cast<std::uint8_t>(i * 40)}}}));
        return {};
    }));
    for (int const limit : {1, 3, 7, 50}) {
        std::vector<Bytes> seen;
        PageRequest request{.limit = limit, .after = {}};
        for (;;) {
            auto page = list(request);
            EXPECT_LE(page.items.size(), static_cast<std::size_t>(limit));
            seen.insert(seen.end(), page.items.begin(), page.items.end());
            if (!page.next)
                break;
            request.after = *page.next;
        }
        EXPECT_THAT(
            seen, testing::ElementsAre(Bytes{0}, Bytes{40}, Bytes{80}, Bytes{120}, Bytes{160}, Bytes{200}, Bytes{240}));
    }
}

TEST(PageRequest, ALimitOutsideOfBoundsIsBroughtInside)
{
    EXPECT_EQ((PageRequest{.limit = 0, .after = {}}.size()), 1);
    EXPECT_EQ((PageRequest{.limit = -5, .after = {}}.size()), 1);
    EXPECT_EQ((PageRequest{.limit = 1'000'000, .after = {}}.size()), 200);
}

} // namespace

INSTANTIATE_TEST_SUITE_P(EveryBackend, Paging, every_backend());

} // namespace gatehouse::storage
