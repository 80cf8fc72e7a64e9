// The part of CBOR that authenticators speak (CTAP 2.1 section 8): integers, strings, booleans, null, arrays and maps
// of definite length, at most four levels deep. libcbor reads the single items; the tree is built here, within limits,
// because libcbor's own loader reserves whatever memory an array's head asks for.
#pragma once

#include "base/bytes.hpp"

#include <memory>
#include <variant>

namespace gatehouse::credentials::cbor {

struct Value;
struct Entry;
using Array = std::vector<Value>;
using Map = std::vector<Entry>; // in the order of the input, no key twice

// Views point into the input.
struct Value {
    // null, boolean, integer, byte string, text string, array, map
    std::variant<std::monostate, bool, std::int64_t, ByteView, std::string_view, Array, Map> content;

    std::int64_t const* if_integer() const { return std::get_if<std::int64_t>(&content); }
    ByteView const* if_bytes() const { return std::get_if<ByteView>(&content); }
    std::string_view const* if_text() const { return std::get_if<std::string_view>(&content); }
    Array const* if_array() const { return std::get_if<Array>(&content); }
    Map const* if_map() const { return std::get_if<Map>(&content); }
    // Of a map; null when this is none or has no such key.
    Value const* find(std::string_view key) const;
    Value const* find(std::int64_t key) const;
};

struct Entry {
    Value key; // an integer or a text
    Value value;
};

struct Parsed {
    Value value;
    std::size_t size; // of the input that it took
};
// The first item of the input; what comes behind it is the caller's. Error: "cbor_invalid", whose detail says why.
Result<Parsed> parse_prefix(ByteView input);
// The one item that the input is. Error: "cbor_invalid".
Result<Value> parse(ByteView input);

} // namespace gatehouse::credentials::cbor
