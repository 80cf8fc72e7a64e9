#include "config/settings.hpp"

#include "config/values.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <stdexcept>
#include <toml++/toml.h>
#include <unistd.h>

namespace gatehouse::config {

namespace {

constexpr std::string_view kPrefix = "GATEHOUSE_";
constexpr std::string_view kConfigVariable = "GATEHOUSE_CONFIG";
// Read by commands that would otherwise ask on the terminal; no settings.
constexpr std::string_view kCommandVariables[] = {"GATEHOUSE_PASSPHRASE", "GATEHOUSE_ADMIN_PASSWORD"};
constexpr std::string_view kFileSuffix = "_FILE";

// Edits (insert, delete, replace, swap neighbours) between two names.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    std::iota(last.begin(), last.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = std::exchange(last, row);
    }
    return last[b.size()];
}

// Reads a secret or value from a file; one newline at its end is not part of it.
Result<std::string> read_value_file(std::string const& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return refuse(ErrorKind::invalid, "value_invalid", "names a file that does not exist or cannot be read");
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.ends_with('\r'))
        text.pop_back();
    return text;
}

// What one table's worth of sources says, gathered so that every fault is told at once.
class Loader {
public:
    explicit Loader(Tables tables)
    {
        for (auto const& table : tables)
            for (auto const* option : table.options)
                options_.emplace(option->key, option);
    }

    Option const* find(std::string_view key) const
    {
        auto const found = options_.find(key);
        return found == options_.end() ? nullptr : found->second;
    }
    auto const& options() const { return options_; }

    void complain(std::string what) { complaints_.push_back(std::move(what)); }
    bool failed() const { return !complaints_.empty(); }
    std::string complaints() const
    {
        std::string all;
        for (auto const& complaint : complaints_)
            all += (all.empty() ? "" : "\n") + complaint;
        return all;
    }

    // `written` is the value as it was given, shown unless it is a secret.
    void complain_value(Option const& option, std::string const& origin, std::string_view written, Error const& error)
    {
        auto const shown = option.type == Type::secret || written.empty() ? "" : fmt::format(" \"{}\"", written);
        auto const example = option.example.empty() ? option.fallback : option.example;
        auto complaint = fmt::format("{} ({}): the value{} {}.", option.key, origin, shown, error.message);
        if (!example.empty())
            complaint += fmt::format(" Example: {}", example_line(option, example));
        complain(std::move(complaint));
    }

    // `spell` turns a key into the form in which the unknown name was written.
    void complain_unknown(std::string_view name, std::string const& origin, auto spell)
    {
        std::string best;
        auto least = std::max<std::size_t>(2, name.size() / 4) + 1;
        for (auto const& [key, option] : options_) {
            for (auto const& candidate : {spell(key), spell(key.substr(key.find('.') + 1))}) {
                if (auto const edits = distance(name, candidate); edits < least) {
                    least = edits;
                    best = spell(key);
                }
            }
        }
        auto complaint = fmt::format("{}: unknown setting \"{}\".", origin, name);
        complaint += best.empty() ? " `gatehouse config --reference` lists all of them."
                                  : fmt::format(" Did you mean \"{}\"?", best);
        complain(std::move(complaint));
    }

private:
    // The example in TOML, whatever form it is declared in.
    static std::string example_line(Option const& option, std::string_view example)
    {
        if (option.type == Type::file || option.type == Type::secret) // the example's file is not on this machine
            return fmt::format("{} = \"{}\"", option.key, example);
        auto const value = parse_value(option, example);
        return value ? fmt::format("{} = {}", option.key, toml_text(option, *value)) : std::string(example);
    }

    std::map<std::string_view, Option const*> options_;
    std::vector<std::string> complaints_;
};

struct Given {
    Value value;
    std::string origin;
};
using GivenValues = std::map<std::string, Given, std::less<>>;

void take_text(Loader& loader, GivenValues& given, Option const& option, std::string_view text, std::string origin)
{
    auto value = parse_value(option, text);
    if (!value)
        return loader.complain_value(option, origin, text, value.error());
    given.insert_or_assign(std::string(option.key), Given{*std::move(value), std::move(origin)});
}

// -- the file

std::string kind_of(toml::node const& node)
{
    switch (node.type()) {
    case toml::node_type::table:
        return "a table";
    case toml::node_type::array:
        return "an array";
    case toml::node_type::string:
        return "a string";
    case toml::node_type::integer:
        return "a number";
    case toml::node_type::floating_point:
        return "a fraction";
    case toml::node_type::boolean:
        return "true or false";
    default:
        return "a date or time";
    }
}

// TOML's own types are held to the option's: a number is no string, a list is an array.
void take_node(Loader& loader, GivenValues& given, Option const& option, toml::node const& node, std::string origin)
{
    auto const refuse_kind = [&](std::string_view wanted) {
        loader.complain_value(
            option, origin, "",
            Error{.code = "value_invalid", .message = fmt::format("must be {}, and is {}", wanted, kind_of(node))});
    };
    if (option.type == Type::list) {
        auto const* array = node.as_array();
        if (array == nullptr)
            return refuse_kind("an array of strings");
        std::vector<std::string> items;
        for (auto const& item : *array) {
            auto const text = item.value<std::string>();
            if (!item.is_string() || !text)
                return refuse_kind("an array of strings");
            items.push_back(*text);
        }
        auto value = parse_items(option, std::move(items));
        if (!value)
            return loader.complain_value(option, origin, "", value.error());
        given.insert_or_assign(std::string(option.key), Given{*std::move(value), std::move(origin)});
        return;
    }
    if (option.type == Type::boolean) {
        if (!node.is_boolean())
            return refuse_kind("true or false, without quotes");
        return take_text(loader, given, option, *node.value<bool>() ? "true" : "false", std::move(origin));
    }
    if (node.is_integer() && (option.type == Type::integer || option.type == Type::size))
        return take_text(loader, given, option, std::to_string(*node.value<std::int64_t>()), std::move(origin));
    if (!node.is_string() || option.type == Type::integer)
        return refuse_kind(option.type == Type::integer ? "a whole number, without quotes" : "a string in quotes");
    take_text(loader, given, option, *node.value<std::string>(), std::move(origin));
}

void take_table(Loader& loader, GivenValues& given, toml::table const& table, std::string const& prefix,
                std::string const& file)
{
    for (auto const& [name, node] : table) {
        auto const key = prefix + std::string(name.str());
        auto origin = fmt::format("file {} line {}", file, node.source().begin.line);
        if (auto const* option = loader.find(key))
            take_node(loader, given, *option, node, std::move(origin));
        else if (auto const* inner = node.as_table())
            take_table(loader, given, *inner, key + ".", file);
        else
            loader.complain_unknown(key, origin, [](std::string_view known) { return std::string(known); });
    }
}

Result<void> take_file(Loader& loader, GivenValues& given, Sources const& sources)
{
    auto path = sources.default_file;
    auto required = false;
    if (auto const named = sources.environment.find(std::string(kConfigVariable)); named != sources.environment.end())
        path = named->second, required = true;
    if (sources.file)
        path = *sources.file, required = true;
    std::error_code ignored;
    if (path.empty() || (!required && !std::filesystem::exists(path, ignored)))
        return {};
    auto unreadable = [&](std::string const& reason) {
        return refuse(ErrorKind::invalid, "configuration_unreadable",
                      fmt::format("The configuration file {} cannot be read: {}.", path, reason));
    };
    std::ifstream in(path, std::ios::binary);
    if (!in || std::filesystem::is_directory(path, ignored))
        return unreadable(!in ? "there is no such file, or it may not be opened" : "it is a folder");
    std::string const text(std::istreambuf_iterator<char>(in), {});
    // Debian's toml++ reports by exception; it ends here.
    try {
        take_table(loader, given, toml::parse(text), "", path);
    } catch (toml::parse_error const& error) {
        auto const& where = error.source().begin;
        return unreadable(fmt::format("line {}, column {}: {}", where.line, where.column, error.description()));
    }
    return {};
}

// -- the environment

void take_environment(Loader& loader, GivenValues& given, Sources const& sources)
{
    std::map<std::string, Option const*> names;
    for (auto const& [key, option] : loader.options())
        names.emplace(environment_name(key), option);
    for (auto const& [name, value] : sources.environment) {
        if (name == kConfigVariable || std::ranges::find(kCommandVariables, name) != std::end(kCommandVariables) ||
            name.starts_with("GATEHOUSE_TEST_") || !name.starts_with(kPrefix))
            continue;
        auto origin = "environment " + name;
        if (auto const found = names.find(name); found != names.end()) {
            take_text(loader, given, *found->second, value, std::move(origin));
            continue;
        }
        auto const bare = name.ends_with(kFileSuffix) ? name.substr(0, name.size() - kFileSuffix.size()) : name;
        auto const found = names.find(bare);
        if (found == names.end()) {
            loader.complain_unknown(name, "environment", environment_name);
        } else if (sources.environment.contains(bare)) {
            loader.complain(fmt::format("{}: {} and {} are both set; keep one.", found->second->key, bare, name));
        } else if (auto const text = read_value_file(value)) {
            take_text(loader, given, *found->second, *text, std::move(origin));
        } else {
            loader.complain(
                fmt::format("{} ({}): \"{}\" {}.", found->second->key, origin, value, text.error().message));
        }
    }
}

void take_credentials(Loader& loader, GivenValues& given, Sources const& sources)
{
    if (!sources.credentials_directory)
        return;
    for (auto const& [key, option] : loader.options()) {
        auto const name = fmt::format("gatehouse.{}", key);
        auto const path = *sources.credentials_directory + "/" + name;
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored))
            continue;
        if (auto const text = read_value_file(path))
            take_text(loader, given, *option, *text, "credential " + name);
        else
            loader.complain(fmt::format("{} (credential {}): the file cannot be read.", key, name));
    }
}

} // namespace

std::string environment_name(std::string_view key)
{
    std::string name(kPrefix);
    for (char const c : key)
        name += c == '.' || c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return name;
}

std::string flag_name(std::string_view key)
{
    std::string name = "--";
    for (char const c : key)
        name += c == '.' || c == '_' ? '-' : c;
    return name;
}

Sources Sources::of_process()
{
    Sources sources;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        std::string_view const text(*entry);
        auto const equals = text.find('=');
        if (text.starts_with(kPrefix) && equals != std::string_view::npos)
            sources.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
        else if (text.starts_with("CREDENTIALS_DIRECTORY="))
            sources.credentials_directory = text.substr(equals + 1);
    }
    return sources;
}

Result<Settings> load(Tables tables, Sources const& sources)
{
    Loader loader(tables);
    GivenValues given;
    TRY_DO(take_file(loader, given, sources));
    take_credentials(loader, given, sources);
    take_environment(loader, given, sources);
    for (auto const& [key, value] : sources.flags) {
        if (auto const* option = loader.find(key))
            take_text(loader, given, *option, value, "flag " + flag_name(key));
        else
            loader.complain_unknown(key, "command line", [](std::string_view known) { return std::string(known); });
    }

    Settings settings;
    settings.tables_.assign(tables.begin(), tables.end());
    for (auto const& [key, option] : loader.options()) {
        if (auto const found = given.find(key); found != given.end()) {
            settings.entries_.emplace(key, Settings::Entry{std::move(found->second.value), found->second.origin});
            continue;
        }
        auto fallback = parse_value(*option, option->fallback);
        if (!fallback)
            throw std::logic_error(fmt::format("the default of {} {}", key, fallback.error().message));
        settings.entries_.emplace(key, Settings::Entry{*std::move(fallback)});
    }
    if (loader.failed())
        return refuse(ErrorKind::invalid, "configuration_invalid", loader.complaints());
    return settings;
}

Settings::Entry const& Settings::entry(Option const& option) const
{
    auto const found = entries_.find(option.key);
    if (found == entries_.end())
        throw std::logic_error(fmt::format("{} is in none of the option tables", option.key));
    return found->second;
}

Value const& Settings::find(Option const& option) const
{
    return entry(option).value;
}

std::string const& Settings::origin(Option const& option) const
{
    return entry(option).origin;
}

std::string Settings::to_toml() const
{
    std::string text;
    std::string_view section;
    for (auto const& table : tables_) {
        for (auto const* option : table.options) {
            auto const dot = option->key.rfind('.');
            auto const name = option->key.substr(0, dot);
            if (name != section)
                text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section = name);
            text += fmt::format("{} = {}  # {}\n", option->key.substr(dot + 1), toml_text(*option, find(*option)),
                                origin(*option));
        }
    }
    return text;
}

} // namespace gatehouse::config
