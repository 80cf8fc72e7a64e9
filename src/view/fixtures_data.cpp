// Examples of the pages on which people look after their data and their account as a whole.
#include "view/fixture_parts.hpp"

namespace gatehouse::view {
namespace {

Portal portal(std::vector<ViewModel> panels)
{
    return {.active = "data",
            .account_name = "Ada Lovelace",
            .account_detail = "ada@example.com",
            .title = "portal.title",
            .panels = std::move(panels)};
}

Item happened(char const* text, int hours_ago, std::vector<Text> more)
{
    Item item{.title = text, .icon = "device"};
    item.details.push_back({"activity.when", {{"when", kNow - std::chrono::hours(hours_ago)}}});
    for (auto& detail : more)
        item.details.push_back(std::move(detail));
    return item;
}

Portal data()
{
    ViewModel activity{.step = "activity", .title = "portal.activity", .lead = "portal.activity_lead"};
    activity.items.push_back(happened(
        "activity.signin_succeeded", 1,
        {Text::plain("Firefox · Linux"), {"portal.session_from", {{"address", "Vienna, Austria (203.0.113.7)"}}}}));
    activity.items.push_back(
        happened("activity.grant_given", 2, {{"activity.application", {{"application", "Acme Shop"}}}}));
    activity.items.push_back(happened("activity.credential_added", 30, {{"activity.kind", {{"kind", "passkey"}}}}));
    activity.items.push_back(happened("activity.identifier_added", 31, {Text::plain("ada@work.example")}));
    activity.links.push_back({.label = "activity.not_me", .href = "/account/secure", .style = ChoiceStyle::secondary});
    activity.links.push_back({.label = "activity.earlier", .href = "/account/data?before=x"});
    ViewModel copy{
        .step = "export", .title = "portal.export", .lead = "portal.export_lead", .action = "/account/data/export"};
    copy.choices.push_back({.label = "portal.export_download", .style = ChoiceStyle::secondary});
    ViewModel merging{.step = "merge", .title = "merge.title", .lead = "merge.lead"};
    merging.links.push_back({.label = "merge.open", .href = "/account/merge", .style = ChoiceStyle::secondary});
    ViewModel deletion{
        .step = "deletion", .title = "portal.deletion", .lead = {"portal.deletion_lead", {{"days", 14}}}};
    deletion.links.push_back(
        {.label = "portal.deletion_open", .href = "/account/data/delete", .style = ChoiceStyle::danger});
    return portal({activity, copy, merging, deletion});
}

Portal deletion()
{
    ViewModel panel{.step = "deletion",
                    .title = "portal.deletion",
                    .lead = {"portal.deletion_lead", {{"days", 14}}},
                    .paragraphs = {"portal.deletion_lost", "portal.deletion_ends"},
                    .action = "/account/data/delete"};
    panel.choices.push_back({.label = "portal.deletion_ask", .style = ChoiceStyle::danger});
    panel.links.push_back({.label = "action.cancel", .href = "/account/data"});
    return portal({panel});
}

Portal secure()
{
    ViewModel everywhere{
        .step = "secure", .title = "secure.everywhere", .lead = "secure.everywhere_lead", .action = "/account/secure"};
    everywhere.choices.push_back({.label = "secure.everywhere_do", .style = ChoiceStyle::danger});
    ViewModel password{.step = "secure_password", .title = "secure.password", .lead = "secure.password_lead"};
    password.links.push_back(
        {.label = "portal.password_change", .href = "/account/security", .style = ChoiceStyle::secondary});
    ViewModel check{.step = "secure_check", .title = "secure.check", .lead = "secure.check_lead"};
    check.links.push_back({.label = "secure.ways", .href = "/account/security", .style = ChoiceStyle::secondary});
    check.links.push_back(
        {.label = "identifiers.manage", .href = "/account/identifiers", .style = ChoiceStyle::secondary});
    auto page = portal({everywhere, password, check});
    page.title = "secure.title";
    return page;
}

Portal merge()
{
    ViewModel panel{.step = "merge",
                    .title = "merge.confirm_title",
                    .lead = {"merge.confirm_lead", {{"from", "ada@work.example"}, {"into", "ada@example.com"}}},
                    .paragraphs = {"merge.stays", "merge.subject"},
                    .items_title = "merge.moves",
                    .action = "/account/merge/confirm"};
    panel.items.push_back({.title = Text::plain("ada@work.example"), .icon = "mail"});
    panel.items.push_back(
        {.title = {"activity.kind", {{"kind", "passkey"}}}, .details = {Text::plain("Ada's laptop")}, .icon = "code"});
    panel.items.push_back({.title = Text::plain("Acme Shop"), .icon = "application"});
    panel.items.push_back({.title = {"merge.agreements", {{"count", 2}}}, .icon = "check"});
    panel.choices.push_back(action("merge", "merge.confirm", ChoiceStyle::danger));
    panel.choices.push_back(action("cancel", "action.cancel", ChoiceStyle::link));
    return portal({panel});
}

Portal merge_begin()
{
    ViewModel panel{.step = "merge",
                    .title = "merge.title",
                    .lead = "merge.lead",
                    .paragraphs = {"merge.how"},
                    .action = "/account/merge"};
    panel.choices.push_back(primary("merge.begin"));
    panel.links.push_back({.label = "action.cancel", .href = "/account/data"});
    return portal({panel});
}

ViewModel keep_account()
{
    ViewModel page{.step = "keep_account",
                   .title = "keep_account.title",
                   .lead = {"keep_account.lead", {{"until", kNow + std::chrono::hours(24 * 9)}}},
                   .account = "ada@example.com",
                   .note = "keep_account.note"};
    page.choices.push_back(action("keep", "keep_account.keep", ChoiceStyle::primary));
    page.choices.push_back(action("leave", "keep_account.leave", ChoiceStyle::link));
    return page;
}

ViewModel deletion_asked()
{
    ViewModel page{.step = "deletion_asked",
                   .title = "portal.deletion_asked_title",
                   .lead = {"portal.deletion_asked_lead", {{"until", kNow + std::chrono::hours(24 * 14)}}}};
    page.links.push_back({.label = "action.sign_in", .href = "/signin"});
    return page;
}

} // namespace

std::vector<Fixture> data_fixtures()
{
    return {{"account-data", data()},
            {"account-data-delete", deletion()},
            {"account-data-deletion-asked", deletion_asked()},
            {"account-secure", secure()},
            {"account-merge", merge_begin()},
            {"account-merge-confirm", merge()},
            {"step-keep-account", keep_account()}};
}

} // namespace gatehouse::view
