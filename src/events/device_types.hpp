// The events of trusted browsers.
#pragma once

#include "events/types.hpp"

namespace gatehouse::events {

inline constexpr EventType kDeviceTrusted{"device.trusted", 1,
                                          "A user asked not to be asked for a second factor in a browser for a while.",
                                          fields::kNone, "{}"};
inline constexpr EventType kDeviceTrustEnded{"device.trust_ended", 1,
                                             "A browser does not stand for a user's second factor any more.",
                                             fields::kOnlyReason, R"({"reason": "revoked_by_user"})"};

} // namespace gatehouse::events
