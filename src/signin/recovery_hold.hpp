// A reset of a password that waits after its proof (settings.recovery.waiting_hours), and the link by which the owner
// stops it. The browser or app that gave the proof keeps a ticket, and comes back with it and another proof.
#pragma once

#include "signin/steps.hpp"

namespace gatehouse::signin {

// What a browser brings in a cookie, and an app in the field "ticket"; "" without.
std::string ticket_of(journey::Turn const& turn, http::Fields const& input);
// Notes the hold that the ticket names in the facts. Nothing happens when it is none.
void read_ticket(Services const& services, journey::Turn const& turn, std::string_view ticket,
                 journey::Outcome& outcome);
// The proof was right: `outcome` has the person. Where resets wait, the hold of the facts goes on if it is this
// person's; without one, a new one begins, every address of the person is told, and the browser gets a ticket.
Result<void> hold_reset(Services const& services, storage::Tx& tx, journey::Turn const& turn,
                        journey::Outcome& outcome);
// Asked again in the transaction that sets the password. False: it has not waited, was stopped, or is gone.
Result<bool> may_set_password(storage::Tx& tx, journey::Turn const& turn);

// GET and POST /recover/stop?token=...: a page with one button, since programs that scan mail open links.
Task<Result<http::Response>> show_stop(Services const& services, Context const& context, http::Request const& request);
Task<Result<http::Response>> submit_stop(Services const& services, Context const& context,
                                         http::Request const& request);

} // namespace gatehouse::signin
