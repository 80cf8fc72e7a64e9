// Examples of the steps of a sign-in after its first page, for page_fixtures().
#pragma once

#include "view/fixtures.hpp"

namespace gatehouse::view {

std::vector<Fixture> step_fixtures();

} // namespace gatehouse::view
