#include "identity/attribute_pattern.hpp"

#include <re2/re2.h>

namespace gatehouse::identity {

namespace {

constexpr std::int64_t kMaximumMemory = 1 << 20; // of one compiled pattern

struct Compiled final : Attribute::Pattern {
    Compiled(std::string const& pattern, re2::RE2::Options const& options) : expression(pattern, options) {}
    bool matches(std::string_view text) const override
    {
        return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
    }
    re2::RE2 expression;
};

} // namespace

Result<std::shared_ptr<Attribute::Pattern const>> compile_pattern(std::string const& pattern)
{
    if (pattern.empty())
        return std::shared_ptr<Attribute::Pattern const>();
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaximumMemory);
    auto compiled = std::make_shared<Compiled const>(pattern, options);
    if (!compiled->expression.ok())
        return refuse(ErrorKind::invalid, "schema_invalid",
                      fmt::format("This is no regular expression that can be used: {}.", compiled->expression.error()));
    return std::shared_ptr<Attribute::Pattern const>(std::move(compiled));
}

} // namespace gatehouse::identity
