// One transfer of libcurl: its options, and what comes back. For client.cpp.
#pragma once

#include "http/client.hpp"
#include "http/url.hpp"

#include <curl/curl.h>

namespace gatehouse::http {

struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, ListDeleter>;

// Never moved: libcurl holds its address.
class CurlTransfer {
public:
    CurlTransfer();
    CurlTransfer(CurlTransfer const&) = delete;
    CurlTransfer& operator=(CurlTransfer const&) = delete;

    // `url` is checked already; `any_address`: allowed by name.
    void prepare(ClientOptions const& options, ClientRequest const& request, Url const& url, bool any_address);
    void prepare(ClientOptions const& options, MailTransfer const& mail);

    CURL* easy() const { return easy_.get(); }
    // What became of it, once libcurl is done with it.
    Result<ClientResponse> response(CURLcode code);
    Result<void> mail_result(CURLcode code) const;
    // Where a redirect leads; "" when it is none.
    std::string redirect_target() const;

private:
    void common(ClientOptions const& options, std::chrono::milliseconds timeout);
    void set_body(Method method);
    Refusal failure(CURLcode code) const;
    std::string detail(CURLcode code) const;

    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_upload(char* to, std::size_t size, std::size_t count, void* self);
    static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

    std::unique_ptr<CURL, EasyDeleter> easy_;
    CurlList headers_, recipients_;
    std::string upload_;
    std::size_t uploaded_ = 0;
    ClientResponse response_;
    std::size_t limit_ = 0;
    std::size_t header_bytes_ = 0;
    bool any_address_ = false;
    bool blocked_ = false;
    bool too_large_ = false;
    std::array<char, CURL_ERROR_SIZE> error_{};
};

} // namespace gatehouse::http
