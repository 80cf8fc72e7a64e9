// What the strict reader accepts, Boost.JSON reads as the same value; and what is written of it is accepted again (to
// the digit it need not be: a large number becomes a double, which Boost.JSON writes with less than full precision).
#include "base/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = as_text({data, size});
    auto const value = parse_json_strict(text);
    if (!value) {
        if (value.error().code.empty() || value.error().message.empty())
            std::abort();
        return 0;
    }
    boost::json::error_code error;
    auto const lenient = boost::json::parse(text, error);
    if (error || lenient != *value)
        std::abort();
    auto const written = boost::json::serialize(*value);
    if (!parse_json_strict(written, {.size = written.size(), .depth = 32}))
        std::abort();
    return 0;
}
