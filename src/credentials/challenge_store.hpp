// The SQL of challenges.
#pragma once

#include "credentials/challenges.hpp"

namespace gatehouse::credentials {

struct ChallengeRow {
    ChallengeId id;
    std::optional<UserId> user;
    Bytes code_digest;
    std::int64_t attempts = 0;
    std::int64_t attempt_limit = 0;
    Bytes payload; // sealed
    TimePoint created_at;
    TimePoint expires_at;
};

Result<void> insert_challenge(storage::Tx& tx, TenantId tenant, std::string_view purpose, ChallengeRow const& row);
// Counts one attempt and returns the row as it is then; empty when there is none, it expired, or no attempt is left.
Result<std::optional<ChallengeRow>> count_attempt(storage::Tx& tx, TenantId tenant, ChallengeId id,
                                                  std::string_view purpose, TimePoint now);
// Lives, with attempts left.
Result<std::optional<ChallengeRow>> select_challenge(storage::Tx& tx, TenantId tenant, ChallengeId id,
                                                     std::string_view purpose, TimePoint now);
Result<void> update_code(storage::Tx& tx, TenantId tenant, ChallengeId id, ByteView digest, TimePoint expires_at);
Result<void> delete_challenge(storage::Tx& tx, TenantId tenant, ChallengeId id);
// Deletes it; false when somebody else did.
Result<bool> take_challenge(storage::Tx& tx, TenantId tenant, ChallengeId id);
Result<std::vector<ChallengeRow>> select_challenges_of_user(storage::Tx& tx, TenantId tenant, UserId user,
                                                            std::string_view purpose, TimePoint now);
Result<void> delete_challenges_of_user_since(storage::Tx& tx, TenantId tenant, UserId user, std::string_view purpose,
                                             TimePoint since);
Result<void> delete_challenges_of_user(storage::Tx& tx, TenantId tenant, UserId user);
Result<void> delete_challenges_of_user(storage::Tx& tx, TenantId tenant, UserId user, std::string_view purpose);
Result<std::int64_t> delete_expired_challenges(storage::Tx& tx, TenantId tenant, TimePoint now, int limit);

} // namespace gatehouse::credentials
