#include "vault/sealed.hpp"

#include "crypto/random.hpp"

namespace gatehouse::vault {

namespace {

// Layout: format (1 byte), epoch (4), nonce (24), encrypted expiry (8) and payload, tag (16). The first half of the
// nonce derives the value's own key, the second half is the nonce of AES-GCM: random nonces never wear a key out.
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kNonceSize = 24;
constexpr std::size_t kHeaderSize = 1 + 4 + kNonceSize;

void append_number(Bytes& out, std::uint64_t number, int size)
{
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(number >> shift));
}
std::uint64_t read_number(ByteView bytes)
{
    std::uint64_t number = 0;
    for (auto const byte : bytes)
        number = number << 8 | byte;
    return number;
}

// Purpose and epoch are in the key; what remains is bound here.
Bytes associated_data(ByteView header, TenantId tenant, ByteView binding)
{
    Bytes data(header.begin(), header.end());
    data.insert(data.end(), tenant.bytes().begin(), tenant.bytes().end());
    data.insert(data.end(), binding.begin(), binding.end());
    return data;
}

Refusal invalid(std::string why)
{
    return refuse(ErrorKind::invalid, "sealed_invalid", "This value is damaged, or was made for something else.")
        .because(std::move(why));
}

} // namespace

Result<std::string> seal(Vault const& vault, SealContext const& context, ByteView payload, TimePoint now)
{
    TRY(auto const epoch, vault.sealing_epoch(context.tenant, now));
    Bytes sealed;
    sealed.reserve(kHeaderSize + 8 + payload.size() + crypto::AeadKey::kTagSize);
    sealed.push_back(kFormat);
    append_number(sealed, epoch, 4);
    auto const nonce = crypto::random_array<kNonceSize>();
    sealed.insert(sealed.end(), nonce.begin(), nonce.end());
    TRY(auto const key,
        vault.sealing_key(context.tenant, epoch, context.purpose, ByteView(nonce).first(kNonceSize / 2), now));

    Bytes plaintext;
    plaintext.reserve(8 + payload.size());
    append_number(plaintext, static_cast<std::uint64_t>(to_micros(context.expires_at)), 8);
    plaintext.insert(plaintext.end(), payload.begin(), payload.end());
    auto const associated = associated_data(sealed, context.tenant, context.binding);
    key.seal_onto(sealed, ByteView(nonce).last(kNonceSize / 2), plaintext, associated);
    auto text = base64url_encode(sealed);
    if (text.size() > kMaximumSealedText)
        return fault(fmt::format("a sealed value of {} characters: keep it in a row", text.size()));
    return text;
}

Result<Bytes> open(Vault const& vault, UnsealContext const& context, std::string_view text)
{
    if (text.size() > kMaximumSealedText)
        return invalid("too long");
    auto const sealed = base64url_decode(text);
    if (!sealed || sealed->size() < kHeaderSize + 8 + crypto::AeadKey::kTagSize || sealed->front() != kFormat)
        return invalid("not a sealed value");
    auto const header = ByteView(*sealed).first(kHeaderSize);
    auto const epoch = static_cast<std::uint32_t>(read_number(header.subspan(1, 4)));
    auto const nonce = header.last(kNonceSize);
    TRY(auto const key,
        vault.sealing_key(context.tenant, epoch, context.purpose, nonce.first(kNonceSize / 2), context.now));
    auto plaintext = key.open(nonce.last(kNonceSize / 2), ByteView(*sealed).subspan(kHeaderSize),
                              associated_data(header, context.tenant, context.binding));
    if (!plaintext || plaintext->size() < 8)
        return invalid("does not open for this purpose, tenant and binding");
    auto const expires_at = from_micros(static_cast<std::int64_t>(read_number(ByteView(*plaintext).first(8))));
    if (expires_at <= context.now)
        return refuse(ErrorKind::gone, "sealed_expired", "This has expired. Please start again.");
    plaintext->erase(plaintext->begin(), plaintext->begin() + 8);
    return plaintext;
}

} // namespace gatehouse::vault
