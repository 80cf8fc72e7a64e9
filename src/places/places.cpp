#include "places/places.hpp"

#include "base/log.hpp"
#include "http/address.hpp"
#include "view/country_name.hpp"
#include "view/locale.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace gatehouse::places {

namespace {

// Changes whenever the file does.
std::string stamp_of(std::string const& file)
{
    struct stat info{};
    if (stat(file.c_str(), &info) != 0)
        return {};
    return fmt::format("{}.{}.{}.{}", info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ino, info.st_size);
}

} // namespace

Result<void> Places::reload()
{
    if (file_.empty())
        return {};
    auto stamp = stamp_of(file_);
    TRY(auto opened, Database::open(file_));
    std::shared_ptr<Database const> next = std::move(opened);
    std::scoped_lock const lock(mutex_);
    current_.swap(next); // the old one goes after the lock
    stamp_ = std::move(stamp);
    return {};
}

void Places::reload_if_changed()
{
    if (file_.empty())
        return;
    auto stamp = stamp_of(file_);
    {
        std::scoped_lock const lock(mutex_);
        if (stamp == stamp_)
            return;
    }
    auto const done = reload();
    if (done)
        return log::info("the file of places was read again", {{"file", file_}});
    ++failures_;
    log::error("the file of places cannot be read; the earlier one stays in use",
               {{"code", done.error().code}, {"reason", done.error().message}});
    std::scoped_lock const lock(mutex_);
    stamp_ = std::move(stamp); // once is enough
}

std::shared_ptr<Database const> Places::current() const
{
    std::scoped_lock const lock(mutex_);
    return current_;
}

std::optional<Place> Places::find(std::string_view address, std::string_view language) const
{
    auto const database = current();
    return database ? database->find(address, language) : std::nullopt;
}

std::string Places::describe(std::string_view address, view::Locale const& locale) const
{
    auto const place = find(address, locale.tag());
    if (!place)
        return {};
    auto country = view::country_name(place->country, locale.tag());
    auto const& near = place->city.empty() ? place->region : place->city;
    if (near.empty() || near == country) // Singapore, Singapore
        return country;
    return locale.text("place.near", {{"near", near}, {"country", std::move(country)}});
}

std::string Places::describe_address(std::string_view address, view::Locale const& locale) const
{
    auto place = describe(address, locale);
    if (place.empty())
        return std::string(address);
    return locale.text("place.with_address", {{"place", std::move(place)}, {"address", address}});
}

std::optional<TimePoint> Places::built_at() const
{
    auto const database = current();
    return database ? std::optional(database->built_at()) : std::nullopt;
}

} // namespace gatehouse::places
