#include "soft_passkeys.hpp"

#include "crypto/digest.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>

namespace gatehouse::bench {

SoftPasskeys::SoftPasskeys(std::string origin) : origin_(std::move(origin)), key_(EVP_EC_gen("P-256"))
{
    crypto::demand(key_ != nullptr, "EVP_EC_gen");
}

Bytes SoftPasskeys::id_of(std::size_t user) const
{
    return to_bytes(ByteView(crypto::sha256(fmt::format("passkey of {}", user))));
}

Bytes SoftPasskeys::public_key() const
{
    Bytes point(65);
    std::size_t size = 0;
    crypto::demand(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(),
                                                   point.size(), &size) == 1,
                   "EVP_PKEY_get_octet_string_param");
    Bytes cose{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20};
    cose.insert(cose.end(), point.begin() + 1, point.begin() + 33);
    for (auto const byte : {0x22, 0x58, 0x20})
        cose.push_back(static_cast<std::uint8_t>(byte));
    cose.insert(cose.end(), point.begin() + 33, point.end());
    return cose;
}

std::string SoftPasskeys::answer(std::size_t user, std::string_view challenge) const
{
    auto const client = fmt::format(R"({{"type":"webauthn.get","challenge":"{}","origin":"{}","crossOrigin":false}})",
                                    challenge, origin_);
    Bytes data = to_bytes(ByteView(crypto::sha256("localhost")));
    for (auto const byte : {0x05, 0, 0, 0, 0}) // present and verified; it does not count
        data.push_back(static_cast<std::uint8_t>(byte));
    auto message = data;
    auto const hash = crypto::sha256(client);
    message.insert(message.end(), hash.begin(), hash.end());
    crypto::EvpMdContext const context(EVP_MD_CTX_new());
    Bytes signature(80);
    std::size_t size = signature.size();
    crypto::demand(EVP_DigestSignInit(context.get(), nullptr, crypto::fetched_sha256(), nullptr, key_.get()) == 1 &&
                       EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1,
                   "EVP_DigestSign");
    signature.resize(size);
    auto const id = base64url_encode(id_of(user));
    return boost::json::serialize(boost::json::object{{"id", id},
                                                      {"rawId", id},
                                                      {"type", "public-key"},
                                                      {"clientExtensionResults", boost::json::object()},
                                                      {"response",
                                                       {{"clientDataJSON", base64url_encode(as_bytes(client))},
                                                        {"authenticatorData", base64url_encode(data)},
                                                        {"signature", base64url_encode(signature)}}}});
}

} // namespace gatehouse::bench
