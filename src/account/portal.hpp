// Who visits the portal, and its pages as values.
#pragma once

#include "account/account.hpp"
#include "session/cookie.hpp"
#include "view/pages.hpp"

namespace gatehouse::account {

struct Visitor {
    session::Session session;
    identity::User user;
    std::string email;                    // the primary address; "" without
    view::Picture picture;                // that they show of themselves
    std::string csrf;                     // the token of this session's forms
    view::Locale const* locale = nullptr; // of the pages

    std::string profile_text(std::string_view name) const;
};
// The person of the newest session that counts, or of this one alone; nothing without one.
Task<Result<std::optional<Visitor>>> find_visitor(Services const& services, Context const& context,
                                                  http::Request const& request, std::optional<SessionId> only = {});

// The token of the forms of a session: only who holds its secret knows it; a new secret, after every authentication,
// makes a new token.
std::string csrf_of(session::Handle const& handle);

enum class Tab : std::uint8_t { profile, security, sessions, applications, data, verify_email };
std::string_view path_of(Tab tab);

// The page of a tab as the database has it. `challenge`: of verify_email.
Result<view::Portal> portal_of(Services const& services, storage::Tx& tx, Context const& context,
                               Visitor const& visitor, Tab tab, std::string const& challenge);

} // namespace gatehouse::account
