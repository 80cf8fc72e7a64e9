// What the dispatcher says where people and attackers come by; next_step_walk_test.cpp asks it about everything.
#include "journey/test_support/next_step_case.hpp"
#include "session/trusted_devices.hpp"

#include <gtest/gtest.h>

namespace gatehouse::journey {
namespace {

using namespace std::chrono_literals;

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
