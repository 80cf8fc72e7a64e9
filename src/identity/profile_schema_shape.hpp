// The JSON form of a profile schema.
#pragma once

#include "identity/attributes.hpp"

namespace gatehouse::identity {

constexpr auto shape(AttributeChoice const*)
{
    return Shape{"AttributeChoice",
                 Member{"value",
                        &AttributeChoice::value,
                        {.text = "As it is stored and told to applications.", .min_length = 1, .max_length = 100}},
                 Member{"label", &AttributeChoice::label, {.text = "Words by language.", .fallback = true}}};
}
constexpr auto shape(Attribute const*)
{
    return Shape{
        "Attribute",
        Member{"name",
               &Attribute::name,
               {.text = "A letter, then letters, digits and underscores. Those of OpenID Connect Core section 5.1 "
                        "bring their type, scope and words along.",
                .min_length = 1,
                .max_length = 64}},
        Member{"type", &Attribute::type, {.text = "Never changes, also when the attribute was removed meanwhile."}},
        Member{"label", &Attribute::label, {.text = "Words by language: {\"en\": \"Shoe size\"}.", .fallback = true}},
        Member{"help", &Attribute::help, {.text = "Stands below the field, by language.", .fallback = true}},
        Member{
            "choices", &Attribute::choices, {.text = "Of choice, choice_list.", .fallback = true, .max_length = 500}},
        Member{
            "min_length", &Attribute::min_length, {.text = "Of a text, in characters.", .minimum = 1, .maximum = 4000}},
        Member{
            "max_length", &Attribute::max_length, {.text = "Of a text, in characters.", .minimum = 1, .maximum = 4000}},
        Member{"minimum",
               &Attribute::minimum,
               {.text = "Of a number; of a date \"2001-12-24\", \"today\" or \"today-18y\"."}},
        Member{"maximum", &Attribute::maximum, {.text = "The same."}},
        Member{"min_items", &Attribute::min_items, {.text = "Of a list.", .minimum = 1, .maximum = 100}},
        Member{"max_items", &Attribute::max_items, {.text = "Of a list.", .minimum = 1, .maximum = 100}},
        Member{"pattern",
               &Attribute::pattern,
               {.text = "Regular expression (RE2) of the whole text.", .fallback = true, .max_length = 500}},
        Member{"required",
               &Attribute::required,
               {.text = "People cannot leave it empty on their profile page.", .fallback = true}},
        Member{"user", &Attribute::user, {.text = "What the person may do with it.", .fallback = true}},
        Member{"administrator",
               &Attribute::administrator,
               {.text = "What the management API may do with it.", .fallback = true}},
        Member{"scopes",
               &Attribute::scopes,
               {.text = "Applications with one of these scopes see it: profile, email, phone, address, or one of your "
                        "own that begins with \"claims:\".",
                .fallback = true,
                .max_length = 20}},
        Member{"claim",
               &Attribute::claim,
               {.text = "The claim's name; empty: the attribute's.", .fallback = true, .max_length = 200}},
        Member{"personal",
               &Attribute::personal,
               {.text = "Tells something about a person; such values are always encrypted.", .fallback = true}},
        Member{"plain",
               &Attribute::plain,
               {.text = "Stored as it is, so that it can be searched. Never changes.", .fallback = true}},
        Member{"autocomplete",
               &Attribute::autocomplete,
               {.text = "HTML autofill token, such as given-name.", .fallback = true, .max_length = 60}}};
}
constexpr auto shape(FormField const*)
{
    return Shape{"FormField",
                 Member{"attribute", &FormField::attribute, {.text = "Its name.", .min_length = 1, .max_length = 64}},
                 Member{"required", &FormField::required, {.text = "Must be filled in.", .fallback = true}}};
}
constexpr auto shape(FormPage const*)
{
    return Shape{"FormPage", Member{"title", &FormPage::title, {.text = "Words by language.", .fallback = true}},
                 Member{"lead", &FormPage::lead, {.text = "A sentence under the title.", .fallback = true}},
                 Member{"fields", &FormPage::fields, {.text = "In this order.", .fallback = true, .max_length = 50}}};
}
constexpr auto shape(RegistrationForm const*)
{
    return Shape{
        "RegistrationForm",
        Member{"name", &RegistrationForm::name, {.text = "Yours.", .min_length = 1, .max_length = 64}},
        Member{
            "applications",
            &RegistrationForm::applications,
            {.text = "client_ids; none: for all that have no form of their own.", .fallback = true, .max_length = 500}},
        Member{
            "pages",
            &RegistrationForm::pages,
            {.text = "The first one also asks for the address and the password.", .min_length = 1, .max_length = 10}}};
}
constexpr auto shape(ProfilePrompt const*)
{
    return Shape{
        "ProfilePrompt",
        Member{"name", &ProfilePrompt::name, {.text = "Yours.", .min_length = 1, .max_length = 64}},
        Member{"applications",
               &ProfilePrompt::applications,
               {.text = "client_ids; none: all.", .fallback = true, .max_length = 500}},
        Member{"from_sign_in",
               &ProfilePrompt::from_sign_in,
               {.text = "Asked from this sign-in on, counted from 1; 0: not by count.",
                .fallback = true,
                .minimum = 0,
                .maximum = 10000}},
        Member{"when_requested",
               &ProfilePrompt::when_requested,
               {.text = "Asked when the application asks for a scope that shows it.", .fallback = true}},
        Member{"again_after_days",
               &ProfilePrompt::again_after_days,
               {.text = "Who skipped it is not asked again before.", .fallback = true, .minimum = 0, .maximum = 3650}},
        Member{"title", &ProfilePrompt::title, {.text = "Words by language.", .fallback = true}},
        Member{"lead", &ProfilePrompt::lead, {.text = "A sentence under the title.", .fallback = true}},
        Member{"fields",
               &ProfilePrompt::fields,
               {.text = "Only those without a value are shown. With a required one it cannot be skipped.",
                .min_length = 1,
                .max_length = 20}}};
}
constexpr auto shape(RetiredAttribute const*)
{
    return Shape{"RetiredAttribute", Member{"name", &RetiredAttribute::name}, Member{"type", &RetiredAttribute::type},
                 Member{"plain", &RetiredAttribute::plain, {.fallback = true}}};
}
constexpr auto shape(ProfileSchema const*)
{
    return Shape{
        "ProfileSchema",
        Member{"attributes",
               &ProfileSchema::attributes,
               {.text = "In the order of pages and forms.", .fallback = true, .max_length = 64}},
        Member{"additional",
               &ProfileSchema::additional,
               {.text = "Administrators may keep attributes that do not stand here.", .fallback = true}},
        Member{"forms", &ProfileSchema::forms, {.text = "How people register.", .fallback = true, .max_length = 100}},
        Member{"prompts",
               &ProfileSchema::prompts,
               {.text = "What is asked for later.", .fallback = true, .max_length = 50}},
        Member{"retired",
               &ProfileSchema::retired,
               {.text = "Names that were attributes once; they keep their types.", .read_only = true}}};
}

} // namespace gatehouse::identity
