#include "applications/applications_store.hpp"

#include "applications/application_shape.hpp"
#include "base/json.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::applications::store {

using storage::Row;
using storage::Statement;
using storage::Tx;

namespace {

#define APPLICATION_COLUMNS                                                                                            \
    "SELECT application_id, client_id, name, kind, state, settings, created_at, updated_at, version FROM "             \
    "applications "                                                                                                    \
    "WHERE tenant_id = :tenant "
constexpr Statement kInsert{
    "INSERT INTO applications (tenant_id, application_id, client_id, name, kind, state, settings, created_at, "
    "updated_at, version) VALUES (:tenant, :application, :client, :name, :kind, :state, :settings, :created, "
    ":updated, :version) ON CONFLICT DO NOTHING"};
constexpr Statement kUpdate{
    "UPDATE applications SET name = :name, state = :state, settings = :settings, updated_at = :updated, "
    "version = :version WHERE tenant_id = :tenant AND application_id = :application"};
constexpr Statement kRemove{"DELETE FROM applications WHERE tenant_id = :tenant AND application_id = :application"};
constexpr Statement kRemoveSecrets{
    "DELETE FROM application_secrets WHERE tenant_id = :tenant AND application_id = :application"};
constexpr Statement kFind{APPLICATION_COLUMNS "AND application_id = :application"};
constexpr Statement kFindByClientId{APPLICATION_COLUMNS "AND client_id = :client"};
constexpr Statement kList{APPLICATION_COLUMNS "AND application_id > :after ORDER BY application_id LIMIT :limit"};

constexpr Statement kInsertSecret{
    "INSERT INTO application_secrets (tenant_id, application_id, secret_id, digest, hint, created_at, expires_at) "
    "VALUES (:tenant, :application, :secret, :digest, :hint, :created, :expires)"};
constexpr Statement kListSecrets{"SELECT secret_id, hint, created_at, expires_at, digest FROM application_secrets "
                                 "WHERE tenant_id = :tenant AND application_id = :application ORDER BY secret_id"};
constexpr Statement kRemoveSecret{"DELETE FROM application_secrets WHERE tenant_id = :tenant "
                                  "AND application_id = :application AND secret_id = :secret"};
constexpr Statement kExpireSecret{"UPDATE application_secrets SET expires_at = :expires WHERE tenant_id = :tenant "
                                  "AND application_id = :application AND secret_id = :secret"};
constexpr Statement kListAllSecrets{
    "SELECT application_id, digest, expires_at FROM application_secrets WHERE tenant_id = :tenant"};

#define API_COLUMNS                                                                                                    \
    "SELECT api_id, audience, name, settings, created_at, updated_at, version FROM apis WHERE tenant_id = :tenant "
constexpr Statement kInsertApi{
    "INSERT INTO apis (tenant_id, api_id, audience, name, settings, created_at, updated_at, version) "
    "VALUES (:tenant, :api, :audience, :name, :settings, :created, :updated, :version) ON CONFLICT DO NOTHING"};
constexpr Statement kUpdateApi{
    "UPDATE apis SET name = :name, settings = :settings, updated_at = :updated, version = :version "
    "WHERE tenant_id = :tenant AND api_id = :api"};
constexpr Statement kRemoveApi{"DELETE FROM apis WHERE tenant_id = :tenant AND api_id = :api"};
constexpr Statement kFindApi{API_COLUMNS "AND api_id = :api"};
constexpr Statement kFindApiByAudience{API_COLUMNS "AND audience = :audience"};
constexpr Statement kListApis{API_COLUMNS "AND api_id > :after ORDER BY api_id LIMIT :limit"};

// The members that have columns of their own do not stand in `settings`.
template <class T>
std::string settings_of(T const& value, std::initializer_list<std::string_view> columns)
{
    auto json = write_shape(value).as_object();
    for (auto const column : columns)
        json.erase(boost::json::string_view(column.data(), column.size()));
    return boost::json::serialize(json);
}
constexpr std::initializer_list<std::string_view> kApplicationColumns{
    "application_id", "client_id", "client_name", "kind", "enabled", "created_at", "updated_at"};
constexpr std::initializer_list<std::string_view> kApiColumns{"api_id", "audience", "name", "created_at", "updated_at"};

// What a newer version wrote and this one does not know is left out: nodes of two versions run side by side.
template <class T>
Result<boost::json::object> known_members(std::string_view settings)
{
    TRY(auto json, parse_json_object_strict(settings));
    boost::json::object known;
    auto const take = [&](std::string_view name) {
        if (auto* value = json.if_contains(boost::json::string_view(name.data(), name.size())))
            known.emplace(boost::json::string_view(name.data(), name.size()), std::move(*value));
    };
    std::apply([&](auto const&... members) { (take(members.name), ...); },
               shape(static_cast<T const*>(nullptr)).members);
    return known;
}

Result<Application> make_application(Row const& row)
{
    TRY(auto json, known_members<Application>(row.text(5)));
    json["client_id"] = boost::json::string_view(row.text(1));
    json["client_name"] = boost::json::string_view(row.text(2));
    json["kind"] = boost::json::string_view(row.text(3));
    json["enabled"] = row.text(4) == "active";
    auto application = read_shape<Application>(json);
    if (!application)
        return fault("an application's settings cannot be read: " + application.error().message);
    application->id = row.id<ApplicationId>(0);
    application->created_at = row.time(6);
    application->updated_at = row.time(7);
    application->version = row.integer(8);
    return application;
}

Result<Api> make_api(Row const& row)
{
    TRY(auto json, known_members<Api>(row.text(3)));
    json["audience"] = boost::json::string_view(row.text(1));
    json["name"] = boost::json::string_view(row.text(2));
    auto api = read_shape<Api>(json);
    if (!api)
        return fault("an API's settings cannot be read: " + api.error().message);
    api->id = row.id<ApiId>(0);
    api->created_at = row.time(4);
    api->updated_at = row.time(5);
    api->version = row.integer(6);
    return api;
}

Result<crypto::Digest256> digest_of(ByteView bytes)
{
    crypto::Digest256 digest;
    if (bytes.size() != digest.size())
        return fault("a client secret's digest has the wrong size");
    std::ranges::copy(bytes, digest.begin());
    return digest;
}

std::string_view state_of(Application const& application)
{
    return application.enabled ? "active" : "disabled";
}

} // namespace

Result<bool> insert(Tx& tx, TenantId tenant, Application const& application)
{
    auto const settings = settings_of(application, kApplicationColumns);
    TRY(auto inserted, tx.execute(kInsert, {{"tenant", tenant},
                                            {"application", application.id},
                                            {"client", application.client_id},
                                            {"name", application.name},
                                            {"kind", to_string(application.kind)},
                                            {"state", state_of(application)},
                                            {"settings", settings},
                                            {"created", application.created_at},
                                            {"updated", application.updated_at},
                                            {"version", application.version}}));
    return inserted == 1;
}

Result<void> update(Tx& tx, TenantId tenant, Application const& application)
{
    auto const settings = settings_of(application, kApplicationColumns);
    return tx.execute_later(kUpdate, {{"tenant", tenant},
                                      {"application", application.id},
                                      {"name", application.name},
                                      {"state", state_of(application)},
                                      {"settings", settings},
                                      {"updated", application.updated_at},
                                      {"version", application.version}});
}

Result<void> remove(Tx& tx, TenantId tenant, ApplicationId application)
{
    TRY_DO(tx.execute_later(kRemoveSecrets, {{"tenant", tenant}, {"application", application}}));
    return tx.execute_later(kRemove, {{"tenant", tenant}, {"application", application}});
}

Result<std::optional<Application>> find(Tx& tx, TenantId tenant, ApplicationId application)
{
    return tx.maybe(kFind, {{"tenant", tenant}, {"application", application}}, make_application);
}

Result<std::optional<Application>> find_by_client_id(Tx& tx, TenantId tenant, std::string_view client_id)
{
    return tx.maybe(kFindByClientId, {{"tenant", tenant}, {"client", client_id}}, make_application);
}

Result<std::vector<Application>> list(Tx& tx, TenantId tenant, ByteView after, std::int64_t limit)
{
    return tx.all(kList, {{"tenant", tenant}, {"after", after}, {"limit", limit}}, make_application);
}

Result<void> insert_secret(Tx& tx, TenantId tenant, ApplicationId application, SecretRow const& secret)
{
    return tx.execute_later(kInsertSecret, {{"tenant", tenant},
                                            {"application", application},
                                            {"secret", secret.info.id},
                                            {"digest", ByteView(secret.digest)},
                                            {"hint", secret.info.hint},
                                            {"created", secret.info.created_at},
                                            {"expires", secret.info.expires_at}});
}

Result<std::vector<SecretRow>> list_secrets(Tx& tx, TenantId tenant, ApplicationId application)
{
    return tx.all(kListSecrets, {{"tenant", tenant}, {"application", application}},
                  [](Row const& row) -> Result<SecretRow> {
                      TRY(auto digest, digest_of(row.bytes(4)));
                      return SecretRow{.info = {.id = row.id<SecretId>(0),
                                                .hint = row.string(1),
                                                .created_at = row.time(2),
                                                .expires_at = row.optional_time(3)},
                                       .digest = digest};
                  });
}

Result<bool> remove_secret(Tx& tx, TenantId tenant, ApplicationId application, SecretId secret)
{
    TRY(auto removed,
        tx.execute(kRemoveSecret, {{"tenant", tenant}, {"application", application}, {"secret", secret}}));
    return removed == 1;
}

Result<bool> expire_secret(Tx& tx, TenantId tenant, ApplicationId application, SecretId secret, TimePoint expires_at)
{
    TRY(auto changed,
        tx.execute(kExpireSecret,
                   {{"tenant", tenant}, {"application", application}, {"secret", secret}, {"expires", expires_at}}));
    return changed == 1;
}

Result<std::vector<StoredSecret>> list_all_secrets(Tx& tx, TenantId tenant)
{
    return tx.all(kListAllSecrets, {{"tenant", tenant}}, [](Row const& row) -> Result<StoredSecret> {
        TRY(auto digest, digest_of(row.bytes(1)));
        return StoredSecret{
            .application = row.id<ApplicationId>(0), .digest = digest, .expires_at = row.optional_time(2)};
    });
}

Result<bool> insert_api(Tx& tx, TenantId tenant, Api const& api)
{
    auto const settings = settings_of(api, kApiColumns);
    TRY(auto inserted, tx.execute(kInsertApi, {{"tenant", tenant},
                                               {"api", api.id},
                                               {"audience", api.audience},
                                               {"name", api.name},
                                               {"settings", settings},
                                               {"created", api.created_at},
                                               {"updated", api.updated_at},
                                               {"version", api.version}}));
    return inserted == 1;
}

Result<void> update_api(Tx& tx, TenantId tenant, Api const& api)
{
    auto const settings = settings_of(api, kApiColumns);
    return tx.execute_later(kUpdateApi, {{"tenant", tenant},
                                         {"api", api.id},
                                         {"name", api.name},
                                         {"settings", settings},
                                         {"updated", api.updated_at},
                                         {"version", api.version}});
}

Result<void> remove_api(Tx& tx, TenantId tenant, ApiId api)
{
    return tx.execute_later(kRemoveApi, {{"tenant", tenant}, {"api", api}});
}

Result<std::optional<Api>> find_api(Tx& tx, TenantId tenant, ApiId api)
{
    return tx.maybe(kFindApi, {{"tenant", tenant}, {"api", api}}, make_api);
}

Result<std::optional<Api>> find_api_by_audience(Tx& tx, TenantId tenant, std::string_view audience)
{
    return tx.maybe(kFindApiByAudience, {{"tenant", tenant}, {"audience", audience}}, make_api);
}

Result<std::vector<Api>> list_apis(Tx& tx, TenantId tenant, ByteView after, std::int64_t limit)
{
    return tx.all(kListApis, {{"tenant", tenant}, {"after", after}, {"limit", limit}}, make_api);
}

} // namespace gatehouse::applications::store
