// What a tenant allows in text messages and calls, which cost money: to which countries, and how many.
//
// Whoever earns from calls to certain numbers has codes sent to them (toll fraud, "SMS pumping"); the counts below
// bound what that can cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::messages {

struct TextLimits {
    std::vector<std::string> allowed_countries; // "DE"; empty: all that are not denied
    std::vector<std::string> denied_countries;
    std::int64_t per_number_hourly = 6;
    std::int64_t per_number_daily = 12;
    std::int64_t per_country_daily = 1'000;
    std::int64_t per_tenant_daily = 5'000;
};

} // namespace gatehouse::messages
