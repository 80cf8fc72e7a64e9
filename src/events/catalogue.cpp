#include "events/catalogue.hpp"

#include "events/account_types.hpp"
#include "events/device_types.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace gatehouse::events {

namespace {

constexpr EventType const* kTypes[] = {
    &kAgreementAccepted,
    &kAgreementWithdrawn,
    &kApiCreated,
    &kApiDeleted,
    &kApiUpdated,
    &kApplicationCreated,
    &kApplicationDeleted,
    &kApplicationDisabled,
    &kApplicationEnabled,
    &kApplicationSecretAdded,
    &kApplicationSecretRemoved,
    &kApplicationUpdated,
    &kCodeReplayed,
    &kClientRefused,
    &kCodeFailed,
    &kCredentialAdded,
    &kCredentialChangeRequired,
    &kCredentialChanged,
    &kCredentialCloned,
    &kCredentialRemoved,
    &kCredentialRenamed,
    &kDeviceTrustEnded,
    &kDeviceTrusted,
    &kDocumentPublished,
    &kDocumentUpdated,
    &kGrantGiven,
    &kGrantRevoked,
    &kIdentifierAdded,
    &kIdentifierChangeUndone,
    &kIdentifierPrimaryChanged,
    &kIdentifierRemoved,
    &kIdentifierVerified,
    &kInvitationCreated,
    &kInvitationRedeemed,
    &kInvitationRevoked,
    &kMessageBudgetSpent,
    &kMessageFailed,
    &kMessageSent,
    &kPasswordBreached,
    &kPushApproved,
    &kPushDenied,
    &kPushNumberWrong,
    &kPushReported,
    &kPushRequested,
    &kRecoveryCompleted,
    &kRecoveryHeld,
    &kRecoveryRequested,
    &kRecoveryStopped,
    &kRegistrationCompleted,
    &kRegistrationStarted,
    &kSessionEnded,
    &kSessionReauthenticated,
    &kSessionStarted,
    &kSignInCodeRequested,
    &kSignInFailed,
    &kSignInSucceeded,
    &kSigningKeyCreated,
    &kSigningKeyRetired,
    &kTenantCreated,
    &kTenantDeleted,
    &kTenantDisabled,
    &kTenantEnabled,
    &kTenantProfileSchemaUpdated,
    &kTenantUpdated,
    &kThemeActivated,
    &kThemeTemplateFailed,
    &kMachineTokenIssued,
    &kTokenRevoked,
    &kFamilyRefreshed,
    &kFamilyRevoked,
    &kFamilyStarted,
    &kUserCreated,
    &kUserDataExported,
    &kUserDeletionAsked,
    &kUserDeletionCancelled,
    &kUserDisabled,
    &kUserEnabled,
    &kUserErased,
    &kUserMerged,
    &kUserPermissionsChanged,
    &kUserUpdated,
};

} // namespace

std::span<EventType const* const> catalogue()
{
    return kTypes;
}

EventType const* find_type(std::string_view name)
{
    auto const found = std::ranges::find(kTypes, name, [](EventType const* type) { return type->name; });
    return found == std::end(kTypes) ? nullptr : *found;
}

std::string reference_page()
{
    std::string page =
        "# Events\n\n"
        "Gatehouse writes down what happens, in the transaction that makes it happen. Each event has a type, an id, a\n"
        "position (1, 2, 3 ... within its tenant, without gaps), the time, and, where they apply, the user it is "
        "about,\n"
        "who acted, the application, the session and the request id. Its fields are below. Fields marked *personal* "
        "are\n"
        "encrypted under the key of the person the event is about and become unreadable when that person is erased.\n\n"
        "This page is generated from `src/events/types.hpp`.\n";
    for (auto const* type : kTypes) {
        page += fmt::format("\n## {}\n\n{} Version {}.\n", type->name, type->text, type->version);
        if (type->fields.empty())
            continue;
        page += "\n| field | type | meaning |\n|---|---|---|\n";
        for (auto const& field : type->fields)
            page += fmt::format("| `{}` | {}{} | {} |\n", field.name, field.type, field.personal ? ", *personal*" : "",
                                field.text);
        page += fmt::format("\n```json\n{}\n```\n", type->example);
    }
    return page;
}

} // namespace gatehouse::events
