#include "account/answer.hpp"

#include "account/security.hpp"
#include "http/page_headers.hpp"
#include "journey/page.hpp"
#include "session/trusted_devices.hpp"

namespace gatehouse::account {

using http::Request;
using http::Response;

namespace {

constexpr std::chrono::minutes kRecent{5};

// What was entered stands in its field again, secrets excepted.
void fill_again(view::Field& field, http::Fields const& entered)
{
    using view::FieldKind;
    switch (field.kind) {
    case FieldKind::password:
    case FieldKind::code:
        return;
    case FieldKind::checkbox:
        field.checked = !entered.all(field.name).empty();
        return;
    case FieldKind::choices: {
        auto const ticked = entered.all(field.name);
        field.values.assign(ticked.begin(), ticked.end());
        return;
    }
    default:
        if (entered.find(field.name))
            field.value = entered.get(field.name);
    }
}

} // namespace

Response portal_page(Services const& services, Context const& context, Request const& request, Visitor const& visitor,
                     view::Portal portal, Notes const& notes)
{
    auto told = false;
    for (auto& panel : portal.panels) {
        if (panel.step != notes.panel)
            continue;
        for (auto& field : panel.fields)
            if (notes.entered)
                fill_again(field, *notes.entered);
        if (notes.error) {
            panel.fail(notes.error->pointer, view::Text::of(*notes.error));
            told = true;
        }
    }
    if (notes.error && notes.panel == "picture") {
        portal.picture.error = view::Text::of(*notes.error);
        told = true;
    }
    if (notes.error && !told)
        portal.messages.push_back({view::MessageKind::error, view::Text::of(*notes.error)});
    if (!notes.saved.empty())
        portal.messages.push_back({view::MessageKind::success, view::Text(notes.saved)});
    auto response = journey::page(services.pages, context, request, portal,
                                  {.status = notes.error ? journey::page_status(*notes.error) : 200,
                                   .hidden = {{"csrf", visitor.csrf}},
                                   .ui_locales = std::string(request.query.get("ui_locales")),
                                   .account_locale = visitor.profile_text("locale"),
                                   .development = services.development});
    if (notes.error && notes.error->retry_after)
        response.headers.set("Retry-After", std::to_string(notes.error->retry_after->count()));
    return response;
}

Response panel_page(Services const& services, Context const& context, Request const& request, Visitor const& visitor,
                    view::ViewModel panel, Notes const& notes, char const* active)
{
    auto portal = security_portal(visitor);
    portal.active = active;
    portal.panels.push_back(std::move(panel));
    return portal_page(services, context, request, visitor, std::move(portal), notes);
}

Task<Result<Response>> render(Services const& services, Context const& context, Request const& request,
                              Visitor const& visitor, Page page)
{
    auto portal = co_await services.database.read(
        [&](storage::Tx& tx) { return portal_of(services, tx, context, visitor, page.tab, page.challenge); });
    if (!portal && page.tab == Tab::verify_email && journey::is_for_the_person(portal.error())) {
        page = {.tab = Tab::security, .notes = {.error = portal.error()}};
        portal = co_await services.database.read(
            [&](storage::Tx& tx) { return portal_of(services, tx, context, visitor, Tab::security, {}); });
    }
    if (!portal)
        co_return std::unexpected(portal.error());
    co_return portal_page(services, context, request, visitor, std::move(*portal), page.notes);
}

Task<Result<Response>> refused(Services const& services, Context const& context, Request const& request,
                               Visitor const& visitor, Page page, Error error)
{
    if (!journey::is_for_the_person(error))
        co_return std::unexpected(std::move(error));
    page.notes.error = std::move(error);
    co_return co_await render(services, context, request, visitor, std::move(page));
}

Response back(Context const& context, Tab tab, std::string_view done)
{
    auto const address = context.base_path + std::string(path_of(tab));
    return Response::see_other(done.empty() ? address : address + "?done=" + std::string(done));
}

std::string message_of(std::string_view done)
{
    constexpr std::string_view kPrefix = "portal.";
    for (std::string_view const known : {"portal.saved",
                                         "portal.secured",
                                         "portal.merged",
                                         "portal.password_changed",
                                         "portal.password_added",
                                         "portal.password_removed",
                                         "portal.email_changed",
                                         "portal.session_ended",
                                         "portal.other_sessions_ended",
                                         "portal.access_ended",
                                         "portal.trust_ended",
                                         "portal.authenticator_added",
                                         "portal.authenticator_renamed",
                                         "portal.authenticator_removed",
                                         "portal.passkey_added",
                                         "portal.passkey_renamed",
                                         "portal.passkey_removed",
                                         "portal.push_renamed",
                                         "portal.push_removed",
                                         "portal.picture_saved",
                                         "portal.picture_removed"})
        if (done == known.substr(kPrefix.size()))
            return std::string(known);
    return {};
}

void set_session(Response& response, Context const& context, Request const& request, session::Opened opened)
{
    auto const handles = session::with_handle(session::read_cookie(context, request), std::move(opened.handle));
    response.headers.add("Set-Cookie", to_string(session::make_cookie(context, handles)));
}

Task<Result<Response>> sign_in(Services const& services, Context const& context, Request const& request,
                               std::string path)
{
    return services.engine.start(context, request, {.continuation = "account", .payload = std::move(path)});
}

bool is_recent(Visitor const& visitor, TimePoint now)
{
    return now - visitor.session.authentication.time <= kRecent &&
           !session::is_by_trust(visitor.session.authentication.methods);
}

Task<Result<Response>> confirm_identity(Services const& services, Context const& context, Request const& request,
                                        Visitor const& visitor, std::string path)
{
    // Where the browser's trust stood for the second factor, the session proves too little.
    auto const by_trust = session::is_by_trust(visitor.session.authentication.methods);
    return services.engine.start(context, request,
                                 {.continuation = "account",
                                  .payload = std::move(path),
                                  .requirements = {.user = visitor.user.id, .fresh = by_trust, .max_age = kRecent}});
}

Task<Result<Submission>> read_submission(Services const& services, Context const& context, Request const& request,
                                         Tab tab)
{
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto input, request.form());
    co_return co_await check_submission(services, context, request, tab, std::move(input));
}

Task<Result<Submission>> check_submission(Services const& services, Context const& context, Request const& request,
                                          Tab tab, http::Fields input)
{
    Submission submission;
    CO_TRY_DO(http::check_same_origin(request));
    submission.input = std::move(input);
    CO_TRY(submission.visitor, co_await find_visitor(services, context, request));
    if (!submission.visitor) {
        CO_TRY(submission.answer, co_await sign_in(services, context, request, std::string(path_of(tab))));
    } else if (!constant_time_equal(as_bytes(submission.input.get("csrf")), as_bytes(submission.visitor->csrf))) {
        Error expired{.kind = ErrorKind::forbidden,
                      .code = "page_expired",
                      .message = "This page was open for a while. Try once more."};
        CO_TRY(submission.answer, co_await render(services, context, request, *submission.visitor,
                                                  {.tab = tab, .notes = {.error = std::move(expired)}}));
    }
    co_return submission;
}

} // namespace gatehouse::account
