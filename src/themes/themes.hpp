// themes: how a tenant's or an application's look is changed without surprise. It is edited as a draft, looked at
// through a preview link, activated, and put back to an earlier version.
//
// In:  tokens (view/theme_tokens.hpp) and, for a tenant with a host of its own, templates of pages and mails.
// Out: the active tokens in the tenant's settings or the application, where caches find them; events "theme.activated".
//
// What is set directly (settings.theme, an apply file) is active at once; it becomes a version of its own when a draft
// replaces it, so that there is always a way back.
#pragma once

#include "events/event.hpp"
#include "identity/tenant.hpp"
#include "storage/paging.hpp"

#include <boost/json/object.hpp>
#include <map>

namespace gatehouse::identity {
class Tenants;
}
namespace gatehouse::view {
class Pages;
}

namespace gatehouse::themes {

// Whose look it is: the tenant's, or one application's.
struct Owner {
    std::optional<ApplicationId> application;
    std::string name() const; // "tenant", or the application's id
    // Error: "not_found".
    static Result<Owner> parse(std::string_view name);
};

struct Content {
    view::ThemeTokens tokens;
    std::map<std::string, std::string> templates; // by name; a tenant's only
    friend bool operator==(Content const&, Content const&) = default;
};

struct Draft {
    Content content;
    TimePoint updated_at;
    std::int64_t revision = 0; // grows with every change; the ETag
};
struct Version {
    std::int64_t number = 0;
    Content content;
    TimePoint activated_at;
    std::optional<std::int64_t> restores; // the version that it brought back
};
struct Theme {
    Content active;
    std::optional<std::int64_t> version; // of what is active; none when it was set directly
    std::optional<Draft> draft;
};

inline constexpr std::int64_t kMostVersions = 50; // of one owner; the oldest go

// Who changes what, and when.
struct Change {
    TenantId tenant;
    Owner owner;
    events::Origin origin;
    TimePoint now;
};

class Themes {
public:
    // `pages` tries templates; all outlive this.
    Themes(vault::Vault& vault, identity::Tenants const& tenants, view::Pages const& pages)
        : vault_(vault), tenants_(tenants), pages_(pages)
    {
    }

    // Errors: "application_not_found", "tenant_not_found".
    Result<Theme> get(storage::Tx& tx, TenantId tenant, Owner const& owner) const;
    // Error: "theme_templates_unavailable" (conflict) for all but tenants with a host name of their own.
    Result<void> check_may_have_templates(storage::Tx& tx, Change const& change, Content const& content) const;
    // Renders every example with the content's templates: slow, so it is called before a transaction. Error:
    // "invalid_template", with the place.
    Result<void> try_templates(Content const& content) const;
    // For templates that were tried. The form of the content is checked; what cannot be read is found by `check` and
    // when it is activated. Errors: "invalid_theme"; "version_differs" when the draft has another revision (0: there is
    // none); "theme_templates_unavailable" (conflict) for all but tenants with a host name of their own.
    Result<Draft> save_draft(storage::Tx& tx, Change const& change, Content const& content,
                             std::optional<std::int64_t> expected_revision) const;
    // Nothing happens when there is none.
    Result<void> discard_draft(storage::Tx& tx, Change const& change) const;
    // The draft becomes a version and is active; it is a draft no more. Errors: "theme_contrast", "no_draft"
    // (conflict). Event "theme.activated". Raises the tenant's change counter: poll the feed after the commit.
    Result<Version> activate(storage::Tx& tx, Change const& change) const;
    // An earlier version is active again, as a new one. Errors: "theme_version_not_found", "theme_contrast" (the
    // tenant's look around an application's may have changed).
    Result<Version> restore(storage::Tx& tx, Change const& change, std::int64_t number) const;
    // Newest first.
    Result<std::vector<Version>> versions(storage::Tx& tx, TenantId tenant, Owner const& owner) const;
    Result<Version> version(storage::Tx& tx, TenantId tenant, Owner const& owner, std::int64_t number) const;

    // Whether what is seen would be readable: an application's over its tenant's, a tenant's by itself and below every
    // application's. Error: "theme_contrast", with a pointer below `pointer`/tokens.
    Result<void> check(storage::Tx& tx, TenantId tenant, Owner const& owner, Content const& content,
                       std::string const& pointer) const;

private:
    Result<Content> active_content(storage::Tx& tx, TenantId tenant, Owner const& owner) const;
    Result<void> make_active(storage::Tx& tx, Change const& change, Content const& content) const;
    Result<Version> put_in_place(storage::Tx& tx, Change const& change, Content const& content,
                                 std::optional<std::int64_t> restores) const;

    vault::Vault& vault_;
    identity::Tenants const& tenants_;
    view::Pages const& pages_;
};

// A tenant's theme below those of its applications, and an application's over its tenant's, as `Themes::check` holds
// them; for those who change settings directly.
Result<void> check_tenant_theme(storage::Tx& tx, TenantId tenant, view::ThemeTokens const& tokens,
                                std::string const& pointer);
Result<void> check_application_theme(storage::Tx& tx, TenantId tenant, view::ThemeTokens const& tokens,
                                     std::string const& pointer);

// Drafts and versions of an application that was deleted go.
Result<void> forget_application(storage::Tx& tx, TenantId tenant, ApplicationId application);

} // namespace gatehouse::themes
