// The dispatcher is small enough to be asked about everything it can meet.
#include "journey/next_step.hpp"
#include "session/trusted_devices.hpp"

#include <gtest/gtest.h>
#include <map>
#include <queue>
#include <set>

namespace gatehouse::journey {
namespace {

using namespace std::chrono_literals;

TimePoint const kNow = from_seconds(1'700'000'000);
UserId const kAda{Uuid{.bytes = {1}}};
UserId const kGrace{Uuid{.bytes = {2}}};
SessionId const kSession{Uuid{.bytes = {3}}};
Uuid const kChallenge{.bytes = {4}};

using credentials::Level;
using credentials::Method;
using credentials::Methods;
using identity::SecondFactor;
constexpr Methods kPassword{Method::password};
constexpr Methods kTwo{Method::password, Method::totp};

struct Case {
    Journey journey;
    Policy policy;
    Situation situation;

    Step next() const { return next_step(journey, policy, situation, kNow); }
};

// Takes the digits of a number one after the other: the nth combination of everything.
struct Digits {
    std::uint64_t rest;
    int next(int base)
    {
        auto const digit = static_cast<int>(rest % static_cast<unsigned>(base));
        rest /= static_cast<unsigned>(base);
        return digit;
    }
    bool flag() { return next(2) == 1; }
};

constexpr std::uint64_t kRequests = 4ULL * 2 * 2 * 2 * 5; // purpose, requirements, policy
constexpr std::uint64_t kFacts = 2ULL * 5 * 3 * 3 * 4 * 2 * 2;
constexpr std::uint64_t kSituations = 2ULL * 2 * 2 * 3;
constexpr std::uint64_t kConsents = 5;

// A closed registration matters to registrations only, so that is a fourth purpose here.
void set_request(Case& at, Digits digits)
{
    auto const purpose = digits.next(4);
    at.journey.purpose = static_cast<Purpose>(purpose % 3);
    at.policy.registration_open = purpose != 3;
    if (purpose == 3)
        at.journey.purpose = Purpose::registration;
    auto& requirements = at.journey.requirements;
    if (digits.flag())
        requirements.user = kAda;
    requirements.fresh = digits.flag();
    requirements.level = digits.flag() ? Level::multi : Level::single;
    auto const demand = digits.next(5); // never, if_enrolled, required; required with a grace that runs, that is over
    at.policy.second_factor = static_cast<SecondFactor>(std::min(demand, 2));
    if (demand >= 3) {
        at.policy.grace = std::chrono::days(10);
        at.situation.grace_began = kNow - std::chrono::days(demand == 3 ? 9 : 10);
    }
    at.policy.first = {Method::password, Method::email_code};
    at.policy.second = {Method::totp, Method::recovery_code};
    at.policy.enrol = {Method::totp};
}

void set_facts(Case& at, Digits digits)
{
    auto& facts = at.journey.facts;
    facts.account_settled = digits.flag();
    // What other applications were content with: nothing, what this policy knows, and what it does not.
    constexpr Methods kHeld[] = {
        {}, kPassword, kTwo, {Method::passkey}, {Method::email_code, Method::totp, Method::security_key}};
    if (auto const held = digits.next(5)) {
        facts.session = kSession;
        facts.session_methods = kHeld[held];
    }
    if (auto const age = digits.next(3)) {
        at.journey.requirements.max_age = 60s;
        facts.session_at = age == 1 ? kNow : kNow - 1h;
    }
    if (auto const who = digits.next(3))
        facts.user = who == 1 ? kAda : kGrace;
    constexpr Methods kProven[] = {{}, kPassword, kTwo, {Method::email_code}};
    facts.proven = kProven[digits.next(4)];
    facts.mailbox = digits.flag();
    if (digits.flag())
        facts.challenge = kChallenge;
}

void set_situation(Case& at, Digits digits)
{
    constexpr Methods kUsable[] = {{}, kPassword, {Method::password, Method::totp, Method::recovery_code}};
    at.situation.live_sessions = digits.next(2);
    at.situation.user_active = digits.flag();
    at.situation.session_alive = digits.flag();
    at.situation.usable = kUsable[digits.next(3)];
}

void set_consent(Case& at, std::uint64_t kind)
{
    at.journey.requirements.consent_scopes =
        kind == 0 ? std::vector<std::string>{} : std::vector<std::string>{"openid"};
    at.journey.requirements.ask_consent = kind >= 3;
    at.situation.consent_missing = kind == 1 || kind == 4;
    at.journey.facts.consented = kind == 2 || kind == 4;
}

// What is rarely decisive takes turns instead of multiplying the rest: the kinds of consent, and (after a first walk
// of each request) a part of the facts that is chosen by a prime stride, another one for every request.
template <class Check>
void for_everything(Check&& check)
{
    constexpr std::uint64_t kStride = 7;
    std::uint64_t count = 0;
    for (std::uint64_t request = 0; request < kRequests; ++request)
        for (std::uint64_t facts = request % kStride; facts < kFacts; facts += kStride)
            for (std::uint64_t situation = 0; situation < kSituations; ++situation) {
                Case at;
                set_request(at, {request});
                set_facts(at, {facts});
                set_situation(at, {situation});
                set_consent(at, ++count % kConsents);
                check(at);
                if (testing::Test::HasFailure())
                    return;
            }
}

// Said in other words than the code under test says it.
void check_invariants(Case const& at)
{
    auto const step = at.next();
    auto const& facts = at.journey.facts;
    auto const& requirements = at.journey.requirements;
    auto const asked_for_consent = !requirements.consent_scopes.empty();

    EXPECT_NE(step, Step::cancel) << "only declining ends without a session";
    if (step == Step::finish || step == Step::consent) {
        EXPECT_TRUE(facts.user) << "nobody finishes without a user";
        EXPECT_TRUE(at.situation.user_active) << "a disabled or changed user never finishes";
        auto const in_time = !requirements.max_age || kNow - facts.session_at <= *requirements.max_age;
        auto const by_session = facts.session && at.situation.session_alive && !requirements.fresh && in_time;
        auto const proven = facts.proven | (by_session ? facts.session_methods : Methods{});
        EXPECT_TRUE(proven.has(Method::password) || proven.has(Method::email_code))
            << "a beginning that the policy knows, here or in a live session; prompt=login and max_age want it here";
        auto const two =
            proven.has(Method::password) && (proven.has(Method::totp) || proven.has(Method::recovery_code));
        auto const excused = at.policy.grace > 0s && *at.situation.grace_began + at.policy.grace > kNow &&
                             !at.situation.usable.has(Method::totp);
        if (requirements.level == Level::multi || (at.policy.second_factor == SecondFactor::required && !excused))
            EXPECT_TRUE(two) << "two factors where two are demanded";
        if (excused && !facts.proven.empty() && proven.has(Method::password))
            EXPECT_TRUE(two || facts.enrolment_put_off) << "it is offered before it is demanded";
        if (at.policy.second_factor == SecondFactor::if_enrolled && at.situation.usable.has(Method::totp))
            EXPECT_TRUE(two) << "who has a second factor gives it, whatever the path";
        if (requirements.user)
            EXPECT_EQ(facts.user, requirements.user) << "somebody else's sign-in is no confirmation";
    }
    if (step == Step::finish && asked_for_consent) {
        EXPECT_TRUE(facts.consented || !at.situation.consent_missing) << "nothing is shared unasked";
        if (requirements.ask_consent)
            EXPECT_TRUE(facts.consented) << "prompt=consent asks";
    }
    if (step == Step::consent)
        EXPECT_TRUE(asked_for_consent && !facts.consented);
    if (step == Step::too_weak || step == Step::enrol_totp)
        EXPECT_TRUE(ways_on(at.journey, at.policy, at.situation, kNow).empty() ||
                    is_authenticated(at.journey, at.policy, at.situation, kNow))
            << "nobody sets up, or gives up, who has what is asked for";
    if (step == Step::new_password) {
        EXPECT_TRUE(facts.mailbox || !facts.recovered_by.empty())
            << "a password is set only by who reads the mailbox, or has proven themselves otherwise";
        EXPECT_TRUE(facts.user && at.situation.user_active);
        EXPECT_EQ(at.journey.purpose, Purpose::recovery);
    }
    if (step == Step::totp || step == Step::recovery_code || step == Step::enrol_totp || step == Step::too_weak)
        EXPECT_TRUE(facts.user && at.situation.user_active && !what_counts(at.journey, at.situation, kNow).empty())
            << "nobody is told what further factors an account has before the first one is proven";
    if (step == Step::recover_code || step == Step::register_code || step == Step::email_code)
        EXPECT_TRUE(facts.challenge) << "a code is asked for only when one was sent";
    if (step == Step::register_details || step == Step::register_code)
        EXPECT_TRUE(at.policy.registration_open) << "registering when registration is closed";
    if (step == Step::keep_recovery_codes || step == Step::few_recovery_codes)
        EXPECT_TRUE(is_authenticated(at.journey, at.policy, at.situation, kNow))
            << "only who has signed in sees recovery codes";
    if (step == Step::choose_account) {
        EXPECT_GT(at.situation.live_sessions, 0) << "no empty choice";
        EXPECT_FALSE(facts.account_settled) << "asked once";
    }
}

TEST(NextStep, EveryCombinationOfFactsKeepsTheInvariants)
{
    for_everything(check_invariants);
}

TEST(NextStep, AMailboxAloneNeverFinishesAReset)
{
    for_everything([](Case const& at) {
        auto const& facts = at.journey.facts;
        if (at.journey.purpose == Purpose::recovery && facts.mailbox && facts.proven.empty() && !facts.session)
            EXPECT_NE(at.next(), Step::finish);
    });
}

// What a person may do at a step, with everything that may come of it. The steps' own tests hold them to this.
std::vector<Case> moves(Case const& at)
{
    std::vector<Case> next;
    auto const move = [&](auto&& change) {
        Case to = at;
        change(to.journey.facts, to.situation);
        next.push_back(std::move(to));
    };
    auto const signed_in_as = [](UserId user) {
        return [user](Facts& facts, Situation& situation) {
            facts.prove(user, 0, Method::password, kNow);
            situation.user_active = true;
        };
    };
    switch (at.next()) {
    case Step::choose_account:
        move([](Facts& facts, Situation& situation) {
            facts.account_settled = true;
            facts.session = kSession;
            facts.session_methods = kPassword;
            facts.session_at = kNow - 1h;
            facts.user = kAda;
            situation.user_active = situation.session_alive = true;
        });
        move([](Facts& facts, Situation&) { facts.account_settled = true; });
        move([](Facts&, Situation& situation) { --situation.live_sessions; });
        break;
    case Step::password:
        move([](Facts& facts, Situation&) { facts.wanted = Method::email_code; });
        move(signed_in_as(kAda));
        if (!at.journey.requirements.user)
            move(signed_in_as(kGrace));
        break;
    case Step::recover_identifier:
        move([](Facts& facts, Situation&) { facts.wanted = Method::recovery_code; });
        [[fallthrough]];
    case Step::register_details:
        move([](Facts& facts, Situation&) {
            facts.challenge = kChallenge;
            facts.mailbox = false;
            facts.recovered_by = {};
            facts.user.reset();
        });
        break;
    case Step::recover_by_code:
        move([](Facts& facts, Situation&) { facts.wanted = Method::email_code; });
        move([](Facts& facts, Situation& situation) {
            facts.recovered_by = {Method::recovery_code};
            facts.challenge.reset();
            facts.user = kAda;
            situation.user_active = true;
        });
        break;
    case Step::recovery_wait: // hours later
        move([](Facts&, Situation& situation) { situation.hold_over = true; });
        break;
    case Step::change_password:
        move([](Facts& facts, Situation& situation) {
            facts.prove(*facts.user, 0, Method::password, kNow);
            situation.password_change = PasswordChange::none;
        });
        if (at.situation.password_change == PasswordChange::offered)
            move([](Facts& facts, Situation&) { facts.password_kept = true; });
        break;
    case Step::text_send:
    case Step::email_send:
        move([](Facts& facts, Situation&) { facts.challenge = kChallenge; });
        break;
    case Step::email_code:
    case Step::text_code:
        move([method = at.next() == Step::email_code ? Method::email_code : Method::sms_code](Facts& facts,
                                                                                              Situation& situation) {
            facts.challenge.reset();
            facts.prove(kAda, 0, method, kNow);
            situation.user_active = true;
        });
        break;
    case Step::totp:
    case Step::recovery_code:
    case Step::enrol_totp: {
        auto const method = at.next() == Step::recovery_code ? Method::recovery_code : Method::totp;
        auto const enrols = at.next() == Step::enrol_totp;
        move([&](Facts& facts, Situation& situation) {
            facts.prove(*facts.user, 0, method, kNow);
            situation.usable.add(method);
            if (method == Method::recovery_code)
                facts.recovery_codes_left = 1;
            else if (enrols)
                facts.new_recovery_codes = {"aaaaa-aaaaa"};
        });
        if (enrols)
            move([](Facts& facts, Situation&) { facts.enrolment_put_off = true; });
        break;
    }
    case Step::keep_recovery_codes:
        move([](Facts& facts, Situation&) { facts.new_recovery_codes.clear(); });
        break;
    case Step::few_recovery_codes:
        move([](Facts& facts, Situation&) { facts.recovery_codes_left.reset(); });
        move([](Facts& facts, Situation&) {
            facts.recovery_codes_left.reset();
            facts.new_recovery_codes = {"aaaaa-aaaaa"};
        });
        break;
    case Step::keep_account:
        move([](Facts& facts, Situation&) { facts.account_kept = true; });
        move([](Facts& facts, Situation&) { facts.cancelled = true; });
        break;
    case Step::offer_passkey:
        move([](Facts& facts, Situation&) { facts.passkey_offered = true; });
        break;
    case Step::passkey: // the policy of these tests has none of these
    case Step::enrol_passkey:
    case Step::enrol_phone:
    case Step::enrol_phone_code:
    case Step::recover_text:
    case Step::recover_text_code:
    case Step::push_send:
    case Step::push_wait:
    case Step::too_weak:
        move([](Facts& facts, Situation&) { facts.cancelled = true; });
        break;
    case Step::register_code:
        move(signed_in_as(kGrace));
        break;
    case Step::recover_code:
        move([](Facts& facts, Situation& situation) {
            facts.mailbox = true;
            facts.user = kAda;
            situation.user_active = true;
        });
        break;
    case Step::new_password:
        move(signed_in_as(*at.journey.facts.user));
        break;
    case Step::consent:
        move([](Facts& facts, Situation& situation) {
            facts.consented = true;
            situation.consent_missing = false;
        });
        move([](Facts& facts, Situation&) { facts.cancelled = true; });
        break;
    case Step::agreements:
        move([](Facts&, Situation& situation) { situation.agreements_missing = false; });
        move([](Facts& facts, Situation&) { facts.cancelled = true; });
        break;
    case Step::profile:
        move([](Facts& facts, Situation&) { facts.profile_asked = true; });
        break;
    case Step::registration_closed: // its page links to sign-in: the journey's purpose changes
        next.push_back(at);
        next.back().journey.purpose = Purpose::sign_in;
        break;
    case Step::finish:
    case Step::cancel:
        break;
    }
    return next;
}

auto key_of(Case const& at)
{
    auto const& facts = at.journey.facts;
    return std::tuple(at.journey.purpose, facts.account_settled, facts.session, facts.user, facts.proven.bits(),
                      facts.session_methods.bits(), facts.wanted, facts.mailbox, facts.challenge.has_value(),
                      facts.session_at, facts.consented, facts.cancelled, facts.enrolment_put_off,
                      facts.new_recovery_codes, facts.recovery_codes_left, facts.recovered_by.bits(),
                      facts.password_kept, facts.account_kept, at.situation.password_change, at.situation.hold_over,
                      at.situation.live_sessions, at.situation.user_active, at.situation.session_alive,
                      at.situation.consent_missing, at.situation.usable.bits());
}
using Key = decltype(key_of(Case{}));

TEST(NextStep, EveryPathFromEveryStartCanReachTheEnd)
{
    int walked = 0;
    for (std::uint64_t request = 0; request < kRequests; ++request) {
        for (int sessions = 0; sessions < 3; ++sessions) {
            Case start;
            set_request(start, {request});
            start.policy.recovery = {Method::email_code, Method::recovery_code};
            start.policy.recovery_waits = sessions != 1;
            start.journey.requirements.consent_scopes = {"openid"};
            start.journey.requirements.max_age = 60s;
            start.situation.live_sessions = sessions;
            start.situation.consent_missing = true;
            start.situation.usable = kPassword;
            start.situation.password_change = static_cast<PasswordChange>(sessions);
            std::map<Key, Case> seen;
            std::map<Key, std::vector<Key>> reached_from;
            std::queue<Key> open;
            std::queue<Key> ends;
            seen.emplace(key_of(start), start);
            open.push(key_of(start));
            while (!open.empty()) {
                auto const key = open.front();
                open.pop();
                auto const at = seen.at(key);
                if (is_terminal(at.next()))
                    ends.push(key);
                for (auto const& to : moves(at)) {
                    reached_from[key_of(to)].push_back(key);
                    if (seen.emplace(key_of(to), to).second)
                        open.push(key_of(to));
                }
            }
            std::set<Key> can_end;
            while (!ends.empty()) {
                auto const key = ends.front();
                ends.pop();
                if (!can_end.insert(key).second)
                    continue;
                for (auto const& before : reached_from[key])
                    ends.push(before);
            }
            walked += static_cast<int>(seen.size());
            for (auto const& [key, at] : seen)
                ASSERT_TRUE(can_end.contains(key))
                    << "a dead end at " << to_string(at.next()) << " of " << to_string(at.journey.purpose);
        }
    }
    EXPECT_GT(walked, 1000);
}

TEST(NextStep, AnApplicationWithAShorterListIsNoWayAroundTheFactorsThatAPersonHas)
{
    Case at;
    at.policy.second = {Method::passkey};
    at.situation.usable = {Method::password, Method::totp};
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    at.policy.tenant_second = {Method::passkey, Method::totp};
    EXPECT_NE(at.next(), Step::finish);
    at.policy.tenant_second = {Method::passkey};
    EXPECT_EQ(at.next(), Step::finish) << "the tenant knows no such factor either";
}

TEST(NextStep, ASessionByTrustIsRaisedWhereTrustStandsForNothing)
{
    identity::Tenant tenant;
    identity::ApplicationSignIn strict{.first = {},
                                       .second = {},
                                       .second_factor = {},
                                       .grace_days = {},
                                       .trusted_device_days = 0,
                                       .user_verification = {}};
    tenant.settings.signin.trusted_device_days = 30;
    Case at;
    at.situation.usable = {Method::password, Method::totp};
    at.situation.live_sessions = 1;
    at.journey.facts.account_settled = true;
    at.journey.facts.session = SessionId::generate(kNow);
    at.journey.facts.user = kAda;
    at.journey.facts.session_at = kNow;
    at.journey.facts.session_methods = Methods{Method::password} | session::kByTrust;
    at.policy = Policy::of(tenant, nullptr);
    EXPECT_EQ(at.next(), Step::finish);
    at.policy = Policy::of(tenant, &strict);
    EXPECT_EQ(at.next(), Step::totp);
}

TEST(NextStep, WhereKeysMustBeUnlockedATouchIsNoSecondFactor)
{
    identity::Tenant tenant;
    identity::ApplicationSignIn strict{.first = {},
                                       .second = {},
                                       .second_factor = {},
                                       .grace_days = {},
                                       .trusted_device_days = {},
                                       .user_verification = identity::UserVerification::required};
    auto const touched = Methods{Method::password, Method::security_key};
    EXPECT_GE(Policy::of(tenant, nullptr).level_of(touched), credentials::Level::multi);
    EXPECT_EQ(Policy::of(tenant, &strict).level_of(touched), credentials::Level::single);
}

TEST(NextStep, APasswordThatMustChangeIsChangedAfterEveryFactorAndBeforeAnythingElse)
{
    Case at;
    at.policy.second = {Method::totp};
    at.situation.usable = kTwo;
    at.situation.password_change = PasswordChange::required;
    at.journey.requirements.consent_scopes = {"openid"};
    at.situation.consent_missing = true;
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::totp) << "who knows only the password does not change it";
    at.journey.facts.prove(kAda, 0, Method::totp, kNow);
    EXPECT_EQ(at.next(), Step::change_password);
    at.journey.facts.password_kept = true;
    EXPECT_EQ(at.next(), Step::change_password) << "it is not skipped";
    at.situation.password_change = PasswordChange::offered;
    EXPECT_EQ(at.next(), Step::consent) << "what is offered may be";
    at.journey.facts.password_kept = false;
    EXPECT_EQ(at.next(), Step::change_password);
    at.journey.facts.proven = {Method::passkey};
    at.policy.first = {Method::passkey};
    EXPECT_EQ(at.next(), Step::consent) << "who did not use it is not asked";
}

TEST(NextStep, NobodyKeepsAnAccountThatIsToBeDeletedUnasked)
{
    Case at;
    at.policy.second = {Method::totp};
    at.situation.usable = kTwo;
    at.situation.deletion_due = kNow;
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::totp) << "who knows only the password does not hear of it";
    at.journey.facts.prove(kAda, 0, Method::totp, kNow);
    EXPECT_EQ(at.next(), Step::keep_account);
    at.journey.facts.account_kept = true;
    EXPECT_EQ(at.next(), Step::finish);
    at.journey.facts.prove(kGrace, 0, Method::password, kNow);
    EXPECT_FALSE(at.journey.facts.account_kept) << "the answer was somebody else's";
}

TEST(NextStep, ARecoveryEndsInANewPasswordHoweverItsPersonWasProven)
{
    Case at;
    at.journey.purpose = Purpose::recovery;
    at.policy.first = {Method::password, Method::passkey};
    at.policy.recovery = {Method::email_code, Method::recovery_code, Method::passkey};
    EXPECT_EQ(at.next(), Step::recover_identifier);
    at.journey.facts.wanted = Method::passkey;
    EXPECT_EQ(at.next(), Step::passkey);
    at.journey.facts.prove(kAda, 0, Method::passkey, kNow);
    at.journey.facts.recovered_by = {Method::passkey};
    EXPECT_EQ(at.next(), Step::new_password);
    at.policy.recovery_waits = true;
    EXPECT_EQ(at.next(), Step::recovery_wait);
    at.situation.hold_over = true;
    EXPECT_EQ(at.next(), Step::new_password);
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::finish);
}

TEST(NextStep, WhatResetThePasswordIsNoSecondFactor)
{
    Case at;
    at.journey.purpose = Purpose::recovery;
    at.policy.second = {Method::totp, Method::recovery_code};
    at.policy.second_factor = SecondFactor::required;
    at.situation.usable = {Method::password, Method::totp, Method::recovery_code};
    at.journey.facts.recovered_by = {Method::recovery_code};
    at.journey.facts.wanted = Method::recovery_code;
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::totp);
}

TEST(NextStep, AWayToRecoverThatTheTenantSwitchedOffIsNotTaken)
{
    Case at;
    at.journey.purpose = Purpose::recovery;
    for (auto const method : {Method::recovery_code, Method::passkey}) {
        at.journey.facts.wanted = method;
        EXPECT_EQ(at.next(), Step::recover_identifier);
    }
    at.policy.recovery = {};
    at.journey.facts.challenge = kChallenge;
    EXPECT_EQ(at.next(), Step::recover_identifier);
}

TEST(NextStep, WhatResetThePasswordByPhoneIsNoSecondFactorHoweverItIsSent)
{
    Case at{.journey = {.purpose = Purpose::recovery, .facts = {.user = kAda}}};
    at.policy.recovery = {Method::sms_code};
    at.policy.second = {Method::sms_link, Method::sms_code};
    at.policy.second_factor = SecondFactor::required;
    at.policy.enrol = {Method::sms_code};
    at.situation.usable = {Method::password, Method::sms_code, Method::sms_link};
    EXPECT_EQ(at.next(), Step::recover_text) << "the only way that there is";
    at.journey.facts.challenge = kChallenge;
    EXPECT_EQ(at.next(), Step::recover_text_code);
    at.journey.facts.challenge.reset();
    at.journey.facts.recovered_by = {Method::sms_code};
    EXPECT_EQ(at.next(), Step::new_password);
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::too_weak) << "neither a code nor a link to the same phone, nor another phone";
    at.policy.enrol = {Method::sms_code, Method::passkey};
    at.policy.second.push_back(Method::passkey);
    EXPECT_EQ(at.next(), Step::too_weak) << "nor a new factor, beside the owner's";
    at.journey.purpose = Purpose::registration;
    EXPECT_EQ(at.next(), Step::enrol_passkey) << "in an account that was made just now there is nobody to be robbed";
    at.journey.purpose = Purpose::recovery;
    at.policy.second.push_back(Method::totp);
    at.situation.usable.add(Method::totp);
    EXPECT_EQ(at.next(), Step::totp);
}

TEST(NextStep, APhoneIsWantedForARecoveryWhereThereIsMailToo)
{
    Case at{.journey = {.purpose = Purpose::recovery}};
    at.policy.recovery = {Method::email_code, Method::sms_code};
    EXPECT_EQ(at.next(), Step::recover_identifier);
    at.journey.facts.wanted = Method::sms_code;
    EXPECT_EQ(at.next(), Step::recover_text);
    at.policy.recovery = {Method::email_code};
    EXPECT_EQ(at.next(), Step::recover_identifier) << "the tenant switched it off";
}

TEST(NextStep, WhatIsSetUpOnTheWayIsTheirsToChooseWithinThePolicy)
{
    Case at{.journey = {.facts = {.user = kAda, .proven = kPassword}}};
    at.policy.second_factor = SecondFactor::required;
    at.policy.second = {Method::passkey, Method::security_key, Method::totp, Method::sms_link};
    at.policy.enrol = {Method::passkey, Method::totp, Method::sms_code};
    at.situation.usable = kPassword;
    EXPECT_EQ(ways_to_set_up(at.journey, at.policy, at.situation, kNow),
              (std::vector{Method::totp, Method::passkey, Method::sms_link}));
    EXPECT_EQ(at.next(), Step::enrol_totp);
    at.journey.facts.wanted = Method::passkey;
    EXPECT_EQ(at.next(), Step::enrol_passkey);
    at.journey.facts.wanted = Method::sms_link;
    EXPECT_EQ(at.next(), Step::enrol_phone);
    at.journey.facts.challenge = kChallenge;
    EXPECT_EQ(at.next(), Step::enrol_phone_code);
    at.journey.facts.wanted = Method::push;
    at.journey.facts.challenge.reset();
    EXPECT_EQ(at.next(), Step::enrol_totp) << "what cannot be set up here";
    at.policy.enrol = {Method::sms_code};
    EXPECT_EQ(at.next(), Step::enrol_phone);
    at.policy.enrol = {};
    EXPECT_EQ(at.next(), Step::too_weak);
}

TEST(NextStep, WhoKnowsAPasswordAloneAddsNoFactorBesideTheOwners)
{
    Case at{.journey = {.requirements = {.level = Level::phishing_resistant},
                        .facts = {.user = kAda, .proven = kPassword}}};
    at.policy.second = {Method::passkey, Method::totp};
    at.policy.enrol = {Method::passkey, Method::totp};
    at.situation.usable = {Method::password, Method::totp};
    EXPECT_EQ(at.next(), Step::totp) << "though it does not lead to what is asked for";
    at.journey.facts.wanted = Method::passkey;
    EXPECT_EQ(at.next(), Step::totp);
    at.journey.facts.proven = kTwo;
    EXPECT_EQ(at.next(), Step::enrol_passkey);
    at.journey.facts.proven = kPassword;
    at.policy.enrol = {};
    EXPECT_EQ(at.next(), Step::too_weak) << "nothing that could be given would do";
    // An application that does not know the owner's factor.
    at.policy.enrol = {Method::passkey};
    at.policy.second = {Method::passkey};
    at.policy.tenant_second = {Method::totp};
    EXPECT_EQ(at.next(), Step::too_weak);
    at.situation.usable = kPassword;
    EXPECT_EQ(at.next(), Step::enrol_passkey) << "who has none";
}

TEST(NextStep, APasswordSignInIsOneStep)
{
    Case at;
    EXPECT_EQ(at.next(), Step::password);
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::finish);
}

TEST(NextStep, WhoHasASecondFactorIsAskedForItAndMayUseAnother)
{
    Case at;
    at.policy.second = {Method::totp, Method::recovery_code};
    at.situation.usable = {Method::password, Method::totp, Method::recovery_code};
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::totp);
    at.journey.facts.wanted = Method::recovery_code;
    EXPECT_EQ(at.next(), Step::recovery_code);
    at.journey.facts.wanted = Method::passkey; // which they do not have
    EXPECT_EQ(at.next(), Step::totp);
    at.journey.facts.prove(kAda, 0, Method::totp, kNow);
    EXPECT_EQ(at.next(), Step::finish);
}

TEST(NextStep, ASignInMayBeginWithADevice)
{
    Case at;
    at.policy.first = {Method::push, Method::password, Method::email_code};
    at.policy.second = {Method::totp};
    EXPECT_EQ(at.next(), Step::push_send);
    EXPECT_EQ(ways_on(at.journey, at.policy, at.situation, kNow), at.policy.first) << "before anybody is known";
    at.journey.facts.challenge = kChallenge;
    EXPECT_EQ(at.next(), Step::push_wait);
    at.journey.facts.wanted = Method::password;
    EXPECT_EQ(at.next(), Step::password);
    at.journey.facts.challenge.reset();
    at.journey.facts.prove(kAda, 0, Method::push, kNow);
    at.situation.usable = {Method::push, Method::password};
    EXPECT_EQ(at.policy.level_of({Method::push}), Level::single);
    EXPECT_EQ(at.next(), Step::finish);
    // It is possession and nothing else: an app beside it is more of the same, the password is not.
    at.situation.usable.add(Method::totp);
    EXPECT_EQ(at.next(), Step::password);
    at.situation.usable = {Method::push, Method::email_code};
    at.journey.requirements.level = Level::multi;
    EXPECT_EQ(at.next(), Step::too_weak);
}

TEST(NextStep, ADeviceBesideThePasswordIsTwoFactorsInEitherOrder)
{
    Case at;
    at.policy.first = {Method::push, Method::password};
    at.policy.second = {Method::push};
    at.policy.second_factor = SecondFactor::required;
    at.situation.usable = {Method::push, Method::password};
    at.journey.facts.prove(kAda, 0, Method::push, kNow);
    EXPECT_EQ(at.next(), Step::password);
    at.journey.facts.proven = {};
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::push_send);
    at.journey.facts.prove(kAda, 0, Method::push, kNow);
    EXPECT_EQ(at.next(), Step::finish);
}

TEST(NextStep, ACodeByMailDoesNotStandBesideAPasswordThatWasResetByMail)
{
    Case at;
    at.policy.second = {Method::email_code};
    at.policy.second_factor = SecondFactor::required;
    at.situation.usable = {Method::password, Method::email_code};
    at.journey.purpose = Purpose::recovery;
    at.journey.facts = {.mailbox = true, .challenge = kChallenge};
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_NE(at.next(), Step::email_code);
    EXPECT_NE(at.next(), Step::finish);
}

TEST(NextStep, ALiveSessionIsRaisedByTheMissingFactorAlone)
{
    Case at;
    at.policy.second = {Method::totp};
    at.situation.usable = {Method::password, Method::totp};
    at.journey.requirements.level = Level::multi;
    at.journey.facts = {.account_settled = true, .session = kSession, .user = kAda, .session_methods = kPassword};
    EXPECT_EQ(at.next(), Step::totp);
    at.journey.requirements.level = Level::phishing_resistant;
    EXPECT_EQ(at.next(), Step::too_weak) << "nobody is asked for what does not help";
    at.journey.facts.prove(kAda, 0, Method::totp, kNow);
    EXPECT_EQ(at.next(), Step::too_weak);
}

TEST(NextStep, WhereEverybodyNeedsTwoFactorsOneIsSetUpOnTheWay)
{
    Case at;
    at.policy.second = {Method::totp};
    at.policy.enrol = {Method::totp};
    at.policy.second_factor = SecondFactor::required;
    at.situation.usable = kPassword;
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::enrol_totp);
}

TEST(NextStep, ASecondFactorMayBePutOffUntilTheGraceIsOver)
{
    Case at;
    at.policy = {.second = {Method::totp},
                 .second_factor = SecondFactor::required,
                 .grace = std::chrono::days(7),
                 .enrol = {Method::totp}};
    at.situation.usable = kPassword;
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::enrol_totp) << "offered on the way";
    at.journey.facts.enrolment_put_off = true;
    EXPECT_EQ(at.next(), Step::finish) << "the grace begins now";
    at.situation.grace_began = kNow - std::chrono::days(7) + 1s;
    EXPECT_EQ(at.next(), Step::finish);
    at.situation.grace_began = kNow - std::chrono::days(7);
    EXPECT_EQ(at.next(), Step::enrol_totp) << "an old \"not now\" is worth nothing any more";
    at.situation.grace_began = kNow;
    at.journey.requirements.level = Level::multi;
    EXPECT_EQ(at.next(), Step::enrol_totp) << "what the application asks for now is not put off";
}

TEST(NextStep, TheGraceIsForThoseWhoHaveNoSecondFactor)
{
    Case at;
    at.policy = {.first = {Method::password, Method::email_code},
                 .second = {Method::totp, Method::email_code},
                 .second_factor = SecondFactor::required,
                 .grace = std::chrono::days(7),
                 .enrol = {Method::totp}};
    at.situation.usable = {Method::password, Method::totp};
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    at.journey.facts.enrolment_put_off = true;
    EXPECT_EQ(at.next(), Step::totp) << "a thief of the password says \"not now\"";
    at.situation.usable = {Method::password, Method::email_code};
    EXPECT_EQ(at.next(), Step::email_send) << "who can give one already gives it";
}

TEST(NextStep, ASessionThatALaxApplicationOpenedStepsUpForAStrictOne)
{
    identity::Tenant tenant;
    tenant.issuer = "https://id.example.com";
    tenant.settings.signin.second_factor = SecondFactor::never;
    tenant.settings.signin.first.push_back(Method::email_code);
    identity::ApplicationSignIn const strict{.first = {{Method::password}},
                                             .second = {{Method::passkey, Method::totp}},
                                             .second_factor = SecondFactor::required};
    Case at;
    at.journey.facts = {.account_settled = true, .session = kSession, .user = kAda, .session_methods = kPassword};
    at.situation.usable = {Method::password, Method::totp, Method::email_code};
    at.policy = Policy::of(tenant);
    EXPECT_EQ(at.next(), Step::finish);
    at.policy.second_factor = SecondFactor::if_enrolled;
    EXPECT_EQ(at.next(), Step::totp) << "they have one";
    at.situation.usable.remove(Method::totp);
    EXPECT_EQ(at.next(), Step::finish) << "they have none";
    at.situation.usable.add(Method::totp);
    at.policy = Policy::of(tenant, &strict);
    EXPECT_EQ(at.next(), Step::totp) << "the missing factor alone";
    at.journey.facts.session_methods = {Method::email_code};
    EXPECT_EQ(at.next(), Step::password) << "what the strict one does not know counts for nothing";
    at.journey.facts.session_methods = {Method::totp, Method::recovery_code};
    EXPECT_EQ(at.next(), Step::password) << "what only stands beside something proves nobody";
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::finish) << "the code was given in the session";
}

TEST(NextStep, AnApplicationAsksForMoreThanItsTenantNeverForLess)
{
    identity::Tenant tenant;
    tenant.settings.signin = {.second_factor = SecondFactor::required, .grace_days = 3, .trusted_device_days = 30};
    identity::ApplicationSignIn const lax{.second_factor = SecondFactor::never,
                                          .grace_days = 300,
                                          .trusted_device_days = 300,
                                          .user_verification = identity::UserVerification::preferred};
    auto const policy = Policy::of(tenant, &lax);
    EXPECT_EQ(policy.second_factor, SecondFactor::required);
    EXPECT_EQ(policy.grace, std::chrono::days(3));
    EXPECT_EQ(identity::merged(tenant.settings.signin, &lax).trusted_device_days, 30);
    tenant.settings.signin.user_verification = identity::UserVerification::required;
    EXPECT_EQ(Policy::of(tenant, &lax).user_verification, identity::UserVerification::required);
}

// Any two methods of any policy, against the sentence in the handbook.
TEST(NextStep, TwoFactorsAreOneOfFirstAndOneOfSecondOfDifferentKinds)
{
    using credentials::Factor;
    for (auto const& first : credentials::kMethodTraits)
        for (auto const& second : credentials::kMethodTraits) {
            if (!first.begins || first.factor == Factor::both || second.factor == Factor::both)
                continue;
            Policy const policy{.first = {first.method}, .second = {second.method}};
            auto const different = first.factor != second.factor;
            EXPECT_EQ(policy.level_of({first.method, second.method}) >= Level::multi, different)
                << first.name << second.name;
            EXPECT_EQ(policy.level_of({first.method}), Level::single);
            if (first.method != second.method)
                EXPECT_EQ(policy.level_of({second.method}), Level::none) << second.name;
            Policy const alone{.first = {first.method}};
            EXPECT_EQ(alone.level_of({first.method, second.method}), Level::single) << second.name << " is not allowed";
        }
}

TEST(NextStep, WhatAnotherPersonOrAnEarlierEpochProvedDoesNotCount)
{
    Facts facts;
    facts.prove(kAda, 1, Method::password, kNow);
    facts.prove(kAda, 1, Method::totp, kNow);
    EXPECT_EQ(facts.proven, kTwo);
    facts.prove(kAda, 2, Method::password, kNow);
    EXPECT_EQ(facts.proven, kPassword);
    facts.prove(kGrace, 2, Method::totp, kNow);
    EXPECT_EQ(facts.proven, Methods{Method::totp});
}

TEST(NextStep, DecliningIsHeard)
{
    Case at;
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    at.journey.facts.cancelled = true;
    EXPECT_EQ(at.next(), Step::cancel);
}

TEST(NextStep, AnOldSessionConfirmsWithThePasswordOfTheSamePerson)
{
    Case at;
    at.journey.requirements = {.user = kAda, .max_age = 300s};
    at.journey.facts = {.account_settled = true,
                        .session = kSession,
                        .user = kAda,
                        .session_methods = kPassword,
                        .session_at = kNow - 1h};
    EXPECT_EQ(at.next(), Step::password);
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::finish);
}

TEST(NextStep, NobodyGetsInPastATextThatMustBeAccepted)
{
    for (auto const purpose : {Purpose::sign_in, Purpose::registration, Purpose::recovery}) {
        Case at;
        at.journey.purpose = purpose;
        at.situation.agreements_missing = true;
        EXPECT_NE(at.next(), Step::agreements) << "not before it is known who asks";
        at.journey.facts.prove(kAda, 0, Method::password, kNow);
        EXPECT_EQ(at.next(), Step::agreements);
        at.journey.facts.profile_asked = at.journey.facts.consented = true;
        EXPECT_EQ(at.next(), Step::agreements);
    }
}

TEST(NextStep, MoreIsAskedForOnceInASignIn)
{
    Case at;
    at.situation.profile_missing = true;
    at.journey.facts.prove(kAda, 0, Method::password, kNow);
    EXPECT_EQ(at.next(), Step::profile);
    at.journey.facts.profile_asked = true;
    EXPECT_EQ(at.next(), Step::finish);
}

TEST(NextStep, AnInvitationOpensAClosedRegistration)
{
    Case at;
    at.journey.purpose = Purpose::registration;
    at.policy.registration_open = false;
    EXPECT_EQ(at.next(), Step::registration_closed);
    at.journey.facts.invitation = "a token";
    EXPECT_EQ(at.next(), Step::register_details);
}

TEST(NextStep, TheTenantClosesRegistration)
{
    identity::Tenant tenant;
    EXPECT_TRUE(Policy::of(tenant).registration_open);
    tenant.settings.registration.open = false;
    EXPECT_FALSE(Policy::of(tenant).registration_open);
}

} // namespace
} // namespace gatehouse::journey
