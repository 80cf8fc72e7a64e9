// What the examples of pages are made of, and the groups that page_fixtures() puts together.
#pragma once

#include "view/fixtures.hpp"

namespace gatehouse::view {

inline TimePoint const kNow = from_seconds(1795449600); // 23 November 2026, 16:00 UTC

Field password_field(char const* name, char const* label, char const* autocomplete);
Field new_password_field();
Field email_field(std::string value = {});
Field code_field();
Choice primary(char const* label);
Choice action(char const* value, char const* label, ChoiceStyle style);

std::vector<Fixture> account_fixtures();
// People and their data.
std::vector<Fixture> data_fixtures();
// The steps of a sign-in after its first page.
std::vector<Fixture> step_fixtures();

} // namespace gatehouse::view
