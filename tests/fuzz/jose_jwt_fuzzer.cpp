// Claims that are accepted keep what was asked of them, whatever else they say.
#include "jose/jwt.hpp"

#include <cstdlib>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const now = from_seconds(1'780'000'000);
    jose::Header const header{
        .algorithm = jose::Algorithm::ES256, .kid = {}, .typ = "at+jwt", .cty = {}, .parameters = {}};
    auto const token = jose::check_claims(header, ByteView(data, size),
                                          {.algorithms = {jose::Algorithm::ES256},
                                           .now = now,
                                           .type = "at+jwt",
                                           .issuer = "https://id.example",
                                           .audience = "api",
                                           .leeway = std::chrono::seconds(10),
                                           .require_expiry = true,
                                           .maximum_age = std::chrono::seconds(600),
                                           .required_claims = {"sub"}});
    if (!token)
        return 0;
    auto const& audience = token->audience;
    if (token->issuer != "https://id.example" || std::find(audience.begin(), audience.end(), "api") == audience.end() ||
        !token->claims.contains("sub") || !token->expires_at || *token->expires_at + std::chrono::seconds(10) <= now ||
        !token->issued_at)
        std::abort();
    return 0;
}
