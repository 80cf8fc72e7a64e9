#include "admin/declaration.hpp"

#include "admin/users_body.hpp"
#include "applications/application_shape.hpp"
#include "applications/applications.hpp"
#include "base/json.hpp"
#include "credentials/password_policy.hpp"
#include "credentials/passwords.hpp"
#include "crypto/digest.hpp"
#include "crypto/password_hash.hpp"
#include "identity/directory.hpp"
#include "identity/tenants.hpp"
#include "identity/users.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace gatehouse::admin {

namespace json = boost::json;

struct TenantDeclaration {
    std::string tenant;
    std::optional<std::string> name;
    std::optional<std::string> host;
    std::optional<identity::TenantSettings> settings;
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
        Member{"apis", &TenantDeclaration::apis, {.fallback = true, .max_length = 10'000}},
        Member{"applications", &TenantDeclaration::applications, {.fallback = true, .max_length = 10'000}},
        Member{"users", &TenantDeclaration::users, {.fallback = true, .max_length = 10'000}}};
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

namespace {

enum class Mode : bool { plan, apply };
using Kind = PlannedStep::Kind;

Error below(Error error, std::string const& pointer)
{
    error.pointer = pointer + error.pointer;
    return error;
}

// The names of the members in which two objects differ.
std::vector<std::string> differences(json::object const& before, json::object const& after)
{
    std::vector<std::string> names;
    for (auto const& [name, value] : after)
        if (auto const* old = before.if_contains(name); !old || *old != value)
            names.emplace_back(name);
    for (auto const& [name, value] : before)
        if (!after.contains(name))
            names.emplace_back(name);
    return names;
}

void replace_issuer(json::value& value, std::string const& issuer)
{
    constexpr std::string_view kMark = "{issuer}";
    if (auto* text = value.if_string()) {
        if (auto const at = text->find(kMark); at != json::string::npos)
            text->replace(at, kMark.size(), issuer);
    } else if (auto* object = value.if_object()) {
        for (auto& [name, member] : *object)
            replace_issuer(member, issuer);
    } else if (auto* array = value.if_array()) {
        for (auto& item : *array)
            replace_issuer(item, issuer);
    }
}

// One tenant of a declaration, held against the database. The same walk makes the plan and, in mode `apply`, the
// changes.
class Reconciliation {
public:
    Reconciliation(DeclarationParts const& parts, Mode mode, TimePoint now) : parts_(parts), mode_(mode), now_(now) {}

    Result<Plan> run(storage::Tx& tx, TenantDeclaration const& declared)
    {
        plan_ = {};
        TRY_DO(reconcile_tenant(tx, declared));
        for (std::size_t i = 0; i < declared.apis.size(); ++i)
            TRY_DO(at(fmt::format("/apis/{}", i), reconcile_api(tx, declared.apis[i])));
        for (std::size_t i = 0; i < declared.applications.size(); ++i)
            TRY_DO(at(fmt::format("/applications/{}", i), reconcile_application(tx, declared.applications[i])));
        for (std::size_t i = 0; i < declared.users.size(); ++i)
            TRY_DO(at(fmt::format("/users/{}", i), reconcile_user(tx, declared.users[i])));
        return plan_;
    }

private:
    static Result<void> at(std::string const& pointer, Result<void> outcome)
    {
        if (!outcome)
            return std::unexpected(below(std::move(outcome).error(), pointer));
        return outcome;
    }
    bool applies() const { return mode_ == Mode::apply; }
    applications::Change change() const { return {parts_.vault, tenant_->id, {}, now_}; }
    void add(std::string what, bool exists, std::vector<std::string> changes)
    {
        auto const kind = !exists ? Kind::create : changes.empty() ? Kind::unchanged : Kind::update;
        plan_.steps.push_back({kind, std::move(what), std::move(changes)});
    }

    Result<void> reconcile_tenant(storage::Tx& tx, TenantDeclaration const& declared)
    {
        auto const what = "tenant " + declared.tenant;
        if (auto const found = parts_.directory.find_by_slug(declared.tenant)) {
            TRY(tenant_, parts_.tenants.get(tx, found->id));
            return update_tenant(tx, declared, what);
        }
        add(what, false, {});
        if (!applies())
            return {};
        TRY(tenant_, parts_.tenants.create(
                         tx,
                         {.slug = declared.tenant,
                          .name = declared.name.value_or(declared.tenant),
                          .host = declared.host,
                          .settings = write_shape(declared.settings.value_or(identity::TenantSettings{})).as_object()},
                         {}, now_));
        TRY_DO(applications::create_api(tx, change(), management_api_of(tenant_->issuer)));
        return {};
    }

    Result<void> update_tenant(storage::Tx& tx, TenantDeclaration const& declared, std::string const& what)
    {
        std::vector<std::string> changes;
        if (declared.name && *declared.name != tenant_->name)
            changes.emplace_back("name");
        if (declared.host && declared.host != tenant_->host)
            changes.emplace_back("host");
        if (declared.settings && write_shape(*declared.settings) != write_shape(tenant_->settings))
            changes.emplace_back("settings");
        auto const any = !changes.empty();
        add(what, true, std::move(changes));
        if (!any || !applies())
            return {};
        identity::TenantChange change{.name = declared.name, .host = declared.host, .settings = std::nullopt};
        if (declared.settings)
            change.settings = write_shape(*declared.settings).as_object();
        TRY(tenant_, parts_.tenants.update(tx, tenant_->id, change, std::nullopt, {}, now_));
        return {};
    }

    // Objects may speak of "{issuer}"; a tenant that is only planned has none yet.
    json::object resolved(json::object const& declared) const
    {
        json::value value = declared;
        if (tenant_)
            replace_issuer(value, tenant_->issuer);
        return value.get_object();
    }

    Result<void> reconcile_api(storage::Tx& tx, json::object const& declared)
    {
        TRY(auto const wanted, applications::apply_json(applications::Api{}, resolved(declared)));
        std::optional<applications::Api> found;
        if (tenant_) {
            TRY(found, applications::find_api_by_audience(tx, tenant_->id, wanted.audience));
        }
        auto after = wanted;
        if (found) {
            after.id = found->id;
            after.created_at = found->created_at;
            after.updated_at = found->updated_at;
            after.version = found->version;
        }
        auto changes = found ? differences(write_shape(*found).as_object(), write_shape(after).as_object())
                             : std::vector<std::string>{};
        auto const any = !changes.empty();
        add("api " + wanted.audience, found.has_value(), std::move(changes));
        if (!applies())
            return applications::validate(after);
        if (!found) {
            TRY_DO(applications::create_api(tx, change(), std::move(after)));
        } else if (any) {
            TRY_DO(applications::update_api(tx, change(), std::move(after)));
        }
        return {};
    }

    Result<void> reconcile_application(storage::Tx& tx, json::object const& declared)
    {
        auto object = resolved(declared);
        std::optional<Secret> secret;
        if (auto const* reference = object.if_contains("client_secret")) {
            if (!reference->is_object())
                return refuse(ErrorKind::invalid, "field_type",
                              "A secret is a reference: {\"environment\": \"NAME\"} or {\"file\": \"PATH\"}.")
                    .at("/client_secret");
            TRY(secret, parts_.secret(reference->get_object()));
            object.erase("client_secret");
        }
        TRY(auto const first, read_shape<applications::Application>(object));
        if (first.client_id.empty())
            return refuse(ErrorKind::invalid, "field_required", "A declared application needs its client_id.")
                .at("/client_id");
        TRY(auto wanted, applications::apply_json(applications::defaults_for(first.kind), object));
        return reconcile_application(tx, std::move(wanted), secret);
    }

    Result<void> reconcile_application(storage::Tx& tx, applications::Application wanted,
                                       std::optional<Secret> const& secret)
    {
        std::optional<applications::Application> found;
        if (tenant_) {
            TRY(found, applications::find_by_client_id(tx, tenant_->id, wanted.client_id));
        }
        if (found) {
            wanted.id = found->id;
            wanted.created_at = found->created_at;
            wanted.updated_at = found->updated_at;
            wanted.version = found->version;
        }
        auto changes = found ? differences(write_shape(*found).as_object(), write_shape(wanted).as_object())
                             : std::vector<std::string>{};
        auto const any = !changes.empty();
        if (found && secret) {
            TRY(auto const known, knows_secret(tx, found->id, *secret));
            if (!known)
                changes.emplace_back("client_secret");
        }
        auto const secret_is_new = secret && (!found || (!changes.empty() && changes.back() == "client_secret"));
        add("application " + wanted.client_id, found.has_value(), std::move(changes));
        if (!applies())
            return applications::validate(wanted);
        auto id = wanted.id;
        if (!found) {
            TRY(auto const made, applications::create(tx, change(), std::move(wanted)));
            id = made.id;
        } else if (any) {
            TRY_DO(applications::update(tx, change(), std::move(wanted)));
        }
        if (secret_is_new)
            TRY_DO(applications::add_known_secret(tx, change(), id, *secret));
        return {};
    }

    Result<bool> knows_secret(storage::Tx& tx, ApplicationId application, Secret const& secret)
    {
        TRY(auto const everything, applications::load_everything(tx, tenant_->id));
        auto const digest = crypto::sha256(secret.expose());
        for (auto const& stored : everything.secrets)
            if (stored.application == application && constant_time_equal(stored.digest, digest))
                return true;
        return false;
    }

    Result<void> reconcile_user(storage::Tx& tx, json::object const& declared)
    {
        TRY(auto const wanted, read_shape<UserDeclaration>(resolved(declared)));
        identity::NewUser user{.profile = wanted.profile, .identifiers = {}, .enabled = wanted.enabled};
        for (auto const& identifier : wanted.identifiers) {
            TRY(auto const kind, identity::parse_identifier_kind(identifier.kind));
            TRY(auto normalized, identity::normalize_identifier(kind, identifier.value));
            user.identifiers.push_back({std::move(normalized), identifier.verified});
        }
        auto const what = "user " + wanted.identifiers.front().value;
        std::optional<identity::FoundUser> found;
        if (tenant_) {
            TRY(found, parts_.users.find_by_identifier(tx, tenant_->id, user.identifiers.front().identifier));
        }
        if (!found)
            return make_user(tx, wanted, user, what);
        TRY(auto const before, parts_.users.get(tx, tenant_->id, found->user.id));
        std::vector<std::string> changes;
        if (before.profile != wanted.profile)
            changes.emplace_back("profile");
        if (before.enabled != wanted.enabled)
            changes.emplace_back("enabled");
        return update_user(tx, wanted, before, std::move(changes), what);
    }

    Result<void> make_user(storage::Tx& tx, UserDeclaration const& wanted, identity::NewUser const& user,
                           std::string const& what)
    {
        add(what, false, {});
        if (!applies())
            return identity::check_profile(wanted.profile);
        TRY(auto const made, parts_.users.create(tx, tenant_->id, user, {}, now_));
        if (wanted.password) {
            TRY(auto const given, parts_.secret(*wanted.password));
            TRY(auto const password, credentials::normalize_password(given));
            TRY_DO(credentials::check_password(password, *tenant_, {}));
            TRY(auto const phc, crypto::hash_password(password));
            TRY_DO(parts_.passwords.enrol(tx, made.key, phc, {}, now_));
        }
        for (auto const& permissions : wanted.permissions)
            TRY_DO(parts_.users.set_permissions(tx, tenant_->id, made.user.id, permissions.audience,
                                                permissions.permissions, {}, now_));
        return {};
    }

    Result<void> update_user(storage::Tx& tx, UserDeclaration const& wanted, identity::User const& before,
                             std::vector<std::string> changes, std::string const& what)
    {
        auto const tenant = tenant_->id;
        std::vector<PermissionsDeclaration> given;
        for (auto const& declared : wanted.permissions) {
            auto sorted = declared;
            std::sort(sorted.permissions.begin(), sorted.permissions.end());
            TRY(auto const held, parts_.users.permissions(tx, tenant, before.id, declared.audience));
            if (held != sorted.permissions)
                given.push_back(std::move(sorted));
        }
        if (!given.empty())
            changes.emplace_back("permissions");
        add(what, true, std::move(changes));
        if (!applies())
            return {};
        if (before.profile != wanted.profile)
            TRY_DO(parts_.users.update_profile(tx, tenant, before.id, wanted.profile, std::nullopt, {}, now_));
        if (before.enabled != wanted.enabled)
            TRY_DO(parts_.users.set_enabled(tx, tenant, before.id, wanted.enabled, "administrator", {}, now_));
        for (auto const& permissions : given)
            TRY_DO(parts_.users.set_permissions(tx, tenant, before.id, permissions.audience, permissions.permissions,
                                                {}, now_));
        return {};
    }

    DeclarationParts const& parts_;
    Mode mode_;
    TimePoint now_;
    std::optional<identity::Tenant> tenant_; // empty: only planned
    Plan plan_;
};

Result<Plan> reconcile(DeclarationParts const& parts, Declaration const& declaration, Mode mode, TimePoint now)
{
    TRY_DO(parts.changes.poll_now(now));
    Plan whole;
    for (std::size_t i = 0; i < declaration.tenants.size(); ++i) {
        TRY(auto const declared, read_shape<TenantDeclaration>(declaration.tenants[i]));
        Reconciliation reconciliation(parts, mode, now);
        auto const rule = [&](storage::Tx& tx) { return reconciliation.run(tx, declared); };
        TRY(auto part, mode == Mode::apply ? parts.database.write_now(rule) : parts.database.read_now(rule));
        std::move(part.steps.begin(), part.steps.end(), std::back_inserter(whole.steps));
        if (mode == Mode::apply)
            TRY_DO(parts.changes.poll_now(now));
    }
    return whole;
}

} // namespace

bool Plan::is_empty() const
{
    return std::all_of(steps.begin(), steps.end(), [](auto const& step) { return step.kind == Kind::unchanged; });
}

std::string Plan::to_string() const
{
    constexpr char kMarks[] = {'+', '~', '='};
    std::string text;
    for (auto const& step : steps) {
        fmt::format_to(std::back_inserter(text), "{} {}", kMarks[static_cast<std::size_t>(step.kind)], step.what);
        if (!step.changes.empty())
            fmt::format_to(std::back_inserter(text), " ({})", fmt::join(step.changes, ", "));
        text += '\n';
    }
    return text;
}

Result<Declaration> Declaration::parse(std::string_view text)
{
    TRY(auto object, parse_json_object_strict(text, {.size = 64 << 20}));
    Declaration declaration;
    if (auto* several = object.if_contains("tenants")) {
        if (!several->is_array() || object.size() != 1)
            return refuse(ErrorKind::invalid, "field_type", "\"tenants\" must be a list, and stand alone.")
                .at("/tenants");
        declaration.tenants = std::move(several->get_array());
    } else {
        declaration.tenants.emplace_back(std::move(object));
    }
    for (std::size_t i = 0; i < declaration.tenants.size(); ++i)
        TRY_DO(read_shape<TenantDeclaration>(declaration.tenants[i],
                                             declaration.tenants.size() == 1 ? "" : fmt::format("/tenants/{}", i)));
    return declaration;
}

Result<Plan> plan(DeclarationParts const& parts, Declaration const& declaration, TimePoint now)
{
    return reconcile(parts, declaration, Mode::plan, now);
}

Result<Plan> apply(DeclarationParts const& parts, Declaration const& declaration, TimePoint now)
{
    return reconcile(parts, declaration, Mode::apply, now);
}

Result<Secret> read_secret_reference(json::object const& reference)
{
    auto const* environment = reference.if_contains("environment");
    auto const* file = reference.if_contains("file");
    if (reference.size() != 1 || (environment && !environment->is_string()) || (file && !file->is_string()) ||
        (!environment && !file))
        return refuse(ErrorKind::invalid, "field_type",
                      "A secret is a reference: {\"environment\": \"NAME\"} or {\"file\": \"PATH\"}.");
    if (environment) {
        std::string const name(environment->get_string());
        auto const* value = std::getenv(name.c_str());
        if (!value || !*value)
            return refuse(ErrorKind::not_found, "secret_missing", fmt::format("The variable {} is not set.", name));
        return Secret(std::string_view(value));
    }
    std::string const path(file->get_string());
    std::ifstream stream(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(stream), {}};
    while (content.ends_with('\n') || content.ends_with('\r'))
        content.pop_back();
    if (!stream || content.empty())
        return refuse(ErrorKind::not_found, "secret_missing",
                      fmt::format("The file {} cannot be read, or is empty.", path));
    return Secret::take(content);
}

} // namespace gatehouse::admin
