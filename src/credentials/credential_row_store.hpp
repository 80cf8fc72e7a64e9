// A row of credentials with what opens it: shared by the stores of passkeys, authenticator apps and recovery codes.
#pragma once

#include "credentials/passwords.hpp"

namespace gatehouse::credentials {

struct KeyedCredentialRow {
    CredentialId id;
    UserId user;
    Bytes data; // sealed
    std::int64_t version = 0;
    // passkey: of its signatures; totp: the last step taken; recovery_codes: how many are left
    std::int64_t counter = 0;
    TimePoint created_at;
    TimePoint updated_at;
    std::optional<TimePoint> last_used_at;
    std::int64_t key_version = 0; // the person's key, as stored
    std::int64_t key_wrapped_by = 0;
    Bytes key_wrapped;
};

// What a statement selects for make_keyed_row, from credentials c and the person's key k; and how k is joined.
#define CREDENTIAL_COLUMNS                                                                                             \
    "c.credential_id, c.user_id, c.data, c.version, c.counter, c.created_at, c.updated_at, c.last_used_at, "           \
    "k.version, k.wrapped_by, k.wrapped "
#define JOIN_PERSON_KEY "JOIN vault_person_keys k ON k.tenant_id = c.tenant_id AND k.user_id = c.user_id "

inline KeyedCredentialRow make_keyed_row(storage::Row const& row)
{
    return {.id = row.id<CredentialId>(0),
            .user = row.id<UserId>(1),
            .data = row.blob(2),
            .version = row.integer(3),
            .counter = row.integer(4),
            .created_at = row.time(5),
            .updated_at = row.time(6),
            .last_used_at = row.optional_time(7),
            .key_version = row.integer(8),
            .key_wrapped_by = row.integer(9),
            .key_wrapped = row.blob(10)};
}

} // namespace gatehouse::credentials
