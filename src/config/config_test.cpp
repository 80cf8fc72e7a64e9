#include "config/settings.hpp"
#include "config/values.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace gatehouse::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr List kListen{{.key = "http.listen",
                        .fallback = "127.0.0.1:8080",
                        .flag = "listen",
                        .text = "Addresses to listen on.",
                        .example = "0.0.0.0:8443"}};
constexpr Time kIdle{
    {.key = "http.idle_timeout", .fallback = "75s", .minimum = "1s", .maximum = "1h", .text = "Rest."}};
constexpr Size kBody{
    {.key = "http.body_limit", .fallback = "64KB", .minimum = "1KB", .maximum = "16MB", .text = "Body."}};
constexpr Integer kThreads{
    {.key = "http.threads", .fallback = "0", .minimum = "0", .maximum = "256", .text = "Threads."}};
constexpr Boolean kDevelopment{
    {.key = "server.development", .fallback = "false", .flag = "development", .text = "Dev."}};
constexpr Text kFormat{
    {.key = "log.format", .fallback = "automatic", .choices = "automatic|json|text", .text = "How lines look."}};
constexpr SecretText kPassword{{.key = "smtp.password", .text = "Of the mail server.", .example = "correct horse"}};
constexpr Url kBase{
    {.key = "server.base_url", .text = "Where visitors reach it.", .example = "https://id.example.com"}};
constexpr File kCertificate{{.key = "http.certificate_file", .text = "PEM.", .example = "/etc/gatehouse/tls.pem"}};

constexpr Option const* kHttp[] = {&kListen, &kIdle, &kBody, &kThreads, &kCertificate};
constexpr Option const* kOther[] = {&kDevelopment, &kBase, &kFormat, &kPassword};
constexpr Table kTables[] = {{"HTTP server", kHttp}, {"Everything else", kOther}};

class Config : public testing::Test {
protected:
    Config()
    {
        std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-config-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        sources_.default_file = folder_ + "/gatehouse.toml";
    }
    ~Config() override { std::filesystem::remove_all(folder_); }

    std::string write(std::string const& name, std::string const& content)
    {
        auto const path = folder_ + "/" + name;
        std::ofstream(path) << content;
        return path;
    }
    void file(std::string const& content) { write("gatehouse.toml", content); }
    Result<Settings> load() { return config::load(kTables, sources_); }
    std::string complaint()
    {
        auto const settings = load();
        return settings ? "accepted" : settings.error().message;
    }

    std::string folder_;
    Sources sources_;
};

TEST_F(Config, DefaultsStandWhereNothingIsSaid)
{
    auto const settings = load();
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->get(kListen), std::vector<std::string>{"127.0.0.1:8080"});
    EXPECT_EQ(settings->get(kIdle), Duration(75s));
    EXPECT_EQ(settings->get(kBody), 65536u);
    EXPECT_FALSE(settings->get(kDevelopment));
    EXPECT_TRUE(settings->get(kPassword).empty());
    EXPECT_TRUE(settings->is_default(kIdle));
}

TEST_F(Config, AFlagWinsOverTheEnvironmentOverTheFile)
{
    file("[http]\nidle_timeout = \"10s\"\nthreads = 3\nbody_limit = \"2MB\"\nlisten = [\"[::1]:80\", "
         "\"10.0.0.1:80\"]\n");
    sources_.environment = {{"GATEHOUSE_HTTP_IDLE_TIMEOUT", "20s"}, {"GATEHOUSE_HTTP_THREADS", "4"}};
    sources_.flags = {{"http.idle_timeout", "30s"}};
    auto const settings = load();
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->get(kIdle), Duration(30s));
    EXPECT_EQ(settings->get(kThreads), 4);
    EXPECT_EQ(settings->get(kBody), 2u << 20);
    EXPECT_EQ(settings->get(kListen), (std::vector<std::string>{"[::1]:80", "10.0.0.1:80"}));
    EXPECT_EQ(settings->origin(kIdle), "flag --http-idle-timeout");
    EXPECT_EQ(settings->origin(kThreads), "environment GATEHOUSE_HTTP_THREADS");
    EXPECT_EQ(settings->origin(kBody), "file " + sources_.default_file + " line 4");
}

TEST_F(Config, AVariableMayNameAFileThatHoldsTheValue)
{
    sources_.environment = {{"GATEHOUSE_SMTP_PASSWORD_FILE", write("password", "open sesame\n")},
                            {"GATEHOUSE_HTTP_CERTIFICATE_FILE", write("tls.pem", "pem")}};
    auto const settings = load();
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->get(kPassword).expose_text(), "open sesame");
    EXPECT_EQ(settings->get(kCertificate), folder_ + "/tls.pem");
    EXPECT_EQ(settings->origin(kPassword), "environment GATEHOUSE_SMTP_PASSWORD_FILE");
}

TEST_F(Config, AVariableAndItsFileTogetherAreRefused)
{
    sources_.environment = {{"GATEHOUSE_SMTP_PASSWORD_FILE", write("p", "a")}, {"GATEHOUSE_SMTP_PASSWORD", "b"}};
    EXPECT_THAT(complaint(), HasSubstr("both set"));
}

TEST_F(Config, SystemdCredentialsAreRead)
{
    write("gatehouse.smtp.password", "from systemd");
    sources_.credentials_directory = folder_;
    auto const settings = load();
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->get(kPassword).expose_text(), "from systemd");
    EXPECT_EQ(settings->origin(kPassword), "credential gatehouse.smtp.password");
}

TEST_F(Config, UnknownKeysAreRefusedWithASuggestion)
{
    file("[http]\nidle_timout = \"10s\"\n[server]\nlisten = []\n[weather]\nsunny = true\n");
    sources_.environment = {{"GATEHOUSE_HTTP_LISTN", "x"}};
    auto const message = complaint();
    EXPECT_THAT(message,
                HasSubstr("line 2: unknown setting \"http.idle_timout\". Did you mean \"http.idle_timeout\"?"));
    EXPECT_THAT(message, HasSubstr("unknown setting \"weather.sunny\". `gatehouse config --reference` lists"));
    EXPECT_THAT(message, HasSubstr("Did you mean \"GATEHOUSE_HTTP_LISTEN\"?"));
}

TEST_F(Config, AKeyWithoutItsRoomIsRecognized)
{
    file("idle_timeout = \"10s\"\n");
    EXPECT_THAT(complaint(), HasSubstr("Did you mean \"http.idle_timeout\"?"));
}

TEST_F(Config, EveryBadValueIsToldAtOnceWithReasonAndExample)
{
    file("[http]\nidle_timeout = 75\nbody_limit = \"1TB\"\nthreads = \"many\"\nlisten = \"0.0.0.0:80\"\n"
         "certificate_file = \"/nonexistent\"\n[server]\ndevelopment = \"yes\"\nbase_url = \"id.example.com\"\n"
         "[log]\nformat = \"xml\"\n");
    auto const message = complaint();
    EXPECT_THAT(message, HasSubstr("http.idle_timeout"));
    EXPECT_THAT(message, HasSubstr("Example: http.idle_timeout = \"75s\""));
    EXPECT_THAT(message, HasSubstr("(KB, MB or GB)"));
    EXPECT_THAT(message, HasSubstr("must be a whole number, without quotes, and is a string"));
    EXPECT_THAT(message,
                HasSubstr("must be an array of strings, and is a string. Example: http.listen = [\"0.0.0.0:8443\"]"));
    EXPECT_THAT(message, HasSubstr("does not exist or cannot be read"));
    EXPECT_THAT(message, HasSubstr("must be true or false"));
    EXPECT_THAT(message,
                HasSubstr("must be a complete address. Example: server.base_url = \"https://id.example.com\""));
    EXPECT_THAT(message, HasSubstr("must be one of automatic, json, text"));
}

TEST_F(Config, RangesAreKept)
{
    sources_.flags = {{"http.idle_timeout", "500ms"}, {"http.threads", "257"}};
    auto const message = complaint();
    EXPECT_THAT(message, HasSubstr("must be at least 1s"));
    EXPECT_THAT(message, HasSubstr("must be at most 256"));
}

TEST_F(Config, ASecretIsNeverShown)
{
    sources_.environment = {{"GATEHOUSE_SMTP_PASSWORD", "open sesame"}};
    auto const settings = load();
    ASSERT_TRUE(settings);
    EXPECT_THAT(settings->to_toml(), Not(HasSubstr("sesame")));
    EXPECT_THAT(settings->to_toml(), HasSubstr("password = \"********\"  # environment GATEHOUSE_SMTP_PASSWORD"));
    file("[smtp]\npassword = 12345678\n");
    sources_.environment.clear();
    EXPECT_THAT(complaint(), Not(HasSubstr("12345678")));
}

TEST_F(Config, TheEffectiveValuesCanBeReadBack)
{
    sources_.flags = {{"http.idle_timeout", "90m"}, {"server.base_url", "https://id.example.com"}};
    sources_.flags[0].second = "30m";
    auto const first = load();
    ASSERT_TRUE(first) << first.error().message;
    file(first->to_toml());
    sources_.flags.clear();
    auto const second = load();
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->get(kIdle), Duration(30min));
    EXPECT_EQ(second->get(kBase), "https://id.example.com");
    EXPECT_EQ(second->get(kListen), first->get(kListen));
}

TEST_F(Config, ABrokenFileSaysWhere)
{
    file("[http]\nthreads = = 3\n");
    EXPECT_THAT(complaint(), HasSubstr("line 2, column"));
    sources_.file = folder_ + "/missing.toml";
    EXPECT_THAT(complaint(), HasSubstr("no such file"));
}

TEST_F(Config, FlagsOfTheCommandLineAreCollected)
{
    CLI::App app;
    Flags flags;
    add_flags(app, kTables, flags);
    app.parse("--listen 0.0.0.0:80 --development --http-idle-timeout 5s", false);
    sources_.flags = flags;
    auto const settings = load();
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->get(kListen), std::vector<std::string>{"0.0.0.0:80"});
    EXPECT_TRUE(settings->get(kDevelopment));
    EXPECT_EQ(settings->get(kIdle), Duration(5s));
    EXPECT_THAT(app.help(), HasSubstr("--listen"));
    EXPECT_THAT(app.help(), HasSubstr("default: 75s"));
}

TEST_F(Config, UrlsCarryNoPasswordAndNoForeignScheme)
{
    for (auto const* bad :
         {"ftp://id.example.com", "https://u:p@id.example.com", "https://id.example.com/?q=1", "https://"}) {
        sources_.flags = {{"server.base_url", bad}};
        EXPECT_FALSE(load()) << bad;
    }
}

TEST(ConfigValues, DurationsAndSizesReadAsTheyAreWritten)
{
    EXPECT_EQ(std::get<Duration>(*parse_value(Time({.key = "t"}), "1h30m")), Duration(90min));
    EXPECT_EQ(std::get<Duration>(*parse_value(Time({.key = "t"}), "250ms")), Duration(250ms));
    EXPECT_EQ(duration_text(Duration(90min)), "90m");
    EXPECT_EQ(duration_text(Duration(14 * 24h)), "14d");
    EXPECT_EQ(duration_text(Duration(0)), "0s");
    EXPECT_EQ(size_text(65536), "64KB");
    for (auto const* bad : {"", "15", "m", "-5s", "5 parsecs", "99999999999999999d"})
        EXPECT_FALSE(parse_value(Time({.key = "t"}), bad)) << bad;
}

TEST(ConfigReference, NamesEveryOptionInEveryForm)
{
    auto const page = reference(kTables);
    EXPECT_THAT(page, HasSubstr("### `http.idle_timeout`"));
    EXPECT_THAT(page, HasSubstr("- Type: time, 1s to 1h"));
    EXPECT_THAT(page, HasSubstr("`GATEHOUSE_HTTP_IDLE_TIMEOUT`"));
    EXPECT_THAT(page, HasSubstr("`--http-listen` or `--listen`"));
}

} // namespace
} // namespace gatehouse::config
