#include "risk/attempts.hpp"

namespace gatehouse::risk {

namespace {

Result<Bytes> digest(vault::Vault const& vault, TenantId tenant, std::string_view kind, std::string_view value)
{
    TRY(auto const lookup, vault.lookup_digest(tenant, kind, value));
    return to_bytes(ByteView(lookup.digest));
}

Result<Slot> address_slot(vault::Vault const& vault, Context const& context, Limit const& limit)
{
    TRY(auto key, digest(vault, context.tenant->id, "throttle.address", address_key(context.client_address)));
    return Slot{&limit, std::move(key)};
}

// The person, or for an identifier that nobody has a stand-in that no other identifier shares.
Result<Slot> account_slot(vault::Vault const& vault, TenantId tenant, Target const& target)
{
    auto const whose = target.user ? "user " + target.user->to_string() : "nobody " + hex_encode(target.identifier);
    TRY(auto key, digest(vault, tenant, "throttle.account", whose));
    return Slot{&kPasswordByAccount, std::move(key)};
}

// The person on this very device, if they have signed in with it before.
Result<std::optional<Bytes>> known_device(vault::Vault const& vault, TenantId tenant,
                                          std::optional<Device> const& device, Target const& target)
{
    if (!device || !target.user || !device->knows(*target.user))
        return std::nullopt;
    return digest(vault, tenant, "throttle.device", device->id.to_string() + target.user->to_string());
}

} // namespace

Result<std::vector<Slot>> password_slots(vault::Vault const& vault, Context const& context,
                                         std::optional<Device> const& device, Target const& target)
{
    auto const tenant = context.tenant->id;
    TRY(auto address, address_slot(vault, context, kPasswordByAddress));
    std::vector<Slot> slots{std::move(address)};
    TRY(auto known, known_device(vault, tenant, device, target));
    if (known) {
        slots.push_back({&kPasswordByDevice, std::move(*known)});
        return slots;
    }
    TRY(auto counts, password_counts(vault, tenant, target));
    for (auto& count : counts)
        slots.push_back(std::move(count));
    return slots;
}

Result<std::vector<Slot>> password_counts(vault::Vault const& vault, TenantId tenant, Target const& target)
{
    TRY(auto account, account_slot(vault, tenant, target));
    return std::vector<Slot>{{&kPasswordByIdentifier, target.identifier}, std::move(account)};
}

Result<std::vector<Slot>> code_slots(vault::Vault const& vault, Context const& context,
                                     std::optional<Device> const& device, Target const& target)
{
    auto const tenant = context.tenant->id;
    TRY(auto address, address_slot(vault, context, kCodeByAddress));
    TRY(auto known, known_device(vault, tenant, device, target));
    TRY(auto account, account_slot(vault, tenant, target));
    return std::vector<Slot>{std::move(address),
                             {&kCodeByAccount, known ? *known : target.identifier},
                             {&kSentCodeByAccount, known ? *known : std::move(account.key)}};
}

Result<std::vector<Slot>> claim_slots(vault::Vault const& vault, Context const& context, UserId user,
                                      ByteView identifier)
{
    auto const tenant = context.tenant->id;
    TRY(auto address, address_slot(vault, context, kCodeByAddress));
    TRY(auto claim, digest(vault, tenant, "throttle.claim", user.to_string() + " " + hex_encode(identifier)));
    return std::vector<Slot>{
        std::move(address), {&kCodeByAccount, to_bytes(user.bytes())}, {&kSentCodeByAccount, std::move(claim)}};
}

Result<std::vector<Slot>> factor_slots(vault::Vault const& vault, Context const& context,
                                       std::optional<Device> const& device, UserId user)
{
    auto const tenant = context.tenant->id;
    TRY(auto address, address_slot(vault, context, kCodeByAddress));
    TRY(auto known, known_device(vault, tenant, device, {.identifier = {}, .user = user}));
    if (known)
        return std::vector<Slot>{std::move(address), {&kFactorByDevice, std::move(*known)}};
    TRY(auto key, digest(vault, tenant, "throttle.factor", user.to_string()));
    return std::vector<Slot>{std::move(address), {&kFactorByAccount, std::move(key)}};
}

Result<std::vector<Slot>> printed_code_slots(vault::Vault const& vault, Context const& context,
                                             std::optional<Device> const& device, Target const& target)
{
    TRY(auto slots, code_slots(vault, context, device, target));
    // For an identifier that nobody has, somebody whom nobody is: the same work.
    auto stand_in = UserId{};
    std::copy_n(target.identifier.begin(), std::min<std::size_t>(target.identifier.size(), 16),
                stand_in.value.bytes.begin());
    TRY(auto const factors, factor_slots(vault, context, device, target.user.value_or(stand_in)));
    slots.push_back(factors.back()); // the first is that of the address, which is there already
    return slots;
}

Result<std::vector<Slot>> mail_slots(vault::Vault const& vault, Context const& context,
                                     std::optional<Device> const& device, Target const& target)
{
    TRY(auto address, address_slot(vault, context, kMailByAddress));
    TRY(auto known, known_device(vault, context.tenant->id, device, target));
    auto const& key = known ? *known : target.identifier;
    return std::vector<Slot>{std::move(address), {&kMailByAccount, key}, {&kMailByAccountDaily, key}};
}

Result<std::vector<Slot>> push_slots(vault::Vault const& vault, Context const& context, Target const& target)
{
    TRY(auto address, address_slot(vault, context, kPushByAddress));
    return std::vector<Slot>{
        std::move(address), {&kPushByAccount, target.identifier}, {&kPushByAccountDaily, target.identifier}};
}

} // namespace gatehouse::risk
