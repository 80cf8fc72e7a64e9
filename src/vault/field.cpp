#include "vault/field.hpp"

namespace gatehouse::vault {

namespace {

// The first byte of a sealed field: how the rest is laid out.
constexpr std::uint8_t kPersonFormat = 1; // key version (2 bytes), nonce, ciphertext, tag
constexpr std::uint8_t kDailyFormat = 2;  // day (4 bytes), nonce, ciphertext, tag

void append_number(Bytes& out, std::uint64_t number, int size)
{
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(number >> shift));
}

void append(Bytes& out, ByteView bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// Every part but the last, the row, has a fixed size: no two places give the same bytes.
Bytes place_of(PersonKey const& key, FieldNumber field, ByteView row)
{
    Bytes place;
    place.reserve(1 + 4 + 16 + 16 + 2 + row.size());
    place.push_back(kPersonFormat);
    append_number(place, static_cast<std::uint32_t>(field), 4);
    append(place, key.tenant.bytes());
    append(place, key.user.bytes());
    append_number(place, key.version, 2);
    append(place, row);
    return place;
}

Bytes place_of(DailyKey const& key, FieldNumber field, ByteView row)
{
    Bytes place;
    place.reserve(1 + 4 + 16 + 4 + row.size());
    place.push_back(kDailyFormat);
    append_number(place, static_cast<std::uint32_t>(field), 4);
    append(place, key.tenant.bytes());
    append_number(place, static_cast<std::uint64_t>(key.day), 4);
    append(place, row);
    return place;
}

Bytes header_of(PersonKey const& key)
{
    Bytes header{kPersonFormat};
    append_number(header, key.version, 2);
    return header;
}
Bytes header_of(DailyKey const& key)
{
    Bytes header{kDailyFormat};
    append_number(header, static_cast<std::uint64_t>(key.day), 4);
    return header;
}

template <class Key>
Bytes seal_with(Key const& key, FieldNumber field, ByteView row, ByteView plaintext)
{
    auto const header = header_of(key);
    Bytes out;
    out.reserve(header.size() + plaintext.size() + crypto::AeadKey::kOverhead);
    append(out, header);
    key.key.seal_onto(out, plaintext, place_of(key, field, row));
    return out;
}

Refusal unreadable(std::string why)
{
    return refuse(ErrorKind::internal, "field_unreadable", "Stored data could not be read. Please tell the operator.")
        .because(std::move(why));
}

template <class Key>
Result<Bytes> open_with(Key const& key, FieldNumber field, ByteView row, ByteView sealed)
{
    auto const header = header_of(key);
    if (sealed.size() < header.size() || !std::equal(header.begin(), header.end(), sealed.begin()))
        return unreadable(
            fmt::format("field {} was sealed under another key version or day", static_cast<std::uint32_t>(field)));
    auto plaintext = key.key.open(sealed.subspan(header.size()), place_of(key, field, row));
    if (!plaintext)
        return unreadable(
            fmt::format("field {} was changed or belongs to another row", static_cast<std::uint32_t>(field)));
    return plaintext;
}

} // namespace

Bytes seal_field(PersonKey const& key, FieldNumber field, ByteView row, ByteView plaintext)
{
    return seal_with(key, field, row, plaintext);
}
Bytes seal_field(DailyKey const& key, FieldNumber field, ByteView row, ByteView plaintext)
{
    return seal_with(key, field, row, plaintext);
}
Result<Bytes> open_field(PersonKey const& key, FieldNumber field, ByteView row, ByteView sealed)
{
    return open_with(key, field, row, sealed);
}
Result<Bytes> open_field(DailyKey const& key, FieldNumber field, ByteView row, ByteView sealed)
{
    return open_with(key, field, row, sealed);
}

Result<std::int64_t> day_of_field(ByteView sealed)
{
    if (sealed.size() < 5 || sealed[0] != kDailyFormat)
        return unreadable("not sealed under a key of the day");
    std::int64_t day = 0;
    for (auto const byte : sealed.subspan(1, 4))
        day = day << 8 | byte;
    return day;
}

} // namespace gatehouse::vault
