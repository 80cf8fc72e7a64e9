#include "identity/profile_schema.hpp"

#include "identity/test_support/test_house.hpp"

#include <chrono>

namespace gatehouse::identity {
namespace {

namespace json = boost::json;
using storage::Tx;

TimePoint const kNow = from_seconds(1'795'000'000); // 2026-11-18

Result<ProfileSchema> parse(std::string_view text, ProfileSchema const& before = {})
{
    return parse_profile_schema(json::parse(text).as_object(), before);
}

std::string mistake(std::string_view text, ProfileSchema const& before = {})
{
    auto const schema = parse(text, before);
    return schema ? "none" : schema.error().code + " " + schema.error().pointer;
}

TEST(ProfileSchema, AStandardAttributeNeedsNothingButItsName)
{
    auto const schema = parse(R"({"attributes": [{"name": "birthdate"}, {"name": "address"}]})");
    ASSERT_TRUE(schema) << schema.error().message << schema.error().pointer;
    EXPECT_EQ(schema->attributes[0].type, AttributeType::date);
    EXPECT_EQ(schema->attributes[0].scopes, std::vector<std::string>{"profile"});
    EXPECT_EQ(schema->attributes[0].autocomplete, "bday");
    EXPECT_EQ(schema->attributes[1].scopes, std::vector<std::string>{"address"});
}

TEST(ProfileSchema, WritesWhatItReads)
{
    auto const schema = parse(R"({"attributes": [{"name": "size", "type": "choice", "label": {"en": "Size"},
        "choices": [{"value": "s", "label": {"de": "klein"}}, {"value": "m"}]}, {"name": "name"}],
        "forms": [{"name": "all", "pages": [{"fields": [{"attribute": "size", "required": true}]}]}],
        "prompts": [{"name": "later", "from_sign_in": 3, "fields": [{"attribute": "name"}]}]})");
    ASSERT_TRUE(schema) << schema.error().message << schema.error().pointer;
    auto const written = write_profile_schema(*schema);
    auto const again = parse_profile_schema(written, *schema);
    ASSERT_TRUE(again) << again.error().pointer;
    EXPECT_EQ(write_profile_schema(*again), written);
}

TEST(ProfileSchema, EveryMistakeIsNamedWithItsPlace)
{
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "size"}]})"), "field_required /attributes/0/type");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "1x", "type": "text"}]})"), "schema_invalid /attributes/0/name");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "email_verified", "type": "boolean"}]})"),
              "schema_invalid /attributes/0/name");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "password", "type": "text"}]})"),
              "schema_invalid /attributes/0/name");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "mail", "type": "text", "claim": "email"}]})"),
              "schema_invalid /attributes/0/claim");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "birthdate", "type": "text"}]})"),
              "schema_invalid /attributes/0/type");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "text"}, {"name": "a", "type": "text"}]})"),
              "schema_invalid /attributes/1/name");
    EXPECT_EQ(
        mistake(R"({"attributes": [{"name": "a", "type": "text"}, {"name": "b", "type": "text", "claim": "a"}]})"),
        "schema_invalid /attributes/1/name");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "choice"}]})"), "schema_invalid /attributes/0/choices");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "integer", "max_length": 3}]})"),
              "schema_invalid /attributes/0/max_length");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "date", "minimum": 3}]})"),
              "schema_invalid /attributes/0/minimum");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "date", "maximum": "today-x"}]})"),
              "schema_invalid /attributes/0/maximum");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "text", "pattern": "(a"}]})"),
              "schema_invalid /attributes/0/pattern");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "text", "pattern": "(a)\\1"}]})"),
              "schema_invalid /attributes/0/pattern")
        << "backreferences cannot be matched in linear time";
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "text", "plain": true}]})"),
              "schema_invalid /attributes/0/plain");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "text", "scopes": ["openid"]}]})"),
              "schema_invalid /attributes/0/scopes/0");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "a", "type": "text", "label": {"en": 3}}]})"),
              "schema_invalid /attributes/0/label/en");
    EXPECT_EQ(mistake(R"({"forms": [{"name": "f", "pages": [{"fields": [{"attribute": "x"}]}]}]})"),
              "schema_invalid /forms/0/pages/0/fields/0/attribute");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "name", "user": "view"}],
                          "forms": [{"name": "f", "pages": [{"fields": [{"attribute": "name"}]}]}]})"),
              "schema_invalid /forms/0/pages/0/fields/0/attribute");
    EXPECT_EQ(mistake(R"({"forms": [{"name": "f", "pages": [{}]}, {"name": "g", "pages": [{}]}]})"),
              "schema_invalid /forms/1/applications");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "name"}],
                          "prompts": [{"name": "p", "fields": [{"attribute": "name"}]}]})"),
              "schema_invalid /prompts/0");
    EXPECT_EQ(mistake(R"({"atributes": []})"), "field_unknown /atributes");
}

TEST(ProfileSchema, ANameKeepsItsTypeAlsoAfterItWasRemoved)
{
    auto const first = parse(R"({"attributes": [{"name": "points", "type": "integer"}]})");
    ASSERT_TRUE(first);
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "points", "type": "date"}]})", *first),
              "attribute_type_fixed /attributes/0/type");
    auto const without = parse("{}", *first);
    ASSERT_TRUE(without);
    ASSERT_EQ(without->retired.size(), 1U);
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "points", "type": "boolean"}]})", *without),
              "attribute_type_fixed /attributes/0/type");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "points", "type": "integer", "plain": true, "personal": false}]})",
                      *without),
              "attribute_type_fixed /attributes/0/plain");
    EXPECT_EQ(mistake(R"({"attributes": [{"name": "points", "type": "number"}]})", *without), "none");
}

struct Case {
    std::string attribute; // JSON beside the name
    std::string value;     // JSON
    std::string outcome;   // JSON of the normal form, or the error's code
};

std::string outcome_of(Case const& one)
{
    auto definition = json::parse(one.attribute).as_object();
    if (!definition.contains("name"))
        definition["name"] = "a";
    auto const schema = parse_profile_schema({{"attributes", json::array{definition}}}, {});
    if (!schema)
        return schema.error().code + schema.error().pointer;
    auto const checked = check_value(schema->attributes[0], json::parse(one.value), "/profile/a", kNow);
    return checked ? json::serialize(*checked) : checked.error().code;
}

TEST(AttributeValue, IsTakenInItsNormalFormOrRefused)
{
    std::vector<Case> const cases{
        {R"({"type": "text"})", R"(" Ada ")", R"("Ada")"},
        {R"({"type": "text"})", R"("a\nb")", "attribute_characters"},
        {R"({"type": "text"})", "7", "attribute_type"},
        {R"({"type": "text", "max_length": 3})", R"("愛愛愛愛")", "attribute_too_long"},
        {R"({"type": "text", "max_length": 3})", R"("愛愛愛")", R"("愛愛愛")"},
        {R"({"type": "text", "min_length": 2})", R"("x")", "attribute_too_short"},
        {R"({"type": "text", "pattern": "[A-Z]{2}[0-9]+"})", R"("AB12")", R"("AB12")"},
        {R"({"type": "text", "pattern": "[A-Z]{2}[0-9]+"})", R"("xAB12")", "attribute_pattern"},
        {R"({"type": "long_text"})", R"("a\r\nb")", R"("a\nb")"},
        {R"({"type": "integer"})", "3", "3"},
        {R"({"type": "integer"})", "3.5", "attribute_integer"},
        {R"({"type": "integer", "minimum": 4})", "3", "attribute_too_small"},
        {R"({"type": "number", "maximum": 4})", "4.5", "attribute_too_large"},
        {R"({"type": "boolean"})", "true", "true"},
        {R"({"type": "boolean"})", R"("true")", "attribute_type"},
        {R"({"type": "date"})", R"("2024-02-29")", R"("2024-02-29")"},
        {R"({"type": "date"})", R"("2023-02-29")", "attribute_date"},
        {R"({"type": "date", "maximum": "today-18y"})", R"("2008-11-18")", R"("2008-11-18")"},
        {R"({"type": "date", "maximum": "today-18y"})", R"("2008-11-19")", "attribute_too_late"},
        {R"({"type": "date", "minimum": "2000-01-01"})", R"("1999-12-31")", "attribute_too_early"},
        {R"({"name": "birthdate"})", R"("0000-12-24")", R"("0000-12-24")"},
        {R"({"name": "birthdate"})", R"("1815")", R"("1815")"},
        {R"({"type": "date"})", R"("1815")", "attribute_date"},
        {R"({"type": "choice", "choices": [{"value": "s"}]})", R"("s")", R"("s")"},
        {R"({"type": "choice", "choices": [{"value": "s"}]})", R"("m")", "attribute_choice"},
        {R"({"type": "choice_list", "choices": [{"value": "s"}, {"value": "m"}]})", R"(["m","s","m"])", R"(["m","s"])"},
        {R"({"type": "text_list", "max_items": 1})", R"(["a","b"])", "attribute_too_many"},
        {R"({"type": "url"})", R"("javascript:alert")", "attribute_url"},
        {R"({"type": "url"})", R"("https://example.com/")", R"("https://example.com/")"},
        {R"({"type": "country"})", R"("de")", R"("DE")"},
        {R"({"type": "country"})", R"("XX")", "attribute_country"},
        {R"({"type": "locale"})", R"("pt-br")", R"("pt-BR")"},
        {R"({"type": "locale"})", R"("not a tag")", "attribute_locale"},
        {R"({"type": "locale"})", R"("xx")", "attribute_locale"},
        {R"({"type": "time_zone"})", R"("Europe/Berlin")", R"("Europe/Berlin")"},
        {R"({"type": "time_zone"})", R"("Europe/Atlantis")", "attribute_time_zone"},
        {R"({"type": "email"})", R"("Ada@EXAMPLE.com")", R"("Ada@EXAMPLE.com")"},
        {R"({"type": "address"})", R"({"locality": " Bonn ", "country": ""})", R"({"locality":"Bonn"})"},
        {R"({"type": "address"})", R"({"planet": "Mars"})", "attribute_unknown"},
    };
    for (auto const& one : cases)
        EXPECT_EQ(outcome_of(one), one.outcome) << one.attribute << " " << one.value;
}

TEST(AttributeValue, OfAHostilePatternAndTextTakesLinearTime)
{
    auto const schema = parse(R"({"attributes": [{"name": "a", "type": "long_text", "pattern": "(a|a|aa)*b"}]})");
    ASSERT_TRUE(schema);
    auto const began = std::chrono::steady_clock::now();
    auto const checked = check_value(schema->attributes[0], json::value(std::string(4000, 'a')), "", kNow);
    EXPECT_EQ(checked.error().code, "attribute_pattern");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
}

TEST(AttributeInput, OfAFormIsReadByItsType)
{
    auto const schema =
        parse(R"({"attributes": [{"name": "points", "type": "integer"}, {"name": "news", "type": "boolean"},
        {"name": "tags", "type": "text_list"}, {"name": "address"}]})");
    ASSERT_TRUE(schema);
    auto const read = [&](std::size_t index, std::vector<http::Fields::Pair> pairs) {
        auto const value = read_input(schema->attributes[index], http::Fields(std::move(pairs)), kNow);
        return value ? json::serialize(*value) : value.error().code + " " + value.error().pointer;
    };
    EXPECT_EQ(read(0, {{"points", " 12 "}}), "12");
    EXPECT_EQ(read(0, {{"points", "twelve"}}), "attribute_integer points");
    EXPECT_EQ(read(0, {}), "null");
    EXPECT_EQ(read(1, {}), "false");
    EXPECT_EQ(read(1, {{"news", "on"}}), "true");
    EXPECT_EQ(read(2, {{"tags", "a\r\n\r\nb"}}), R"(["a","b"])");
    EXPECT_EQ(read(2, {{"tags", "a"}, {"tags", "b"}}), R"(["a","b"])");
    EXPECT_EQ(read(3, {{"address.locality", "Bonn"}}), R"({"locality":"Bonn"})");
    EXPECT_EQ(read(3, {{"address.locality", "\x01"}}), "attribute_characters address.locality");
}

class SchemaOf : public testing::TestWithParam<storage::Engine> {
protected:
    TestHouse house{GetParam()};
    TenantId tenant = house.tenant().id;

    Result<StoredProfileSchema> put(std::string_view text, std::optional<std::int64_t> version = {})
    {
        auto stored = house.write([&](Tx& tx) {
            return replace_profile_schema(tx, *house.vault, tenant, json::parse(text).as_object(), version,
                                          house.origin, house.now());
        });
        EXPECT_TRUE(house.changes.poll_now(house.now()));
        return stored;
    }
    Result<User> update(UserId user, json::object profile)
    {
        return house.write([&](Tx& tx) {
            return house.users.update_profile(tx, tenant, user, profile, std::nullopt, house.origin, house.now());
        });
    }
    std::string plain_column(UserId user)
    {
        static constexpr storage::Statement kSelect{"SELECT plain_profile FROM users WHERE user_id = :user"};
        auto found = house.read([&](Tx& tx) {
            return tx.maybe(kSelect, {{"user", user}}, [](storage::Row const& row) { return row.string(0); });
        });
        return found.value().value();
    }
};

TEST_P(SchemaOf, IsKnownWithTheTenantAndGrowsInVersion)
{
    EXPECT_TRUE(house.tenant().profile->additional) << "the default";
    auto const stored = put(R"({"attributes": [{"name": "tier", "type": "text"}]})");
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_EQ(stored->version, 1);
    ASSERT_TRUE(house.tenant().profile->find("tier"));
    EXPECT_EQ(put("{}", 0).error().code, "version_differs");
    EXPECT_EQ(put(R"({"attributes": [{"name": "tier", "type": "text"}]})")->version, 1) << "nothing changed";
    EXPECT_EQ(put("{}", 1)->version, 2);
    EXPECT_EQ(house.tenant().profile->retired.size(), 1U);
    EXPECT_EQ(put(R"({"attributes": [{"name": "tier", "type": "date"}]})").error().code, "attribute_type_fixed");
}

TEST_P(SchemaOf, ProfilesAreHeldToIt)
{
    ASSERT_TRUE(put(R"({"attributes": [{"name": "name"}, {"name": "points", "type": "integer"}]})"));
    auto const ada = house.make_user("ada@example.com").user.id;
    EXPECT_EQ(update(ada, {{"points", "many"}}).error().pointer, "/profile/points");
    EXPECT_EQ(update(ada, {{"shoe", 42}}).error().code, "attribute_unknown");
    EXPECT_TRUE(update(ada, {{"points", 3}}));
}

TEST_P(SchemaOf, WhatWasStoredBeforeStaysReadableAndDoesNotStandInTheWay)
{
    auto const ada = house.make_user("ada@example.com").user.id;
    ASSERT_TRUE(update(ada, {{"name", "Ada"}, {"shoe", 42}}));
    ASSERT_TRUE(put(R"({"attributes": [{"name": "name", "max_length": 2}]})"));
    auto const kept = update(ada, {{"name", "Ada"}, {"shoe", 42}, {"name", "Ada"}});
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_EQ(update(ada, {{"name", "Bob"}, {"shoe", 42}}).error().code, "attribute_too_long");
    EXPECT_TRUE(update(ada, {{"name", "Ed"}}));
}

TEST_P(SchemaOf, OnlyPlainAttributesStandInTheClear)
{
    ASSERT_TRUE(put(R"({"attributes": [{"name": "name"},
        {"name": "segment", "type": "text", "personal": false, "plain": true}]})"));
    auto const ada = house.make_user("ada@example.com").user.id;
    auto const updated = update(ada, {{"name", "MarkerAda"}, {"segment", "gold"}});
    ASSERT_TRUE(updated);
    EXPECT_EQ(plain_column(ada), R"({"segment":"gold"})");
    auto const read = house.read([&](Tx& tx) { return house.users.get(tx, tenant, ada); });
    ASSERT_TRUE(read);
    EXPECT_EQ(read->profile.at("name"), "MarkerAda");
    EXPECT_EQ(read->profile.at("segment"), "gold");
    // The attribute goes, and its value stays where it was.
    ASSERT_TRUE(put(R"({"attributes": [{"name": "name"}]})"));
    ASSERT_TRUE(update(ada, {{"name", "Ada"}, {"segment", "gold"}}));
    EXPECT_EQ(plain_column(ada), R"({"segment":"gold"})");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, SchemaOf, storage::every_backend());

TEST(Profile, NobodyChangesWhatTheyMayOnlySee)
{
    auto const schema = parse(R"({"attributes": [{"name": "name"}, {"name": "tier", "type": "text", "user": "view"},
        {"name": "note", "type": "text", "user": "none", "administrator": "none"}]})");
    ASSERT_TRUE(schema);
    json::object const before{{"name", "Ada"}, {"tier", "gold"}, {"note", "x"}};
    auto const may = [&](json::object after, Editor editor) {
        return check_editor(*schema, before, after, editor).has_value();
    };
    EXPECT_TRUE(may({{"name", "A"}, {"tier", "gold"}, {"note", "x"}}, Editor::user));
    EXPECT_FALSE(may({{"name", "Ada"}, {"tier", "platinum"}, {"note", "x"}}, Editor::user));
    EXPECT_FALSE(may({{"name", "Ada"}, {"note", "x"}}, Editor::user)) << "leaving it out is a change";
    EXPECT_FALSE(may({{"name", "Ada"}, {"tier", "gold"}, {"note", "x"}, {"new", 1}}, Editor::user));
    EXPECT_TRUE(may({{"name", "Ada"}, {"tier", "x"}, {"note", "x"}}, Editor::administrator));
    EXPECT_FALSE(may({{"name", "Ada"}, {"tier", "x"}, {"note", "y"}}, Editor::administrator));
    EXPECT_FALSE(visible_to_administrator(*schema, before).contains("note"));
    EXPECT_EQ(with_hidden(*schema, before, {{"name", "A"}}).at("note"), "x");
}

TEST(Profile, ApplicationsSeeWhatTheirScopesShow)
{
    auto const schema = parse(R"({"attributes": [{"name": "name"}, {"name": "address"},
        {"name": "points", "type": "integer", "scopes": ["claims:loyalty"], "claim": "https://shop.example/points"}]})");
    ASSERT_TRUE(schema) << schema.error().message << schema.error().pointer;
    json::object const profile{{"name", "Ada"}, {"points", 3}, {"address", {{"locality", "Bonn"}}}, {"shoe", 42}};
    EXPECT_EQ(claims_of(*schema, profile, {"openid"}), json::object{});
    EXPECT_EQ(claims_of(*schema, profile, {"profile"}), (json::object{{"name", "Ada"}}));
    EXPECT_EQ(claims_of(*schema, profile, {"claims:loyalty"}), (json::object{{"https://shop.example/points", 3}}));
}

} // namespace
} // namespace gatehouse::identity
