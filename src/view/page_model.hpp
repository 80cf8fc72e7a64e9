// From ViewModel, Portal and PageContext to the JSON that the templates are expanded with. Every member that a
// template names is always there: strict rendering finds what was forgotten.
#pragma once

#include "view/pages.hpp"

namespace gatehouse::view {

struct AssetAddresses {
    std::string stylesheet, script, icon, push_script;
};

boost::json::object page_json(ViewModel const& model, PageContext const& context, Locales const& locales,
                              AssetAddresses const& assets);
boost::json::object page_json(Portal const& portal, PageContext const& context, Locales const& locales,
                              AssetAddresses const& assets);
boost::json::object page_json(MailPage const& mail, PageContext const& context, Locales const& locales,
                              AssetAddresses const& assets);

} // namespace gatehouse::view
