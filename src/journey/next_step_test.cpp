// The dispatcher is small enough to be asked about everything it can meet.
#include "journey/next_step.hpp"

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

constexpr std::uint64_t kRequests = 3ULL * 2 * 2 * 2 * 2 * 2 * 2 * 2; // purpose, requirements, policy
constexpr std::uint64_t kFacts = 2ULL * 2 * 3 * 2 * 2 * 2 * 2 * 2 * 2;
constexpr std::uint64_t kSituations = 3ULL * 2 * 2 * 2;

void set_request(Case& at, Digits digits)
{
    at.journey.purpose = static_cast<Purpose>(digits.next(3));
    auto& requirements = at.journey.requirements;
    if (digits.flag())
        requirements.user = kAda;
    requirements.fresh = digits.flag();
    requirements.choose_account = digits.flag();
    if (digits.flag())
        requirements.max_age = 60s;
    requirements.ask_consent = digits.flag();
    if (digits.flag())
        requirements.consent_scopes = {"openid"};
    at.policy.registration_open = digits.flag();
}

void set_facts(Case& at, Digits digits)
{
    auto& facts = at.journey.facts;
    facts.account_settled = digits.flag();
    if (digits.flag())
        facts.session = kSession;
    if (auto const who = digits.next(3))
        facts.user = who == 1 ? kAda : kGrace;
    facts.password = digits.flag();
    facts.mailbox = digits.flag();
    if (digits.flag())
        facts.challenge = kChallenge;
    facts.authenticated_at = digits.flag() ? kNow : kNow - 1h;
    facts.consented = digits.flag();
    facts.cancelled = digits.flag();
}

void set_situation(Case& at, Digits digits)
{
    at.situation = {.live_sessions = digits.next(3),
                    .user_active = digits.flag(),
                    .session_alive = digits.flag(),
                    .consent_missing = digits.flag()};
}

template <class Check>
void for_everything(Check&& check)
{
    for (std::uint64_t request = 0; request < kRequests; ++request)
        for (std::uint64_t facts = 0; facts < kFacts; ++facts)
            for (std::uint64_t situation = 0; situation < kSituations; ++situation) {
                Case at;
                set_request(at, {request});
                set_facts(at, {facts});
                set_situation(at, {situation});
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

    EXPECT_EQ(step == Step::cancel, facts.cancelled) << "declining is heard, and only declining";
    if (step == Step::finish || step == Step::consent) {
        EXPECT_TRUE(facts.user) << "nobody finishes without a user";
        EXPECT_TRUE(at.situation.user_active) << "a disabled or changed user never finishes";
        auto const by_session = facts.session && at.situation.session_alive;
        EXPECT_TRUE(facts.password || by_session) << "a factor, here or in a live session";
        if (requirements.fresh)
            EXPECT_TRUE(facts.password) << "prompt=login is not satisfied by a session";
        if (requirements.max_age && !facts.password)
            EXPECT_LE(kNow - facts.authenticated_at, *requirements.max_age) << "max_age";
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
    if (step == Step::new_password) {
        EXPECT_TRUE(facts.mailbox && facts.challenge) << "a password is set only by who reads the mailbox";
        EXPECT_TRUE(facts.user && at.situation.user_active);
        EXPECT_EQ(at.journey.purpose, Purpose::recovery);
    }
    if (step == Step::recover_code || step == Step::register_code)
        EXPECT_TRUE(facts.challenge) << "a code is asked for only when one was sent";
    if (step == Step::register_details || step == Step::register_code)
        EXPECT_TRUE(at.policy.registration_open) << "registering when registration is closed";
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
        if (at.journey.purpose == Purpose::recovery && facts.mailbox && !facts.password && !facts.session)
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
            facts.user = user;
            facts.password = true;
            facts.authenticated_at = kNow;
            situation.user_active = true;
        };
    };
    switch (at.next()) {
    case Step::choose_account:
        move([](Facts& facts, Situation& situation) {
            facts.account_settled = true;
            facts.session = kSession;
            facts.user = kAda;
            facts.authenticated_at = kNow - 1h;
            situation.user_active = situation.session_alive = true;
        });
        move([](Facts& facts, Situation&) { facts.account_settled = true; });
        move([](Facts&, Situation& situation) { --situation.live_sessions; });
        break;
    case Step::password:
        move(signed_in_as(kAda));
        if (!at.journey.requirements.user)
            move(signed_in_as(kGrace));
        break;
    case Step::register_details:
    case Step::recover_identifier:
        move([](Facts& facts, Situation&) {
            facts.challenge = kChallenge;
            facts.mailbox = false;
            facts.user.reset();
        });
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
    return std::tuple(at.journey.purpose, facts.account_settled, facts.session, facts.user, facts.password,
                      facts.mailbox, facts.challenge.has_value(), facts.authenticated_at, facts.consented,
                      facts.cancelled, at.situation.live_sessions, at.situation.user_active, at.situation.session_alive,
                      at.situation.consent_missing);
}
using Key = decltype(key_of(Case{}));

TEST(NextStep, EveryPathFromEveryStartCanReachTheEnd)
{
    int walked = 0;
    for (std::uint64_t request = 0; request < kRequests; ++request) {
        for (int sessions = 0; sessions < 3; ++sessions) {
            Case start;
            set_request(start, {request});
            start.situation = {.live_sessions = sessions, .consent_missing = true};
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

TEST(NextStep, APasswordSignInIsOneStep)
{
    Case at;
    EXPECT_EQ(at.next(), Step::password);
    at.journey.facts.user = kAda;
    at.journey.facts.password = true;
    EXPECT_EQ(at.next(), Step::finish);
}

TEST(NextStep, AnOldSessionConfirmsWithThePasswordOfTheSamePerson)
{
    Case at;
    at.journey.requirements = {.user = kAda, .max_age = 300s};
    at.journey.facts = {.account_settled = true, .session = kSession, .user = kAda, .authenticated_at = kNow - 1h};
    EXPECT_EQ(at.next(), Step::password);
    at.journey.facts.password = true;
    EXPECT_EQ(at.next(), Step::finish);
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
