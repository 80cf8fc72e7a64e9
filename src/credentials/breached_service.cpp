#include "credentials/breached_service.hpp"

#include "base/log.hpp"
#include "http/client.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::credentials {

namespace {

constexpr std::size_t kPrefixDigits = 5;
constexpr std::size_t kEndingDigits = 35;
constexpr std::size_t kLargestAnswer = 1024 * 1024;

// 64 bits behind the prefix: 16 hexadecimal digits of the 35.
std::optional<std::uint64_t> ending_of(std::string_view digits)
{
    std::uint64_t ending = 0;
    auto const part = digits.substr(0, 16);
    auto const [end, bad] = std::from_chars(part.data(), part.data() + part.size(), ending, 16);
    if (bad != std::errc() || end != part.data() + part.size() || part.size() != 16)
        return std::nullopt;
    return ending;
}

// Lines "SUFFIX:COUNT"; those that only pad have the count 0.
std::optional<std::vector<std::uint64_t>> read_answer(std::string_view text)
{
    std::vector<std::uint64_t> endings;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.empty())
            continue;
        if (line.size() < kEndingDigits + 2 || line[kEndingDigits] != ':')
            return std::nullopt;
        auto const ending = ending_of(line);
        if (!ending)
            return std::nullopt;
        if (line.substr(kEndingDigits + 1) != "0")
            endings.push_back(*ending);
    }
    std::ranges::sort(endings);
    return endings;
}

} // namespace

BreachedService::BreachedService(BreachedServiceOptions options, std::shared_ptr<http::Client> client)
    : options_(std::move(options)), client_(std::move(client))
{
    while (options_.address.ends_with('/'))
        options_.address.pop_back();
}

Task<bool> BreachedService::knows(Sha1 digest)
{
    auto const digits = hex_encode(digest);
    auto const prefix = digits.substr(0, kPrefixDigits);
    auto endings = find_kept(prefix);
    if (!endings)
        endings = co_await ask(prefix);
    if (!endings)
        co_return false;
    co_return std::ranges::binary_search(*endings, *ending_of(std::string_view(digits).substr(kPrefixDigits)));
}

Task<std::shared_ptr<BreachedService::Endings const>> BreachedService::ask(std::string prefix)
{
    if (std::chrono::steady_clock::now() < asked_again_at_.load()) {
        ++skipped_;
        co_return nullptr;
    }
    ++requests_;
    std::ranges::transform(prefix, prefix.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    auto const response = co_await client_->fetch({.url = options_.address + "/range/" + prefix,
                                                   .headers = {{"Add-Padding", "true"}, {"Accept", "text/plain"}},
                                                   .timeout = options_.timeout,
                                                   .response_limit = kLargestAnswer});
    auto endings = response && response->status == 200 ? read_answer(response->body) : std::nullopt;
    if (!endings) {
        ++failures_;
        asked_again_at_ = std::chrono::steady_clock::now() + options_.left_alone;
        log::warning("the service for breached passwords does not answer; passwords pass unchecked",
                     {{"reason", response ? "status " + std::to_string(response->status) : response.error().code},
                      {"asked_again_in_seconds", options_.left_alone.count()}});
        co_return nullptr;
    }
    auto shared = std::make_shared<Endings const>(std::move(*endings));
    std::ranges::transform(prefix, prefix.begin(), [](char c) { return c >= 'A' ? static_cast<char>(c + 32) : c; });
    keep(prefix, shared);
    co_return shared;
}

std::shared_ptr<BreachedService::Endings const> BreachedService::find_kept(std::string const& prefix)
{
    std::lock_guard const lock(mutex_);
    auto const found = kept_.find(prefix);
    if (found == kept_.end() || found->second.until < std::chrono::steady_clock::now())
        return nullptr;
    return found->second.endings;
}

void BreachedService::keep(std::string const& prefix, std::shared_ptr<Endings const> endings)
{
    auto const now = std::chrono::steady_clock::now();
    std::lock_guard const lock(mutex_);
    std::erase_if(kept_, [&](auto const& kept) { return kept.second.until < now; });
    if (kept_.size() >= options_.most_kept)
        kept_.erase(std::ranges::min_element(kept_, {}, [](auto const& kept) { return kept.second.until; }));
    kept_.insert_or_assign(prefix, Kept{std::move(endings), now + options_.kept});
}

BreachedService::Statistics BreachedService::statistics() const
{
    return {.requests = requests_, .failures = failures_, .skipped = skipped_};
}

} // namespace gatehouse::credentials
