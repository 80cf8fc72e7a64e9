#include "base/log.hpp"
#include "credentials/breached_passwords.hpp"
#include "credentials/fuse_filter.hpp"
#include "http/client.hpp"
#include "http/test_support/raw_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

namespace gatehouse::credentials {
namespace {

using namespace std::chrono_literals;

std::string hex_sha1(std::string_view password)
{
    auto digest = hex_encode(sha1_of(Secret(password)));
    for (auto& c : digest)
        c = c >= 'a' ? static_cast<char>(c - 32) : c;
    return digest;
}

// A corpus as it is downloaded: ordered by digest.
std::string corpus(std::vector<std::pair<std::string, int>> const& passwords)
{
    std::vector<std::string> lines;
    for (auto const& [password, count] : passwords)
        lines.push_back(fmt::format("{}:{}\r\n", hex_sha1(password), count));
    std::ranges::sort(lines);
    return fmt::format("{}", fmt::join(lines, ""));
}

struct Folder {
    std::filesystem::path path = [] {
        std::string name = "/tmp/gatehouse-breached-XXXXXX";
        return std::filesystem::path(mkdtemp(name.data()));
    }();
    ~Folder() { std::filesystem::remove_all(path); }
};

Result<BreachedBuilt> build(std::filesystem::path const& to, std::string const& lines, BreachedBuild wanted = {})
{
    std::istringstream from(lines);
    return build_breached_file(from, to, wanted);
}

TEST(FuseFilter, HoldsEveryKeyAndFewStrangers)
{
    std::mt19937_64 random(7);
    for (std::size_t const count : {1U, 2U, 3U, 7U, 50U, 1000U, 100'000U}) {
        std::vector<std::uint64_t> keys(count);
        for (auto& key : keys)
            key = random();
        auto const filter = build_fuse_filter(keys);
        ASSERT_TRUE(filter) << filter.error().detail;
        for (auto const key : keys)
            ASSERT_TRUE(contains(filter->shape, filter->fingerprints, key)) << count;
        int strangers = 0;
        for (int i = 0; i < 100'000; ++i)
            strangers += contains(filter->shape, filter->fingerprints, random()) ? 1 : 0;
        EXPECT_LE(strangers, 12) << count; // 1.5 are expected
        if (count == 100'000) {
            EXPECT_LT(static_cast<double>(filter->fingerprints.size()) * 16 / static_cast<double>(count), 20.0);
        }
    }
    auto const nothing = build_fuse_filter({});
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(contains(nothing->shape, nothing->fingerprints, 1));
}

TEST(FuseFilter, KeysThatRepeatAreRefusedAndNotLookedForForever)
{
    EXPECT_FALSE(build_fuse_filter(std::vector<std::uint64_t>{1, 2, 2}));
}

TEST(BreachedFiles, KnowWhatWasBuiltIntoThemOverManyShards)
{
    Folder const folder;
    std::vector<std::pair<std::string, int>> passwords;
    for (int i = 0; i < 3000; ++i)
        passwords.emplace_back(fmt::format("leaked {}", i), i % 3);
    std::uint64_t reported = 0;
    // A size that was told makes more shards; some of them stay empty.
    auto const built =
        build(folder.path / "breached", corpus(passwords),
              {.minimum_count = 1, .size = 200'000ULL * 45 * 1024, .progress = [&](std::uint64_t, std::uint64_t taken) {
                   reported = taken;
               }});
    ASSERT_TRUE(built) << built.error().message;
    EXPECT_EQ(built->read, 3000u);
    EXPECT_EQ(built->taken, 2000u);
    EXPECT_EQ(reported, 2000u);
    auto const file = BreachedFile::open(folder.path / "breached");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ((*file)->passwords(), 2000u);
    int wrong = 0;
    for (auto const& [password, count] : passwords)
        if (count > 0)
            EXPECT_TRUE((*file)->contains(sha1_of(Secret(password)))) << password;
        else
            wrong += (*file)->contains(sha1_of(Secret(password))) ? 1 : 0;
    EXPECT_LE(wrong, 1);
    EXPECT_FALSE(std::filesystem::exists(folder.path / "breached.part"));
}

TEST(BreachedFiles, TakeNoLinesThatAreNone)
{
    Folder const folder;
    auto const to = folder.path / "breached";
    auto const code = [&](std::string const& lines) { return build(to, lines).error().code; };
    EXPECT_EQ(code(""), "breached_empty");
    EXPECT_EQ(code("not a digest\n"), "breached_line_invalid");
    EXPECT_EQ(code(hex_sha1("a").substr(1) + ":1\n"), "breached_line_invalid");
    EXPECT_EQ(code(hex_sha1("a") + ";1\n"), "breached_line_invalid");
    EXPECT_EQ(code(hex_sha1("a") + ":1x\n"), "breached_line_invalid");
    EXPECT_EQ(code(std::string(40, 'F') + ":1\n" + std::string(40, '0') + ":1\n"), "breached_not_sorted");
    EXPECT_FALSE(std::filesystem::exists(to));
    EXPECT_FALSE(std::filesystem::exists(to.string() + ".part"));
    EXPECT_TRUE(build(to, hex_sha1("a") + "\n" + hex_sha1("a") + ":2")); // the same twice, without count and line break
}

TEST(BreachedFiles, ThatWereCutOrChangedAreNotUsed)
{
    Folder const folder;
    auto const path = folder.path / "breached";
    ASSERT_TRUE(build(path, corpus({{"leaked", 1}, {"spilled", 2}})));
    std::ifstream in(path, std::ios::binary);
    std::string const whole((std::istreambuf_iterator<char>(in)), {});
    auto const code = [&](std::string const& bytes) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
        auto const opened = BreachedFile::open(path);
        return opened ? "" : opened.error().code;
    };
    EXPECT_EQ(code(whole), "");
    EXPECT_EQ(code({}), "breached_file_damaged");
    EXPECT_EQ(code(whole.substr(0, 63)), "breached_file_damaged");
    EXPECT_EQ(code(whole.substr(0, whole.size() - 1)), "breached_file_damaged");
    for (std::size_t const at : {0U, 9U, 13U, 20U, 45U, 64U, 74U, 82U}) { // header and the entry of the only shard
        auto changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_EQ(code(changed), "breached_file_damaged") << at;
    }
    EXPECT_EQ(BreachedFile::open(folder.path / "none").error().code, "file_unusable");
}

TEST(BreachedPasswordsOf, AFileThatIsReplacedIsUsedFromThenOnAndADamagedOneIsNot)
{
    Folder const folder;
    auto const path = folder.path / "breached";
    ASSERT_TRUE(build(path, corpus({{"first leak of all", 1}})));
    BreachedPasswords breached;
    ASSERT_TRUE(breached.use_file(path));
    auto const knows = [&](std::string_view password) { return breached.knows(Secret(password)); };
    EXPECT_TRUE(knows("first leak of all"));
    EXPECT_TRUE(knows("PassWord")); // the built-in list
    EXPECT_FALSE(knows("second leak of all"));

    ASSERT_TRUE(build(path, corpus({{"first leak of all", 1}, {"second leak of all", 1}})));
    ASSERT_TRUE(breached.refresh());
    EXPECT_TRUE(knows("second leak of all"));
    EXPECT_EQ(breached.statistics().passwords, 2u);

    std::ofstream(path.string() + ".new") << "damaged";
    std::filesystem::rename(path.string() + ".new", path);
    EXPECT_EQ(breached.refresh().error().code, "breached_file_damaged");
    EXPECT_TRUE(breached.refresh()); // told once
    EXPECT_TRUE(knows("second leak of all"));
    std::filesystem::remove(path);
    EXPECT_EQ(breached.refresh().error().code, "file_unusable");
    EXPECT_TRUE(knows("second leak of all"));
    EXPECT_EQ(BreachedPasswords().use_file(path).error().code, "file_unusable");
}

// A service on this machine that writes down what it is asked.
class BreachedService : public testing::Test {
protected:
    Task<http::Response> answer(http::Request&& request)
    {
        asked_.push_back(request.path + " " + std::string(request.header("Add-Padding")));
        everything_ += request.path + std::string(request.header("User-Agent")) + request.body;
        if (status_ != 200)
            co_return http::Response::text(status_, "busy");
        auto const digest = hex_sha1("a leaked password of the world");
        co_return http::Response::text(
            200, body_.empty() ? fmt::format("{}:{}\r\n{}:0\r\n", digest.substr(5), 17, std::string(35, 'A')) : body_);
    }
    std::unique_ptr<credentials::BreachedService> make(BreachedServiceOptions options = {})
    {
        options.address = fmt::format("http://localhost:{}/", server_.port());
        return std::make_unique<credentials::BreachedService>(options, client_);
    }
    template <class T>
    T run(Task<T> task)
    {
        return boost::asio::co_spawn(server_.server().executor(), std::move(task), boost::asio::use_future).get();
    }

    std::vector<std::string> asked_;
    std::string everything_;
    std::string body_;
    int status_ = 200;
    http::test::LocalServer server_{[this](http::Request&& request) { return answer(std::move(request)); }};
    std::shared_ptr<http::Client> client_ = http::Client::create(
        server_.server().executor(), {.allowed_hosts = {fmt::format("localhost:{}", server_.port())}});
};

TEST_F(BreachedService, LearnsFiveDigitsAndNothingElse)
{
    BreachedPasswords breached;
    breached.use_service(make(), false);
    Secret const leaked(std::string_view("a leaked password of the world"));
    EXPECT_TRUE(run(breached.is_breached(leaked)));
    auto const digest = hex_sha1("a leaked password of the world");
    EXPECT_EQ(asked_, std::vector{"/range/" + digest.substr(0, 5) + " true"});
    EXPECT_EQ(everything_.find(digest.substr(0, 6)), std::string::npos);
    EXPECT_FALSE(breached.knows(leaked)); // at once: the service is not asked
}

TEST_F(BreachedService, IsAskedOnceForThoseWhoTryAgain)
{
    BreachedPasswords breached;
    breached.use_service(make(), false);
    Secret const leaked(std::string_view("a leaked password of the world"));
    EXPECT_TRUE(run(breached.is_breached(leaked)));
    EXPECT_TRUE(run(breached.is_breached(leaked)));
    EXPECT_EQ(asked_.size(), 1u);
    BreachedPasswords forgetful;
    forgetful.use_service(make({.kept = 0s}), false);
    EXPECT_TRUE(run(forgetful.is_breached(leaked)));
    EXPECT_TRUE(run(forgetful.is_breached(leaked)));
    EXPECT_EQ(asked_.size(), 3u);
}

TEST_F(BreachedService, IsAskedAtSignInsOnlyWhereThatIsWanted)
{
    Secret const leaked(std::string_view("a leaked password of the world"));
    BreachedPasswords quiet;
    quiet.use_service(make(), false);
    EXPECT_FALSE(run(quiet.is_breached_at_sign_in(leaked)));
    EXPECT_TRUE(asked_.empty());
    BreachedPasswords eager;
    eager.use_service(make(), true);
    EXPECT_TRUE(run(eager.is_breached_at_sign_in(leaked)));
}

TEST_F(BreachedService, ThatFailsKeepsNobodyFromAnythingAndIsLeftAlone)
{
    BreachedPasswords breached;
    breached.use_service(make(), false);
    Secret const leaked(std::string_view("a leaked password of the world"));
    log::Capture const capture;
    status_ = 503;
    EXPECT_FALSE(run(breached.is_breached(leaked)));
    EXPECT_FALSE(run(breached.is_breached(leaked)));
    EXPECT_EQ(asked_.size(), 1u);
    auto const seen = breached.statistics().service;
    EXPECT_EQ(seen.requests, 1u);
    EXPECT_EQ(seen.failures, 1u);
    EXPECT_EQ(seen.skipped, 1u);
    EXPECT_NE(capture.text().find("status 503"), std::string::npos);
    auto const lines = capture.text();
    auto const ours = lines.substr(lines.find("the service")); // the other line is that service's own
    EXPECT_EQ(ours.find(hex_sha1("a leaked password of the world").substr(0, 5)), std::string::npos) << ours;
}

TEST_F(BreachedService, PaddingAndNonsenseAreNoFindings)
{
    Secret const leaked(std::string_view("a leaked password of the world"));
    body_ = hex_sha1("a leaked password of the world").substr(5) + ":0";
    BreachedPasswords breached;
    breached.use_service(make(), false);
    EXPECT_FALSE(run(breached.is_breached(leaked)));
    EXPECT_EQ(breached.statistics().service.failures, 0u);
    body_ = "<html>a proxy's page</html>";
    BreachedPasswords confused;
    confused.use_service(make(), false);
    EXPECT_FALSE(run(confused.is_breached(leaked)));
    EXPECT_EQ(confused.statistics().service.failures, 1u);
}

} // namespace
} // namespace gatehouse::credentials
