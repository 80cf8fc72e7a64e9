#include "credentials/new_password.hpp"

namespace gatehouse::credentials {

namespace {

// A coroutine that takes a copy of the request for one comparison.
Task<Result<bool>> is_same(crypto::HashPool& pool, crypto::HashRequest const& request, std::string const& phc)
{
    CO_TRY(auto const verdict, co_await pool.verify({.tenant = request.tenant,
                                                     .client_address = request.client_address,
                                                     .password = request.password.clone(),
                                                     .phc = phc,
                                                     .deadline = request.deadline}));
    co_return crypto::matches(verdict);
}

} // namespace

Task<Result<void>> check_new_password(BreachedPasswords const& breached, crypto::HashPool& pool,
                                      crypto::HashRequest const& request, EarlierPasswords const& earlier)
{
    if (co_await breached.is_breached(request.password))
        co_return refuse(ErrorKind::invalid, "password_breached",
                         "This password is known from a breach of another service, and attackers try it. Choose "
                         "another.")
            .at("password");
    if (!earlier.current.empty()) {
        CO_TRY(auto const same, co_await is_same(pool, request, earlier.current));
        if (same)
            co_return refuse(ErrorKind::invalid, "password_unchanged", "This is the password already. Choose another.")
                .at("password");
    }
    for (auto const& phc : earlier.history) {
        CO_TRY(auto const same, co_await is_same(pool, request, phc));
        if (same)
            co_return refuse(ErrorKind::invalid, "password_used_before",
                             "This password was used before. Choose one that is new.")
                .at("password");
    }
    co_return Result<void>{};
}

} // namespace gatehouse::credentials
