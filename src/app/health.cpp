#include "app/health.hpp"

#include "app/ground.hpp"
#include "app/metrics.hpp"
#include "app/service.hpp"

namespace gatehouse::app {

namespace {

constexpr Duration kClockTolerance = std::chrono::seconds(2);

// An empty text, or what keeps this node from serving.
Task<std::string> what_is_wrong(Ground& ground)
{
    auto const now = ground.clock.now();
    auto const time = co_await ground.database->read([&](storage::Tx& tx) { return ground.leases.database_time(tx); });
    if (!time)
        co_return "the database does not answer";
    if (*time > now + kClockTolerance || *time < now - kClockTolerance)
        co_return "this machine's clock is more than 2 s off the database's";
    if (!ground.changes.is_fresh(now))
        co_return "changes of configuration have not been read for more than 5 s";
    co_return "";
}

Task<http::Response> ready(Ground& ground)
{
    auto const reason = co_await what_is_wrong(ground);
    if (reason.empty())
        co_return http::Response::json(200, R"({"status":"ready"})");
    co_return http::Response::json(
        503, boost::json::serialize(boost::json::object{{"status", "not_ready"}, {"reason", reason}}));
}

Task<http::Response> render_for(Metrics const& metrics, std::vector<http::AddressBlock> const& readers,
                                http::Request const& request)
{
    auto const address = http::Address::parse(request.client_address);
    auto const may_read = address && std::any_of(readers.begin(), readers.end(),
                                                 [&](auto const& block) { return block.contains(*address); });
    co_return may_read ? metrics.render() : http::no_route(request.request_id);
}

} // namespace

void add_health(Service& service, Ground& ground, Metrics const& metrics, std::vector<http::AddressBlock> readers)
{
    using http::Method;
    service.add_plain(Method::get, "/livez", [](http::Request const&) -> Task<http::Response> {
        co_return http::Response::json(200, R"({"status":"alive"})");
    });
    service.add_plain(Method::get, "/readyz", [&ground](http::Request const&) { return ready(ground); });
    service.add_plain(Method::get, "/metrics", [&metrics, readers = std::move(readers)](http::Request const& request) {
        return render_for(metrics, readers, request);
    });
}

void add_ground_metrics(Metrics& metrics, Ground& ground)
{
    auto const add = [&](std::string name, std::string help, std::uint64_t storage::Database::Statistics::* member) {
        metrics.add_counter(std::move(name), std::move(help),
                            [&ground, member] { return static_cast<double>(ground.database->statistics().*member); });
    };
    using Statistics = storage::Database::Statistics;
    add("gatehouse_database_statements_total", "Statements executed.", &Statistics::statements);
    add("gatehouse_database_reads_total", "Read transactions.", &Statistics::reads);
    add("gatehouse_database_writes_total", "Write transactions that committed.", &Statistics::writes);
    add("gatehouse_database_commits_total", "Durable commits; a group commit counts once.", &Statistics::commits);
    add("gatehouse_database_retries_total", "Transactions repeated after a conflict.", &Statistics::retries);
}

} // namespace gatehouse::app
