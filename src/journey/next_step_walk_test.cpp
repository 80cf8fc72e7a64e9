// The dispatcher is small enough to be asked about everything it can meet.
#include "journey/test_support/next_step_case.hpp"

#include <gtest/gtest.h>
#include <map>
#include <queue>
#include <set>

namespace gatehouse::journey {
namespace {

using namespace std::chrono_literals;

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

} // namespace
} // namespace gatehouse::journey
