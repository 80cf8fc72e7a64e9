// Prepares every statement of the house on both engines, against the migrated schema: a misspelt column fails here, in
// the room that wrote it, before any test of that room.
#include "storage/postgresql_connection.hpp"
#include "storage/sql_text.hpp"
#include "storage/test_support/postgresql_cluster.hpp"
#include "storage/test_support/test_database.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <map>
#include <sqlite3.h>

namespace gatehouse::storage {

namespace {

struct Found {
    std::string where; // "identity/user_store.cpp: kFindUser"
    std::string sql;
};

// Macros that stand for a piece of SQL, such as a list of columns.
using Macros = std::map<std::string, std::string, std::less<>>;

// The value of the adjacent string literals and macros at `at`; leaves `at` behind them.
std::string read_literals(std::string_view source, std::size_t& at, Macros const& macros)
{
    std::string value;
    for (;;) {
        at = source.find_first_not_of(" \t\r\n", at);
        if (at == std::string_view::npos) {
            at = source.size();
            return value;
        }
        if (source.substr(at, 2) == "\\\n") {
            at += 2; // a macro goes on in the next line
        } else if (source.substr(at, 2) == "//") {
            at = source.find('\n', at);
        } else if (source.substr(at, 2) == "R\"") {
            auto const open = source.find('(', at);
            auto const close = ")" + std::string(source.substr(at + 2, open - at - 2)) + "\"";
            auto const end = source.find(close, open);
            value += source.substr(open + 1, end - open - 1);
            at = end + close.size();
        } else if (source[at] == '"') {
            for (++at; source[at] != '"'; ++at) {
                if (source[at] == '\\' && source[++at] == 'n')
                    value += '\n';
                else
                    value += source[at];
            }
            ++at;
        } else {
            auto end = at;
            while (end < source.size() && (std::isalnum(static_cast<unsigned char>(source[end])) || source[end] == '_'))
                ++end;
            auto const macro = macros.find(source.substr(at, end - at));
            if (macro == macros.end())
                return value;
            value += macro->second;
            at = end;
        }
    }
}

void read_macros(std::string_view source, Macros& macros)
{
    constexpr std::string_view kBegin = "#define ";
    for (auto at = source.find(kBegin); at != std::string_view::npos; at = source.find(kBegin, at)) {
        at += kBegin.size();
        auto const end = source.find_first_of(" \n(", at);
        std::string const name(source.substr(at, end - at));
        auto line = end;
        while ((line = source.find('\n', line)) != std::string_view::npos && source[line - 1] == '\\')
            ++line;
        std::size_t begin = 0;
        auto value = read_literals(source.substr(end, line - end), begin, macros);
        if (!value.empty())
            macros.emplace(name, std::move(value));
    }
}

std::string text_of(std::filesystem::path const& file)
{
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// Those of the file, and those that the stores of its room share.
Macros macros_of(std::filesystem::path const& file, std::string_view source)
{
    Macros macros;
    for (auto const& entry : std::filesystem::directory_iterator(file.parent_path()))
        if (entry.path().filename().string().ends_with("_store.hpp"))
            read_macros(text_of(entry.path()), macros);
    read_macros(source, macros);
    return macros;
}

std::vector<Found> statements_of(std::filesystem::path const& file)
{
    auto const source = text_of(file);
    auto const macros = macros_of(file, source);
    std::vector<Found> found;
    constexpr std::string_view kBegin = "constexpr Statement ";
    for (auto at = source.find(kBegin); at != std::string::npos; at = source.find(kBegin, at)) {
        at += kBegin.size();
        auto const brace = source.find('{', at);
        auto const name = source.substr(at, brace - at);
        at = brace + 1;
        auto sql = read_literals(source, at, macros);
        EXPECT_TRUE(!sql.empty() && source[at] == '}') << file << ": " << name << " is not made of string literals";
        found.push_back({file.parent_path().filename().string() + "/" + file.filename().string() + ": " + name, sql});
    }
    return found;
}

// Those for one engine only are named after it: kSqliteX, kPostgresqlX.
std::vector<Found> all_statements(Engine engine)
{
    auto const* const other = engine == Engine::sqlite ? ": kPostgresql" : ": kSqlite";
    std::vector<Found> found;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(GATEHOUSE_SOURCE_DIR "/src")) {
        if (entry.path().filename().string().ends_with("_store.cpp")) {
            auto more = statements_of(entry.path());
            std::erase_if(more, [&](Found const& statement) { return statement.where.contains(other); });
            found.insert(found.end(), more.begin(), more.end());
        }
    }
    return found;
}

TEST(EveryStatement, IsPreparedBySqlite)
{
    TestDatabase const database(Engine::sqlite);
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(database.address().substr(7).c_str(), &handle), SQLITE_OK);
    for (auto const& [where, sql] : all_statements(Engine::sqlite)) {
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
            << where << "\n"
            << sql << "\n"
            << sqlite3_errmsg(handle);
        EXPECT_EQ(static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)), parse_statement(sql).names.size())
            << where;
        sqlite3_finalize(statement);
    }
    sqlite3_close(handle);
}

TEST(EveryStatement, IsPreparedByPostgresqlAndGivesTypesThatRowsCanRead)
{
    constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kFloat8 = 701;
    TestDatabase const database(Engine::postgresql);
    std::unique_ptr<PGconn, decltype(&PQfinish)> const connection(PQconnectdb(database.address().c_str()), &PQfinish);
    for (auto const& [where, sql] : all_statements(Engine::postgresql)) {
        ResultPointer const prepared(
            PQprepare(connection.get(), "", parse_statement(sql).numbered.c_str(), 0, nullptr));
        if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) {
            ADD_FAILURE() << where << "\n" << sql << "\n" << PQerrorMessage(connection.get());
            continue;
        }
        ResultPointer const described(PQdescribePrepared(connection.get(), ""));
        for (int i = 0; i < PQnfields(described.get()); ++i) {
            auto const type = PQftype(described.get(), i);
            EXPECT_TRUE(type == kBool || type == kBytea || type == kInt8 || type == kInt2 || type == kInt4 ||
                        type == kText || type == kFloat8)
                << where << ": column " << i << " has type " << type << "; cast it (storage/README.md)\n"
                << sql;
        }
        for (int i = 0; i < PQnparams(described.get()); ++i) {
            auto const type = PQparamtype(described.get(), i);
            EXPECT_TRUE(type == kBytea || type == kInt8 || type == kInt2 || type == kInt4 || type == kText ||
                        type == kFloat8)
                << where << ": parameter " << i + 1 << " has type " << type << " (storage/README.md)\n"
                << sql;
        }
    }
}

} // namespace

} // namespace gatehouse::storage
