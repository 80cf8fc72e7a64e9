// A URL, once read and written, is read and written the same; what may be registered as a redirect is what a browser
// visits; a local path stays local.
#include "base/bytes.hpp"
#include "http/url.hpp"

#include <cstdlib>

using namespace gatehouse;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = as_text({data, size});
    if (auto const url = http::Url::parse(text)) {
        auto const written = url->serialize();
        auto const again = http::Url::parse(written);
        require(again && again->serialize() == written && again->origin() == url->origin());
    }
    for (auto const use : {http::RedirectUse::web, http::RedirectUse::native}) {
        if (!http::check_redirect_uri(text, use))
            continue;
        auto const url = http::Url::parse(text).value();
        require(url.serialize() == text || url.serialize() == std::string(text) + "/");
        require(!url.fragment && !url.has_credentials());
        require(http::redirect_uri_matches(text, text, use));
    }
    if (auto const path = http::safe_local_path(text)) {
        auto const resolved = http::Url::parse("https://own.example" + *path);
        require(resolved && resolved->origin() == "https://own.example");
    }
    return 0;
}
