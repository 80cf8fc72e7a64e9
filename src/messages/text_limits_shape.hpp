// The JSON form of a tenant's limits for texts and calls.
#pragma once

#include "base/shape.hpp"
#include "messages/text_limits.hpp"

namespace gatehouse::messages {

constexpr auto shape(TextLimits const*)
{
    return Shape{
        "TextSettings",
        Member{"allowed_countries",
               &TextLimits::allowed_countries,
               {.text = "Countries (ISO 3166 codes) whose numbers get texts and calls; empty: all that are not denied.",
                .fallback = true,
                .max_length = 300}},
        Member{"denied_countries",
               &TextLimits::denied_countries,
               {.text = "Countries whose numbers get none.", .fallback = true, .max_length = 300}},
        Member{"per_number_hourly",
               &TextLimits::per_number_hourly,
               {.text = "Texts and calls to one number in an hour.", .fallback = true, .minimum = 1, .maximum = 100}},
        Member{"per_number_daily",
               &TextLimits::per_number_daily,
               {.text = "Texts and calls to one number in a day.", .fallback = true, .minimum = 1, .maximum = 1000}},
        Member{"per_country_daily",
               &TextLimits::per_country_daily,
               {.text = "Texts and calls to the numbers of one country in a day.",
                .fallback = true,
                .minimum = 0,
                .maximum = 10000000}},
        Member{"per_tenant_daily",
               &TextLimits::per_tenant_daily,
               {.text = "Texts and calls in a day, in all.", .fallback = true, .minimum = 0, .maximum = 10000000}}};
}

} // namespace gatehouse::messages
