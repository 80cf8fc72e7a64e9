// Whatever is read as a phone number is the same number in each of the forms that it is written in.
#include "phone/phone_number.hpp"

#include "base/bytes.hpp"

#include <cstdlib>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // The first byte chooses the region in which it was written.
    if (size == 0)
        return 0;
    static auto const regions = phone::regions();
    auto const region = regions[data[0] % regions.size()];
    auto const number = phone::parse(as_text({data + 1, size - 1}), region);
    if (!number)
        return 0;
    auto const again = phone::parse(number->e164());
    if (!again || *again != *number || number->e164().size() > 20)
        std::abort();
    if (phone::parse(phone::format_international(*number)).value() != *number ||
        phone::format_national(*number).empty())
        std::abort();
    return 0;
}
