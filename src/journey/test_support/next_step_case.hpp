// One question to the dispatcher, and names for those whom it is about.
#pragma once

#include "journey/next_step.hpp"

namespace gatehouse::journey {

using credentials::Level;
using credentials::Method;
using credentials::Methods;
using identity::SecondFactor;

inline TimePoint const kNow = from_seconds(1'700'000'000);
inline UserId const kAda{Uuid{.bytes = {1}}};
inline UserId const kGrace{Uuid{.bytes = {2}}};
inline SessionId const kSession{Uuid{.bytes = {3}}};
inline Uuid const kChallenge{.bytes = {4}};
inline constexpr Methods kPassword{Method::password};
inline constexpr Methods kTwo{Method::password, Method::totp};

struct Case {
    Journey journey;
    Policy policy;
    Situation situation;

    Step next() const { return next_step(journey, policy, situation, kNow); }
};

} // namespace gatehouse::journey
