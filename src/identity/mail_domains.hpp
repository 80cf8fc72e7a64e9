// Which mail domains may register: a list of those that may, one of those that may not, each with its subdomains.
#pragma once

#include "identity/identifiers.hpp"
#include "identity/tenant_settings.hpp"

namespace gatehouse::identity {

// Of a domain, or of one above it: "example.com" covers "mail.example.com", never "myexample.com".
bool covers_domain(std::vector<std::string> const& domains, std::string_view domain);
// Error: "email_domain_blocked" (invalid), at `field`. The allowed list, where there is one, comes first.
Result<void> check_mail_domain(RegistrationSettings const& settings, NormalizedIdentifier const& email,
                               std::string field);

} // namespace gatehouse::identity
