#include "risk/device.hpp"

#include "session/cookie.hpp"

#include <algorithm>

namespace gatehouse::risk {

namespace {
constexpr std::string_view kPurpose = "device";
constexpr std::string_view kCookie = "device";
} // namespace

bool Device::knows(UserId user) const
{
    return std::ranges::find(users, user) != users.end();
}

std::optional<Device> read_device(Context const& context, http::Request const& request, vault::Vault const& vault)
{
    auto const text = request.cookie(session::cookie_name(context, kCookie));
    if (!text)
        return std::nullopt;
    auto const payload = vault::open(
        vault, {.tenant = context.tenant->id, .purpose = kPurpose, .binding = {}, .now = context.now}, *text);
    if (!payload || payload->size() < 16 || payload->size() % 16 != 0)
        return std::nullopt;
    auto const id_at = [&](std::size_t index) { return *Uuid::from_bytes(ByteView(*payload).subspan(index * 16, 16)); };
    Device device{.id = id_at(0)};
    for (std::size_t index = 1; index < payload->size() / 16; ++index)
        device.users.push_back(UserId{id_at(index)});
    return device;
}

Result<http::Cookie> remember_device(Context const& context, std::optional<Device> device, UserId user,
                                     vault::Vault const& vault)
{
    if (!device)
        device = Device{.id = Uuid::generate(context.now)};
    std::erase(device->users, user);
    device->users.insert(device->users.begin(), user);
    if (device->users.size() > kMostUsersOfDevice)
        device->users.resize(kMostUsersOfDevice);
    Bytes payload(device->id.bytes.begin(), device->id.bytes.end());
    for (auto const& known : device->users)
        payload.insert(payload.end(), known.bytes().begin(), known.bytes().end());
    TRY(auto text, vault::seal(vault,
                               {.tenant = context.tenant->id,
                                .purpose = kPurpose,
                                .binding = {},
                                .expires_at = context.now + kDeviceRemembered},
                               payload, context.now));
    return http::Cookie{.name = session::cookie_name(context, kCookie),
                        .value = std::move(text),
                        .max_age = kDeviceRemembered,
                        .secure = context.secure};
}

} // namespace gatehouse::risk
