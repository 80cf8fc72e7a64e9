// places: roughly where an internet address is, for the eyes of whoever it belongs to.
//
// In:  the address of a browser, and an MMDB file that the operator provides; without one nothing is known.
// Out: a country, and where the file has them a region and a city; or words for them in the reader's language.
//
// Nothing leaves this process: the file is looked into, nobody is asked. It comes from elsewhere and may be damaged or
// written over while it is in use; so it is copied before it is mapped, its tree is checked as a whole, and what it
// says is checked again before it is believed (docs/decisions/places.md).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/shape.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::view {
class Locale;
}

namespace gatehouse::places {

struct Place {
    std::string country; // ISO 3166-1 alpha-2
    std::string region;  // "" where the file knows none; so is the city
    std::string city;
    friend bool operator==(Place const&, Place const&) = default;
};

// One file, as it was when it was read.
class Database {
public:
    // Error: "places_unreadable", whose message names the file and what is wrong with it.
    static Result<std::unique_ptr<Database const>> open(std::string const& file);
    virtual ~Database() = default;

    // `language`: of region and city, where the file has several (BCP 47); otherwise English or what there is.
    virtual std::optional<Place> find(std::string_view address, std::string_view language) const = 0;
    virtual TimePoint built_at() const = 0;      // by whoever made it
    virtual std::string const& type() const = 0; // as the file calls itself, "GeoLite2-City"
};

class Places {
public:
    Places() = default; // knows nothing
    explicit Places(std::string file) : file_(std::move(file)) {}

    // Error: "places_unreadable"; what was read before stays in use.
    Result<void> reload();
    // Reads again if the file changed since it was last read. A failure is logged.
    void reload_if_changed();

    // Nothing for addresses that are not of the public internet.
    std::optional<Place> find(std::string_view address, std::string_view language = "en") const;
    // "Vienna, Austria", as the locale puts it; "" when it is not known.
    std::string describe(std::string_view address, view::Locale const& locale) const;
    // What people read where an address was shown alone: "Vienna, Austria (203.0.113.7)", or the address.
    std::string describe_address(std::string_view address, view::Locale const& locale) const;

    std::optional<TimePoint> built_at() const;                  // nothing without a file
    std::uint64_t failures() const { return failures_.load(); } // to read a changed file

private:
    std::shared_ptr<Database const> current() const;

    std::string file_; // "": none
    std::string stamp_;
    std::atomic<std::uint64_t> failures_{0};
    mutable std::mutex mutex_;
    std::shared_ptr<Database const> current_;
};

constexpr auto shape(Place const*)
{
    return Shape{"Place", Member{"country", &Place::country, {.text = "ISO 3166-1 alpha-2."}},
                 Member{"region", &Place::region, {.text = "In English; empty when it is not known."}},
                 Member{"city", &Place::city, {.text = "In English; empty when it is not known."}}};
}

} // namespace gatehouse::places
