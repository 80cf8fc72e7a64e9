// Passkeys of the load: every person's has an id of its own and the same ES256 key, with which the load signs.
#pragma once

#include "crypto/openssl.hpp"

#include "base/bytes.hpp"

#include <string>

namespace gatehouse::bench {

class SoftPasskeys {
public:
    // `origin`: of the server; the RP ID is localhost.
    explicit SoftPasskeys(std::string origin);

    Bytes id_of(std::size_t user) const; // 32 bytes
    Bytes public_key() const;            // COSE_Key
    // AuthenticationResponseJSON to a challenge as the page has it (base64url).
    std::string answer(std::size_t user, std::string_view challenge) const;

private:
    std::string origin_;
    crypto::EvpKey key_;
};

} // namespace gatehouse::bench
