// Field encryption: one value of one row under a person's key or a tenant's key of the day.
//
// What is sealed is bound to the permanent field number, tenant, user (or day), row and key version: a value moved to
// another field, row or person does not open.
#pragma once

#include "base/ids.hpp"
#include "crypto/aead.hpp"

namespace gatehouse::vault {

// A number that means one column of one table for ever; it is part of what is authenticated, so it is never changed or
// given to another. Each room declares its own beside its store, out of its own hundred:
//   identity 100, applications 200, credentials 300, session 400, tokens 500, risk 600, journey 700, messages 800,
//   events 900, linking 1000, signin 1100, oauth 1200, account 1300, admin 1400.
//   inline constexpr vault::FieldNumber kUserName{101};
enum class FieldNumber : std::uint32_t {};

// The key of one user. From Vault::create_person_key, open_person_key or unwrap_person_key.
struct PersonKey {
    TenantId tenant;
    UserId user;
    std::uint16_t version; // of the person's key: grows if a person is ever given a new one
    crypto::AeadKey key;
};
// The key of one tenant for one UTC day, for what belongs to no user yet (unfinished registrations, invitations,
// identifiers that nobody has). From Vault::daily_key and open_daily_key.
struct DailyKey {
    TenantId tenant;
    std::int64_t day; // days since 1970-01-01
    crypto::AeadKey key;
};

// `row` is the row's own id or key, as bytes.
Bytes seal_field(PersonKey const& key, FieldNumber field, ByteView row, ByteView plaintext);
Bytes seal_field(DailyKey const& key, FieldNumber field, ByteView row, ByteView plaintext);
inline Bytes seal_field(auto const& key, FieldNumber field, Uuid const& row, std::string_view text)
{
    return seal_field(key, field, ByteView(row.bytes), as_bytes(text));
}
// Error: "field_unreadable" (internal: the row was tampered with, or its key is another).
Result<Bytes> open_field(PersonKey const& key, FieldNumber field, ByteView row, ByteView sealed);
Result<Bytes> open_field(DailyKey const& key, FieldNumber field, ByteView row, ByteView sealed);
inline Result<std::string> open_text_field(auto const& key, FieldNumber field, Uuid const& row, ByteView sealed)
{
    TRY(auto bytes, open_field(key, field, ByteView(row.bytes), sealed));
    return std::string(as_text(bytes));
}
// Of a value under a daily key: which day's. Error: "field_unreadable".
Result<std::int64_t> day_of_field(ByteView sealed);

} // namespace gatehouse::vault
