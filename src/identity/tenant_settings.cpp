#include "identity/tenant_settings.hpp"

#include "http/url.hpp"
#include "identity/tenant_settings_shape.hpp"
#include "identity/text.hpp"
#include "phone/phone_number.hpp"
#include "view/theme.hpp"

#include <algorithm>

namespace gatehouse::identity {

namespace {

Refusal settings_invalid(std::string pointer, std::string message)
{
    return refuse(ErrorKind::invalid, "settings_invalid", std::move(message)).at(std::move(pointer));
}

// The text of a UUID, which an AAGUID is.
bool is_model(std::string_view text)
{
    return Uuid::parse(text).has_value();
}

Result<void> check_passkeys(PasskeySettings const& settings, std::string const& pointer)
{
    for (auto const& [name, list] :
         {std::pair("allowed_models", &settings.allowed_models), std::pair("denied_models", &settings.denied_models)})
        for (std::size_t i = 0; i < list->size(); ++i)
            if (!is_model((*list)[i]))
                return settings_invalid(fmt::format("{}/{}/{}", pointer, name, i),
                                        "Write a model as its AAGUID, such as 2fc0579f-8113-47ea-b116-bb5a8db9202a.");
    for (std::size_t i = 0; i < settings.related_origins.size(); ++i) {
        auto const& text = settings.related_origins[i];
        auto const url = http::Url::parse(text);
        if (!url || url->scheme != "https" || url->origin() != text)
            return settings_invalid(fmt::format("{}/related_origins/{}", pointer, i),
                                    "Write an origin: https and a host, without a path (https://www.example.com).");
    }
    // With "none" browsers leave out what proves the model, and nobody could add a passkey any more.
    if (settings.attestation != PasskeyAttestation::none)
        return {};
    if (settings.require_trusted_attestation)
        return settings_invalid(pointer + "/require_trusted_attestation",
                                "Nothing is trusted that is not asked for: set attestation to \"direct\".");
    auto const& formats = settings.attestation_formats;
    if (!formats.empty() && std::ranges::find(formats, "none") == formats.end())
        return settings_invalid(pointer + "/attestation_formats",
                                "Without attestation every passkey has the format \"none\": add it, or set "
                                "attestation to \"direct\".");
    return {};
}

Result<void> check_countries(std::vector<std::string> const& countries, std::string const& pointer)
{
    for (std::size_t i = 0; i < countries.size(); ++i)
        if (!phone::is_region(countries[i]))
            return settings_invalid(fmt::format("{}/{}", pointer, i),
                                    "Write countries as ISO 3166 codes of two capital letters, such as DE.");
    return {};
}

// In the form in which addresses are folded: lower-case ASCII, by IDNA.
Result<void> check_domains(std::vector<std::string>& domains, std::string const& pointer)
{
    for (std::size_t i = 0; i < domains.size(); ++i) {
        auto const ascii = domain_to_ascii(domains[i]);
        if (!ascii || domains[i].starts_with('.') || domains[i].ends_with('.'))
            return settings_invalid(fmt::format("{}/{}", pointer, i),
                                    "Write a domain such as example.com; its subdomains are meant too.");
        domains[i] = *ascii;
    }
    return {};
}

} // namespace

Result<TenantSettings> parse_settings(boost::json::object const& json, std::string const& pointer)
{
    TRY(auto settings, read_shape<TenantSettings>(json, pointer));
    auto& registration = settings.registration;
    TRY_DO(check_domains(registration.allowed_domains, pointer + "/registration/allowed_domains"));
    TRY_DO(check_domains(registration.blocked_domains, pointer + "/registration/blocked_domains"));
    TRY_DO(validate(settings.signin, pointer + "/signin"));
    TRY_DO(view::check_theme(settings.theme, pointer + "/theme"));
    if (auto const& country = settings.identifiers.country; !country.empty() && !phone::is_region(country))
        return settings_invalid(pointer + "/identifiers/country",
                                "Write the country as an ISO 3166 code of two capital letters, such as DE.");
    // Else somebody else could have what is to be given back.
    if (settings.identifiers.undo_days > settings.identifiers.quarantine_days)
        return settings_invalid(pointer + "/identifiers/undo_days",
                                "What can be taken back must belong to nobody until then: raise quarantine_days, or "
                                "lower undo_days.");
    TRY_DO(check_countries(settings.texts.allowed_countries, pointer + "/texts/allowed_countries"));
    TRY_DO(check_countries(settings.texts.denied_countries, pointer + "/texts/denied_countries"));
    if (settings.authenticator_app.digits == 7) // RFC 4226 allows it, but no app offers it
        return settings_invalid(pointer + "/authenticator_app/digits", "Codes have 6 or 8 digits.");
    TRY_DO(check_passkeys(settings.passkeys, pointer + "/passkeys"));
    if (settings.session.idle_seconds > settings.session.absolute_seconds)
        return settings_invalid(pointer + "/session/idle_seconds",
                                "A session cannot rest longer than it may last: lower idle_seconds.");
    return settings;
}

boost::json::object write_settings(TenantSettings const& settings)
{
    return write_shape(settings).as_object();
}

} // namespace gatehouse::identity
