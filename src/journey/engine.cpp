#include "journey/engine.hpp"

#include "applications/registry.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "http/page_headers.hpp"
#include "journey/engine_impl.hpp"

#include <stdexcept>

namespace gatehouse::journey {

namespace {

std::string binding_of(std::string_view browser_secret)
{
    return base64url_encode(crypto::sha256(browser_secret));
}

// What a browser submits besides the step's own fields.
constexpr std::string_view kJourneyField = "journey";
constexpr std::string_view kStepField = "step";

std::string address_of(Context const& context, Purpose purpose, std::string_view handle)
{
    return context.base_path + std::string(Engine::path_of(purpose)) + "?journey=" + std::string(handle);
}

// For whom the person signs in, as long as `catalogue` lives; null: for nobody, or somebody who is gone.
applications::Application const* application_of(std::shared_ptr<applications::Catalogue const> const& catalogue,
                                                Journey const& journey)
{
    auto const* client = catalogue && journey.application ? catalogue->find(*journey.application) : nullptr;
    return client ? &client->application : nullptr;
}

// The same journey with another purpose: what was established for the former one does not carry over.
Journey switched(Journey journey, Purpose purpose)
{
    journey.purpose = purpose;
    auto const settled = journey.facts.account_settled;
    auto invitation = std::move(journey.facts.invitation);
    journey.facts = Facts{.account_settled = settled,
                          .invitation = std::move(invitation),
                          .identifier = std::move(journey.facts.identifier)};
    return journey;
}

} // namespace

std::string_view Engine::path_of(Purpose purpose)
{
    switch (purpose) {
    case Purpose::sign_in:
        return "/signin";
    case Purpose::registration:
        return "/register";
    case Purpose::recovery:
        return "/recover";
    }
    return "/signin";
}

Engine::Engine(Parts parts) : impl_(std::make_unique<Impl>(Impl{.parts = parts})) {}
Engine::~Engine() = default;

void Engine::add_continuation(std::string name, Continuation continuation)
{
    if (!impl_->continuations.emplace(name, std::move(continuation)).second)
        throw std::logic_error("continuation registered twice: " + name);
}

void Engine::add_step(Step step, std::unique_ptr<StepHandler> handler)
{
    if (!impl_->steps.emplace(step, std::move(handler)).second)
        throw std::logic_error("step registered twice: " + std::string(to_string(step)));
}

void Engine::set_default_continuation(std::string name)
{
    impl_->default_continuation = std::move(name);
}

Continuation const* Engine::Impl::continuation_of(Journey const& journey) const
{
    auto const found = continuations.find(journey.continuation);
    return found == continuations.end() ? nullptr : &found->second;
}

std::string Engine::Impl::start_address(Context const& context, Journey const& journey) const
{
    auto const* continuation = continuation_of(journey);
    return continuation ? continuation->start_address(context, journey.payload)
                        : std::string(path_of(Purpose::sign_in));
}

std::string Engine::Impl::browser_cookie_name(Context const& context) const
{
    return session::cookie_name(context, "browser");
}

Result<Journey> Engine::Impl::begin(Context const& context, Start start, Face face) const
{
    if (start.continuation.empty())
        start.continuation = default_continuation;
    Journey journey{.id = JourneyId::generate(context.now),
                    .purpose = start.purpose,
                    .face = face,
                    .application = start.application,
                    .continuation = std::move(start.continuation),
                    .payload = std::move(start.payload),
                    .requirements = std::move(start.requirements),
                    .login_hint = std::move(start.login_hint),
                    .ui_locales = std::move(start.ui_locales),
                    .started_at = context.now,
                    .expires_at = context.now + kLifetime,
                    .facts = {.invitation = std::move(start.invitation)}};
    if (!continuation_of(journey))
        return fault("no continuation is registered as '" + journey.continuation + "'");
    return journey;
}

Task<Result<http::Response>> Engine::Impl::start(Context const& context, http::Request const& request,
                                                 Start start) const
{
    CO_TRY(auto journey, begin(context, std::move(start), Face::pages));
    std::vector<http::Cookie> cookies;
    auto const name = browser_cookie_name(context);
    std::string secret(request.cookie(name).value_or(std::string_view{}));
    if (secret.size() != 43) { // 32 bytes in base64url; anything else was not made here
        secret = crypto::random_token(32);
        cookies.push_back({.name = name, .value = secret, .secure = context.secure});
    }
    journey.binding = binding_of(secret);
    auto const handles = session::read_cookie(context, request);
    if (!handles.empty()) {
        CO_TRY(auto const sessions, co_await parts.database.read([&](storage::Tx& tx) {
            return session::find_all(tx, context.tenant->id, handles, context.now);
        }));
        settle(journey, sessions);
    }
    co_return go_to(context, journey, cookies);
}

Task<Result<http::Response>> Engine::start(Context const& context, http::Request const& request, Start start) const
{
    return impl_->start(context, request, std::move(start));
}

Result<http::Response> Engine::Impl::go_to(Context const& context, Journey const& journey,
                                           std::vector<http::Cookie> const& cookies) const
{
    TRY(auto const handle, seal(parts.vault, context.tenant->id, journey, context.now));
    auto response = http::Response::see_other(address_of(context, journey.purpose, handle));
    for (auto const& cookie : cookies)
        response.headers.add("Set-Cookie", to_string(cookie));
    return response;
}

bool Engine::Impl::is_of_browser(Context const& context, http::Request const& request, Journey const& journey) const
{
    auto const secret = request.cookie(browser_cookie_name(context));
    return secret && journey.face == Face::pages &&
           constant_time_equal(as_bytes(journey.binding), as_bytes(binding_of(*secret)));
}

std::optional<http::Response> Engine::Impl::check(Context const& context, http::Request const& request,
                                                  Journey const& journey) const
{
    auto const again = start_address(context, journey);
    auto const secret = request.cookie(browser_cookie_name(context));
    if (!secret)
        return notice(context, request, "cookies", 400, again, journey.ui_locales);
    if (!is_of_browser(context, request, journey))
        return notice(context, request, "journey_elsewhere", 400, again, journey.ui_locales);
    if (context.now >= journey.expires_at)
        return notice(context, request, "journey_expired", 410, again, journey.ui_locales);
    return std::nullopt;
}

Task<Result<http::Response>> Engine::show_page(Context const& context, http::Request const& request,
                                               Purpose purpose) const
{
    auto const handle = request.query.get(kJourneyField);
    auto const locales = std::string(request.query.get("ui_locales"));
    if (handle.empty())
        co_return co_await impl_->start(context, request,
                                        Start{.purpose = purpose,
                                              .login_hint = std::string(request.query.get("login_hint")),
                                              .ui_locales = locales});
    auto journey = open(impl_->parts.vault, context.tenant->id, handle, context.now);
    if (!journey)
        co_return impl_->notice(context, request, "journey_expired", 410, std::string(path_of(purpose)), locales);
    if (auto page = impl_->check(context, request, *journey))
        co_return std::move(*page);
    auto const another_purpose = journey->purpose != purpose;
    if (another_purpose)
        *journey = switched(std::move(*journey), purpose);
    if (!locales.empty())
        journey->ui_locales = locales;
    if (another_purpose || !locales.empty())
        co_return impl_->go_to(context, *journey, {});
    co_return co_await impl_->show_current(context, request, *journey);
}

Task<Result<http::Response>> Engine::Impl::show_current(Context const& context, http::Request const& request,
                                                        Journey const& journey) const
{
    struct Seen {
        bool spent = false;
        std::optional<Shown> shown; // none: the step is terminal
    };
    CO_TRY(auto const policy, co_await policy_of(context, journey));
    CO_TRY(auto seen, co_await parts.database.read([&](storage::Tx& tx) -> Result<Seen> {
        TRY(auto const spent, is_spent(tx, context.tenant->id, journey.id));
        if (spent)
            return Seen{.spent = true};
        TRY(auto const now, look(tx, context, request, journey, policy));
        auto const step = next(context, journey, now);
        if (is_terminal(step))
            return Seen{};
        TRY(auto shown, show(tx, context, request, journey, now, step, {}));
        return Seen{.shown = std::move(shown)};
    }));
    if (seen.shown)
        co_return render(context, request, *seen.shown);
    if (seen.spent)
        co_return http::Response::see_other(context.base_path + start_address(context, journey));
    CO_TRY(auto turned, co_await turn(context, request, journey, {}, {}));
    if (turned.kind == Turned::Kind::moved && turned.moved.ended)
        co_return co_await conclude(context, journey, std::move(*turned.moved.ended), std::move(turned.moved.cookies));
    // Something changed between the two looks: the start finds out what is the case now.
    co_return http::Response::see_other(context.base_path + start_address(context, journey));
}

Task<Result<http::Response>> Engine::submit_page(Context const& context, http::Request const& request) const
{
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto const input, request.form());
    auto const handle = input.get(kJourneyField);
    auto journey = open(impl_->parts.vault, context.tenant->id, handle, context.now);
    if (!journey)
        co_return impl_->notice(context, request, "journey_expired", 410, std::string(path_of(Purpose::sign_in)));
    if (auto page = impl_->check(context, request, *journey))
        co_return std::move(*page);
    if (input.get("action") == "change_account" && !journey->requirements.user) {
        *journey = switched(std::move(*journey), Purpose::sign_in);
        journey->login_hint.clear();
        journey->facts = Facts{.account_settled = true};
        co_return impl_->go_to(context, *journey, {});
    }
    if (auto const changed = impl_->another_way(*journey, input))
        co_return impl_->go_to(context, *changed, {});
    co_return co_await impl_->submit(context, request, *journey, input, input.get(kStepField));
}

Task<Result<http::Response>> Engine::resume(Context const& context, http::Request const& request,
                                            Journey const& journey, http::Fields const& input, Step step) const
{
    if (auto page = impl_->check(context, request, journey))
        co_return std::move(*page);
    co_return co_await impl_->submit(context, request, journey, input, to_string(step));
}

Result<bool> Engine::satisfies(storage::Tx& tx, Context const& context, Policy const& policy,
                               session::Session const& session, Requirements const& requirements) const
{
    return journey::satisfies(tx, impl_->people(), *context.tenant, policy, session, requirements, context.now);
}

bool Engine::is_of_browser(Context const& context, http::Request const& request, Journey const& journey) const
{
    return impl_->is_of_browser(context, request, journey);
}

Task<Result<http::Response>> Engine::Impl::submit(Context const& context, http::Request const& request,
                                                  Journey const& journey, http::Fields const& input,
                                                  std::string_view step) const
{
    CO_TRY(auto turned, co_await turn(context, request, journey, input, step));
    using Kind = Turned::Kind;
    switch (turned.kind) {
    case Kind::over:
        co_return http::Response::see_other(context.base_path + start_address(context, journey));
    case Kind::other_step:
        co_return go_to(context, journey, {});
    case Kind::refused:
        co_return co_await refused(context, request, journey, input, std::move(*turned.error));
    case Kind::moved:
        break;
    }
    auto& moved = turned.moved;
    if (moved.download)
        co_return download(request, moved.download->name, std::move(moved.download->text));
    if (moved.ended)
        co_return co_await conclude(context, moved.journey, std::move(*moved.ended), std::move(moved.cookies));
    co_return go_to(context, moved.journey, moved.cookies);
}

Task<Result<http::Response>> Engine::Impl::refused(Context const& context, http::Request const& request,
                                                   Journey const& journey, http::Fields const& entered,
                                                   Error error) const
{
    CO_TRY(auto const policy, co_await policy_of(context, journey));
    CO_TRY(auto shown, co_await parts.database.read([&](storage::Tx& tx) -> Result<std::optional<Shown>> {
        TRY(auto const now, look(tx, context, request, journey, policy));
        auto const step = next(context, journey, now);
        if (is_terminal(step))
            return std::nullopt;
        return show(tx, context, request, journey, now, step, entered);
    }));
    if (!shown)
        co_return go_to(context, journey, {});
    shown->model.fail(error.pointer, view::Text::of(error));
    shown->status = page_status(error);
    shown->retry_after = error.retry_after;
    co_return render(context, request, *shown);
}

void Engine::Impl::add_application(Context const& context, Journey const& journey, view::ViewModel& model) const
{
    auto const catalogue = parts.registry.cached(context.tenant->id);
    if (auto const* application = application_of(catalogue, journey))
        model.application = {.name = application->name, .logo = application->logo};
}

std::vector<std::string> Engine::Impl::form_targets(Context const& context, Journey const& journey) const
{
    auto const* continuation = continuation_of(journey);
    return continuation && continuation->form_targets ? continuation->form_targets(context, journey.payload)
                                                      : std::vector<std::string>();
}

Task<Result<http::Response>> Engine::show_beside(Context const& context, http::Request const& request,
                                                 Journey const& journey, view::ViewModel model,
                                                 PageOptions options) const
{
    CO_TRY_DO(co_await impl_->parts.registry.get(context.tenant->id));
    impl_->add_application(context, journey, model);
    options.form_targets = impl_->form_targets(context, journey);
    auto const catalogue = impl_->parts.registry.cached(context.tenant->id);
    options.application = application_of(catalogue, journey);
    options.ui_locales = journey.ui_locales;
    options.development = impl_->parts.development;
    co_return page(impl_->parts.pages, context, request, model, options);
}

Result<Engine::Impl::Shown> Engine::Impl::show(storage::Tx& tx, Context const& context, http::Request const& request,
                                               Journey const& journey, Look const& look, Step step,
                                               http::Fields const& entered) const
{
    Turn const now{context, request, journey, look.situation, look.sessions};
    TRY(auto model, handler(step).show(tx, now, entered));
    add_application(context, journey, model);
    if (auto const& policy = now.policy(); offers_trust(step, journey, policy, look.situation, context.now))
        model.fields.push_back(
            {.name = std::string(kTrustField),
             .kind = view::FieldKind::checkbox,
             .label = {"factor.trust_device",
                       {{"days", std::chrono::duration_cast<std::chrono::days>(policy.trusted_device).count()}}},
             .checked = !entered.get(kTrustField).empty()});
    model.step = to_string(step);
    return Shown{.journey = journey, .step = step, .model = std::move(model)};
}

http::Response Engine::Impl::render(Context const& context, http::Request const& request, Shown const& shown) const
{
    auto const& journey = shown.journey;
    auto const handle = seal(parts.vault, context.tenant->id, journey, context.now);
    if (!handle)
        return notice(context, request, "journey_expired", 410, start_address(context, journey));
    auto const path = std::string(path_of(journey.purpose));
    PageOptions options{.status = shown.status,
                        .form_action = path,
                        .hidden = {{std::string(kJourneyField), *handle},
                                   {std::string(kStepField), std::string(to_string(shown.step))}},
                        .ui_locales = journey.ui_locales,
                        .language_link = path + "?journey=" + *handle,
                        .development = parts.development};
    options.form_targets = form_targets(context, journey);
    auto const catalogue = parts.registry.cached(context.tenant->id);
    options.application = application_of(catalogue, journey);
    auto model = shown.model;
    for (auto& link : model.links) // a step's links to another purpose take the journey along
        for (auto const purpose : {Purpose::sign_in, Purpose::registration, Purpose::recovery})
            if (link.href == path_of(purpose))
                link.href += "?journey=" + *handle;
    auto response = page(parts.pages, context, request, model, options);
    if (shown.retry_after)
        response.headers.set("Retry-After", std::to_string(shown.retry_after->count()));
    return response;
}

http::Response Engine::Impl::notice(Context const& context, http::Request const& request, std::string name, int status,
                                    std::string start_address, std::string const& ui_locales) const
{
    view::ViewModel model{
        .step = name, .title = view::Text("fault." + name + "_title"), .lead = view::Text("fault." + name + "_lead")};
    model.links.push_back(
        {.label = "action.start_again", .href = std::move(start_address), .style = view::ChoiceStyle::primary});
    return page(parts.pages, context, request, model,
                {.status = status, .ui_locales = ui_locales, .development = parts.development});
}

} // namespace gatehouse::journey
