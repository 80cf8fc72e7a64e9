#include "signin/magic_link.hpp"

#include "applications/registry.hpp"
#include "http/page_headers.hpp"
#include "journey/page.hpp"
#include "places/places.hpp"
#include "signin/link_token.hpp"
#include "signin/texted_code.hpp"
#include "view/standard_pages.hpp"

namespace gatehouse::signin {

namespace {

constexpr std::string_view kPath = "/signin/link";
constexpr std::string_view kShortPath = "/s/";

// What links redeem, and the step of the page that waits for it.
struct Redeems {
    std::string_view purpose;
    journey::Step step;
};
constexpr Redeems kRedeems[] = {{kSignInPurpose, journey::Step::email_code},
                                {kTextSignInPurpose, journey::Step::text_code}};

// A link that lives.
struct Link {
    LinkToken token;
    journey::Step step = journey::Step::email_code;
    boost::json::object payload;
    std::optional<journey::Journey> journey; // of a browser; none: an app asked
};

std::string text_of(boost::json::object const& payload, std::string_view name)
{
    auto const* value = payload.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string link_of_app(Services const& services, journey::Turn const& turn)
{
    auto const catalogue = services.registry.cached(turn.context.tenant->id);
    auto const* const client =
        catalogue && turn.journey.application ? catalogue->find(*turn.journey.application) : nullptr;
    return client ? client->application.sign_in_link_uri : std::string();
}

Task<Result<std::optional<Link>>> find_link(Services const& services, Context const& context,
                                            std::optional<LinkToken> const& token)
{
    if (!token)
        co_return std::nullopt;
    Link link{.token = *token, .payload = {}, .journey = {}};
    auto const open = [&](storage::Tx& tx) -> Result<bool> {
        for (auto const& [purpose, step] : kRedeems) {
            auto opened = services.challenges.open_link(tx, context.tenant->id, token->challenge, purpose,
                                                        token->secret, context.now);
            if (!opened && opened.error().kind != ErrorKind::gone)
                return std::unexpected(std::move(opened).error());
            if (!opened)
                continue;
            link.step = step;
            link.payload = std::move(opened->payload);
            return true;
        }
        return false;
    };
    CO_TRY(bool const lives, co_await services.database.read(open));
    if (!lives)
        co_return std::nullopt;
    if (auto const handle = text_of(link.payload, "journey"); !handle.empty()) {
        CO_TRY(link.journey, journey::open(services.vault, context.tenant->id, handle, context.now));
        link.journey->facts.challenge = token->challenge.value;
    }
    co_return link;
}

// A text that never was a link reads like one that is too old.
http::Response dead_link(Services const& services, Context const& context, http::Request const& request,
                         std::optional<LinkToken> const& token)
{
    auto const used = token && context.now < made_at(token->challenge) + kCodeLifetime;
    auto model = view::fault_page(used ? view::Fault::link_used : view::Fault::link_expired, {});
    model.messages.push_back({.kind = view::MessageKind::info, .text = "link.ask_again"});
    model.links.push_back({.label = "action.sign_in", .href = "/signin", .style = view::ChoiceStyle::primary});
    return journey::page(services.pages, context, request, model, {.status = 410, .development = services.development});
}

view::ViewModel confirm_page(Context const& context, Link const& link)
{
    view::ViewModel model{.step = "link_confirm",
                          .title = "signin.title",
                          .lead = {"link.confirm_lead", {{"tenant", context.tenant->name}}}};
    model.account = link.journey->facts.identifier;
    model.choices.push_back({.label = "action.sign_in", .style = view::ChoiceStyle::primary});
    return model;
}

// Digits in two groups, as people read them out.
std::string grouped(std::string code)
{
    return code.insert(code.size() / 2, " ");
}

// `from`: the address, and where that is.
view::ViewModel elsewhere_page(Link const& link, std::string from)
{
    view::ViewModel model{.step = "link_elsewhere", .title = "link.elsewhere_title", .lead = "link.elsewhere_lead"};
    model.keepsake = {.label = "field.code", .lines = {grouped(text_of(link.payload, "code"))}};
    auto const device = session::describe_user_agent(text_of(link.payload, "user_agent"));
    model.items_title = "link.asked_from";
    model.items.push_back({.title = device.empty() ? view::Text("portal.unknown_device") : view::Text::plain(device),
                           .details = {{"portal.session_from", {{"address", std::move(from)}}}},
                           .icon = "device"});
    model.note = "link.not_you";
    return model;
}

Task<Result<http::Response>> elsewhere(Services const& services, Context const& context, http::Request const& request,
                                       Link const& link, int status)
{
    journey::PageOptions const options{.status = status,
                                       .ui_locales = link.journey ? link.journey->ui_locales : std::string(),
                                       .development = services.development};
    auto from = services.places.describe_address(text_of(link.payload, "address"),
                                                 journey::locale_of(services.pages, context, request, options));
    co_return journey::page(services.pages, context, request, elsewhere_page(link, std::move(from)), options);
}

bool belongs_here(Services const& services, Context const& context, http::Request const& request, Link const& link)
{
    return link.journey && services.engine.is_of_browser(context, request, *link.journey);
}

} // namespace

bool has_links(Services const& services, journey::Turn const& turn)
{
    return turn.journey.face == journey::Face::pages || !link_of_app(services, turn).empty();
}

Result<void> add_origin_of_link(Services const& services, journey::Turn const& turn, Typed const& typed,
                                boost::json::object& payload)
{
    payload["user_agent"] = turn.request.header("User-Agent").substr(0, 512);
    payload["address"] = turn.context.client_address;
    if (turn.journey.face != journey::Face::pages)
        return {};
    auto journey = turn.journey;
    journey.facts.challenge.reset();
    journey.facts.identifier = typed.text;
    TRY(payload["journey"], journey::seal(services.vault, turn.context.tenant->id, journey, turn.context.now));
    return {};
}

std::string sign_in_link(Services const& services, journey::Turn const& turn,
                         credentials::IssuedChallenge const& challenge, LinkIn carrier)
{
    auto const token = write_link_token({challenge.id, std::string(challenge.link.expose_text())});
    if (turn.journey.face != journey::Face::pages)
        return link_of_app(services, turn) + "?token=" + token;
    auto const& issuer = turn.context.tenant->issuer;
    return carrier == LinkIn::text ? issuer + std::string(kShortPath) + token
                                   : issuer + std::string(kPath) + "?token=" + token;
}

Task<Result<http::Response>> show_link(Services const& services, Context const& context, http::Request const& request)
{
    auto const in_path = request.path_parameters.get("token");
    auto const token = read_link_token(in_path.empty() ? request.query.get("token") : in_path);
    CO_TRY(auto const link, co_await find_link(services, context, token));
    if (!link)
        co_return dead_link(services, context, request, token);
    if (!belongs_here(services, context, request, *link))
        co_return co_await elsewhere(services, context, request, *link, 200);
    co_return co_await services.engine.show_beside(
        context, request, *link->journey, confirm_page(context, *link),
        {.form_action = std::string(kPath), .hidden = {{"token", write_link_token(link->token)}}});
}

Task<Result<http::Response>> follow_link(Services const& services, Context const& context, http::Request const& request)
{
    CO_TRY_DO(http::check_same_origin(request));
    CO_TRY(auto const input, request.form());
    auto const token = read_link_token(input.get("token"));
    CO_TRY(auto const link, co_await find_link(services, context, token));
    if (!link)
        co_return dead_link(services, context, request, token);
    if (!belongs_here(services, context, request, *link))
        co_return co_await elsewhere(services, context, request, *link, 403);
    co_return co_await services.engine.resume(context, request, *link->journey,
                                              http::Fields({{"link", write_link_token(link->token)}}), link->step);
}

} // namespace gatehouse::signin
