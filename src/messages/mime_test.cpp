#include "messages/mime.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>
#include <regex>
#include <sstream>

namespace gatehouse::messages {
namespace {

Mail example()
{
    return {.from = "no-reply@id.example",
            .from_name = "Acme",
            .to = "ada@example.com",
            .subject = "Your code",
            .text = "Hello\nWorld\n",
            .html = "<p>Hello</p>",
            .id = "0193",
            .date = *parse_rfc3339("2026-11-23T16:05:09Z")};
}

std::string header(std::string const& mime, std::string const& name)
{
    std::smatch found;
    std::regex const pattern("(?:^|\r\n)" + name + ": ((?:[^\r\n]|\r\n )*)\r\n");
    return std::regex_search(mime, found, pattern) ? found[1].str() : "(none)";
}

// The inverse of RFC 2047 and of quoted-printable, by their texts.
std::string decode_words(std::string value)
{
    std::string out;
    std::regex const word(R"(=\?UTF-8\?B\?([^?]*)\?=)");
    for (std::sregex_iterator i(value.begin(), value.end(), word), end; i != end; ++i)
        out += as_text(*base64_decode((*i)[1].str()));
    return out;
}
std::string decode_quoted_printable(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            out += text[i];
        } else if (text.substr(i + 1, 2) == "\r\n") {
            i += 2;
        } else {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        }
    }
    return out;
}
std::string part(std::string const& mime, std::string const& type)
{
    auto const start = mime.find("\r\n\r\n", mime.find("Content-Type: " + type)) + 4;
    return decode_quoted_printable(mime.substr(start, mime.find("\r\n--gatehouse-", start) - start));
}

TEST(Mime, HasWhatAMailNeeds)
{
    auto const mime = build_mime(example());
    ASSERT_TRUE(mime);
    EXPECT_EQ(header(*mime, "Date"), "Mon, 23 Nov 2026 16:05:09 +0000");
    EXPECT_EQ(header(*mime, "From"), "\"Acme\" <no-reply@id.example>");
    EXPECT_EQ(header(*mime, "To"), "<ada@example.com>");
    EXPECT_EQ(header(*mime, "Subject"), "Your code");
    EXPECT_EQ(header(*mime, "Message-ID"), "<0193@id.example>");
    EXPECT_EQ(header(*mime, "Auto-Submitted"), "auto-generated");
    EXPECT_EQ(part(*mime, "text/plain"), "Hello\r\nWorld\r\n\r\n");
    EXPECT_EQ(part(*mime, "text/html"), "<p>Hello</p>\r\n");
}

TEST(Mime, LinesAreShortAndEndInCrLf)
{
    auto mail = example();
    mail.subject = std::string(300, 'x') + "ü";
    mail.from_name = "Ünïcödé " + std::string(200, 'n');
    mail.text = std::string(5000, 'a') + "\n. \nFrom here\n" + "日本語 trailing space \n=3D";
    auto const mime = *build_mime(mail);
    std::istringstream lines(mime);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 79u) << line;
        EXPECT_TRUE(line.ends_with('\r')) << line;
        EXPECT_FALSE(line.starts_with(".")) << line;
        EXPECT_FALSE(line.starts_with("From ")) << line;
    }
    EXPECT_EQ(decode_words(header(mime, "Subject")), mail.subject);
    EXPECT_EQ(decode_words(header(mime, "From")), mail.from_name);
    EXPECT_TRUE(part(mime, "text/plain")
                    .starts_with(std::string(5000, 'a') + "\r\n. \r\nFrom here\r\n日本語 trailing space \r\n=3D"));
}

TEST(Mime, APlainNameIsQuotedAndAnEncodedWordIsNotTakenForOne)
{
    auto mail = example();
    mail.from_name = R"(Acme "The Shop" \ Co, <x@y>)";
    mail.subject = "=?UTF-8?B?eA==?=";
    auto const mime = *build_mime(mail);
    EXPECT_EQ(header(mime, "From"), R"("Acme \"The Shop\" \\ Co, <x@y>" <no-reply@id.example>)");
    EXPECT_EQ(decode_words(header(mime, "Subject")), mail.subject);
}

TEST(Mime, ALineBreakInAValueAddsNoHeader)
{
    for (auto const* attack :
         {"x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\rBcc: y", "x\x01", "x\x7f"}) {
        for (auto Mail::* value : {&Mail::from, &Mail::from_name, &Mail::to, &Mail::subject, &Mail::id}) {
            auto mail = example();
            mail.*value = attack;
            EXPECT_FALSE(build_mime(mail)) << attack;
        }
    }
    auto mail = example();
    mail.from_name = std::string("x\0y", 3);
    EXPECT_FALSE(build_mime(mail));
}

TEST(Mime, AnAddressIsOneAddress)
{
    for (auto const* good : {"ada@example.com", "a.b+c@sub.example.com", "jörg@müller.example", "o'neil@example.com"})
        EXPECT_TRUE(check_address(good)) << good;
    for (auto const* bad : {"", "ada", "@example.com", "ada@", "a@b@c", "ada@example.com, evil@example.com",
                            "ada@example.com>", "<ada@example.com>", "\"a b\"@example.com", "a b@example.com",
                            "ada@example.com\r\nRCPT TO:<evil@example.com>", "ada@example.com;x", "a(b)@example.com"})
        EXPECT_FALSE(check_address(bad)) << bad;
    EXPECT_FALSE(check_address(std::string(250, 'a') + "@b.example"));
}

} // namespace
} // namespace gatehouse::messages
