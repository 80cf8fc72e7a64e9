#include "credentials/passkeys.hpp"

#include "credentials/test_support/software_authenticator.hpp"
#include "identity/test_support/test_house.hpp"

namespace gatehouse::credentials {
namespace {

using namespace std::chrono_literals;
using storage::Tx;

class PasskeysOf : public testing::TestWithParam<storage::Engine> {
protected:
    PasskeysOf()
    {
        house.users.add_eraser(erase_credentials);
        expected.party = *webauthn::relying_party_at("https://id.example.com", "Acme");
        expected.challenge = challenge;
        expected.now = house.now();
    }
    webauthn::Registered made(SoftwareAuthenticator& from, Ceremony const& ceremony = {})
    {
        auto registered = webauthn::verify_registration(expected, from.create(ceremony));
        EXPECT_TRUE(registered) << registered.error().detail;
        return *std::move(registered);
    }
    std::string enrol(identity::CreatedUser const& user, webauthn::Registered const& registered,
                      std::string_view name = "", std::string_view device = "")
    {
        auto const passkey = house.write(
            [&](Tx& tx) { return passkeys.enrol(tx, user.key, registered, name, device, house.origin, house.now()); });
        return passkey ? passkey->name : passkey.error().code;
    }
    std::vector<Passkey> load(identity::CreatedUser const& user)
    {
        return house.read([&](Tx& tx) { return passkeys.load(tx, user.key.tenant, user.user.id); }).value();
    }
    std::optional<Passkeys::Found> find(TenantId where, boost::json::object const& response)
    {
        auto const presented = webauthn::presented(response);
        return house.read([&](Tx& tx) { return passkeys.find(tx, where, presented.value()); }).value();
    }
    // A whole sign-in: found, verified, counted.
    std::string sign_in(SoftwareAuthenticator& from, Ceremony const& ceremony = {})
    {
        auto const response = from.get(ceremony);
        auto const found = find(tenant, response);
        if (!found)
            return "unknown";
        auto const proven = webauthn::verify_assertion(
            expected, {found->passkey.public_key, found->passkey.counter, found->passkey.backup_eligible}, response);
        return proven ? use(found->user, found->passkey, *proven) : proven.error().code;
    }
    std::string use(UserId user, Passkey const& passkey, webauthn::Asserted const& asserted)
    {
        auto const noted = house.write([&](Tx& tx) {
            return passkeys.confirm_use(tx, tenant, user, passkey, asserted, house.origin, house.now());
        });
        return noted ? "in" : noted.error().code;
    }
    std::int64_t events_of(events::EventType const& type)
    {
        static constexpr storage::Statement kCount{"SELECT count(*) FROM events WHERE type = :type"};
        return house
            .read([&](Tx& tx) {
                return tx.maybe(kCount, {{"type", type.name}}, [](storage::Row const& row) { return row.integer(0); });
            })
            .value()
            .value();
    }

    identity::TestHouse house{GetParam()};
    TenantId const tenant = house.tenant().id;
    Passkeys passkeys{*house.vault, house.users};
    identity::CreatedUser const ada = house.make_user("ada@example.com");
    identity::CreatedUser const bob = house.make_user("bob@example.com");
    Bytes const challenge = Bytes(32, 0x07);
    webauthn::Expected expected;
    SoftwareAuthenticator authenticator;
};

TEST_P(PasskeysOf, WhatWasRegisteredIsFoundAgain)
{
    authenticator.counter = 4;
    auto const registered = made(authenticator, {.backup_eligible = true, .backed_up = true});
    EXPECT_EQ(enrol(ada, registered, "Phone"), "Phone");
    auto const mine = load(ada);
    ASSERT_EQ(mine.size(), 1U);
    EXPECT_EQ(mine[0].credential_id, registered.credential_id);
    EXPECT_EQ(mine[0].public_key, registered.public_key);
    EXPECT_EQ(mine[0].aaguid, registered.aaguid);
    EXPECT_EQ(mine[0].transports, registered.transports);
    EXPECT_EQ(mine[0].counter, 4U);
    EXPECT_TRUE(mine[0].user_verified && mine[0].backup_eligible && mine[0].backed_up);
    EXPECT_EQ(mine[0].discoverable, true);
    EXPECT_EQ(mine[0].last_used_at, std::nullopt);
    EXPECT_TRUE(load(bob).empty());
    auto const found = find(tenant, authenticator.get({.user_handle = to_bytes(user_handle(ada.user.id))}));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user, ada.user.id);
    EXPECT_EQ(found->passkey.id, mine[0].id);
    EXPECT_EQ(events_of(events::kCredentialAdded), 1);
}

TEST_P(PasskeysOf, ACredentialIdIsRegisteredOnce)
{
    auto const registered = made(authenticator);
    EXPECT_EQ(enrol(ada, registered), "Passkey");
    EXPECT_EQ(enrol(ada, registered), "passkey_taken");
    EXPECT_EQ(enrol(bob, registered), "passkey_taken"); // WebAuthn level 3 section 7.1 step 26
    auto const acme = house.make_tenant("acme");
    EXPECT_EQ(enrol(house.make_user("eve@example.com", acme.id), registered), "Passkey");
    EXPECT_TRUE(find(acme.id, authenticator.get({})));
}

TEST_P(PasskeysOf, AUserHandleOfSomebodyElseFindsNothing)
{
    enrol(ada, made(authenticator));
    EXPECT_TRUE(find(tenant, authenticator.get({})));
    EXPECT_FALSE(find(tenant, authenticator.get({.user_handle = to_bytes(user_handle(bob.user.id))})));
    EXPECT_FALSE(find(tenant, authenticator.get({.user_handle = Bytes(5, 0x01)})));
    EXPECT_FALSE(find(house.make_tenant("acme").id, authenticator.get({})));
}

TEST_P(PasskeysOf, AUseIsNoted)
{
    enrol(ada, made(authenticator, {.backup_eligible = true}));
    house.clock.advance(1h);
    EXPECT_EQ(sign_in(authenticator, {.backup_eligible = true}), "in");
    EXPECT_EQ(load(ada)[0].last_used_at, house.now());
    EXPECT_EQ(load(ada)[0].counter, 1U);
    EXPECT_FALSE(load(ada)[0].backed_up);
    EXPECT_EQ(sign_in(authenticator, {.backup_eligible = true, .backed_up = true}), "in");
    EXPECT_TRUE(load(ada)[0].backed_up);
    EXPECT_EQ(load(ada)[0].counter, 2U);
}

TEST_P(PasskeysOf, ACopyOfAnAuthenticatorIsRefusedAndReported)
{
    enrol(ada, made(authenticator));
    EXPECT_EQ(sign_in(authenticator), "in");
    EXPECT_EQ(sign_in(authenticator), "in");
    authenticator.counter = 1; // the copy was made before the second use
    EXPECT_EQ(sign_in(authenticator), "passkey_cloned");
    EXPECT_EQ(events_of(events::kCredentialCloned), 1);
    EXPECT_EQ(load(ada)[0].counter, 2U);
    EXPECT_EQ(sign_in(authenticator), "in");
}

TEST_P(PasskeysOf, AnAuthenticatorThatDoesNotCountIsTaken)
{
    authenticator.counts = false;
    enrol(ada, made(authenticator));
    EXPECT_EQ(sign_in(authenticator), "in");
    EXPECT_EQ(sign_in(authenticator), "in");
}

TEST_P(PasskeysOf, OfTwoUsesVerifiedAgainstOneCounterOneCounts)
{
    enrol(ada, made(authenticator));
    auto const before = load(ada)[0];
    EXPECT_EQ(use(ada.user.id, before, {.counter = 1}), "in");
    EXPECT_EQ(use(ada.user.id, before, {.counter = 1}), "passkey_changed");
    EXPECT_EQ(use(bob.user.id, before, {.counter = 2}), "passkey_changed");
}

TEST_P(PasskeysOf, ARemovedPasskeyServesNobody)
{
    enrol(ada, made(authenticator));
    auto const passkey = load(ada)[0];
    auto const removed = [&](UserId user) {
        return house.write(
            [&](Tx& tx) { return passkeys.remove(tx, tenant, user, passkey.id, house.origin, house.now()); });
    };
    EXPECT_EQ(removed(bob.user.id).error().code, "credential_not_found");
    EXPECT_EQ(removed(ada.user.id).value(), ada.user.security_epoch + 1);
    EXPECT_EQ(removed(ada.user.id).error().code, "credential_not_found");
    EXPECT_EQ(sign_in(authenticator), "unknown");
    EXPECT_EQ(use(ada.user.id, passkey, {.counter = 1}), "passkey_changed");
    EXPECT_EQ(events_of(events::kCredentialRemoved), 1);
    EXPECT_EQ(enrol(bob, made(authenticator)), "Passkey"); // an authenticator may change hands
}

TEST_P(PasskeysOf, ANameIsThePersonsOrTheModels)
{
    authenticator.aaguid = {0xba, 0xda, 0x55, 0x66, 0xa7, 0xaa, 0x40, 0x1f,
                            0xbd, 0x96, 0x45, 0x61, 0x9a, 0x55, 0x12, 0x0d};
    EXPECT_EQ(enrol(ada, made(authenticator), "", "Firefox on Linux"), "1Password");
    authenticator.aaguid = {};
    authenticator.credential_id = Bytes(16, 0x22);
    EXPECT_EQ(enrol(ada, made(authenticator), "", "Firefox on Linux"), "Passkey (Firefox on Linux)");
    auto const id = load(ada)[1].id;
    auto const rename = [&](UserId user, std::string_view name) {
        auto const renamed =
            house.write([&](Tx& tx) { return passkeys.rename(tx, tenant, user, id, name, house.origin, house.now()); });
        return renamed ? load(ada)[1].name : renamed.error().code;
    };
    EXPECT_EQ(rename(ada.user.id, "Laptop"), "Laptop");
    EXPECT_EQ(rename(ada.user.id, ""), "credential_name_invalid");
    EXPECT_EQ(rename(bob.user.id, "Mine"), "credential_not_found");
    EXPECT_EQ(events_of(events::kCredentialRenamed), 1);
    EXPECT_EQ(sign_in(authenticator), "in");
}

TEST_P(PasskeysOf, AnAccountHoldsSoManyAndNoMore)
{
    for (std::uint8_t i = 0; i < kMostPasskeys; ++i) {
        authenticator.credential_id = Bytes(16, i);
        ASSERT_EQ(enrol(ada, made(authenticator)), "Passkey");
    }
    authenticator.credential_id = Bytes(16, 0xff);
    EXPECT_EQ(enrol(ada, made(authenticator)), "passkey_limit");
}

TEST_P(PasskeysOf, NothingIsLeftOfAnErasedPerson)
{
    enrol(ada, made(authenticator));
    ASSERT_TRUE(house.write([&](Tx& tx) {
        return house.users.erase(tx, house.tenant(), ada.user.id, "self_service", house.origin, house.now());
    }));
    EXPECT_FALSE(find(tenant, authenticator.get({})));
    EXPECT_EQ(enrol(bob, made(authenticator)), "Passkey");
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PasskeysOf, storage::every_backend());

} // namespace
} // namespace gatehouse::credentials
