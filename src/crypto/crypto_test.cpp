#include "crypto/aead.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"

#include <gtest/gtest.h>
#include <set>
#include <thread>

namespace gatehouse::crypto {
namespace {

TEST(Random, DrawsDifferentBytesOfEverySize)
{
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i)
        EXPECT_TRUE(seen.insert(random_token(16)).second);
    EXPECT_EQ(random_token(32).size(), 43u);
    for (std::size_t const size : {0u, 1u, 63u, 64u, 65u, 1024u, 5000u})
        EXPECT_EQ(random_bytes(size).size(), size);
    EXPECT_FALSE(random_secret(32) == Secret(Bytes(32)));
}

TEST(Random, CodesUseTheWholeAlphabetEvenly)
{
    std::array<int, 10> counts{};
    auto const code = random_code(20'000);
    for (auto const digit : code)
        ++counts.at(static_cast<std::size_t>(digit - '0'));
    for (auto const count : counts) // 2000 expected, standard deviation 42
        EXPECT_NEAR(count, 2000, 300);
    EXPECT_EQ(random_code(8, "ab").find_first_not_of("ab"), std::string::npos);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(random_below(1), 0u);
        EXPECT_LT(random_below(3), 3u);
    }
}

TEST(Digest, GivesTheExamplesOfFips180)
{
    EXPECT_EQ(hex_encode(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_encode(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex_encode(sha256({as_bytes("a"), as_bytes(""), as_bytes("bc")})), hex_encode(sha256("abc")));
    EXPECT_EQ(hex_encode(sha384(as_bytes("abc"))),
              "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
    EXPECT_EQ(hex_encode(sha512(as_bytes("abc"))), "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                                   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Hmac, GivesTheExamplesOfRfc4231)
{
    auto const mac = [](ByteView key, std::string_view text) {
        return hex_encode(HmacSha256(key).mac(as_bytes(text)));
    };
    EXPECT_EQ(mac(Bytes(20, 0x0b), "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(mac(as_bytes("Jefe"), "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(mac(Bytes(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, IsUsedByManyThreadsAtOnce)
{
    HmacSha256 const key(as_bytes("Jefe"));
    auto const expected = key.mac(as_bytes("what do ya want for nothing?"));
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i)
                if (key.mac({as_bytes("what do ya want "), as_bytes("for nothing?")}) != expected)
                    ++wrong;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST(Hkdf, GivesTheExamplesOfRfc5869)
{
    auto const info = hex_decode("f0f1f2f3f4f5f6f7f8f9");
    auto const first = hkdf_sha256(Bytes(22, 0x0b), *hex_decode("000102030405060708090a0b0c"), as_text(*info), 42);
    EXPECT_EQ(hex_encode(first.expose()),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    auto const third = hkdf_sha256(Bytes(22, 0x0b), {}, "", 42);
    EXPECT_EQ(hex_encode(third.expose()),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Aead, GivesTestCase16OfTheGcmSpecification)
{
    AeadKey const key(*hex_decode("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    auto const plaintext = *hex_decode("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                                       "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    auto const associated = *hex_decode("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    auto const nonce = *hex_decode("cafebabefacedbaddecaf888");
    Bytes sealed;
    key.seal_onto(sealed, nonce, plaintext, associated);
    EXPECT_EQ(hex_encode(sealed), "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                                  "76fc6ece0f4e1768cddf8853bb2d551b");
    EXPECT_EQ(*key.open(nonce, sealed, associated), plaintext);
}

TEST(Aead, RefusesEveryFlippedBitAndEveryTruncation)
{
    auto const key = AeadKey::generate();
    auto const sealed = key.seal(as_bytes("attack at dawn"), as_bytes("row 7"));
    ASSERT_EQ(as_text(*key.open(sealed, as_bytes("row 7"))), "attack at dawn");
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto changed = sealed;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        EXPECT_EQ(key.open(changed, as_bytes("row 7")).error().code, "decryption_failed");
    }
    for (std::size_t size = 0; size < sealed.size(); ++size)
        EXPECT_FALSE(key.open(ByteView(sealed).first(size), as_bytes("row 7")));
    EXPECT_FALSE(key.open(sealed, as_bytes("row 8")));
    EXPECT_FALSE(key.open(sealed, {}));
    EXPECT_FALSE(AeadKey::generate().open(sealed, as_bytes("row 7")));
    EXPECT_EQ(as_text(*key.clone().open(sealed, as_bytes("row 7"))), "attack at dawn");
}

TEST(Aead, SealsNothingAndNeverTwiceTheSame)
{
    auto const key = AeadKey::generate();
    auto const sealed = key.seal({}, {});
    EXPECT_EQ(sealed.size(), AeadKey::kOverhead);
    EXPECT_TRUE(key.open(sealed, {})->empty());
    EXPECT_FALSE(key.open(sealed, as_bytes("x")));
    EXPECT_NE(key.seal({}, {}), sealed);
}

} // namespace
} // namespace gatehouse::crypto
