// For tests: a whole house on a free port, in a folder of its own.
#pragma once

#include "app/house.hpp"
#include "http/test_support/raw_client.hpp"

#include <filesystem>

namespace gatehouse::app {

// The settings of a house in `folder`, with further flags ({"server.development", "true"}).
config::Settings settings_in(std::filesystem::path const& folder, config::Flags more = {});

class RunningHouse {
public:
    // Without its start nothing listens and no job runs by itself.
    enum class Started : std::uint8_t { Yes, No };
    explicit RunningHouse(config::Flags more = {}, Started started = Started::Yes);
    ~RunningHouse();

    House& operator*() { return *house_; }
    House* operator->() { return house_.get(); }
    std::filesystem::path const& folder() const { return folder_; }
    // GETs `path` as `host` (empty: the public one), accepting `accept`.
    http::test::RawClient::Answer get(std::string_view path, std::string_view host = "",
                                      std::string_view accept = "text/html");

private:
    std::filesystem::path folder_;
    std::unique_ptr<House> house_;
};

} // namespace gatehouse::app
