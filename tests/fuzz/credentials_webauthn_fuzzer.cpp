// What a page sends for a passkey: JSON, and the CBOR in it. The first byte says which part the rest is. Whatever comes
// is refused or taken; nothing is signed by a key of ours, so an assertion is never taken.
#include "credentials/webauthn.hpp"

#include <boost/json.hpp>
#include <cstdlib>

using namespace gatehouse;
namespace webauthn = credentials::webauthn;
namespace json = boost::json;

namespace {

Bytes const kChallenge(32, 0x07);
std::string const kId = "ISEhISEhISEhISEhISEhIQ";

webauthn::Expected expected()
{
    return {.party = {.id = "id.example.com", .name = "Acme", .origins = {"https://id.example.com"}},
            .challenge = kChallenge};
}

std::string client_data(std::string_view type)
{
    auto const text = json::serialize(json::object{
        {"type", type}, {"challenge", base64url_encode(kChallenge)}, {"origin", "https://id.example.com"}});
    return base64url_encode(as_bytes(text));
}

json::object credential(json::object response)
{
    return {{"id", kId}, {"rawId", kId}, {"type", "public-key"}, {"response", std::move(response)}};
}

void check_registration(json::object const& response)
{
    auto const made = webauthn::verify_registration(expected(), response);
    if (made && (made->credential_id.empty() || made->credential_id.size() > 1023 || made->public_key.empty()))
        std::abort();
}

void check_assertion(ByteView public_key, json::object const& response)
{
    if (webauthn::verify_assertion(expected(), {.public_key = public_key}, response))
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    ByteView const rest(data + 1, size - 1);
    auto const encoded = base64url_encode(rest);
    switch (data[0]) {
    case 'o':
        check_registration(
            credential({{"clientDataJSON", client_data("webauthn.create")}, {"attestationObject", encoded}}));
        break;
    case 'd':
        check_assertion({}, credential({{"clientDataJSON", client_data("webauthn.get")},
                                        {"authenticatorData", encoded},
                                        {"signature", "MAYCAQECAQE"}}));
        break;
    case 'k': // a public key
        check_assertion(rest, credential({{"clientDataJSON", client_data("webauthn.get")},
                                          {"authenticatorData", base64url_encode(Bytes(37, 0x01))},
                                          {"signature", "MAYCAQECAQE"}}));
        break;
    default: {
        boost::system::error_code error;
        auto const parsed = json::parse(as_text(rest), error);
        if (!error && parsed.is_object()) {
            check_registration(parsed.get_object());
            check_assertion({}, parsed.get_object());
            webauthn::presented(parsed.get_object());
        }
    }
    }
    return 0;
}
