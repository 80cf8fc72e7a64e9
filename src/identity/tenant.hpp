// A tenant: the isolation boundary. Its own issuer (stored, immutable, never reused), keys, users, applications.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "identity/tenant_settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::identity {

struct ProfileSchema;
std::shared_ptr<ProfileSchema const> default_profile_schema();
struct Agreement;
std::shared_ptr<std::vector<Agreement> const> no_agreements();

struct Tenant {
    TenantId id;
    std::string slug;                // "default", "system", or what stands in /t/{slug}
    std::string name;                // shown to people
    std::string issuer;              // "http://localhost:8080", "http://localhost:8080/t/acme"; no trailing slash
    std::optional<std::string> host; // its own host name, if it has one
    bool enabled = true;
    TenantSettings settings; // policies and look, validated when stored
    // What it knows about people and how it asks (identity/attributes.hpp); never null.
    std::shared_ptr<ProfileSchema const> profile = default_profile_schema();
    // What people must or may accept (identity/agreements.hpp); never null. Only Directory fills it.
    std::shared_ptr<std::vector<Agreement> const> agreements = no_agreements();
    TimePoint created_at;
    TimePoint updated_at;
    std::int64_t version = 0; // grows with every change; the ETag

    bool is_system() const { return slug == "system"; }
    bool is_default() const { return slug == "default"; }
};

} // namespace gatehouse::identity
