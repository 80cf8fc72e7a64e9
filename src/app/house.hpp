// House: every part of the server, built and connected. The one place that knows all rooms.
#pragma once

#include "app/ground.hpp"
#include "app/jobs.hpp"
#include "app/metrics.hpp"

namespace gatehouse::app {

class House {
public:
    // Builds everything and binds the listening sockets. Errors: those of http::Server::create, "invalid_template",
    // "invalid_address" (mail.from), "development_exposed" (development mode on an address that is not loopback).
    static Result<std::unique_ptr<House>> build(config::Settings const& settings, std::unique_ptr<Ground> ground);
    virtual ~House() = default;

    virtual void start() = 0; // returns at once; the server answers from now on
    virtual void stop() = 0;  // graceful; returns when everything has ended
    virtual std::vector<std::uint16_t> ports() const = 0;
    virtual Ground& ground() = 0;
    virtual Jobs& jobs() = 0;
};

} // namespace gatehouse::app
