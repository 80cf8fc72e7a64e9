// id_token_hint: an ID token of ours that an application brings back, to say of whom and of which session it speaks.
#pragma once

#include "tokens/key_ring.hpp"

namespace gatehouse::oauth {

struct Hint {
    std::string subject;
    std::string client_id; // its aud
    std::string sid;       // "" if it has none
};
// Signature, issuer and type are checked; expiry is not, as OpenID Connect RP-Initiated Logout section 2 asks. Error:
// "invalid_request".
Result<Hint> read_hint(tokens::Keys const& keys, std::string_view issuer, std::string_view id_token);

} // namespace gatehouse::oauth
