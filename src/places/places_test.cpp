#include "places/places.hpp"

#include "places/test_support/mmdb_writer.hpp"
#include "view/locale.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

// libmaxminddb 1.7 loses some memory (4 KB) when what a file says of itself is damaged.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions()
{
    return "leak:libmaxminddb";
}

namespace gatehouse::places {

namespace {

using testing::HasSubstr;
using testing::Not;
namespace json = boost::json;

constexpr std::string_view kVienna = "81.10.1.2";

view::Locale const& locale(std::string_view tag)
{
    static auto const all = *view::Locales::load();
    return *all->find(tag);
}

std::string without_isolates(std::string text)
{
    for (std::string_view const mark : {"\u2068", "\u2069"})
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark))
            text.erase(at, mark.size());
    return text;
}

// What reading a file with this content is refused with; "" when it is taken.
std::string refusal(std::string_view content)
{
    TemporaryFile const file(content);
    auto const opened = Database::open(file.path());
    if (opened)
        return {};
    EXPECT_EQ(opened.error().code, "places_unreadable");
    EXPECT_THAT(opened.error().message, HasSubstr(file.path()));
    return opened.error().message;
}

// Asks a damaged file for many addresses; what comes back is fit to be shown.
void ask_everywhere(Database const& database, std::mt19937& random)
{
    for (int i = 0; i < 50; ++i) {
        auto const number = random();
        auto const v4 =
            fmt::format("{}.{}.{}.{}", number >> 24, (number >> 16) & 255, (number >> 8) & 255, number & 255);
        for (auto const& address : {std::string(kVienna), std::string("2001:200::1"), v4}) {
            auto const place = database.find(address, "de");
            if (!place)
                continue;
            EXPECT_EQ(place->country.size(), 2U);
            EXPECT_LE(place->city.size(), 120U);
        }
    }
}

} // namespace

TEST(Places, NamesCityAndCountryInTheReadersLanguage)
{
    TemporaryFile const file(example_mmdb());
    Places places(file.path());
    ASSERT_TRUE(places.reload());
    EXPECT_EQ(places.find(kVienna), (Place{.country = "AT", .region = "Vienna state", .city = "Vienna"}));
    EXPECT_EQ(without_isolates(places.describe(kVienna, locale("en"))), "Vienna, Austria");
    EXPECT_EQ(without_isolates(places.describe(kVienna, locale("de"))), "Wien, Österreich");
    EXPECT_EQ(without_isolates(places.describe(kVienna, locale("ja"))), "オーストリア、ウィーン");
    EXPECT_EQ(without_isolates(places.describe(kVienna, locale("ar"))), "Vienna، النمسا");
    EXPECT_EQ(without_isolates(places.describe("49.224.1.1", locale("fr"))), "Nouvelle-Zélande");
    EXPECT_EQ(without_isolates(places.describe("2001:200::7", locale("en"))), "Kanagawa, Japan");
    EXPECT_EQ(without_isolates(places.describe_address(kVienna, locale("en"))), "Vienna, Austria (81.10.1.2)");
    EXPECT_EQ(without_isolates(places.describe_address("::ffff:81.10.1.2", locale("en"))),
              "Vienna, Austria (::ffff:81.10.1.2)");
}

TEST(Places, KnowNothingOfAddressesThatAreNowhereOrNotInTheFile)
{
    // A file that claims to know where private networks are is not believed.
    TemporaryFile const file(write_mmdb({{"10.0.0.0/8", {{"country_code", "DE"}}},
                                         {"127.0.0.0/8", {{"country_code", "DE"}}},
                                         {"fe80::/10", {{"country_code", "DE"}}},
                                         {"81.10.0.0/16", {{"country_code", "AT"}}}}));
    Places places(file.path());
    ASSERT_TRUE(places.reload());
    for (auto const* address : {"10.1.2.3", "127.0.0.1", "::1", "fe80::1", "192.168.1.1", "8.8.8.8", "", "nowhere"}) {
        EXPECT_EQ(places.find(address), std::nullopt) << address;
        EXPECT_EQ(places.describe_address(address, locale("en")), address);
    }
    EXPECT_TRUE(places.find(kVienna));
}

TEST(Places, WithoutAFileShowAddresses)
{
    Places places;
    ASSERT_TRUE(places.reload());
    places.reload_if_changed();
    EXPECT_EQ(places.describe(kVienna, locale("en")), "");
    EXPECT_EQ(places.describe_address(kVienna, locale("en")), kVienna);
    EXPECT_EQ(places.built_at(), std::nullopt);
}

TEST(Places, ReadEveryRecordSizeAndTheFormsOfSeveralMakers)
{
    for (unsigned const bits : {24U, 28U, 32U}) {
        TemporaryFile const file(example_mmdb({.record_size = bits}));
        auto const opened = Database::open(file.path());
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ((*opened)->find(kVienna, "de")->city, "Wien");
        EXPECT_EQ((*opened)->type(), "Test-City");
        EXPECT_EQ((*opened)->built_at(), from_seconds(1'790'000'000));
    }
    TemporaryFile const flat(
        write_mmdb({{"81.10.0.0/16", {{"country", "AT"}, {"region", "Vienna"}, {"city", "Wien"}}}}));
    auto const opened = Database::open(flat.path());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->find(kVienna, "en"), (Place{.country = "AT", .region = "Vienna", .city = "Wien"}));
}

TEST(Places, NamesThatCannotBeShownAreLeftOut)
{
    for (std::string const name : {"\xFF\xFEWien", "Wi\nen", "W\u202Eien", "Wi\u0000en"}) {
        TemporaryFile const file(write_mmdb({{"81.10.0.0/16", {{"country_code", "AT"}, {"city", name + "\x01"}}}}));
        auto const opened = Database::open(file.path());
        ASSERT_TRUE(opened);
        EXPECT_EQ((*opened)->find(kVienna, "en")->city, "");
    }
    TemporaryFile const longer(
        write_mmdb({{"81.10.0.0/16", {{"country_code", "AT"}, {"city", std::string(5000, 'x')}}}}));
    EXPECT_EQ((*Database::open(longer.path()))->find(kVienna, "en")->city, "");
}

TEST(Places, FilesThatAreNoMmdbOrHoldNoCountriesAreRefused)
{
    EXPECT_THAT(refusal(""), HasSubstr("no MMDB file"));
    EXPECT_THAT(refusal("<html>Sign in to download</html>"), HasSubstr("no MMDB file"));
    EXPECT_THAT(refusal(write_mmdb({{"81.10.0.0/16", {{"autonomous_system_number", 8447}}}})),
                HasSubstr("holds no countries"));
    EXPECT_THAT(refusal(write_mmdb({{"81.10.0.0/16", {{"country_code", "<b>"}}}})), HasSubstr("holds no countries"));
    auto const missing = Database::open("/nonexistent/places.mmdb");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("cannot be read"));
    EXPECT_FALSE(Database::open("/tmp"));
    EXPECT_FALSE(Database::open("/dev/zero"));
}

TEST(Places, AFileThatIsCutShortIsRefused)
{
    auto const whole = example_mmdb();
    for (std::size_t length = 0; length < whole.size(); length += 1 + length / 50)
        EXPECT_NE(refusal(std::string_view(whole).substr(0, length)), "") << length;
    // Its beginning is missing, its description is there.
    for (std::size_t cut = 1; cut + 400 < whole.size(); cut += 1 + cut / 20)
        if (auto const opened = Database::open(TemporaryFile(std::string_view(whole).substr(cut)).path())) {
            std::mt19937 random(1);
            ask_everywhere(**opened, random);
        }
}

TEST(Places, ATreeThatLeadsOutOfTheFileIsRefused)
{
    auto broken = example_mmdb({.record_size = 32});
    broken.replace(4, 4, "\xFF\xFF\xFF\xF0");
    EXPECT_THAT(refusal(broken), HasSubstr("leads out of it"));
    // Into the separator, right before the data: what is subtracted there must not run below nought.
    auto separator = write_mmdb({{"81.10.0.0/16", {{"country_code", "AT"}}}}, {.record_size = 32});
    separator.replace(4, 4, std::string("\0\0\0\x71", 4));
    EXPECT_THAT(refusal(separator), HasSubstr("damaged"));
}

// An operator's download may hold anything; it must neither crash the server nor put garbage on pages.
TEST(Places, NoDamageMakesItCrash)
{
    std::mt19937 random(20'261'124);
    auto const whole = example_mmdb({.record_size = 24});
    TemporaryFile file(whole);
    int taken = 0;
    for (int round = 0; round < 600; ++round) {
        auto damaged = whole;
        for (auto left = 1 + random() % 8; left > 0; --left)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        file.overwrite(damaged);
        auto const opened = Database::open(file.path());
        if (!opened)
            continue;
        ++taken;
        ask_everywhere(**opened, random);
    }
    EXPECT_GT(taken, 50); // otherwise the check at the door is all that was tried
    for (int round = 0; round < 200; ++round) {
        std::string noise(random() % 4096, '\0');
        for (auto& byte : noise)
            byte = static_cast<char>(random());
        file.overwrite(round % 2 == 0 ? noise : noise + whole.substr(whole.rfind("\xAB\xCD\xEF")));
        if (auto const opened = Database::open(file.path()))
            ask_everywhere(**opened, random);
    }
}

TEST(Places, AreReadAgainWhenTheFileChanges)
{
    TemporaryFile file(write_mmdb({{"81.10.0.0/16", {{"country_code", "AT"}}}}));
    Places places(file.path());
    ASSERT_TRUE(places.reload());
    file.overwrite(write_mmdb({{"81.10.0.0/16", {{"country_code", "DE"}}}}));
    EXPECT_EQ(places.find(kVienna)->country, "AT");
    places.reload_if_changed();
    EXPECT_EQ(places.find(kVienna)->country, "DE");
}

TEST(Places, StayAsTheyWereWhenTheFileIsWrittenOverOrCutShort)
{
    TemporaryFile file(example_mmdb());
    Places places(file.path());
    ASSERT_TRUE(places.reload());
    file.overwrite(""); // what was mapped of it would be a SIGBUS now
    EXPECT_EQ(places.find(kVienna)->city, "Vienna");
    places.reload_if_changed();
    places.reload_if_changed();
    EXPECT_EQ(places.failures(), 1U);
    EXPECT_EQ(places.find(kVienna)->city, "Vienna");
    file.overwrite(example_mmdb({.build_epoch = 1'800'000'000}));
    places.reload_if_changed();
    EXPECT_EQ(places.built_at(), from_seconds(1'800'000'000));
}

} // namespace gatehouse::places
