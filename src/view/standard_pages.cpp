#include "view/standard_pages.hpp"

namespace gatehouse::view {
namespace {

struct FaultWords {
    char const* title;
    char const* lead;
    char const* next; // the label of what to do now
};

FaultWords words_of(Fault fault)
{
    switch (fault) {
    case Fault::internal:
        return {"fault.title", "fault.lead", "action.try_again"};
    case Fault::not_found:
        return {"fault.not_found_title", "fault.not_found_lead", "action.to_start"};
    case Fault::unknown_application:
        return {"fault.unknown_application_title", "fault.unknown_application_lead", "action.to_start"};
    case Fault::redirect:
        return {"fault.redirect_title", "fault.redirect_lead", "action.to_start"};
    case Fault::link_expired:
        return {"fault.link_expired_title", "fault.link_expired_lead", "action.to_start"};
    case Fault::link_used:
        return {"fault.link_used_title", "fault.link_used_lead", "action.sign_in"};
    case Fault::journey_expired:
        return {"fault.journey_expired_title", "fault.journey_expired_lead", "action.start_again"};
    case Fault::journey_elsewhere:
        return {"fault.journey_elsewhere_title", "fault.journey_elsewhere_lead", "action.start_again"};
    case Fault::cookies:
        return {"fault.cookies_title", "fault.cookies_lead", "action.try_again"};
    case Fault::cross_site:
        return {"fault.cross_site_title", "fault.cross_site_lead", "action.try_again"};
    case Fault::busy:
        return {"fault.busy_title", "fault.busy_lead", "action.try_again"};
    case Fault::forbidden:
        return {"fault.forbidden_title", "fault.forbidden_lead", "action.to_account"};
    case Fault::tenant_disabled:
        return {"fault.tenant_disabled_title", "fault.tenant_disabled_lead", "action.try_again"};
    }
    return words_of(Fault::internal);
}

} // namespace

ViewModel fault_page(Fault fault, std::string request_id, std::string next)
{
    auto const words = words_of(fault);
    ViewModel page{.step = "error", .title = words.title, .lead = words.lead, .reference = std::move(request_id)};
    if (!next.empty())
        page.links.push_back({.label = words.next, .href = std::move(next), .style = ChoiceStyle::primary});
    return page;
}

ViewModel wrong_host_page(std::string actual, std::string expected, std::string setting, std::string request_id)
{
    return {
        .step = "error",
        .title = "fault.wrong_host_title",
        .lead = {"fault.wrong_host_lead",
                 {{"actual", std::move(actual)}, {"expected", std::move(expected)}, {"setting", std::move(setting)}}},
        .reference = std::move(request_id)};
}

ViewModel start_page(std::string tenant_name, bool development)
{
    ViewModel page{
        .step = "start", .title = {"start.title", {{"tenant", std::move(tenant_name)}}}, .lead = "start.lead"};
    page.items.push_back(
        {.title = "start.account", .details = {"start.account_detail"}, .icon = "profile", .href = "/account"});
    page.items.push_back({.title = "start.discovery",
                          .details = {"start.discovery_detail"},
                          .icon = "code",
                          .href = "/.well-known/openid-configuration"});
    if (development)
        page.items.push_back(
            {.title = "start.mailbox", .details = {"start.mailbox_detail"}, .icon = "mail", .href = "/dev/mail"});
    return page;
}

ViewModel notice_page(std::string step, Text title, Text lead, Link next)
{
    ViewModel page{.step = std::move(step), .title = std::move(title), .lead = std::move(lead)};
    if (!next.label.empty())
        page.links.push_back(std::move(next));
    return page;
}

} // namespace gatehouse::view
