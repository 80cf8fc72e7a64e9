#include "journey/agreement_fields.hpp"

#include "http/message.hpp"
#include "view/locale.hpp"

#include <algorithm>

namespace gatehouse::journey {

namespace {

std::string field_of(std::string_view document)
{
    return fmt::format("accept.{}", document);
}

} // namespace

std::string document_path(std::string_view name)
{
    return fmt::format("/documents/{}", name);
}

void add_agreements(view::ViewModel& model, identity::Agreements const& wanted,
                    std::vector<identity::Accepted> const& held, http::Fields const* entered,
                    view::Locale const& locale)
{
    for (auto const& agreement : wanted) {
        auto const version = std::to_string(agreement.version);
        auto const title = identity::words_for(agreement.title, locale.tag());
        auto const name = field_of(agreement.name);
        auto const ticked = std::ranges::any_of(held, [&](identity::Accepted const& one) {
            return one.document == agreement.name && one.version == agreement.version;
        });
        model.fields.push_back(
            {.name = name,
             .kind = view::FieldKind::checkbox,
             .label = {agreement.required ? "agreement.accept" : "agreement.accept_optional", {{"title", title}}},
             .link = {.label = {"agreement.read", {{"title", title}}},
                      .href = fmt::format("{}?version={}", document_path(agreement.name), version)},
             .value = version,
             .checked = entered ? !entered->get(name).empty() : ticked,
             .required = agreement.required});
    }
}

Result<std::vector<identity::Accepted>> read_agreements(identity::Agreements const& wanted, http::Fields const& input)
{
    std::vector<identity::Accepted> accepted;
    for (auto const& agreement : wanted) {
        auto const name = field_of(agreement.name);
        if (input.get(name) == std::to_string(agreement.version))
            accepted.push_back({agreement.name, agreement.version});
        else if (agreement.required)
            return refuse(ErrorKind::invalid, "agreement_needed", "Please read and accept this to go on.").at(name);
    }
    return accepted;
}

} // namespace gatehouse::journey
