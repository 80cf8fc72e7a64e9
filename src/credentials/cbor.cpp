#include "credentials/cbor.hpp"

#include <algorithm>
#include <cbor.h>
#include <limits>

namespace gatehouse::credentials::cbor {

namespace {

constexpr std::size_t kDepth = 4;   // CTAP 2.1 section 8
constexpr std::size_t kItems = 256; // in one input

Refusal invalid(std::string why)
{
    return refuse(ErrorKind::invalid, "cbor_invalid", "This is no CBOR that an authenticator sends.")
        .because(std::move(why));
}

// One item as libcbor read it: a leaf, or the head of an array or a map.
struct Head {
    enum class Kind : std::uint8_t { refused, leaf, array, map } kind = Kind::refused;
    Value leaf;
    std::size_t size = 0; // entries that follow
};

void put(void* head, Value value)
{
    *static_cast<Head*>(head) = {.kind = Head::Kind::leaf, .leaf = std::move(value), .size = 0};
}

void put_unsigned(void* head, std::uint64_t number)
{
    if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        put(head, {static_cast<std::int64_t>(number)});
}

void put_negative(void* head, std::uint64_t number) // -1 - number
{
    if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        put(head, {-1 - static_cast<std::int64_t>(number)});
}

// What is not named here (indefinite lengths, tags, floats, undefined) does nothing: the head stays refused.
cbor_callbacks make_callbacks()
{
    auto callbacks = cbor_empty_callbacks;
    callbacks.uint8 = [](void* head, std::uint8_t number) { put_unsigned(head, number); };
    callbacks.uint16 = [](void* head, std::uint16_t number) { put_unsigned(head, number); };
    callbacks.uint32 = [](void* head, std::uint32_t number) { put_unsigned(head, number); };
    callbacks.uint64 = [](void* head, std::uint64_t number) { put_unsigned(head, number); };
    callbacks.negint8 = [](void* head, std::uint8_t number) { put_negative(head, number); };
    callbacks.negint16 = [](void* head, std::uint16_t number) { put_negative(head, number); };
    callbacks.negint32 = [](void* head, std::uint32_t number) { put_negative(head, number); };
    callbacks.negint64 = [](void* head, std::uint64_t number) { put_negative(head, number); };
    callbacks.byte_string = [](void* head, cbor_data data, std::size_t size) { put(head, {ByteView(data, size)}); };
    callbacks.string = [](void* head, cbor_data data, std::size_t size) { put(head, {as_text(ByteView(data, size))}); };
    callbacks.boolean = [](void* head, bool value) { put(head, {value}); };
    callbacks.null = [](void* head) { put(head, {}); };
    callbacks.array_start = [](void* head, std::size_t size) {
        *static_cast<Head*>(head) = {.kind = Head::Kind::array, .leaf = {}, .size = size};
    };
    callbacks.map_start = [](void* head, std::size_t size) {
        *static_cast<Head*>(head) = {.kind = Head::Kind::map, .leaf = {}, .size = size};
    };
    return callbacks;
}

class Reader {
public:
    explicit Reader(ByteView input) : input_(input) {}

    std::size_t position() const { return position_; }

    Result<Value> read(std::size_t depth)
    {
        TRY(auto head, next());
        if (head.kind == Head::Kind::leaf)
            return std::move(head.leaf);
        if (depth == kDepth)
            return invalid("nested too deep");
        // Each entry takes a byte at least: no head makes us reserve more than the input is long.
        if (head.size > input_.size() - position_)
            return invalid("an array or map is longer than the input");
        return head.kind == Head::Kind::array ? read_array(head.size, depth + 1) : read_map(head.size, depth + 1);
    }

private:
    Result<Head> next()
    {
        static cbor_callbacks const callbacks = make_callbacks();
        if (++items_ > kItems)
            return invalid("too many items");
        Head head;
        auto const rest = input_.subspan(position_);
        auto const read = cbor_stream_decode(rest.data(), rest.size(), &callbacks, &head);
        if (read.status != CBOR_DECODER_FINISHED)
            return invalid(read.status == CBOR_DECODER_NEDATA ? "truncated" : "malformed");
        if (head.kind == Head::Kind::refused)
            return invalid("an item of a kind that is not allowed");
        position_ += read.read;
        return head;
    }

    Result<Value> read_array(std::size_t size, std::size_t depth)
    {
        Array array;
        for (std::size_t i = 0; i < size; ++i) {
            TRY(auto value, read(depth));
            array.push_back(std::move(value));
        }
        return Value{std::move(array)};
    }

    Result<Value> read_map(std::size_t size, std::size_t depth)
    {
        Map map;
        for (std::size_t i = 0; i < size; ++i) {
            TRY(auto key, read(depth));
            auto const* const number = key.if_integer();
            auto const* const text = key.if_text();
            if (!number && !text)
                return invalid("a map's key is neither an integer nor a text");
            auto const same = [&](auto const& entry) {
                auto const* const other_number = entry.key.if_integer();
                auto const* const other_text = entry.key.if_text();
                return number ? other_number && *other_number == *number : other_text && *other_text == *text;
            };
            if (std::ranges::any_of(map, same))
                return invalid("a map has a key twice");
            TRY(auto value, read(depth));
            map.push_back({std::move(key), std::move(value)});
        }
        return Value{std::move(map)};
    }

    ByteView input_;
    std::size_t position_ = 0;
    std::size_t items_ = 0;
};

} // namespace

Value const* Value::find(std::string_view key) const
{
    if (auto const* const map = if_map())
        for (auto const& [name, value] : *map)
            if (auto const* const text = name.if_text(); text && *text == key)
                return &value;
    return nullptr;
}

Value const* Value::find(std::int64_t key) const
{
    if (auto const* const map = if_map())
        for (auto const& [name, value] : *map)
            if (auto const* const number = name.if_integer(); number && *number == key)
                return &value;
    return nullptr;
}

Result<Parsed> parse_prefix(ByteView input)
{
    Reader reader(input);
    TRY(auto value, reader.read(0));
    return Parsed{std::move(value), reader.position()};
}

Result<Value> parse(ByteView input)
{
    TRY(auto parsed, parse_prefix(input));
    if (parsed.size != input.size())
        return invalid("bytes behind the item");
    return std::move(parsed.value);
}

} // namespace gatehouse::credentials::cbor
