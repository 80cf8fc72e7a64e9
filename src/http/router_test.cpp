#include "http/router.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

Router<std::string> make_router()
{
    Router<std::string> router;
    router.add(Method::get, "/", "home");
    router.add(Method::get, "/users", "list");
    router.add(Method::post, "/users", "create");
    router.add(Method::get, "/users/me", "me");
    router.add(Method::get, "/users/{user_id}", "read");
    router.add(Method::delete_, "/users/{user_id}", "delete");
    router.add(Method::get, "/users/{user_id}/sessions/{session_id}", "session");
    router.add(Method::get, "/users/me/x", "x");
    return router;
}

std::string found(Router<std::string> const& router, Method method, std::string_view path)
{
    auto const match = router.find(method, path);
    return match.endpoint ? *match.endpoint : match.allow.empty() ? "404" : "405 " + match.allow;
}

TEST(Router, FindsTheEndpoint)
{
    auto const router = make_router();
    EXPECT_EQ(found(router, Method::get, "/"), "home");
    EXPECT_EQ(found(router, Method::post, "/users"), "create");
    EXPECT_EQ(found(router, Method::get, "/users/me"), "me");
    EXPECT_EQ(found(router, Method::get, "/users/you"), "read");
    EXPECT_EQ(found(router, Method::delete_, "/users/me"), "delete"); // the literal serves no DELETE
    EXPECT_EQ(found(router, Method::get, "/users/me/sessions/2"), "session");
    auto const match = router.find(Method::get, "/users/1/sessions/2");
    EXPECT_EQ(match.parameters.get("user_id"), "1");
    EXPECT_EQ(match.parameters.get("session_id"), "2");
    EXPECT_EQ(router.routes().size(), 8u);
}

TEST(Router, TellsAnUnknownPathFromAnUnservedMethod)
{
    auto const router = make_router();
    for (std::string_view const path : {"/user", "/users/", "/users//sessions/1", "/users/1/sessions", "//", "", "x"})
        EXPECT_EQ(found(router, Method::get, path), "404") << path;
    EXPECT_EQ(found(router, Method::put, "/users"), "405 GET, HEAD, POST");
    EXPECT_EQ(found(router, Method::other, "/users/1"), "405 GET, HEAD, DELETE");
    EXPECT_EQ(wrong_method("GET, HEAD", "id").headers.find("Allow"), "GET, HEAD");
    EXPECT_EQ(no_route("id").status, 404);
}

TEST(Router, ServesHeadFromGet)
{
    auto router = make_router();
    EXPECT_EQ(found(router, Method::head, "/users/7"), "read");
    EXPECT_EQ(router.find(Method::head, "/users/7").parameters.get("user_id"), "7");
    router.add(Method::head, "/users/{id}", "own");
    EXPECT_EQ(found(router, Method::head, "/users/7"), "own");
    EXPECT_EQ(router.find(Method::head, "/users/7").parameters.get("id"), "7");
}

TEST(Router, RefusesPatternsThatCannotWork)
{
    auto router = make_router();
    for (std::string_view const pattern : {"/users", "users/x", "/a{b}", "/{}", "/a%20b"})
        EXPECT_THROW(router.add(Method::get, std::string(pattern), "again"), std::logic_error) << pattern;
}

} // namespace
} // namespace gatehouse::http
