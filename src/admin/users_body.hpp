// The JSON form of users and what belongs to them.
#pragma once

#include "admin/operation.hpp"
#include "credentials/passwords.hpp"
#include "identity/users.hpp"
#include "places/places.hpp"
#include "session/trusted_devices.hpp"

namespace gatehouse::admin {

struct IdentifierBody {
    identity::IdentifierId identifier_id;
    std::string kind;
    std::string value;
    bool verified = false;
    bool primary = false;
    std::optional<TimePoint> code_used_at;
};
constexpr auto shape(IdentifierBody const*)
{
    return Shape{
        "Identifier",
        Member{"identifier_id", &IdentifierBody::identifier_id, {.read_only = true}},
        Member{"kind", &IdentifierBody::kind, {.text = "What it is.", .choices = "email|phone|username"}},
        Member{
            "value", &IdentifierBody::value, {.text = "As the person writes it.", .min_length = 1, .max_length = 320}},
        Member{"verified",
               &IdentifierBody::verified,
               {.text = "You vouch that it is theirs. Only verified ones sign in and are unique.", .fallback = true}},
        Member{"primary", &IdentifierBody::primary, {.text = "The first of its kind.", .fallback = true}},
        Member{"code_used_at",
               &IdentifierBody::code_used_at,
               {.text =
                    "When a code or link sent to it was last signed in with. Told of one user, not in lists; absent: "
                    "not lately.",
                .read_only = true}}};
}

// Errors: those of normalize_identifier, with a pointer below `pointer`.
Result<identity::NewIdentifier> read_identifier(IdentifierBody const& body, std::string const& pointer);
// The same for a list, whose pointer is "/identifiers".
Result<std::vector<identity::NewIdentifier>> read_identifiers(std::vector<IdentifierBody> const& bodies);

struct UserBody {
    UserId user_id;
    bool enabled = true;
    boost::json::object profile;
    std::vector<IdentifierBody> identifiers;
    TimePoint created_at;
    TimePoint updated_at;
    std::optional<TimePoint> deletion_due_at;
    std::optional<UserId> merged_into;
};
constexpr auto shape(UserBody const*)
{
    return Shape{"User",
                 Member{"user_id", &UserBody::user_id, {.text = "Names the user in this API.", .read_only = true}},
                 Member{"enabled",
                        &UserBody::enabled,
                        {.text = "Disabling ends sessions and tokens at once.", .fallback = true}},
                 Member{"profile",
                        &UserBody::profile,
                        {.text = "Attributes, held to the tenant's profile schema.", .fallback = true}},
                 Member{"identifiers", &UserBody::identifiers, {.text = "What they sign in with.", .read_only = true}},
                 Member{"created_at", &UserBody::created_at, {.read_only = true}},
                 Member{"updated_at", &UserBody::updated_at, {.read_only = true}},
                 Member{"deletion_due_at",
                        &UserBody::deletion_due_at,
                        {.text = "When the user is erased, as they asked for; signing in before keeps the account. "
                                 "Absent: never asked, or taken back.",
                         .read_only = true}},
                 Member{"merged_into",
                        &UserBody::merged_into,
                        {.text = "The user that this one was joined with, by their own wish.", .read_only = true}}};
}
constexpr std::string_view list_name(UserBody const*)
{
    return "UserList";
}

struct NewUserBody {
    bool enabled = true;
    boost::json::object profile;
    std::vector<IdentifierBody> identifiers;
    std::optional<std::string> password;
};
constexpr auto shape(NewUserBody const*)
{
    return Shape{"NewUser", Member{"enabled", &NewUserBody::enabled, {.fallback = true}},
                 Member{"profile", &NewUserBody::profile, {.text = "Attributes.", .fallback = true}},
                 Member{"identifiers",
                        &NewUserBody::identifiers,
                        {.text = "The first of a kind is its primary one.", .fallback = true, .max_length = 20}},
                 Member{"password", &NewUserBody::password, {.text = "By the tenant's rules.", .min_length = 1}}};
}

struct PasswordBody {
    std::string password;
    bool change_required = false;
};
constexpr auto shape(PasswordBody const*)
{
    return Shape{
        "NewPassword", Member{"password", &PasswordBody::password, {.text = "By the tenant's rules.", .min_length = 1}},
        Member{"change_required",
               &PasswordBody::change_required,
               {.text = "Whether it is good for one sign-in, at which the user chooses another.", .fallback = true}}};
}

struct PermissionsBody {
    std::vector<std::string> permissions;
};
constexpr auto shape(PermissionsBody const*)
{
    return Shape{
        "Permissions",
        Member{"permissions", &PermissionsBody::permissions, {.text = "Of the API named.", .max_length = 500}}};
}

struct SessionBody {
    SessionId session_id;
    std::string user_agent;
    std::string address;
    std::optional<places::Place> place;
    TimePoint created_at;
    TimePoint last_seen_at;
    TimePoint expires_at;
};
constexpr auto shape(SessionBody const*)
{
    return Shape{"Session",
                 Member{"session_id", &SessionBody::session_id},
                 Member{"user_agent", &SessionBody::user_agent, {.text = "As the browser named itself."}},
                 Member{"address", &SessionBody::address, {.text = "Where the sign-in came from."}},
                 Member{"place", &SessionBody::place, {.text = "Roughly where that is; absent: not known."}},
                 Member{"created_at", &SessionBody::created_at},
                 Member{"last_seen_at", &SessionBody::last_seen_at},
                 Member{"expires_at", &SessionBody::expires_at}};
}
struct TrustedDeviceBody {
    session::TrustedDeviceId device_id;
    std::string user_agent;
    std::string address;
    std::optional<places::Place> place;
    TimePoint created_at;
    TimePoint last_used_at;
    TimePoint expires_at;
};
constexpr auto shape(TrustedDeviceBody const*)
{
    return Shape{
        "TrustedDevice",
        Member{"device_id", &TrustedDeviceBody::device_id},
        Member{"user_agent", &TrustedDeviceBody::user_agent, {.text = "As the browser named itself."}},
        Member{"address", &TrustedDeviceBody::address, {.text = "Where it was trusted from."}},
        Member{"place", &TrustedDeviceBody::place, {.text = "Roughly where that is; absent: not known."}},
        Member{"created_at", &TrustedDeviceBody::created_at},
        Member{"last_used_at", &TrustedDeviceBody::last_used_at, {.text = "When it stood for the second factor last."}},
        Member{"expires_at", &TrustedDeviceBody::expires_at}};
}
constexpr std::string_view list_name(TrustedDeviceBody const*)
{
    return "TrustedDeviceList";
}

constexpr std::string_view list_name(SessionBody const*)
{
    return "SessionList";
}

struct CredentialBody {
    credentials::CredentialId credential_id;
    std::string kind;
    std::string name;
    TimePoint created_at;
    std::optional<TimePoint> last_used_at;
    std::optional<std::int64_t> left;
};
constexpr auto shape(CredentialBody const*)
{
    return Shape{"Credential",
                 Member{"credential_id", &CredentialBody::credential_id},
                 Member{"kind", &CredentialBody::kind, {.choices = "password|totp|passkey|recovery_codes|push"}},
                 Member{"name", &CredentialBody::name, {.text = "As the person called it; may be empty."}},
                 Member{"created_at", &CredentialBody::created_at},
                 Member{"last_used_at", &CredentialBody::last_used_at, {.text = "Absent: never."}},
                 Member{"left", &CredentialBody::left, {.text = "How many recovery codes were not used yet."}}};
}
constexpr std::string_view list_name(CredentialBody const*)
{
    return "CredentialList";
}

} // namespace gatehouse::admin
