#include "applications/applications.hpp"

#include "applications/application_shape.hpp"
#include "applications/applications_store.hpp"
#include "crypto/random.hpp"
#include "events/types.hpp"
#include "identity/changes.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::applications {

using storage::Tx;

namespace {

Refusal no_such_application()
{
    return refuse(ErrorKind::not_found, "application_not_found", "There is no such application.");
}
Refusal version_differs()
{
    return refuse(ErrorKind::precondition_failed, "version_differs",
                  "It was changed by somebody else meanwhile. Read it again and repeat your change.");
}

boost::json::string_view json_text(std::string_view text)
{
    return {text.data(), text.size()};
}

// Names of the members whose values differ.
template <class T>
boost::json::array changed_members(T const& before, T const& after)
{
    auto const old = write_shape(before).as_object();
    auto const now = write_shape(after).as_object();
    boost::json::array changed;
    auto const compare = [&](std::string_view name) {
        auto const* a = old.if_contains(json_text(name));
        auto const* b = now.if_contains(json_text(name));
        if (name != "updated_at" && (!a != !b || (a && *a != *b)))
            changed.emplace_back(json_text(name));
    };
    std::apply([&](auto const&... members) { (compare(members.name), ...); },
               shape(static_cast<T const*>(nullptr)).members);
    return changed;
}

Result<void> append(Tx& tx, Change const& change, events::EventType const& type, boost::json::object data,
                    std::optional<ApplicationId> application = {})
{
    auto origin = change.origin;
    if (application)
        origin.application = application;
    TRY_DO(events::append(tx, change.vault,
                          {.type = &type,
                           .tenant = change.tenant,
                           .user = std::nullopt,
                           .origin = std::move(origin),
                           .data = std::move(data),
                           .personal = {}},
                          change.now));
    return identity::raise_change_counter(tx, change.tenant);
}

Result<Application> require(Tx& tx, Change const& change, ApplicationId id)
{
    TRY(auto found, store::find(tx, change.tenant, id));
    if (!found)
        return no_such_application();
    return *std::move(found);
}

bool is_alive(SecretInfo const& secret, TimePoint now)
{
    return !secret.expires_at || *secret.expires_at > now;
}

Result<SecretInfo> store_secret(Tx& tx, Change const& change, Application const& application, Secret const& secret,
                                std::optional<TimePoint> expires_at)
{
    auto const text = secret.expose_text();
    auto const digest = crypto::sha256(text);
    TRY(auto present, store::list_secrets(tx, change.tenant, application.id));
    int alive = 0;
    for (auto const& row : present) {
        if (!is_alive(row.info, change.now)) {
            TRY_DO(store::remove_secret(tx, change.tenant, application.id, row.info.id));
            continue;
        }
        if (row.digest == digest)
            return row.info;
        ++alive;
    }
    if (alive >= kMostLiveSecrets)
        return refuse(ErrorKind::conflict, "too_many_secrets",
                      "The application has two secrets already. Remove one, or let it expire, and try again.");
    store::SecretRow const row{.info = {.id = SecretId::generate(change.now),
                                        .hint = std::string(text.substr(text.size() - 4)),
                                        .created_at = change.now,
                                        .expires_at = expires_at},
                               .digest = digest};
    TRY_DO(store::insert_secret(tx, change.tenant, application.id, row));
    TRY_DO(append(tx, change, events::kApplicationSecretAdded,
                  {{"client_id", application.client_id}, {"secret_id", row.info.id.to_string()}}, application.id));
    return row.info;
}

Result<Application> require_confidential(Tx& tx, Change const& change, ApplicationId id)
{
    TRY(auto application, require(tx, change, id));
    if (application.is_public())
        return refuse(ErrorKind::conflict, "public_client",
                      "This application does not authenticate (token_endpoint_auth_method is \"none\").");
    return application;
}

} // namespace

Result<Application> create(Tx& tx, Change const& change, Application application)
{
    if (application.client_id.empty())
        application.client_id = crypto::random_code(24, "abcdefghijkmnpqrstuvwxyz23456789");
    TRY_DO(validate(application));
    application.id = ApplicationId::generate(change.now);
    application.created_at = application.updated_at = change.now;
    application.version = 1;
    TRY(auto inserted, store::insert(tx, change.tenant, application));
    if (!inserted)
        return refuse(ErrorKind::conflict, "client_id_taken", "Another application has this client_id. Choose another.")
            .at("/client_id");
    TRY_DO(append(tx, change, events::kApplicationCreated,
                  {{"client_id", application.client_id},
                   {"name", application.name},
                   {"kind", json_text(to_string(application.kind))}},
                  application.id));
    return application;
}

Result<Application> update(Tx& tx, Change const& change, Application application,
                           std::optional<std::int64_t> expected_version)
{
    TRY(auto const before, require(tx, change, application.id));
    if (expected_version && *expected_version != before.version)
        return version_differs();
    if (application.client_id != before.client_id)
        return refuse(ErrorKind::invalid, "field_immutable", "A client_id never changes.").at("/client_id");
    if (application.kind != before.kind)
        return refuse(ErrorKind::invalid, "field_immutable", "The kind of an application never changes.").at("/kind");
    TRY_DO(validate(application));
    application.created_at = before.created_at;
    auto changed = changed_members(before, application);
    if (changed.empty())
        return before;
    application.updated_at = change.now;
    application.version = before.version + 1;
    TRY_DO(store::update(tx, change.tenant, application));
    auto const* type = &events::kApplicationUpdated;
    if (before.enabled != application.enabled)
        type = application.enabled ? &events::kApplicationEnabled : &events::kApplicationDisabled;
    TRY_DO(append(tx, change, *type, {{"client_id", application.client_id}, {"changed", std::move(changed)}},
                  application.id));
    return application;
}

Result<void> remove(Tx& tx, Change const& change, ApplicationId id, std::optional<std::int64_t> expected_version)
{
    TRY(auto const before, require(tx, change, id));
    if (expected_version && *expected_version != before.version)
        return version_differs();
    TRY_DO(store::remove(tx, change.tenant, id));
    return append(tx, change, events::kApplicationDeleted, {{"client_id", before.client_id}}, id);
}

Result<std::optional<Application>> find(Tx& tx, TenantId tenant, ApplicationId application)
{
    return store::find(tx, tenant, application);
}
Result<std::optional<Application>> find_by_client_id(Tx& tx, TenantId tenant, std::string_view client_id)
{
    return store::find_by_client_id(tx, tenant, client_id);
}
Result<storage::Page<Application>> list(Tx& tx, TenantId tenant, storage::PageRequest const& page)
{
    TRY(auto items, store::list(tx, tenant, page.after, page.fetch()));
    return storage::make_page(std::move(items), page,
                              [](Application const& item) { return to_bytes(item.id.bytes()); });
}

Result<NewSecret> add_secret(Tx& tx, Change const& change, ApplicationId id, std::optional<TimePoint> expires_at)
{
    TRY(auto const application, require_confidential(tx, change, id));
    auto text = crypto::random_token(32);
    auto secret = Secret::take(text);
    TRY(auto info, store_secret(tx, change, application, secret, expires_at));
    return NewSecret{.info = std::move(info), .secret = std::move(secret)};
}

Result<SecretInfo> add_known_secret(Tx& tx, Change const& change, ApplicationId id, Secret const& secret,
                                    std::optional<TimePoint> expires_at)
{
    TRY(auto const application, require_confidential(tx, change, id));
    if (secret.size() < 32 || secret.size() > 256)
        return refuse(ErrorKind::invalid, "weak_secret",
                      "A client secret has 32 to 256 characters, from a random generator.")
            .at("/client_secret");
    return store_secret(tx, change, application, secret, expires_at);
}

Result<std::vector<SecretInfo>> list_secrets(Tx& tx, TenantId tenant, ApplicationId application)
{
    TRY(auto rows, store::list_secrets(tx, tenant, application));
    std::vector<SecretInfo> secrets;
    for (auto& row : rows)
        secrets.push_back(std::move(row.info));
    return secrets;
}

Result<void> remove_secret(Tx& tx, Change const& change, ApplicationId id, SecretId secret)
{
    TRY(auto const application, require(tx, change, id));
    TRY(auto removed, store::remove_secret(tx, change.tenant, id, secret));
    if (!removed)
        return refuse(ErrorKind::not_found, "secret_not_found", "There is no such client secret.");
    return append(tx, change, events::kApplicationSecretRemoved,
                  {{"client_id", application.client_id}, {"secret_id", secret.to_string()}}, id);
}

Result<void> expire_secret(Tx& tx, Change const& change, ApplicationId id, SecretId secret, TimePoint expires_at)
{
    TRY(auto const application, require(tx, change, id));
    TRY(auto expired, store::expire_secret(tx, change.tenant, id, secret, expires_at));
    if (!expired)
        return refuse(ErrorKind::not_found, "secret_not_found", "There is no such client secret.");
    return append(tx, change, events::kApplicationUpdated,
                  {{"client_id", application.client_id}, {"changed", boost::json::array{"client_secret_expires_at"}}},
                  id);
}

Result<Api> create_api(Tx& tx, Change const& change, Api api)
{
    TRY_DO(validate(api));
    api.id = ApiId::generate(change.now);
    api.created_at = api.updated_at = change.now;
    api.version = 1;
    TRY(auto inserted, store::insert_api(tx, change.tenant, api));
    if (!inserted)
        return refuse(ErrorKind::conflict, "audience_taken", "Another API has this audience.").at("/audience");
    TRY_DO(append(tx, change, events::kApiCreated, {{"audience", api.audience}, {"name", api.name}}));
    return api;
}

namespace {

Result<Api> require_api(Tx& tx, Change const& change, ApiId id, std::optional<std::int64_t> expected_version)
{
    TRY(auto found, store::find_api(tx, change.tenant, id));
    if (!found)
        return refuse(ErrorKind::not_found, "api_not_found", "There is no such API.");
    if (expected_version && *expected_version != found->version)
        return version_differs();
    return *std::move(found);
}

} // namespace

Result<Api> update_api(Tx& tx, Change const& change, Api api, std::optional<std::int64_t> expected_version)
{
    TRY(auto const before, require_api(tx, change, api.id, expected_version));
    if (api.audience != before.audience)
        return refuse(ErrorKind::invalid, "field_immutable", "The audience of an API never changes.").at("/audience");
    TRY_DO(validate(api));
    api.created_at = before.created_at;
    auto changed = changed_members(before, api);
    if (changed.empty())
        return before;
    api.updated_at = change.now;
    api.version = before.version + 1;
    TRY_DO(store::update_api(tx, change.tenant, api));
    TRY_DO(append(tx, change, events::kApiUpdated, {{"audience", api.audience}, {"changed", std::move(changed)}}));
    return api;
}

Result<void> remove_api(Tx& tx, Change const& change, ApiId id, std::optional<std::int64_t> expected_version)
{
    TRY(auto const before, require_api(tx, change, id, expected_version));
    TRY_DO(store::remove_api(tx, change.tenant, id));
    return append(tx, change, events::kApiDeleted, {{"audience", before.audience}});
}

Result<std::optional<Api>> find_api(Tx& tx, TenantId tenant, ApiId api)
{
    return store::find_api(tx, tenant, api);
}
Result<std::optional<Api>> find_api_by_audience(Tx& tx, TenantId tenant, std::string_view audience)
{
    return store::find_api_by_audience(tx, tenant, audience);
}
Result<storage::Page<Api>> list_apis(Tx& tx, TenantId tenant, storage::PageRequest const& page)
{
    TRY(auto items, store::list_apis(tx, tenant, page.after, page.fetch()));
    return storage::make_page(std::move(items), page, [](Api const& item) { return to_bytes(item.id.bytes()); });
}

Result<Everything> load_everything(Tx& tx, TenantId tenant)
{
    constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
    TRY(auto applications, store::list(tx, tenant, {}, kAll));
    TRY(auto secrets, store::list_all_secrets(tx, tenant));
    TRY(auto apis, store::list_apis(tx, tenant, {}, kAll));
    return Everything{.applications = std::move(applications), .secrets = std::move(secrets), .apis = std::move(apis)};
}

} // namespace gatehouse::applications
