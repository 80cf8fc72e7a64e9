// Devices that approve sign-ins: on the account's pages, and what the devices themselves ask of us.
//
// A device is believed by the signature of its key alone: its requests carry no cookie, and none would help them.
#pragma once

#include "account/portal.hpp"

namespace gatehouse::account {

Result<view::ViewModel> push_devices_panel(Services const& services, storage::Tx& tx, Context const& context,
                                           Visitor const& visitor);
// An invitation, to be photographed by the phone that is to be registered, or opened here.
Result<view::ViewModel> new_push_device_panel(Services const& services, Context const& context, Visitor const& visitor);
// To rename and to remove one. Error: "credential_not_found".
Result<view::Portal> push_device_portal(Services const& services, storage::Tx& tx, Context const& context,
                                        Visitor const& visitor, credentials::CredentialId id);
Result<void> rename_push_device(Services const& services, storage::Tx& tx, Context const& context,
                                Visitor const& visitor, credentials::CredentialId id, std::string_view name);
// Ends every other session; this one gets a new secret.
Result<session::Opened> remove_push_device(Services const& services, storage::Tx& tx, Context const& context,
                                           Visitor const& visitor, credentials::CredentialId id);

// /account/security/push ...: the pages. /push: the device's page, its manifest and service worker.
// /api/v1/push/{key,devices,requests,answers}: what it asks.
Routes push_device_routes(Services const& services);
Routes push_api_routes(Services const& services);

} // namespace gatehouse::account
