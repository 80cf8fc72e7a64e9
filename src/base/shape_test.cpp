#include "base/shape.hpp"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

struct Wheel {
    std::int64_t spokes = 0;
};
constexpr auto shape(Wheel const*)
{
    return Shape{"Wheel", Member{"spokes", &Wheel::spokes, {.text = "How many.", .minimum = 3, .maximum = 48}}};
}

struct Bicycle {
    Id<struct BicycleTag> id;
    std::string name;
    std::string kind = "road";
    std::vector<Wheel> wheels;
    std::optional<TimePoint> sold_at;
};
constexpr auto shape(Bicycle const*)
{
    return Shape{"Bicycle",
                 Member{"id", &Bicycle::id, {.read_only = true}},
                 Member{"name", &Bicycle::name, {.min_length = 1, .max_length = 10}},
                 Member{"kind", &Bicycle::kind, {.fallback = true, .choices = "road|city"}},
                 Member{"wheels", &Bicycle::wheels, {.max_length = 3}},
                 Member{"sold_at", &Bicycle::sold_at}};
}

Error refusal_of(std::string_view json)
{
    return read_shape<Bicycle>(boost::json::parse(json)).error();
}

TEST(Shape, ReadsWhatItWrites)
{
    auto const json = boost::json::parse(
        R"({"id":"018f0000-0000-7000-8000-000000000000","name":"Ada","kind":"city","wheels":[{"spokes":32}],"sold_at":"2026-11-23T15:04:05.000Z"})");
    auto bicycle = read_shape<Bicycle>(json);
    ASSERT_TRUE(bicycle) << bicycle.error().message;
    EXPECT_TRUE(bicycle->id.is_nil()) << "a read-only member is the server's";
    bicycle->id = *Id<BicycleTag>::parse("018f0000-0000-7000-8000-000000000000");
    EXPECT_EQ(write_shape(*bicycle), json);
}

TEST(Shape, LeavesTheDefaultWhereAMemberMayBeAbsent)
{
    auto const bicycle = read_shape<Bicycle>(boost::json::parse(R"({"name":"Ada","wheels":[]})"));
    ASSERT_TRUE(bicycle);
    EXPECT_EQ(bicycle->kind, "road");
    EXPECT_FALSE(bicycle->sold_at);
}

TEST(Shape, PointsAtTheMistake)
{
    EXPECT_EQ(refusal_of(R"({"wheels":[]})").code, "field_required");
    EXPECT_EQ(refusal_of(R"({"wheels":[]})").pointer, "/name");
    EXPECT_EQ(refusal_of(R"({"name":"x","wheels":[{"spokes":32},{"spokes":2}]})").pointer, "/wheels/1/spokes");
    EXPECT_EQ(refusal_of(R"({"name":"x","wheels":[{"spokes":"many"}]})").code, "field_type");
    EXPECT_EQ(refusal_of(R"({"name":"x","wheels":[],"a/b~c":1})").pointer, "/a~1b~0c");
    EXPECT_EQ(refusal_of(R"({"name":"x","wheels":[],"kind":"tank"})").code, "field_value");
    EXPECT_EQ(refusal_of(R"({"name":"","wheels":[]})").pointer, "/name");
    EXPECT_EQ(refusal_of(R"({"name":"x","wheels":[{"spokes":3},{"spokes":3},{"spokes":3},{"spokes":3}]})").pointer,
              "/wheels");
    EXPECT_EQ(refusal_of(R"({"name":"x\u0000y","wheels":[]})").pointer, "/name");
    EXPECT_EQ(refusal_of(R"([])").code, "field_type");
}

TEST(Shape, DescribesItselfAsJsonSchema)
{
    SchemaSet set;
    EXPECT_EQ(boost::json::serialize(schema_of<Bicycle>(set)), R"({"$ref":"#/components/schemas/Bicycle"})");
    auto const& bicycle = set.at("Bicycle").as_object();
    EXPECT_EQ(boost::json::serialize(bicycle.at("required")), R"(["id","name","wheels"])");
    EXPECT_EQ(boost::json::serialize(bicycle.at("properties").at("kind")),
              R"({"type":"string","enum":["road","city"]})");
    EXPECT_EQ(set.at("Wheel").at("properties").at("spokes").at("maximum"), 48);
}

TEST(MergePatch, FollowsTheExamplesOfRfc7396)
{
    auto const merged = [](std::string_view target, std::string_view patch) {
        return boost::json::serialize(merge_patch(boost::json::parse(target), boost::json::parse(patch)));
    };
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":"b"})", R"({"b":"c"})"), R"({"a":"b","b":"c"})");
    EXPECT_EQ(merged(R"({"a":"b","b":"c"})", R"({"a":null})"), R"({"b":"c"})");
    EXPECT_EQ(merged(R"({"a":["b"]})", R"({"a":"c"})"), R"({"a":"c"})");
    EXPECT_EQ(merged(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"), R"({"a":{"b":"d"}})");
    EXPECT_EQ(merged(R"(["a","b"])", R"(["c","d"])"), R"(["c","d"])");
    EXPECT_EQ(merged(R"({"e":null})", R"({"a":1})"), R"({"e":null,"a":1})");
    EXPECT_EQ(merged(R"({})", R"({"a":{"bb":{"ccc":null}}})"), R"({"a":{"bb":{}}})");
}

} // namespace
} // namespace gatehouse
