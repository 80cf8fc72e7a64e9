#include "http/forwarding.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

struct Seen {
    std::string client;
    bool secure = false;
    std::string host;
    std::string error;
};

Seen seen_by(std::vector<std::pair<std::string, std::string>> const& headers, std::string_view peer = "10.0.0.1")
{
    Request request;
    request.host = "own";
    request.client_address = peer;
    for (auto const& [name, value] : headers)
        request.headers.add(name, value);
    std::vector<AddressBlock> const trusted{AddressBlock::parse("10.0.0.0/8").value(),
                                            AddressBlock::parse("2001:db8::/32").value()};
    auto const done = apply_forwarding(request, Address::parse(peer).value(), false, trusted);
    return {request.client_address, request.secure, request.host, done ? "" : done.error().code};
}

TEST(Forwarding, TheRightmostUntrustedHopIsTheClient)
{
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "6.6.6.6, 1.2.3.4, 10.0.0.9"}}).client, "1.2.3.4");
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "1.2.3.4:5678"}}).client, "1.2.3.4");
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "[2a00::1]:443"}}).client, "2a00::1");
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "10.0.0.7, 10.0.0.8"}}).client, "10.0.0.7");
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "1.2.3.4, nonsense"}}).client, "10.0.0.1");
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "1.2.3.4"}}, "9.9.9.9").client, "9.9.9.9");
    EXPECT_EQ(seen_by({}).client, "10.0.0.1");
}

TEST(Forwarding, ProtocolAndHostComeFromTheSameHop)
{
    auto const one = seen_by({{"X-Forwarded-For", "1.2.3.4, 10.0.0.9"},
                              {"X-Forwarded-Proto", "https, http"},
                              {"X-Forwarded-Host", "Login.example, inner"}});
    EXPECT_TRUE(one.secure);
    EXPECT_EQ(one.host, "login.example");
    // The visitor's own value stands further left and is not believed.
    auto const spoofed = seen_by({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "https, http"}});
    EXPECT_FALSE(spoofed.secure);
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "gopher"}}).error, "invalid_forwarded");
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Host", "a/b"}}).error, "invalid_forwarded");
}

TEST(Forwarding, ReadsTheStandardHeader)
{
    auto const one =
        seen_by({{"Forwarded", "for=6.6.6.6;host=evil, For=\"[2a00::1]:4711\";Proto=https;host=login.example"},
                 {"Forwarded", "for=10.0.0.9;proto=http;by=10.0.0.1"}});
    EXPECT_EQ(one.client, "2a00::1");
    EXPECT_TRUE(one.secure);
    EXPECT_EQ(one.host, "login.example");
    EXPECT_EQ(seen_by({{"Forwarded", "for=unknown"}}).client, "10.0.0.1");
    EXPECT_EQ(seen_by({{"Forwarded", "for=_hidden, for=10.0.0.3"}}).client, "10.0.0.3");
    for (std::string const bad :
         {"for", "for=\"open", "for=a;for=b", "=a", "for==\"", "for=a b", "for=\"a\"b", "for=\"\\"})
        EXPECT_EQ(seen_by({{"Forwarded", bad}}).error, "invalid_forwarded") << bad;
}

// A proxy that writes one kind of header passes the other on as its client wrote it.
TEST(Forwarding, TheHeaderThatTheProxyDoesNotWriteCannotBeUsedToLie)
{
    EXPECT_EQ(seen_by({{"X-Forwarded-For", "1.2.3.4"}, {"Forwarded", "for=6.6.6.6"}}).error, "invalid_forwarded");
    auto const agreeing = seen_by({{"X-Forwarded-For", "1.2.3.4"}, {"Forwarded", "for=1.2.3.4;host=evil;proto=https"}});
    EXPECT_EQ(agreeing.client, "1.2.3.4");
    EXPECT_EQ(agreeing.host, "own");
    EXPECT_FALSE(agreeing.secure);
}

TEST(Address, ReadsOneSpellingOnly)
{
    EXPECT_EQ(Address::parse("192.0.2.1").value().to_string(), "192.0.2.1");
    EXPECT_EQ(Address::parse("::ffff:192.0.2.1").value(), Address::parse("192.0.2.1").value());
    EXPECT_EQ(Address::parse("[2001:DB8::1]").value().to_string(), "2001:db8::1");
    for (std::string_view const bad : {"", "1.2.3", "01.2.3.4", "0x7f.1.1.1", "1.2.3.4 ", "[1.2.3.4]", "::1%eth0", "a"})
        EXPECT_FALSE(Address::parse(bad)) << bad;
    EXPECT_TRUE(AddressBlock::parse("10.0.0.0/8").value().contains(Address::parse("10.255.0.1").value()));
    EXPECT_FALSE(AddressBlock::parse("10.0.0.0/8").value().contains(Address::parse("11.0.0.1").value()));
    EXPECT_TRUE(AddressBlock::parse("0.0.0.0/0").value().contains(Address::parse("9.9.9.9").value()));
    EXPECT_FALSE(AddressBlock::parse("0.0.0.0/0").value().contains(Address::parse("2a00::1").value()));
    for (std::string_view const bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129"})
        EXPECT_FALSE(AddressBlock::parse(bad)) << bad;
}

TEST(Address, KnowsWhatIsNotPublic)
{
    for (std::string_view const inside :
         {"0.0.0.0",       "10.1.2.3",         "100.64.0.1",  "127.0.0.1",       "169.254.169.254", "172.31.255.255",
          "192.168.0.1",   "198.18.0.1",       "203.0.113.1", "224.0.0.1",       "255.255.255.255", "::",
          "::1",           "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",    "fc00::1",
          "fd00:ec2::254", "fe80::1",          "ff02::1",     "2001:db8::1",     "2002:7f00:1::",   "2001::1"})
        EXPECT_FALSE(is_public(Address::parse(inside).value())) << inside;
    for (std::string_view const outside : {"1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"})
        EXPECT_TRUE(is_public(Address::parse(outside).value())) << outside;
}

} // namespace
} // namespace gatehouse::http
