#include "messages/dev_mailbox_http.hpp"

#include "http/page_headers.hpp"
#include "http/url.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <fmt/format.h>

namespace gatehouse::messages {
namespace {

view::PageContext context_of(view::Pages const& pages, http::Request const& request)
{
    auto const accepted = request.headers.find("Accept-Language").value_or("");
    return {.locale = &pages.locales().choose(request.query.get("ui_locales"), {}, accepted),
            .theme = {.name = "Gatehouse"},
            .language_link = request.path};
}

template <class Page>
http::Response page_response(view::Pages const& pages, Page const& page, view::PageContext const& context,
                             http::Request const& request)
{
    auto response = http::Response::html(200, pages.render(page, context));
    http::PagePolicy policy;
    policy.own_frames = true;
    http::add_page_headers(response, policy, request.secure);
    return response;
}

view::ViewModel list_page(std::vector<CapturedMail> const& mails, TimePoint now)
{
    view::ViewModel page{
        .step = "mailbox", .title = "dev.mail_title", .lead = "dev.mail_lead", .items_empty = "dev.mail_empty"};
    for (auto const& mail : mails)
        page.items.push_back(
            {.title = view::Text::plain(mail.subject),
             .details = {{"dev.mail_to", {{"to", mail.to}}}, view::relative_time(mail.received_at, now)},
             .icon = mail.channel == Channel::mail ? "mail" : "device",
             .href = fmt::format("/dev/mail/{}", mail.number)});
    return page;
}

// A mail stands in a frame as a mail program would show it: its own styles, no script, nothing fetched, links open
// outside.
http::Response html_part(CapturedMail const& mail)
{
    auto response = http::Response::html(200, mail.html);
    response.headers.set("Content-Security-Policy",
                         "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
                         "base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Referrer-Policy", "no-referrer");
    return response;
}

// A page of another site may have its name resolved to this machine, and would then read everybody's mail (DNS
// rebinding). It cannot send a name that only this machine has.
bool is_asked_locally(http::Request const& request)
{
    auto const url = http::Url::parse("http://" + request.host);
    return url && url->is_loopback();
}

http::Response wrong_host(http::Request const& request)
{
    auto response = http::problem(
        refuse(ErrorKind::not_found, "wrong_host", "The mailbox of development mode is shown at localhost only.")
            .error(),
        request.request_id);
    response.status = 421; // Misdirected Request, RFC 9110 section 15.5.20
    return response;
}

} // namespace

std::optional<http::Response> serve_dev_mailbox(DevMailbox const& mailbox, view::Pages const& pages,
                                                http::Request const& request, TimePoint now)
{
    if (request.method != http::Method::get && request.method != http::Method::head)
        return std::nullopt;
    if (!is_asked_locally(request))
        return wrong_host(request);
    std::string_view path = request.path;
    if (path == "/dev/mail.json") {
        auto response = http::Response::json(200, boost::json::serialize(mailbox.to_json()));
        http::add_api_headers(response, request.secure);
        return response;
    }
    if (path == "/dev/mail")
        return page_response(pages, list_page(mailbox.list(), now), context_of(pages, request), request);
    constexpr std::string_view kPrefix = "/dev/mail/";
    if (!path.starts_with(kPrefix))
        return std::nullopt;
    path.remove_prefix(kPrefix.size());
    bool const html = path.ends_with("/html");
    if (html)
        path.remove_suffix(5);
    std::uint64_t number = 0;
    auto const read = std::from_chars(path.data(), path.data() + path.size(), number);
    if (read.ec != std::errc{} || read.ptr != path.data() + path.size())
        return std::nullopt;
    auto const mail = mailbox.find(number);
    if (!mail || (html && mail->html.empty()))
        return std::nullopt;
    if (html)
        return html_part(*mail);
    view::MailPage const page{.from = mail->from,
                              .to = mail->to,
                              .subject = mail->subject,
                              .date = to_rfc3339(mail->received_at),
                              .text = mail->text,
                              .html_address =
                                  mail->html.empty() ? std::string() : fmt::format("/dev/mail/{}/html", number),
                              .list_address = "/dev/mail"};
    return page_response(pages, page, context_of(pages, request), request);
}

} // namespace gatehouse::messages
