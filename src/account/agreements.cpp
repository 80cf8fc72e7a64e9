#include "account/agreements.hpp"

#include "account/answer.hpp"
#include "account/changes.hpp"
#include "identity/agreements.hpp"
#include "journey/agreement_fields.hpp"
#include "risk/throttle.hpp"
#include "view/pages.hpp"

#include <algorithm>
#include <map>

namespace gatehouse::account {

namespace {

view::Item item_of(identity::Document const& document, identity::Acceptance const* newest, view::Locale const& locale)
{
    view::Item item{.title = view::Text::plain(identity::words_for(document.title, locale.tag())), .icon = "check"};
    if (newest)
        item.details.push_back({newest->accepted ? "agreement.accepted_at" : "agreement.withdrawn_at",
                                {{"version", newest->version}, {"when", newest->at}}});
    else
        item.details.emplace_back("agreement.not_given");
    auto const version = newest && newest->accepted ? newest->version : document.version;
    item.href = fmt::format("{}?version={}", journey::document_path(document.name), version);
    return item;
}

identity::Circumstances circumstances(Context const& context, Visitor const& visitor)
{
    return {.locale = visitor.locale->tag(),
            .place = risk::address_key(context.client_address),
            .origin = origin_of(context, visitor),
            .now = context.now};
}

} // namespace

Result<std::optional<view::ViewModel>> agreements_panel(Services const& services, storage::Tx& tx,
                                                        Context const& context, Visitor const& visitor)
{
    TRY(auto const documents, identity::list_documents(tx, context.tenant->id));
    if (documents.empty())
        return std::nullopt;
    TRY(auto const lines, identity::list_acceptances(tx, services.vault, context.tenant->id, visitor.user.id));
    std::map<std::string, identity::Acceptance const*> newest;
    for (auto const& line : lines)
        newest[line.document] = &line;
    view::ViewModel panel{.step = "agreements",
                          .title = "agreement.panel",
                          .lead = "agreement.panel_lead",
                          .action = "/account/agreements"};
    for (auto const& document : documents) {
        auto const found = newest.find(document.name);
        auto const* line = found == newest.end() ? nullptr : found->second;
        if (document.version == 0 || (!document.active && !line))
            continue;
        auto item = item_of(document, line, *visitor.locale);
        auto const given = line && line->accepted;
        if (!document.required && (given || document.active)) {
            item.href.clear(); // a row with a button is no link; the button's text is about it
            item.choices.push_back({.name = given ? "withdraw" : "accept",
                                    .value = given ? document.name
                                                   : fmt::format("{}:{}", document.name, document.version),
                                    .label = given ? "action.withdraw" : "action.accept",
                                    .style = view::ChoiceStyle::secondary});
        }
        panel.items.push_back(std::move(item));
    }
    return panel.items.empty() ? std::nullopt : std::optional(std::move(panel));
}

Task<Result<http::Response>> agreements_form(Services const& services, Context const& context,
                                             http::Request const& request)
{
    CO_TRY(auto form, co_await read_submission(services, context, request, Tab::applications));
    if (form.answer)
        co_return std::move(*form.answer);
    auto const& visitor = *form.visitor;
    auto const tenant = context.tenant->id;
    auto const withdrawn = std::string(form.input.get("withdraw"));
    auto const accepted = std::string(form.input.get("accept"));
    auto done = co_await services.database.write([&](storage::Tx& tx) -> Result<void> {
        if (!withdrawn.empty())
            return identity::withdraw(tx, services.vault, tenant, visitor.user.id, withdrawn,
                                      circumstances(context, visitor));
        // Only the newest text can be accepted, and only if it is the one that stood on the page.
        for (auto const& agreement : *context.tenant->agreements)
            if (accepted == fmt::format("{}:{}", agreement.name, agreement.version))
                return identity::accept(tx, services.vault, tenant, visitor.user.id,
                                        {{agreement.name, agreement.version}}, circumstances(context, visitor));
        return refuse(ErrorKind::conflict, "agreement_changed",
                      "The text has changed since it was shown. Read it again.");
    });
    if (!done)
        co_return co_await refused(services, context, request, visitor,
                                   {.tab = Tab::applications, .notes = {.panel = "agreements"}},
                                   std::move(done).error());
    co_return back(context, Tab::applications, "saved");
}

} // namespace gatehouse::account
