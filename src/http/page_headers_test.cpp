#include "http/page_headers.hpp"

#include "http/assets.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

TEST(PageHeaders, CarryAStrictPolicyWithANonce)
{
    auto page = Response::html(200, "");
    PagePolicy policy;
    policy.nonce = "abc";
    policy.form_targets = {"https://app.example", "com.example.app:", "https://x; script-src *", "null", ""};
    add_page_headers(page, policy, true);
    EXPECT_EQ(
        page.headers.find("Content-Security-Policy"),
        "default-src 'none'; style-src 'self' 'nonce-abc'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
        "script-src 'self' 'nonce-abc'; img-src 'self' data:; form-action 'self' https://app.example "
        "com.example.app:; frame-ancestors 'none'; base-uri 'none'");
    for (std::string_view const name :
         {"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy",
          "Cross-Origin-Opener-Policy", "Strict-Transport-Security"})
        EXPECT_EQ(page.headers.count(name), 1u) << name;
    add_page_headers(page, policy, true);
    EXPECT_EQ(page.headers.count("Content-Security-Policy"), 1u);
    EXPECT_NE(make_nonce(), make_nonce());

    auto plain = Response::json(200, "{}");
    add_api_headers(plain, false);
    EXPECT_FALSE(plain.headers.contains("Strict-Transport-Security"));
    EXPECT_TRUE(plain.headers.contains("X-Content-Type-Options"));
}

bool passes(Method method, std::vector<std::pair<std::string, std::string>> const& headers)
{
    Request request;
    request.method = method;
    request.host = "login.example";
    request.secure = true;
    for (auto const& [name, value] : headers)
        request.headers.add(name, value);
    return check_same_origin(request).has_value();
}

// Browsers make the Origin of a form "null" under the policy "no-referrer"; same-origin sends nothing to other sites.
TEST(SameOrigin, FormsOfOurPagesCarryTheirOriginAndOtherSitesLearnNoAddress)
{
    auto page = Response::html(200, "");
    add_page_headers(page, {}, false);
    EXPECT_EQ(page.headers.find("Referrer-Policy"), "same-origin");
    auto api = Response::json(200, "{}");
    add_api_headers(api, false);
    EXPECT_EQ(api.headers.find("Referrer-Policy"), "same-origin");
}

TEST(SameOrigin, RequestsForgedByAnotherSiteAreRefused)
{
    EXPECT_TRUE(passes(Method::get, {{"Sec-Fetch-Site", "cross-site"}}));
    EXPECT_TRUE(passes(Method::post, {{"Sec-Fetch-Site", "same-origin"}, {"Cookie", "a=b"}}));
    EXPECT_TRUE(passes(Method::post, {{"Sec-Fetch-Site", "none"}}));
    EXPECT_TRUE(passes(Method::post, {{"Origin", "https://login.example"}, {"Cookie", "a=b"}}));
    EXPECT_TRUE(passes(Method::post, {})); // a machine without cookies
    EXPECT_FALSE(passes(Method::post, {{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://login.example"}}));
    EXPECT_FALSE(passes(Method::post, {{"Sec-Fetch-Site", "same-site"}}));
    EXPECT_FALSE(passes(Method::post, {{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}));
    EXPECT_FALSE(passes(Method::delete_, {{"Origin", "https://evil.example"}}));
    EXPECT_FALSE(passes(Method::post, {{"Origin", "null"}}));
    EXPECT_FALSE(passes(Method::post, {{"Origin", "http://login.example"}}));
    EXPECT_FALSE(passes(Method::post, {{"Origin", "https://login.example.evil"}}));
    EXPECT_FALSE(passes(Method::post, {{"Cookie", "a=b"}}));
    EXPECT_FALSE(passes(Method::other, {{"Sec-Fetch-Site", "cross-site"}}));
}

Assets make_assets()
{
    static EmbeddedFile const files[] = {{"style.css", "body { color: black; color: black }"},
                                         {"style.css.br", "BROTLI"},
                                         {"style.css.gz", "GZIP"},
                                         {"img/logo.svg", "<svg/>"},
                                         {"img/logo.svg.br", "longer than the file"}};
    return Assets(files);
}

Response get(Assets const& assets, std::string_view name,
             std::vector<std::pair<std::string, std::string>> const& headers)
{
    Request request;
    for (auto const& [key, value] : headers)
        request.headers.add(key, value);
    return assets.serve(request, std::string_view(assets.url(name)).substr(8)).value();
}

TEST(Assets, LiveUnderAddressesThatChangeWithTheirContent)
{
    auto const assets = make_assets();
    EXPECT_TRUE(assets.url("style.css").starts_with("/assets/style."));
    EXPECT_TRUE(assets.url("style.css").ends_with(".css"));
    EXPECT_EQ(assets.url("style.css").size(), std::string_view("/assets/style.0123456789abcdef.css").size());
    EXPECT_TRUE(assets.url("img/logo.svg").starts_with("/assets/img/logo."));
    EXPECT_THROW(assets.url("other.css"), std::logic_error);
    EXPECT_EQ(assets.serve(Request{}, "style.css"), std::nullopt);
    EXPECT_EQ(assets.serve(Request{}, "style.0000000000000000.css"), std::nullopt);
    auto const answer = get(assets, "style.css", {});
    EXPECT_EQ(answer.headers.find("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(answer.headers.find("Content-Type"), "text/css; charset=utf-8");
    EXPECT_TRUE(answer.content().starts_with("body"));
}

TEST(Assets, AreSentCompressedToWhoTakesIt)
{
    auto const assets = make_assets();
    EXPECT_EQ(get(assets, "style.css", {{"Accept-Encoding", "gzip, deflate, br"}}).content(), "BROTLI");
    EXPECT_EQ(get(assets, "style.css", {{"Accept-Encoding", "gzip, br;q=0"}}).headers.find("Content-Encoding"), "gzip");
    EXPECT_FALSE(get(assets, "style.css", {{"Accept-Encoding", "brx"}}).headers.contains("Content-Encoding"));
    EXPECT_EQ(get(assets, "img/logo.svg", {{"Accept-Encoding", "br"}}).content(), "<svg/>");
    auto const first = get(assets, "style.css", {{"Accept-Encoding", "br"}});
    auto const etag = std::string(first.headers.find("ETag").value());
    auto const second = get(assets, "style.css", {{"Accept-Encoding", "br"}, {"If-None-Match", "W/\"x\", " + etag}});
    EXPECT_EQ(second.status, 304);
    EXPECT_TRUE(second.content().empty());
    EXPECT_EQ(get(assets, "style.css", {{"If-None-Match", etag}}).status, 200); // another variant
}

} // namespace
} // namespace gatehouse::http
