// What the browser is asked: the options of navigator.credentials.create() and get() in their JSON form.
#include "credentials/webauthn.hpp"
#include "http/url.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials::webauthn {

namespace json = boost::json;

namespace {

std::string_view to_string(UserVerification verification)
{
    switch (verification) {
    case UserVerification::preferred:
        return "preferred";
    case UserVerification::required:
        return "required";
    case UserVerification::discouraged:
        return "discouraged";
    }
    return "";
}

std::string_view to_string(ResidentKey key)
{
    switch (key) {
    case ResidentKey::preferred:
        return "preferred";
    case ResidentKey::required:
        return "required";
    case ResidentKey::discouraged:
        return "discouraged";
    }
    return "";
}

std::string_view to_string(Conveyance conveyance)
{
    switch (conveyance) {
    case Conveyance::none:
        return "none";
    case Conveyance::indirect:
        return "indirect";
    case Conveyance::direct:
        return "direct";
    case Conveyance::enterprise:
        return "enterprise";
    }
    return "";
}

json::array descriptors(std::vector<Descriptor> const& credentials)
{
    json::array list;
    for (auto const& credential : credentials) {
        json::object entry{{"type", "public-key"}, {"id", base64url_encode(credential.id)}};
        if (!credential.transports.empty())
            entry["transports"] = json::array(credential.transports.begin(), credential.transports.end());
        list.push_back(std::move(entry));
    }
    return list;
}

// An address ends in a number where a name ends in a label with a letter (WHATWG URL section 3.5).
bool is_ip_address(std::string_view host)
{
    auto const last = host.substr(host.rfind('.') + 1);
    return host.starts_with('[') || (!last.empty() && last.find_first_not_of("0123456789") == last.npos);
}

} // namespace

std::optional<RelyingParty> relying_party_at(std::string_view address, std::string name)
{
    auto const url = http::Url::parse(address);
    if (!url || !url->is_web() || url->host.empty() || is_ip_address(url->host))
        return std::nullopt;
    bool const local = url->host == "localhost" || url->host.ends_with(".localhost");
    if (url->scheme != "https" && !local)
        return std::nullopt;
    return RelyingParty{.id = url->host, .name = std::move(name), .origins = {url->origin()}};
}

json::object creation_options(CreationRequest const& request)
{
    json::array algorithms;
    for (auto const algorithm : kEveryAlgorithm)
        algorithms.push_back({{"type", "public-key"}, {"alg", static_cast<std::int64_t>(algorithm)}});
    json::object selection{{"residentKey", to_string(request.resident_key)},
                           {"requireResidentKey", request.resident_key == ResidentKey::required},
                           {"userVerification", to_string(request.verification)}};
    if (request.cross_platform_only)
        selection["authenticatorAttachment"] = "cross-platform";
    json::object options{
        {"rp", {{"id", request.party.id}, {"name", request.party.name}}},
        {"user",
         {{"id", base64url_encode(request.user_handle)},
          {"name", request.user_name},
          {"displayName", request.display_name}}},
        {"challenge", base64url_encode(request.challenge)},
        {"timeout", static_cast<std::int64_t>(request.timeout.count())},
        {"attestation", to_string(request.attestation)},
        {"extensions", {{"credProps", true}}},
    };
    options["pubKeyCredParams"] = std::move(algorithms);
    options["excludeCredentials"] = descriptors(request.exclude);
    options["authenticatorSelection"] = std::move(selection);
    if (request.cross_platform_only)
        options["hints"] = json::array{"security-key"};
    return options;
}

json::object request_options(AssertionRequest const& request)
{
    json::object options{{"challenge", base64url_encode(request.challenge)},
                         {"timeout", static_cast<std::int64_t>(request.timeout.count())},
                         {"rpId", request.party.id},
                         {"userVerification", to_string(request.verification)}};
    options["allowCredentials"] = descriptors(request.allow);
    return options;
}

json::object accepted_credentials(RelyingParty const& party, ByteView user_handle,
                                  std::vector<Descriptor> const& credentials)
{
    json::array ids;
    for (auto const& credential : credentials)
        ids.emplace_back(base64url_encode(credential.id));
    json::object options{{"rpId", party.id}, {"userId", base64url_encode(user_handle)}};
    options["allAcceptedCredentialIds"] = std::move(ids);
    return options;
}

} // namespace gatehouse::credentials::webauthn
