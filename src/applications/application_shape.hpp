// The JSON form of applications and APIs: of the management API, apply files and the settings column. Members are named
// as RFC 7591 names them where it does.
#pragma once

#include "applications/application.hpp"
#include "base/shape.hpp"
#include "identity/signin_policy_shape.hpp"
#include "view/theme_tokens_shape.hpp"

namespace gatehouse::applications {

constexpr auto shape(ApiAccess const*)
{
    return Shape{
        "ApiAccess",
        Member{"audience", &ApiAccess::audience, {.text = "The API's audience.", .min_length = 1, .max_length = 500}},
        Member{
            "scopes",
            &ApiAccess::scopes,
            {.text = "Permissions of the API that the application may ask for.", .fallback = true, .max_length = 200}}};
}

constexpr auto shape(TokenLifetimes const*)
{
    return Shape{
        "TokenLifetimes",
        Member{"access_token",
               &TokenLifetimes::access_token,
               {.text = "Seconds; an API's own setting wins.", .minimum = 60, .maximum = 86'400}},
        Member{"id_token", &TokenLifetimes::id_token, {.text = "Seconds.", .minimum = 60, .maximum = 86'400}},
        Member{"refresh_idle",
               &TokenLifetimes::refresh_idle,
               {.text = "Seconds between two uses of a refresh token.", .minimum = 300, .maximum = 31'536'000}},
        Member{"refresh_absolute",
               &TokenLifetimes::refresh_absolute,
               {.text = "Seconds from the sign-in until refreshing ends.", .minimum = 300, .maximum = 63'072'000}}};
}

constexpr auto shape(Application const*)
{
    return Shape{
        "Application",
        Member{"application_id", &Application::id, {.text = "Names the application for ever.", .read_only = true}},
        Member{"client_id",
               &Application::client_id,
               {.text = "What the application calls itself in OAuth; unique in the tenant. Made when it is left out, "
                        "never changed.",
                .fallback = true,
                .max_length = 200}},
        Member{"client_name", &Application::name, {.text = "Shown to people.", .min_length = 1, .max_length = 100}},
        Member{"kind", &Application::kind, {.text = "What sort of application; never changed.", .fallback = true}},
        Member{"enabled", &Application::enabled, {.text = "Whether it may be used.", .fallback = true}},
        Member{"logo_uri",
               &Application::logo,
               {.text = "An https address, shown on sign-in pages.",
                .fallback = true,
                .max_length = 1000,
                .format = "uri"}},
        Member{"first_party",
               &Application::first_party,
               {.text = "The tenant's own application: people are not asked for consent.", .fallback = true}},
        Member{"redirect_uris",
               &Application::redirect_uris,
               {.text = "Where people return to after signing in; compared exactly.",
                .fallback = true,
                .max_length = 100}},
        Member{"post_logout_redirect_uris",
               &Application::post_logout_redirect_uris,
               {.text = "Where people may return to after signing out; compared exactly.",
                .fallback = true,
                .max_length = 100}},
        Member{"sign_in_link_uri",
               &Application::sign_in_link_uri,
               {.text = "An https app link (universal link) of an application that draws the sign-in itself. Links of "
                        "sign-in mails lead there, with the parameter \"token\". Without it they carry a code only.",
                .fallback = true,
                .max_length = 1000,
                .format = "uri"}},
        Member{"grant_types",
               &Application::grant_types,
               {.text = "Which OAuth grants it uses.", .fallback = true, .max_length = 10}},
        Member{
            "token_endpoint_auth_method",
            &Application::authentication,
            {.text = "How it proves itself; \"none\" for applications that cannot keep a secret.", .fallback = true}},
        Member{"scopes",
               &Application::scopes,
               {.text = "Scopes about the person that it may ask for.", .fallback = true, .max_length = 100}},
        Member{"apis",
               &Application::apis,
               {.text = "APIs that it may call, for people or (service) for itself.",
                .fallback = true,
                .max_length = 100}},
        Member{"lifetimes",
               &Application::lifetimes,
               {.text = "Lives of its tokens, where they differ from the tenant's.", .fallback = true}},
        Member{"id_token_signed_response_alg",
               &Application::id_token_algorithm,
               {.text = "How its ID tokens are signed.", .fallback = true}},
        Member{"signin",
               &Application::signin,
               {.text = "What differs from the tenant's sign-in policy for this application.", .fallback = true}},
        Member{"theme",
               &Application::theme,
               {.text = "Look of the pages on the way to it; what it does not name is the tenant's.",
                .fallback = true}},
        Member{"created_at", &Application::created_at, {.text = "When it was registered.", .read_only = true}},
        Member{"updated_at", &Application::updated_at, {.text = "When it last changed.", .read_only = true}}};
}

constexpr auto shape(Permission const*)
{
    return Shape{
        "Permission", Member{"name", &Permission::name, {.text = "The scope.", .min_length = 1, .max_length = 128}},
        Member{"description",
               &Permission::description,
               {.text = "What people read when they are asked to allow it.", .fallback = true, .max_length = 500}}};
}

constexpr auto shape(Api const*)
{
    return Shape{
        "Api",
        Member{"api_id", &Api::id, {.text = "Names the API for ever.", .read_only = true}},
        Member{"audience",
               &Api::audience,
               {.text = "The resource indicator (RFC 8707) and `aud` of its tokens; never changed.",
                .min_length = 1,
                .max_length = 500,
                .format = "uri"}},
        Member{"name", &Api::name, {.text = "Shown to people.", .min_length = 1, .max_length = 100}},
        Member{"permissions",
               &Api::permissions,
               {.text = "What can be allowed at this API.", .fallback = true, .max_length = 500}},
        Member{"restrict_users",
               &Api::restrict_users,
               {.text = "People get only the permissions that were given to them.", .fallback = true}},
        Member{"access_token_lifetime",
               &Api::access_token_lifetime,
               {.text = "Seconds; wins over the application's and the tenant's.", .minimum = 60, .maximum = 86'400}},
        Member{"access_token_signed_response_alg",
               &Api::signing_algorithm,
               {.text = "How its access tokens are signed.", .fallback = true}},
        Member{"created_at", &Api::created_at, {.text = "When it was declared.", .read_only = true}},
        Member{"updated_at", &Api::updated_at, {.text = "When it last changed.", .read_only = true}}};
}

} // namespace gatehouse::applications
