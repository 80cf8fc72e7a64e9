// What libfido2 says of the cases on standard input: one line each, "name<TAB>verdict". It judges what authenticators
// make (authenticator data, statements, signatures) over the hash of the client data; the client data itself is its
// caller's to check, and it knows neither "none" nor apple nor android-key.
#include "credentials/cbor.hpp"
#include "credentials/cose.hpp"
#include "crypto/digest.hpp"

#include <boost/json.hpp>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/es384.h>
#include <fido/rs256.h>
#include <iostream>

using namespace gatehouse;
using namespace gatehouse::credentials;
namespace json = boost::json;

namespace {

Bytes bytes_at(json::value const& response, char const* name)
{
    return base64url_decode(std::string_view(response.at(name).as_string())).value_or(Bytes{});
}

int cose_of(Bytes const& public_key)
{
    auto const key = cbor::parse(public_key);
    auto const* const number = key ? key->find(3) : nullptr;
    return number && number->if_integer() ? static_cast<int>(*number->if_integer()) : 0;
}

// The algorithm of the key in authenticator data.
int algorithm_of(ByteView data)
{
    if (data.size() < 55)
        return 0;
    auto const size = static_cast<std::size_t>(data[53]) << 8 | data[54];
    if (data.size() < 55 + size)
        return 0;
    auto const key = cbor::parse_prefix(data.subspan(55 + size));
    auto const* const number = key ? key->value.find(3) : nullptr;
    return number && number->if_integer() ? static_cast<int>(*number->if_integer()) : 0;
}

bool takes_registration(json::object const& one)
{
    auto const& response = one.at("response").at("response");
    auto const object_bytes = bytes_at(response, "attestationObject");
    auto const client_hash = crypto::sha256(ByteView(bytes_at(response, "clientDataJSON")));
    auto const object = cbor::parse(object_bytes);
    auto const* const format = object ? object->find("fmt") : nullptr;
    auto const* const data = object ? object->find("authData") : nullptr;
    auto const* const statement = object ? object->find("attStmt") : nullptr;
    if (!format || !format->if_text() || !data || !data->if_bytes() || !statement || !statement->if_map())
        return false;
    auto const* const signature = statement->find("sig");
    auto const* const x5c = statement->find("x5c");
    if (!signature || !signature->if_bytes())
        return false;
    fido_cred_t* const credential = fido_cred_new();
    std::string const name(*format->if_text());
    auto const raw = *data->if_bytes();
    bool good = fido_cred_set_type(credential, algorithm_of(raw)) == FIDO_OK &&
                fido_cred_set_rp(credential, "id.example.com", nullptr) == FIDO_OK &&
                fido_cred_set_clientdata_hash(credential, client_hash.data(), client_hash.size()) == FIDO_OK &&
                fido_cred_set_fmt(credential, name.c_str()) == FIDO_OK &&
                fido_cred_set_authdata_raw(credential, raw.data(), raw.size()) == FIDO_OK &&
                fido_cred_set_sig(credential, signature->if_bytes()->data(), signature->if_bytes()->size()) == FIDO_OK;
    if (good && one.at("verify").as_bool())
        good = fido_cred_set_uv(credential, FIDO_OPT_TRUE) == FIDO_OK;
    if (good && x5c && x5c->if_array() && !x5c->if_array()->empty() && x5c->if_array()->front().if_bytes()) {
        auto const der = *x5c->if_array()->front().if_bytes();
        good = fido_cred_set_x509(credential, der.data(), der.size()) == FIDO_OK &&
               fido_cred_verify(credential) == FIDO_OK;
    } else if (good) {
        good = !x5c && fido_cred_verify_self(credential) == FIDO_OK;
    }
    fido_cred_t* gone = credential;
    fido_cred_free(&gone);
    return good;
}

// libfido2's form of a COSE key; null when there is none. Freed by the process's end.
void* key_of(Bytes const& cose, int algorithm)
{
    auto const key = webauthn::parse_public_key(cose);
    if (!key)
        return nullptr;
    switch (algorithm) {
    case COSE_ES256: {
        auto* const made = es256_pk_new();
        return es256_pk_from_EVP_PKEY(made, key->key.get()) == FIDO_OK ? made : nullptr;
    }
    case COSE_ES384: {
        auto* const made = es384_pk_new();
        return es384_pk_from_EVP_PKEY(made, key->key.get()) == FIDO_OK ? made : nullptr;
    }
    case COSE_EDDSA: {
        auto* const made = eddsa_pk_new();
        return eddsa_pk_from_EVP_PKEY(made, key->key.get()) == FIDO_OK ? made : nullptr;
    }
    case COSE_RS256: {
        auto* const made = rs256_pk_new();
        return rs256_pk_from_EVP_PKEY(made, key->key.get()) == FIDO_OK ? made : nullptr;
    }
    default:
        return nullptr;
    }
}

bool takes_assertion(json::object const& one)
{
    auto const& response = one.at("response").at("response");
    auto const data = bytes_at(response, "authenticatorData");
    auto const signature = bytes_at(response, "signature");
    auto const client_hash = crypto::sha256(ByteView(bytes_at(response, "clientDataJSON")));
    auto const cose = base64url_decode(std::string_view(one.at("public_key").as_string())).value();
    int const algorithm = cose_of(cose);
    fido_assert_t* const assertion = fido_assert_new();
    bool good = fido_assert_set_rp(assertion, "id.example.com") == FIDO_OK &&
                fido_assert_set_clientdata_hash(assertion, client_hash.data(), client_hash.size()) == FIDO_OK &&
                fido_assert_set_count(assertion, 1) == FIDO_OK &&
                fido_assert_set_authdata_raw(assertion, 0, data.data(), data.size()) == FIDO_OK &&
                fido_assert_set_sig(assertion, 0, signature.data(), signature.size()) == FIDO_OK &&
                fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK;
    if (good && one.at("verify").as_bool())
        good = fido_assert_set_uv(assertion, FIDO_OPT_TRUE) == FIDO_OK;
    void* const key = good ? key_of(cose, algorithm) : nullptr;
    good = good && key && fido_assert_verify(assertion, 0, algorithm, key) == FIDO_OK;
    fido_assert_t* gone = assertion;
    fido_assert_free(&gone);
    return good;
}

} // namespace

extern "C" char const* __asan_default_options()
{
    return "detect_leaks=0"; // keys are kept until the end
}

int main()
{
    fido_init(0);
    for (std::string line; std::getline(std::cin, line);) {
        auto const one = json::parse(line).as_object();
        bool const taken = one.at("kind") == "assertion" ? takes_assertion(one) : takes_registration(one);
        std::cout << std::string_view(one.at("name").as_string()) << '\t' << (taken ? "passed" : "refused") << '\n';
    }
    return 0;
}
