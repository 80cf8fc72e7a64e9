// phone: telephone numbers of every region, as people write them and as machines dial them.
//
// In:  what somebody typed, and the region whose national form they may have used.
// Out: a number that its region's plan knows, with its type; its E.164, national and international forms.
//
// The plans are those of Google's libphonenumber (tools/phone_metadata renews them); the rules that read them are our
// own, and are held to what libphonenumber says of thousands of numbers (src/phone/examples.tsv).
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::phone {

enum class NumberType : std::uint8_t {
    premium_rate,
    toll_free,
    shared_cost,
    voip,
    personal,
    pager,
    uan, // one number for the whole of a company
    voicemail,
    fixed_line,
    mobile,
    fixed_line_or_mobile, // the plan does not tell them apart (North America)
};
std::string_view to_string(NumberType type); // "mobile"

struct PhoneNumber {
    int country_code = 0; // 49
    std::string national; // the digits after it, leading zeros of Italy kept
    std::string region;   // "DE"; "001" for numbers of no country (+800 ...)
    NumberType type = NumberType::fixed_line;

    std::string e164() const; // "+4930901820"
    friend bool operator==(PhoneNumber const&, PhoneNumber const&) = default;
};

// Reads a number that exists in its plan. With "+" (or a "tel:" address) it is international; without, it is read as
// somebody in `region` ("DE") would dial it, and refused when there is none. Digits of every script are taken, and the
// spaces and punctuation that people put between them; letters and extensions are not.
// Error (invalid): "phone_invalid", with a sentence.
Result<PhoneNumber> parse(std::string_view text, std::string_view region = {});

// As a person of the same region reads it: "(900) 234-5678"; as one of another does: "+1 900-234-5678".
std::string format_national(PhoneNumber const& number);
std::string format_international(PhoneNumber const& number);

// Enough for its owner to recognize, too little for anybody else: "+49 ... 820".
std::string masked(std::string_view e164);

// Whether a code may be sent there: numbers that earn money for whoever is called (premium and shared cost), pagers,
// and those that only take calls are refused. Voice calls may go to fixed lines too.
bool may_get_texts(NumberType type);
bool may_get_calls(NumberType type);

// Whether the plans know the region ("DE"); all of them, sorted; a region's calling code, 0 for none.
bool is_region(std::string_view region);
std::vector<std::string_view> regions();
int calling_code(std::string_view region);

} // namespace gatehouse::phone
