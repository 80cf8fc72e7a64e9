#include "account/proof.hpp"

#include "account/answer.hpp"
#include "journey/person.hpp"
#include "messages/outbox.hpp"
#include "session/trusted_devices.hpp"

namespace gatehouse::account {

using credentials::Level;

namespace {

// Two factors from those who have two, whatever the session was opened with.
Result<Level> level_demanded(Services const& services, storage::Tx& tx, Context const& context,
                             journey::Policy const& policy, UserId user)
{
    if (policy.second_factor == identity::SecondFactor::never)
        return Level::single;
    journey::Situation situation;
    TRY_DO(journey::look_up(tx, {services.users, services.outbox.carries(messages::Channel::sms)}, *context.tenant,
                            policy, user, context.now, situation));
    return journey::has_second_factor(policy, situation) ? Level::multi : Level::single;
}

} // namespace

Result<bool> is_proven(Services const& services, storage::Tx& tx, Context const& context,
                       session::Session const& session, Duration age)
{
    if (context.now - session.authentication.time > age || session::is_by_trust(session.authentication.methods))
        return false;
    auto const policy = journey::Policy::of(*context.tenant);
    TRY(auto const demanded, level_demanded(services, tx, context, policy, session.user));
    return policy.level_of(session.authentication.methods - session::kByTrust) >= demanded;
}

Task<Result<std::optional<http::Response>>> demand_proof(Services const& services, Context const& context,
                                                         http::Request const& request, Visitor const& visitor,
                                                         std::string path)
{
    auto const policy = journey::Policy::of(*context.tenant);
    auto demanded = Level::single;
    CO_TRY(auto const proven, co_await services.database.read([&](storage::Tx& tx) -> Result<bool> {
        TRY(demanded, level_demanded(services, tx, context, policy, visitor.user.id));
        return is_proven(services, tx, context, visitor.session);
    }));
    if (proven)
        co_return std::nullopt;
    auto const by_trust = session::is_by_trust(visitor.session.authentication.methods);
    CO_TRY(
        auto response,
        co_await services.engine.start(
            context, request,
            {.continuation = "account",
             .payload = std::move(path),
             .requirements = {.user = visitor.user.id, .fresh = by_trust, .max_age = kProofAge, .level = demanded}}));
    co_return std::optional(std::move(response));
}

} // namespace gatehouse::account
