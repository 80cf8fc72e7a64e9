#include "http/multipart.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

Request form(std::string body, std::string type = "multipart/form-data; boundary=xyz")
{
    Request request;
    request.headers.set("Content-Type", std::move(type));
    request.body = std::move(body);
    return request;
}
std::string code_of(Request const& request)
{
    auto const read = read_upload(request);
    return read ? "accepted" : read.error().code;
}

TEST(Multipart, FieldsAndFilesAreRead)
{
    auto const read = read_upload(form("--xyz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\ntoken\r\n"
                                       "--xyz\r\ncontent-disposition: form-data; name=picture; filename=\"a;b.png\"\r\n"
                                       "Content-Type: image/png\r\n\r\n\x89PNG\r\n--xy\r\n--xyz--\r\n"));
    ASSERT_TRUE(read) << read.error().code;
    EXPECT_EQ(read->fields.get("csrf"), "token");
    EXPECT_FALSE(read->fields.find("picture"));
    ASSERT_TRUE(read->file("picture"));
    EXPECT_EQ(as_text(*read->file("picture")), "\x89PNG\r\n--xy");
    EXPECT_FALSE(read->file("other"));
}

TEST(Multipart, AFileThatWasNotChosenIsNotThere)
{
    auto const read = read_upload(
        form("--xyz\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"\"\r\n\r\n\r\n--xyz--"));
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->files.empty());
}

TEST(Multipart, WhatIsNoSuchFormIsRefused)
{
    std::string const good = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--xyz--";
    EXPECT_EQ(code_of(form(good)), "accepted");
    EXPECT_EQ(code_of(form(good, "multipart/form-data; boundary=\"xyz\"")), "accepted");
    EXPECT_EQ(code_of(form(good, "application/x-www-form-urlencoded")), "unsupported_media_type");
    EXPECT_EQ(code_of(form(good, "multipart/mixed; boundary=xyz")), "unsupported_media_type");
    EXPECT_EQ(code_of(form(good, "multipart/form-data")), "invalid_encoding");
    EXPECT_EQ(code_of(form(good, "multipart/form-data; boundary=" + std::string(71, 'x'))), "invalid_encoding");
    for (auto const* body :
         {"", "--xyz", "--xyz\r\n", "--xyz\r\n\r\n--xyz--", "junk\r\n--xyz--", "--xyz\r\nx\r\n\r\n1\r\n--xyz--",
          "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1",
          "--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--",
          "--xyz\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--xyz--",
          "--xyz\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--xyz--",
          "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--xyz--",
          "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n1"
          "\r\n--xyz--"})
        EXPECT_EQ(code_of(form(body)), "invalid_encoding") << body;
    EXPECT_EQ(code_of(form("--xyz\r\nX: " + std::string(3000, 'x') +
                           "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--xyz--")),
              "invalid_encoding");
    std::string many = "--xyz";
    for (int i = 0; i < 30; ++i)
        many += "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--xyz";
    EXPECT_EQ(code_of(form(many + "--")), "too_many_fields");
}

} // namespace
} // namespace gatehouse::http
