// Pictures that people show of themselves: uploaded without script, and the attacks on them.
#include "account/account.hpp"
#include "identity/avatars.hpp"
#include "images/image.hpp"
#include "journey/test_support/world.hpp"

namespace gatehouse::account {
namespace {

using journey::Browser;
using session::must;
using Page = Browser::Page;

constexpr storage::Statement kCount{"SELECT COUNT(*) FROM avatars"};
constexpr storage::Statement kFiles{"SELECT small, large FROM avatars"};

class Avatars : public testing::TestWithParam<storage::Engine> {
protected:
    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");
    Browser browser = world.browser_of(ada);
    Avatars()
    {
        world.add(account.routes());
        world.users.add_eraser([](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) {
            return identity::erase_avatar(tx, tenant, user);
        });
        world.users.add_exporter([this](storage::Tx& tx, TenantId tenant, UserId user, TimePoint) {
            return identity::export_avatar(tx, *world.vault, tenant, user);
        });
    }

    static Bytes png(std::uint32_t width, std::uint32_t height)
    {
        images::Image image{.width = width, .height = height, .pixels = Bytes(std::size_t{4} * width * height, 200)};
        return must(images::encode_png(image));
    }
    // As a browser sends the form, with a file name and a type that say whatever they like.
    http::Response send(Browser& from, ByteView file, std::string const& csrf, std::string const& named = "a.png")
    {
        std::string body = "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + csrf +
                           "\r\n--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"" + named +
                           "\"\r\nContent-Type: image/png\r\n\r\n";
        body.append(as_text(file)).append("\r\n--b--\r\n");
        from.extra_headers["Content-Type"] = "multipart/form-data; boundary=b";
        auto response = from.send(http::Method::post, "/account/picture", std::move(body));
        from.extra_headers.erase("Content-Type");
        return response;
    }
    http::Response upload(ByteView file) { return send(browser, file, browser.get("/account").field("csrf")); }
    // The address of the picture that a page shows; "" without.
    static std::string address_on(Page const& page, std::string_view file)
    {
        auto const end = page.body.find("/" + std::string(file));
        auto const at = end == std::string::npos ? end : page.body.rfind("/avatars/", end);
        return at == std::string::npos ? std::string() : page.body.substr(at, end - at + 1 + file.size());
    }
    std::string address() { return address_on(browser.get("/account"), "512.webp"); }
    std::int64_t kept()
    {
        return must(world.read([&](storage::Tx& tx) {
                   return tx.maybe(kCount, {}, [](storage::Row const& row) { return row.integer(0); });
               }))
            .value_or(0);
    }
};

TEST_P(Avatars, APictureIsUploadedShownAndRemoved)
{
    EXPECT_EQ(address(), "");
    auto const sent = upload(png(900, 600));
    EXPECT_EQ(sent.status, 303) << sent.content();
    EXPECT_EQ(sent.headers.find("Location"), "/account?done=picture_saved");
    auto const page = browser.get("/account?done=picture_saved");
    EXPECT_TRUE(page.contains("Your picture is saved."));
    for (auto const& [file, side] : {std::pair("96.webp", 96u), std::pair("512.webp", 512u)}) {
        auto anybody = world.browser();
        auto const shown = anybody.get(address_on(page, file));
        EXPECT_EQ(shown.status, 200);
        EXPECT_EQ(shown.headers.find("Content-Type"), "image/webp");
        EXPECT_EQ(shown.headers.find("X-Content-Type-Options"), "nosniff");
        EXPECT_TRUE(shown.headers.find("Content-Security-Policy").value_or("").contains("sandbox"));
        EXPECT_TRUE(shown.headers.find("Cache-Control").value_or("").contains("max-age"));
        auto const image = must(images::decode(as_bytes(shown.body)));
        EXPECT_EQ(image.width, side);
        EXPECT_EQ(image.height, side);
    }
    EXPECT_EQ(world.count_events("user.updated"), 1);
    auto const was = address();
    auto const removed = browser.post("/account/picture/remove", {{"csrf", page.field("csrf")}});
    EXPECT_TRUE(removed.contains("Your picture is removed."));
    EXPECT_EQ(address(), "");
    EXPECT_EQ(browser.get(was).status, 404);
    EXPECT_EQ(world.count_events("user.updated"), 2);
}

TEST_P(Avatars, ANewPictureHasANewAddressAndTheOldOneLeadsNowhere)
{
    upload(png(20, 20));
    auto const first = address();
    upload(png(30, 30));
    EXPECT_NE(address(), first);
    EXPECT_EQ(browser.get(first).status, 404);
    EXPECT_EQ(must(images::decode(as_bytes(browser.get(address()).body))).width, 30u) << "never scaled up";
    EXPECT_EQ(kept(), 1);
}

TEST_P(Avatars, WhatIsNoPictureIsRefusedWhateverItIsCalled)
{
    auto cut = png(64, 64);
    cut.resize(cut.size() / 2);
    std::pair<Bytes, std::string_view> const attacks[] = {
        {to_bytes(as_bytes("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>")),
         "no PNG, JPEG or WebP"},
        {to_bytes(as_bytes("<!doctype html><script>alert(1)</script>")), "no PNG, JPEG or WebP"},
        {to_bytes(as_bytes("GIF89a\x01\x00\x01\x00")), "no PNG, JPEG or WebP"},
        {to_bytes(as_bytes("\x89PNG\r\n\x1a\n<script>")), "cannot be read"},
        {cut, "cannot be read"},
        {png(9000, 1), "too large"}, // a bomb begins like this: many pixels in few bytes
        {Bytes(identity::kLargestPicture + 1, 0x89), "too large"},
    };
    for (auto const& [file, words] : attacks) {
        auto const answer = upload(file);
        EXPECT_EQ(answer.status, 422);
        EXPECT_NE(answer.content().find("picture-file-error"), std::string_view::npos) << words;
        EXPECT_NE(answer.content().find(words), std::string_view::npos) << words;
    }
    EXPECT_EQ(kept(), 0);
    auto const csrf = browser.get("/account").field("csrf");
    EXPECT_NE(send(browser, {}, csrf, "").content().find("Choose a picture first."), std::string_view::npos);
}

TEST_P(Avatars, NothingButPixelsIsKeptOfAPolyglot)
{
    auto file = png(40, 40);
    auto const behind = as_bytes("<script>alert(1)</script>PK\x03\x04 GPS 48.1372, 11.5755");
    file.insert(file.end(), behind.begin(), behind.end());
    EXPECT_EQ(upload(file).status, 303);
    auto const shown = browser.get(address()).body;
    EXPECT_EQ(shown.find("script"), std::string::npos);
    EXPECT_EQ(shown.find("GPS"), std::string::npos);
    EXPECT_TRUE(shown.starts_with("RIFF"));
}

TEST_P(Avatars, AFormOfAnotherSiteOrSessionChangesNothing)
{
    EXPECT_EQ(send(browser, png(9, 9), "").status, 422);
    auto other = world.browser_of(world.make_person("eve@example.com"));
    EXPECT_EQ(send(browser, png(9, 9), other.get("/account").field("csrf")).status, 422);
    auto const csrf = browser.get("/account").field("csrf");
    browser.extra_headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(send(browser, png(9, 9), csrf).status, 403);
    browser.extra_headers.clear();
    auto stranger = world.browser();
    EXPECT_EQ(send(stranger, png(9, 9), csrf).status, 303) << "leads to the sign-in";
    EXPECT_EQ(kept(), 0);
    upload(png(9, 9));
    EXPECT_EQ(browser.post("/account/picture/remove", {}).status, 422);
    EXPECT_EQ(kept(), 1);
}

TEST_P(Avatars, TheAddressIsNotGuessedNorBentNorOfAnotherTenant)
{
    upload(png(16, 16));
    auto const good = address();
    auto const name = good.substr(9, 22);
    ASSERT_EQ(browser.get("/avatars/" + name + "/96.webp").status, 200);
    for (auto const& bent :
         {"/avatars/" + base64url_encode(ada.bytes()) + "/96.webp", "/avatars/" + ada.to_string() + "/96.webp",
          "/avatars/" + name + "/97.webp", "/avatars/" + name + "/96.png", "/avatars/" + name + "/",
          "/avatars/" + name + "A/96.webp", std::string("/avatars/x/96.webp"), std::string("/avatars/%2e%2e/96.webp")})
        EXPECT_EQ(browser.get(bent).status, 404) << bent;
    world.make_tenant("acme");
    world.poll();
    EXPECT_EQ(browser.get("/t/acme" + good).status, 404);
}

TEST_P(Avatars, AreSealedWithTheirPersonAndGoneWithThem)
{
    upload(png(16, 16));
    auto const was = address();
    auto const files = must(world.read([&](storage::Tx& tx) {
        return tx.maybe(kFiles, {}, [](storage::Row const& row) { return std::pair(row.blob(0), row.blob(1)); });
    }));
    EXPECT_EQ(as_text(files->first).find("WEBP"), std::string_view::npos);
    EXPECT_EQ(as_text(files->second).find("WEBP"), std::string_view::npos);
    auto const exported = must(world.read(
        [&](storage::Tx& tx) { return world.users.export_person(tx, world.tenant_id(), ada, world.now()); }));
    auto const content = must(base64_decode(exported.at("picture").at("content").as_string()));
    EXPECT_EQ(as_text(content), browser.get(was).body);
    must(world.write(
        [&](storage::Tx& tx) { return world.users.erase(tx, *world.tenant, ada, "requested", {}, world.now()); }));
    EXPECT_EQ(kept(), 0);
    EXPECT_EQ(world.browser().get(was).status, 404);
}

TEST_P(Avatars, OfADisabledPersonAndInATenantThatWantsNoneAreNotShown)
{
    upload(png(16, 16));
    auto const was = address();
    auto const eve = world.make_person("eve@example.com");
    auto hers = world.browser_of(eve);
    world.disable_user(ada);
    EXPECT_EQ(hers.get(was).status, 404);
    must(world.write([&](storage::Tx& tx) -> Result<identity::Tenant> {
        auto settings = world.tenant->settings;
        settings.account.avatars = false;
        return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                    world.now());
    }));
    world.poll();
    auto const page = hers.get("/account");
    EXPECT_FALSE(page.contains("/account/picture"));
    EXPECT_EQ(send(hers, png(9, 9), page.field("csrf")).status, 404);
}

TEST_P(Avatars, UploadsAreLimited)
{
    auto const csrf = browser.get("/account").field("csrf");
    for (int i = 0; i < 20; ++i)
        ASSERT_EQ(send(browser, png(4, 4), csrf).status, 303);
    EXPECT_EQ(send(browser, png(4, 4), csrf).status, 429);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, Avatars, storage::every_backend());

} // namespace
} // namespace gatehouse::account
