// The types of events. Names are permanent; see events/catalogue.hpp for how to add one.
#pragma once

#include "events/catalogue.hpp"

namespace gatehouse::events {

namespace fields {
inline constexpr EventField kChanged{"changed", "strings", "Names of the members that changed."};
inline constexpr EventField kReason{"reason", "string", "Why, as a stable word."};
inline constexpr EventField kKind{
    "kind", "string",
    "Which kind: email, phone, username; or of a credential: password, totp, recovery_codes, passkey, push."};
inline constexpr EventField kName{"name", "string", "The name people see."};
inline constexpr EventField kClientId{"client_id", "string", "The application's client_id."};
inline constexpr EventField kScopes{"scopes", "string", "Scopes, separated by spaces."};
inline constexpr EventField kFamily{"family_id", "string", "The token family (grant) concerned."};
inline constexpr EventField kGrantType{"grant_type", "string", "The OAuth grant type."};
inline constexpr EventField kTokenId{"token_id", "string", "The token's jti."};
inline constexpr EventField kAudience{"audience", "string", "The audience (API) concerned."};
inline constexpr EventField kIdentifierId{"identifier_id", "string", "The identifier's id."};
inline constexpr EventField kMethods{"methods", "string",
                                     "How the person was authenticated (amr), separated by spaces."};
inline constexpr EventField kPurpose{"purpose", "string", "What it is for: registration, recovery, email_change."};
inline constexpr EventField kKeyId{"kid", "string", "The key's id as published."};
inline constexpr EventField kAlgorithm{"algorithm", "string", "The signature algorithm."};
inline constexpr EventField kIdentifier{"identifier", "string", "The identifier as the person wrote it.", true};
inline constexpr EventField kAddress{"address", "string", "The client's network address.", true};
inline constexpr EventField kUserAgent{"user_agent", "string", "What the browser calls itself.", true};
inline constexpr EventField kDocument{"document", "string", "The document's name: terms, privacy ..."};
inline constexpr EventField kDocumentVersion{"version", "integer", "The document's version."};
inline constexpr EventField kInvitationId{"invitation_id", "string", "The invitation's id."};
inline constexpr EventField kSubject{"subject", "string", "What tokens call the user."};

inline constexpr std::span<EventField const> kNone{};
inline constexpr EventField kOnlyChanged[] = {kChanged};
inline constexpr EventField kOnlyReason[] = {kReason};
inline constexpr EventField kOnlyUntil[] = {{"until", "string", "The time from which it may be finished."}};
inline constexpr EventField kOnlyName[] = {kName};
inline constexpr EventField kOnlyKind[] = {kKind};
inline constexpr EventField kThemeTemplate[] = {{"template", "string", "Its name."}, kReason};
inline constexpr EventField kTheme[] = {{"owner", "string", "\"tenant\", or the application's id."},
                                        {"version", "integer", "The number of what is shown now."},
                                        kChanged};
inline constexpr EventField kTenant[] = {
    kName, {"slug", "string", "Its name in paths."}, {"issuer", "string", "Its issuer."}};
inline constexpr EventField kIdentifierFields[] = {kIdentifierId, kKind, kIdentifier};
inline constexpr EventField kDocumentUpdated[] = {kDocument};
inline constexpr EventField kDocumentPublished[] = {kDocument, kDocumentVersion};
inline constexpr EventField kAgreement[] = {kDocument,
                                            kDocumentVersion,
                                            {"locale", "string", "The language of the text that was shown."},
                                            {"sha256", "string", "SHA-256 of that text, hexadecimal."}};
inline constexpr EventField kInvitation[] = {kInvitationId};
inline constexpr EventField kInvitationSent[] = {kInvitationId, kIdentifier};
inline constexpr EventField kUndone[] = {kKind, kAddress};
inline constexpr EventField kUserCreated[] = {kSubject};
inline constexpr EventField kPermissions[] = {
    kAudience, {"permissions", "string", "What the user may do now, separated by spaces."}};
inline constexpr EventField kSignIn[] = {
    kMethods,
    {"factors", "string", "What was proven just now: methods of the sign-in policy, separated by spaces."},
    {"acr", "string", "The level reached."},
    kAddress,
    kUserAgent};
inline constexpr EventField kSignInFailed[] = {kReason, kIdentifier, kAddress, kUserAgent};
inline constexpr EventField kAttempt[] = {kPurpose, kReason, kIdentifier, kAddress, kUserAgent};
inline constexpr EventField kApplication[] = {kClientId, kName, kKind};
inline constexpr EventField kApplicationChanged[] = {kClientId, kChanged};
inline constexpr EventField kApplicationSecret[] = {kClientId, {"secret_id", "string", "The secret's id."}};
inline constexpr EventField kApi[] = {kAudience, kName};
inline constexpr EventField kApiChanged[] = {kAudience, kChanged};
inline constexpr EventField kGrant[] = {kClientId, kScopes};
inline constexpr EventField kFamilyStarted[] = {kFamily, kClientId, kScopes, kGrantType};
inline constexpr EventField kFamilyChanged[] = {kFamily, kClientId, kReason};
inline constexpr EventField kTokenIssued[] = {
    kTokenId,  kClientId,  kScopes,
    kAudience, kGrantType, {"count", "integer", "How many since the last such event; token_id names the last."}};
inline constexpr EventField kTokenRevoked[] = {kTokenId, kClientId, kReason};
inline constexpr EventField kSigningKey[] = {kKeyId, kAlgorithm};
inline constexpr EventField kPush[] = {{"request_id", "string", "The request to approve a sign-in."},
                                       {"device_id", "string", "The device that answered."},
                                       kAddress,
                                       kUserAgent};
inline constexpr EventField kTemplate{"template", "string", "Which message."};
inline constexpr EventField kChannel{"channel", "string", "mail, sms or voice."};
inline constexpr EventField kRecipient{"recipient", "string", "To whom.", true};
inline constexpr EventField kMessage[] = {kTemplate, kChannel, kRecipient};
inline constexpr EventField kMessageFailed[] = {
    kTemplate, kChannel, kReason, {"attempts", "integer", "How often it was tried."}, kRecipient};
inline constexpr EventField kTextBudget[] = {
    {"budget", "string", "Which is spent: number.hour, number.day, country.day, tenant.day."},
    {"country", "string", "Of the number that a message was asked for (ISO 3166)."},
    {"maximum", "integer", "How many messages it holds."},
    kRecipient};
} // namespace fields

// -- tenants
inline constexpr EventType kTenantCreated{
    "tenant.created", 1, "A tenant was made.", fields::kTenant,
    R"({"name": "Acme", "slug": "acme", "issuer": "https://id.example.com/t/acme"})"};
inline constexpr EventType kTenantUpdated{"tenant.updated", 1, "A tenant's name, host name or settings changed.",
                                          fields::kOnlyChanged, R"({"changed": ["settings"]})"};
inline constexpr EventType kTenantDisabled{
    "tenant.disabled", 1, "A tenant was switched off: nobody signs in, no token is issued.", fields::kNone, "{}"};
inline constexpr EventType kTenantEnabled{"tenant.enabled", 1, "A tenant was switched on again.", fields::kNone, "{}"};
inline constexpr EventType kTenantProfileSchemaUpdated{"tenant.profile_schema_updated", 1,
                                                       "What a tenant knows about its people, or how it asks, changed.",
                                                       fields::kOnlyChanged, R"({"changed": ["birthdate"]})"};
inline constexpr EventType kTenantDeleted{"tenant.deleted", 1, "A tenant was deleted and its keys destroyed.",
                                          fields::kNone, "{}"};

// -- themes
inline constexpr EventType kThemeActivated{
    "theme.activated", 1, "Pages have another look: a draft was activated, or an earlier version brought back.",
    fields::kTheme, R"({"owner": "tenant", "version": 3, "changed": ["light"]})"};

inline constexpr EventType kThemeTemplateFailed{
    "theme.template_failed", 1,
    "A tenant's own template cannot be used by this version of Gatehouse; the built-in one is shown.",
    fields::kThemeTemplate, R"({"template": "step.html", "reason": "Line 3: there is no text \"action.go\"."})"};

// -- users
inline constexpr EventType kUserCreated{"user.created", 1, "An account was made.", fields::kUserCreated,
                                        R"({"subject": "u1X2vS0rJ3mZ0wqv7bYy1w"})"};
inline constexpr EventType kUserUpdated{"user.updated", 1, "A user's profile changed.", fields::kOnlyChanged,
                                        R"({"changed": ["name", "locale"]})"};
inline constexpr EventType kUserDisabled{"user.disabled", 1,
                                         "A user was disabled; sessions and tokens stopped working.",
                                         fields::kOnlyReason, R"({"reason": "administrator"})"};
inline constexpr EventType kUserEnabled{"user.enabled", 1, "A disabled user was enabled again.", fields::kNone, "{}"};
inline constexpr EventType kUserDeletionAsked{"user.deletion_asked", 1, "A user asked for their account to be deleted.",
                                              fields::kNone, "{}"};
inline constexpr EventType kUserDeletionCancelled{"user.deletion_cancelled", 1,
                                                  "A user signed in before their account was deleted, and keeps it.",
                                                  fields::kNone, "{}"};
inline constexpr EventType kUserErased{"user.erased", 1, "A user was erased and the person's key destroyed.",
                                       fields::kOnlyReason, R"({"reason": "self_service"})"};
inline constexpr EventType kUserPermissionsChanged{
    "user.permissions_changed", 1, "What a user may do at an API changed.", fields::kPermissions,
    R"({"audience": "https://id.example.com/api/v1", "permissions": "users:read users:write"})"};

// -- agreements
inline constexpr EventType kDocumentUpdated{"document.updated", 1,
                                            "A document that people accept was declared or changed.",
                                            fields::kDocumentUpdated, R"({"document": "terms"})"};
inline constexpr EventType kDocumentPublished{"document.published", 1, "A new version of a document was published.",
                                              fields::kDocumentPublished, R"({"document": "terms", "version": 2})"};
inline constexpr EventType kAgreementAccepted{
    "agreement.accepted", 1, "A user accepted a version of a document.", fields::kAgreement,
    R"({"document": "terms", "version": 2, "locale": "en", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"})"};
inline constexpr EventType kAgreementWithdrawn{
    "agreement.withdrawn", 1, "A user withdrew an optional agreement.", fields::kAgreement,
    R"({"document": "marketing", "version": 1, "locale": "en", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"})"};

// -- invitations
inline constexpr EventType kInvitationCreated{
    "invitation.created", 1, "Somebody was invited to make an account, or invited again.", fields::kInvitationSent,
    R"({"invitation_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "identifier": "ada@example.com"})"};
inline constexpr EventType kInvitationRedeemed{"invitation.redeemed", 1, "An invitation led to an account.",
                                               fields::kInvitation,
                                               R"({"invitation_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f"})"};
inline constexpr EventType kInvitationRevoked{"invitation.revoked", 1, "An invitation was taken back.",
                                              fields::kInvitation,
                                              R"({"invitation_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f"})"};

// -- identifiers
inline constexpr EventType kIdentifierAdded{
    "identifier.added", 1, "A user got an identifier.", fields::kIdentifierFields,
    R"({"identifier_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "kind": "email", "identifier": "ada@example.com"})"};
inline constexpr EventType kIdentifierVerified{
    "identifier.verified", 1, "A user proved that an identifier is theirs.", fields::kIdentifierFields,
    R"({"identifier_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "kind": "email", "identifier": "ada@example.com"})"};
inline constexpr EventType kIdentifierRemoved{
    "identifier.removed", 1, "An identifier was taken off a user.", fields::kIdentifierFields,
    R"({"identifier_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "kind": "email", "identifier": "ada@example.com"})"};
inline constexpr EventType kIdentifierChangeUndone{
    "identifier.change_undone", 1,
    "A change of address or number was taken back from the old one; what was added since went, all sessions ended.",
    fields::kUndone, R"({"kind": "email"})"};
inline constexpr EventType kIdentifierPrimaryChanged{
    "identifier.primary_changed", 1, "Another identifier of its kind became the user's primary one.",
    fields::kIdentifierFields, R"({"identifier_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "kind": "email"})"};

// -- credentials
inline constexpr EventType kCredentialAdded{"credential.added", 1, "A user got a credential.", fields::kOnlyKind,
                                            R"({"kind": "password"})"};
inline constexpr EventType kCredentialChanged{"credential.changed", 1, "A user's credential was replaced.",
                                              fields::kOnlyKind, R"({"kind": "password"})"};
inline constexpr EventType kCredentialRemoved{"credential.removed", 1, "A credential was taken off a user.",
                                              fields::kOnlyKind, R"({"kind": "totp"})"};
inline constexpr EventType kCredentialRenamed{"credential.renamed", 1, "A user's credential got another name.",
                                              fields::kOnlyKind, R"({"kind": "passkey"})"};
inline constexpr EventType kCredentialChangeRequired{"credential.change_required", 1,
                                                     "A user is to choose a new password at the next sign-in.",
                                                     fields::kOnlyReason, R"({"reason": "administrator"})"};
inline constexpr EventType kPasswordBreached{
    "password.breached", 1,
    "A user signed in with a password that is known from a breach of another service. They were told.", fields::kNone,
    "{}"};
inline constexpr EventType kCredentialCloned{
    "credential.cloned", 1,
    "The signature counter of a user's security key went back: there may be a copy of it. The use was refused.",
    fields::kOnlyKind, R"({"kind": "passkey"})"};

// -- approval on a device
inline constexpr EventType kPushRequested{
    "push.requested", 1, "A user's devices were asked to approve a sign-in.", fields::kPush,
    R"({"request_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "address": "203.0.113.7"})"};
inline constexpr EventType kPushApproved{
    "push.approved", 1, "A sign-in was approved on a device.", fields::kPush,
    R"({"request_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "device_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e90"})"};
inline constexpr EventType kPushDenied{
    "push.denied", 1, "A sign-in was denied on a device.", fields::kPush,
    R"({"request_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "device_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e90"})"};
inline constexpr EventType kPushReported{
    "push.reported", 1,
    "A user says that a sign-in was not theirs: somebody else knows their first factor. Their devices are not asked "
    "for "
    "an hour.",
    fields::kPush,
    R"({"request_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "device_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e90"})"};
inline constexpr EventType kPushNumberWrong{
    "push.number_wrong", 1, "A sign-in was approved with another number than the page showed; it was refused.",
    fields::kPush,
    R"({"request_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "device_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e90"})"};

// -- signing in
inline constexpr EventType kRegistrationStarted{
    "registration.started", 1, "Somebody began to register.", fields::kAttempt,
    R"({"purpose": "registration", "identifier": "ada@example.com", "address": "203.0.113.7"})"};
inline constexpr EventType kRegistrationCompleted{"registration.completed", 1, "A registration led to an account.",
                                                  fields::kSignIn,
                                                  R"({"methods": "pwd otp", "address": "203.0.113.7"})"};
inline constexpr EventType kSignInSucceeded{
    "signin.succeeded", 1, "A user signed in.", fields::kSignIn,
    R"({"methods": "pwd", "factors": "password", "acr": "1", "address": "203.0.113.7", "user_agent": "Mozilla/5.0"})"};
inline constexpr EventType kSignInFailed{
    "signin.failed", 1, "A sign-in was refused.", fields::kSignInFailed,
    R"({"reason": "password_wrong", "identifier": "ada@example.com", "address": "203.0.113.7"})"};
inline constexpr EventType kSignInCodeRequested{
    "signin.code_requested", 1, "Somebody asked for a code to sign in with.", fields::kAttempt,
    R"({"purpose": "sign_in", "identifier": "ada@example.com", "address": "203.0.113.7"})"};
inline constexpr EventType kRecoveryRequested{
    "recovery.requested", 1, "Somebody asked for a new password.", fields::kAttempt,
    R"({"purpose": "recovery", "identifier": "ada@example.com", "address": "203.0.113.7"})"};
inline constexpr EventType kRecoveryHeld{
    "recovery.held", 1, "A reset of a password was proven and waits. Every address of the person was told.",
    fields::kOnlyUntil, R"({"until": "2026-07-02T09:00:00Z"})"};
inline constexpr EventType kRecoveryStopped{
    "recovery.stopped", 1, "A reset of a password that waited was stopped from one of the person's addresses.",
    fields::kNone, "{}"};
inline constexpr EventType kRecoveryCompleted{"recovery.completed", 1, "A user set a new password by recovery.",
                                              fields::kSignIn, R"({"methods": "otp", "address": "203.0.113.7"})"};
inline constexpr EventType kCodeFailed{
    "code.failed", 1, "A code was entered that is wrong, expired or used up.", fields::kAttempt,
    R"({"purpose": "registration", "reason": "code_wrong", "address": "203.0.113.7"})"};

// -- sessions
inline constexpr EventType kSessionStarted{"session.started", 1, "A browser session began.", fields::kSignIn,
                                           R"({"methods": "pwd", "acr": "1", "address": "203.0.113.7"})"};
inline constexpr EventType kSessionReauthenticated{"session.reauthenticated", 1,
                                                   "The user of a session proved again who they are.", fields::kSignIn,
                                                   R"({"methods": "pwd", "acr": "1", "address": "203.0.113.7"})"};
inline constexpr EventType kSessionEnded{"session.ended", 1, "A session ended.", fields::kOnlyReason,
                                         R"({"reason": "sign_out"})"};

// -- consent and tokens
inline constexpr EventType kGrantGiven{"grant.given", 1, "A user authorized an application.", fields::kGrant,
                                       R"({"client_id": "shop", "scopes": "openid email"})"};
inline constexpr EventType kGrantRevoked{"grant.revoked", 1, "An application's authorization was withdrawn.",
                                         fields::kGrant, R"({"client_id": "shop"})"};
inline constexpr EventType kCodeReplayed{
    "authorization_code.replayed", 1, "An authorization code was presented again; what it had issued was revoked.",
    fields::kFamilyChanged, R"({"family_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "client_id": "shop"})"};
inline constexpr EventType kFamilyStarted{
    "token_family.started", 1, "An application got tokens for a user.", fields::kFamilyStarted,
    R"({"family_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "client_id": "shop", "scopes": "openid", "grant_type": "authorization_code"})"};
inline constexpr EventType kFamilyRefreshed{
    "token_family.refreshed", 1, "A refresh token was exchanged for a new one.", fields::kFamilyChanged,
    R"({"family_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "client_id": "shop"})"};
inline constexpr EventType kFamilyRevoked{
    "token_family.revoked", 1, "All tokens of a grant were revoked.", fields::kFamilyChanged,
    R"({"family_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f", "client_id": "shop", "reason": "reuse"})"};
inline constexpr EventType kMachineTokenIssued{
    "token.issued", 1,
    "A machine got access tokens. Those within a second are told together; a crash may lose the last second.",
    fields::kTokenIssued,
    R"({"token_id": "AZNWihtcfD6eDzorHA2ejw", "client_id": "billing", "scopes": "invoices:read", "audience": "https://api.example.com", "grant_type": "client_credentials", "count": 1})"};
inline constexpr EventType kTokenRevoked{
    "token.revoked", 1, "An access token was revoked before its time.", fields::kTokenRevoked,
    R"({"token_id": "AZNWihtcfD6eDzorHA2ejw", "client_id": "shop", "reason": "revocation_request"})"};
inline constexpr EventType kClientRefused{"client.refused", 1, "An application failed to authenticate.",
                                          fields::kFamilyChanged, R"({"client_id": "shop", "reason": "secret_wrong"})"};

// -- applications, APIs, keys
inline constexpr EventType kApplicationCreated{"application.created", 1, "An application was registered.",
                                               fields::kApplication,
                                               R"({"client_id": "shop", "name": "Acme Shop", "kind": "web"})"};
inline constexpr EventType kApplicationUpdated{"application.updated", 1, "An application's settings changed.",
                                               fields::kApplicationChanged,
                                               R"({"client_id": "shop", "changed": ["redirect_uris"]})"};
inline constexpr EventType kApplicationDisabled{"application.disabled", 1, "An application was switched off.",
                                                fields::kApplicationChanged, R"({"client_id": "shop"})"};
inline constexpr EventType kApplicationEnabled{"application.enabled", 1, "An application was switched on again.",
                                               fields::kApplicationChanged, R"({"client_id": "shop"})"};
inline constexpr EventType kApplicationDeleted{"application.deleted", 1, "An application was deleted.",
                                               fields::kApplicationChanged, R"({"client_id": "shop"})"};
inline constexpr EventType kApplicationSecretAdded{
    "application.secret_added", 1, "An application got a client secret.", fields::kApplicationSecret,
    R"({"client_id": "shop", "secret_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f"})"};
inline constexpr EventType kApplicationSecretRemoved{
    "application.secret_removed", 1, "A client secret was taken off an application.", fields::kApplicationSecret,
    R"({"client_id": "shop", "secret_id": "0193568a-1b5c-7c3e-9e0f-3a2b1c0d9e8f"})"};
inline constexpr EventType kApiCreated{"api.created", 1, "An API was declared.", fields::kApi,
                                       R"({"audience": "https://api.example.com", "name": "Orders"})"};
inline constexpr EventType kApiUpdated{"api.updated", 1, "An API's settings changed.", fields::kApiChanged,
                                       R"({"audience": "https://api.example.com", "changed": ["permissions"]})"};
inline constexpr EventType kApiDeleted{"api.deleted", 1, "An API was deleted.", fields::kApiChanged,
                                       R"({"audience": "https://api.example.com"})"};
inline constexpr EventType kSigningKeyCreated{"signing_key.created", 1, "A signing key was made and published.",
                                              fields::kSigningKey, R"({"kid": "k1", "algorithm": "ES256"})"};
inline constexpr EventType kSigningKeyRetired{"signing_key.retired", 1, "A signing key signs no more.",
                                              fields::kSigningKey, R"({"kid": "k1", "algorithm": "ES256"})"};
inline constexpr EventType kMessageBudgetSpent{
    "message.budget_spent", 1,
    "Texts or calls were refused because a budget is spent; told once until it is renewed. It may be fraud.",
    fields::kTextBudget, R"({"budget": "country.day", "country": "DE", "maximum": 1000})"};
inline constexpr EventType kMessageFailed{
    "message.failed", 1, "A message will not arrive: it was refused for good, or expired before anybody took it.",
    fields::kMessageFailed,
    R"({"template": "verify_email", "channel": "mail", "reason": "mail_refused", "attempts": 1, "recipient": "ada@example.com"})"};
inline constexpr EventType kMessageSent{
    "message.sent", 1, "A mail, text message or call was handed to its provider.", fields::kMessage,
    R"({"template": "verify_email", "channel": "mail", "recipient": "ada@example.com"})"};

} // namespace gatehouse::events
