// Whatever is accepted as a form is written and read back unchanged.
#include "http/message.hpp"

#include <cstdlib>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const form = http::parse_form(as_text({data, size}));
    if (!form)
        return 0;
    std::vector<http::Fields::Pair> const pairs(form->begin(), form->end());
    auto const again = http::parse_form(http::encode_form(pairs));
    if (!again || !std::equal(again->begin(), again->end(), pairs.begin(), pairs.end()))
        std::abort();
    if (auto const name = form->repeated(); name && form->all(*name).size() < 2)
        std::abort();
    return 0;
}
