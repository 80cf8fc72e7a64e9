#include "crypto/digest.hpp"

#include "crypto/openssl.hpp"

#include <stdexcept>

namespace gatehouse::crypto {

namespace {

EVP_MD_CTX* working_context()
{
    thread_local EvpMdContext const context{EVP_MD_CTX_new()};
    demand(context != nullptr, "EVP_MD_CTX_new");
    return context.get();
}

void update(EVP_MD_CTX* context, ByteView part)
{
    demand(EVP_DigestUpdate(context, part.data(), part.size()) == 1, "EVP_DigestUpdate");
}

template <std::size_t Size>
std::array<std::uint8_t, Size> finish(EVP_MD_CTX* context)
{
    std::array<std::uint8_t, Size> digest;
    demand(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1, "EVP_DigestFinal_ex");
    return digest;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> digest_of(EVP_MD const* algorithm, std::initializer_list<ByteView> parts)
{
    auto* const context = working_context();
    demand(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1, "EVP_DigestInit_ex2");
    for (auto const part : parts)
        update(context, part);
    return finish<Size>(context);
}

} // namespace

Digest256 sha256(ByteView data)
{
    return digest_of<32>(fetched_sha256(), {data});
}
Digest384 sha384(ByteView data)
{
    return digest_of<48>(fetched_sha384(), {data});
}
Digest512 sha512(ByteView data)
{
    return digest_of<64>(fetched_sha512(), {data});
}
Digest256 sha256(std::initializer_list<ByteView> parts)
{
    return digest_of<32>(fetched_sha256(), parts);
}

// The states of the inner and the outer digest after the padded key (RFC 2104 section 2). OpenSSL wipes them when
// freed.
struct HmacSha256::State {
    EvpMdContext inner;
    EvpMdContext outer;
};

HmacSha256::HmacSha256(ByteView key) : state_(std::make_unique<State>())
{
    constexpr std::size_t block = 64;
    std::array<std::uint8_t, block> padded{};
    if (key.size() > block) {
        auto const digest = sha256(key);
        std::copy(digest.begin(), digest.end(), padded.begin());
    } else {
        std::copy(key.begin(), key.end(), padded.begin());
    }
    auto const start = [&](std::uint8_t mask) {
        EvpMdContext context{EVP_MD_CTX_new()};
        auto masked = padded;
        for (auto& byte : masked)
            byte ^= mask;
        demand(context != nullptr && EVP_DigestInit_ex2(context.get(), fetched_sha256(), nullptr) == 1, "HMAC");
        update(context.get(), masked);
        wipe(masked.data(), masked.size());
        return context;
    };
    state_->inner = start(0x36);
    state_->outer = start(0x5c);
    wipe(padded.data(), padded.size());
}

HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

Digest256 HmacSha256::mac(std::initializer_list<ByteView> parts) const
{
    auto* const context = working_context();
    demand(EVP_MD_CTX_copy_ex(context, state_->inner.get()) == 1, "EVP_MD_CTX_copy_ex");
    for (auto const part : parts)
        update(context, part);
    auto const inner = finish<32>(context);
    demand(EVP_MD_CTX_copy_ex(context, state_->outer.get()) == 1, "EVP_MD_CTX_copy_ex");
    update(context, inner);
    return finish<32>(context);
}

Secret hkdf_expand_sha256(HmacSha256 const& key, std::string_view info, std::size_t size)
{
    if (size > 255 * 32)
        throw std::logic_error("HKDF gives at most 8160 bytes");
    Bytes out;
    out.reserve(size + 32); // no reallocation leaves a copy behind
    Digest256 block{};
    for (std::uint8_t counter = 1; out.size() < size; ++counter) {
        auto const before = counter == 1 ? ByteView{} : ByteView(block);
        block = key.mac({before, as_bytes(info), ByteView(&counter, 1)});
        out.insert(out.end(), block.begin(), block.end());
    }
    wipe(block.data(), block.size());
    wipe(out.data() + size, out.size() - size);
    out.resize(size);
    return Secret(std::move(out));
}

Secret hkdf_sha256(ByteView key_material, ByteView salt, std::string_view info, std::size_t size)
{
    auto extracted = HmacSha256(salt).mac(key_material);
    HmacSha256 const key{ByteView(extracted)};
    wipe(extracted.data(), extracted.size());
    return hkdf_expand_sha256(key, info, size);
}

} // namespace gatehouse::crypto
