#include "admin/declaration.hpp"

#include "admin/declaration_shapes.hpp"
#include "applications/application_shape.hpp"
#include "applications/applications.hpp"
#include "base/json.hpp"
#include "credentials/password_policy.hpp"
#include "credentials/passwords.hpp"
#include "crypto/password_hash.hpp"
#include "identity/agreements.hpp"
#include "identity/directory.hpp"
#include "identity/profile_schema.hpp"
#include "identity/tenants.hpp"
#include "identity/users.hpp"
#include "themes/themes.hpp"

#include <iterator>

namespace gatehouse::admin {

namespace json = boost::json;

namespace {

enum class Mode : bool { plan, apply };
using Kind = PlannedStep::Kind;

// Rules below name a form's field where they know no JSON; the place of the declared thing says enough then.
Error below(Error error, std::string const& pointer)
{
    error.pointer = error.pointer.starts_with('/') ? pointer + error.pointer : pointer;
    return error;
}

// What `outcome` refuses with, at its place below `pointer`.
template <class T>
Result<T> at(std::string const& pointer, Result<T> outcome)
{
    if (!outcome)
        return std::unexpected(below(std::move(outcome).error(), pointer));
    return outcome;
}

// The names of the members in which two objects differ.
std::vector<std::string> differences(json::object const& before, json::object const& after)
{
    std::vector<std::string> names;
    for (auto const& [name, value] : after)
        if (auto const* old = before.if_contains(name); name != "updated_at" && (!old || *old != value))
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
        for (auto place = text->find(kMark); place != json::string::npos;
             place = text->find(kMark, place + issuer.size()))
            text->replace(place, kMark.size(), issuer);
    } else if (auto* object = value.if_object()) {
        for (auto& [name, member] : *object)
            replace_issuer(member, issuer);
    } else if (auto* array = value.if_array()) {
        for (auto& item : *array)
            replace_issuer(item, issuer);
    }
}

// One tenant of a declaration, held against the database and carried out in one transaction. A plan is the same walk in
// a transaction that is undone: so it says what would happen, down to the refusals.
class Reconciliation {
public:
    Reconciliation(DeclarationParts const& parts, Mode mode, TimePoint now) : parts_(parts), mode_(mode), now_(now) {}

    Result<Plan> run(storage::Tx& tx, TenantDeclaration const& declared)
    {
        TRY_DO(reconcile_tenant(tx, declared));
        if (declared.profile_schema)
            TRY_DO(at("/profile_schema", reconcile_schema(tx, *declared.profile_schema)));
        for (std::size_t i = 0; i < declared.documents.size(); ++i)
            TRY_DO(at(fmt::format("/documents/{}", i), reconcile_document(tx, declared.documents[i])));
        for (std::size_t i = 0; i < declared.apis.size(); ++i)
            TRY_DO(at(fmt::format("/apis/{}", i), reconcile_api(tx, declared.apis[i])));
        for (std::size_t i = 0; i < declared.applications.size(); ++i)
            TRY_DO(at(fmt::format("/applications/{}", i), reconcile_application(tx, declared.applications[i])));
        for (std::size_t i = 0; i < declared.users.size(); ++i)
            TRY_DO(at(fmt::format("/users/{}", i), reconcile_user(tx, declared.users[i])));
        return std::move(plan_);
    }

private:
    applications::Change change() const { return {parts_.vault, tenant_.id, {}, now_}; }
    void add(std::string what, bool exists, std::vector<std::string> changes)
    {
        auto const kind = !exists ? Kind::create : changes.empty() ? Kind::unchanged : Kind::update;
        plan_.steps.push_back({kind, std::move(what), std::move(changes)});
    }

    Result<void> reconcile_tenant(storage::Tx& tx, TenantDeclaration const& declared)
    {
        auto const found = parts_.directory.find_by_slug(declared.tenant);
        if (!found)
            return make_tenant(tx, declared);
        TRY(auto const before, parts_.tenants.get(tx, found->id));
        identity::TenantChange wanted{.name = declared.name, .host = declared.host, .settings = std::nullopt};
        if (declared.settings)
            wanted.settings = write_shape(*declared.settings).as_object();
        TRY(tenant_, parts_.tenants.update(tx, before.id, wanted, std::nullopt, {}, now_));
        if (tenant_.settings.theme != before.settings.theme)
            TRY_DO(themes::check_tenant_theme(tx, tenant_.id, tenant_.settings.theme, "/settings/theme"));
        std::vector<std::string> changes;
        if (tenant_.name != before.name)
            changes.emplace_back("name");
        if (tenant_.host != before.host)
            changes.emplace_back("host");
        if (write_shape(tenant_.settings) != write_shape(before.settings))
            changes.emplace_back("settings");
        add("tenant " + declared.tenant, true, std::move(changes));
        return {};
    }

    Result<void> reconcile_schema(storage::Tx& tx, json::object const& declared)
    {
        TRY(auto const before, identity::find_profile_schema(tx, tenant_.id));
        TRY(auto const after,
            identity::replace_profile_schema(tx, parts_.vault, tenant_.id, resolved(declared), std::nullopt, {}, now_));
        add("profile schema", before.version > 0,
            after.version == before.version || before.version == 0
                ? std::vector<std::string>{}
                : differences(identity::write_profile_schema(*before.schema),
                              identity::write_profile_schema(*after.schema)));
        return {};
    }

    Result<void> reconcile_document(storage::Tx& tx, json::object const& declared)
    {
        TRY(auto const wanted, read_shape<DocumentDeclaration>(declared));
        TRY(auto const known, identity::list_documents(tx, tenant_.id));
        auto const before = std::ranges::find(known, wanted.name, &identity::Document::name);
        auto const exists = before != known.end();
        std::vector<std::string> changes;
        if (exists) {
            if (before->title != wanted.title)
                changes.emplace_back("title");
            if (before->required != wanted.required)
                changes.emplace_back("required");
            if (before->active != wanted.active)
                changes.emplace_back("active");
        }
        if (!exists || !changes.empty())
            TRY_DO(identity::put_document(
                tx, parts_.vault, tenant_.id,
                {.name = wanted.name, .title = wanted.title, .required = wanted.required, .active = wanted.active},
                std::nullopt, {}, now_));
        TRY(bool const published, publish_texts(tx, wanted, exists ? before->version : 0));
        if (exists && published)
            changes.emplace_back("texts");
        add("document " + wanted.name, exists, std::move(changes));
        return {};
    }

    // A text never changes: another one is a new version. What is said beside the text is said of the version, and does
    // not make one.
    Result<bool> publish_texts(storage::Tx& tx, DocumentDeclaration const& wanted, std::int64_t newest)
    {
        if (!wanted.texts)
            return false;
        if (newest > 0) {
            TRY(auto const version, identity::get_version(tx, tenant_.id, wanted.name, newest));
            identity::Words published;
            for (auto const& text : version.texts)
                published[text.locale] = text.text;
            if (published == *wanted.texts)
                return false;
        }
        TRY_DO(identity::publish_version(tx, parts_.vault, tenant_.id, wanted.name,
                                         {.label = wanted.label, .ask_again = wanted.ask_again, .texts = *wanted.texts},
                                         {}, now_));
        return true;
    }

    Result<void> make_tenant(storage::Tx& tx, TenantDeclaration const& declared)
    {
        auto const host = declared.host && !declared.host->empty() ? declared.host : std::nullopt;
        auto const settings = declared.settings.value_or(identity::TenantSettings{});
        auto made = parts_.tenants.create(tx,
                                          {.slug = declared.tenant,
                                           .name = declared.name.value_or(declared.tenant),
                                           .host = host,
                                           .settings = write_shape(settings).as_object()},
                                          {}, now_);
        if (!made && made.error().pointer == "/slug")
            made.error().pointer = "/tenant"; // its name here
        TRY(tenant_, std::move(made));
        TRY_DO(applications::create_api(tx, change(), management_api_of(tenant_.issuer)));
        add("tenant " + declared.tenant, false, {});
        return {};
    }

    // Objects may speak of "{issuer}".
    json::object resolved(json::object const& declared) const
    {
        json::value value = declared;
        replace_issuer(value, tenant_.issuer);
        return std::move(value.get_object());
    }

    Result<void> reconcile_api(storage::Tx& tx, json::object const& declared)
    {
        TRY(auto wanted, read_shape<applications::Api>(resolved(declared)));
        auto const what = "api " + wanted.audience;
        if (wanted.audience == management_audience(tenant_.issuer))
            return refuse(ErrorKind::conflict, "api_protected", "The management API cannot be declared.")
                .at("/audience");
        TRY(auto const found, applications::find_api_by_audience(tx, tenant_.id, wanted.audience));
        if (!found) {
            TRY_DO(applications::create_api(tx, change(), std::move(wanted)));
            add(what, false, {});
            return {};
        }
        wanted.id = found->id;
        TRY(auto const after, applications::update_api(tx, change(), std::move(wanted)));
        add(what, true, differences(write_shape(*found).as_object(), write_shape(after).as_object()));
        return {};
    }

    Result<void> reconcile_application(storage::Tx& tx, json::object const& declared)
    {
        auto object = resolved(declared);
        std::optional<json::value> reference;
        if (auto const* given = object.if_contains("client_secret")) {
            reference = *given;
            object.erase("client_secret");
        }
        TRY(auto const first, read_shape<applications::Application>(object));
        if (first.client_id.empty())
            return refuse(ErrorKind::invalid, "field_required", "A declared application needs its client_id.")
                .at("/client_id");
        TRY(auto wanted, applications::apply_json(applications::defaults_for(first.kind), object));
        TRY_DO(check_access(tx, tenant_.id, wanted));
        TRY_DO(themes::check_application_theme(tx, tenant_.id, wanted.theme, "/theme"));

        TRY(auto const found, applications::find_by_client_id(tx, tenant_.id, wanted.client_id));
        auto after = found;
        if (found) {
            wanted.id = found->id;
            TRY(after, applications::update(tx, change(), std::move(wanted)));
        } else {
            TRY(after, applications::create(tx, change(), std::move(wanted)));
        }
        auto changes = found ? differences(write_shape(*found).as_object(), write_shape(*after).as_object())
                             : std::vector<std::string>{};
        if (reference) {
            TRY(auto const is_new, at("/client_secret", add_secret(tx, after->id, *reference)));
            if (found && is_new)
                changes.emplace_back("client_secret");
        }
        add("application " + after->client_id, found.has_value(), std::move(changes));
        return {};
    }

    // Whether the application did not have it yet.
    Result<bool> add_secret(storage::Tx& tx, ApplicationId application, json::value const& reference)
    {
        if (!reference.is_object())
            return not_a_secret_reference();
        TRY(auto const secret, parts_.secret(reference.get_object()));
        TRY(auto const before, applications::list_secrets(tx, tenant_.id, application));
        auto made = applications::add_known_secret(tx, change(), application, secret);
        if (!made) {
            made.error().pointer.clear(); // the caller's says where
            return std::unexpected(std::move(made).error());
        }
        return std::none_of(before.begin(), before.end(), [&](auto const& known) { return known.id == made->id; });
    }

    Result<void> reconcile_user(storage::Tx& tx, json::object const& declared)
    {
        TRY(auto const wanted, read_shape<UserDeclaration>(resolved(declared)));
        TRY(auto const identifiers, read_identifiers(wanted.identifiers));
        auto const& first = identifiers.front();
        if (!first.verified && first.identifier.kind != identity::IdentifierKind::username)
            return refuse(ErrorKind::invalid, "field_value",
                          "People are found by the first identifier, so it must be verified.")
                .at("/identifiers/0/verified");
        for (std::size_t i = 0; i < wanted.permissions.size(); ++i)
            TRY_DO(check_defined(tx, tenant_.id, wanted.permissions[i].audience, wanted.permissions[i].permissions,
                                 fmt::format("/permissions/{}/audience", i),
                                 fmt::format("/permissions/{}/permissions", i)));
        TRY(auto const found, parts_.users.find_by_identifier(tx, tenant_.id, first.identifier));
        if (found)
            return update_user(tx, wanted, identifiers, found->user.id);
        return make_user(tx, wanted, identifiers);
    }

    Result<void> make_user(storage::Tx& tx, UserDeclaration const& wanted,
                           std::vector<identity::NewIdentifier> const& identifiers)
    {
        TRY(auto const made,
            parts_.users.create(tx, tenant_.id,
                                {.profile = wanted.profile, .identifiers = identifiers, .enabled = wanted.enabled}, {},
                                now_));
        if (wanted.password)
            TRY_DO(at("/password", set_password(tx, wanted, made.key)));
        for (auto const& given : wanted.permissions)
            TRY_DO(parts_.users.set_permissions(tx, tenant_.id, made.user.id, given.audience, given.permissions, {},
                                                now_));
        add(name_of(wanted), false, {});
        return {};
    }

    Result<void> set_password(storage::Tx& tx, UserDeclaration const& wanted, vault::PersonKey const& key)
    {
        TRY(auto const given, parts_.secret(*wanted.password));
        TRY(auto const password, credentials::normalize_password(given));
        std::vector<std::string> personal;
        for (auto const& identifier : wanted.identifiers)
            personal.push_back(identifier.value);
        TRY_DO(credentials::check_password(password, tenant_, personal));
        if (mode_ == Mode::plan)
            return {}; // hashing is slow, and the plan is undone
        TRY(auto const phc, crypto::hash_password(password));
        TRY_DO(parts_.passwords.enrol(tx, key, phc, {}, now_));
        return {};
    }

    Result<void> update_user(storage::Tx& tx, UserDeclaration const& wanted,
                             std::vector<identity::NewIdentifier> const& identifiers, UserId user)
    {
        auto const tenant = tenant_.id;
        TRY(auto const before, parts_.users.get(tx, tenant, user));
        std::vector<std::string> changes;
        if (before.profile != wanted.profile) {
            TRY(auto const after,
                parts_.users.update_profile(tx, tenant, user, wanted.profile, std::nullopt, {}, now_));
            if (after.version != before.version) // what is written differently may mean the same
                changes.emplace_back("profile");
        }
        if (before.enabled != wanted.enabled) {
            TRY_DO(parts_.users.set_enabled(tx, tenant, user, wanted.enabled, "administrator", {}, now_));
            changes.emplace_back("enabled");
        }
        TRY(auto const added, add_identifiers(tx, user, identifiers));
        if (added)
            changes.emplace_back("identifiers");
        TRY(auto const given, set_permissions(tx, user, wanted.permissions));
        if (given)
            changes.emplace_back("permissions");
        add(name_of(wanted), true, std::move(changes));
        return {};
    }

    // Those that the person does not have; what they added themselves stays.
    Result<bool> add_identifiers(storage::Tx& tx, UserId user, std::vector<identity::NewIdentifier> const& wanted)
    {
        auto any = false;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            auto const added = parts_.users.add_identifier(tx, tenant_.id, user, wanted[i], {}, now_);
            if (added)
                any = true;
            else if (added.error().code != "identifier_exists")
                return std::unexpected(below(added.error(), fmt::format("/identifiers/{}", i)));
        }
        return any;
    }

    Result<bool> set_permissions(storage::Tx& tx, UserId user, std::vector<PermissionsDeclaration> const& wanted)
    {
        auto any = false;
        for (auto const& given : wanted) {
            TRY(auto const held, parts_.users.permissions(tx, tenant_.id, user, given.audience));
            std::set<std::string> const before(held.begin(), held.end());
            if (before == std::set<std::string>(given.permissions.begin(), given.permissions.end()))
                continue;
            TRY_DO(parts_.users.set_permissions(tx, tenant_.id, user, given.audience, given.permissions, {}, now_));
            any = true;
        }
        return any;
    }

    static std::string name_of(UserDeclaration const& user) { return "user " + user.identifiers.front().value; }

    DeclarationParts const& parts_;
    Mode mode_;
    TimePoint now_;
    identity::Tenant tenant_;
    Plan plan_;
};

Result<Plan> reconcile(DeclarationParts const& parts, Declaration const& declaration, Mode mode, TimePoint now)
{
    constexpr std::string_view kUndone = "plan_undone";
    TRY_DO(parts.changes.poll_now(now));
    Plan whole;
    for (std::size_t i = 0; i < declaration.tenants.size(); ++i) {
        auto const pointer = declaration.pointer_of(i);
        TRY(auto const declared, read_shape<TenantDeclaration>(declaration.tenants[i], pointer));
        Plan part;
        auto const done = parts.database.write_now([&](storage::Tx& tx) -> Result<void> {
            TRY(part, Reconciliation(parts, mode, now).run(tx, declared));
            if (mode == Mode::plan)
                return refuse(ErrorKind::conflict, std::string(kUndone), "This was a plan."); // rolls back
            return {};
        });
        if (!done && done.error().code != kUndone)
            return std::unexpected(below(done.error(), pointer));
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

std::string Declaration::pointer_of(std::size_t index) const
{
    return is_list ? fmt::format("/tenants/{}", index) : std::string();
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
        declaration.is_list = true;
    } else {
        declaration.tenants.emplace_back(std::move(object));
    }
    for (std::size_t i = 0; i < declaration.tenants.size(); ++i)
        TRY_DO(read_shape<TenantDeclaration>(declaration.tenants[i], declaration.pointer_of(i)));
    return declaration;
}

Result<Plan> plan(DeclarationParts const& parts, Declaration const& declaration, TimePoint now)
{
    return reconcile(parts, declaration, Mode::plan, now);
}

Result<Plan> apply(DeclarationParts const& parts, Declaration const& declaration, TimePoint now)
{
    TRY_DO(plan(parts, declaration, now)); // a mistake in the last tenant is found before the first is changed
    return reconcile(parts, declaration, Mode::apply, now);
}

} // namespace gatehouse::admin
