#include "http/curl_transfer.hpp"

#include "http/address.hpp"

#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>

namespace gatehouse::http {

namespace {

constexpr std::size_t kHeaderLimit = 64 * 1024;

template <class Value>
void set(CURL* easy, CURLoption option, Value value)
{
    if (auto const code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::logic_error(fmt::format("curl option {}: {}", static_cast<int>(option), curl_easy_strerror(code)));
}

void append(CurlList& list, std::string const& line)
{
    auto* longer = curl_slist_append(list.get(), line.c_str());
    if (!longer)
        throw std::bad_alloc();
    list.release();
    list.reset(longer);
}

std::optional<Address> address_of(sockaddr const& address)
{
    if (address.sa_family == AF_INET)
        return Address::v4(ntohl(reinterpret_cast<sockaddr_in const&>(address).sin_addr.s_addr));
    if (address.sa_family != AF_INET6)
        return std::nullopt;
    Address result;
    auto const& bytes = reinterpret_cast<sockaddr_in6 const&>(address).sin6_addr.s6_addr;
    std::copy(std::begin(bytes), std::end(bytes), result.bytes.begin());
    return result;
}

// Every line ended by CR LF: what a lone CR or LF means differs between mail servers, and mails are smuggled so.
std::string with_network_lines(std::string_view data)
{
    std::string result;
    result.reserve(data.size() + data.size() / 32);
    for (std::size_t i = 0; i < data.size(); ++i) {
        if (data[i] != '\r' && data[i] != '\n') {
            result += data[i];
            continue;
        }
        if (data[i] == '\r' && i + 1 < data.size() && data[i + 1] == '\n')
            ++i;
        result += "\r\n";
    }
    return result;
}

} // namespace

CurlTransfer::CurlTransfer() : easy_(curl_easy_init())
{
    if (!easy_)
        throw std::bad_alloc();
}

void CurlTransfer::common(ClientOptions const& options, std::chrono::milliseconds timeout)
{
    auto* easy = easy_.get();
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_PROXY, ""); // not even from the environment
    set(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, timeout.count())));
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(easy, CURLOPT_ERRORBUFFER, error_.data());
    set(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
    set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
    set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(easy, CURLOPT_READFUNCTION, &CurlTransfer::on_upload);
    set(easy, CURLOPT_READDATA, static_cast<void*>(this));
    set(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_open_socket);
    set(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    if (!options.certificate_authorities.empty())
        set(easy, CURLOPT_CAINFO, options.certificate_authorities.c_str());
}

void CurlTransfer::prepare(ClientOptions const& options, ClientRequest const& request, Url const& url, bool any_address)
{
    auto* easy = easy_.get();
    common(options, request.timeout);
    any_address_ = any_address;
    limit_ = request.response_limit;
    auto bare = url;
    bare.fragment.reset();
    response_.url = bare.serialize();
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_URL, response_.url.c_str());
    set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    for (auto const& [name, value] : request.headers)
        append(headers_, value.empty() ? name + ";" : name + ": " + value); // ";" is libcurl's way to send an empty one
    append(headers_, "Expect:");                                            // no waiting for 100 Continue
    auto const is_type = [](auto const& header) { return equal_ignoring_case(header.first, "Content-Type"); };
    if (std::none_of(request.headers.begin(), request.headers.end(), is_type))
        append(headers_, "Content-Type:"); // or libcurl would call every body a form
    set(easy, CURLOPT_HTTPHEADER, headers_.get());
    upload_ = request.body;
    set_body(request.method);
}

void CurlTransfer::set_body(Method method)
{
    auto* easy = easy_.get();
    switch (method) {
    case Method::get:
        set(easy, CURLOPT_HTTPGET, 1L);
        return;
    case Method::head:
        set(easy, CURLOPT_NOBODY, 1L);
        return;
    default:
        set(easy, CURLOPT_POST, 1L);
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(upload_.size()));
        set(easy, CURLOPT_POSTFIELDS, upload_.c_str());
        set(easy, CURLOPT_CUSTOMREQUEST, std::string(to_string(method)).c_str());
    }
}

void CurlTransfer::prepare(ClientOptions const& options, MailTransfer const& mail)
{
    auto* easy = easy_.get();
    common(options, mail.timeout);
    any_address_ = true; // the operator named the server
    limit_ = 64 * 1024;
    auto const url = fmt::format("{}://{}:{}", mail.tls == MailTls::implicit ? "smtps" : "smtp", mail.host, mail.port);
    set(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(easy, CURLOPT_URL, url.c_str());
    // Takes the place of the system's bundle; its folder of the same certificates (CURLOPT_CAPATH) stays trusted.
    if (!mail.certificate_authorities.empty())
        set(easy, CURLOPT_CAINFO, mail.certificate_authorities.c_str());
    set(easy, CURLOPT_USE_SSL, static_cast<long>(mail.tls == MailTls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    set(easy, CURLOPT_MAIL_FROM, fmt::format("<{}>", mail.from).c_str());
    for (auto const& recipient : mail.recipients)
        append(recipients_, fmt::format("<{}>", recipient));
    set(easy, CURLOPT_MAIL_RCPT, recipients_.get());
    set(easy, CURLOPT_UPLOAD, 1L);
    upload_ = with_network_lines(mail.data);
    if (mail.username.empty())
        return;
    set(easy, CURLOPT_USERNAME, mail.username.c_str());
    set(easy, CURLOPT_PASSWORD, std::string(mail.password.expose_text()).c_str()); // libcurl takes C strings only
}

std::size_t CurlTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self)
{
    auto& transfer = *static_cast<CurlTransfer*>(self);
    auto line = std::string_view(data, size * count);
    transfer.header_bytes_ += line.size();
    if (transfer.header_bytes_ > kHeaderLimit) {
        transfer.too_large_ = true;
        return 0;
    }
    while (line.ends_with('\n') || line.ends_with('\r'))
        line.remove_suffix(1);
    if (line.starts_with("HTTP/"))
        transfer.response_.headers = {}; // of an interim response
    else if (auto const colon = line.find(':'); colon != std::string_view::npos)
        transfer.response_.headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    return size * count;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self)
{
    auto& transfer = *static_cast<CurlTransfer*>(self);
    auto const part = std::string_view(data, size * count);
    if (part.size() > transfer.limit_ - transfer.response_.body.size()) {
        transfer.too_large_ = true;
        return 0; // ends the transfer
    }
    transfer.response_.body += part;
    return part.size();
}

std::size_t CurlTransfer::on_upload(char* to, std::size_t size, std::size_t count, void* self)
{
    auto& transfer = *static_cast<CurlTransfer*>(self);
    auto const part = std::string_view(transfer.upload_).substr(transfer.uploaded_, size * count);
    std::copy(part.begin(), part.end(), to);
    transfer.uploaded_ += part.size();
    return part.size();
}

// Called with the address that is about to be connected to: after the name was resolved, so that a name that resolves
// to a public address when asked first and to a private one when asked again gains nothing.
curl_socket_t CurlTransfer::on_open_socket(void* self, curlsocktype, curl_sockaddr* address)
{
    auto& transfer = *static_cast<CurlTransfer*>(self);
    if (!transfer.any_address_) {
        auto const target = address_of(address->addr);
        if (!target || !is_public(*target)) {
            transfer.blocked_ = true;
            return CURL_SOCKET_BAD;
        }
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::string CurlTransfer::detail(CURLcode code) const
{
    return error_[0] != '\0' ? std::string(error_.data()) : std::string(curl_easy_strerror(code));
}

Refusal CurlTransfer::failure(CURLcode code) const
{
    auto const unavailable = [](char const* name, char const* message) {
        return refuse(ErrorKind::unavailable, name, message);
    };
    if (too_large_)
        return refuse(ErrorKind::too_large, "response_too_large", "The other server answered with more than is taken.");
    if (blocked_)
        return refuse(ErrorKind::forbidden, "address_not_allowed",
                      "The address leads into a network that is not the public internet. An operator can allow its "
                      "host and port by name.");
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return unavailable("request_timed_out", "The other server did not answer in time.").because(detail(code));
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
        return unavailable("tls_failed", "No trusted TLS connection to the other server could be made.")
            .because(detail(code));
    default:
        return unavailable("connection_failed", "The other server could not be reached.").because(detail(code));
    }
}

Result<ClientResponse> CurlTransfer::response(CURLcode code)
{
    if (code != CURLE_OK)
        return failure(code);
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
}

std::string CurlTransfer::redirect_target() const
{
    char const* target = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
    return target ? target : "";
}

Result<void> CurlTransfer::mail_result(CURLcode code) const
{
    if (code == CURLE_OK)
        return {};
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    auto reason = fmt::format("{} (SMTP {})", detail(code), status);
    // A refused login is a fault of the settings: it passes when they are mended.
    if (status >= 500 && status < 600 && code != CURLE_LOGIN_DENIED)
        return refuse(ErrorKind::invalid, "mail_refused", "The mail server does not take this message.")
            .because(std::move(reason));
    return refuse(ErrorKind::unavailable, "mail_failed", "The message could not be sent now. It can be tried again.")
        .because(std::move(reason));
}

} // namespace gatehouse::http
