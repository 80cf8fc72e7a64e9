// A browser for tests: keeps cookies, follows redirects, reads the forms of pages and submits them, sends the headers
// that browsers send. It runs no script.
#pragma once

#include "http/message.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gatehouse::journey {

// Answers a request as the server would.
using Serve = std::function<http::Response(http::Request)>;

class Browser {
public:
    explicit Browser(Serve serve, std::string address = "203.0.113.7")
        : serve_(std::move(serve)), client_address(std::move(address))
    {
    }

    struct Page {
        int status = 0;
        std::string location; // where the browser ended up: a path, or an address of another site
        std::string body;
        http::Headers headers;

        // The value of the hidden (or prefilled) field of that name; "" when there is none.
        std::string field(std::string_view name) const;
        std::string action() const; // of the first form
        bool has_field(std::string_view name) const;
        bool contains(std::string_view text) const { return body.find(text) != std::string::npos; }
    };
    using Input = std::vector<std::pair<std::string, std::string>>;

    // Follows redirects of this site; one that leads elsewhere ends the journey there.
    Page get(std::string const& path);
    // Fills in the form of `page` (hidden fields come along) and submits it.
    Page submit(Page const& page, Input const& input);
    Page post(std::string const& path, Input const& input);
    // One exchange, without following.
    http::Response send(http::Method method, std::string const& path, std::string body = {});

    Serve serve_;
    std::string client_address;
    std::string accept_language = "en";
    bool cookies_enabled = true;
    bool sends_fetch_metadata = true; // Sec-Fetch-Site
    std::map<std::string, std::string> cookies;
    std::map<std::string, std::string> extra_headers;

private:
    Page follow(http::Response response, std::string const& path);
};

} // namespace gatehouse::journey
