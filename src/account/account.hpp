// account: what signed-in people do for themselves: profile, password, address, sessions, applications.
//
// In:  requests to /account with the session cookie; without one, a journey that leads back.
// Out: the portal's pages; changes made by the hall's rules, with notices by mail.
//
// Every form carries a token made of the session's secret. Changing the password or the address asks for the current
// password, under the same throttle as signing in; adding and removing second factors for a session that was
// authenticated in the last five minutes, or a journey that makes it so.
#pragma once

#include "identity/routes.hpp"
#include "journey/services.hpp"

namespace gatehouse::account {

using journey::Services;

class Account {
public:
    // Registers the continuation "account" and makes it the default of the engine.
    explicit Account(Services services);
    Account(Account const&) = delete;
    Account& operator=(Account const&) = delete;

    // GET, POST /account; GET /account/security; POST /account/password, /account/email; GET, POST
    // /account/email/verify; GET, POST /account/sessions, /account/applications; what stands below /account/security:
    // security_http.cpp.
    Routes routes();

private:
    Services services_;
};

} // namespace gatehouse::account
