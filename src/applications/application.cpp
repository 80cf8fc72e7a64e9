#include "applications/application.hpp"

#include "applications/application_shape.hpp"
#include "base/json.hpp"
#include "http/message.hpp"
#include "http/url.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::applications {

namespace {

// What may be asked for about a person. Permissions of APIs stand in Application::apis.
constexpr std::array<std::string_view, 6> kPersonScopes{"openid", "profile",       "email",
                                                        "phone",  "address", "offline_access"};
// A tenant's own scopes about people; its profile schema says what they show.
constexpr std::string_view kOwnScopes = "claims:";

Refusal wrong(std::string pointer, std::string message, std::string code = "invalid_client_metadata")
{
    return refuse(ErrorKind::invalid, std::move(code), std::move(message)).at(std::move(pointer));
}

bool is_plain_text(std::string_view text)
{
    return http::is_valid_utf8(text) && std::ranges::none_of(text, [](char c) {
               auto const byte = static_cast<unsigned char>(c);
               return byte < 0x20 || byte == 0x7f;
           });
}

bool is_client_id(std::string_view text)
{
    return text.size() <= 200 &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

Result<void> check_name(std::string_view name, std::string pointer)
{
    if (name.empty() || name.size() > 100 || !is_plain_text(name))
        return wrong(std::move(pointer), "The name must have 1 to 100 characters, without control characters.");
    return {};
}

template <class Item>
Result<void> check_distinct(std::vector<Item> const& items, std::string_view pointer)
{
    for (std::size_t i = 0; i < items.size(); ++i)
        if (std::ranges::find(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i), items[i]) !=
            items.begin() + static_cast<std::ptrdiff_t>(i))
            return wrong(fmt::format("{}/{}", pointer, i),
                         "This entry stands in the list already. Remove one of them.");
    return {};
}

Result<void> check_redirects(std::vector<std::string> const& uris, std::string_view pointer, Kind kind)
{
    auto const use = kind == Kind::native ? http::RedirectUse::native : http::RedirectUse::web;
    for (std::size_t i = 0; i < uris.size(); ++i) {
        auto checked = http::check_redirect_uri(uris[i], use);
        if (!checked) {
            checked.error().pointer = fmt::format("{}/{}", pointer, i);
            return checked;
        }
    }
    return check_distinct(uris, pointer);
}

// A scheme of one's own would do in no mail, and any app on a device may claim it.
Result<void> check_sign_in_link(Application const& application)
{
    auto const& uri = application.sign_in_link_uri;
    if (uri.empty())
        return {};
    if (!uri.starts_with("https://") || uri.find_first_of("?#") != uri.npos ||
        !http::check_redirect_uri(uri, http::RedirectUse::web))
        return wrong("/sign_in_link_uri", "The link must be an https address without query and fragment.");
    return {};
}

Result<void> check_grant_types(Application const& application)
{
    TRY_DO(check_distinct(application.grant_types, "/grant_types"));
    auto const uses_code = application.allows(GrantType::authorization_code);
    auto const confidential = application.kind == Kind::web || application.kind == Kind::service;
    if (application.allows(GrantType::refresh_token) && !uses_code)
        return wrong("/grant_types", "\"refresh_token\" needs \"authorization_code\" beside it.");
    if (application.kind == Kind::service && uses_code)
        return wrong("/grant_types", "A service acts for itself: only \"client_credentials\" fits it.");
    if (application.allows(GrantType::client_credentials) && (!confidential || application.is_public()))
        return wrong("/grant_types", "\"client_credentials\" is for applications that can keep a secret.");
    if (!confidential && !application.is_public())
        return wrong("/token_endpoint_auth_method",
                     "Applications that run in a browser or on a device cannot keep a secret. Use \"none\".");
    if (application.kind == Kind::service && application.is_public())
        return wrong("/token_endpoint_auth_method", "A service must authenticate. Use \"client_secret_basic\".");
    if (uses_code && application.redirect_uris.empty())
        return wrong("/redirect_uris", "Sign-in needs at least one redirect URI.", "invalid_redirect_uri");
    if (!uses_code && !application.redirect_uris.empty())
        return wrong("/redirect_uris", "Redirect URIs are for applications that use \"authorization_code\".",
                     "invalid_redirect_uri");
    return {};
}

Result<void> check_scopes(Application const& application)
{
    for (std::size_t i = 0; i < application.scopes.size(); ++i)
        if (!is_person_scope(application.scopes[i]))
            return wrong(fmt::format("/scopes/{}", i),
                         fmt::format("There is no scope \"{}\" about people. Known are: {}, and your own that begin "
                                     "with \"claims:\". Permissions of an API go into \"apis\".",
                                     application.scopes[i], fmt::join(kPersonScopes, ", ")));
    TRY_DO(check_distinct(application.scopes, "/scopes"));
    for (std::size_t i = 0; i < application.apis.size(); ++i) {
        auto const& access = application.apis[i];
        for (std::size_t other = 0; other < i; ++other)
            if (application.apis[other].audience == access.audience)
                return wrong(fmt::format("/apis/{}/audience", i), "This API stands in the list already.");
        for (std::size_t k = 0; k < access.scopes.size(); ++k)
            if (!is_scope_token(access.scopes[k]))
                return wrong(fmt::format("/apis/{}/scopes/{}", i, k), "This is no permission name.");
        TRY_DO(check_distinct(access.scopes, fmt::format("/apis/{}/scopes", i)));
    }
    return {};
}

// What `json` says on top of what `onto` says.
template <class T>
Result<T> merge(T const& onto, boost::json::object const& json)
{
    return read_shape<T>(merge_patch(write_shape(onto), json));
}

} // namespace

std::string_view to_string(Kind kind)
{
    return shapes::choice_at(choices_of(static_cast<Kind const*>(nullptr)), static_cast<std::size_t>(kind));
}
std::string_view to_string(GrantType type)
{
    return shapes::choice_at(choices_of(static_cast<GrantType const*>(nullptr)), static_cast<std::size_t>(type));
}

bool Application::allows(GrantType type) const
{
    return std::ranges::find(grant_types, type) != grant_types.end();
}

ApiAccess const* Application::access_to(std::string_view audience) const
{
    auto const found = std::ranges::find(apis, audience, &ApiAccess::audience);
    return found == apis.end() ? nullptr : &*found;
}

bool Api::defines(std::string_view permission) const
{
    return std::ranges::find(permissions, permission, &Permission::name) != permissions.end();
}

Application defaults_for(Kind kind)
{
    Application application{.kind = kind};
    if (kind == Kind::spa || kind == Kind::native)
        application.authentication = ClientAuthentication::none;
    if (kind == Kind::service) {
        application.grant_types = {GrantType::client_credentials};
        application.scopes.clear();
    }
    return application;
}

Result<void> validate(Application const& application)
{
    if (application.client_id.empty() || !is_client_id(application.client_id))
        return wrong("/client_id", "A client_id has 1 to 200 printable ASCII characters, without spaces, quotes and "
                                   "backslashes.");
    TRY_DO(check_name(application.name, "/client_name"));
    if (!application.logo.empty()) {
        auto const url = http::Url::parse(application.logo);
        if (!url || url->scheme != "https" || url->has_credentials() || !is_plain_text(application.logo))
            return wrong("/logo_uri", "The logo must be an https address without user name.");
    }
    TRY_DO(check_grant_types(application));
    TRY_DO(check_redirects(application.redirect_uris, "/redirect_uris", application.kind));
    TRY_DO(check_redirects(application.post_logout_redirect_uris, "/post_logout_redirect_uris", application.kind));
    TRY_DO(check_sign_in_link(application));
    TRY_DO(check_scopes(application));
    auto const& lifetimes = application.lifetimes;
    if (lifetimes.refresh_idle && lifetimes.refresh_absolute && *lifetimes.refresh_idle > *lifetimes.refresh_absolute)
        return wrong("/lifetimes/refresh_idle", "refresh_idle must not be longer than refresh_absolute.");
    return identity::validate(application.signin, "/signin");
}

Result<void> validate(Api const& api)
{
    // An absolute URI without fragment (RFC 8707 section 2); also "urn:..." and the like.
    auto const url = http::Url::parse(api.audience);
    if (!url || url->fragment || url->has_credentials() || api.audience.size() > 500 ||
        std::ranges::any_of(api.audience, [](char c) { return c <= 0x20 || c >= 0x7f || c == '"' || c == '\\'; }))
        return wrong("/audience", "The audience must be an absolute URI without fragment, such as "
                                  "\"https://api.example.com\".");
    TRY_DO(check_name(api.name, "/name"));
    for (std::size_t i = 0; i < api.permissions.size(); ++i) {
        auto const& permission = api.permissions[i];
        if (!is_scope_token(permission.name) || is_person_scope(permission.name))
            return wrong(fmt::format("/permissions/{}/name", i),
                         "A permission is 1 to 128 printable ASCII characters without spaces, quotes and backslashes, "
                         "and none of the scopes about people.");
        if (!is_plain_text(permission.description))
            return wrong(fmt::format("/permissions/{}/description", i), "The description holds control characters.");
        for (std::size_t other = 0; other < i; ++other)
            if (api.permissions[other].name == permission.name)
                return wrong(fmt::format("/permissions/{}/name", i), "This permission stands in the list already.");
    }
    return {};
}

Result<Application> apply_json(Application onto, boost::json::object const& json)
{
    TRY(auto merged, merge(onto, json));
    merged.id = onto.id;
    merged.created_at = onto.created_at;
    merged.updated_at = onto.updated_at;
    merged.version = onto.version;
    return merged;
}

Result<Api> apply_json(Api onto, boost::json::object const& json)
{
    TRY(auto merged, merge(onto, json));
    merged.id = onto.id;
    merged.created_at = onto.created_at;
    merged.updated_at = onto.updated_at;
    merged.version = onto.version;
    return merged;
}

bool is_person_scope(std::string_view text)
{
    return std::ranges::find(kPersonScopes, text) != kPersonScopes.end() ||
           (text.starts_with(kOwnScopes) && text.size() > kOwnScopes.size());
}

bool is_scope_token(std::string_view text)
{
    return !text.empty() && text.size() <= 128 &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

} // namespace gatehouse::applications
