#include "signin/open_streams.hpp"

#include <gtest/gtest.h>
#include <memory>

namespace gatehouse::signin {
namespace {

TEST(OpenStreams, AreLimitedByRequestAndByAddressAndForgottenWhenTheyEnd)
{
    OpenStreams streams;
    auto const open = [&](std::string const& request, std::string const& address) {
        return std::make_unique<OpenStreams::Place>(streams, std::vector<OpenStreams::Key>{{request, 2}, {address, 3}});
    };
    auto const one = open("a", "1");
    auto two = open("a", "1");
    EXPECT_TRUE(one->taken() && two->taken());
    EXPECT_FALSE(open("a", "2")->taken()) << "from wherever";
    auto const three = open("b", "1");
    EXPECT_TRUE(three->taken()) << "what was refused counts for nothing";
    EXPECT_FALSE(open("c", "1")->taken()) << "for whatever";
    two.reset();
    EXPECT_TRUE(open("a", "1")->taken());
    EXPECT_EQ(streams.names(), 3u);
}

TEST(OpenStreams, NothingIsKeptOfThoseThatEnded)
{
    OpenStreams streams;
    for (int i = 0; i < 10; ++i)
        OpenStreams::Place const place(streams, {{std::to_string(i), 1}});
    EXPECT_EQ(streams.names(), 0u);
}

} // namespace
} // namespace gatehouse::signin
