// No input but the examples of RFC 7515 and RFC 8037 carries a valid signature by their keys.
#include "jose/jws.hpp"

#include <cstdlib>

using namespace gatehouse;

namespace {

jose::KeySet example_keys()
{
    auto const keys = jose::KeySet::parse(
        R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},)"
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
    if (!keys || keys->keys().size() != 2)
        std::abort();
    return *keys;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static auto const keys = example_keys();
    auto const text = as_text({data, size});
    auto const header = jose::read_header(text);
    auto const verified = jose::verify(text, keys, jose::kEveryAlgorithm);
    if (!verified)
        return 0;
    auto const payload = as_text(verified->payload);
    if (!header || (payload != "Example of Ed25519 signing" && !payload.starts_with("{\"iss\":\"joe\"")))
        std::abort();
    return 0;
}
