// The templates of Database; included by database.hpp only.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>

namespace gatehouse::storage {

namespace detail {

template <class Answer>
Database::Verdict verdict_of(Answer const& answer)
{
    return answer || answer.error().keep_writes == KeepWrites::Yes ? Database::Verdict::commit
                                                                   : Database::Verdict::roll_back;
}

// A rule's answer counts only when its transaction ended as the rule wished.
template <class Answer>
Answer conclude(std::optional<Answer>& answer, Result<void> outcome)
{
    if (!outcome)
        return Answer(std::unexpected(std::move(outcome).error()));
    return std::move(*answer);
}

using Submit = void (Database::*)(Database::Job);

template <class Rule>
auto run_blocking(Database& database, Submit submit, Rule& rule, Durability durability)
{
    using Answer = std::invoke_result_t<Rule&, Tx&>;
    std::optional<Answer> answer;
    std::promise<Result<void>> outcome;
    (database.*submit)({.run =
                            [&](Tx& tx) {
                                answer.emplace(rule(tx));
                                return verdict_of(*answer);
                            },
                        .done = [&](Result<void> ended) { outcome.set_value(std::move(ended)); },
                        .durability = durability});
    return conclude(answer, outcome.get_future().get());
}

template <class Rule>
auto run_awaited(Database& database, Submit submit, Rule rule, Durability durability)
    -> Task<std::invoke_result_t<Rule&, Tx&>>
{
    using Answer = std::invoke_result_t<Rule&, Tx&>;
    std::optional<Answer> answer; // lives in this coroutine's frame until `done` resumes it
    auto outcome = co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(Result<void>)>(
        [&](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            auto executor = boost::asio::get_associated_executor(*shared);
            (database.*submit)({.run =
                                    [&](Tx& tx) {
                                        answer.emplace(rule(tx));
                                        return verdict_of(*answer);
                                    },
                                .done =
                                    [shared, executor](Result<void> ended) {
                                        boost::asio::post(executor, [shared, ended = std::move(ended)]() mutable {
                                            (*shared)(std::move(ended));
                                        });
                                    },
                                .durability = durability});
        },
        boost::asio::use_awaitable);
    co_return conclude(answer, std::move(outcome));
}

} // namespace detail

template <class Rule>
auto Database::read(Rule rule) -> Task<std::invoke_result_t<Rule&, Tx&>>
{
    if (engine() == Engine::sqlite)
        co_return detail::run_blocking(*this, &Database::submit_read, rule, Durability::Full);
    co_return co_await detail::run_awaited(*this, &Database::submit_read, std::move(rule), Durability::Full);
}
template <class Rule>
auto Database::write(Rule rule, Durability durability) -> Task<std::invoke_result_t<Rule&, Tx&>>
{
    return detail::run_awaited(*this, &Database::submit_write, std::move(rule), durability);
}
template <class Rule>
auto Database::read_now(Rule rule) -> std::invoke_result_t<Rule&, Tx&>
{
    return detail::run_blocking(*this, &Database::submit_read, rule, Durability::Full);
}
template <class Rule>
auto Database::write_now(Rule rule, Durability durability) -> std::invoke_result_t<Rule&, Tx&>
{
    return detail::run_blocking(*this, &Database::submit_write, rule, durability);
}

} // namespace gatehouse::storage
