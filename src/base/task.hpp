// Task<T>: the coroutine of the house. Parameters are values, or references to what the awaiting caller owns.
// No lock is held across a co_await; no capturing lambda is a coroutine but at co_spawn.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace gatehouse {

template <class T>
using Task = boost::asio::awaitable<T>;

} // namespace gatehouse
