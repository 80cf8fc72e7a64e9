// Refresh token rotations over many families, beside the rate of the same rows without HTTP and tokens; and whether
// kill -9 loses one.
#include "scenarios.hpp"

namespace gatehouse::bench {

namespace {

constexpr std::size_t kConnections = 64;
constexpr std::chrono::seconds kWarmUp{2};

std::string refresh_request(std::uint16_t port, std::string_view token)
{
    static std::string const authorization = fmt::format("Authorization: {}\r\n", basic_authorization(kWebClient));
    return post(port, "/oauth2/token", authorization, fmt::format("grant_type=refresh_token&refresh_token={}", token));
}

// The new refresh token of an answer, or "".
std::string_view refresh_token_of(Answer const& answer)
{
    constexpr std::string_view kMember = "\"refresh_token\":\"";
    auto const at = answer.body.find(kMember);
    if (answer.status != 200 || at == std::string_view::npos)
        return {};
    auto const begin = at + kMember.size();
    return answer.body.substr(begin, answer.body.find('"', begin) - begin);
}

// Rotates families of its own, far from each other, one after the other.
class RefreshClient final : public Client {
public:
    RefreshClient(std::uint16_t port, Families& families, std::size_t number)
        : port_(port), families_(families), next_(families.size() - 1 - number)
    {
    }
    bool next(std::string& request) override
    {
        index_ = next_ * 7919 % families_.size();
        next_ = next_ >= kConnections ? next_ - kConnections : next_ + families_.size() - kConnections;
        request = refresh_request(port_, families_.token(index_));
        under_way_ = true;
        return true;
    }
    bool answered(Answer const& answer, std::chrono::nanoseconds took) override
    {
        under_way_ = false;
        times.add(took);
        auto const token = refresh_token_of(answer);
        if (token.empty())
            return false;
        families_.rotated(index_, std::string(token));
        touched.push_back(index_);
        return true;
    }
    // The family whose answer never came, if there is one.
    std::optional<std::size_t> unanswered() const { return under_way_ ? std::optional(index_) : std::nullopt; }
    Times times;
    std::vector<std::size_t> touched;

private:
    std::uint16_t port_;
    Families& families_;
    std::size_t next_;
    std::size_t index_ = 0;
    bool under_way_ = false;
};

// Presents the tokens that clients hold, once each.
class HolderClient final : public Client {
public:
    HolderClient(std::uint16_t port, Families& families) : port_(port), families_(families) {}
    void hold(std::size_t index) { indexes_.push_back(index); }
    // Those whose answer never came go first.
    void hold_unanswered(std::size_t index)
    {
        hold(index);
        unanswered_ = indexes_.size();
    }
    std::size_t lost = 0;         // acknowledged, and refused now
    std::size_t lost_unheard = 0; // refused, but no client was told of a rotation
    bool next(std::string& request) override
    {
        if (at_ == indexes_.size())
            return false;
        request = refresh_request(port_, families_.token(indexes_[at_]));
        return true;
    }
    bool answered(Answer const& answer, std::chrono::nanoseconds) override
    {
        auto const token = refresh_token_of(answer);
        if (!token.empty())
            families_.rotated(indexes_[at_], std::string(token));
        else
            ++(at_ < unanswered_ ? lost_unheard : lost);
        ++at_;
        return !token.empty();
    }

private:
    std::uint16_t port_;
    Families& families_;
    std::vector<std::size_t> indexes_;
    std::size_t unanswered_ = 0;
    std::size_t at_ = 0;
};

struct Rotations {
    Report report;
    double p50 = 0, p99 = 0;
    double cpu = 0;
    std::size_t acknowledged = 0, unheard = 0; // tokens that were presented after the kill
    std::size_t lost = 0, lost_unheard = 0;
    double away = 0; // seconds from the kill until the next server was ready
    Report after;
};

// Rotates, kills the server while answers are under way, and presents what every client holds to a new one.
Rotations rotate_and_kill(Run& run, Seeded& house)
{
    auto const port = house.place().port;
    auto server = house.serve();
    std::vector<std::unique_ptr<RefreshClient>> clients;
    std::vector<Client*> all;
    for (std::size_t i = 0; i < kConnections; ++i)
        all.push_back(clients.emplace_back(std::make_unique<RefreshClient>(port, house.families(), i)).get());
    struct Killer final : UsageWatch {
        Killer(Process& process, std::vector<std::unique_ptr<RefreshClient>>& watched)
            : UsageWatch(process), server(process), clients(watched)
        {
        }
        void begin() override
        {
            for (auto const& client : clients)
                client->times.clear();
            UsageWatch::begin();
        }
        void end() override
        {
            UsageWatch::end();
            server.kill_now();
            killed = Steady::now();
        }
        Process& server;
        std::vector<std::unique_ptr<RefreshClient>>& clients;
        Steady::time_point killed;
    } killer(*server, clients);
    Rotations rotations;
    rotations.report =
        bench::run({.port = port, .duration = 2 * run.options().duration, .warm_up = kWarmUp}, all, &killer);
    if (rotations.report.failures > 0)
        tell_failures("refresh", rotations.report);
    rotations.cpu = killer.total() / static_cast<double>(rotations.report.answers);

    server = house.serve();
    rotations.away = std::chrono::duration<double>(Steady::now() - killer.killed).count();
    std::vector<std::unique_ptr<HolderClient>> holders;
    all.clear();
    for (std::size_t i = 0; i < kConnections; ++i)
        all.push_back(holders.emplace_back(std::make_unique<HolderClient>(port, house.families())).get());
    Times times;
    // First those whose answer never came: if their rotation happened, the token before it works for ten seconds.
    for (std::size_t i = 0; i < kConnections; ++i)
        if (auto const index = clients[i]->unanswered()) {
            holders[i]->hold_unanswered(*index);
            ++rotations.unheard;
        }
    for (std::size_t i = 0; i < kConnections; ++i) {
        times.add_all(clients[i]->times);
        for (auto const index : clients[i]->touched)
            holders[i]->hold(index);
        rotations.acknowledged += clients[i]->touched.size();
    }
    rotations.after = bench::run({.port = port, .duration = std::chrono::minutes(10)}, all);
    server->stop();
    for (auto const& holder : holders) {
        rotations.lost += holder->lost;
        rotations.lost_unheard += holder->lost_unheard;
    }
    rotations.lost += rotations.after.broken;
    rotations.p50 = times.percentile(0.5);
    rotations.p99 = times.percentile(0.99);
    return rotations;
}

void add_rows(Run& run, Rotations const& rotations, double limit, std::string_view limit_name, bool sqlite)
{
    auto& table = run.table();
    auto const measured = rotations.report.rate();
    auto const part = measured / limit;
    table.add({.what = "Rotations through HTTP, 64 connections",
               .measured = rate(measured),
               .beside = fmt::format("{} {}", rate(limit), limit_name),
               .ratio = fmt::format("{:.2f}", part),
               .goal = sqlite ? "8,000/s or 0.60" : "at least 0.60",
               .verdict = verdict(part >= 0.6 || (sqlite && measured >= 8000))});
    table.add({.what = "  time of an answer, p50 and p99",
               .measured = fmt::format("{:.1f}, {:.1f} ms", rotations.p50, rotations.p99),
               .goal = "p99 under 50 ms",
               .verdict = verdict(rotations.p99 < 50)});
    table.add({.what = "  CPU of the server per rotation",
               .measured = duration(rotations.cpu),
               .beside = duration(run.signature()) + " signature",
               .ratio = fmt::format("{:.2f}", rotations.cpu / run.signature())});
    if (rotations.after.failures + rotations.after.broken > 0)
        tell_failures("after kill -9", rotations.after);
    table.add({.what = "  acknowledged, lost by kill -9",
               .measured = std::to_string(rotations.lost),
               .beside = fmt::format("of {} presented", rotations.acknowledged),
               .goal = "none",
               .verdict = verdict(rotations.lost == 0)});
    table.add({.what = "  answer never came, refused afterwards",
               .measured = std::to_string(rotations.lost_unheard),
               .beside = fmt::format("of {}, {} later", rotations.unheard, duration(rotations.away)),
               .goal = "none within 10 s",
               .verdict = verdict(rotations.lost_unheard == 0 || rotations.away > 10)});
}

} // namespace

void bench_refresh(Run& run)
{
    auto& house = run.house(100'000);
    say(fmt::format("seeding {} families", run.options().families));
    house.add_families(run.options().families);
    run.table().heading(fmt::format("Refresh rotations, SQLite, {} families", run.options().families));
    say("raw group commits");
    auto const limit = rotation_limit(house, kConnections, run.options().duration);
    say("rotations, kill -9, and every token again");
    add_rows(run, rotate_and_kill(run, house), limit, "group commits", true);
}

void bench_refresh_postgresql(Run& run)
{
    auto const& options = run.options();
    say("seeding PostgreSQL");
    Seeded house(Place{.data = options.folder + "/postgresql",
                       .database = options.postgresql,
                       .port = free_port(),
                       .gatehouse = options.gatehouse},
                 std::min<std::size_t>(options.families, 20'000));
    house.add_families(options.families);
    run.table().heading(fmt::format("Refresh rotations, PostgreSQL, {} families", options.families));
    say("bare statements");
    constexpr std::size_t kServerConnections = 8; // what `gatehouse serve` has
    auto const limit = bare_statement_limit(house, kServerConnections, options.duration);
    say("rotations, kill -9, and every token again");
    add_rows(run, rotate_and_kill(run, house), limit, "bare statements", false);
}

} // namespace gatehouse::bench
