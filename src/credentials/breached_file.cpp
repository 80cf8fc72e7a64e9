#include "credentials/breached_file.hpp"

#include "crypto/digest.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <openssl/sha.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::credentials {

namespace {

// The file: header, one entry for each shard, fingerprints. Numbers are little-endian, as in memory.
static_assert(std::endian::native == std::endian::little);
constexpr std::string_view kMagic = "GHBREACH";
constexpr std::uint32_t kVersion = 1;
struct Header {
    char magic[8];
    std::uint32_t version;
    std::uint32_t shard_bits; // the first bits of a digest choose its shard
    std::uint64_t passwords;
    std::uint64_t minimum_count;
    std::uint64_t file_size;
    std::uint8_t checksum[24]; // SHA-256, cut, of the header with zeroes here and of the entries
};
static_assert(sizeof(Header) == 64);
struct Entry {
    std::uint64_t offset; // of its fingerprints, in bytes from the start of the file
    std::uint64_t seed;
    std::uint32_t segment_length;
    std::uint32_t segment_count;
    std::uint64_t reserved;
};
static_assert(sizeof(Entry) == 32);

constexpr std::uint32_t kMostShardBits = 14;
constexpr std::uint64_t kKeysOfAShard = 200'000;
constexpr std::uint64_t kBytesOfALine = 45;
constexpr std::uint64_t kUnknownSize = kKeysOfAShard * kBytesOfALine << 12;
constexpr std::uint64_t kLinesBetweenReports = 1 << 18;

// Shards of about kKeysOfAShard, as the size of the input lets us guess.
std::uint32_t shard_bits_for(std::uint64_t input_size)
{
    auto const keys = (input_size == 0 ? kUnknownSize : input_size) / kBytesOfALine;
    std::uint32_t bits = 0;
    while (bits < kMostShardBits && keys >> bits > kKeysOfAShard)
        ++bits;
    return bits;
}

std::size_t shard_of(Sha1 const& digest, std::uint32_t bits)
{
    return static_cast<std::size_t>(digest[0] << 8 | digest[1]) >> (16 - bits);
}

// Other bits than those that choose the shard.
std::uint64_t key_of(Sha1 const& digest)
{
    std::uint64_t key = 0;
    std::memcpy(&key, digest.data() + 4, sizeof key);
    return key;
}

std::array<std::uint8_t, 24> checksum_of(Header header, std::span<Entry const> entries)
{
    std::memset(header.checksum, 0, sizeof header.checksum);
    auto const digest =
        crypto::sha256({ByteView(reinterpret_cast<std::uint8_t const*>(&header), sizeof header),
                        ByteView(reinterpret_cast<std::uint8_t const*>(entries.data()), entries.size_bytes())});
    std::array<std::uint8_t, 24> cut{};
    std::copy_n(digest.begin(), cut.size(), cut.begin());
    return cut;
}

Refusal file_unusable(std::filesystem::path const& path, std::string_view what)
{
    return refuse(ErrorKind::invalid, "file_unusable",
                  fmt::format("{} cannot be {}: {}.", path.string(), what, std::strerror(errno)));
}

struct Line {
    Sha1 digest{};
    std::int64_t count = 1;
};

// "21BD12DC183F740EE76F27B78EB39C8AD972A757:52579", with or without the count.
std::optional<Line> parse_line(std::string_view text)
{
    if (text.ends_with('\r'))
        text.remove_suffix(1);
    if (text.size() < 40)
        return std::nullopt;
    Line line;
    for (std::size_t i = 0; i < 20; ++i)
        if (auto const [end, bad] = std::from_chars(&text[2 * i], &text[2 * i] + 2, line.digest[i], 16);
            bad != std::errc() || end != &text[2 * i] + 2)
            return std::nullopt;
    text.remove_prefix(40);
    if (text.empty())
        return line;
    auto const [end, bad] = std::from_chars(text.data() + 1, text.data() + text.size(), line.count);
    if (text.front() != ':' || bad != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return line;
}

class Builder {
public:
    Builder(std::filesystem::path to, BreachedBuild const& wanted)
        : wanted_(wanted), to_(std::move(to)), part_(to_.string() + ".part"), bits_(shard_bits_for(wanted.size)),
          entries_(std::size_t{1} << bits_)
    {
    }
    ~Builder()
    {
        std::error_code ignored;
        std::filesystem::remove(part_, ignored);
    }
    Builder(Builder const&) = delete;
    Builder& operator=(Builder const&) = delete;

    Result<BreachedBuilt> run(std::istream& from)
    {
        out_.open(part_, std::ios::binary | std::ios::trunc);
        written_ = sizeof(Header) + entries_.size() * sizeof(Entry);
        out_.seekp(static_cast<std::streamoff>(written_));
        TRY_DO(read(from));
        TRY_DO(end_shard());
        if (built_.taken == 0)
            return refuse(ErrorKind::invalid, "breached_empty",
                          "There was nothing to take: no line, or none that was seen often enough.");
        return finish();
    }

private:
    Result<void> read(std::istream& from)
    {
        std::string text;
        std::uint64_t bytes = 0;
        Sha1 last{};
        while (std::getline(from, text)) {
            ++built_.read;
            bytes += text.size() + 1;
            auto const line = parse_line(text);
            auto const number = std::to_string(built_.read);
            if (!line)
                return refuse(ErrorKind::invalid, "breached_line_invalid",
                              fmt::format("Line {} is not 40 hexadecimal digits, a colon and a count.", number))
                    .with("line", number);
            if (built_.read > 1 && line->digest < last)
                return refuse(ErrorKind::invalid, "breached_not_sorted",
                              fmt::format("Line {} comes before the one above it. Take the list ordered by hash, or "
                                          "sort it: LC_ALL=C sort.",
                                          number))
                    .with("line", number);
            auto const repeated = built_.read > 1 && line->digest == last;
            last = line->digest;
            if (!repeated && line->count >= wanted_.minimum_count)
                TRY_DO(take(line->digest));
            if (wanted_.progress && built_.read % kLinesBetweenReports == 0)
                wanted_.progress(bytes, built_.taken);
        }
        if (wanted_.progress)
            wanted_.progress(bytes, built_.taken);
        return {};
    }

    Result<void> take(Sha1 const& digest)
    {
        auto const shard = shard_of(digest, bits_);
        if (shard != shard_)
            TRY_DO(end_shard());
        shard_ = shard;
        keys_.push_back(key_of(digest));
        ++built_.taken;
        return {};
    }

    Result<void> end_shard()
    {
        std::ranges::sort(keys_); // digests that differ elsewhere only
        auto const doubled = std::ranges::unique(keys_);
        keys_.erase(doubled.begin(), doubled.end());
        TRY(auto const filter, build_fuse_filter(keys_));
        keys_.clear();
        entries_[shard_] = {.offset = written_,
                            .seed = filter.shape.seed,
                            .segment_length = filter.shape.segment_length,
                            .segment_count = filter.shape.segment_count,
                            .reserved = 0};
        auto const size = filter.fingerprints.size() * sizeof(std::uint16_t);
        out_.write(reinterpret_cast<char const*>(filter.fingerprints.data()), static_cast<std::streamsize>(size));
        written_ += size;
        if (!out_)
            return file_unusable(part_, "written");
        return {};
    }

    Result<BreachedBuilt> finish()
    {
        Header header{};
        kMagic.copy(header.magic, sizeof header.magic);
        header.version = kVersion;
        header.shard_bits = bits_;
        header.passwords = built_.taken;
        header.minimum_count = static_cast<std::uint64_t>(wanted_.minimum_count);
        header.file_size = written_;
        auto const checksum = checksum_of(header, entries_);
        std::ranges::copy(checksum, header.checksum);
        out_.seekp(0);
        out_.write(reinterpret_cast<char const*>(&header), sizeof header);
        out_.write(reinterpret_cast<char const*>(entries_.data()),
                   static_cast<std::streamsize>(entries_.size() * sizeof(Entry)));
        out_.close();
        if (!out_)
            return file_unusable(part_, "written");
        if (auto const file = ::open(part_.c_str(), O_RDONLY | O_CLOEXEC); file >= 0) {
            fsync(file); // whole on the disk before it takes the other one's place
            close(file);
        }
        std::error_code failed;
        std::filesystem::rename(part_, to_, failed);
        if (failed)
            return refuse(ErrorKind::invalid, "file_unusable",
                          fmt::format("{} cannot be written: {}.", to_.string(), failed.message()));
        built_.bytes = written_;
        return built_;
    }

    BreachedBuild const& wanted_;
    std::filesystem::path to_;
    std::filesystem::path part_;
    std::uint32_t bits_;
    std::vector<Entry> entries_;
    std::ofstream out_;
    std::uint64_t written_ = 0;
    std::size_t shard_ = 0;
    std::vector<std::uint64_t> keys_;
    BreachedBuilt built_;
};

Header const& header_of(void const* mapped)
{
    return *static_cast<Header const*>(mapped);
}

std::span<Entry const> entries_of(void const* mapped)
{
    auto const* first = reinterpret_cast<Entry const*>(static_cast<std::uint8_t const*>(mapped) + sizeof(Header));
    return {first, std::size_t{1} << header_of(mapped).shard_bits};
}

FuseShape shape_of(Entry const& entry)
{
    return {.seed = entry.seed, .segment_length = entry.segment_length, .segment_count = entry.segment_count};
}

// Everything that a look-up relies on.
bool is_whole(void const* mapped, std::size_t size)
{
    auto const& header = header_of(mapped);
    if (std::string_view(header.magic, sizeof header.magic) != kMagic || header.version != kVersion ||
        header.shard_bits > kMostShardBits || header.file_size != size ||
        sizeof(Header) + (sizeof(Entry) << header.shard_bits) > size)
        return false;
    auto const entries = entries_of(mapped);
    if (!std::ranges::equal(checksum_of(header, entries), header.checksum))
        return false;
    return std::ranges::all_of(entries, [&](Entry const& entry) {
        auto const shape = shape_of(entry);
        auto const bytes = shape.size() * sizeof(std::uint16_t);
        return shape.is_sound() && entry.offset % sizeof(std::uint16_t) == 0 &&
               (bytes == 0 || (entry.offset <= size && bytes <= size - entry.offset));
    });
}

} // namespace

Sha1 sha1_of(Secret const& password)
{
    Sha1 digest{};
    auto const bytes = password.expose();
    SHA1(bytes.data(), bytes.size(), digest.data());
    return digest;
}

Result<BreachedBuilt> build_breached_file(std::istream& from, std::filesystem::path const& to,
                                          BreachedBuild const& wanted)
{
    return Builder(to, wanted).run(from);
}

Result<std::shared_ptr<BreachedFile const>> BreachedFile::open(std::filesystem::path const& path)
{
    auto const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return file_unusable(path, "opened");
    struct stat found{};
    auto const known = fstat(file, &found) == 0;
    auto const size = known ? static_cast<std::size_t>(found.st_size) : 0;
    auto* const mapped = size >= sizeof(Header) ? mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    close(file);
    auto const damaged = [&] {
        return refuse(
            ErrorKind::invalid, "breached_file_damaged",
            fmt::format("{} is not a whole file of `gatehouse breached build`. Build it anew.", path.string()));
    };
    if (mapped == MAP_FAILED)
        return size >= sizeof(Header) ? file_unusable(path, "read") : damaged();
    std::shared_ptr<BreachedFile const> opened(new BreachedFile(mapped, size)); // private constructor
    if (!is_whole(mapped, size))
        return damaged();
    madvise(mapped, size, MADV_RANDOM);
    return opened;
}

BreachedFile::~BreachedFile()
{
    munmap(const_cast<void*>(mapped_), size_);
}

bool BreachedFile::contains(Sha1 const& digest) const
{
    auto const& entry = entries_of(mapped_)[shard_of(digest, header_of(mapped_).shard_bits)];
    auto const shape = shape_of(entry);
    auto const* first =
        reinterpret_cast<std::uint16_t const*>(static_cast<std::uint8_t const*>(mapped_) + entry.offset);
    return credentials::contains(shape, {first, shape.size()}, key_of(digest));
}

std::uint64_t BreachedFile::passwords() const
{
    return header_of(mapped_).passwords;
}

} // namespace gatehouse::credentials
