// The forms of what an apply file declares (docs/handbook/management.md). What the management API has a form for is
// read by that one.
#pragma once

#include "admin/users_body.hpp"
#include "identity/agreements.hpp"
#include "identity/tenant_settings_shape.hpp"

#include <boost/json/object.hpp>

namespace gatehouse::admin {

namespace json = boost::json;

struct TenantDeclaration {
    std::string tenant;
    std::optional<std::string> name;
    std::optional<std::string> host;
    std::optional<identity::TenantSettings> settings;
    std::optional<json::object> profile_schema;
    std::vector<json::object> documents;
    std::vector<json::object> apis;
    std::vector<json::object> applications;
    std::vector<json::object> users;
};
constexpr auto shape(TenantDeclaration const*)
{
    return Shape{
        "TenantDeclaration",
        Member{"tenant", &TenantDeclaration::tenant, {.text = "Its slug; made if it does not exist.", .min_length = 1}},
        Member{"name", &TenantDeclaration::name, {.text = "Shown to people."}},
        Member{"host", &TenantDeclaration::host, {.text = "A host name of its own."}},
        Member{"settings", &TenantDeclaration::settings, {.text = "Policies and look."}},
        Member{"profile_schema",
               &TenantDeclaration::profile_schema,
               {.text = "What is known about people, as in the management API."}},
        Member{"documents",
               &TenantDeclaration::documents,
               {.text = "What people accept: terms, privacy ...", .fallback = true, .max_length = 50}},
        Member{"apis", &TenantDeclaration::apis, {.fallback = true, .max_length = 10'000}},
        Member{"applications", &TenantDeclaration::applications, {.fallback = true, .max_length = 10'000}},
        Member{"users", &TenantDeclaration::users, {.fallback = true, .max_length = 10'000}}};
}

struct DocumentDeclaration {
    std::string name;
    identity::Words title;
    bool required = true;
    bool active = true;
    std::string label;
    bool ask_again = true;
    std::optional<identity::Words> texts;
};
constexpr auto shape(DocumentDeclaration const*)
{
    return Shape{
        "DocumentDeclaration",
        Member{"name", &DocumentDeclaration::name, {.text = "terms, privacy, marketing ...", .min_length = 1}},
        Member{"title", &DocumentDeclaration::title, {.text = "Words by language."}},
        Member{"required", &DocumentDeclaration::required, {.fallback = true}},
        Member{"active", &DocumentDeclaration::active, {.fallback = true}},
        Member{"label",
               &DocumentDeclaration::label,
               {.text = "Of the version that the text makes: \"November 2026\".", .fallback = true, .max_length = 100}},
        Member{"ask_again",
               &DocumentDeclaration::ask_again,
               {.text = "Whether that version is asked for of those who accepted an earlier one.", .fallback = true}},
        Member{"texts",
               &DocumentDeclaration::texts,
               {.text = "By language. Where they differ from the newest version's, they are published as the next."}}};
}

struct PermissionsDeclaration {
    std::string audience;
    std::vector<std::string> permissions;
};
constexpr auto shape(PermissionsDeclaration const*)
{
    return Shape{"PermissionsDeclaration", Member{"audience", &PermissionsDeclaration::audience, {.min_length = 1}},
                 Member{"permissions", &PermissionsDeclaration::permissions}};
}

struct UserDeclaration {
    bool enabled = true;
    json::object profile;
    std::vector<IdentifierBody> identifiers;
    std::optional<json::object> password;
    std::vector<PermissionsDeclaration> permissions;
};
constexpr auto shape(UserDeclaration const*)
{
    return Shape{"UserDeclaration",
                 Member{"enabled", &UserDeclaration::enabled, {.fallback = true}},
                 Member{"profile", &UserDeclaration::profile, {.fallback = true}},
                 Member{"identifiers",
                        &UserDeclaration::identifiers,
                        {.text = "The first tells whether the user exists.", .min_length = 1, .max_length = 20}},
                 Member{"password", &UserDeclaration::password, {.text = "A reference; set when the user is made."}},
                 Member{"permissions", &UserDeclaration::permissions, {.fallback = true}}};
}

} // namespace gatehouse::admin
