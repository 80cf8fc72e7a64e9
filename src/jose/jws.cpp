#include "jose/jws.hpp"

#include "base/json.hpp"

namespace gatehouse::jose {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaximumHeaderSize = 8 * 1024;
constexpr int kMaximumTries = 8; // keys that are tried for one signature

Refusal invalid_jws(std::string why)
{
    return refuse(ErrorKind::invalid, "invalid_jws", "This is not a signed token, or it was damaged.")
        .because(std::move(why));
}

struct Parts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_part; // header and payload with the dot between them
};

Result<Parts> split(std::string_view compact)
{
    if (compact.size() > kMaximumCompactSize)
        return invalid_jws("too long");
    auto const first = compact.find('.');
    auto const second = first == std::string_view::npos ? first : compact.find('.', first + 1);
    if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos)
        return invalid_jws("not three parts");
    return Parts{.header = compact.substr(0, first),
                 .payload = compact.substr(first + 1, second - first - 1),
                 .signature = compact.substr(second + 1),
                 .signed_part = compact.substr(0, second)};
}

Result<std::string> optional_text(json::object const& parameters, std::string_view name)
{
    auto const* const value = parameters.if_contains(name);
    if (!value)
        return std::string();
    if (!value->is_string())
        return invalid_jws(std::string(name) + " is not a string");
    return std::string(value->get_string());
}

Result<Header> parse_header(std::string_view encoded)
{
    auto const text = base64url_decode(encoded);
    if (!text)
        return invalid_jws("the header is not base64url");
    auto parameters = parse_json_object_strict(as_text(*text), {.size = kMaximumHeaderSize, .depth = 8});
    if (!parameters)
        return invalid_jws("the header is not an object: " + parameters.error().code);
    // RFC 7515 section 4.1.11: what is critical must be understood; no extension is understood here. Nor is an
    // unencoded payload (RFC 7797), which must be critical and is refused even where it is not.
    if (parameters->contains("crit") || parameters->contains("b64"))
        return invalid_jws("critical header parameters are not supported");
    TRY(auto const name, optional_text(*parameters, "alg"));
    auto const algorithm = algorithm_named(name);
    if (!algorithm)
        return refuse(ErrorKind::invalid, "unsupported_algorithm", "The token is signed in a way that is not accepted.")
            .because("alg " + name.substr(0, 32));
    Header header{.algorithm = *algorithm, .kid = {}, .typ = {}, .cty = {}, .parameters = {}};
    TRY(header.kid, optional_text(*parameters, "kid"));
    TRY(header.typ, optional_text(*parameters, "typ"));
    TRY(header.cty, optional_text(*parameters, "cty"));
    header.parameters = std::move(*parameters);
    return header;
}

} // namespace

Signer::Signer(SigningKey key, std::string_view type, std::string_view content_type) : key_(std::move(key))
{
    std::string header = "{\"alg\":\"";
    header.append(name_of(key_.algorithm())).append("\",\"kid\":");
    append_json_string(header, key_.kid());
    if (!type.empty()) {
        header += ",\"typ\":";
        append_json_string(header, type);
    }
    if (!content_type.empty()) {
        header += ",\"cty\":";
        append_json_string(header, content_type);
    }
    header.push_back('}');
    encoded_header_ = base64url_encode(as_bytes(header)) + ".";
}

Result<std::string> Signer::sign(std::string_view payload) const
{
    std::string compact;
    compact.reserve(encoded_header_.size() + payload.size() * 4 / 3 + 720); // 720: an RSA signature of 4096 bits
    compact.append(encoded_header_).append(base64url_encode(as_bytes(payload)));
    TRY(auto const signature, key_.sign(as_bytes(compact)));
    compact.append(1, '.').append(base64url_encode(signature));
    return compact;
}

Result<Header> read_header(std::string_view compact)
{
    TRY(auto const parts, split(compact));
    return parse_header(parts.header);
}

Result<VerifiedJws> verify(std::string_view compact, KeySet const& keys, AlgorithmSet allowed)
{
    TRY(auto const parts, split(compact));
    TRY(auto header, parse_header(parts.header));
    if (!allowed.contains(header.algorithm))
        return refuse(ErrorKind::invalid, "algorithm_not_allowed",
                      "The token is signed in a way that is not accepted here.")
            .because(std::string(name_of(header.algorithm)));
    auto payload = base64url_decode(parts.payload);
    auto const signature = base64url_decode(parts.signature);
    if (!payload || !signature)
        return invalid_jws("payload or signature is not base64url");

    int tries = 0;
    for (auto const& key : keys.keys()) {
        if (!key.supports(header.algorithm) || (!header.kid.empty() && !key.kid().empty() && header.kid != key.kid()))
            continue;
        if (++tries > kMaximumTries)
            break;
        if (key.verify(header.algorithm, as_bytes(parts.signed_part), *signature))
            return VerifiedJws{.header = std::move(header), .payload = std::move(*payload), .key = key};
    }
    if (tries == 0)
        return refuse(ErrorKind::invalid, "unknown_key", "The token is signed with a key that is not known here.")
            .because("kid " + header.kid.substr(0, 64));
    return refuse(ErrorKind::invalid, "invalid_signature", "The signature does not verify.");
}

} // namespace gatehouse::jose
