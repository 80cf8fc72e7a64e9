#include "signin/documents.hpp"

#include "identity/agreements.hpp"
#include "identity/invitations.hpp"
#include "journey/page.hpp"
#include "view/pages.hpp"

#include <charconv>

namespace gatehouse::signin {

namespace {

struct Found {
    identity::Document document;
    identity::DocumentVersion version;
};

// The version asked for, or the newest.
Result<Found> find(storage::Tx& tx, TenantId tenant, std::string_view name, std::string_view wanted)
{
    TRY(auto document, identity::get_document(tx, tenant, name));
    auto number = document.version;
    if (!wanted.empty()) {
        auto const [end, failure] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
        if (failure != std::errc{} || end != wanted.data() + wanted.size())
            number = 0;
    }
    TRY(auto version, identity::get_version(tx, tenant, name, number));
    return Found{std::move(document), std::move(version)};
}

// Paragraphs are parted by empty lines; what is within one stays as it is.
std::vector<view::Text> paragraphs_of(std::string_view text)
{
    std::vector<view::Text> paragraphs;
    for (std::size_t start = 0; start < text.size();) {
        auto const end = std::min(text.find("\n\n", start), text.size());
        if (end > start)
            paragraphs.push_back(view::Text::plain(std::string(text.substr(start, end - start))));
        start = end + 1;
        while (start < text.size() && text[start] == '\n')
            ++start;
    }
    return paragraphs;
}

} // namespace

Task<Result<http::Response>> show_document(Services const& services, Context const& context,
                                           http::Request const& request)
{
    auto const name = std::string(request.path_parameters.get("name"));
    auto const wanted = std::string(request.query.get("version"));
    CO_TRY(auto const found, co_await services.database.read(
                                 [&](storage::Tx& tx) { return find(tx, context.tenant->id, name, wanted); }));
    auto const& locale = journey::locale_of(services.pages, context, request,
                                            {.ui_locales = std::string(request.query.get("ui_locales"))});
    auto const& text = found.version.text_for(locale.tag());
    view::ViewModel model{.step = "document",
                          .title = view::Text::plain(identity::words_for(found.document.title, text.locale)),
                          .paragraphs = paragraphs_of(text.text),
                          .note = {"document.version",
                                   {{"version", found.version.label.empty() ? std::to_string(found.version.version)
                                                                            : found.version.label},
                                    {"when", found.version.published_at}}},
                          .extra = {{"document", found.document.name},
                                    {"version", found.version.version},
                                    {"locale", text.locale},
                                    {"sha256", text.sha256},
                                    {"text", text.text}}};
    co_return journey::page(
        services.pages, context, request, model,
        {.ui_locales = std::string(request.query.get("ui_locales")), .development = services.development});
}

Task<Result<http::Response>> follow_invitation(Services const& services, Context const& context,
                                               http::Request const& request)
{
    std::string token(request.query.get("token"));
    auto const invitation = co_await services.database.read([&](storage::Tx& tx) {
        return identity::Invitations(services.vault).open(tx, context.tenant->id, token, context.now);
    });
    if (!invitation) {
        if (invitation.error().kind != ErrorKind::gone)
            co_return std::unexpected(invitation.error());
        view::ViewModel model{.step = "invitation", .title = "register.title"};
        model.messages.push_back({.kind = view::MessageKind::error, .text = view::Text::of(invitation.error())});
        model.links.push_back(
            {.label = "action.back_to_sign_in", .href = "/signin", .style = view::ChoiceStyle::primary});
        co_return journey::page(services.pages, context, request, model,
                                {.status = 410, .development = services.development});
    }
    co_return co_await services.engine.start(
        context, request,
        {.purpose = journey::Purpose::registration, .ui_locales = invitation->locale, .invitation = std::move(token)});
}

} // namespace gatehouse::signin
