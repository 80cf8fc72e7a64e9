#include "http/message.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <stdexcept>

namespace gatehouse::http {
namespace {

TEST(Form, ReadsNamesAndValuesInOrder)
{
    auto const form = parse_form("a=1&b=x+y%20z&a=2&c&=d&&e=%C3%A4%2B").value();
    EXPECT_EQ(form.size(), 6u);
    EXPECT_EQ(form.find("a"), std::nullopt); // twice
    EXPECT_EQ(form.all("a"), (std::vector<std::string_view>{"1", "2"}));
    EXPECT_EQ(form.repeated(), "a");
    EXPECT_EQ(form.get("b"), "x y z");
    EXPECT_EQ(form.find("c"), "");
    EXPECT_EQ(form.get(""), "d");
    EXPECT_EQ(form.get("e"), "\xc3\xa4+");
    EXPECT_EQ(form.find("missing"), std::nullopt);
    EXPECT_EQ(parse_form("a=1&b=2").value().repeated(), std::nullopt);
    EXPECT_TRUE(parse_form("").value().empty());
}

TEST(Form, RefusesWhatIsNotText)
{
    for (std::string_view const bad : {"a=%", "a=%4", "a=%zz", "%gg=1", "a=%00", "a=%ff", "a=%c3%28", "a=%c0%80",
                                       "a=%ed%a0%80", "a=%f4%90%80%80", "a=\xff", "a=%e2%82"})
        EXPECT_EQ(parse_form(bad).error().code, "invalid_encoding") << bad;
    EXPECT_EQ(parse_form("a&b&c", 2).error().code, "too_many_fields");
    EXPECT_TRUE(parse_form("a&b", 2));
}

TEST(Form, WhatWasEncodedIsReadBack)
{
    std::vector<Fields::Pair> const pairs{{"a b", "c&d=e+f"}, {"\xe2\x82\xac", "\r\n"}, {"", ""}};
    auto const form = parse_form(encode_form(pairs)).value();
    EXPECT_TRUE(std::equal(form.begin(), form.end(), pairs.begin(), pairs.end()));
    EXPECT_EQ(percent_encode("a b/~"), "a%20b%2F~");
    EXPECT_EQ(percent_decode("a+%2B").value(), "a++");
}

TEST(Form, TakesOneContentTypeOnly)
{
    Request request;
    request.body = "a=1";
    EXPECT_EQ(request.form().error().code, "unsupported_media_type");
    request.headers.add("Content-Type", "Application/x-www-form-urlencoded; charset=utf-8");
    EXPECT_EQ(request.form().value().get("a"), "1");
    request.headers.set("content-type", "text/plain");
    EXPECT_EQ(request.form().error().kind, ErrorKind::unsupported);
}

TEST(Headers, CompareWithoutRegardToCase)
{
    Headers headers;
    headers.add("Accept", "a");
    headers.add("ACCEPT", "b");
    EXPECT_EQ(headers.find("accept"), "a");
    EXPECT_EQ(headers.count("Accept"), 2u);
    headers.set("aCCept", "c");
    EXPECT_EQ(headers.count("Accept"), 1u);
    headers.remove("ACCEPT");
    EXPECT_FALSE(headers.contains("accept"));
}

TEST(Cookies, AreFoundByExactName)
{
    Request request;
    request.headers.add("Cookie", "a=1; ab=2;b = 3; c; a=9; d=x=y");
    request.headers.add("Cookie", "late=4");
    EXPECT_EQ(request.cookie("a"), "1"); // the first
    EXPECT_EQ(request.cookie("ab"), "2");
    EXPECT_EQ(request.cookie("A"), std::nullopt);
    EXPECT_EQ(request.cookie("c"), std::nullopt);
    EXPECT_EQ(request.cookie("d"), "x=y");
    EXPECT_EQ(request.cookie("late"), "4");
}

TEST(Cookies, AreWrittenWithTheirAttributes)
{
    EXPECT_EQ(to_string(Cookie{.name = "__Host-s", .value = "v"}),
              "__Host-s=v; Path=/; HttpOnly; Secure; SameSite=Lax");
    EXPECT_EQ(to_string(Cookie{.name = "s",
                               .value = "",
                               .max_age = std::chrono::seconds(0),
                               .http_only = false,
                               .secure = false,
                               .same_site = SameSite::strict,
                               .path = "/t/a"}),
              "s=; Path=/t/a; Max-Age=0; SameSite=Strict");
    EXPECT_THROW(to_string(Cookie{.name = "s", .value = "a; Domain=evil"}), std::logic_error);
    EXPECT_THROW(to_string(Cookie{.name = "s=", .value = "a"}), std::logic_error);
}

TEST(Problem, SaysWhatIsWrongAndKeepsTheDetailForTheLog)
{
    Error const error = refuse(ErrorKind::too_many, "throttled", "Wait \"a\" little.")
                            .at("/email")
                            .because("secret detail")
                            .after(std::chrono::seconds(30))
                            .error();
    auto const response = problem(error, "id-1");
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.headers.find("Retry-After"), "30");
    EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
    EXPECT_EQ(response.headers.find("Cache-Control"), "no-store");
    EXPECT_EQ(boost::json::parse(response.body),
              boost::json::parse(R"({"type":"/errors#throttled","title":"Too Many Requests","status":429,
                "detail":"Wait \"a\" little.","code":"throttled","pointer":"/email","request_id":"id-1"})"));
}

TEST(Negotiation, TheMostSpecificRangeDecides)
{
    Request request;
    EXPECT_TRUE(accepts(request, "text/html"));
    request.headers.add("Accept", "text/*;q=0.5, application/json, text/html;level=1;q=0.9, text/plain;q=0, */*;q=0.1");
    EXPECT_EQ(quality(request, "application/json"), 1000);
    EXPECT_EQ(quality(request, "text/html"), 900);
    EXPECT_EQ(quality(request, "text/css"), 500);
    EXPECT_EQ(quality(request, "image/png"), 100);
    EXPECT_FALSE(accepts(request, "text/plain"));
    request.headers.set("Accept", "application/json");
    EXPECT_FALSE(accepts(request, "text/html"));
}

TEST(Negotiation, LanguagesComeBestFirst)
{
    Request request;
    request.headers.add("Accept-Language", "en;q=0.7, de-AT, *;q=0.5, fr;q=0, de;q=0.9, <x>, nl;q=0.7");
    EXPECT_EQ(accepted_languages(request), (std::vector<std::string>{"de-AT", "de", "en", "nl"}));
}

} // namespace
} // namespace gatehouse::http
