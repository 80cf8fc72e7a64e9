#include "identity/test_support/test_house.hpp"

#include "base/log.hpp"
#include "events/reader.hpp"
#include "events/sequencer.hpp"

#include <fstream>
#include <thread>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;
using storage::Tx;

class UsersOf : public testing::TestWithParam<storage::Engine> {
protected:
    template <class Rule>
    auto write(Rule rule)
    {
        return house.write(std::move(rule));
    }
    Result<CreatedUser> create(std::vector<NewIdentifier> identifiers, boost::json::object profile = {})
    {
        return write([&](Tx& tx) {
            return house.users.create(tx, tenant, {.profile = profile, .identifiers = identifiers}, house.origin,
                                      house.now());
        });
    }
    std::optional<UserId> find(NormalizedIdentifier const& identifier, std::optional<TenantId> where = {})
    {
        auto found =
            house.read([&](Tx& tx) { return house.users.find_by_identifier(tx, where.value_or(tenant), identifier); });
        EXPECT_TRUE(found) << found.error().detail;
        return found && *found ? std::optional((*found)->user.id) : std::nullopt;
    }
    Result<void> erase(UserId user)
    {
        return write(
            [&](Tx& tx) { return house.users.erase(tx, house.tenant(), user, "test", house.origin, house.now()); });
    }
    Result<Identifier> add(UserId user, NewIdentifier const& wanted)
    {
        return write(
            [&](Tx& tx) { return house.users.add_identifier(tx, tenant, user, wanted, house.origin, house.now()); });
    }
    Result<Identifier> verify(UserId user, IdentifierId id)
    {
        return write(
            [&](Tx& tx) { return house.users.mark_verified(tx, tenant, user, id, house.origin, house.now()); });
    }
    Result<void> remove(UserId user, IdentifierId id)
    {
        return write([&](Tx& tx) {
            return house.users.remove_identifier(tx, house.tenant(), user, id, house.origin, house.now());
        });
    }
    static NewIdentifier email(std::string_view text, bool verified = true)
    {
        return {*normalize_email(text), verified};
    }
    static NewIdentifier username(std::string_view text) { return {*normalize_username(text), false}; }

    TestHouse house{GetParam()};
    TenantId const tenant = house.tenant().id;
};

TEST_P(UsersOf, ANewUserIsFoundByAddressNameAndSubject)
{
    auto const ada = create({email("Ada@Example.com"), username("ada")}, {{"name", "Ada Lovelace"}, {"locale", "en"}});
    ASSERT_TRUE(ada) << ada.error().detail;
    EXPECT_EQ(find(*normalize_email("ada@EXAMPLE.com")), ada->user.id);
    EXPECT_EQ(find(*normalize_username("ADA")), ada->user.id);
    EXPECT_EQ(find(*normalize_email("bob@example.com")), std::nullopt);
    auto const by_subject =
        house.read([&](Tx& tx) { return house.users.find_by_subject(tx, tenant, "", ada->subject); });
    EXPECT_EQ(by_subject.value(), ada->user.id);
    auto const user = house.read([&](Tx& tx) { return house.users.get(tx, tenant, ada->user.id); });
    ASSERT_TRUE(user);
    EXPECT_EQ(user->profile.at("name"), "Ada Lovelace");
    EXPECT_EQ(user->version, 1);
}

TEST_P(UsersOf, ALookUpIsOneStatementWhetherTheUserExistsOrNot)
{
    house.make_user("ada@example.com");
    for (auto const* text : {"ada@example.com", "nobody@example.com"}) {
        auto const before = house.database->statistics().statements;
        find(*normalize_email(text));
        EXPECT_EQ(house.database->statistics().statements, before + 1) << text;
    }
}

TEST_P(UsersOf, AnotherTenantSeesNothingOfThem)
{
    auto const acme = house.make_tenant("acme");
    auto const ada = house.make_user("ada@example.com");
    EXPECT_EQ(find(*normalize_email("ada@example.com"), acme.id), std::nullopt);
    EXPECT_FALSE(house.read([&](Tx& tx) { return house.users.get(tx, acme.id, ada.user.id); }));
    EXPECT_EQ(house.read([&](Tx& tx) { return house.users.find_by_subject(tx, acme.id, "", ada.subject); }).value(),
              std::nullopt);
    auto const listed = house.read([&](Tx& tx) { return house.users.list(tx, acme.id, {}); });
    EXPECT_TRUE(listed && listed->items.empty());
    EXPECT_TRUE(house.make_user("ada@example.com", acme.id).user.enabled);
}

TEST_P(UsersOf, AnUnverifiedAddressMayRepeatAndSignsNobodyIn)
{
    ASSERT_TRUE(create({email("ada@example.com", false)}));
    ASSERT_TRUE(create({email("ada@example.com", false)}));
    EXPECT_EQ(find(*normalize_email("ada@example.com")), std::nullopt);
    auto const owner = create({email("ada@example.com", true)});
    ASSERT_TRUE(owner);
    EXPECT_EQ(find(*normalize_email("ada@example.com")), owner->user.id);
}

TEST_P(UsersOf, ASquatterWhoNamedTheVictimsAddressFirstGetsNothingByVerifyingLater)
{
    auto const squatter = create({username("squatter"), email("victim@example.com", false)});
    auto const victim = create({email("victim@example.com", true)});
    ASSERT_TRUE(squatter && victim);
    auto const verified = verify(squatter->user.id, squatter->identifiers[1].id);
    EXPECT_EQ(verified.error().code, "identifier_taken");
    EXPECT_EQ(find(*normalize_email("victim@example.com")), victim->user.id);
}

TEST_P(UsersOf, AVerifiedAddressOfAnotherIsTaken)
{
    house.make_user("ada@example.com");
    auto const second = create({username("bob"), email("ADA@example.com")});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "identifier_taken");
    EXPECT_EQ(second.error().pointer, "/identifiers/1");
    EXPECT_EQ(find(*normalize_username("bob")), std::nullopt) << "a refused user left something behind";
}

TEST_P(UsersOf, AUsernameThatLooksLikeAnotherIsTakenButDoesNotSignIn)
{
    ASSERT_TRUE(create({username("paypal")}));
    EXPECT_EQ(create({username("paypa1")}).error().code, "identifier_taken");
    EXPECT_EQ(find(*normalize_username("paypa1")), std::nullopt);
}

TEST_P(UsersOf, OfManyWhoRegisterOneAddressAtOnceOneGetsIt)
{
    std::atomic<int> made = 0;
    std::atomic<int> taken = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 12; ++i)
        racers.emplace_back([&] {
            auto const outcome = create({email("ada@example.com")});
            ++(outcome ? made : taken);
            if (!outcome)
                EXPECT_EQ(outcome.error().code, "identifier_taken") << outcome.error().detail;
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(made, 1);
    EXPECT_EQ(taken, 11);
}

TEST_P(UsersOf, ARecycledAddressIsQuarantinedAndInheritsNothing)
{
    auto const first = house.make_user("ada@example.com");
    ASSERT_TRUE(erase(first.user.id));
    EXPECT_EQ(find(*normalize_email("ada@example.com")), std::nullopt);
    EXPECT_EQ(create({email("ada@example.com")}).error().code, "identifier_taken");
    house.clock.advance(std::chrono::days(90));
    auto const second = create({email("ada@example.com")});
    ASSERT_TRUE(second) << second.error().code;
    EXPECT_NE(second->user.id, first.user.id);
    EXPECT_NE(second->subject, first.subject);
    auto const old = house.read([&](Tx& tx) { return house.users.find_by_subject(tx, tenant, "", first.subject); });
    EXPECT_EQ(old.value(), std::nullopt);
}

TEST_P(UsersOf, AnEndedQuarantineIsSweptAndARunningOneIsNot)
{
    ASSERT_TRUE(erase(house.make_user("ada@example.com").user.id));
    house.clock.advance(std::chrono::days(30));
    ASSERT_TRUE(erase(house.make_user("bob@example.com").user.id));
    house.clock.advance(std::chrono::days(60));
    auto const sweep = [&] {
        return write([&](Tx& tx) { return house.users.end_quarantines(tx, tenant, house.now(), 100); }).value();
    };
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(create({email("bob@example.com")}).error().code, "identifier_taken");
}

TEST_P(UsersOf, DisablingRaisesTheSecurityEpoch)
{
    auto const ada = house.make_user("ada@example.com");
    auto const require = [&] {
        return house.read([&](Tx& tx) { return house.users.require_active(tx, tenant, ada.user.id, 1); });
    };
    EXPECT_TRUE(require());
    auto const set = [&](bool enabled) {
        return write([&](Tx& tx) {
            return house.users.set_enabled(tx, tenant, ada.user.id, enabled, "administrator", house.origin,
                                           house.now());
        });
    };
    ASSERT_TRUE(set(false));
    EXPECT_EQ(require().error().code, "user_disabled");
    ASSERT_TRUE(set(true));
    EXPECT_EQ(require().error().code, "security_epoch_changed");
}

TEST_P(UsersOf, AStaleVersionOfAProfileIsRefused)
{
    auto const ada = house.make_user("ada@example.com");
    auto const update = [&](boost::json::object profile, std::int64_t version) {
        return write([&](Tx& tx) {
            return house.users.update_profile(tx, tenant, ada.user.id, profile, version, house.origin, house.now());
        });
    };
    auto const changed = update({{"name", "Countess"}}, 1);
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->version, 2);
    EXPECT_EQ(update({{"name", "Late"}}, 1).error().code, "version_differs");
}

TEST_P(UsersOf, OfManyChangesToOneVersionOneIsKept)
{
    auto const ada = house.make_user("ada@example.com");
    std::atomic<int> kept = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 8; ++i)
        racers.emplace_back([&, i] {
            kept += write([&](Tx& tx) {
                        return house.users.update_profile(tx, tenant, ada.user.id, {{"name", fmt::format("{}", i)}}, 1,
                                                          house.origin, house.now());
                    }).has_value();
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(kept, 1);
}

TEST(Profile, ThatClaimsWhatGatehouseSaysItselfIsRefused)
{
    for (auto const* name : {"sub", "email", "email_verified", "iss", "roles", "__proto__", "preferred_username"})
        EXPECT_FALSE(check_profile({{name, "x"}})) << name;
    EXPECT_FALSE(check_profile({{"email_verified", true}}));
}

TEST(Profile, WithScriptAddressesOrHiddenCharactersIsRefused)
{
    EXPECT_FALSE(check_profile({{"picture", "javascript:alert(1)"}}));
    EXPECT_FALSE(check_profile({{"website", "data:text/html,x"}}));
    EXPECT_FALSE(check_profile({{"picture", "https://x.example/\r\nSet-Cookie: a"}}));
    EXPECT_FALSE(check_profile({{"name", "Ada\r\nBcc: x@evil.example"}}));
    EXPECT_FALSE(check_profile({{"name", 7}}));
    EXPECT_FALSE(check_profile({{"a b", "x"}}));
    EXPECT_FALSE(check_profile({{"deep", {{"a", {{"b", {{"c", {{"d", {{"e", 1}}}}}}}}}}}}));
    EXPECT_FALSE(check_profile({{"bio", std::string(17'000, 'x')}}));
    EXPECT_TRUE(
        check_profile({{"name", "Ада 愛 👩‍🔬"}, {"picture", "https://x.example/a.png"}, {"tier", 3}}));
}

TEST_P(UsersOf, TheFirstVerifiedAddressBecomesThePrimaryOneAndItsRemovalPassesThatOn)
{
    auto const ada = create({username("ada"), email("one@example.com", false)});
    ASSERT_TRUE(ada);
    auto const two = add(ada->user.id, email("two@example.com"));
    ASSERT_TRUE(two);
    EXPECT_TRUE(two->primary);
    auto const three = add(ada->user.id, email("three@example.com"));
    ASSERT_TRUE(three);
    EXPECT_FALSE(three->primary);
    ASSERT_TRUE(remove(ada->user.id, two->id));
    auto const primary = house.read([&](Tx& tx) { return house.users.primary_email(tx, tenant, ada->user.id); });
    ASSERT_TRUE(primary && *primary);
    EXPECT_EQ((*primary)->value, "three@example.com");
}

TEST_P(UsersOf, AnUnverifiedAddressCannotBecomeThePrimaryOne)
{
    auto const ada = house.make_user("ada@example.com");
    auto const added = add(ada.user.id, email("two@example.com", false));
    ASSERT_TRUE(added);
    auto const primary = [&] {
        return write([&](Tx& tx) {
            return house.users.set_primary(tx, tenant, ada.user.id, added->id, house.origin, house.now());
        });
    };
    EXPECT_EQ(primary().error().code, "identifier_not_verified");
    ASSERT_TRUE(verify(ada.user.id, added->id));
    EXPECT_TRUE(primary());
    auto const owned = house.read([&](Tx& tx) { return house.users.identifiers(tx, tenant, ada.user.id); });
    EXPECT_EQ(std::ranges::count_if(*owned, &Identifier::primary), 1);
}

TEST_P(UsersOf, EveryChangeOfIdentifiersRaisesTheVersion)
{
    auto const ada = house.make_user("ada@example.com");
    auto const version = [&] {
        return house.read([&](Tx& tx) { return house.users.get(tx, tenant, ada.user.id); }).value().version;
    };
    EXPECT_EQ(version(), 1);
    auto const added = add(ada.user.id, email("two@example.com", false));
    ASSERT_TRUE(added);
    EXPECT_EQ(version(), 2);
    ASSERT_TRUE(verify(ada.user.id, added->id));
    EXPECT_EQ(version(), 3);
    ASSERT_TRUE(verify(ada.user.id, added->id));
    EXPECT_EQ(version(), 3) << "it was verified before";
    ASSERT_TRUE(write([&](Tx& tx) {
        return house.users.set_primary(tx, tenant, ada.user.id, added->id, house.origin, house.now());
    }));
    EXPECT_EQ(version(), 4);
    ASSERT_TRUE(remove(ada.user.id, ada.identifiers[0].id));
    EXPECT_EQ(version(), 5);
}

TEST_P(UsersOf, TheOnlyIdentifierToSignInWithStays)
{
    auto const ada = house.make_user("ada@example.com");
    ASSERT_TRUE(add(ada.user.id, email("two@example.com", false)));
    EXPECT_EQ(remove(ada.user.id, ada.identifiers[0].id).error().code, "identifier_last");
}

TEST_P(UsersOf, AnIdentifierOfAnotherUserIsNotFound)
{
    auto const ada = house.make_user("ada@example.com");
    auto const bob = house.make_user("bob@example.com");
    EXPECT_EQ(remove(ada.user.id, bob.identifiers[0].id).error().code, "identifier_not_found");
    EXPECT_EQ(verify(ada.user.id, bob.identifiers[0].id).error().code, "identifier_not_found");
}

TEST_P(UsersOf, TheSameAddressTwiceIsRefusedInAnySpelling)
{
    auto const ada = house.make_user("ada@example.com");
    EXPECT_EQ(add(ada.user.id, email("ADA@example.COM", false)).error().code, "identifier_exists");
}

TEST_P(UsersOf, ASubjectIsMadeOncePerSectorAndDiffersBetweenThem)
{
    auto const ada = house.make_user("ada@example.com");
    std::set<std::string> made;
    std::mutex mutex;
    std::vector<std::thread> racers;
    for (int i = 0; i < 8; ++i)
        racers.emplace_back([&] {
            auto const subject = write(
                [&](Tx& tx) { return house.users.subject(tx, tenant, ada.user.id, "shop.example", house.now()); });
            ASSERT_TRUE(subject) << subject.error().detail;
            std::lock_guard const lock(mutex);
            made.insert(*subject);
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(made.size(), 1U);
    EXPECT_FALSE(made.contains(ada.subject));
    auto const found = house.read([&](Tx& tx) { return house.users.find_subject(tx, tenant, ada.user.id, "other"); });
    EXPECT_EQ(found.value(), std::nullopt);
}

TEST_P(UsersOf, PermissionsAreSortedAndCanBeTakenAway)
{
    auto const ada = house.make_user("ada@example.com");
    auto const set = [&](std::vector<std::string> permissions) {
        return write([&](Tx& tx) {
            return house.users.set_permissions(tx, tenant, ada.user.id, "api", permissions, house.origin, house.now());
        });
    };
    auto const get = [&] {
        return house.read([&](Tx& tx) { return house.users.permissions(tx, tenant, ada.user.id, "api"); }).value();
    };
    ASSERT_TRUE(set({"users:write", "users:read", "users:read"}));
    EXPECT_EQ(get(), (std::vector<std::string>{"users:read", "users:write"}));
    EXPECT_EQ(set({"users:read tenants:write"}).error().code, "permission_invalid");
    ASSERT_TRUE(set({}));
    EXPECT_TRUE(get().empty());
}

TEST_P(UsersOf, ListsGoThroughAllInPages)
{
    std::set<std::string> expected;
    for (int i = 0; i < 7; ++i)
        expected.insert(house.make_user(fmt::format("user{}@example.com", i)).user.id.to_string());
    std::set<std::string> seen;
    storage::PageRequest request{.limit = 3};
    for (int pages = 1;; ++pages) {
        auto const page = house.read([&](Tx& tx) { return house.users.list(tx, tenant, request); });
        ASSERT_TRUE(page);
        for (auto const& user : page->items)
            EXPECT_TRUE(seen.insert(user.id.to_string()).second);
        if (!page->next) {
            EXPECT_EQ(pages, 3);
            break;
        }
        request.after = *page->next;
    }
    EXPECT_EQ(seen, expected);
}

TEST_P(UsersOf, ErasureCallsEveryRoomsEraserAndIsForgottenWhenOneFails)
{
    auto const ada = house.make_user("ada@example.com");
    bool fail = true;
    house.users.add_eraser([&](Tx&, TenantId, UserId user, TimePoint) -> Result<void> {
        EXPECT_EQ(user, ada.user.id);
        if (fail)
            return fault("the room is stuck");
        return {};
    });
    EXPECT_FALSE(erase(ada.user.id));
    EXPECT_EQ(find(*normalize_email("ada@example.com")), ada.user.id);
    fail = false;
    EXPECT_TRUE(erase(ada.user.id));
    EXPECT_EQ(erase(ada.user.id).error().code, "user_not_found");
}

// Whatever the feature, once a person is erased nothing of what they told us can be read: not in rows, not in the
// write-ahead log, not in our logs; and before, not without the key.
TEST_P(UsersOf, MarkersPlantedInEveryFeatureAreNowhereInTheFilesOrLogs)
{
    constexpr std::string_view kMarker = "zyxmarker";
    log::Capture capture;
    auto const ada = create({email("zyxmarker1@zyxmarker2.example"), username("zyxmarker3")},
                            {{"name", "Zyxmarker4 zyxmarker4"}, {"custom", {{"a", "zyxmarker5"}}}});
    ASSERT_TRUE(ada);
    auto const added = add(ada->user.id, email("zyxmarker6@example.com", false));
    ASSERT_TRUE(added);
    ASSERT_TRUE(remove(ada->user.id, added->id));
    ASSERT_TRUE(write([&](Tx& tx) {
        return house.users.update_profile(tx, tenant, ada->user.id, {{"name", "zyxmarker7"}}, {}, house.origin,
                                          house.now());
    }));
    storage::Leases const leases(*house.database, "test");
    ASSERT_TRUE(events::Sequencer(*house.database, leases).run());
    auto const events_of = [&](auto&& visit) {
        auto const events = house.read([&](Tx& tx) { return events::read_after(tx, tenant, 0, 100); });
        ASSERT_TRUE(events);
        for (auto const& event : *events)
            visit(event);
    };
    int readable = 0;
    auto const count_readable = [&](events::StoredEvent const& event) {
        auto const personal =
            house.read([&](Tx& tx) { return events::open_personal(tx, *house.vault, tenant, event); });
        ASSERT_TRUE(personal) << personal.error().detail;
        readable += !personal->empty();
        EXPECT_EQ(boost::json::serialize(event.data).find(kMarker), std::string::npos);
    };
    events_of(count_readable);
    EXPECT_EQ(readable, 2);

    ASSERT_TRUE(erase(ada->user.id));
    readable = 0;
    events_of(count_readable);
    EXPECT_EQ(readable, 0);
    EXPECT_EQ(house.read([&](Tx& tx) { return house.users.get(tx, tenant, ada->user.id); }).error().code,
              "user_not_found");
    EXPECT_EQ(capture.text().find(kMarker), std::string::npos);

    if (GetParam() != storage::Engine::sqlite)
        return;
    auto const path = house.database.address().substr(std::string_view("sqlite:").size());
    for (auto const* suffix : {"", "-wal"}) {
        std::ifstream file(path + suffix, std::ios::binary);
        std::string const content(std::istreambuf_iterator<char>(file), {});
        EXPECT_FALSE(content.empty()) << suffix;
        EXPECT_EQ(content.find(kMarker), std::string::npos) << suffix;
    }
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, UsersOf, storage::every_backend());

} // namespace
} // namespace gatehouse::identity
