#include "admin/test_support/management_world.hpp"

#include "base/bytes.hpp"

namespace gatehouse::admin {
namespace {

namespace json = boost::json;

class ThemeOperations : public testing::TestWithParam<storage::Engine> {
protected:
    Reply ask(std::string_view what, json::value body = nullptr, std::map<std::string, std::string> headers = {})
    {
        return world.ask(what, {.token = token, .body = std::move(body), .headers = std::move(headers)});
    }
    static json::object accent(std::string_view colour) { return {{"tokens", {{"light", {{"accent", colour}}}}}}; }

    ManagementWorld world{GetParam()};
    std::string token = world.token();
};

TEST_P(ThemeOperations, ADraftIsSavedLookedAtActivatedAndTakenBack)
{
    auto const draft = ask("PATCH /themes/tenant/draft", accent("#0b7285"));
    ASSERT_EQ(draft.status, 200) << json::serialize(draft.body);
    EXPECT_EQ(draft.header("ETag"), "\"1\"");
    EXPECT_EQ(draft.text("problem"), "");
    EXPECT_EQ(ask("PATCH /themes/tenant/draft", accent("#c2255c"), {{"If-Match", "\"7\""}}).status, 412);

    auto const preview = ask("POST /themes/tenant/preview", json::object{});
    ASSERT_EQ(preview.status, 201) << json::serialize(preview.body);
    EXPECT_TRUE(preview.text("url").starts_with(world.tenant->issuer + "/theme-preview/")) << preview.text("url");

    auto const active = ask("POST /themes/tenant/draft/activate");
    ASSERT_EQ(active.status, 200) << json::serialize(active.body);
    EXPECT_EQ(world.directory.default_tenant()->settings.theme.light.accent, "#0b7285") << "known on this node at once";
    auto const theme = ask("GET /themes/tenant");
    EXPECT_EQ(theme.body.at("version"), active.body.at("version"));
    EXPECT_FALSE(theme.body.as_object().contains("draft"));

    auto const versions = ask("GET /themes/tenant/versions");
    ASSERT_EQ(versions.body.at("items").as_array().size(), 2u);
    ASSERT_EQ(ask("POST /themes/tenant/versions/1/activate").status, 200);
    EXPECT_FALSE(world.directory.default_tenant()->settings.theme.light.accent);
    EXPECT_EQ(ask("POST /themes/tenant/versions/99/activate").code(), "theme_version_not_found");
    EXPECT_EQ(ask("POST /themes/tenant/draft/activate").code(), "no_draft");
    EXPECT_EQ(ask("GET /themes/nobody").status, 404);
}

TEST_P(ThemeOperations, WhatCannotBeReadIsRefusedWithTheValuesWhereverItIsSet)
{
    auto const draft = ask("PATCH /themes/tenant/draft", accent("#ffec99"));
    ASSERT_EQ(draft.status, 200);
    EXPECT_EQ(draft.text("problem_pointer"), "/tokens/light/accent");
    EXPECT_NE(draft.text("problem").find("3:1 is needed"), std::string::npos) << draft.text("problem");
    auto const refused = ask("POST /themes/tenant/draft/activate");
    EXPECT_EQ(refused.code(), "theme_contrast");
    EXPECT_EQ(refused.pointer(), "/tokens/light/accent");
    EXPECT_EQ(ask("DELETE /themes/tenant/draft").status, 204);

    auto const made = ask("POST /applications", {{"client_name", "Shop"},
                                                 {"redirect_uris", json::array{"https://shop.example/callback"}},
                                                 {"theme", {{"light", {{"text", "#999999"}}}}}});
    EXPECT_EQ(made.code(), "theme_contrast");
    EXPECT_EQ(made.pointer(), "/theme/light/text");
    EXPECT_EQ(ask("PATCH /themes/tenant/draft", {{"templates", {{"step.html", "<p>x</p>"}}}}).code(),
              "theme_templates_unavailable")
        << "this tenant has no host of its own";
}

TEST_P(ThemeOperations, ALogoIsUploadedWrittenAnewListedAndRemoved)
{
    std::string_view const drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0L9 9\"/></svg>";
    auto const made = ask("POST /theme-images", {{"content", base64_encode(as_bytes(drawing))}});
    ASSERT_EQ(made.status, 201) << json::serialize(made.body);
    EXPECT_EQ(made.text("media_type"), "image/svg+xml");
    EXPECT_EQ(made.text("path"), "/theme-images/" + made.text("name"));
    EXPECT_EQ(ask("GET /theme-images").body.at("items").as_array().size(), 1u);
    EXPECT_EQ(ask("PATCH /themes/tenant/draft", {{"tokens", {{"light", {{"logo", made.text("path")}}}}}}).status, 200);
    EXPECT_EQ(ask("DELETE /theme-images/" + made.text("name")).status, 204);
    EXPECT_EQ(ask("DELETE /theme-images/" + made.text("name")).status, 404);

    std::string_view const attack = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>";
    auto const refused = ask("POST /theme-images", {{"content", base64_encode(as_bytes(attack))}});
    EXPECT_EQ(refused.code(), "svg_refused");
    EXPECT_EQ(refused.pointer(), "/content");
    EXPECT_EQ(ask("POST /theme-images", {{"content", base64_encode(as_bytes("GIF89a"))}}).code(), "image_unsupported");
    EXPECT_EQ(ask("POST /theme-images", {{"content", "no base64 at all!"}}).pointer(), "/content");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, ThemeOperations, storage::every_backend());

} // namespace
} // namespace gatehouse::admin
