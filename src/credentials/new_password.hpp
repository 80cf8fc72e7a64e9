// What is checked of a new password beyond its form (password_policy.hpp), outside any transaction: whether it is known
// from a breach, and whether the person had it before. The order is that of the price: the file and service first, then
// one hash for each earlier password.
#pragma once

#include "credentials/breached_passwords.hpp"
#include "crypto/hash_pool.hpp"

namespace gatehouse::credentials {

struct EarlierPasswords {
    std::string current;              // PHC string of the one in use; empty: not compared
    std::vector<std::string> history; // of those before it
};

// `request` says on whose behalf; its password is the normalized new one. Errors, at "password": "password_breached",
// "password_unchanged", "password_used_before" (invalid), and those of HashPool::verify.
Task<Result<void>> check_new_password(BreachedPasswords const& breached, crypto::HashPool& pool,
                                      crypto::HashRequest const& request, EarlierPasswords const& earlier);

} // namespace gatehouse::credentials
