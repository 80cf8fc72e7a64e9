// The browsers that a person trusts: listed beside their sessions, and ended there.
#pragma once

#include "account/portal.hpp"

namespace gatehouse::account {

// None where there are none, and the policy makes none.
Result<std::optional<view::ViewModel>> trusted_devices_panel(Services const& services, storage::Tx& tx,
                                                             Context const& context, Visitor const& visitor);

Routes trusted_device_routes(Services const& services);

} // namespace gatehouse::account
