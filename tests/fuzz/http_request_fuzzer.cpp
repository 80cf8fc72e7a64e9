// A request as bytes from a socket: head and body are read the same whether they arrive at once or in pieces, and what
// was accepted holds to the rules that the endpoints rely on.
#include "http/forwarding.hpp"
#include "http/request_parser.hpp"

#include <cstdlib>

using namespace gatehouse;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

void check_request(http::Request const& request)
{
    require(request.path.starts_with('/') && request.path.find('\0') == std::string::npos);
    require((request.path + "/").find("/../") == std::string::npos);
    require(http::is_valid_utf8(request.path));
    for (auto const& [name, value] : request.headers)
        require(!name.empty() && value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    static_cast<void>(request.cookie("session"));
    static_cast<void>(request.form());
    static_cast<void>(http::accepts(request, "text/html"));
    static_cast<void>(http::accepted_languages(request));
    auto proxied = request;
    auto const proxy = http::Address::v4(0x0a000001);
    static_cast<void>(http::apply_forwarding(proxied, proxy, false, {{proxy, 104}}));
    require(http::parse_host_header(proxied.host).has_value() || proxied.host.empty());
}

void check_chunks(std::string_view body)
{
    constexpr std::size_t kLimit = 4096;
    http::ChunkDecoder whole(kLimit);
    std::string at_once;
    auto const taken = whole.feed(body, at_once);
    http::ChunkDecoder pieces(kLimit);
    std::string one_by_one;
    bool refused = false;
    for (std::size_t i = 0; i < body.size() && !pieces.done() && !refused; ++i)
        refused = !pieces.feed(body.substr(i, 1), one_by_one);
    require(refused == !taken.has_value());
    if (taken)
        require(whole.done() == pieces.done() && at_once == one_by_one);
    require(at_once.size() <= kLimit);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = as_text({data, size});
    http::HeadLimits const limits{4096, 1024, 50};
    http::HeadScanner whole(limits);
    auto const head_size = whole.scan(text);
    http::HeadScanner pieces(limits);
    std::expected<std::size_t, http::Refused> stepwise = 0;
    for (std::size_t i = 1; i <= text.size() && stepwise && *stepwise == 0; ++i)
        stepwise = pieces.scan(text.substr(0, i));
    require(head_size.has_value() == stepwise.has_value());
    if (!head_size)
        return 0;
    require(*head_size == *stepwise);
    if (*head_size == 0)
        return 0;
    http::Request request;
    auto const framing = http::parse_head(text.substr(0, *head_size), limits, request);
    if (!framing)
        return 0;
    require(!framing->chunked || framing->content_length == 0);
    check_request(request);
    if (framing->chunked)
        check_chunks(text.substr(*head_size));
    return 0;
}
