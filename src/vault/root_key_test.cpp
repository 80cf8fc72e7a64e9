#include "vault/root_key.hpp"

#include "storage/test_support/test_database.hpp"
#include "vault/root_key_command.hpp"
#include "vault/test_support/test_vault.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::vault {
namespace {

namespace fs = std::filesystem;
using storage::Tx;

TimePoint const kNow = from_seconds(1'780'000'000);

// A folder that goes with the test.
struct Folder {
    fs::path path;
    Folder()
    {
        auto name = (fs::temp_directory_path() / "gatehouse-root-key-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
};

void write_file(fs::path const& path, std::string_view text, fs::perms mode = fs::perms(0600))
{
    std::ofstream(path) << text;
    fs::permissions(path, mode);
}
Secret key_of(std::uint8_t byte)
{
    return Secret(Bytes(kRootKeySize, byte));
}

TEST(RootKey, IsReadInThreeSpellings)
{
    auto const key = key_of(0xfb);
    EXPECT_TRUE(*parse_root_key(print_root_key(key) + "\n") == key);
    EXPECT_TRUE(*parse_root_key(base64_encode(key.expose())) == key);
    EXPECT_TRUE(*parse_root_key(" " + hex_encode(key.expose())) == key);
    for (auto const& text : {std::string(), std::string("x"), std::string(43, '!'), std::string(64, 'g'),
                             base64url_encode(Bytes(31)), base64url_encode(Bytes(33)), std::string(32, 'a')})
        EXPECT_EQ(parse_root_key(text).error().code, "root_key_invalid") << text;
}

TEST(RootKey, AFileThatOthersMayReadIsRefused)
{
    Folder const folder;
    auto const path = folder.path / "root.key";
    for (auto const mode : {0640u, 0604u, 0644u, 0660u, 0601u}) {
        write_file(path, print_root_key(key_of(1)), fs::perms(mode));
        auto const read = read_root_key(RootKeyFile{path});
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, "root_key_unsafe");
        EXPECT_NE(read.error().message.find("chmod 600"), std::string::npos);
    }
    for (auto const mode : {0600u, 0400u}) {
        fs::permissions(path, fs::perms(mode));
        EXPECT_TRUE(read_root_key(RootKeyFile{path}));
    }
    EXPECT_EQ(read_root_key(RootKeyFile{folder.path}).error().code, "root_key_unsafe");
    EXPECT_EQ(read_root_key(RootKeyFile{folder.path / "none"}).error().code, "root_key_missing");
    fs::permissions(path, fs::perms(0600));
    write_file(path, "nonsense");
    EXPECT_EQ(read_root_key(RootKeyFile{path}).error().code, "root_key_invalid");
}

TEST(RootKey, AFileIsNeverOverwritten)
{
    Folder const folder;
    auto const path = folder.path / "root.key";
    ASSERT_TRUE(write_root_key(path, key_of(1)));
    EXPECT_EQ(fs::status(path).permissions(), fs::perms(0600));
    EXPECT_EQ(write_root_key(path, key_of(2)).error().code, "root_key_exists");
    EXPECT_TRUE(*read_root_key(RootKeyFile{path}) == key_of(1));
    EXPECT_EQ(write_root_key(folder.path / "no" / "folder", key_of(2)).error().code, "root_key_unwritable");
}

TEST(RootKey, ComesFromTheEnvironment)
{
    setenv("GATEHOUSE_TEST_ROOT_KEY", print_root_key(key_of(3)).c_str(), 1);
    EXPECT_TRUE(*read_root_key(RootKeyEnvironment{"GATEHOUSE_TEST_ROOT_KEY"}) == key_of(3));
    setenv("GATEHOUSE_TEST_ROOT_KEY", "short", 1);
    EXPECT_EQ(read_root_key(RootKeyEnvironment{"GATEHOUSE_TEST_ROOT_KEY"}).error().code, "root_key_invalid");
    unsetenv("GATEHOUSE_TEST_ROOT_KEY");
    EXPECT_EQ(read_root_key(RootKeyEnvironment{"GATEHOUSE_TEST_ROOT_KEY"}).error().code, "root_key_missing");
}

TEST(RootKey, ComesFromACommand)
{
    EXPECT_TRUE(*read_root_key(RootKeyCommand{"echo " + print_root_key(key_of(4))}) == key_of(4));
    EXPECT_EQ(read_root_key(RootKeyCommand{"echo nonsense"}).error().code, "root_key_invalid");
    auto const failed = read_root_key(RootKeyCommand{"echo hunter2; exit 3"});
    EXPECT_EQ(failed.error().code, "root_key_command_failed");
    EXPECT_NE(failed.error().message.find("status 3"), std::string::npos);
    EXPECT_EQ(failed.error().message.find("hunter2"), std::string::npos);
    EXPECT_EQ(read_root_key(RootKeyCommand{"/no/such/program 2>/dev/null"}).error().code, "root_key_command_failed");
    EXPECT_EQ(read_root_key(RootKeyCommand{"yes"}).error().code, "root_key_command_failed"); // endless output
    EXPECT_EQ(run_root_key_command("sleep 60 & sleep 60", std::chrono::milliseconds(50)).error().code,
              "root_key_command_failed");
}

TEST(RootKey, ACopyOpensWithItsPassphraseOnly)
{
    Secret const passphrase{std::string_view("correct horse battery")};
    auto const text = export_root_key(key_of(5), passphrase);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->find(print_root_key(key_of(5))), std::string::npos);
    EXPECT_TRUE(*import_root_key(*text, passphrase) == key_of(5));
    EXPECT_EQ(import_root_key(*text, Secret(std::string_view("correct horse batterx"))).error().code,
              "passphrase_wrong");
    EXPECT_EQ(export_root_key(key_of(5), Secret(std::string_view("short"))).error().code, "passphrase_too_short");
    for (
        auto const* broken :
        {"", "{}", "[]", R"({"format":"gatehouse-root-key-1"})",
         R"({"format":"gatehouse-root-key-1","kdf":{"name":"argon2id","memory_kib":99999999,"passes":3,"salt":"AAAAAAAAAAAAAAAAAAAAAA"},"wrapped":"AAAA"})"})
        EXPECT_EQ(import_root_key(broken, passphrase).error().code, "key_export_invalid") << broken;
}

class RootKeyFileTest : public testing::TestWithParam<storage::Engine> {
protected:
    storage::TestDatabase database{GetParam()};
    Folder folder;
    fs::path path = folder.path / "root.key";

    Result<std::unique_ptr<Vault>> open() { return Vault::open(*database, RootKeyFile{path}, kNow); }
};
INSTANTIATE_TEST_SUITE_P(EveryBackend, RootKeyFileTest, storage::every_backend());

TEST_P(RootKeyFileTest, IsMadeForAnEmptyDatabaseOnly)
{
    ASSERT_TRUE(open());
    EXPECT_EQ(fs::status(path).permissions(), fs::perms(0600));
    ASSERT_TRUE(open());
    fs::remove(path);
    auto const refused = open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "root_key_missing");
    EXPECT_FALSE(fs::exists(path));
}

TEST_P(RootKeyFileTest, ThatExistsAlreadyIsUsedForAnEmptyDatabase)
{
    ASSERT_TRUE(write_root_key(path, key_of(6)));
    ASSERT_TRUE(open());
    EXPECT_TRUE(Vault::open(*database, RootKeyGiven{key_of(6)}, kNow));
    fs::permissions(path, fs::perms(0644));
    EXPECT_EQ(open().error().code, "root_key_unsafe");
}

TEST_P(RootKeyFileTest, OtherSourcesMakeNoKey)
{
    EXPECT_EQ(Vault::open(*database, RootKeyEnvironment{"GATEHOUSE_NO_SUCH_VARIABLE"}, kNow).error().code,
              "root_key_missing");
}

TEST_P(RootKeyFileTest, IsReplacedByARotation)
{
    auto const vault = *open();
    auto const tenant = make_test_tenant(*database, *vault, kNow);
    auto const running = *open();
    auto const wrapped = *vault->wrap(tenant, "p", Secret(std::string_view("s")));
    ASSERT_TRUE(vault->rotate_root(*database, key_of(8), kNow));
    EXPECT_TRUE(*read_root_key(RootKeyFile{path}) == key_of(8));
    EXPECT_FALSE(fs::exists(folder.path / "root.key.new"));
    EXPECT_EQ((*open())->unwrap(tenant, "p", wrapped)->expose_text(), "s");
    // A node that runs reads the file again.
    ASSERT_TRUE(database->read_now([&](Tx& tx) { return running->refresh(tx, kNow); }));
    EXPECT_TRUE(
        database->write_now([&](Tx& tx) { return running->create_tenant_keys(tx, TenantId::generate(kNow), kNow); }));
}

TEST_P(RootKeyFileTest, ARotationThatWasCutOffIsMended)
{
    auto const vault = *open();
    auto const tenant = make_test_tenant(*database, *vault, kNow);
    auto const old_text = print_root_key(*read_root_key(RootKeyFile{path}));
    ASSERT_TRUE(vault->rotate_root(*database, key_of(8), kNow));
    // As if the process had died between the commit and the renaming of the file.
    fs::rename(path, folder.path / "root.key.new");
    write_file(path, old_text);
    auto const mended = open();
    ASSERT_TRUE(mended);
    EXPECT_TRUE((*mended)->lookup_digest(tenant, "email", "a"));
    EXPECT_TRUE(*read_root_key(RootKeyFile{path}) == key_of(8));
    EXPECT_FALSE(fs::exists(folder.path / "root.key.new"));

    // And as if it had died before the commit: the old key goes on.
    write_file(folder.path / "root.key.new", print_root_key(key_of(9)));
    EXPECT_TRUE(open());
    EXPECT_TRUE(*read_root_key(RootKeyFile{path}) == key_of(8));
}

} // namespace
} // namespace gatehouse::vault
