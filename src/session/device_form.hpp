// What is kept of a device, as the text that is sealed under the person's key.
#pragma once

#include "session/session.hpp"

namespace gatehouse::session {

std::string write_device(Device const& device);
Result<Device> parse_device(std::string_view text);

} // namespace gatehouse::session
