#include "signin/setup.hpp"

#include "credentials/password_policy.hpp"
#include "http/page_headers.hpp"
#include "journey/page.hpp"
#include "risk/throttle.hpp"
#include "signin/link_token.hpp"
#include "signin/steps.hpp"
#include "view/standard_pages.hpp"

namespace gatehouse::signin {

namespace {

constexpr std::string_view kPurpose = "administrator";

struct Form {
    std::string token;
    std::string name;
    std::string email;
};

// A link that opens nothing. Its id tells when it was made, and nothing else ends one before its time but its use; a
// text that never was a link reads like one that expired.
http::Response dead_link(Services const& services, Context const& context, http::Request const& request,
                         std::optional<LinkToken> const& token)
{
    auto const used = token && context.now < made_at(token->challenge) + kSetupLifetime;
    auto model = used ? view::fault_page(view::Fault::link_used, {}, "/signin")
                      : view::fault_page(view::Fault::link_expired, {});
    model.messages.push_back({.kind = view::MessageKind::info, .text = "setup.new_link"});
    return journey::page(services.pages, context, request, model, {.status = 410, .development = services.development});
}

http::Response form_page(Services const& services, Context const& context, http::Request const& request,
                         Form const& form, std::optional<Error> const& error)
{
    view::ViewModel model{.step = "setup", .title = "setup.title", .lead = "setup.lead"};
    model.fields.push_back({.name = "name",
                            .label = "field.name",
                            .value = form.name,
                            .required = true,
                            .autofocus = true,
                            .autocomplete = "name",
                            .max_length = 200});
    model.fields.push_back({.name = "email",
                            .kind = view::FieldKind::email,
                            .label = "field.email",
                            .value = form.email,
                            .required = true,
                            .autocomplete = "username",
                            .max_length = 320});
    auto password = new_password_field(*context.tenant);
    password.label = "field.password";
    model.fields.push_back(std::move(password));
    model.choices.push_back({.label = "setup.create", .style = view::ChoiceStyle::primary});
    if (error)
        model.fail(error->pointer, view::Text::of(*error));
    return journey::page(services.pages, context, request, model,
                         {.status = error ? journey::page_status(*error) : 200,
                          .form_action = "/setup",
                          .hidden = {{"token", form.token}},
                          .development = services.development});
}

http::Response done(Services const& services, Context const& context, http::Request const& request)
{
    view::ViewModel model{.step = "setup_done", .title = "setup.done_title", .lead = "setup.done_lead"};
    model.links.push_back({.label = "action.sign_in", .href = "/signin", .style = view::ChoiceStyle::primary});
    return journey::page(services.pages, context, request, model, {.development = services.development});
}

// The link is used up, and whoever held it is an administrator: a new user, or the one who has this address already.
Result<void> make_administrator(Services const& services, storage::Tx& tx, Context const& context, LinkToken const& token,
                                identity::NormalizedIdentifier const& email, std::string const& name,
                                std::string const& phc, std::vector<std::string> const& permissions)
{
    auto const tenant = context.tenant->id;
    events::Origin const origin{.request_id = context.request_id};
    TRY_DO(services.challenges.redeem(tx, tenant, token.challenge, kPurpose, token.secret, context.now));
    TRY(auto const existing, services.users.find_by_identifier(tx, tenant, email));
    UserId user;
    if (existing) {
        user = existing->user.id;
        TRY_DO(services.users.set_enabled(tx, tenant, user, true, "administrator", origin, context.now));
        TRY_DO(services.passwords.set(tx, tenant, user, {.phc = phc}, origin, context.now, &existing->key));
        TRY_DO(session::end_all(tx, services.vault, tenant, user, std::nullopt, session::EndReason::credential_changed,
                                origin, context.now));
    } else {
        TRY(auto const created,
            services.users.create(
                tx, tenant, {.profile = {{"name", name}}, .identifiers = {{.identifier = email, .verified = true}}},
                origin, context.now));
        user = created.user.id;
        TRY_DO(services.passwords.enrol(tx, created.key, phc, origin, context.now));
    }
    return services.users.set_permissions(tx, tenant, user, context.tenant->issuer + "/api/v1", permissions, origin,
                                          context.now);
}

} // namespace

Result<std::string> create_setup_link(storage::Tx& tx, credentials::Challenges const& challenges,
                                      identity::Tenant const& tenant, TimePoint now)
{
    TRY(auto const issued,
        challenges.create(tx, tenant.id,
                          {.purpose = kPurpose, .form = credentials::CodeForm::link, .lifetime = kSetupLifetime}, now));
    return tenant.issuer + "/setup?token=" + base64url_encode(issued.id.bytes()) + "." +
           std::string(issued.code.expose_text());
}

Task<Result<http::Response>> show_setup(Services const& services, Context const& context, http::Request const& request)
{
    auto const text = request.query.get("token");
    auto const token = read_link_token(text);
    if (!token || !context.tenant->is_system())
        co_return dead_link(services, context, request, token);
    auto const alive = co_await services.database.read([&](storage::Tx& tx) {
        return services.challenges.peek(tx, context.tenant->id, token->challenge, kPurpose, context.now);
    });
    if (!alive && alive.error().kind != ErrorKind::gone)
        co_return std::unexpected(alive.error());
    if (!alive)
        co_return dead_link(services, context, request, token);
    co_return form_page(services, context, request, {.token = std::string(text)}, std::nullopt);
}

Task<Result<http::Response>> submit_setup(Services const& services, Context const& context,
                                          http::Request const& request, std::vector<std::string> const& permissions)
{
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto const input, request.form());
    Form form{.token = std::string(input.get("token")),
              .name = std::string(http::trim(input.get("name"))),
              .email = std::string(http::trim(input.get("email")))};
    auto const token = read_link_token(form.token);
    if (!token || !context.tenant->is_system())
        co_return dead_link(services, context, request, token);
    auto const refused = [&](Error const& error) { return form_page(services, context, request, form, error); };
    if (auto const name = required(input, "name", "required", "Enter your name."); !name)
        co_return refused(name.error());
    auto const email = identity::normalize_email(form.email);
    if (!email)
        co_return refused(at_field(email.error(), "email"));
    auto password =
        read_new_password(input, "password", *context.tenant, {form.email, form.name, context.tenant->name});
    if (!password)
        co_return refused(password.error());
    // Nobody makes this server hash who does not hold a living link.
    auto const alive = co_await services.database.read([&](storage::Tx& tx) {
        return services.challenges.peek(tx, context.tenant->id, token->challenge, kPurpose, context.now);
    });
    if (!alive)
        co_return dead_link(services, context, request, token);
    crypto::HashRequest chosen{.tenant = context.tenant->id.to_string(),
                               .client_address = risk::address_key(context.client_address),
                               .password = std::move(*password),
                               .phc = {}};
    if (auto const unknown =
            co_await credentials::check_new_password(services.breached_passwords, services.hash_pool, chosen, {});
        !unknown)
        co_return refused(unknown.error());
    auto const phc = co_await services.hash_pool.hash(std::move(chosen));
    if (!phc)
        co_return journey::is_for_the_person(phc.error()) ? Result<http::Response>(refused(phc.error()))
                                                          : std::unexpected(phc.error());
    auto const made = co_await services.database.write([&](storage::Tx& tx) {
        return make_administrator(services, tx, context, *token, *email, form.name, *phc, permissions);
    });
    if (made)
        co_return done(services, context, request);
    if (made.error().code.starts_with("code_"))
        co_return dead_link(services, context, request, token);
    if (!journey::is_for_the_person(made.error()))
        co_return std::unexpected(made.error());
    co_return refused(at_field(made.error(), "email"));
}

} // namespace gatehouse::signin
