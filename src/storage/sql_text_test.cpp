#include "storage/sql_text.hpp"

#include <gmock/gmock.h>

namespace gatehouse::storage {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SqlText, NamesAreNumberedByFirstAppearance)
{
    auto const parsed = parse_statement("UPDATE t SET a = :new_a, b = :b WHERE a <> :new_a AND c = :c2;");
    EXPECT_EQ(parsed.numbered, "UPDATE t SET a = $1, b = $2 WHERE a <> $1 AND c = $3;");
    EXPECT_THAT(parsed.names, ElementsAre("new_a", "b", "c2"));
}

TEST(SqlText, CastsLiteralsQuotedNamesAndCommentsAreLeftAlone)
{
    for (auto const* const text :
         {"SELECT a::bytea", "SELECT ':a', 'it''s :b'", "SELECT \":a\" FROM \"x\"\":b\"", "SELECT 1 -- :a\n",
          "SELECT /* :a */ 1", "SELECT 1 -- :a", "SELECT '12:30", "SELECT a[1:2]", "SELECT :", "/* :a"}) {
        auto const parsed = parse_statement(text);
        EXPECT_EQ(parsed.numbered, text);
        EXPECT_THAT(parsed.names, IsEmpty());
    }
    EXPECT_EQ(parse_statement("SELECT :a::bytea").numbered, "SELECT $1::bytea");
    EXPECT_EQ(parse_statement("SELECT ':a'||:b--:c\n,:d").numbered, "SELECT ':a'||$1--:c\n,$2");
}

TEST(SqlText, ParametersAreMatchedByNameInAnyOrder)
{
    std::array<Parameter const*, kMostParameters> matched;
    auto const match = [&](std::vector<std::string_view> const& names, Parameters given) {
        return match_parameters(names, given, matched).has_value();
    };
    EXPECT_TRUE(match({}, {}));
    EXPECT_TRUE(match({"a", "b"}, {{"b", 1}, {"a", 2}}));
    EXPECT_FALSE(match({"a", "b"}, {{"a", 1}}));
    EXPECT_FALSE(match({"a"}, {{"a", 1}, {"b", 1}}));
    EXPECT_FALSE(match({"a", "b"}, {{"a", 1}, {"a", 1}}));
    EXPECT_FALSE(match(std::vector<std::string_view>(65, "a"), {}));
}

TEST(SqlText, AScriptIsSplitAtSemicolonsThatMeanIt)
{
    EXPECT_THAT(split_script("SELECT ';'; -- a; b\nSELECT /* ; */ 2;\n\n;-- the end", Engine::postgresql),
                ElementsAre("SELECT ';'", "-- a; b\nSELECT /* ; */ 2"));
    EXPECT_THAT(split_script("", Engine::sqlite), IsEmpty());
    EXPECT_THAT(split_script(" SELECT 1 ", Engine::sqlite), ElementsAre("SELECT 1"));
}

TEST(SqlText, OnSqliteTablesAreWithoutRowid)
{
    EXPECT_THAT(split_script("create  table a (b BIGINT PRIMARY KEY); CREATE INDEX c ON a (b);", Engine::sqlite),
                ElementsAre("create  table a (b BIGINT PRIMARY KEY)\nWITHOUT ROWID", "CREATE INDEX c ON a (b)"));
    EXPECT_THAT(split_script("CREATE TABLE a ( -- rowid\n b BIGINT);", Engine::sqlite),
                ElementsAre("CREATE TABLE a ( -- rowid\n b BIGINT)"));
    EXPECT_THAT(split_script("CREATE TABLE a (b BIGINT PRIMARY KEY) WITHOUT ROWID;", Engine::sqlite),
                ElementsAre("CREATE TABLE a (b BIGINT PRIMARY KEY) WITHOUT ROWID"));
    EXPECT_THAT(split_script("-- People\nCREATE TABLE a (b BIGINT PRIMARY KEY) -- all\n;", Engine::sqlite),
                ElementsAre("-- People\nCREATE TABLE a (b BIGINT PRIMARY KEY) -- all\nWITHOUT ROWID"));
    EXPECT_THAT(split_script("CREATE TABLE a (b BIGINT PRIMARY KEY);", Engine::postgresql),
                ElementsAre("CREATE TABLE a (b BIGINT PRIMARY KEY)"));
}

TEST(SqlText, AMarkedStatementIsForOneEngine)
{
    constexpr std::string_view kScript = "-- only sqlite\nCREATE VIRTUAL TABLE a USING fts5(b);\n"
                                         "-- only postgresql\nALTER TABLE c SET (fillfactor = 70);\nSELECT 1;";
    EXPECT_THAT(split_script(kScript, Engine::sqlite),
                ElementsAre("-- only sqlite\nCREATE VIRTUAL TABLE a USING fts5(b)", "SELECT 1"));
    EXPECT_THAT(split_script(kScript, Engine::postgresql),
                ElementsAre("-- only postgresql\nALTER TABLE c SET (fillfactor = 70)", "SELECT 1"));
}

} // namespace

} // namespace gatehouse::storage
