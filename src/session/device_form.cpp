#include "session/device_form.hpp"

#include "base/json.hpp"

namespace gatehouse::session {

std::string write_device(Device const& device)
{
    constexpr std::size_t kLongestUserAgent = 512;
    std::string json = "{\"user_agent\":";
    append_json_string(json, std::string_view(device.user_agent).substr(0, kLongestUserAgent));
    json += ",\"address\":";
    append_json_string(json, device.address);
    json += '}';
    return json;
}

Result<Device> parse_device(std::string_view text)
{
    TRY(auto json, parse_json_object_strict(text));
    auto const member = [&](std::string_view name) {
        auto const* value = json.if_contains(name);
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    return Device{.user_agent = member("user_agent"), .address = member("address")};
}

} // namespace gatehouse::session
