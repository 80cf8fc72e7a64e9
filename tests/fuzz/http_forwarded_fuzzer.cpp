// Forwarding headers, cookies and Accept fields as a proxy or browser might send them: the input's lines are the
// values.
#include "http/forwarding.hpp"

#include <cstdlib>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto text = as_text({data, size});
    static_cast<void>(http::parse_forwarded(text));
    http::Request request;
    for (char const* name : {"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Cookie",
                             "Accept", "Accept-Language"}) {
        auto const end = std::min(text.find('\n'), text.size());
        if (end > 0)
            request.headers.add(name, std::string(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    auto const proxy = http::Address::v4(0x0a000001);
    request.client_address = proxy.to_string();
    auto const applied = http::apply_forwarding(request, proxy, false, {{proxy, 104}});
    // Whatever was sent, the client is an address.
    if (applied && !http::Address::parse(request.client_address))
        std::abort();
    static_cast<void>(request.cookie("a"));
    static_cast<void>(http::accepts(request, "text/html"));
    if (http::accepted_languages(request).size() > 20)
        std::abort();
    static_cast<void>(http::AddressBlock::parse(as_text({data, size})));
    return 0;
}
