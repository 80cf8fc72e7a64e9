// The template of World that needs asio; included by world.hpp only.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <optional>

namespace gatehouse::session {

template <class T>
T World::run(Task<T> task)
{
    boost::asio::io_context context;
    std::optional<T> answer;
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown, T result) {
        failure = thrown;
        answer.emplace(std::move(result));
    });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    return *std::move(answer);
}

} // namespace gatehouse::session
