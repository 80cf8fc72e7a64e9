#include "themes/themes.hpp"

#include "applications/applications.hpp"
#include "events/reader.hpp"
#include "events/sequencer.hpp"
#include "identity/test_support/test_house.hpp"
#include "storage/lease.hpp"
#include "themes/images.hpp"
#include "themes/preview.hpp"
#include "themes/template_cache.hpp"
#include "view/pages.hpp"

namespace gatehouse::themes {
namespace {

using namespace std::chrono_literals;
using storage::Tx;

class ThemesOf : public testing::TestWithParam<storage::Engine> {
protected:
    Change change(Owner owner = {})
    {
        return {.tenant = house.tenant().id, .owner = owner, .origin = house.origin, .now = house.now()};
    }
    static Content accent(std::string colour)
    {
        return {.tokens = {.light = {.accent = std::move(colour)}}, .templates = {}};
    }
    Result<Draft> save(Content const& content, Owner owner = {}, std::optional<std::int64_t> revision = {})
    {
        return house.write([&](Tx& tx) { return themes.save_draft(tx, change(owner), content, revision); });
    }
    Result<Version> activate(Owner owner = {})
    {
        auto made = house.write([&](Tx& tx) { return themes.activate(tx, change(owner)); });
        EXPECT_TRUE(house.changes.poll_now(house.now()));
        return made;
    }
    Result<Version> restore(std::int64_t number)
    {
        return house.write([&](Tx& tx) { return themes.restore(tx, change(), number); });
    }
    Result<Theme> get(Owner owner = {})
    {
        return house.write([&](Tx& tx) { return themes.get(tx, house.tenant().id, owner); });
    }
    applications::Application make_application(view::ThemeTokens theme = {})
    {
        auto application = applications::defaults_for(applications::Kind::web);
        application.name = "Shop";
        application.redirect_uris = {"https://shop.example/callback"};
        application.theme = std::move(theme);
        auto made = house.write([&](Tx& tx) {
            return applications::create(tx, {*house.vault, house.tenant().id, house.origin, house.now()}, application);
        });
        EXPECT_TRUE(made) << made.error().message;
        return *made;
    }

    identity::TestHouse house{GetParam()};
    static view::Pages const& pages()
    {
        static auto const made = view::Pages::create({});
        return **made;
    }
    Themes themes{*house.vault, house.tenants, pages()};
};

TEST_P(ThemesOf, ADraftIsSeenByNobodyUntilItIsActivated)
{
    ASSERT_TRUE(save(accent("#0b7285")));
    EXPECT_FALSE(house.tenant().settings.theme.light.accent);
    auto const theme = get();
    ASSERT_TRUE(theme);
    ASSERT_TRUE(theme->draft);
    EXPECT_EQ(theme->draft->content, accent("#0b7285"));
    EXPECT_EQ(theme->active, Content{});

    auto const version = activate();
    ASSERT_TRUE(version) << version.error().message;
    EXPECT_EQ(house.directory.default_tenant()->settings.theme.light.accent, "#0b7285");
    EXPECT_FALSE(get()->draft);
    EXPECT_EQ(get()->version, version->number);
    EXPECT_EQ(activate().error().code, "no_draft");
}

TEST_P(ThemesOf, AnEarlierVersionIsBroughtBackAlsoWhatWasSetInTheSettings)
{
    ASSERT_TRUE(save(accent("#0b7285")));
    auto const first = activate();
    ASSERT_TRUE(first);
    ASSERT_TRUE(save(accent("#c2255c")));
    auto const second = activate();
    ASSERT_TRUE(second);
    auto const versions = house.write([&](Tx& tx) { return themes.versions(tx, house.tenant().id, {}); });
    ASSERT_TRUE(versions);
    ASSERT_EQ(versions->size(), 3u) << "the look before the first draft is the first version";
    EXPECT_EQ(versions->front().content, accent("#c2255c"));
    EXPECT_EQ(versions->back().content, Content{});

    auto const back = restore(first->number);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->restores, first->number);
    ASSERT_TRUE(house.changes.poll_now(house.now()));
    EXPECT_EQ(house.directory.default_tenant()->settings.theme.light.accent, "#0b7285");
    ASSERT_TRUE(restore(versions->back().number));
    EXPECT_EQ(get()->active, Content{});
    EXPECT_EQ(restore(99).error().code, "theme_version_not_found");
}

TEST_P(ThemesOf, WhatCannotBeReadIsADraftButNeverActivated)
{
    ASSERT_TRUE(save(accent("#ffec99")));
    auto const refused = activate();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "theme_contrast");
    EXPECT_EQ(refused.error().pointer, "/tokens/light/accent");
    EXPECT_FALSE(house.tenant().settings.theme.light.accent);
    EXPECT_EQ(save(accent("red")).error().pointer, "/tokens/light/accent");
}

TEST_P(ThemesOf, TwoAdministratorsDoNotOverwriteEachOther)
{
    auto const draft = save(accent("#0b7285"));
    ASSERT_TRUE(draft);
    ASSERT_TRUE(save(accent("#c2255c"), {}, draft->revision));
    EXPECT_EQ(save(accent("#000000"), {}, draft->revision).error().code, "version_differs");
}

TEST_P(ThemesOf, AnApplicationHasItsOwnAndIsCheckedOverItsTenants)
{
    auto const application = make_application();
    Owner const owner{.application = application.id};
    ASSERT_TRUE(save(accent("#c2255c"), owner));
    ASSERT_TRUE(activate(owner));
    auto const stored = house.write([&](Tx& tx) { return applications::find(tx, house.tenant().id, application.id); });
    ASSERT_TRUE(stored);
    EXPECT_EQ((*stored)->theme.light.accent, "#c2255c");
    // A tenant's surface on which the application's accent would not stand out is refused, and says whose it is.
    Content dark{.tokens = {.light = {.background = "#8a2050", .surface = "#8a2050"}}, .templates = {}};
    ASSERT_TRUE(save(dark));
    auto const refused = activate();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "theme_contrast");
    EXPECT_NE(refused.error().message.find("Shop"), std::string::npos);

    ASSERT_TRUE(house.write([&](Tx& tx) { return forget_application(tx, house.tenant().id, application.id); }));
    EXPECT_FALSE(get(owner)->draft);
    EXPECT_FALSE(get(owner)->version);
    EXPECT_EQ(get({.application = ApplicationId::generate(house.now())}).error().code, "application_not_found");
}

TEST_P(ThemesOf, ActivationIsAnEvent)
{
    ASSERT_TRUE(save(accent("#0b7285")));
    ASSERT_TRUE(activate());
    storage::Leases const leases(*house.database, "test");
    ASSERT_TRUE(events::Sequencer(*house.database, leases).run());
    auto const seen = house.read([&](Tx& tx) { return events::read_after(tx, house.tenant().id, 0, 100); });
    ASSERT_TRUE(seen);
    EXPECT_TRUE(std::ranges::any_of(*seen, [](auto const& event) { return event.type == "theme.activated"; }));
}

TEST_P(ThemesOf, OnlyATenantWithAHostOfItsOwnHasTemplatesOfItsOwn)
{
    auto const content = Content{.tokens = {}, .templates = {{"partials/brand.html", "<p>Acme</p>\n"}}};
    EXPECT_EQ(save(content).error().code, "theme_templates_unavailable");
    auto const made = house.write([&](Tx& tx) {
        return house.tenants.create(tx, {.slug = "acme", .name = "Acme", .host = "id.acme.example"}, house.origin,
                                    house.now());
    });
    ASSERT_TRUE(made);
    auto own = change();
    own.tenant = made->id;
    auto const saved = house.write([&](Tx& tx) { return themes.save_draft(tx, own, content, {}); });
    ASSERT_TRUE(saved) << saved.error().message;
    auto const bad = Content{.tokens = {}, .templates = {{"partials/brand.html", "<p>\n<script>\n"}}};
    auto const refused = themes.try_templates(bad);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().pointer, "/templates/partials~1brand.html");
    ASSERT_TRUE(themes.try_templates(content));

    TemplateCache cache(*house.database, house.changes, pages());
    EXPECT_EQ(*cache.get_now(made->id), nullptr);
    ASSERT_TRUE(house.write([&](Tx& tx) { return themes.activate(tx, own); }));
    ASSERT_TRUE(house.changes.poll_now(house.now()));
    EXPECT_NE(*cache.get_now(made->id), nullptr);
}

TEST_P(ThemesOf, ATemplateThatAnUpgradeBrokeGivesWayToTheBuiltInOneAndIsToldOfOnce)
{
    auto const tenant = house.tenant().id;
    ASSERT_TRUE(house.write([&](Tx& tx) {
        return replace_templates(
            tx, tenant, {{"partials/brand.html", "<p>[[text.that_went]]</p>"}, {"partials/foot.html", "<p>Foot</p>"}},
            house.now());
    }));
    TemplateCache cache(*house.database, house.changes, pages());
    EXPECT_NE(*cache.get_now(tenant), nullptr) << "the foot is still theirs";
    auto const judged = judge_templates(pages(), *house.write([&](Tx& tx) { return select_templates(tx, tenant); }));
    for (int round = 0; round < 2; ++round)
        ASSERT_TRUE(house.write([&](Tx& tx) { return note_faults(tx, *house.vault, tenant, judged, house.now()); }));
    auto const stored = house.write([&](Tx& tx) { return select_templates(tx, tenant); });
    ASSERT_EQ(stored->size(), 2u);
    EXPECT_NE((*stored)[0].fault.find("text.that_went"), std::string::npos);
    EXPECT_EQ((*stored)[1].fault, "");
    storage::Leases const leases(*house.database, "test");
    ASSERT_TRUE(events::Sequencer(*house.database, leases).run());
    auto const seen = house.read([&](Tx& tx) { return events::read_after(tx, tenant, 0, 100); });
    EXPECT_EQ(std::ranges::count(*seen, "theme.template_failed", &events::StoredEvent::type), 1);
}

TEST_P(ThemesOf, AnUploadedLogoIsKeptOnceByItsContentAndOnlyForItsTenant)
{
    auto const tenant = house.tenant().id;
    auto const image =
        prepare_image(as_bytes("<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>"), house.now());
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_TRUE(image->name.ends_with(".svg"));
    for (int twice = 0; twice < 2; ++twice)
        ASSERT_TRUE(house.write([&](Tx& tx) { return keep_image(tx, tenant, *image); }));
    EXPECT_EQ(house.write([&](Tx& tx) { return list_images(tx, tenant); })->size(), 1u);
    auto const found = house.write([&](Tx& tx) { return find_image(tx, tenant, image->name); });
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->content, image->content);
    auto const other = house.directory.system_tenant()->id;
    EXPECT_FALSE(*house.write([&](Tx& tx) { return find_image(tx, other, image->name); }));
    EXPECT_EQ(house.write([&](Tx& tx) { return remove_image(tx, other, image->name); }).error().code, "not_found");
    ASSERT_TRUE(house.write([&](Tx& tx) { return remove_image(tx, tenant, image->name); }));
}

TEST_P(ThemesOf, APreviewLinkShowsOneTenantsDraftForAWhileAndCannotBeForged)
{
    auto const tenant = house.tenant().id;
    auto const token = make_preview_token(*house.vault, tenant, {.owner = {}, .version = 4}, house.now());
    ASSERT_TRUE(token);
    auto const opened = open_preview_token(*house.vault, tenant, *token, house.now() + 29min);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->version, 4);
    EXPECT_EQ(open_preview_token(*house.vault, tenant, *token, house.now() + 31min).error().code, "sealed_expired");
    EXPECT_FALSE(open_preview_token(*house.vault, house.directory.system_tenant()->id, *token, house.now()));
    auto forged = *token;
    forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(open_preview_token(*house.vault, tenant, forged, house.now()));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, ThemesOf, storage::every_backend());

} // namespace
} // namespace gatehouse::themes
