#include "journey/test_support/world.hpp"

#include "http/router.hpp"
#include "messages/transport.hpp"
#include "session/cookie.hpp"

#include <algorithm>

namespace gatehouse::journey {

namespace {

constexpr storage::Statement kCountEvents{"SELECT COUNT(*) FROM events WHERE type = :type"};

} // namespace

JourneyWorld::JourneyWorld(storage::Engine engine_kind, crypto::Argon2Parameters hashes)
    : session::World(engine_kind), passwords(*vault, users), challenges(*vault), authenticators(*vault),
      recovery_codes(*vault), push_devices(*vault), push_requests(*vault, push_devices),
      hash_pool({.workers = 2, .niceness = 0, .parameters = hashes}), pages(session::must(view::Pages::create({}))),
      outbox(std::make_unique<messages::Outbox>(*vault)), transport(messages::make_dev_transport(mailbox)),
      texts(messages::make_dev_text_transport(mailbox)),
      delivery(session::must(messages::Delivery::create(
          *database, *vault, *pages, *transport, clock,
          {.from_address = "no-reply@id.example.com",
           .batch = 100,
           .text_limits = [this](TenantId id) { return directory.find(id)->settings.texts; }},
          texts.get()))),
      engine(std::make_unique<Engine>(Engine::Parts{.database = *database,
                                                    .vault = *vault,
                                                    .hash_pool = hash_pool,
                                                    .breached_passwords = breached_passwords,
                                                    .outbox = *outbox,
                                                    .pages = *pages,
                                                    .users = users,
                                                    .registry = registry}))
{
    pushes.connect([this](messages::Push push) { pushed.push_back(std::move(push)); });
    session::must(registry.get_now(tenant_id()));
    add_app();
}

JourneyWorld::~JourneyWorld() = default;

void JourneyWorld::add_app()
{
    engine->add_continuation(
        "app",
        {.start_address = [](Context const&, std::string const&) { return std::string("/app"); },
         .finish = [](Context const&, Finished const& finished) -> Task<Result<http::Response>> {
             co_return http::Response::see_other("https://app.example/done?user=" + finished.session.user.to_string() +
                                                 "&session=" + finished.session.id.to_string());
         },
         .cancel = [](Context const&, std::string const&) -> Task<Result<http::Response>> {
             co_return http::Response::see_other("https://app.example/done?error=access_denied");
         },
         .begin = [this](Context const&, boost::json::object const&) -> Task<Result<Start>> { co_return app_start; }});
    engine->set_default_continuation("app");
    app_start.continuation = "app";
    add({{http::Method::get, "/app",
          [this](Context const& context, http::Request const& request) {
              return engine->start(context, request, app_start);
          },
          Audience::people}});
}

Services JourneyWorld::services()
{
    return {.database = *database,
            .vault = *vault,
            .hash_pool = hash_pool,
            .breached_passwords = breached_passwords,
            .outbox = *outbox,
            .pages = *pages,
            .users = users,
            .passwords = passwords,
            .challenges = challenges,
            .authenticators = authenticators,
            .recovery_codes = recovery_codes,
            .authenticator_metadata = *authenticator_metadata,
            .push_devices = push_devices,
            .push_requests = push_requests,
            .pushes = pushes,
            .places = example_places.places,
            .registry = registry,
            .engine = *engine};
}

void JourneyWorld::add(Routes routes)
{
    for (auto& route : routes)
        routes_.push_back(std::move(route));
}

http::Response JourneyWorld::serve(http::Request request)
{
    auto of = tenant;
    if (request.path.starts_with("/t/")) {
        auto const end = request.path.find('/', 3);
        of = directory.find_by_slug(request.path.substr(3, end - 3));
        request.path.erase(0, end);
    } else {
        of = directory.find(tenant_id());
    }
    auto context = this->context(of);
    context.client_address = request.client_address;
    http::Router<Route const*> router;
    for (auto const& route : routes_)
        router.add(route.method, route.pattern, &route);
    auto const match = router.find(request.method, request.path);
    if (!match.endpoint)
        return http::no_route("request-1");
    request.path_parameters = match.parameters;
    auto response = run((*match.endpoint)->endpoint(context, request));
    return response ? std::move(*response) : http::problem(response.error(), "request-1");
}

Browser JourneyWorld::browser(std::string address)
{
    return Browser([this](http::Request request) { return serve(std::move(request)); }, std::move(address));
}

Browser JourneyWorld::browser_with(session::Opened const& opened, std::string address)
{
    std::vector<session::Handle> handles;
    handles.push_back({opened.handle.id, opened.handle.secret.clone()});
    auto const cookie = session::make_cookie(context(), handles);
    auto signed_in = browser(std::move(address));
    signed_in.cookies[cookie.name] = cookie.value;
    return signed_in;
}

Browser JourneyWorld::browser_of(UserId user, std::string address)
{
    return browser_with(start_session(user), std::move(address));
}

UserId JourneyWorld::make_person(std::string const& email, TenantId of)
{
    auto const user = make_user(email, of);
    auto const phc = session::must(crypto::hash_password(Secret(kPassword), hash_pool.parameters()));
    session::must(write([&](storage::Tx& tx) -> Result<std::int64_t> {
        TRY(auto const key, vault->open_person_key(tx, of, user));
        return passwords.enrol(tx, key, phc, {}, now());
    }));
    return user;
}

std::vector<messages::CapturedMail> JourneyWorld::mail_to(std::string const& address)
{
    while (session::must(run(delivery->deliver_due())) > 0) {
    }
    auto mails = mailbox.list();
    std::erase_if(mails, [&](auto const& mail) { return mail.to.find(address) == std::string::npos; });
    return mails;
}

std::size_t JourneyWorld::mails()
{
    mail_to("");
    return mailbox.list().size();
}

std::string JourneyWorld::code_for(std::string const& address)
{
    auto const mails = mail_to(address);
    if (mails.empty())
        return {};
    std::string digits;
    for (auto const character : mails.front().text) {
        if (character >= '0' && character <= '9')
            digits += character;
        else if (digits.size() == 6)
            break;
        else
            digits.clear();
    }
    return digits.size() == 6 ? digits : std::string();
}

std::int64_t JourneyWorld::count_events(std::string_view type)
{
    return session::must(read([&](storage::Tx& tx) -> Result<std::int64_t> {
        TRY(auto const row, tx.one(kCountEvents, {{"type", type}}));
        return row->integer(0);
    }));
}

} // namespace gatehouse::journey
