#include "signin/registration_draft.hpp"

#include "signin/registration_draft_store.hpp"
#include "vault/vault.hpp"

#include <boost/json.hpp>

namespace gatehouse::signin {

namespace json = boost::json;

namespace {

constexpr vault::FieldNumber kDraft{1101};

std::string text_of(json::object const& from, char const* name)
{
    auto const* value = from.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

} // namespace

json::object to_json(std::vector<identity::Accepted> const& accepted)
{
    json::object object;
    for (auto const& one : accepted)
        object[one.document] = one.version;
    return object;
}

std::vector<identity::Accepted> accepted_of(json::object const& payload, std::string_view member)
{
    std::vector<identity::Accepted> accepted;
    auto const* object = payload.if_contains(json::string_view(member.data(), member.size()));
    if (object && object->is_object())
        for (auto const& [name, version] : object->get_object())
            if (version.is_int64())
                accepted.push_back({std::string(name), version.get_int64()});
    return accepted;
}

Result<RegistrationDraft> load_draft(storage::Tx& tx, vault::Vault const& vault, TenantId tenant, Uuid const& id,
                                     TimePoint now)
{
    TRY(auto const sealed, select_draft(tx, tenant, id, now));
    if (!sealed)
        return RegistrationDraft{};
    TRY(auto const key, vault.open_daily_key(tx, tenant, *sealed));
    TRY(auto const text, vault::open_text_field(key, kDraft, id, *sealed));
    boost::system::error_code error;
    auto const content = json::parse(text, error);
    if (error || !content.is_object())
        return fault("a draft is no JSON object");
    auto const& object = content.get_object();
    RegistrationDraft draft{.address = text_of(object, "address"),
                            .phc = text_of(object, "password"),
                            .profile = {},
                            .accepted = accepted_of(object, "accepted")};
    if (auto const* profile = object.if_contains("profile"); profile && profile->is_object())
        draft.profile = profile->get_object();
    if (auto const* reached = object.if_contains("reached"); reached && reached->is_int64())
        draft.reached = reached->get_int64();
    return draft;
}

Result<void> save_draft(storage::Tx& tx, vault::Vault& vault, TenantId tenant, Uuid const& id,
                        RegistrationDraft const& draft, TimePoint expires_at, TimePoint now)
{
    TRY(auto const key, vault.daily_key(tx, tenant, now));
    auto const text = json::serialize(json::object{{"address", draft.address},
                                                   {"password", draft.phc},
                                                   {"profile", draft.profile},
                                                   {"accepted", to_json(draft.accepted)},
                                                   {"reached", draft.reached}});
    return upsert_draft(tx, tenant, id, vault::seal_field(key, kDraft, id, text), expires_at);
}

Result<void> drop_draft(storage::Tx& tx, TenantId tenant, Uuid const& id)
{
    return delete_draft(tx, tenant, id);
}

Result<std::int64_t> remove_expired_drafts(storage::Tx& tx, TenantId tenant, TimePoint now, int limit)
{
    return delete_expired_drafts(tx, tenant, now, limit);
}

} // namespace gatehouse::signin
