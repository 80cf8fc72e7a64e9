#include "http/url.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

std::string written(std::string_view text)
{
    auto const url = Url::parse(text);
    return url ? url->serialize() : url.error().code;
}

TEST(Url, ReadsWhatBrowsersRead)
{
    for (auto const& [text, expected] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"https://Example.COM", "https://example.com/"},
             {"HTTPS://example.com:443/a?b#c", "https://example.com/a?b#c"},
             {"http://example.com:080/", "http://example.com/"},
             {"http://example.com:8080/", "http://example.com:8080/"},
             {"https:example.com/x", "https://example.com/x"},
             {"https:\\\\example.com\\x", "https://example.com/x"},
             {"https:////example.com/x", "https://example.com/x"},
             {"  ht\ntps://exa\tmple.com/ ", "https://example.com/"},
             {"https://example.com/a/./b/../c/%2e%2E/d", "https://example.com/a/d"},
             {"https://example.com/../../x", "https://example.com/x"},
             {"https://example.com/a b?c d'#e f", "https://example.com/a%20b?c%20d%27#e%20f"},
             {"https://example.com/\xc3\xa4", "https://example.com/%C3%A4"},
             {"https://u:p@example.com/", "https://u:p@example.com/"},
             {"https://a@b@example.com/", "https://a%40b@example.com/"},
             {"https://app.example:80@evil/", "https://app.example:80@evil/"},
             {"https://ex%41mple.com/", "https://example.com/"},
             {"http://[::1]:80/", "http://[::1]/"},
             {"http://[2001:DB8:0:0:1:0:0:1]/", "http://[2001:db8::1:0:0:1]/"},
             {"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"},
             {"http://127.1/", "http://127.0.0.1/"},
             {"http://0x7f.0.0.1/", "http://127.0.0.1/"},
             {"http://0177.0.0.1/", "http://127.0.0.1/"},
             {"http://2130706433/", "http://127.0.0.1/"},
             {"http://127.0.0.1./", "http://127.0.0.1/"},
             {"http://0/", "http://0.0.0.0/"},
             {"com.example.app:/callback", "com.example.app:/callback"},
             {"com.example.app://callback/x", "com.example.app://callback/x"},
             {"mailto:a@b.example", "mailto:a@b.example"},
             {"javascript:alert(1)", "javascript:alert(1)"},
             {"urn:a:b?c", "urn:a:b?c"},
         })
        EXPECT_EQ(written(text), expected) << text;
}

TEST(Url, RefusesWhatBrowsersRefuse)
{
    for (std::string_view const text : {"",
                                        "example.com",
                                        "/path",
                                        "//example.com",
                                        "https://",
                                        "https:///",
                                        "https://@/",
                                        "https://u@/",
                                        "https://:80/",
                                        "https://a:99999/",
                                        "https://a:8x/",
                                        "https://a b/",
                                        "https://a%/",
                                        "https://a%00b/",
                                        "https://a%2fb/",
                                        "https://a<b/",
                                        "https://a^b/",
                                        "https://[::1/",
                                        "https://[::g]/",
                                        "https://[1.2.3.4]/",
                                        "https://1.2.3.256/",
                                        "https://1.2.3.4.5/",
                                        "https://999999999999/",
                                        "1https://x/",
                                        "ht!tps://x/",
                                        "https://b\xc3\xbc"
                                        "cher.example/",
                                        "https://b%C3%BCcher.example/",
                                        "file:///etc/passwd",
                                        "https://1.2.3.08/"})
        EXPECT_EQ(written(text), "invalid_url") << text;
}

TEST(Url, TellsItsOrigin)
{
    auto const origin = [](std::string_view text) { return Url::parse(text).value().origin(); };
    EXPECT_EQ(origin("https://Example.com:443/a"), "https://example.com");
    EXPECT_EQ(origin("http://example.com:81/a"), "http://example.com:81");
    EXPECT_EQ(origin("com.example:/"), "null");
    EXPECT_EQ(origin("https://app.example:80@evil/"), "https://evil");
    EXPECT_EQ(Url::parse("https://x/").value().effective_port(), 443);
    for (std::string_view const loopback :
         {"http://localhost/", "http://a.localhost/", "http://127.9.9.9/", "http://[::1]/"})
        EXPECT_TRUE(Url::parse(loopback).value().is_loopback()) << loopback;
    for (std::string_view const other :
         {"http://localhost.evil/", "http://localhost./", "http://128.0.0.1/", "http://[::2]/"})
        EXPECT_FALSE(Url::parse(other).value().is_loopback()) << other;
}

TEST(RedirectUri, TakesWhatApplicationsUse)
{
    for (std::string_view const uri :
         {"https://app.example/callback", "https://app.example", "https://app.example/",
          "https://app.example:8443/cb?a=b", "http://localhost:3000/cb", "http://127.0.0.1/cb", "http://[::1]:8081/cb"})
        EXPECT_TRUE(check_redirect_uri(uri, RedirectUse::web)) << uri;
    EXPECT_TRUE(check_redirect_uri("com.example.app:/callback", RedirectUse::native));
    EXPECT_TRUE(check_redirect_uri("com.example.app://callback", RedirectUse::native));
    EXPECT_FALSE(check_redirect_uri("com.example.app:/callback", RedirectUse::web));
}

TEST(RedirectUri, RegistrationRefusesEveryTrick)
{
    for (std::string_view const uri : {"",
                                       "callback",
                                       "//evil/cb",
                                       "http://app.example/cb",
                                       "https://app.example/cb#x",
                                       "https://app.example/cb#",
                                       "https://u:p@app.example/cb",
                                       "https://app.example:80@evil/",
                                       "https://@app.example/",
                                       "https://*.app.example/cb",
                                       "https://app.example/*",
                                       "https://app.example\\@evil/",
                                       "https:\\\\app.example/cb",
                                       "https://app.example/a b",
                                       "https://app.example/\ncb",
                                       "https://app.example/cb\t",
                                       " https://app.example/cb",
                                       "https://App.example/cb",
                                       "https://app.example:443/cb",
                                       "https://app.example/a/../cb",
                                       "https://app.example/a/%2e%2e/cb",
                                       "https://app.example/a/%2E./cb",
                                       "https://app.example/a%2fcb",
                                       "https://app.example/a%5Ccb",
                                       "https:app.example/cb",
                                       "javascript:alert(1)",
                                       "data:text/html,x",
                                       "vbscript:x",
                                       "file:///etc/passwd",
                                       "blob:https://app.example/x",
                                       "ftp://app.example/",
                                       "ws://localhost/",
                                       "http://localhost.evil/cb",
                                       "http://127.0.0.1.evil/cb",
                                       "http://127.1/cb",
                                       "http://2130706433/cb",
                                       "https://b\xc3\xbc"
                                       "cher.example/",
                                       "https://app.example/\xc3\xa4",
                                       "myapp:/cb",
                                       "https://app.example/<script>",
                                       "https://"}) {
        EXPECT_FALSE(check_redirect_uri(uri, RedirectUse::web)) << uri;
        EXPECT_FALSE(check_redirect_uri(uri, RedirectUse::native)) << uri;
    }
}

TEST(RedirectUri, MatchesExactlyButForTheLoopbackPortOfANativeApp)
{
    auto const web = [](auto a, auto b) { return redirect_uri_matches(a, b, RedirectUse::web); };
    auto const native = [](auto a, auto b) { return redirect_uri_matches(a, b, RedirectUse::native); };
    EXPECT_TRUE(web("https://app.example/cb", "https://app.example/cb"));
    for (std::string_view const other :
         {"https://app.example/cb/", "https://app.example/CB", "https://app.example/cb?x", "https://app.example:443/cb",
          "https://app.example/cb/../cb", "https://app.example/cb%2f..", "https://app.example.evil/cb",
          "https://evil/app.example/cb", "https://app.example:80@evil/cb"})
        EXPECT_FALSE(web("https://app.example/cb", other)) << other;
    EXPECT_FALSE(web("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb"));
    EXPECT_TRUE(native("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb"));
    EXPECT_TRUE(native("http://127.0.0.1:1/cb", "http://127.0.0.1/cb"));
    EXPECT_TRUE(native("http://[::1]/cb", "http://[::1]:5000/cb"));
    for (std::string_view const other :
         {"http://127.0.0.1:5000/cb/", "http://127.0.0.1:5000/", "http://127.0.0.1:x/cb", "http://127.0.0.1:/cb",
          "http://127.0.0.1:99999/cb", "http://127.0.0.1:1@evil/cb", "http://127.0.0.1.evil:1/cb", "http://[::1]:1/cb",
          "http://127.0.0.1:80/cb", "https://127.0.0.1:1/cb"})
        EXPECT_FALSE(native("http://127.0.0.1/cb", other)) << other;
    EXPECT_FALSE(native("http://localhost/cb", "http://localhost:5000/cb"));
}

TEST(ReturnTo, StaysOnThisHost)
{
    for (std::string_view const path : {"/", "/account", "/oauth2/authorize?client_id=a&b=https://x/", "/a#b", "/a//b"})
        EXPECT_EQ(safe_local_path(path), path);
    for (std::string_view const path :
         {"", "account", "//evil", "/\\evil", "///evil", "/%5cevil", "/%2Fevil", "/\t/evil", "/\n",
          "/a\r\nSet-Cookie: x", "https://evil/", "javascript:alert(1)", "\\\\evil", "/a\\b", "/.//evil", "/..//evil",
          "/a/..//evil", " /a", "/\xc3\xa4"})
        EXPECT_EQ(safe_local_path(path), std::nullopt) << path;
}

TEST(WithQuery, KeepsTheQueryThatIsThere)
{
    EXPECT_EQ(with_query("https://a/cb", "code=1"), "https://a/cb?code=1");
    EXPECT_EQ(with_query("https://a/cb?x=%20y", "code=1"), "https://a/cb?x=%20y&code=1");
    EXPECT_EQ(with_query("https://a/cb?", "code=1"), "https://a/cb?code=1");
    EXPECT_EQ(with_query("https://a/cb", ""), "https://a/cb");
}

TEST(HttpsOrLoopback, RefusesPlainHttpElsewhere)
{
    EXPECT_TRUE(parse_https_or_loopback("https://login.example/t/a"));
    EXPECT_TRUE(parse_https_or_loopback("http://localhost:8080"));
    for (std::string_view const bad : {"http://login.example", "https://u@login.example", "https://login.example#x",
                                       "https://login.example\\x", "ftp://login.example"})
        EXPECT_FALSE(parse_https_or_loopback(bad)) << bad;
}

} // namespace
} // namespace gatehouse::http
