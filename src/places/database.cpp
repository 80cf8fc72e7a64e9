// Reading MMDB files by libmaxminddb.
#include "places/places.hpp"

#include "http/address.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <span>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unistd.h>

namespace gatehouse::places {

namespace {

constexpr off_t kLargest = off_t{1} << 30; // the files of cities have some 120 MB
constexpr std::size_t kLongestName = 120;  // bytes

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor()
    {
        if (number_ >= 0)
            close(number_);
    }
    int number() const { return number_; }

private:
    int number_;
};

Error unreadable(std::string const& file, std::string_view why)
{
    return {.kind = ErrorKind::invalid, .code = "places_unreadable", .message = fmt::format("{} {}.", file, why)};
}

// A copy in memory of our own. Whoever writes over the file, or cuts it short, does not reach into a mapping of ours,
// where that would be a SIGBUS.
Result<Descriptor> copy_of(std::string const& file)
{
    Descriptor const source(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info{};
    if (source.number() < 0 || fstat(source.number(), &info) != 0)
        return std::unexpected(unreadable(file, fmt::format("cannot be read: {}", std::strerror(errno))));
    if (!S_ISREG(info.st_mode) || info.st_size > kLargest)
        return std::unexpected(unreadable(file, "is no file of at most 1 GB"));
    Descriptor copy(memfd_create("places", MFD_CLOEXEC));
    if (copy.number() < 0)
        return std::unexpected(unreadable(file, fmt::format("cannot be copied: {}", std::strerror(errno))));
    std::vector<char> buffer(64 * 1024);
    for (off_t done = 0; done <= kLargest;) {
        auto const count = read(source.number(), buffer.data(), buffer.size());
        if (count == 0)
            return copy;
        if (count < 0 || write(copy.number(), buffer.data(), static_cast<std::size_t>(count)) != count)
            return std::unexpected(unreadable(file, fmt::format("cannot be copied: {}", std::strerror(errno))));
        done += count;
    }
    return std::unexpected(unreadable(file, "is no file of at most 1 GB"));
}

class Mapped {
public:
    Mapped() = default;
    Mapped(Mapped const&) = delete;
    Mapped& operator=(Mapped const&) = delete;
    ~Mapped()
    {
        if (open)
            MMDB_close(&mmdb);
    }

    MMDB_s mmdb{};
    bool open = false;
};

using Path = std::initializer_list<char const*>;

// A text of an entry; "" when there is none, or none that can be shown.
std::string text_at(MMDB_entry_s entry, Path path)
{
    std::array<char const*, 6> names{};
    std::ranges::copy(path, names.begin());
    MMDB_entry_data_s data{};
    if (MMDB_aget_value(&entry, &data, names.data()) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size > kLongestName)
        return {};
    std::string_view const text(data.utf8_string, data.data_size);
    auto const characters = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
    for (int32_t i = 0; i < characters.length(); i = characters.moveIndex32(i, 1)) {
        auto const character = characters.char32At(i);
        // Not UTF-8; or controls and marks that turn the text around them.
        if (character == 0xFFFD || u_iscntrl(character) || u_charType(character) == U_FORMAT_CHAR)
            return {};
    }
    return std::string(text);
}

// In the language, then English.
std::string name_at(MMDB_entry_s entry, std::string const& language, std::span<char const* const> where)
{
    auto const named = [&](char const* in) {
        return where.size() == 2 ? text_at(entry, {where[0], where[1], "names", in})
                                 : text_at(entry, {where[0], "names", in});
    };
    auto const base = language.substr(0, language.find('-'));
    for (auto const& in : {language, base, std::string("en")})
        if (auto name = named(in.c_str()); !name.empty())
            return name;
    return {};
}

bool is_country_code(std::string_view text)
{
    return text.size() == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
}

// The files of MaxMind and DB-IP keep the code within the country, others beside it or as the country.
std::string country_of(MMDB_entry_s const& entry)
{
    for (auto const& path : {Path{"country", "iso_code"}, Path{"country_code"}, Path{"country"}})
        if (auto code = text_at(entry, path); is_country_code(code))
            return code;
    return {};
}

Place place_of(MMDB_entry_s const& entry, std::string const& language)
{
    static constexpr std::array kRegion{"subdivisions", "0"};
    static constexpr std::array kCity{"city"};
    Place place{.country = country_of(entry),
                .region = name_at(entry, language, kRegion),
                .city = name_at(entry, language, kCity)};
    for (auto const& path : {Path{"state1"}, Path{"region"}})
        if (place.region.empty())
            place.region = text_at(entry, path);
    if (place.city.empty())
        place.city = text_at(entry, {"city"});
    return place;
}

// Every branch of the tree leads somewhere within the file, and at least one of the first places has a country.
// "" or what is wrong.
std::string_view fault_of(MMDB_s const& mmdb)
{
    constexpr int kTried = 10'000; // places, until one has a country
    bool found = false;
    int tried = 0;
    for (std::uint32_t number = 0; number < mmdb.metadata.node_count; ++number) {
        MMDB_search_node_s node{};
        if (MMDB_read_node(&mmdb, number, &node) != MMDB_SUCCESS)
            return "is damaged: its tree cannot be walked";
        for (auto const& [type, entry] : {std::pair(node.left_record_type, node.left_record_entry),
                                          std::pair(node.right_record_type, node.right_record_entry)}) {
            if (type == MMDB_RECORD_TYPE_INVALID)
                return "is damaged: its tree leads out of it";
            if (type != MMDB_RECORD_TYPE_DATA)
                continue;
            if (entry.offset >= mmdb.data_section_size)
                return "is damaged: its tree leads out of it";
            if (!found && tried++ < kTried)
                found = !country_of(entry).empty();
        }
    }
    return found ? "" : "holds no countries";
}

class MappedDatabase final : public Database {
public:
    explicit MappedDatabase(std::unique_ptr<Mapped> mapped)
        : mapped_(std::move(mapped)),
          type_(mapped_->mmdb.metadata.database_type ? mapped_->mmdb.metadata.database_type : "")
    {
    }

    std::optional<Place> find(std::string_view text, std::string_view language) const override
    {
        auto const address = http::Address::parse(text);
        if (!address || !http::is_public(*address))
            return std::nullopt;
        auto const result = look_up(*address);
        if (!result.found_entry)
            return std::nullopt;
        auto place = place_of(result.entry, std::string(language));
        if (place.country.empty())
            return std::nullopt;
        return place;
    }
    TimePoint built_at() const override
    {
        return from_seconds(static_cast<std::int64_t>(mapped_->mmdb.metadata.build_epoch));
    }
    std::string const& type() const override { return type_; }

private:
    MMDB_lookup_result_s look_up(http::Address const& address) const
    {
        int error = MMDB_SUCCESS;
        MMDB_lookup_result_s result{};
        if (address.is_v4()) {
            sockaddr_in socket{.sin_family = AF_INET};
            std::memcpy(&socket.sin_addr, address.bytes.data() + 12, 4);
            result = MMDB_lookup_sockaddr(&mapped_->mmdb, reinterpret_cast<sockaddr const*>(&socket), &error);
        } else {
            sockaddr_in6 socket{.sin6_family = AF_INET6};
            std::memcpy(&socket.sin6_addr, address.bytes.data(), 16);
            result = MMDB_lookup_sockaddr(&mapped_->mmdb, reinterpret_cast<sockaddr const*>(&socket), &error);
        }
        return error == MMDB_SUCCESS ? result : MMDB_lookup_result_s{};
    }

    std::unique_ptr<Mapped> mapped_;
    std::string type_;
};

} // namespace

Result<std::unique_ptr<Database const>> Database::open(std::string const& file)
{
    TRY(auto const copy, copy_of(file));
    auto mapped = std::make_unique<Mapped>();
    auto const status =
        MMDB_open(fmt::format("/proc/self/fd/{}", copy.number()).c_str(), MMDB_MODE_MMAP, &mapped->mmdb);
    if (status != MMDB_SUCCESS)
        return std::unexpected(unreadable(file, fmt::format("is no MMDB file: {}", MMDB_strerror(status))));
    mapped->open = true;
    constexpr std::uint64_t kLatest = 32'503'680'000; // the year 3000
    if (mapped->mmdb.metadata.build_epoch > kLatest)
        return std::unexpected(unreadable(file, "is damaged: it was made in a distant future"));
    if (auto const fault = fault_of(mapped->mmdb); !fault.empty())
        return std::unexpected(unreadable(file, fault));
    return std::make_unique<MappedDatabase const>(std::move(mapped));
}

} // namespace gatehouse::places
