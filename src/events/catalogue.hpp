// Every type of event, declared once. docs/reference/events.md is generated from this table (a test fails when it is
// stale), and `append` refuses members that are not declared here.
//
// Add a type: a constant in events/types.hpp, a line in catalogue.cpp, then
// `GATEHOUSE_WRITE_REFERENCE=1 build/asan/src/events_test`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::events {

struct EventField {
    std::string_view name;
    std::string_view type; // "string", "integer", "boolean", "strings", "time"
    std::string_view text;
    bool personal = false; // travels in `personal`
};

struct EventType {
    std::string_view name; // "user.created": noun, dot, what happened
    std::int64_t version;  // grows when a field changes its meaning or goes
    std::string_view text; // one sentence
    std::span<EventField const> fields;
    std::string_view example; // JSON object of its fields, data and personal together
};

// All types, by name.
std::span<EventType const* const> catalogue();
// Null for a name that is not in it.
EventType const* find_type(std::string_view name);
// The text of docs/reference/events.md.
std::string reference_page();

} // namespace gatehouse::events

#include "events/types.hpp"
