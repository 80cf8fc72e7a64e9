// The OpenAPI 3.1 description, made from the operations the server runs on.
#pragma once

#include "admin/operation.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace gatehouse::admin {

// `issuer` of the tenant whose description this is: the servers' address and where tokens come from.
boost::json::object describe(std::span<Operation const> operations, std::string const& issuer);

// The descriptions as they are sent, each made once for an issuer. Safe to use from many threads.
class Descriptions {
public:
    struct Rendered {
        std::string text;
        std::string etag; // with its quotes
    };
    std::shared_ptr<Rendered const> get(std::span<Operation const> operations, std::string const& issuer);

private:
    // An issuer never changes, so nothing goes stale; what is over this number is made again.
    static constexpr std::size_t kKept = 64;
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<Rendered const>> by_issuer_;
};

} // namespace gatehouse::admin
