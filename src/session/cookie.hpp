// The session cookie: "__Host-gh_session_<tenant id>" = handles, newest first, separated by ".". A browser may be
// signed in to several accounts of a tenant at once (account chooser). On plain http, which only loopback uses, the
// name has no prefix and the cookie no Secure.
#pragma once

#include "http/message.hpp"
#include "identity/context.hpp"
#include "session/session.hpp"

namespace gatehouse::session {

inline constexpr std::size_t kMostSessionsInCookie = 5;

// "gh_<what>_<tenant id>" with "__Host-" in front where the visitor came by https: for every cookie of the house.
std::string cookie_name(Context const& context, std::string_view what);

// The handles of the request's session cookie. What is malformed is left out; a session named twice counts once; at
// most kMostSessionsInCookie.
std::vector<Handle> read_cookie(Context const& context, http::Request const& request);

// The cookie that holds these handles, or removes it when there are none. It ends with the browser's session: how long
// a person stays signed in is decided by the rows.
http::Cookie make_cookie(Context const& context, std::vector<Handle> const& handles);

// `opened` in front of what the browser held, instead of the same session, of other sessions of the same user if they
// are in `same_user`, and of the oldest beyond kMostSessionsInCookie.
std::vector<Handle> with_handle(std::vector<Handle> held, Handle opened, std::vector<SessionId> const& same_user = {});
std::vector<Handle> without(std::vector<Handle> held, SessionId session);

} // namespace gatehouse::session
