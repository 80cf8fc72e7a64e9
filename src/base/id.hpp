// Ids: UUID version 7 (RFC 9562 section 5.7), 16 bytes, ordered by time. Each noun has its own type, so that a user's
// id cannot be passed where a tenant's is wanted:  using UserId = Id<struct UserTag>;
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"

#include <array>
#include <compare>
#include <fmt/format.h>
#include <functional>

namespace gatehouse {

struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    // A new version 7 id: 48 bits of Unix milliseconds, a 12-bit counter that keeps this process's ids ascending within
    // a millisecond, 62 random bits.
    static Uuid generate(TimePoint now);
    // The canonical form with hyphens, either case. Error: "invalid_id".
    static Result<Uuid> parse(std::string_view text);
    // Exactly 16 bytes. Error: "invalid_id".
    static Result<Uuid> from_bytes(ByteView raw);

    std::string to_string() const;
    bool is_nil() const { return *this == Uuid{}; }
    friend auto operator<=>(Uuid const&, Uuid const&) = default;
};

template <class Tag>
struct Id {
    Uuid value;

    static Id generate(TimePoint now) { return {Uuid::generate(now)}; }
    static Result<Id> parse(std::string_view text)
    {
        TRY(auto value, Uuid::parse(text));
        return Id{value};
    }
    static Result<Id> from_bytes(ByteView raw)
    {
        TRY(auto value, Uuid::from_bytes(raw));
        return Id{value};
    }
    std::string to_string() const { return value.to_string(); }
    ByteView bytes() const { return value.bytes; }
    bool is_nil() const { return value.is_nil(); }
    friend auto operator<=>(Id const&, Id const&) = default;
};

} // namespace gatehouse

template <>
struct std::hash<gatehouse::Uuid> {
    std::size_t operator()(gatehouse::Uuid const& id) const noexcept
    {
        std::size_t low = 0; // the random half
        for (int i = 8; i < 16; ++i)
            low = low << 8 | id.bytes[static_cast<std::size_t>(i)];
        return low;
    }
};
template <class Tag>
struct std::hash<gatehouse::Id<Tag>> {
    std::size_t operator()(gatehouse::Id<Tag> const& id) const noexcept
    {
        return std::hash<gatehouse::Uuid>{}(id.value);
    }
};
template <class Tag>
struct fmt::formatter<gatehouse::Id<Tag>> : fmt::formatter<std::string_view> {
    auto format(gatehouse::Id<Tag> const& id, fmt::format_context& context) const
    {
        return fmt::formatter<std::string_view>::format(id.to_string(), context);
    }
};
