#include "storage/sql_text.hpp"

#include <algorithm>
#include <cctype>

namespace gatehouse::storage {

namespace {

bool begins_name(char c)
{
    return std::isalpha(static_cast<unsigned char>(c)) || c == '_';
}
bool continues_name(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// The end of the literal, quoted name or comment that begins at `at`, or `at` if none does.
std::size_t skip_opaque(std::string_view sql, std::size_t at)
{
    char const c = sql[at];
    if (c == '\'' || c == '"') {
        for (auto end = at + 1; end < sql.size(); ++end) {
            if (sql[end] != c)
                continue;
            if (end + 1 < sql.size() && sql[end + 1] == c)
                ++end; // a doubled quote stands for itself
            else
                return end + 1;
        }
        return sql.size();
    }
    if (sql.substr(at, 2) == "--") {
        auto const end = sql.find('\n', at);
        return end == std::string_view::npos ? sql.size() : end + 1;
    }
    if (sql.substr(at, 2) == "/*") {
        auto const end = sql.find("*/", at + 2);
        return end == std::string_view::npos ? sql.size() : end + 2;
    }
    return at;
}

std::string_view trimmed(std::string_view text)
{
    auto const first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// What a statement says to the engine (upper case, one space between words), and the comment lines within it.
struct Outline {
    std::string code;
    std::vector<std::string_view> comments;
};

Outline outline(std::string_view statement)
{
    Outline seen;
    for (std::size_t at = 0; at < statement.size();) {
        auto const end = skip_opaque(statement, at);
        if (end == at) {
            char const c = statement[at++];
            if (!std::isspace(static_cast<unsigned char>(c)))
                seen.code.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
            else if (!seen.code.empty() && seen.code.back() != ' ')
                seen.code.push_back(' ');
            continue;
        }
        auto const piece = statement.substr(at, end - at);
        if (piece.starts_with("--"))
            seen.comments.push_back(trimmed(piece.substr(2)));
        else if (!piece.starts_with("/*"))
            seen.code.push_back('?');
        at = end;
    }
    while (!seen.code.empty() && seen.code.back() == ' ')
        seen.code.pop_back();
    return seen;
}

bool says(Outline const& seen, std::string_view comment)
{
    return std::ranges::find(seen.comments, comment) != seen.comments.end();
}

void add_statement(std::vector<std::string>& statements, std::string_view text, Engine engine)
{
    auto const seen = outline(text);
    if (seen.code.empty() || says(seen, engine == Engine::sqlite ? "only postgresql" : "only sqlite"))
        return;
    std::string statement(trimmed(text));
    if (engine == Engine::sqlite && seen.code.starts_with("CREATE TABLE ") && !says(seen, "rowid") &&
        !seen.code.ends_with("WITHOUT ROWID"))
        statement += "\nWITHOUT ROWID"; // on a line of its own, for the statement may end with a comment
    statements.push_back(std::move(statement));
}

} // namespace

StatementText parse_statement(std::string_view sql)
{
    StatementText parsed;
    parsed.numbered.reserve(sql.size());
    for (std::size_t at = 0; at < sql.size();) {
        if (auto const end = skip_opaque(sql, at); end != at) {
            parsed.numbered += sql.substr(at, end - at);
            at = end;
        } else if (sql.substr(at, 2) == "::") {
            parsed.numbered += "::";
            at += 2;
        } else if (sql[at] == ':' && at + 1 < sql.size() && begins_name(sql[at + 1])) {
            auto last = at + 1;
            while (last < sql.size() && continues_name(sql[last]))
                ++last;
            auto const name = sql.substr(at + 1, last - at - 1);
            auto const known = std::ranges::find(parsed.names, name);
            auto const number = known - parsed.names.begin() + 1;
            if (known == parsed.names.end())
                parsed.names.push_back(name);
            parsed.numbered += '$';
            parsed.numbered += std::to_string(number);
            at = last;
        } else {
            parsed.numbered += sql[at++];
        }
    }
    return parsed;
}

Result<void> match_parameters(std::vector<std::string_view> const& names, Parameters parameters,
                              std::span<Parameter const*, kMostParameters> matched)
{
    if (names.size() > kMostParameters || names.size() != parameters.size())
        return fault(fmt::format("a statement takes {} parameters and got {}", names.size(), parameters.size()));
    auto const* const given = parameters.begin();
    for (std::size_t i = 0; i < names.size(); ++i) {
        matched[i] = nullptr;
        if (given[i].name == names[i]) {
            matched[i] = &given[i];
            continue;
        }
        for (auto const& parameter : parameters) {
            if (parameter.name == names[i])
                matched[i] = &parameter;
        }
        if (!matched[i])
            return fault(fmt::format("a statement's parameter :{} has no value", names[i]));
    }
    return {};
}

std::vector<std::string> split_script(std::string_view script, Engine engine)
{
    std::vector<std::string> statements;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < script.size();) {
        if (auto const end = skip_opaque(script, at); end != at) {
            at = end;
        } else if (script[at] == ';') {
            add_statement(statements, script.substr(begin, at - begin), engine);
            begin = ++at;
        } else {
            ++at;
        }
    }
    add_statement(statements, script.substr(begin), engine);
    return statements;
}

} // namespace gatehouse::storage
