#include "identity/mail_domains.hpp"

#include <algorithm>

namespace gatehouse::identity {

bool covers_domain(std::vector<std::string> const& domains, std::string_view domain)
{
    return std::ranges::any_of(domains, [&](std::string const& listed) {
        return domain == listed ||
               (domain.size() > listed.size() && domain.ends_with(listed) &&
                domain[domain.size() - listed.size() - 1] == '.');
    });
}

Result<void> check_mail_domain(RegistrationSettings const& settings, NormalizedIdentifier const& email,
                               std::string field)
{
    // The folded form has the domain in lower-case ASCII, without a dot at its end.
    auto domain = std::string_view(email.folded).substr(email.folded.rfind('@') + 1);
    if (domain.ends_with('.'))
        domain.remove_suffix(1);
    auto const allowed = settings.allowed_domains.empty() || covers_domain(settings.allowed_domains, domain);
    if (!allowed || covers_domain(settings.blocked_domains, domain))
        return refuse(ErrorKind::invalid, "email_domain_blocked",
                      "Addresses of this domain cannot be used here. Use another address.")
            .at(std::move(field));
    return {};
}

} // namespace gatehouse::identity
