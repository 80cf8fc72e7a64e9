// Attributes: what a tenant knows about its people besides identifiers and credentials, and how it asks for it.
//
// A tenant's ProfileSchema is one document: its attributes (type, validation, who sees and edits them, how they are
// kept, words in every language), the forms by which people register, and what is asked for later. It is cached with
// the tenant (Tenant::profile); identity/profile_schema.hpp reads, checks and stores it.
//
// In:  values as JSON (the API) or as form fields. Out: values in their one normal form, or what is wrong with them.
#pragma once

#include "base/shape.hpp"
#include "http/message.hpp"

#include <memory>

namespace gatehouse::identity {

enum class AttributeType : std::uint8_t {
    text,      // one line
    long_text, // several lines
    integer,   // -(2^53 - 1) to 2^53 - 1
    number,    // a finite double
    boolean,
    date,        // "2001-12-24"; of "birthdate" also "2001" and "0000-12-24" (OpenID Connect Core section 5.1)
    choice,      // one of `choices`
    text_list,   // distinct one-line texts
    choice_list, // distinct ones of `choices`
    email,       // an address to write to; proves nothing and signs nobody in
    phone,       // E.164; proves nothing and signs nobody in
    url,         // http or https
    country,     // ISO 3166-1 alpha-2
    locale,      // BCP 47
    time_zone,   // of the IANA database
    address,     // an object (OpenID Connect Core section 5.1.1)
};
constexpr std::string_view choices_of(AttributeType const*)
{
    return "text|long_text|integer|number|boolean|date|choice|text_list|choice_list|email|phone|url|country|locale|"
           "time_zone|address";
}
std::string_view to_string(AttributeType type);

// What somebody may do with an attribute.
enum class Access : std::uint8_t { none, view, edit };
constexpr std::string_view choices_of(Access const*)
{
    return "none|view|edit";
}

// Words by language: {"en": "Shoe size", "de-CH": "Schuhgrösse"}. Empty: the locale files' own words, if they have any.
using Words = boost::json::object;
// The words for a language: of the tag itself, its language, English, or any. Empty when there are none.
std::string words_for(Words const& words, std::string_view locale);

struct AttributeChoice {
    std::string value;
    Words label;
};

struct Attribute {
    std::string name;
    AttributeType type = AttributeType::text;
    Words label;
    Words help;
    std::vector<AttributeChoice> choices;
    std::optional<std::int64_t> min_length; // of a text, in characters
    std::optional<std::int64_t> max_length;
    // Of a number; of a date "2001-12-24", "today", "today-18y", "today+1y".
    std::optional<boost::json::value> minimum;
    std::optional<boost::json::value> maximum;
    std::optional<std::int64_t> min_items; // of a list
    std::optional<std::int64_t> max_items;
    std::string pattern;   // RE2 syntax, of the whole text, or of each text of a list; linear time whatever it says
    bool required = false; // once it has a value, people cannot empty it
    Access user = Access::edit;
    Access administrator = Access::edit;
    std::vector<std::string> scopes; // applications that were granted one of these see it
    std::string claim;               // as which; empty: its name
    bool personal = true;            // tells something about a person
    bool plain = false;              // stored as it is, for searching; else sealed under the person's key
    std::string autocomplete;        // HTML's autofill token ("given-name"); empty: off

    struct Pattern;
    std::shared_ptr<Pattern const> compiled; // of `pattern`

    std::string const& claim_name() const { return claim.empty() ? name : claim; }
};

struct FormField {
    std::string attribute;
    bool required = false;
};
struct FormPage {
    Words title;
    Words lead;
    std::vector<FormField> fields;
};
// How people register. The first page also asks for the address and the password.
struct RegistrationForm {
    std::string name;
    std::vector<std::string> applications; // client_ids; none: for everybody who has no form of their own
    std::vector<FormPage> pages;
};
// What is asked for later: a page between signing in and the application.
struct ProfilePrompt {
    std::string name;
    std::vector<std::string> applications; // client_ids; none: all
    std::int64_t from_sign_in = 0;         // asked from the n-th sign-in on; 0: not by count
    bool when_requested = false; // asked when the application was granted a scope that shows it, and there is no value
    std::int64_t again_after_days = 30; // who skipped it is left in peace so long
    Words title;
    Words lead;
    std::vector<FormField> fields; // with a required one, it cannot be skipped
};
// A name keeps its type for good: stored values must stay readable when the name comes back.
struct RetiredAttribute {
    std::string name;
    AttributeType type = AttributeType::text;
    bool plain = false;
};

struct ProfileSchema {
    std::vector<Attribute> attributes; // in the order of forms and pages
    bool additional = false;           // administrators may keep attributes that do not stand here
    std::vector<RegistrationForm> forms;
    std::vector<ProfilePrompt> prompts;
    std::vector<RetiredAttribute> retired;

    Attribute const* find(std::string_view name) const; // or null
    // The form for an application ("": none): its own, else the general one, else null: the default form.
    RegistrationForm const* form_for(std::string_view client_id) const;
    // What people fill in when they register: of the form, or the built-in one (the name, where people may edit it).
    std::vector<FormPage> registration_pages(std::string_view client_id) const;
};

// The standard claims of OpenID Connect Core section 5.1 that are attributes, with type, autofill token and scope. A
// schema that names one of them need not repeat what stands here.
std::vector<Attribute> const& standard_attributes();

// -- values. Errors name what is wrong ("attribute_too_long", "attribute_choice" ...); the pointer is `pointer`.
// The value in its normal form: trimmed, a phone number in E.164, a country in capitals.
Result<boost::json::value> check_value(Attribute const& attribute, boost::json::value const& value,
                                       std::string const& pointer, TimePoint now);

// Of a form: its fields are called as the attribute; of an address "address.locality" and so on. Null: nothing was
// entered. Error `pointer`: the field at fault.
Result<boost::json::value> read_input(Attribute const& attribute, http::Fields const& input, TimePoint now);
// What fills a field again: the text of a value; of a list one line an entry.
std::string text_of_value(boost::json::value const& value);
// The bound of a date or number as text ("2008-11-23" for "today-18y"); empty: none.
std::string bound_text(std::optional<boost::json::value> const& bound, TimePoint now);

// The parts of an address, in the order of forms, without "formatted".
inline constexpr std::string_view kAddressParts[] = {"street_address", "postal_code", "locality", "region", "country"};
// ISO 3166-1 alpha-2, sorted.
std::vector<std::string> const& country_codes();

} // namespace gatehouse::identity
