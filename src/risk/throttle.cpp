#include "risk/throttle.hpp"

#include "http/address.hpp"
#include "risk/throttle_store.hpp"

#include <algorithm>

namespace gatehouse::risk {

namespace {

std::optional<std::chrono::seconds> wait_of(Limit const& limit, Count const& count, TimePoint now)
{
    if (limit.shape == Limit::Shape::window)
        return std::chrono::ceil<std::chrono::seconds>(count.since + limit.duration - now);
    if (count.attempts >= limit.maximum)
        return std::nullopt; // time alone does not help
    auto wait = std::chrono::seconds(0);
    for (auto const& stage : limit.stages)
        if (stage.failures > 0 && count.attempts >= stage.failures)
            wait = stage.wait;
    return std::chrono::ceil<std::chrono::seconds>(count.since + wait - now);
}

Refusal too_many(Limit const& limit, std::optional<Count> const& count, TimePoint now)
{
    auto const wait = count ? wait_of(limit, *count, now) : std::chrono::seconds(1);
    if (!wait && limit.of_codes)
        return refuse(ErrorKind::too_many, "too_many_codes",
                      "There were too many wrong codes. Use a device that you have signed in with before, or ask "
                      "whoever runs the service.")
            .because(std::string(limit.kind));
    if (!wait)
        return refuse(ErrorKind::too_many, "too_many_failures",
                      "There were too many attempts that failed. Set a new password to sign in from this device.")
            .because(std::string(limit.kind));
    auto const seconds = std::max(*wait, std::chrono::seconds(1));
    return refuse(ErrorKind::too_many, "too_many_attempts", "Too many attempts. Wait a little, then try again.")
        .with("minutes", std::to_string(std::chrono::ceil<std::chrono::minutes>(seconds).count()))
        .after(seconds)
        .because(std::string(limit.kind));
}

} // namespace

Result<Reservation> reserve(storage::Tx& tx, TenantId tenant, std::vector<Slot> slots, TimePoint now)
{
    for (auto const& slot : slots) {
        TRY(auto const taken, take_slot(tx, tenant, slot, now));
        if (taken)
            continue;
        TRY(auto count, find_count(tx, tenant, slot));
        return too_many(*slot.limit, count, now);
    }
    return Reservation{std::move(slots)};
}

Result<void> succeed(storage::Tx& tx, TenantId tenant, Reservation const& reservation)
{
    for (auto const& slot : reservation.slots) {
        auto const forgets = slot.limit->shape == Limit::Shape::consecutive;
        TRY_DO(forgets ? delete_count(tx, tenant, slot) : return_slot(tx, tenant, slot));
    }
    return {};
}

Result<void> give_back(storage::Tx& tx, TenantId tenant, Reservation const& reservation)
{
    for (auto const& slot : reservation.slots)
        TRY_DO(return_slot(tx, tenant, slot));
    return {};
}

Result<void> forget(storage::Tx& tx, TenantId tenant, Slot const& slot)
{
    return delete_count(tx, tenant, slot);
}

Result<std::int64_t> remove_expired(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit)
{
    return delete_expired(tx, tenant, now, limit);
}

std::string address_key(std::string_view client_address)
{
    auto address = http::Address::parse(client_address);
    if (!address)
        return std::string(client_address);
    if (!address->is_v4())
        std::fill(address->bytes.begin() + 8, address->bytes.end(), std::uint8_t{0});
    return address->to_string();
}

} // namespace gatehouse::risk
