#include "http/address.hpp"

#include <arpa/inet.h>
#include <charconv>

namespace gatehouse::http {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Refusal bad_address(std::string_view text)
{
    return refuse(
        ErrorKind::invalid, "invalid_address",
        fmt::format("\"{}\" is not an internet address. Examples: 192.0.2.1, 2001:db8::1, 10.0.0.0/8.", text));
}

struct Block {
    std::string_view first;
    unsigned bits;
};

// IANA's registries of special-purpose addresses; none of these belongs to a server on the public internet.
constexpr Block kSpecialV4[] = {
    {"0.0.0.0", 8},       // this network
    {"10.0.0.0", 8},      // private
    {"100.64.0.0", 10},   // shared, RFC 6598
    {"127.0.0.0", 8},     // loopback
    {"169.254.0.0", 16},  // link-local, metadata services
    {"172.16.0.0", 12},   // private
    {"192.0.0.0", 24},    // protocol assignments
    {"192.0.2.0", 24},    // documentation
    {"192.88.99.0", 24},  // 6to4 relays
    {"192.168.0.0", 16},  // private
    {"198.18.0.0", 15},   // benchmarking
    {"198.51.100.0", 24}, // documentation
    {"203.0.113.0", 24},  // documentation
    {"224.0.0.0", 4},     // multicast
    {"240.0.0.0", 4},     // reserved, broadcast
};
// Of IPv6 only 2000::/3 is given out; within it these are not for servers, or carry an IPv4 address inside.
constexpr Block kSpecialV6[] = {
    {"2001::", 23},     // protocol assignments, Teredo
    {"2001:db8::", 32}, // documentation
    {"2002::", 16},     // 6to4
    {"3fff::", 20},     // documentation
};

std::vector<AddressBlock> make_blocks(std::span<Block const> blocks, unsigned offset)
{
    std::vector<AddressBlock> result;
    for (auto const& block : blocks)
        result.push_back({Address::parse(block.first).value(), block.bits + offset});
    return result;
}

bool in_any(std::vector<AddressBlock> const& blocks, Address const& address)
{
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](AddressBlock const& block) { return block.contains(address); });
}

} // namespace

Address Address::v4(std::uint32_t host_order)
{
    Address address;
    std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
    for (std::size_t i = 0; i < 4; ++i)
        address.bytes[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return address;
}

bool Address::is_v4() const
{
    return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

Result<Address> Address::parse(std::string_view text)
{
    auto bare = text;
    auto const bracketed = bare.size() > 2 && bare.front() == '[' && bare.back() == ']';
    if (bracketed)
        bare = bare.substr(1, bare.size() - 2);
    std::array<char, 48> zero_ended{};
    if (bare.empty() || bare.size() >= zero_ended.size() || bare.find('\0') != std::string_view::npos)
        return bad_address(text);
    std::copy(bare.begin(), bare.end(), zero_ended.begin());

    Address address;
    if (inet_pton(AF_INET6, zero_ended.data(), address.bytes.data()) == 1)
        return address;
    in_addr v4_address{};
    if (!bracketed && inet_pton(AF_INET, zero_ended.data(), &v4_address) == 1)
        return v4(ntohl(v4_address.s_addr));
    return bad_address(text);
}

std::string Address::to_string() const
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    auto const family = is_v4() ? AF_INET : AF_INET6;
    inet_ntop(family, bytes.data() + (is_v4() ? 12 : 0), text.data(), text.size());
    return text.data();
}

Result<AddressBlock> AddressBlock::parse(std::string_view text)
{
    auto const slash = text.find('/');
    TRY(auto first, Address::parse(text.substr(0, slash)));
    AddressBlock block{first, 128};
    if (slash == std::string_view::npos)
        return block;
    auto const digits = text.substr(slash + 1);
    unsigned bits = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    auto const most = first.is_v4() ? 32u : 128u;
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > most)
        return bad_address(text);
    block.bits = bits + (128 - most);
    return block;
}

bool AddressBlock::contains(Address const& address) const
{
    for (unsigned i = 0; i < 16; ++i) {
        auto const wanted = std::min(8u, bits > i * 8 ? bits - i * 8 : 0u);
        auto const mask = static_cast<std::uint8_t>(0xff00u >> wanted);
        if ((address.bytes[i] & mask) != (first.bytes[i] & mask))
            return false;
    }
    return true;
}

bool is_public(Address const& address)
{
    static auto const special_v4 = make_blocks(kSpecialV4, 96);
    static auto const special_v6 = make_blocks(kSpecialV6, 0);
    if (address.is_v4())
        return !in_any(special_v4, address);
    // Outside 2000::/3 lie ::, ::1, IPv4-compatible addresses, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard-only,
    // unique local, link-local, site-local and multicast ones.
    return (address.bytes[0] & 0xe0) == 0x20 && !in_any(special_v6, address);
}

} // namespace gatehouse::http
