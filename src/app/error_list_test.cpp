// Where the `type` of a problem leads. That no code is missing is held by tools/list_errors --check.
#include "app/error_list.hpp"
#include "app/test_support/running_house.hpp"

#include <gtest/gtest.h>
#include <set>

namespace gatehouse::app {
namespace {

TEST(ErrorList, ExplainsEachCodeOnce)
{
    std::set<std::string_view> seen;
    for (auto const& [code, meaning] : explained_codes()) {
        EXPECT_TRUE(seen.insert(code).second) << code;
        EXPECT_GT(meaning.size(), 10u) << code;
        EXPECT_EQ(meaning.find('{'), std::string_view::npos) << code << ": a placeholder of the source";
    }
    for (auto const* code : {"not_found", "too_many_attempts", "field_unknown", "invalid_grant", "server_error"})
        EXPECT_TRUE(seen.contains(code)) << code;
}

TEST(ErrorList, TheTypeOfAProblemLeadsToItsRow)
{
    RunningHouse house;
    auto const problem = boost::json::parse(house.get("/nowhere", "", "application/json").body);
    auto const type = std::string(problem.at("type").as_string());
    auto const hash = type.find('#');
    ASSERT_NE(hash, std::string::npos) << type;
    auto const page = house.get(type.substr(0, hash));
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("id=\"" + type.substr(hash + 1) + "\""), std::string::npos) << type;
}

TEST(ErrorList, IsServedBelowTheBasePathOfEachTenant)
{
    RunningHouse house;
    EXPECT_EQ(house.get("/t/system/errors").status, 200);
}

} // namespace
} // namespace gatehouse::app
