// Internet addresses: reading them, blocks of them, and which of them are public.
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {

// IPv4 addresses are kept as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), so that both spellings are one address.
struct Address {
    std::array<std::uint8_t, 16> bytes{};

    // "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; strict (no octal, no short forms). Error: "invalid_address".
    static Result<Address> parse(std::string_view text);
    static Address v4(std::uint32_t host_order);
    bool is_v4() const;
    std::string to_string() const; // shortest form; mapped addresses as IPv4
    friend auto operator<=>(Address const&, Address const&) = default;
};

// "10.0.0.0/8", "2001:db8::/32", or a single address.
struct AddressBlock {
    Address first;
    unsigned bits = 128; // of the 128

    // Error: "invalid_address".
    static Result<AddressBlock> parse(std::string_view text);
    bool contains(Address const& address) const;
};

// Whether the address belongs to the public internet: false for loopback, private, link-local (with the metadata
// services of clouds), shared (RFC 6598), benchmarking, documentation, multicast, reserved and unspecified ones, and
// for IPv6 forms that carry such an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo).
bool is_public(Address const& address);

} // namespace gatehouse::http
