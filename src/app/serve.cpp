// `gatehouse serve`: from start to graceful stop.
#include "app/commands.hpp"
#include "app/house.hpp"
#include "base/log.hpp"
#include "signin/signin.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gatehouse::app {

namespace {

// Tells systemd (Type=notify) where we stand; nothing happens under another parent. See sd_notify(3).
void notify_service_manager(std::string_view state)
{
    auto const* path = std::getenv("NOTIFY_SOCKET");
    if (!path || (*path != '/' && *path != '@'))
        return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string_view const name(path);
    if (name.size() >= sizeof address.sun_path)
        return;
    name.copy(address.sun_path, name.size());
    if (name.front() == '@')
        address.sun_path[0] = '\0'; // abstract namespace
    auto const socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0)
        return;
    auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (sendto(socket, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr const*>(&address), length) <
        0)
        log::debug("the service manager was not told", {{"state", state}});
    close(socket);
}

std::filesystem::path link_file(config::Settings const& settings)
{
    return std::filesystem::path(settings.get(options::kData)) / "first-administrator-link";
}

// An empty house has nobody who could let anybody in: its first start leaves a one-time link for the operator.
Result<void> offer_first_administrator(config::Settings const& settings, Ground& ground)
{
    auto const system = ground.directory.system_tenant();
    auto const now = ground.clock.now();
    TRY(auto const people,
        ground.database->read_now([&](storage::Tx& tx) { return ground.users.list(tx, system->id, {.limit = 1}); }));
    std::error_code ignored;
    if (!people.items.empty()) {
        std::filesystem::remove(link_file(settings), ignored);
        return {};
    }
    TRY(auto const link, ground.database->write_now([&](storage::Tx& tx) {
        return signin::create_setup_link(tx, ground.challenges, *system, now);
    }));
    std::filesystem::remove(link_file(settings), ignored);
    std::ofstream stream(link_file(settings));
    std::filesystem::permissions(link_file(settings),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
    stream << link << '\n';
    // The link itself stays out of the log, which more people read than the data folder.
    log::info("there is no administrator yet: open the one-time link", {{"file", link_file(settings).string()}});
    return {};
}

// Blocks the signals that end us, in this thread and all that it starts.
sigset_t block_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

void log_ready(config::Settings const& settings, House const& house, std::chrono::steady_clock::time_point started)
{
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
    auto const address = settings.get(options::kPublicUrl);
    log::info("ready", {{"address", address},
                        {"discovery", address + "/.well-known/openid-configuration"},
                        {"port", house.ports().front()},
                        {"milliseconds", took.count()},
                        {"version", GATEHOUSE_VERSION}});
    if (settings.get(options::kDevelopment))
        log::warning("development mode: not for production", {{"mail", address + "/dev/mail"}});
}

} // namespace

Result<void> serve(config::Settings const& settings)
{
    auto const started = std::chrono::steady_clock::now();
    auto const signals = block_signals();
    TRY(auto ground, open_ground(settings, storage::Tenancy::Server));
    TRY_DO(offer_first_administrator(settings, *ground));
    TRY(auto house, House::build(settings, std::move(ground)));
    house->start();
    log_ready(settings, *house, started);
    notify_service_manager("READY=1");

    int signal = 0;
    sigwait(&signals, &signal);
    log::info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
    notify_service_manager("STOPPING=1");
    house->stop();
    log::info("stopped");
    return {};
}

} // namespace gatehouse::app
