#include "credentials/authenticators.hpp"

#include "base/json.hpp"
#include "credentials/recovery_codes.hpp"
#include "credentials/second_factor_store.hpp"
#include "identity/tenant.hpp"
#include "identity/text.hpp"
#include "vault/sealed.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace {

constexpr vault::FieldNumber kAuthenticator{311};
constexpr std::string_view kEnrolmentPurpose = "totp_enrolment";

struct Content {
    Secret secret;
    TotpForm form;
    std::string name;
};

boost::json::object content_json(Secret const& secret, TotpForm form, std::string_view name)
{
    return {{"secret", base64url_encode(secret.expose())},
            {"digest", to_string(form.digest)},
            {"digits", form.digits},
            {"name", name}};
}

Result<Content> read_content(boost::json::object const& json)
{
    try {
        TRY(auto secret, base64url_decode(std::string_view(json.at("secret").as_string())));
        auto const digest = parse_one_time_digest(std::string_view(json.at("digest").as_string()));
        if (!digest)
            return fault("an authenticator's digest is unknown");
        return Content{.secret = Secret(std::move(secret)),
                       .form = {.digest = *digest, .digits = static_cast<int>(json.at("digits").as_int64())},
                       .name = std::string(json.at("name").as_string())};
    } catch (std::exception const& error) {
        return fault(fmt::format("an authenticator's content: {}", error.what()));
    }
}

Result<vault::PersonKey> key_of(vault::Vault const& vault, TenantId tenant, UserId user, KeyedCredentialRow const& row)
{
    return vault.unwrap_person_key(
        tenant, user, {.version = row.key_version, .wrapped_by = row.key_wrapped_by, .wrapped = row.key_wrapped});
}

Result<Content> open_content(vault::PersonKey const& key, KeyedCredentialRow const& row)
{
    TRY(auto const text, vault::open_text_field(key, kAuthenticator, row.id.value, row.data));
    TRY(auto const json, parse_json_object_strict(text));
    return read_content(json);
}

Bytes seal_content(vault::PersonKey const& key, CredentialId id, Content const& content)
{
    return vault::seal_field(key, kAuthenticator, id.value,
                             boost::json::serialize(content_json(content.secret, content.form, content.name)));
}

Bytes binding_of(UserId user, ByteView binding)
{
    auto bytes = to_bytes(user.bytes());
    bytes.insert(bytes.end(), binding.begin(), binding.end());
    return bytes;
}

Result<void> append_event(storage::Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                          UserId user, events::Origin const& origin, TimePoint now)
{
    TRY_DO(events::append(
        tx, vault, {.type = &type, .tenant = tenant, .user = user, .origin = origin, .data = {{"kind", "totp"}}}, now));
    return {};
}

Refusal not_found()
{
    return refuse(ErrorKind::not_found, "credential_not_found", "There is no such credential. It may be removed.");
}

Refusal code_wrong()
{
    return refuse(ErrorKind::invalid, "authenticator_code_wrong",
                  "This code is wrong. Enter the code that the app shows now.")
        .at("code");
}

} // namespace

Result<std::string> check_credential_name(std::string_view name)
{
    auto const trimmed = identity::trim(name);
    auto const length = identity::count_code_points(trimmed);
    if (!length || *length == 0 || *length > kMaximumCredentialName || identity::has_control_characters(trimmed))
        return refuse(ErrorKind::invalid, "credential_name_invalid", "A name has 1 to 64 characters.").at("name");
    return std::string(trimmed);
}

TotpForm totp_form_of(identity::Tenant const& tenant)
{
    auto const& settings = tenant.settings.authenticator_app;
    auto const digest = parse_one_time_digest(settings.digest);
    return {.digest = digest.value_or(OneTimeDigest::sha1), .digits = static_cast<int>(settings.digits)};
}

Authenticators::Authenticators(vault::Vault& vault) : vault_(vault) {}

Result<PendingAuthenticator> Authenticators::begin(TenantId tenant, UserId user, ByteView binding, TotpForm form,
                                                   TimePoint now) const
{
    if (form.digits != 6 && form.digits != 8)
        return fault("codes of an authenticator have 6 or 8 digits");
    PendingAuthenticator pending{
        .id = CredentialId::generate(now), .secret = make_totp_secret(form.digest), .form = form, .sealed = {}};
    auto json = content_json(pending.secret, form, "");
    json["id"] = pending.id.to_string();
    auto const bound = binding_of(user, binding);
    TRY(pending.sealed, vault::seal(vault_,
                                    {.tenant = tenant,
                                     .purpose = kEnrolmentPurpose,
                                     .binding = bound,
                                     .expires_at = now + kAuthenticatorEnrolment},
                                    as_bytes(boost::json::serialize(json)), now));
    return pending;
}

Result<PendingAuthenticator> Authenticators::reopen(TenantId tenant, UserId user, ByteView binding,
                                                    std::string_view sealed, TimePoint now) const
{
    auto const bound = binding_of(user, binding);
    auto const opened =
        vault::open(vault_, {.tenant = tenant, .purpose = kEnrolmentPurpose, .binding = bound, .now = now}, sealed);
    if (!opened)
        return refuse(ErrorKind::gone, "enrolment_expired",
                      "This took too long, or was begun elsewhere. Please start again.")
            .because(opened.error().code);
    TRY(auto const json, parse_json_object_strict(as_text(*opened)));
    TRY(auto content, read_content(json));
    auto const* const id = json.if_contains("id");
    TRY(auto const credential, CredentialId::parse(id ? std::string_view(id->as_string()) : std::string_view()));
    return PendingAuthenticator{
        .id = credential, .secret = std::move(content.secret), .form = content.form, .sealed = std::string(sealed)};
}

Result<Authenticator> Authenticators::confirm(storage::Tx& tx, TenantId tenant, UserId user, ByteView binding,
                                              std::string_view sealed, std::string_view code, std::string_view name,
                                              events::Origin const& origin, TimePoint now) const
{
    TRY(auto pending, reopen(tenant, user, binding, sealed, now));
    std::string checked;
    if (!identity::trim(name).empty()) {
        TRY(checked, check_credential_name(name));
    }
    auto const step = matching_totp_step(pending.secret.expose(), pending.form, code, now);
    if (!step)
        return code_wrong();
    TRY(auto const already, count_authenticators(tx, tenant, user));
    if (already >= kAuthenticatorLimit)
        return refuse(ErrorKind::conflict, "authenticator_limit",
                      "There are as many authenticator apps as there may be. Remove one first.");
    TRY(auto const key, vault_.open_person_key(tx, tenant, user));
    Content const content{.secret = std::move(pending.secret), .form = pending.form, .name = checked};
    TRY(bool const added,
        insert_authenticator(tx, tenant, user, pending.id, seal_content(key, pending.id, content), *step, now));
    if (!added)
        return refuse(ErrorKind::conflict, "credential_exists", "This authenticator app was added already.");
    TRY_DO(append_event(tx, vault_, events::kCredentialAdded, tenant, user, origin, now));
    return Authenticator{
        .id = pending.id, .name = std::move(checked), .added_at = now, .last_used_at = {}, .version = 1};
}

Result<CredentialId> Authenticators::use(storage::Tx& tx, TenantId tenant, UserId user, std::string_view code,
                                         TimePoint now, vault::PersonKey const* key) const
{
    TRY(auto const rows, select_authenticators(tx, tenant, user));
    std::optional<vault::PersonKey> unwrapped;
    if (!key && !rows.empty()) {
        TRY(unwrapped, key_of(vault_, tenant, user, rows.front()));
        key = &*unwrapped;
    }
    bool was_right = false;
    for (auto const& row : rows) {
        TRY(auto const content, open_content(*key, row));
        auto const step = matching_totp_step(content.secret.expose(), content.form, code, now);
        if (!step)
            continue;
        was_right = true;
        if (*step <= row.counter)
            continue;
        TRY(bool const taken, take_step(tx, tenant, user, row.id, *step, now));
        if (taken)
            return row.id;
    }
    if (was_right)
        return refuse(ErrorKind::conflict, "code_used",
                      "This code was used already. Wait until the app shows the next one.")
            .at("code")
            .keeping_writes();
    return code_wrong().keeping_writes();
}

Result<std::vector<Authenticator>> Authenticators::list(storage::Tx& tx, TenantId tenant, UserId user) const
{
    TRY(auto const rows, select_authenticators(tx, tenant, user));
    std::vector<Authenticator> found;
    for (auto const& row : rows) {
        TRY(auto const key, key_of(vault_, tenant, user, row));
        TRY(auto content, open_content(key, row));
        found.push_back({.id = row.id,
                         .name = std::move(content.name),
                         .added_at = row.created_at,
                         .last_used_at = row.last_used_at,
                         .version = row.version});
    }
    return found;
}

Result<void> Authenticators::rename(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                    std::string_view name, events::Origin const& origin, TimePoint now) const
{
    TRY(auto checked, check_credential_name(name));
    TRY(auto const row, select_authenticator(tx, tenant, user, id));
    if (!row)
        return not_found();
    TRY(auto const key, key_of(vault_, tenant, user, *row));
    TRY(auto content, open_content(key, *row));
    if (content.name == checked)
        return {};
    content.name = std::move(checked);
    TRY(bool const replaced,
        replace_authenticator(tx, tenant, user, id, row->version, seal_content(key, id, content), now));
    if (!replaced)
        return not_found();
    return append_event(tx, vault_, events::kCredentialRenamed, tenant, user, origin, now);
}

Result<std::string> Authenticators::remove(storage::Tx& tx, TenantId tenant, UserId user, CredentialId id,
                                           events::Origin const& origin, TimePoint now) const
{
    TRY(auto const row, select_authenticator(tx, tenant, user, id));
    if (!row)
        return not_found();
    TRY(auto const key, key_of(vault_, tenant, user, *row));
    TRY(auto content, open_content(key, *row));
    TRY(bool const removed, delete_authenticator(tx, tenant, user, id));
    if (!removed)
        return not_found();
    TRY_DO(append_event(tx, vault_, events::kCredentialRemoved, tenant, user, origin, now));
    TRY_DO(remove_recovery_codes_without_factor(tx, vault_, tenant, user, origin, now));
    return std::move(content.name);
}

} // namespace gatehouse::credentials
