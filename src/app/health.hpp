// /livez, /readyz and /metrics.
#pragma once

#include "http/address.hpp"

#include <vector>

namespace gatehouse::app {

class Metrics;
class Service;
struct Ground;

// /livez: this process answers. /readyz: it can serve: the database answers, the change feed is fresh, and this
// machine's clock is within 2 s of the database's; 503 otherwise, with what is wrong. /metrics: for `readers` only.
void add_health(Service& service, Ground& ground, Metrics const& metrics, std::vector<http::AddressBlock> readers);
// Statements, commits and retries of the database.
void add_ground_metrics(Metrics& metrics, Ground& ground);

} // namespace gatehouse::app
