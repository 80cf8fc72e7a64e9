// The loader: merges flags over environment over gatehouse.toml over defaults, and remembers where each value came
// from. Unknown keys and bad values are refused, all of them in one message, each with the reason and an example.
#pragma once

#include "base/result.hpp"
#include "config/option.hpp"

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace CLI {
class App;
}

namespace gatehouse::config {

// What the command line said, as (key, value) in the order given; filled in by add_flags when CLI11 parses.
using Flags = std::vector<std::pair<std::string, std::string>>;

// Adds a flag for every option: "http.idle_timeout" becomes --http-idle-timeout, `flag` its second name. A boolean may
// stand without a value. `flags` must outlive the parsing.
void add_flags(CLI::App& command, Tables tables, Flags& flags);

struct Sources {
    Flags flags;
    // Variables that begin with GATEHOUSE_. Those that begin with GATEHOUSE_TEST_ are none of ours; GATEHOUSE_CONFIG
    // names the file, GATEHOUSE_PASSPHRASE and GATEHOUSE_ADMIN_PASSWORD are read by commands.
    std::map<std::string, std::string> environment;
    // Of systemd (LoadCredential=gatehouse.KEY:...): a folder where the file gatehouse.KEY holds the value of KEY.
    std::optional<std::string> credentials_directory;
    // Named by --config. Otherwise GATEHOUSE_CONFIG, otherwise `default_file`, which may be missing.
    std::optional<std::string> file;
    std::string default_file = "gatehouse.toml";

    // The environment of this process.
    static Sources of_process();
};

class Settings {
public:
    // The value of an option. Asking for an option that is in none of the tables is a bug and throws std::logic_error.
    template <Type kType>
    typename Setting<kType>::Held get(Setting<kType> const& setting) const
    {
        auto const& value = find(setting);
        if constexpr (kType == Type::secret)
            return std::get<Secret>(value).clone();
        else if constexpr (kType == Type::size)
            return static_cast<std::size_t>(std::get<std::int64_t>(value));
        else
            return std::get<typename Setting<kType>::Held>(value);
    }
    // "default", "file gatehouse.toml line 3", "environment GATEHOUSE_HTTP_LISTEN", "credential
    // gatehouse.smtp.password", "flag --listen".
    std::string const& origin(Option const& option) const;
    bool is_default(Option const& option) const { return origin(option) == "default"; }

    // The effective values as TOML, each with its origin in a comment; secrets are masked. What `gatehouse config`
    // prints.
    std::string to_toml() const;

private:
    friend Result<Settings> load(Tables tables, Sources const& sources);
    struct Entry {
        Value value;
        std::string origin = "default";
    };
    Value const& find(Option const& option) const;
    Entry const& entry(Option const& option) const;

    std::vector<Table> tables_;
    std::map<std::string, Entry, std::less<>> entries_;
};

// Error: "configuration_invalid", whose message has one paragraph for each thing that is wrong;
// "configuration_unreadable".
Result<Settings> load(Tables tables, Sources const& sources);

// The reference page (docs/reference/configuration.md), as Markdown. `gatehouse config --reference` prints it; a test
// holds the committed page to it.
std::string reference(Tables tables);

// "http.idle_timeout" -> "GATEHOUSE_HTTP_IDLE_TIMEOUT", "--http-idle-timeout".
std::string environment_name(std::string_view key);
std::string flag_name(std::string_view key);

} // namespace gatehouse::config
