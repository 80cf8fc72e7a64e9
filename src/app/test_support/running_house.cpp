#include "app/test_support/running_house.hpp"

#include <stdexcept>
#include <unistd.h>

namespace gatehouse::app {

namespace {

std::filesystem::path new_folder()
{
    auto name = (std::filesystem::temp_directory_path() / "gatehouse-house-XXXXXX").string();
    if (!mkdtemp(name.data()))
        throw std::runtime_error("no temporary folder");
    return name;
}

template <class T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().message + " " + result.error().detail);
    return *std::move(result);
}

} // namespace

config::Settings settings_in(std::filesystem::path const& folder, config::Flags more)
{
    config::Sources sources;
    sources.default_file = "";
    sources.flags = {{"storage.data", (folder / "data").string()},
                     {"server.listen", "127.0.0.1:0"},
                     {"server.public_url", "http://localhost:8080"},
                     {"server.threads", "2"},
                     {"log.level", "error"}};
    sources.flags.insert(sources.flags.end(), more.begin(), more.end());
    return must(config::load(options::kTables, sources));
}

RunningHouse::RunningHouse(config::Flags more, Started started) : folder_(new_folder())
{
    auto const settings = settings_in(folder_, std::move(more));
    house_ = must(House::build(settings, must(open_ground(settings, storage::Tenancy::Server))));
    if (started == Started::Yes)
        house_->start();
}

RunningHouse::~RunningHouse()
{
    house_->stop();
    house_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

http::test::RawClient::Answer RunningHouse::get(std::string_view path, std::string_view host, std::string_view accept)
{
    http::test::RawClient client(house_->ports().front());
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: {}\r\nConnection: close\r\n\r\n", path,
                            host.empty() ? "localhost:8080" : host, accept));
    return client.read();
}

} // namespace gatehouse::app
