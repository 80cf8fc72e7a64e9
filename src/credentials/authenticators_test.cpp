#include "credentials/authenticators.hpp"

#include "credentials/enrolled.hpp"
#include "credentials/recovery_codes.hpp"
#include "identity/test_support/test_house.hpp"

#include <fstream>
#include <thread>

namespace gatehouse::credentials {
namespace {

using storage::Tx;

class AuthenticatorApps : public testing::TestWithParam<storage::Engine> {
protected:
    void SetUp() override { house.users.add_eraser(erase_credentials); }

    static ByteView here() { return as_bytes("session one"); }
    PendingAuthenticator begin(TotpForm form = {})
    {
        return apps.begin(tenant, ada.user.id, here(), form, house.now()).value();
    }
    std::string code(PendingAuthenticator const& app, Duration later = {})
    {
        return totp(app.secret.expose(), house.now() + later, app.form);
    }
    Result<Authenticator> confirm(PendingAuthenticator const& app, std::string_view typed, std::string_view name = "",
                                  ByteView binding = here(), std::optional<UserId> user = {})
    {
        return house.write([&](Tx& tx) {
            return apps.confirm(tx, tenant, user.value_or(ada.user.id), binding, app.sealed, typed, name, house.origin,
                                house.now());
        });
    }
    PendingAuthenticator enrolled_app(std::string_view name = "Phone", TotpForm form = {})
    {
        auto app = begin(form);
        auto const confirmed = confirm(app, code(app), name);
        EXPECT_TRUE(confirmed) << confirmed.error().code;
        house.clock.advance(kTotpPeriod);
        return app;
    }
    Result<CredentialId> use(std::string_view typed, vault::PersonKey const* key = nullptr)
    {
        return house.write([&](Tx& tx) { return apps.use(tx, tenant, ada.user.id, typed, house.now(), key); });
    }
    std::vector<Authenticator> list()
    {
        return house.read([&](Tx& tx) { return apps.list(tx, tenant, ada.user.id); }).value();
    }
    Methods methods()
    {
        return house.read([&](Tx& tx) { return enrolled(tx, tenant, ada.user.id); }).value();
    }

    identity::TestHouse house{GetParam()};
    TenantId const tenant = house.tenant().id;
    identity::CreatedUser const ada = house.make_user("ada@example.com");
    Authenticators apps{*house.vault};
    RecoveryCodes recovery_codes{*house.vault};
};

TEST_P(AuthenticatorApps, AnEnrolmentCountsOnceItsFirstCodeWasRight)
{
    auto const app = begin();
    EXPECT_TRUE(methods().empty());
    EXPECT_EQ(confirm(app, "000000").error().code, "authenticator_code_wrong");
    EXPECT_TRUE(list().empty());
    auto const added = confirm(app, code(app), "  My phone ");
    ASSERT_TRUE(added) << added.error().code;
    EXPECT_EQ(added->name, "My phone");
    ASSERT_EQ(list().size(), 1u);
    EXPECT_EQ(list().front().id, app.id);
    EXPECT_FALSE(list().front().last_used_at);
    EXPECT_EQ(methods(), Methods{Method::totp});
}

TEST_P(AuthenticatorApps, AnEnrolmentShownAgainHasTheSameSecret)
{
    auto const app = begin({OneTimeDigest::sha256, 8});
    auto const again = apps.reopen(tenant, ada.user.id, here(), app.sealed, house.now());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->secret == app.secret);
    EXPECT_EQ(again->form.digits, 8);
    EXPECT_EQ(again->id, app.id);
}

TEST_P(AuthenticatorApps, AnEnrolmentOfAnotherSessionOrUserOrYesterdayIsRefused)
{
    auto const bob = house.make_user("bob@example.com");
    auto const app = begin();
    EXPECT_EQ(confirm(app, code(app), "", as_bytes("session two")).error().code, "enrolment_expired");
    EXPECT_EQ(confirm(app, code(app), "", here(), bob.user.id).error().code, "enrolment_expired");
    house.clock.advance(kAuthenticatorEnrolment + std::chrono::seconds(1));
    EXPECT_EQ(confirm(app, code(app)).error().code, "enrolment_expired");
    EXPECT_TRUE(list().empty());
}

TEST_P(AuthenticatorApps, AnEnrolmentConfirmedTwiceMakesOneCredential)
{
    auto const app = begin();
    ASSERT_TRUE(confirm(app, code(app)));
    EXPECT_EQ(confirm(app, code(app)).error().code, "credential_exists");
    EXPECT_EQ(list().size(), 1u);
}

TEST_P(AuthenticatorApps, TheCodeThatConfirmedTheEnrolmentSignsNobodyIn)
{
    auto const app = begin();
    auto const first = code(app);
    ASSERT_TRUE(confirm(app, first));
    EXPECT_EQ(use(first).error().code, "code_used");
    EXPECT_TRUE(use(code(app, kTotpPeriod)));
}

TEST_P(AuthenticatorApps, ACodeIsTakenOnceAndNoEarlierOneAfterIt)
{
    auto const app = enrolled_app();
    house.clock.advance(2 * kTotpPeriod);
    auto const earlier = code(app, -kTotpPeriod);
    auto const present = code(app);
    ASSERT_EQ(use(present).value(), app.id);
    EXPECT_EQ(use(present).error().code, "code_used");
    EXPECT_EQ(use(present).error().keep_writes, KeepWrites::Yes);
    EXPECT_EQ(use(earlier).error().code, "code_used");
    EXPECT_EQ(list().front().last_used_at, house.now());
    house.clock.advance(kTotpPeriod);
    EXPECT_TRUE(use(code(app)));
}

TEST_P(AuthenticatorApps, AWrongCodeIsRefusedAndCommitsWhatWasCounted)
{
    enrolled_app();
    auto const refused = use("00000");
    EXPECT_EQ(refused.error().code, "authenticator_code_wrong");
    EXPECT_EQ(refused.error().keep_writes, KeepWrites::Yes);
}

TEST_P(AuthenticatorApps, OfAHundredParallelUsesOfOneCodeOneIsTaken)
{
    auto const app = enrolled_app();
    auto const present = code(app);
    std::atomic<int> taken = 0;
    std::atomic<int> next = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 10; ++i)
        racers.emplace_back([&] {
            while (next++ < 100) {
                auto const outcome = use(present);
                taken += outcome.has_value();
                if (!outcome)
                    EXPECT_EQ(outcome.error().code, "code_used") << outcome.error().detail;
            }
        });
    for (auto& racer : racers)
        racer.join();
    EXPECT_EQ(taken, 1);
}

TEST_P(AuthenticatorApps, EachOfSeveralIsTakenForItself)
{
    auto const phone = enrolled_app("Phone");
    auto const tablet = enrolled_app("Tablet", {OneTimeDigest::sha512, 8});
    EXPECT_EQ(use(code(phone)).value(), phone.id);
    EXPECT_EQ(use(code(tablet), &ada.key).value(), tablet.id);
    auto const names = list();
    ASSERT_EQ(names.size(), 2u);
    EXPECT_EQ(names[0].name, "Phone");
    EXPECT_EQ(names[1].name, "Tablet");
}

TEST_P(AuthenticatorApps, TakingACodeCostsTwoStatementsAndLookingAtWhatIsEnrolledOne)
{
    auto const app = enrolled_app();
    auto const before = house.database->statistics().statements;
    ASSERT_TRUE(use(code(app)));
    EXPECT_EQ(house.database->statistics().statements, before + 2);
    methods();
    EXPECT_EQ(house.database->statistics().statements, before + 3);
}

TEST_P(AuthenticatorApps, ASixthIsRefused)
{
    for (int i = 0; i < kAuthenticatorLimit; ++i)
        enrolled_app();
    auto const sixth = begin();
    EXPECT_EQ(confirm(sixth, code(sixth)).error().code, "authenticator_limit");
}

TEST_P(AuthenticatorApps, ANewNameChangesNothingElse)
{
    auto const app = enrolled_app();
    auto const rename = [&](std::string_view name) {
        return house.write(
            [&](Tx& tx) { return apps.rename(tx, tenant, ada.user.id, app.id, name, house.origin, house.now()); });
    };
    ASSERT_TRUE(rename("Grandmother's phone"));
    EXPECT_EQ(list().front().name, "Grandmother's phone");
    for (std::string const& wrong :
         {std::string(), std::string("  "), std::string(65, 'x'), std::string("a\nb"), std::string("\xff")})
        EXPECT_EQ(rename(wrong).error().code, "credential_name_invalid");
    EXPECT_TRUE(use(code(app)));
}

TEST_P(AuthenticatorApps, ARemovedOneIsTakenNoMoreAndTheLastOneTakesTheRecoveryCodesAlong)
{
    auto const phone = enrolled_app();
    auto const tablet = enrolled_app();
    ASSERT_TRUE(house.write(
        [&](Tx& tx) { return recovery_codes.generate(tx, tenant, ada.user.id, house.origin, house.now()); }));
    auto const remove = [&](CredentialId id) {
        return house.write([&](Tx& tx) { return apps.remove(tx, tenant, ada.user.id, id, house.origin, house.now()); });
    };
    EXPECT_EQ(remove(phone.id).value(), "Phone");
    EXPECT_EQ(use(code(phone)).error().code, "authenticator_code_wrong");
    EXPECT_EQ(methods(), (Methods{Method::totp, Method::recovery_code}));
    EXPECT_EQ(remove(phone.id).error().code, "credential_not_found");
    ASSERT_TRUE(remove(tablet.id));
    EXPECT_TRUE(methods().empty());
}

TEST_P(AuthenticatorApps, AnotherUsersCredentialIsNeitherRenamedNorRemovedNorUsed)
{
    auto const app = enrolled_app();
    auto const bob = house.make_user("bob@example.com");
    EXPECT_EQ(house
                  .write([&](Tx& tx) {
                      return apps.rename(tx, tenant, bob.user.id, app.id, "Mine", house.origin, house.now());
                  })
                  .error()
                  .code,
              "credential_not_found");
    EXPECT_EQ(
        house.write([&](Tx& tx) { return apps.remove(tx, tenant, bob.user.id, app.id, house.origin, house.now()); })
            .error()
            .code,
        "credential_not_found");
    EXPECT_EQ(
        house.write([&](Tx& tx) { return apps.use(tx, tenant, bob.user.id, code(app), house.now()); }).error().code,
        "authenticator_code_wrong");
}

TEST_P(AuthenticatorApps, AnErasedPersonsAreGone)
{
    enrolled_app();
    ASSERT_TRUE(house.write(
        [&](Tx& tx) { return house.users.erase(tx, house.tenant(), ada.user.id, "test", house.origin, house.now()); }));
    EXPECT_TRUE(list().empty());
    EXPECT_TRUE(methods().empty());
}

// Not in rows, not in the write-ahead log: neither the secret nor the name of an app, nor a recovery code.
TEST_P(AuthenticatorApps, ADatabaseThiefReadsNothingOfThem)
{
    if (GetParam() != storage::Engine::sqlite)
        return; // whose files are not ours to read; the rows are the same
    auto const app = enrolled_app("zyxmarker");
    auto const codes = house.write(
        [&](Tx& tx) { return recovery_codes.generate(tx, tenant, ada.user.id, house.origin, house.now()); });
    ASSERT_TRUE(codes);
    auto const path = house.database.address().substr(std::string_view("sqlite:").size());
    std::string files;
    for (auto const* suffix : {"", "-wal"}) {
        std::ifstream file(path + suffix, std::ios::binary);
        files.append(std::istreambuf_iterator<char>(file), {});
    }
    ASSERT_NE(files.find("recovery_codes"), std::string::npos) << "the kind is no secret";
    EXPECT_EQ(files.find("zyxmarker"), std::string::npos);
    EXPECT_EQ(files.find(app.secret.expose_text()), std::string::npos);
    EXPECT_EQ(files.find(base64url_encode(app.secret.expose())), std::string::npos);
    EXPECT_EQ(files.find(base32_encode(app.secret.expose())), std::string::npos);
    for (auto code : *codes) {
        EXPECT_EQ(files.find(code), std::string::npos);
        EXPECT_EQ(files.find(code.erase(5, 1)), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, AuthenticatorApps, storage::every_backend());

} // namespace
} // namespace gatehouse::credentials
