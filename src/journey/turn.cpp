// One turn of a journey: look, prepare, compute, complete, finish. Without HTTP's faces.
#include "applications/registry.hpp"
#include "base/words.hpp"
#include "credentials/passkeys.hpp"
#include "credentials/recovery_holds.hpp"
#include "credentials/reset_caution.hpp"
#include "crypto/hash_pool.hpp"
#include "events/types.hpp"
#include "identity/agreements.hpp"
#include "identity/deletions.hpp"
#include "identity/users.hpp"
#include "journey/engine_impl.hpp"
#include "journey/notices.hpp"
#include "journey/prompts.hpp"
#include "messages/outbox.hpp"
#include "risk/device.hpp"
#include "risk/throttle.hpp"
#include "tokens/grants.hpp"

#include <algorithm>

namespace gatehouse::journey {

namespace {

events::Origin origin_of(Context const& context, Journey const& journey, std::optional<SessionId> session = {})
{
    return {.request_id = context.request_id, .application = journey.application, .session = session};
}

std::string names_of(credentials::Methods methods)
{
    std::vector<std::string> names;
    for (auto const& traits : credentials::kMethodTraits)
        if (methods.has(traits.method))
            names.emplace_back(traits.name);
    return join_words(names);
}

session::Device device_of(Context const& context, http::Request const& request)
{
    return {.user_agent = std::string(request.header("User-Agent").substr(0, 512)), .address = context.client_address};
}

session::Session const* find_session(std::vector<session::Session> const& sessions, auto const& wanted)
{
    auto const found = std::ranges::find_if(sessions, wanted);
    return found == sessions.end() ? nullptr : &*found;
}

// What the session is noted to be opened by. The browser's trust is part of it only where it was needed.
credentials::Methods methods_of_session(Journey const& journey, Situation const& situation, TimePoint now)
{
    auto methods = what_counts(journey, situation, now);
    auto without = journey;
    without.facts.session_methods = without.facts.session_methods - session::kByTrust;
    auto untrusted = situation;
    untrusted.trusted_device = false;
    if (is_authenticated(without, *situation.policy, untrusted, now))
        return methods - session::kByTrust;
    return methods;
}

} // namespace

People Engine::Impl::people() const
{
    return {.users = parts.users, .texts = parts.outbox.carries(messages::Channel::sms)};
}

Task<Result<PolicyPointer>> Engine::Impl::policy_of(Context const& context, Journey const& journey) const
{
    applications::Client const* client = nullptr;
    CO_TRY(auto const catalogue, co_await parts.registry.get(context.tenant->id));
    if (journey.application)
        client = catalogue->find(*journey.application);
    auto policy = Policy::of(*context.tenant, client ? &client->application.signin : nullptr);
    // Without a provider no text goes out.
    if (!parts.outbox.carries(messages::Channel::sms)) {
        policy.enrol.remove(credentials::Method::sms_code);
        policy.recovery.remove(credentials::Method::sms_code);
    }
    co_return std::make_shared<Policy const>(std::move(policy));
}

Result<Look> Engine::Impl::look(storage::Tx& tx, Context const& context, http::Request const& request,
                                Journey const& journey, PolicyPointer policy) const
{
    auto const tenant = context.tenant->id;
    auto const& [facts, requirements] = std::tie(journey.facts, journey.requirements);
    Look look{.situation = {.policy = std::move(policy)}};
    if (journey.face == Face::pages) {
        auto const handles = session::read_cookie(context, request);
        if (!handles.empty()) {
            TRY(look.sessions, session::find_all(tx, tenant, handles, context.now));
        }
    }
    look.situation.live_sessions = static_cast<int>(look.sessions.size());
    look.situation.session_alive =
        facts.session && find_session(look.sessions, [&](auto const& live) { return live.id == *facts.session; });
    if (facts.user) {
        TRY(auto const state, parts.users.state(tx, tenant, *facts.user));
        look.situation.user_active = state && state->enabled && state->security_epoch == facts.security_epoch;
        auto const held = look.situation.policy;
        TRY_DO(look_up(tx, people(), *context.tenant, *held, *facts.user, context.now, look.situation));
        TRY(auto const deletion, identity::find_deletion(tx, tenant, *facts.user));
        if (deletion)
            look.situation.deletion_due = deletion->due_at;
        TRY_DO(look_for_trust(tx, context, request, journey, look));
        if (facts.hold) {
            TRY(auto const hold, credentials::find_hold(tx, tenant, *facts.user, {*facts.hold}, context.now));
            look.situation.hold_over = hold && hold->is_over(context.now);
        }
        if (journey.purpose == Purpose::recovery) {
            TRY(look.situation.reset_cautious, credentials::is_cautious(tx, tenant, *facts.user, context.now));
        }
        TRY(look.situation.offer_passkey, offers_passkey(tx, context, journey, look.situation));
        TRY_DO(look_at_profile(tx, context, journey, look.situation));
        if (journey.application && !requirements.consent_scopes.empty()) {
            TRY(auto const grant, tokens::find_grant(tx, tenant, *facts.user, *journey.application));
            look.situation.consent_missing = !tokens::covers(grant, requirements.consent_scopes);
        }
    }
    return look;
}

// What the tenant asks of people before it lets them go on. Without a statement where it asks for nothing.
Result<void> Engine::Impl::look_at_profile(storage::Tx& tx, Context const& context, Journey const& journey,
                                           Situation& situation) const
{
    auto const& tenant = *context.tenant;
    if (!situation.user_active)
        return {};
    TRY(auto const missing, identity::missing_agreements(tx, tenant.id, *journey.facts.user, *tenant.agreements));
    situation.agreements_missing = !missing.empty();
    // Who only confirms a change of theirs is not asked for other things.
    auto const prompted = !tenant.profile->prompts.empty() && !journey.requirements.user;
    if (journey.facts.profile_asked || (!prompted && !identity::demands_claims(journey.requirements.scopes)))
        return {};
    TRY(auto const user, parts.users.get(tx, tenant.id, *journey.facts.user));
    TRY(auto const due, find_due_prompt(tx, context, parts.registry, journey, user.profile));
    situation.profile_missing = due.has_value();
    return {};
}

// The n-th sign-in is known only where something depends on it.
Result<void> Engine::Impl::count_sign_in(storage::Tx& tx, Context const& context, Journey const& journey) const
{
    auto const& prompts = context.tenant->profile->prompts;
    if (journey.requirements.user ||
        std::ranges::none_of(prompts, [](auto const& prompt) { return prompt.from_sign_in > 0; }))
        return {};
    TRY(auto history, identity::find_prompt_history(tx, context.tenant->id, *journey.facts.user));
    return identity::count_sign_in(tx, context.tenant->id, *journey.facts.user, std::move(history));
}

// Asked only of those who came in by a password just now, on a device that can make a passkey.
Result<bool> Engine::Impl::offers_passkey(storage::Tx& tx, Context const& context, Journey const& journey,
                                          Situation const& situation) const
{
    auto const days = context.tenant->settings.passkeys.upgrade_prompt_days;
    auto const& facts = journey.facts;
    if (days == 0 || !facts.can_have_passkey || facts.passkey_offered || journey.purpose != Purpose::sign_in ||
        !facts.proven.has(credentials::Method::password) || situation.usable.has(credentials::Method::passkey) ||
        !situation.policy->enrol.has(credentials::Method::passkey) || !credentials::relying_party(*context.tenant))
        return false;
    TRY(bool const asked,
        credentials::was_offered_passkey(tx, context.tenant->id, *facts.user, context.now - std::chrono::days(days)));
    return !asked;
}

Result<void> Engine::Impl::look_for_trust(storage::Tx& tx, Context const& context, http::Request const& request,
                                          Journey const& journey, Look& look) const
{
    auto const longest = look.situation.policy->trusted_device;
    if (journey.face != Face::pages || !look.situation.user_active || longest == Duration::zero())
        return {};
    TRY(look.trust, session::find_trust(tx, context.tenant->id, *journey.facts.user, journey.facts.security_epoch,
                                        session::read_trust_cookie(context, request), longest, context.now));
    look.situation.trusted_device = look.trust.has_value();
    return {};
}

// "Another way": the page's buttons of the name "use". Nothing is proven by it, so nothing is written.
std::optional<Journey> Engine::Impl::another_way(Journey const& journey, http::Fields const& input) const
{
    auto const method = credentials::parse_method(input.get("use"));
    if (!method || (journey.purpose == Purpose::registration && journey.facts.proven.empty()))
        return std::nullopt;
    auto changed = journey;
    changed.facts.wanted = method;
    changed.facts.challenge.reset();
    if (auto const typed = input.get("identifier"); !typed.empty() && typed.size() <= 320)
        changed.facts.identifier = typed;
    return changed;
}

Step Engine::Impl::next(Context const& context, Journey const& journey, Look const& look) const
{
    return next_step(journey, *look.situation.policy, look.situation, context.now);
}

StepHandler const& Engine::Impl::handler(Step step) const
{
    auto const found = steps.find(step);
    if (found == steps.end())
        throw std::logic_error("no step is registered for " + std::string(to_string(step)));
    return *found->second;
}

void Engine::Impl::settle(Journey& journey, std::vector<session::Session> const& sessions) const
{
    auto const& requirements = journey.requirements;
    if (journey.purpose != Purpose::sign_in || sessions.empty())
        return;
    session::Session const* chosen = nullptr;
    if (requirements.user)
        chosen = find_session(sessions, [&](auto const& live) { return live.user == *requirements.user; });
    else if (!requirements.choose_account && sessions.size() == 1)
        chosen = &sessions.front();
    if (!chosen)
        return;
    auto& facts = journey.facts;
    facts.account_settled = true;
    facts.session = chosen->id;
    facts.user = chosen->user;
    facts.security_epoch = chosen->security_epoch;
    facts.session_methods = chosen->authentication.methods;
    facts.session_at = chosen->authentication.time;
}

Task<Result<Computed>> Engine::Impl::compute(Context const& context, Work const& work) const
{
    Computed computed;
    if (!work.password)
        co_return computed;
    auto const request = [&] {
        return crypto::HashRequest{.tenant = context.tenant->id.to_string(),
                                   .client_address = risk::address_key(context.client_address),
                                   .password = work.password->clone(),
                                   .phc = work.phc};
    };
    auto rehash = !work.verify;
    if (work.chosen)
        CO_TRY_DO(co_await credentials::check_new_password(parts.breached_passwords, parts.hash_pool, request(),
                                                           *work.chosen));
    if (work.verify) {
        CO_TRY(auto const verdict, co_await parts.hash_pool.verify(request()));
        computed.matches = crypto::matches(verdict);
        if (computed.matches)
            computed.breached = co_await parts.breached_passwords.is_breached_at_sign_in(*work.password);
        rehash = verdict == crypto::PasswordVerdict::matches_rehash;
    }
    if (rehash) {
        CO_TRY(computed.phc, co_await parts.hash_pool.hash(request()));
    }
    co_return computed;
}

Task<Result<Engine::Impl::Turned>> Engine::Impl::turn(Context const& context, http::Request const& request,
                                                      Journey const& journey, http::Fields const& input,
                                                      std::string_view submitted_step) const
{
    auto const refusal = [](Error error) -> Result<Turned> {
        if (error.code == "journey_over")
            return Turned{.kind = Turned::Kind::over};
        if (error.code == "journey_moved")
            return Turned{.kind = Turned::Kind::other_step};
        if (!is_for_the_person(error))
            return std::unexpected(std::move(error));
        return Turned{.kind = Turned::Kind::refused, .error = std::move(error)};
    };
    CO_TRY(auto const policy, co_await policy_of(context, journey));
    auto prepared = co_await parts.database.write(
        [&](storage::Tx& tx) -> Result<Prepared> {
            Prepared ready{.journey = journey};
            TRY(ready.look, look(tx, context, request, journey, policy));
            TRY(ready.look.spent, is_spent(tx, context.tenant->id, journey.id));
            ready.step = next(context, journey, ready.look);
            if (ready.step == Step::choose_account && submitted_step == to_string(Step::password)) {
                // Somebody signed in in another tab since this page was shown: the password stands for "another one".
                ready.journey.facts.account_settled = true;
                ready.step = next(context, ready.journey, ready.look);
            }
            if (ready.look.spent || is_terminal(ready.step) || submitted_step != to_string(ready.step))
                return ready;
            Turn const now{context, request, ready.journey, ready.look.situation, ready.look.sessions};
            TRY(ready.work, handler(ready.step).prepare(tx, now, input));
            ready.journey.facts.trust_device |=
                !input.get(kTrustField).empty() &&
                offers_trust(ready.step, ready.journey, *policy, ready.look.situation, context.now);
            return ready;
        },
        storage::Durability::Relaxed);
    if (!prepared)
        co_return refusal(std::move(prepared).error());
    if (prepared->look.spent)
        co_return Turned{.kind = Turned::Kind::over};
    if (!prepared->work && !is_terminal(prepared->step))
        co_return Turned{.kind = Turned::Kind::other_step};

    Computed computed;
    if (prepared->work) {
        auto done = co_await compute(context, *prepared->work);
        if (!done) {
            CO_TRY_DO(co_await parts.database.write(
                [&](storage::Tx& tx) {
                    Turn const now{context, request, prepared->journey, prepared->look.situation,
                                   prepared->look.sessions};
                    return handler(prepared->step).abandon(tx, now, *prepared->work);
                },
                storage::Durability::Relaxed));
            co_return refusal(std::move(done).error());
        }
        computed = std::move(*done);
    }
    auto moved = co_await parts.database.write(
        [&](storage::Tx& tx) { return complete(tx, context, request, *prepared, computed); });
    if (!moved)
        co_return refusal(std::move(moved).error());
    if (moved->sent_mail)
        parts.outbox.wake();
    if (moved->after_commit)
        moved->after_commit();
    co_return Turned{.moved = std::move(*moved)};
}

Result<Engine::Impl::Moved> Engine::Impl::complete(storage::Tx& tx, Context const& context,
                                                   http::Request const& request, Prepared const& prepared,
                                                   Computed const& computed) const
{
    Moved moved{.journey = prepared.journey};
    if (prepared.work) {
        Turn const now{context, request, prepared.journey, prepared.look.situation, prepared.look.sessions};
        TRY(auto outcome, handler(prepared.step).complete(tx, now, *prepared.work, computed));
        moved.journey = std::move(outcome.journey);
        moved.cookies = std::move(outcome.cookies);
        moved.sent_mail = outcome.sent_mail;
        moved.after_commit = std::move(outcome.after_commit);
        moved.download = std::move(outcome.download);
    }
    TRY(auto const after, look(tx, context, request, moved.journey, prepared.look.situation.policy));
    switch (next(context, moved.journey, after)) {
    case Step::finish: {
        TRY(moved.ended, finish(tx, context, request, moved.journey, after));
        moved.sent_mail |= moved.ended->sent_mail;
        break;
    }
    case Step::cancel:
        moved.ended = Ended{};
        break;
    default:
        break;
    }
    return moved;
}

Result<Engine::Impl::Ended> Engine::Impl::finish(storage::Tx& tx, Context const& context, http::Request const& request,
                                                 Journey const& journey, Look const& look) const
{
    if (!journey.facts.proven.empty())
        return open_session(tx, context, request, journey, look);
    auto const* session =
        find_session(look.sessions, [&](auto const& live) { return live.id == *journey.facts.session; });
    if (!session)
        return fault("a journey finished without proof and without session");
    return Ended{.session = *session};
}

Result<Engine::Impl::Ended> Engine::Impl::open_session(storage::Tx& tx, Context const& context,
                                                       http::Request const& request, Journey const& journey,
                                                       Look const& look) const
{
    auto const tenant = context.tenant->id;
    auto const& facts = journey.facts;
    TRY(auto const first, spend(tx, tenant, journey.id, journey.expires_at + kReadable));
    if (!first)
        return refuse(ErrorKind::conflict, "journey_over", "You are signed in already.");
    auto const methods = methods_of_session(journey, look.situation, context.now);
    auto const level = look.situation.policy->level_of(methods);
    session::Authentication const authentication{.time = facts.authenticated_at,
                                                 .acr = acr_of(level, context.tenant->settings.signin.acr),
                                                 .amr = amr_of(methods, level),
                                                 .methods = methods};
    if (level < credentials::Level::multi && may_put_off(*look.situation.policy, look.situation, context.now))
        TRY_DO(begin_grace(tx, tenant, *facts.user, context.now));
    auto const lifetimes = session::lifetimes_of(*context.tenant);
    auto const device = device_of(context, request);
    TRY(auto const key, parts.vault.open_person_key(tx, tenant, *facts.user));
    // Whoever is signed in here already stays in their session and gets a new secret for it.
    auto const* held = find_session(look.sessions, [&](auto const& live) { return live.user == *facts.user; });
    auto opened = held ? session::reauthenticate(tx, parts.vault, tenant, held->id, facts.security_epoch,
                                                 authentication, lifetimes, origin_of(context, journey), context.now)
                       : session::start(tx, parts.vault,
                                        {.tenant = tenant,
                                         .user = *facts.user,
                                         .security_epoch = facts.security_epoch,
                                         .authentication = authentication,
                                         .device = device,
                                         .lifetimes = lifetimes,
                                         .origin = origin_of(context, journey),
                                         .key = &key},
                                        context.now);
    if (!opened)
        return std::unexpected(std::move(opened).error());
    TRY_DO(count_sign_in(tx, context, journey));
    TRY(auto const kept,
        keep_account(tx, {parts.outbox, parts.users, parts.vault}, *context.tenant, *facts.user,
                     origin_of(context, journey, opened->session.id), context.now));
    TRY_DO(events::append(tx, parts.vault,
                          {.type = &events::kSignInSucceeded,
                           .tenant = tenant,
                           .user = facts.user,
                           .origin = origin_of(context, journey, opened->session.id),
                           .data = {{"methods", join_words(authentication.amr)},
                                    {"factors", names_of(facts.proven)},
                                    {"acr", authentication.acr}},
                           .personal = {{"address", device.address}, {"user_agent", device.user_agent}}},
                          context.now, &key));
    Ended ended{.session = opened->session, .sent_mail = kept};
    if (journey.face == Face::pages) {
        auto const handles = session::with_handle(session::read_cookie(context, request), std::move(opened->handle));
        ended.cookies.push_back(session::make_cookie(context, handles));
        TRY(auto known,
            risk::remember_device(context, risk::read_device(context, request, parts.vault), *facts.user, parts.vault));
        ended.cookies.push_back(std::move(known));
        TRY_DO(keep_trust(tx, context, request, journey, look, methods, ended));
    }
    return ended;
}

Result<void> Engine::Impl::keep_trust(storage::Tx& tx, Context const& context, http::Request const& request,
                                      Journey const& journey, Look const& look, credentials::Methods methods,
                                      Ended& ended) const
{
    auto const tenant = context.tenant->id;
    auto const& [facts, policy] = std::tie(journey.facts, *look.situation.policy);
    if (session::is_by_trust(methods) && look.trust)
        return session::use_trust(tx, tenant, *facts.user, *look.trust, context.now);
    auto const lifetime = policy.trusted_device;
    if (!facts.trust_device || lifetime == Duration::zero() || policy.level_of(methods) < credentials::Level::multi)
        return {};
    TRY(auto trust, session::trust_device(tx, parts.vault,
                                          {.tenant = tenant,
                                           .user = *facts.user,
                                           .security_epoch = facts.security_epoch,
                                           .device = device_of(context, request),
                                           .lifetime = lifetime,
                                           .replaces = look.trust,
                                           .origin = origin_of(context, journey, ended.session->id)},
                                          context.now));
    ended.cookies.push_back(session::make_trust_cookie(context, session::read_trust_cookie(context, request),
                                                       std::move(trust),
                                                       std::chrono::duration_cast<std::chrono::seconds>(lifetime)));
    return {};
}

Task<Result<http::Response>> Engine::Impl::conclude(Context const& context, Journey const& journey, Ended ended,
                                                    std::vector<http::Cookie> cookies) const
{
    auto const* continuation = continuation_of(journey);
    if (!continuation)
        co_return fault("nobody continues " + journey.continuation);
    auto response =
        ended.session
            ? co_await continuation->finish(context, Finished{.session = *ended.session, .payload = journey.payload})
            : co_await continuation->cancel(context, journey.payload);
    if (!response)
        co_return response;
    for (auto const& cookie : cookies)
        response->headers.add("Set-Cookie", to_string(cookie));
    for (auto const& cookie : ended.cookies)
        response->headers.add("Set-Cookie", to_string(cookie));
    co_return response;
}

} // namespace gatehouse::journey
