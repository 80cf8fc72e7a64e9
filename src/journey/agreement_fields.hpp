// What people are asked to accept, as ticks of a page: at registration, and on the way in when there is something new.
#pragma once

#include "identity/agreements.hpp"
#include "view/view_model.hpp"

namespace gatehouse::http {
class Fields;
}
namespace gatehouse::view {
class Locale;
}

namespace gatehouse::journey {

// One tick each, with a link to the text. `held`: what was ticked before, in this version.
void add_agreements(view::ViewModel& model, identity::Agreements const& wanted,
                    std::vector<identity::Accepted> const& held, http::Fields const* entered,
                    view::Locale const& locale);
// What was ticked: a tick counts for the version that was shown. Error: "agreement_needed", at the field.
Result<std::vector<identity::Accepted>> read_agreements(identity::Agreements const& wanted, http::Fields const& input);
// "/documents/terms"
std::string document_path(std::string_view name);

} // namespace gatehouse::journey
