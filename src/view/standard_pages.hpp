// Pages that do not belong to any one room: what went wrong and what to do next, the start page.
#pragma once

#include "view/view_model.hpp"

namespace gatehouse::view {

// What went wrong, as the page tells it; each has the texts "fault.<name>_title" and "fault.<name>_lead".
enum class Fault : std::uint8_t {
    internal,            // 500, with the request id
    not_found,           // 404
    unknown_application, // the client_id names nothing here
    redirect,            // the redirect URI is not registered
    link_expired,        // whoever shows it adds how to get a new one
    link_used,           // the same; `next`: where to sign in
    journey_expired,     // `next`: where to start again
    journey_elsewhere,   // the sealed journey belongs to another browser
    cookies,             // the browser sent none back
    cross_site,          // check_same_origin refused
    busy,                // 503, 429
    forbidden,           // 403
    tenant_disabled,
};
// `request_id` is shown as the reference that finds the log line; "" leaves it out. `next` is the address of the one
// thing to do now ("Start again"), "" for none.
ViewModel fault_page(Fault fault, std::string request_id, std::string next = {});

// The visitor came by a host that no tenant has: names both hosts and the setting to change.
ViewModel wrong_host_page(std::string actual, std::string expected, std::string setting, std::string request_id);

// The page at "/".
ViewModel start_page(std::string tenant_name, bool development);

// "We sent a code": nothing but words, a title and where to go on.
ViewModel notice_page(std::string step, Text title, Text lead, Link next = {});

} // namespace gatehouse::view
