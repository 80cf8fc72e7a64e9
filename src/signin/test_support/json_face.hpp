// An app that draws the sign-in itself, before the JSON face, for the tests of this room.
#pragma once

#include "base/json.hpp"
#include "journey/test_support/world.hpp"

#include <boost/json/serialize.hpp>

namespace gatehouse::signin {

class JsonFace {
public:
    explicit JsonFace(journey::JourneyWorld& world) : world(world) {}

    struct Answer {
        int status;
        boost::json::object body;
        std::string text(std::string_view name) const
        {
            auto const* value = body.if_contains(name);
            return value && value->is_string() ? std::string(value->get_string()) : std::string();
        }
        std::string step() const
        {
            auto const* page = body.if_contains("page");
            return page ? std::string(page->at("step").as_string()) : std::string();
        }
        boost::json::object const& page() const { return body.at("page").as_object(); }
        bool is_finished() const { return text("status") == "finished"; }
    };
    Answer post(std::string const& path, boost::json::object const& body)
    {
        auto browser = world.browser(address);
        browser.extra_headers["Content-Type"] = "application/json";
        auto const response = browser.send(http::Method::post, path, boost::json::serialize(body));
        EXPECT_TRUE(browser.cookies.empty()) << "no cookies take part";
        return {response.status, session::must(parse_json_object_strict(response.content()))};
    }
    Answer start(boost::json::object body = {})
    {
        body["continuation"] = "app";
        return post("/api/v1/journeys", body);
    }
    Answer submit(Answer const& at, boost::json::object input, std::string step = {})
    {
        return post(
            "/api/v1/journeys/submit",
            {{"journey", at.text("journey")}, {"step", step.empty() ? at.step() : step}, {"input", std::move(input)}});
    }

    journey::JourneyWorld& world;
    std::string address = "203.0.113.7";
};

} // namespace gatehouse::signin
