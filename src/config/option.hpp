// config: what can be set, declared once.
//
// In:  each room declares its options as constants and lists them in a table; the composition root hands all tables
//      to the loader (config/settings.hpp).
// Out: typed values, each with the place it came from; the text of --help; the reference page.
//
//   inline constexpr config::List kListen{{.key = "http.listen", .fallback = "127.0.0.1:8080", .flag = "listen",
//                                          .text = "Addresses and ports to listen on.", .example = "0.0.0.0:8443"}};
//   inline constexpr config::Time kIdle{{.key = "http.idle_timeout", .fallback = "75s", .minimum = "1s",
//                                        .maximum = "1h", .text = "How long a connection may rest between requests."}};
//   inline constexpr config::Option const* kOptions[] = {&kListen, &kIdle};
//   ...
//   settings.get(kIdle)   // Duration
//
// An option is a line of gatehouse.toml ([http] idle_timeout = "75s"), a variable (GATEHOUSE_HTTP_IDLE_TIMEOUT, or
// GATEHOUSE_HTTP_IDLE_TIMEOUT_FILE naming a file that holds the value) and a flag (--http-idle-timeout).
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::config {

enum class Type : std::uint8_t {
    text,     // std::string
    integer,  // std::int64_t
    boolean,  // bool; true or false
    duration, // Duration; "250ms", "15m", "1h30m", "14d"; always with a unit
    size,     // std::size_t in bytes; "64KB" (1024 bytes each), "2MB", "1GB", or plain bytes
    list,     // std::vector<std::string>; an array in the file, separated by commas elsewhere
    secret,   // Secret; never printed
    url,      // std::string; absolute, without user, query and fragment; `choices` are its schemes (http|https)
    file,     // std::string; must exist and be readable
    path,     // std::string; a file or folder that need not exist yet
};

// How an option is written down. Values (fallback, minimum, maximum, example) are text in the form the option itself
// takes, so that a table reads like the configuration it describes.
struct Option {
    std::string_view key;           // "http.idle_timeout": room, dot, name; lower case and underscores
    Type type = Type::text;         // set by Setting
    std::string_view fallback = {}; // the default; "" is "not set" for text, list, secret, url, file and path
    std::string_view flag = {};     // a second, shorter flag: "listen" for --listen
    std::string_view minimum = {};  // of integer, duration, size
    std::string_view maximum = {};
    std::string_view choices = {}; // "json|text": the only values of a text or of a list's items; schemes of a url
    std::string_view text = {};    // one or two sentences: what it does and when to change it
    std::string_view example = {}; // shown when a value is refused; the fallback where there is none
};

template <Type kType>
struct ValueOf {
    using type = std::string;
};
template <>
struct ValueOf<Type::integer> {
    using type = std::int64_t;
};
template <>
struct ValueOf<Type::boolean> {
    using type = bool;
};
template <>
struct ValueOf<Type::duration> {
    using type = Duration;
};
template <>
struct ValueOf<Type::size> {
    using type = std::size_t;
};
template <>
struct ValueOf<Type::list> {
    using type = std::vector<std::string>;
};
template <>
struct ValueOf<Type::secret> {
    using type = Secret;
};

// What any option may hold; integers and sizes share std::int64_t.
using Value = std::variant<std::string, std::int64_t, bool, Duration, std::vector<std::string>, Secret>;

// An option that knows its type when it is compiled.
template <Type kType>
struct Setting : Option {
    using Held = typename ValueOf<kType>::type;
    constexpr explicit Setting(Option option) : Option(option) { type = kType; }
};
using Text = Setting<Type::text>;
using Integer = Setting<Type::integer>;
using Boolean = Setting<Type::boolean>;
using Time = Setting<Type::duration>;
using Size = Setting<Type::size>;
using List = Setting<Type::list>;
using SecretText = Setting<Type::secret>;
using Url = Setting<Type::url>;
using File = Setting<Type::file>;
using Path = Setting<Type::path>;

// The options of one room, in the order of its chapter in the reference.
struct Table {
    std::string_view title; // "HTTP server"
    std::span<Option const* const> options;
};
using Tables = std::span<Table const>;

} // namespace gatehouse::config
