#include "account/changes.hpp"

#include "account/identifiers.hpp"
#include "events/types.hpp"
#include "identity/profile_schema.hpp"
#include "journey/notices.hpp"

#include <algorithm>

namespace gatehouse::account {

namespace {

constexpr std::string_view kEmailChange = "email_change";
constexpr std::chrono::minutes kCodeLifetime{10};

// The person as the throttle knows them: by their primary address, or where there is none by their id.
Result<risk::Target> target_of(Services const& services, Context const& context, Visitor const& visitor)
{
    risk::Target target{.user = visitor.user.id};
    auto const email = identity::normalize_email(visitor.email);
    if (email) {
        TRY(target.identifier, services.users.identifier_digest(context.tenant->id, *email));
    } else {
        target.identifier = to_bytes(visitor.user.id.bytes());
    }
    return target;
}

Result<void> send(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                  messages::Kind kind, std::string to, std::optional<UserId> user, view::Arguments arguments)
{
    auto locale = visitor.profile_text("locale");
    auto const is_code = std::ranges::find(arguments, "code", &view::Argument::name) != arguments.end();
    auto const life = is_code ? Duration(kCodeLifetime) : Duration(std::chrono::hours(24));
    TRY_DO(services.outbox.enqueue(tx,
                                   {.tenant = context.tenant->id,
                                    .user = user,
                                    .kind = kind,
                                    .to = std::move(to),
                                    .locale = locale.empty() ? context.tenant->settings.locale.fallback : locale,
                                    .sender_name = context.tenant->name,
                                    .arguments = std::move(arguments),
                                    .expires_at = context.now + life},
                                   context.now));
    return {};
}

} // namespace

events::Origin origin_of(Context const& context, Visitor const& visitor)
{
    return {.request_id = context.request_id, .session = visitor.session.id};
}

Result<void> notify(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                    messages::Kind kind, view::Arguments arguments)
{
    // Who has no address is reached by phone.
    if (visitor.email.empty())
        return journey::tell_everywhere(tx, services.outbox, services.users, *context.tenant, visitor.user.id,
                                        {.kind = kind, .arguments = std::move(arguments)}, context.now);
    return send(services, tx, context, visitor, kind, visitor.email, visitor.user.id, std::move(arguments));
}

Result<session::Opened> keep_only_this_session(Services const& services, storage::Tx& tx, Context const& context,
                                               Visitor const& visitor, std::int64_t epoch)
{
    auto const tenant = context.tenant->id;
    auto const origin = origin_of(context, visitor);
    TRY_DO(session::end_all(tx, services.vault, tenant, visitor.user.id, visitor.session.id,
                            session::EndReason::credential_changed, origin, context.now));
    return session::reauthenticate(tx, services.vault, tenant, visitor.session.id, epoch,
                                   visitor.session.authentication, session::lifetimes_of(*context.tenant), origin,
                                   context.now);
}

bool may_enrol(Context const& context, credentials::Method method)
{
    return credentials::Methods::of(context.tenant->settings.signin.enrol).has(method);
}

Result<void> check_enrolment(Context const& context, credentials::Method method)
{
    if (!may_enrol(context, method))
        return refuse(ErrorKind::forbidden, "enrolment_not_offered", "This cannot be set up here.");
    return {};
}

Result<std::vector<std::string>> first_recovery_codes(Services const& services, storage::Tx& tx, Context const& context,
                                                      Visitor const& visitor)
{
    std::vector<std::string> codes;
    if (!may_enrol(context, credentials::Method::recovery_code))
        return codes;
    TRY(auto const status, services.recovery_codes.status(tx, context.tenant->id, visitor.user.id));
    if (!status) {
        TRY(codes, services.recovery_codes.generate(tx, context.tenant->id, visitor.user.id,
                                                    origin_of(context, visitor), context.now));
    }
    return codes;
}

Result<session::Opened> raise_session(Services const& services, storage::Tx& tx, Context const& context,
                                      Visitor const& visitor, credentials::Methods shown)
{
    auto authentication = visitor.session.authentication;
    authentication.methods = authentication.methods | shown;
    auto const level = journey::Policy::of(*context.tenant).level_of(authentication.methods);
    authentication.acr = acr_of(level, context.tenant->settings.signin.acr);
    authentication.amr = amr_of(authentication.methods, level);
    return session::reauthenticate(tx, services.vault, context.tenant->id, visitor.session.id,
                                   visitor.session.security_epoch, authentication,
                                   session::lifetimes_of(*context.tenant), origin_of(context, visitor), context.now);
}

Result<Check> begin_check(Services const& services, storage::Tx& tx, Context const& context,
                          http::Request const& request, Visitor const& visitor)
{
    Check check;
    TRY(auto const target, target_of(services, context, visitor));
    auto const device = risk::read_device(context, request, services.vault);
    TRY(auto slots, risk::password_slots(services.vault, context, device, target));
    TRY(check.reservation, risk::reserve(tx, context.tenant->id, std::move(slots), context.now));
    TRY(auto stored, services.passwords.load(tx, context.tenant->id, visitor.user.id));
    if (stored) {
        check.phc = std::move(stored->phc);
        check.version = stored->version;
    }
    if (auto const kept = context.tenant->settings.password.history; kept > 0) {
        TRY(check.history, services.passwords.history(tx, context.tenant->id, visitor.user.id, kept));
        check.history.insert(check.history.begin(), check.phc);
    }
    return check;
}

Result<void> fail_check(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor)
{
    TRY_DO(events::append(tx, services.vault,
                          {.type = &events::kSignInFailed,
                           .tenant = context.tenant->id,
                           .user = visitor.user.id,
                           .origin = origin_of(context, visitor),
                           .data = {{"reason", "password_wrong"}},
                           .personal = {{"address", context.client_address}}},
                          context.now));
    return refuse(ErrorKind::unauthenticated, "wrong_password", "This password is not right.")
        .at("current")
        .keeping_writes();
}

Result<void> save_profile(Services const& services, storage::Tx& tx, Context const& context, Visitor const& visitor,
                          boost::json::object const& profile)
{
    TRY_DO(identity::check_editor(*context.tenant->profile, visitor.user.profile, profile, identity::Editor::user));
    TRY_DO(services.users.update_profile(tx, context.tenant->id, visitor.user.id, profile, visitor.user.version,
                                         origin_of(context, visitor), context.now));
    return {};
}

Result<session::Opened> change_password(Services const& services, storage::Tx& tx, Context const& context,
                                        Visitor const& visitor, Check const& check, std::string const& phc)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY(auto const change,
        services.passwords.set(
            tx, tenant, user,
            {.phc = phc, .expected_version = check.version, .history = context.tenant->settings.password.history},
            origin, context.now));
    TRY_DO(risk::succeed(tx, tenant, check.reservation));
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::password_changed, {{"when", context.now}}));
    return keep_only_this_session(services, tx, context, visitor, change.security_epoch);
}

Result<credentials::ChallengeId> begin_email_change(Services const& services, storage::Tx& tx, Context const& context,
                                                    Visitor const& visitor, Check const& check,
                                                    identity::NormalizedIdentifier const& email)
{
    auto const tenant = context.tenant->id;
    TRY_DO(services.passwords.confirm_use(tx, tenant, visitor.user.id, check.version, context.now));
    TRY_DO(risk::succeed(tx, tenant, check.reservation));
    TRY(auto const owner, services.users.find_by_identifier(tx, tenant, email));
    if (owner && owner->user.id == visitor.user.id)
        return refuse(ErrorKind::conflict, "email_unchanged", "This is your address already.").at("new_email");
    TRY(auto const challenge, services.challenges.create(tx, tenant,
                                                         {.purpose = kEmailChange,
                                                          .user = visitor.user.id,
                                                          .payload = {{"email", email.value}},
                                                          .lifetime = kCodeLifetime},
                                                         context.now));
    auto const kind = owner ? messages::Kind::account_exists : messages::Kind::verify_email;
    auto const whose = owner ? std::nullopt : std::optional(visitor.user.id);
    auto arguments = owner
                         ? view::Arguments{{"link", context.tenant->issuer + "/signin"}}
                         : view::Arguments{{"code", challenge.code.expose_text()}, {"minutes", kCodeLifetime.count()}};
    TRY_DO(send(services, tx, context, visitor, kind, email.value, whose, std::move(arguments)));
    return challenge.id;
}

Result<identity::NormalizedIdentifier> pending_email(Services const& services, storage::Tx& tx, Context const& context,
                                                     Visitor const& visitor, credentials::ChallengeId challenge)
{
    TRY(auto const known, services.challenges.peek(tx, context.tenant->id, challenge, kEmailChange, context.now));
    if (known.user != visitor.user.id)
        return refuse(ErrorKind::gone, "code_expired", "This code has expired. Ask for a new one.");
    return identity::normalize_email(known.payload.at("email").get_string());
}

Result<session::Opened> finish_email_change(Services const& services, storage::Tx& tx, Context const& context,
                                            Visitor const& visitor, credentials::ChallengeId challenge,
                                            std::string const& code)
{
    TRY(auto const email, pending_email(services, tx, context, visitor, challenge));
    TRY_DO(services.challenges.redeem(tx, context.tenant->id, challenge, kEmailChange, code, context.now));
    return replace_email(services, tx, context, visitor, email);
}

Result<risk::Reservation> reserve_code(Services const& services, storage::Tx& tx, Context const& context,
                                       Visitor const& visitor, identity::NormalizedIdentifier const& wanted)
{
    TRY(auto const digest, services.users.identifier_digest(context.tenant->id, wanted));
    TRY(auto slots, risk::claim_slots(services.vault, context, visitor.user.id, digest));
    return risk::reserve(tx, context.tenant->id, std::move(slots), context.now);
}

Result<risk::Reservation> reserve_mail(Services const& services, storage::Tx& tx, Context const& context,
                                       identity::NormalizedIdentifier const& email)
{
    TRY(auto const digest, services.users.identifier_digest(context.tenant->id, email));
    TRY(auto slots, risk::mail_slots(services.vault, context, std::nullopt, {digest, std::nullopt}));
    return risk::reserve(tx, context.tenant->id, std::move(slots), context.now);
}

} // namespace gatehouse::account
