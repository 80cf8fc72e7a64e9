// Approval on a device: the rules, and the attacks on them.
#include "credentials/push_requests.hpp"

#include "credentials/test_support/software_device.hpp"
#include "identity/test_support/test_house.hpp"

namespace gatehouse::credentials {
namespace {

using namespace std::chrono_literals;
using storage::Tx;

class PushApproval : public testing::TestWithParam<storage::Engine> {
protected:
    PushApproval() { device = add(ada, phone, "Phone").value(); }

    Result<PushDevice> add(identity::CreatedUser const& user, SoftwareDevice const& of, std::string const& name)
    {
        return add_with(invite(user), of, name);
    }
    std::string invite(identity::CreatedUser const& user)
    {
        return devices.invite(tenant, user.user.id, 1, house.now()).value();
    }
    Result<PushDevice> add_with(std::string const& invitation, SoftwareDevice const& of, std::string const& name)
    {
        return house.write([&](Tx& tx) -> Result<PushDevice> {
            TRY(auto const opened, devices.open_invitation(tenant, invitation, house.now()));
            return devices.add(tx, tenant, opened, {.name = name, .key = of.public_key(), .subscription = std::nullopt},
                               house.origin, house.now());
        });
    }
    Result<PushRequest> ask(Uuid const& of)
    {
        return house.write([&](Tx& tx) {
            return requests.ask(tx, tenant, ada.user.id, of,
                                {.application = "Shop", .place = "203.0.113.7", .browser = "Firefox on Linux"},
                                house.origin, house.now());
        });
    }
    std::string answer(PushDevice const& by, PushRequestId id, PushRequests::Answer const& with)
    {
        auto const done =
            house.write([&](Tx& tx) { return requests.answer(tx, tenant, by, id, with, house.origin, house.now()); });
        return done ? std::string(to_string(done->state)) : done.error().code;
    }
    std::string take(PushRequestId id, Uuid const& of, std::optional<UserId> user = {})
    {
        auto const done = house.write(
            [&](Tx& tx) { return requests.take(tx, tenant, user.value_or(ada.user.id), of, id, house.now()); });
        return done ? "taken" : done.error().code;
    }
    std::string state(PushRequestId id)
    {
        auto const found = house.read([&](Tx& tx) { return requests.find(tx, tenant, id, house.now()); });
        return std::string(to_string(found.value()->state));
    }

    identity::TestHouse house{GetParam()};
    TenantId tenant = house.tenant().id;
    PushDevices devices{*house.vault};
    PushRequests requests{*house.vault, devices};
    identity::CreatedUser ada = house.make_user("ada@example.com");
    SoftwareDevice phone;
    PushDevice device;
    Uuid journey = Uuid::generate(house.now());
};

TEST_P(PushApproval, ADeviceApprovesTheSignInWhoseNumberItIsTold)
{
    auto const request = ask(journey).value();
    EXPECT_GE(request.number, 10);
    EXPECT_LE(request.number, 99);
    EXPECT_EQ(request.details.application, "Shop");
    EXPECT_EQ(take(request.id, journey), "push_waiting");
    EXPECT_EQ(answer(device, request.id, phone.approve(request)), "approved");
    EXPECT_EQ(take(request.id, journey), "taken");
    auto const listed = house.read([&](Tx& tx) { return devices.list(tx, tenant, ada.user.id); }).value();
    EXPECT_EQ(listed.front().last_used_at, house.now());
}

TEST_P(PushApproval, AnApprovalIsTakenOnce)
{
    auto const request = ask(journey).value();
    auto const approval = phone.approve(request);
    EXPECT_EQ(answer(device, request.id, approval), "approved");
    EXPECT_EQ(answer(device, request.id, approval), "push_request_over") << "replayed";
    EXPECT_EQ(take(request.id, journey), "taken");
    EXPECT_EQ(take(request.id, journey), "push_expired");
    // The same approval for the next request of the same journey.
    auto const next = ask(journey).value();
    EXPECT_EQ(answer(device, next.id, approval), "push_signature_wrong");
}

TEST_P(PushApproval, AnApprovalServesNoOtherJourneyOrPerson)
{
    auto const request = ask(journey).value();
    EXPECT_EQ(answer(device, request.id, phone.approve(request)), "approved");
    EXPECT_EQ(take(request.id, Uuid::generate(house.now())), "push_expired");
    EXPECT_EQ(take(request.id, journey, house.make_user("eve@example.com").user.id), "push_expired");
    EXPECT_EQ(take(request.id, journey), "taken");
}

TEST_P(PushApproval, AnotherPersonsDeviceIsNotAsked)
{
    auto const eve = house.make_user("eve@example.com");
    SoftwareDevice other;
    auto const hers = add(eve, other, "Phone").value();
    auto const request = ask(journey).value();
    EXPECT_EQ(answer(hers, request.id, other.approve(request)), "push_request_over");
    EXPECT_EQ(answer(device, request.id, other.approve(request)), "push_signature_wrong");
    EXPECT_EQ(state(request.id), "waiting") << "a stranger ends nothing";
}

TEST_P(PushApproval, AGuessedNumberEndsTheRequest)
{
    auto const request = ask(journey).value();
    auto const wrong = std::to_string(request.number == 99 ? 98 : request.number + 1);
    EXPECT_EQ(answer(device, request.id, phone.answer(request, PushDecision::approve, wrong)), "push_number_wrong");
    EXPECT_EQ(answer(device, request.id, phone.approve(request)), "push_request_over") << "no second guess";
    EXPECT_EQ(take(request.id, journey), "push_number_wrong");
    // What is signed with another number than is said.
    auto const next = ask(journey).value();
    auto const other = std::to_string(next.number == 99 ? 98 : next.number + 1);
    auto forged = phone.answer(next, PushDecision::approve, other);
    forged.number = std::to_string(next.number);
    EXPECT_EQ(answer(device, next.id, forged), "push_signature_wrong");
    // A denial is no approval.
    auto denial = phone.answer(next, PushDecision::deny, "");
    denial.decision = PushDecision::approve;
    EXPECT_EQ(answer(device, next.id, denial), "push_signature_wrong");
}

TEST_P(PushApproval, ARemovedDeviceApprovesNothing)
{
    auto const request = ask(journey).value();
    EXPECT_EQ(answer(device, request.id, phone.approve(request)), "approved");
    ASSERT_TRUE(house.write([&](Tx& tx) {
        return devices.remove(tx, house.users, tenant, ada.user.id, device.id, house.origin, house.now());
    }));
    EXPECT_EQ(take(request.id, journey), "push_expired") << "not even what it approved before";
    auto const found =
        house.read([&](Tx& tx) { return devices.find(tx, tenant, {.user = ada.user.id, .device = device.id}); });
    EXPECT_FALSE(found.value());
    EXPECT_EQ(ask(journey).error().code, "push_no_device");
}

TEST_P(PushApproval, ARequestExpires)
{
    auto const request = ask(journey).value();
    house.clock.advance(kPushLifetime);
    EXPECT_EQ(answer(device, request.id, phone.approve(request)), "push_request_over");
    EXPECT_EQ(take(request.id, journey), "push_expired");
    auto const next = ask(journey).value();
    EXPECT_EQ(answer(device, next.id, phone.approve(next)), "approved");
    house.clock.advance(kPushLifetime);
    EXPECT_EQ(take(next.id, journey), "push_expired") << "an approval does not keep";
}

TEST_P(PushApproval, BombingWithPromptsEnds)
{
    for (int i = 0; i < kPushesInWindow; ++i)
        ASSERT_TRUE(ask(Uuid::generate(house.now())));
    auto const more = ask(journey);
    EXPECT_EQ(more.error().code, "push_too_many");
    EXPECT_TRUE(more.error().retry_after);
    house.clock.advance(kPushWindow);
    EXPECT_TRUE(ask(journey));
    for (int day = 0; day < 40; ++day) {
        house.clock.advance(kPushWindow / 5);
        (void)ask(journey);
    }
    house.clock.advance(kPushWindow);
    EXPECT_EQ(ask(journey).error().code, "push_too_many") << "and over the day";
    house.clock.advance(24h);
    EXPECT_TRUE(ask(journey));
}

TEST_P(PushApproval, AReportOfFraudEndsTheAttemptAndPausesPrompts)
{
    auto const request = ask(journey).value();
    EXPECT_EQ(answer(device, request.id, phone.answer(request, PushDecision::report, "")), "reported");
    EXPECT_EQ(take(request.id, journey), "push_denied");
    EXPECT_EQ(ask(journey).error().code, "push_paused");
    house.clock.advance(kPushPause);
    EXPECT_TRUE(ask(journey));
}

TEST_P(PushApproval, ANewRequestEndsTheEarlierOne)
{
    auto const first = ask(journey).value();
    EXPECT_EQ(answer(device, first.id, phone.approve(first)), "approved");
    auto const second = ask(Uuid::generate(house.now())).value();
    EXPECT_EQ(take(first.id, journey), "push_expired");
    EXPECT_EQ(state(second.id), "waiting");
    EXPECT_EQ(house.read([&](Tx& tx) { return requests.waiting(tx, tenant, ada.user.id, house.now()); }).value()->id,
              second.id);
}

TEST_P(PushApproval, AStrangerIsToldOfAnApprovalAndNothingElse)
{
    auto const ask_unproven = [&](std::optional<UserId> user, std::string_view named) {
        return house
            .write([&](Tx& tx) {
                return requests.ask_unproven(tx, tenant, user, as_bytes(named), journey, {}, house.origin, house.now());
            })
            .value();
    };
    auto const told = [&](PushRequestId id) {
        auto const state = house.read([&](Tx& tx) { return requests.told_state(tx, tenant, id, house.now()); });
        return std::string(to_string(*state.value()));
    };
    auto const take_any = [&](PushRequestId id) {
        auto const done =
            house.write([&](Tx& tx) { return requests.take(tx, tenant, std::nullopt, journey, id, house.now()); });
        return done ? done->to_string() : done.error().code;
    };
    auto const request = ask_unproven(ada.user.id, "ada: a keyed digest of the identifier");
    EXPECT_EQ(answer(device, request.id, phone.answer(request, PushDecision::deny, "")), "denied");
    EXPECT_EQ(told(request.id), "waiting");
    EXPECT_EQ(take_any(request.id), "push_waiting");
    auto const nobody = ask_unproven(std::nullopt, "nobody: a keyed digest of the identifier");
    EXPECT_GE(nobody.number, 10);
    EXPECT_EQ(told(nobody.id), "waiting");
    EXPECT_EQ(take_any(nobody.id), "push_waiting");
    auto const next = ask_unproven(ada.user.id, "ada: a keyed digest of the identifier");
    EXPECT_EQ(answer(device, nobody.id, phone.approve(nobody)), "push_request_over") << "it is nobody's";
    EXPECT_EQ(answer(device, next.id, phone.approve(next)), "approved");
    EXPECT_EQ(told(next.id), "approved");
    EXPECT_EQ(take_any(next.id), ada.user.id.to_string());
    EXPECT_NE(take_any(next.id), ada.user.id.to_string()) << "once";
    house.clock.advance(kPushLifetime);
    for (auto const id : {request.id, nobody.id, next.id}) {
        EXPECT_EQ(told(id), "expired");
        EXPECT_EQ(take_any(id), "push_expired");
    }
}

TEST_P(PushApproval, AnInvitationIsUsedOnce)
{
    auto const invitation = invite(ada);
    EXPECT_TRUE(add_with(invitation, SoftwareDevice(), "One"));
    EXPECT_EQ(add_with(invitation, SoftwareDevice(), "Two").error().code, "push_invitation_expired");
    auto const late = invite(ada);
    house.clock.advance(kPushInvitationLifetime);
    EXPECT_EQ(add_with(late, SoftwareDevice(), "Three").error().code, "push_invitation_expired");
    EXPECT_EQ(add_with("forged", SoftwareDevice(), "Four").error().code, "push_invitation_expired");
    EXPECT_EQ(add(ada, SoftwareDevice(), "").error().code, "credential_name_invalid");
}

TEST_P(PushApproval, OldRequestsGo)
{
    ASSERT_TRUE(ask(journey));
    auto const remove = [&] {
        return house.write([&](Tx& tx) { return requests.remove_old(tx, tenant, house.now(), 100); }).value();
    };
    EXPECT_EQ(remove(), 0);
    house.clock.advance(24h);
    EXPECT_EQ(remove(), 1);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, PushApproval, storage::every_backend());

TEST(PushSubscriptions, AreHttpsWithTheirKeys)
{
    boost::json::object good{
        {"endpoint", "https://push.example.net/send/abc"},
        {"keys",
         {{"p256dh", "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"},
          {"auth", "BTBZMqHH6r4Tts7J_aSIgg"}}}};
    EXPECT_TRUE(read_push_subscription(good, "/subscription"));
    for (auto const* const endpoint : {"http://push.example.net/", "https://user:word@push.example.net/", "", "x"}) {
        auto bad = good;
        bad["endpoint"] = endpoint;
        EXPECT_EQ(read_push_subscription(bad, "/subscription").error().pointer, "/subscription/endpoint") << endpoint;
    }
    good.erase("keys");
    EXPECT_EQ(read_push_subscription(good, "/subscription").error().pointer, "/subscription/keys");
}

TEST(PushKeys, AreOfP256AndPublic)
{
    SoftwareDevice const device;
    EXPECT_TRUE(read_device_key(device.jwk(), "/key"));
    auto const other = jose::SigningKey::generate(jose::Algorithm::ES384).value();
    EXPECT_EQ(read_device_key(other.public_key().to_jwk(), "/key").error().pointer, "/key");
    EXPECT_FALSE(read_device_key({}, "/key"));
}

} // namespace
} // namespace gatehouse::credentials
