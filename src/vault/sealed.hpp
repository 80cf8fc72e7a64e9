// Sealed values: what Gatehouse hands to browsers and clients to bring back, instead of a row: journey state,
// authorization codes, page cursors. Encrypted and authenticated; they open only for the same purpose, tenant and
// binding, and only until they expire.
//
// A value can be presented more than once and an older one instead of a newer: whoever needs "once" inserts a spent
// marker (the digest of the text will do) in a transaction.
#pragma once

#include "vault/vault.hpp"

namespace gatehouse::vault {

struct SealContext {
    TenantId tenant;
    std::string_view purpose; // "authorization_code", "journey", "cursor/users": at most 255 characters
    ByteView binding; // what the bearer must prove besides: digest of the browser's cookie, client id; may be empty
    TimePoint expires_at;
};
struct UnsealContext {
    TenantId tenant;
    std::string_view purpose;
    ByteView binding;
    TimePoint now;
};

// Longer texts are refused unread; design: what is over 3 KB becomes a row.
inline constexpr std::size_t kMaximumSealedText = 16 * 1024;

// base64url text, 74 characters longer than the payload's own. `now` chooses the key.
Result<std::string> seal(Vault const& vault, SealContext const& context, ByteView payload, TimePoint now);
// Errors: "sealed_invalid" (invalid: damaged, of another purpose, tenant, binding or epoch), "sealed_expired" (gone).
Result<Bytes> open(Vault const& vault, UnsealContext const& context, std::string_view text);

} // namespace gatehouse::vault
