// A key that is read and written again is the same key; what is published never holds a private member.
#include "jose/jwk.hpp"

#include <cstdlib>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = as_text({data, size});
    auto const set = jose::KeySet::parse(text);
    auto const key = jose::VerificationKey::from_jwk(text);
    if (set) {
        auto const again = jose::KeySet::parse(set->to_json());
        if (!again || again->keys().size() != set->keys().size())
            std::abort();
    }
    if (!key)
        return 0;
    auto const jwk = key->to_jwk();
    auto const again = jose::VerificationKey::from_jwk(jwk);
    if (!again || again->thumbprint() != key->thumbprint() || jwk.contains("d"))
        std::abort();
    // A private key that is read signs what its public half verifies.
    auto const signing = jose::SigningKey::from_jwk(Secret(text));
    if (signing && signing->public_key().thumbprint() != key->thumbprint())
        std::abort();
    return 0;
}
