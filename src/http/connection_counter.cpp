#include "http/connection.hpp"

namespace gatehouse::http {

bool ConnectionCounter::enter(Address const& address, bool exempt)
{
    std::lock_guard const lock(mutex_);
    if (open_ >= limit_)
        return false;
    auto& count = per_address_[address];
    if (!exempt && count >= limit_per_address_)
        return false;
    ++count;
    ++open_;
    return true;
}

void ConnectionCounter::leave(Address const& address)
{
    std::lock_guard const lock(mutex_);
    auto const found = per_address_.find(address);
    if (--found->second == 0)
        per_address_.erase(found);
    if (--open_ == 0)
        emptied_.notify_all();
}

std::size_t ConnectionCounter::open() const
{
    std::lock_guard const lock(mutex_);
    return open_;
}

bool ConnectionCounter::wait_until_empty(std::chrono::milliseconds timeout)
{
    std::unique_lock lock(mutex_);
    return emptied_.wait_for(lock, timeout, [&] { return open_ == 0; });
}

} // namespace gatehouse::http
