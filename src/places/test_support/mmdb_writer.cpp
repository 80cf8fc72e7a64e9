#include "places/test_support/mmdb_writer.hpp"

#include "http/address.hpp"

#include <fcntl.h>
#include <fstream>
#include <map>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::places {

namespace {

namespace json = boost::json;

constexpr unsigned kMap = 7, kArray = 11, kText = 2, kUint16 = 5, kUint32 = 6, kUint64 = 9;

void put_control(std::string& out, unsigned type, std::size_t size)
{
    auto const small = size < 29 ? size : size < 285 ? 29 : 30;
    out += static_cast<char>((type < 8 ? type << 5 : 0) | small);
    if (type >= 8)
        out += static_cast<char>(type - 7);
    if (small == 29)
        out += static_cast<char>(size - 29);
    if (small == 30) {
        out += static_cast<char>((size - 285) >> 8);
        out += static_cast<char>(size - 285);
    }
}

void put_number(std::string& out, unsigned type, unsigned size, std::uint64_t value)
{
    put_control(out, type, size);
    while (size-- > 0)
        out += static_cast<char>(value >> (8 * size));
}

void put(std::string& out, json::value const& value)
{
    if (auto const* text = value.if_string()) {
        put_control(out, kText, text->size());
        out.append(text->data(), text->size());
    } else if (auto const* array = value.if_array()) {
        put_control(out, kArray, array->size());
        for (auto const& one : *array)
            put(out, one);
    } else if (auto const* object = value.if_object()) {
        put_control(out, kMap, object->size());
        for (auto const& [name, one] : *object) {
            put(out, json::value(name));
            put(out, one);
        }
    } else {
        put_number(out, kUint32, 4, static_cast<std::uint32_t>(value.to_number<std::int64_t>()));
    }
}

// A branch: a node's number, or (negative) a place in the data section, or nothing.
struct Branch {
    enum class To : std::uint8_t { nothing, node, data } to = To::nothing;
    std::uint64_t number = 0;
};

void put_record(std::string& out, unsigned bits, std::uint64_t left, std::uint64_t right)
{
    auto const bytes = [&](std::uint64_t value, unsigned count) {
        while (count-- > 0)
            out += static_cast<char>(value >> (8 * count));
    };
    if (bits == 28) {
        bytes(left & 0xFFFFFF, 3);
        out += static_cast<char>(((left >> 24) << 4) | (right >> 24));
        bytes(right & 0xFFFFFF, 3);
        return;
    }
    bytes(left, bits / 8);
    bytes(right, bits / 8);
}

std::string metadata_of(MmdbForm const& form, std::size_t nodes)
{
    std::string out("\xAB\xCD\xEFMaxMind.com");
    put_control(out, kMap, 9);
    auto const name = [&](char const* text) { put(out, json::value(text)); };
    name("node_count");
    put_number(out, kUint32, 4, nodes);
    name("record_size");
    put_number(out, kUint16, 2, form.record_size);
    name("ip_version");
    put_number(out, kUint16, 2, 6);
    name("database_type");
    put(out, json::value(form.type));
    name("languages");
    put(out, json::array{"en"});
    name("binary_format_major_version");
    put_number(out, kUint16, 2, 2);
    name("binary_format_minor_version");
    put_number(out, kUint16, 2, 0);
    name("build_epoch");
    put_number(out, kUint64, 8, form.build_epoch);
    name("description");
    put(out, json::object{{"en", "made for a test"}});
    return out;
}

} // namespace

std::string write_mmdb(std::vector<std::pair<std::string, json::value>> const& networks, MmdbForm const& form)
{
    std::vector<std::array<Branch, 2>> nodes(1);
    std::string data;
    for (auto const& [block, value] : networks) {
        auto const parsed = http::AddressBlock::parse(block);
        if (!parsed)
            throw std::invalid_argument(block);
        auto bytes = parsed->first.bytes;
        if (parsed->first.is_v4()) // ::/96 instead of ::ffff:0:0/96
            bytes[10] = bytes[11] = 0;
        std::size_t at = 0;
        for (unsigned bit = 0; bit < parsed->bits; ++bit) {
            auto const side = (bytes[bit / 8] >> (7 - bit % 8)) & 1U;
            if (bit + 1 == parsed->bits) {
                nodes[at][side] = {Branch::To::data, data.size()};
                break;
            }
            if (nodes[at][side].to != Branch::To::node) {
                nodes[at][side] = {Branch::To::node, nodes.size()};
                nodes.emplace_back();
            }
            at = nodes[at][side].number;
        }
        put(data, value);
    }
    auto const number = [&](Branch const& branch) {
        return branch.to == Branch::To::node   ? branch.number
               : branch.to == Branch::To::data ? nodes.size() + 16 + branch.number
                                               : nodes.size();
    };
    std::string out;
    for (auto const& [left, right] : nodes)
        put_record(out, form.record_size, number(left), number(right));
    out.append(16, '\0');
    return out + data + metadata_of(form, nodes.size());
}

std::string example_mmdb(MmdbForm const& form)
{
    json::object const austria{{"iso_code", "AT"}, {"names", {{"en", "Austria"}, {"de", "Österreich"}}}};
    json::object const vienna{{"names", {{"en", "Vienna"}, {"de", "Wien"}, {"ja", "ウィーン"}}}};
    return write_mmdb({{"81.10.0.0/16",
                        {{"country", austria},
                         {"subdivisions", json::array{{{"iso_code", "9"}, {"names", {{"en", "Vienna state"}}}}}},
                         {"city", vienna}}},
                       {"2001:200::/32", {{"country_code", "JP"}, {"state1", "Kanagawa"}}},
                       {"49.224.0.0/16", {{"country_code", "NZ"}}}},
                      form);
}

TemporaryFile::TemporaryFile(std::string_view content)
{
    std::string path = "/tmp/gatehouse-places-XXXXXX";
    auto const file = mkstemp(path.data());
    if (file < 0)
        throw std::runtime_error("no temporary file");
    close(file);
    path_ = path;
    overwrite(content, 0);
}

TemporaryFile::~TemporaryFile()
{
    unlink(path_.c_str());
}

ExamplePlaces::ExamplePlaces()
{
    if (auto const read = places.reload(); !read)
        throw std::runtime_error(read.error().message);
}

void TemporaryFile::overwrite(std::string_view content, int later)
{
    struct stat before{};
    stat(path_.c_str(), &before);
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
    timespec const times[2] = {{.tv_sec = before.st_mtim.tv_sec + later}, {.tv_sec = before.st_mtim.tv_sec + later}};
    utimensat(AT_FDCWD, path_.c_str(), times, 0);
}

} // namespace gatehouse::places
