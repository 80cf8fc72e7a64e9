// Context: what every request knows before its endpoint runs. Built by app/ from the tenant that the address names.
#pragma once

#include "base/clock.hpp"
#include "identity/tenant.hpp"

#include <memory>
#include <string>

namespace gatehouse::view {
class Templates;
}

namespace gatehouse {

struct Context {
    std::shared_ptr<identity::Tenant const> tenant;
    TimePoint now;
    std::string request_id;
    // Path in front of this tenant's routes: "" at the base address and at a tenant's own host, "/t/acme" otherwise.
    // Links and cookies of pages are made with it.
    std::string base_path;
    // The browser's or machine's address after trusted proxies, as text ("203.0.113.7", "2001:db8::1").
    std::string client_address;
    std::shared_ptr<view::Templates const> templates = {}; // the tenant's own; null: the built-in ones
    bool secure = true; // the visitor came by https (decides the cookie's prefix and Secure)
};

} // namespace gatehouse
