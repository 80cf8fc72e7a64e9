// A person with a session and a web client, for the tests of codes and tokens.
#pragma once

#include "oauth/test_support/world.hpp"
#include "session/cookie.hpp"
#include "tokens/families.hpp"

#include <thread>

namespace gatehouse::oauth {

class TokenTest : public testing::TestWithParam<storage::Engine> {
protected:
    World world{GetParam()};
    UserId ada = world.make_user("ada@example.com");
    session::Opened session = world.start_session(ada);
    TestClient shop = world.make_web_client("shop");

    std::uint64_t statements() { return world.database->statistics().statements; }
    // Runs `call` on so many threads at once and returns their answers.
    template <class Call>
    auto all_at_once(int count, Call call)
    {
        std::vector<std::invoke_result_t<Call&>> answers(static_cast<std::size_t>(count));
        std::vector<std::jthread> threads;
        for (auto& answer : answers)
            threads.emplace_back([&answer, &call] { answer = call(); });
        threads.clear();
        return answers;
    }
    Parameters code_form(std::string const& code)
    {
        return {{"grant_type", "authorization_code"},
                {"code", code},
                {"redirect_uri", shop.redirect_uri()},
                {"code_verifier", std::string(kVerifier)}};
    }
};

} // namespace gatehouse::oauth
