// Secret: bytes that must not be printed, copied by accident or left in memory.
// Move-only, wiped when destroyed, compared in constant time. Formatting one prints "[secret]".
#pragma once

#include "base/bytes.hpp"

#include <fmt/format.h>

namespace gatehouse {

// Overwrites memory in a way that the compiler does not remove.
void wipe(void* memory, std::size_t size);

class Secret {
public:
    Secret() = default;
    explicit Secret(Bytes&& bytes) : bytes_(std::move(bytes)) {}
    explicit Secret(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
    explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
    // Takes the characters and wipes the string they came in.
    static Secret take(std::string& text);

    Secret(Secret const&) = delete;
    Secret& operator=(Secret const&) = delete;
    Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    // A copy, asked for by name.
    Secret clone() const { return Secret(ByteView(bytes_)); }
    // The one way to the content. Write it where a reviewer sees why.
    ByteView expose() const { return bytes_; }
    std::string_view expose_text() const { return as_text(bytes_); }

    bool empty() const { return bytes_.empty(); }
    std::size_t size() const { return bytes_.size(); }
    friend bool operator==(Secret const& a, Secret const& b) { return constant_time_equal(a.bytes_, b.bytes_); }

private:
    Bytes bytes_;
};

} // namespace gatehouse

template <>
struct fmt::formatter<gatehouse::Secret> : fmt::formatter<std::string_view> {
    auto format(gatehouse::Secret const&, fmt::format_context& context) const
    {
        return fmt::formatter<std::string_view>::format("[secret]", context);
    }
};
