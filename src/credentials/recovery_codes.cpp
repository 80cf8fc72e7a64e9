#include "credentials/recovery_codes.hpp"

#include "base/digits.hpp"
#include "base/json.hpp"
#include "credentials/second_factor_store.hpp"
#include "crypto/random.hpp"
#include "vault/vault.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace {

constexpr vault::FieldNumber kRecoveryCodes{312};
// Without what is mistaken for something else in print: 0 and o, 1, i and l.
constexpr std::string_view kAlphabet = "23456789abcdefghjkmnpqrstuvwxyz";
constexpr std::size_t kLength = 10;
constexpr std::size_t kGroup = 5;

struct CodeList {
    Bytes wrapped_key;
    std::vector<Bytes> digests;
};

std::string key_purpose(CredentialId id)
{
    return fmt::format("recovery_codes/{}", id);
}

// As it was made; empty when it cannot be one.
std::string normalize(std::string_view typed)
{
    std::string code;
    for (char const character : with_latin_digits(typed)) {
        if (character == ' ' || character == '-' || character == '\t')
            continue;
        auto const lower = character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
        if (!kAlphabet.contains(lower) || code.size() == kLength)
            return {};
        code += lower;
    }
    return code.size() == kLength ? code : std::string();
}

Bytes seal_list(vault::PersonKey const& key, CredentialId id, CodeList const& list)
{
    boost::json::array digests;
    for (auto const& digest : list.digests)
        digests.emplace_back(base64url_encode(digest));
    return vault::seal_field(
        key, kRecoveryCodes, id.value,
        boost::json::serialize(boost::json::object{{"key", base64url_encode(list.wrapped_key)}, {"codes", digests}}));
}

Result<CodeList> open_list(vault::PersonKey const& key, KeyedCredentialRow const& row)
{
    TRY(auto const text, vault::open_text_field(key, kRecoveryCodes, row.id.value, row.data));
    TRY(auto const json, parse_json_object_strict(text));
    CodeList list;
    try {
        TRY(list.wrapped_key, base64url_decode(std::string_view(json.at("key").as_string())));
        for (auto const& digest : json.at("codes").as_array()) {
            TRY(auto decoded, base64url_decode(std::string_view(digest.as_string())));
            list.digests.push_back(std::move(decoded));
        }
    } catch (std::exception const& error) {
        return fault(fmt::format("a list of recovery codes: {}", error.what()));
    }
    return list;
}

Result<void> append_event(storage::Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                          UserId user, events::Origin const& origin, TimePoint now)
{
    TRY_DO(events::append(
        tx, vault,
        {.type = &type, .tenant = tenant, .user = user, .origin = origin, .data = {{"kind", "recovery_codes"}}}, now));
    return {};
}

Refusal code_wrong()
{
    return refuse(ErrorKind::invalid, "recovery_code_wrong",
                  "This recovery code is wrong or was used already. Try another one of your list.")
        .at("code")
        .keeping_writes();
}

} // namespace

std::string recovery_codes_text(std::string_view tenant, std::string_view account,
                                std::vector<std::string> const& codes)
{
    auto text = fmt::format("{}\n{}\n\n", tenant, account);
    for (auto const& code : codes)
        text += code + "\n";
    return text;
}

RecoveryCodes::RecoveryCodes(vault::Vault& vault) : vault_(vault) {}

// One list per user: its row's id follows from the user's, so that the primary key lets no second one in.
CredentialId RecoveryCodes::id_of(UserId user)
{
    auto const digest = crypto::sha256({as_bytes("recovery_codes"), user.bytes()});
    CredentialId id;
    std::copy_n(digest.begin(), id.value.bytes.size(), id.value.bytes.begin());
    return id;
}

Result<std::vector<std::string>> RecoveryCodes::generate(storage::Tx& tx, TenantId tenant, UserId user,
                                                         events::Origin const& origin, TimePoint now) const
{
    auto const id = id_of(user);
    auto const secret = crypto::random_secret(32);
    crypto::HmacSha256 const key(secret.expose());
    CodeList list;
    TRY(list.wrapped_key, vault_.wrap(tenant, key_purpose(id), secret));
    std::vector<std::string> shown;
    for (int i = 0; i < kRecoveryCodeCount; ++i) {
        auto code = crypto::random_code(kLength, kAlphabet);
        list.digests.push_back(to_bytes(ByteView(key.mac(as_bytes(code)))));
        shown.push_back(code.insert(kGroup, "-"));
    }
    TRY(auto const person, vault_.open_person_key(tx, tenant, user));
    TRY(auto const version,
        upsert_recovery_codes(tx, tenant, user, id, seal_list(person, id, list), kRecoveryCodeCount, now));
    auto const& type = version == 1 ? events::kCredentialAdded : events::kCredentialChanged;
    TRY_DO(append_event(tx, vault_, type, tenant, user, origin, now));
    return shown;
}

Result<int> RecoveryCodes::redeem(storage::Tx& tx, TenantId tenant, UserId user, std::string_view code, TimePoint now,
                                  vault::PersonKey const* key) const
{
    auto const typed = normalize(code);
    if (typed.empty())
        return code_wrong();
    TRY(auto const row, select_recovery_codes(tx, tenant, user));
    if (!row)
        return code_wrong();
    if (!key) {
        TRY(auto const unwrapped,
            vault_.unwrap_person_key(
                tenant, user,
                {.version = row->key_version, .wrapped_by = row->key_wrapped_by, .wrapped = row->key_wrapped}));
        return redeem(tx, tenant, user, code, now, &unwrapped);
    }
    TRY(auto list, open_list(*key, *row));
    TRY(auto const secret, vault_.unwrap(tenant, key_purpose(row->id), list.wrapped_key));
    auto const digest = crypto::HmacSha256(secret.expose()).mac(as_bytes(typed));
    auto const struck =
        std::erase_if(list.digests, [&](Bytes const& known) { return constant_time_equal(known, ByteView(digest)); });
    if (struck == 0)
        return code_wrong();
    auto const left = static_cast<int>(list.digests.size());
    TRY(bool const kept,
        strike_recovery_code(tx, tenant, user, row->id, row->version, seal_list(*key, row->id, list), left, now));
    if (!kept)
        return code_wrong();
    return left;
}

Result<std::optional<RecoveryCodesStatus>> RecoveryCodes::status(storage::Tx& tx, TenantId tenant, UserId user) const
{
    TRY(auto const row, select_recovery_codes(tx, tenant, user));
    if (!row)
        return std::nullopt;
    return RecoveryCodesStatus{
        .left = static_cast<int>(row->counter), .made_at = row->updated_at, .last_used_at = row->last_used_at};
}

Result<void> RecoveryCodes::remove(storage::Tx& tx, TenantId tenant, UserId user, events::Origin const& origin,
                                   TimePoint now) const
{
    TRY(bool const removed, delete_recovery_codes(tx, tenant, user));
    if (!removed)
        return refuse(ErrorKind::not_found, "credential_not_found", "There are no recovery codes.");
    return append_event(tx, vault_, events::kCredentialRemoved, tenant, user, origin, now);
}

Result<void> remove_recovery_codes_without_factor(storage::Tx& tx, vault::Vault& vault, TenantId tenant, UserId user,
                                                  events::Origin const& origin, TimePoint now)
{
    TRY(bool const removed, delete_recovery_codes_without_factor(tx, tenant, user));
    if (!removed)
        return {};
    return append_event(tx, vault, events::kCredentialRemoved, tenant, user, origin, now);
}

} // namespace gatehouse::credentials
