#include "app/house.hpp"

#include "account/account.hpp"
#include "admin/management_api.hpp"
#include "app/error_list.hpp"
#include "app/health.hpp"
#include "app/housekeeping.hpp"
#include "app/service.hpp"
#include "app/text_providers.hpp"
#include "base/log.hpp"
#include "crypto/hash_pool.hpp"
#include "events/batch_appender.hpp"
#include "events/sequencer.hpp"
#include "http/address.hpp"
#include "http/client.hpp"
#include "http/tls.hpp"
#include "http/url.hpp"
#include "journey/engine.hpp"
#include "journey/page.hpp"
#include "messages/delivery.hpp"
#include "messages/dev_mailbox_http.hpp"
#include "messages/push_sender.hpp"
#include "messages/transport.hpp"
#include "oauth/authorization_server.hpp"
#include "places/places.hpp"
#include "signin/signin.hpp"
#include "themes/images.hpp"
#include "themes/preview.hpp"
#include "themes/stylesheet_http.hpp"
#include "themes/template_cache.hpp"
#include "view/pages.hpp"
#include "view/standard_pages.hpp"

#include <boost/asio/co_spawn.hpp>
#include <future>

namespace gatehouse::embedded {
std::span<EmbeddedFile const> page_assets();
}

namespace gatehouse::app {

namespace {

template <class To>
To in(Duration duration)
{
    return std::chrono::duration_cast<To>(duration);
}

http::ServerOptions server_options(config::Settings const& settings)
{
    using namespace options;
    return {.listen = settings.get(kListen),
            .threads = static_cast<unsigned>(settings.get(kThreads)),
            .certificate_file = settings.get(kCertificate),
            .private_key_file = settings.get(kPrivateKey),
            .trusted_proxies = settings.get(kTrustedProxies),
            .connection_limit = static_cast<std::size_t>(settings.get(kConnections)),
            .connections_per_address = static_cast<std::size_t>(settings.get(kConnectionsPerAddress)),
            .idle_timeout = in<std::chrono::milliseconds>(settings.get(kIdleTimeout)),
            .drain_timeout = in<std::chrono::milliseconds>(settings.get(kDrainTimeout))};
}

crypto::HashPoolOptions hash_options(config::Settings const& settings)
{
    using namespace options;
    return {.workers = static_cast<unsigned>(settings.get(kHashWorkers)),
            .queue_limit = static_cast<std::size_t>(settings.get(kHashQueue)),
            .parameters = {.memory_kib = static_cast<std::uint32_t>(settings.get(kHashMemory) / 1024),
                           .passes = static_cast<std::uint32_t>(settings.get(kHashPasses))}};
}

messages::SmtpSettings smtp_settings(config::Settings const& settings)
{
    using namespace options;
    auto const tls = settings.get(kSmtpTls);
    return {.host = settings.get(kSmtpHost),
            .port = static_cast<std::uint16_t>(settings.get(kSmtpPort)),
            .tls = tls == "none"       ? http::MailTls::none
                   : tls == "implicit" ? http::MailTls::implicit
                                       : http::MailTls::starttls,
            .certificate_authorities = settings.get(kSmtpAuthorities),
            .username = settings.get(kSmtpUser),
            .password = settings.get(kSmtpPassword)};
}

// "host:port" of an address, as an http::Client allows it.
Result<std::string> host_and_port(std::string const& address)
{
    TRY(auto const url, http::Url::parse(address));
    return fmt::format("{}:{}", url.host, url.effective_port());
}

Result<std::vector<http::AddressBlock>> metrics_readers(config::Settings const& settings)
{
    std::vector<http::AddressBlock> blocks;
    for (auto const& text : settings.get(options::kMetricsFrom)) {
        TRY(auto const block, http::AddressBlock::parse(text));
        blocks.push_back(block);
    }
    return blocks;
}

// Development mode shows everybody's mail: it stays on this machine.
Result<void> check_development(config::Settings const& settings)
{
    if (!settings.get(options::kDevelopment))
        return {};
    for (auto const& listen : settings.get(options::kListen)) {
        auto const host = listen.substr(0, listen.rfind(':'));
        auto const loopback = http::AddressBlock::parse("127.0.0.0/8");
        auto const address = http::Address::parse(host);
        if (host != "localhost" && !(address && (loopback->contains(*address) || address->to_string() == "::1")))
            return refuse(ErrorKind::invalid, "development_exposed",
                          fmt::format("Development mode listens on loopback addresses only, not on {}: it shows "
                                      "everybody's mail. Leave out --development, or listen on 127.0.0.1.",
                                      listen));
    }
    return {};
}

class WholeHouse final : public House {
public:
    WholeHouse(config::Settings const& settings, std::unique_ptr<Ground> ground, std::unique_ptr<view::Pages> pages,
               http::Assets assets)
        : development_(settings.get(options::kDevelopment)), ground_(std::move(ground)), assets_(std::move(assets)),
          pages_(std::move(pages)), hash_pool_(hash_options(settings)), machine_events_(database(), vault()),
          sequencer_(database(), ground_->leases), outbox_(vault()), themes_(vault(), ground_->tenants, *pages_),
          templates_(database(), ground_->changes, *pages_), service_({.directory = ground_->directory,
                                                                       .changes = ground_->changes,
                                                                       .pages = *pages_,
                                                                       .assets = assets_,
                                                                       .metrics = metrics_,
                                                                       .templates = templates_,
                                                                       .clock = ground_->clock,
                                                                       .public_url = settings.get(options::kPublicUrl),
                                                                       .development = development_}),
          engine_({.database = database(),
                   .vault = vault(),
                   .hash_pool = hash_pool_,
                   .breached_passwords = breached_passwords_,
                   .outbox = outbox_,
                   .pages = *pages_,
                   .users = ground_->users,
                   .registry = ground_->registry,
                   .development = development_}),
          authenticator_metadata_(metadata_files(settings)), places_(settings.get(options::kPlacesDatabase)),
          services_({.database = database(),
                     .vault = vault(),
                     .hash_pool = hash_pool_,
                     .breached_passwords = breached_passwords_,
                     .outbox = outbox_,
                     .pages = *pages_,
                     .users = ground_->users,
                     .passwords = ground_->passwords,
                     .challenges = ground_->challenges,
                     .authenticators = ground_->authenticators,
                     .recovery_codes = ground_->recovery_codes,
                     .authenticator_metadata = authenticator_metadata_,
                     .push_devices = ground_->push_devices,
                     .push_requests = ground_->push_requests,
                     .pushes = pushes_,
                     .places = places_,
                     .registry = ground_->registry,
                     .engine = engine_,
                     .development = development_}),
          signin_(services_, admin::management_scopes()), account_(services_),
          authorization_server_({.database = database(),
                                 .vault = vault(),
                                 .directory = ground_->directory,
                                 .users = ground_->users,
                                 .registry = ground_->registry,
                                 .keys = ground_->key_ring,
                                 .engine = engine_,
                                 .pages = *pages_,
                                 .audit = machine_events_}),
          management_api_({.database = database(),
                           .vault = vault(),
                           .changes = ground_->changes,
                           .directory = ground_->directory,
                           .tenants = ground_->tenants,
                           .users = ground_->users,
                           .passwords = ground_->passwords,
                           .key_ring = ground_->key_ring,
                           .hash_pool = hash_pool_,
                           .pages = *pages_,
                           .breached_passwords = breached_passwords_,
                           .places = places_}),
          jobs_(database(), ground_->leases, ground_->clock)
    {
    }

    Result<void> furnish(config::Settings const& settings)
    {
        TRY(auto readers, metrics_readers(settings));
        add_routes(std::move(readers));
        TRY(server_, http::Server::create(
                         server_options(settings),
                         {.limits = [this](auto method, auto path) { return service_.limits(method, path); },
                          .handle = [this](http::Request&& request) { return service_.handle(std::move(request)); }}));
        mail_executor_ = server_->executor();
        client_ = http::Client::create(*mail_executor_);
        TRY_DO(connect_breached_passwords(settings));
        push_sender_ = messages::make_push_sender(*mail_executor_, client_, ground_->clock);
        pushes_.connect([this](messages::Push push) { push_sender_->send(std::move(push)); });
        TRY_DO(connect_mail(settings));
        TRY_DO(authenticator_metadata_.reload(ground_->clock.now()));
        TRY_DO(places_.reload());
        add_jobs();
        add_metrics();
        return {};
    }

    void start() override
    {
        server_->start();
        auto finished = std::make_shared<std::promise<void>>();
        delivery_finished_ = finished->get_future();
        boost::asio::co_spawn(*mail_executor_, delivery_->run(),
                              [finished](std::exception_ptr const&) { finished->set_value(); });
        jobs_.start();
    }

    void stop() override
    {
        jobs_.stop();
        delivery_->stop();
        client_->stop();
        if (breached_client_)
            breached_client_->stop();
        if (delivery_finished_.valid())
            delivery_finished_.wait();
        server_->stop();
        machine_events_.flush();
    }

    std::vector<std::uint16_t> ports() const override { return server_->ports(); }
    Ground& ground() override { return *ground_; }
    Jobs& jobs() override { return jobs_; }

private:
    storage::Database& database() { return *ground_->database; }
    vault::Vault& vault() { return *ground_->vault; }

    void add_routes(std::vector<http::AddressBlock> readers)
    {
        service_.add(signin_.routes());
        service_.add(account_.routes());
        service_.add(authorization_server_.routes());
        service_.add(management_api_.routes());
        service_.add(themes::image_routes(database()));
        service_.add(themes::stylesheet_routes(ground_->registry, pages_->looks()));
        service_.add(
            themes::preview_routes({.database = database(), .vault = vault(), .themes = themes_, .pages = *pages_}));
        service_.add(
            {{.method = http::Method::get,
              .pattern = "/",
              .endpoint = [this](Context const& context, http::Request const& request) -> Task<Result<http::Response>> {
                  co_return journey::page(*pages_, context, request,
                                          view::start_page(context.tenant->name, development_),
                                          {.development = development_});
              },
              .audience = Audience::people}});
        service_.add({error_list_route(*pages_, development_)});
        add_health(service_, *ground_, metrics_, std::move(readers));
        if (development_)
            for (auto const* path : {"/dev/mail", "/dev/mail.json", "/dev/mail/{number}", "/dev/mail/{number}/html"})
                service_.add_plain(
                    http::Method::get, path, [this](http::Request const& request) -> Task<http::Response> {
                        auto found = messages::serve_dev_mailbox(mailbox_, *pages_, request, ground_->clock.now());
                        co_return found ? std::move(*found) : http::no_route(request.request_id);
                    });
    }

    Result<void> connect_mail(config::Settings const& settings)
    {
        if (auto const file = settings.get(options::kSmtpAuthorities); !file.empty())
            if (auto const usable = http::check_authorities(file); !usable)
                return refuse(ErrorKind::invalid, "configuration_invalid", "mail.smtp_ca: " + usable.error().message);
        auto const captured = development_ && settings.get(options::kSmtpHost).empty();
        transport_ = captured ? messages::make_dev_transport(mailbox_)
                              : messages::make_smtp_transport(client_, smtp_settings(settings));
        if (!captured && settings.get(options::kSmtpHost).empty())
            log::warning("no mail server is configured: codes and notices cannot be sent",
                         {{"setting", "mail.smtp_host"}});
        TRY(providers_, make_text_providers(settings, *mail_executor_, ground_->clock));
        if (!providers_ && development_)
            captured_texts_ = messages::make_dev_text_transport(mailbox_);
        TRY(delivery_, messages::Delivery::create(database(), vault(), *pages_, *transport_, ground_->clock,
                                                  {.from_address = settings.get(options::kMailFrom),
                                                   .dress = [this](TenantId tenant) { return dress_of(tenant); },
                                                   .text_limits =
                                                       [this](TenantId id) {
                                                           auto const tenant = ground_->directory.find(id);
                                                           return tenant ? tenant->settings.texts
                                                                         : messages::TextLimits{};
                                                       }},
                                                  providers_ ? providers_.get() : captured_texts_.get()));
        auto const* texts = providers_ ? providers_.get() : captured_texts_.get();
        for (auto const channel : {messages::Channel::sms, messages::Channel::voice})
            outbox_.set_carries(channel, texts && texts->carries(channel));
        outbox_.on_wake([this] { delivery_->wake(); });
        return {};
    }

    Result<void> connect_breached_passwords(config::Settings const& settings)
    {
        if (auto const file = settings.get(options::kBreachedFile); !file.empty())
            TRY_DO(breached_passwords_.use_file(file));
        auto const address = settings.get(options::kBreachedService);
        if (address.empty())
            return {};
        // A client of its own: the operator names this host, and nobody else's requests may go there.
        TRY(auto const host, host_and_port(address));
        breached_client_ = http::Client::create(*mail_executor_, {.allowed_hosts = {host}});
        breached_passwords_.use_service(
            std::make_unique<credentials::BreachedService>(
                credentials::BreachedServiceOptions{
                    .address = address,
                    .timeout = in<std::chrono::milliseconds>(settings.get(options::kBreachedServiceTimeout))},
                breached_client_),
            settings.get(options::kBreachedServiceAtSignIn));
        return {};
    }

    // How a tenant's mails look at this moment.
    messages::Dress dress_of(TenantId id)
    {
        auto const tenant = ground_->directory.find(id);
        if (!tenant)
            return {};
        auto const& issuer = tenant->issuer;
        auto templates = tenant->host ? templates_.get_now(id) : Result<themes::TemplateCache::Found>(nullptr);
        return {.look = pages_->looks().find(tenant->settings.theme),
                .origin = issuer.substr(0, issuer.find('/', issuer.find("://") + 3)),
                .templates = templates ? *std::move(templates) : nullptr};
    }

    Result<void> watch_templates_of(TenantId tenant, TimePoint now, Guard const& guard)
    {
        TRY(auto stored, database().read_now([&](storage::Tx& tx) { return themes::select_templates(tx, tenant); }));
        if (stored.empty())
            return {};
        auto const judged = themes::judge_templates(*pages_, std::move(stored));
        return database().write_now([&](storage::Tx& tx) -> Result<void> {
            TRY_DO(guard(tx));
            return themes::note_faults(tx, vault(), tenant, judged, now);
        });
    }

    // Templates that this version cannot use are told of once, by whichever node comes first.
    Result<void> watch_templates(TimePoint now, Guard const& guard)
    {
        for (auto const& tenant : ground_->directory.all())
            if (tenant->host)
                TRY_DO(watch_templates_of(tenant->id, now, guard));
        return {};
    }

    void add_jobs()
    {
        jobs_.add({.name = "breached_passwords",
                   .interval = std::chrono::seconds(5),
                   .run = [this](TimePoint, Guard const&) { return breached_passwords_.refresh(); }});
        jobs_.add({.name = "changes", .interval = std::chrono::seconds(1), .run = [this](TimePoint now, Guard const&) {
                       return ground_->changes.poll_now(now);
                   }});
        jobs_.add({.name = "authenticator_metadata",
                   .interval = std::chrono::minutes(1),
                   .run = [this](TimePoint now, Guard const&) -> Result<void> {
                       authenticator_metadata_.reload_if_changed(now);
                       return {};
                   }});
        jobs_.add({.name = "places",
                   .interval = std::chrono::minutes(1),
                   .run = [this](TimePoint, Guard const&) -> Result<void> {
                       places_.reload_if_changed();
                       return {};
                   }});
        jobs_.add({.name = "sequencer",
                   .interval = std::chrono::milliseconds(200),
                   .run = [this](TimePoint, Guard const&) -> Result<void> {
                       TRY_DO(sequencer_.run());
                       return {};
                   }});
        jobs_.add({.name = "issuance_audit",
                   .interval = std::chrono::seconds(1),
                   .run = [this](TimePoint now, Guard const&) -> Result<void> {
                       authorization_server_.flush_audit(now);
                       return {};
                   }});
        jobs_.add({.name = "theme_templates",
                   .interval = std::chrono::hours(1),
                   .one_node = true,
                   .run = [this](TimePoint now, Guard const& guard) { return watch_templates(now, guard); }});
        add_housekeeping(jobs_, *ground_, outbox_, erased_accounts_);
    }

    void add_metrics()
    {
        add_process_metrics(metrics_);
        add_message_metrics();
        add_ground_metrics(metrics_, *ground_);
        jobs_.add_metrics(metrics_);
        auto const count = [](auto value) { return static_cast<double>(value); };
        metrics_.add_gauge("gatehouse_http_open_connections", "Connections open now.",
                           [=, this] { return count(server_->statistics().open_connections); });
        metrics_.add_counter("gatehouse_http_refused_connections_total", "Connections turned away by a limit.",
                             [=, this] { return count(server_->statistics().refused_connections); });
        metrics_.add_gauge("gatehouse_hash_queue_jobs", "Passwords that wait to be hashed.",
                           [=, this] { return count(hash_pool_.statistics().queued); });
        metrics_.add_counter("gatehouse_hash_finished_total", "Passwords hashed.",
                             [=, this] { return count(hash_pool_.statistics().finished); });
        metrics_.add_counter("gatehouse_hash_refused_total", "Passwords not hashed because the queue was full.",
                             [=, this] { return count(hash_pool_.statistics().refused); });
        metrics_.add_counter("gatehouse_hash_expired_total", "Passwords not hashed in time.",
                             [=, this] { return count(hash_pool_.statistics().expired); });
        metrics_.add_gauge("gatehouse_breached_passwords", "Passwords in the file of breached ones.",
                           [=, this] { return count(breached_passwords_.statistics().passwords); });
        metrics_.add_counter("gatehouse_breached_found_total", "Passwords found to be known from a breach.",
                             [=, this] { return count(breached_passwords_.statistics().found); });
        metrics_.add_counter("gatehouse_breached_service_requests_total", "Questions to the service for breached ones.",
                             [=, this] { return count(breached_passwords_.statistics().service.requests); });
        metrics_.add_counter("gatehouse_breached_service_failures_total", "Questions that it did not answer in time.",
                             [=, this] { return count(breached_passwords_.statistics().service.failures); });
        metrics_.add_gauge("gatehouse_places_database_build_timestamp_seconds",
                           "When the file of places was built; 0 without one.", [=, this] {
                               auto const built = places_.built_at();
                               return built ? count(to_seconds(*built)) : 0.0;
                           });
        metrics_.add_counter("gatehouse_places_database_failures_total",
                             "Times that a changed file of places could not be read.",
                             [=, this] { return count(places_.failures()); });
        metrics_.add_counter("gatehouse_push_sent_total", "Push messages that push services took.",
                             [=, this] { return count(push_sender_->statistics().sent); });
        metrics_.add_counter("gatehouse_push_failed_total", "Push messages that no push service took.",
                             [=, this] { return count(push_sender_->statistics().failed); });
        metrics_.add_counter("gatehouse_machine_events_dropped_total", "Events of machine tokens that were lost.",
                             [=, this] { return count(machine_events_.statistics().dropped); });
    }

    void add_message_metrics()
    {
        for (std::size_t i = 0; i < std::size(messages::kEveryChannel); ++i) {
            auto const name = fmt::format("gatehouse_messages_{}", messages::to_string(messages::kEveryChannel[i]));
            auto const of = [this, i] { return delivery_->statistics().channels[i]; };
            metrics_.add_counter(name + "_sent_total", "Messages that a mail server or provider has taken.",
                                 [of] { return static_cast<double>(of().sent); });
            metrics_.add_counter(name + "_failed_total", "Messages that will not arrive.",
                                 [of] { return static_cast<double>(of().failed); });
            metrics_.add_counter(name + "_postponed_total", "Attempts that failed and will be repeated.",
                                 [of] { return static_cast<double>(of().postponed); });
        }
        metrics_.add_counter("gatehouse_text_budget_refusals_total",
                             "Texts and calls that were not sent because a budget is spent.",
                             [this] { return static_cast<double>(outbox_.budget_refusals()); });
        metrics_.add_counter("gatehouse_accounts_erased_total",
                             "Accounts that this node erased because their owners had asked for it.",
                             [this] { return static_cast<double>(erased_accounts_.load()); });
        if (!providers_)
            return;
        auto const all = providers_->statistics();
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto const name = "gatehouse_text_provider_" + all[i].name;
            auto const of = [this, i] { return providers_->statistics()[i]; };
            metrics_.add_counter(name + "_sent_total", "Texts and calls that this provider has taken.",
                                 [of] { return static_cast<double>(of().sent); });
            metrics_.add_counter(name + "_failed_total", "Texts and calls that it did not take.",
                                 [of] { return static_cast<double>(of().failed); });
            metrics_.add_gauge(name + "_resting", "1 while it is not asked because it failed several times in a row.",
                               [of] { return of().resting ? 1.0 : 0.0; });
        }
    }

    // First, so that it goes last: the others hold timers and callbacks of its io_contexts.
    std::unique_ptr<http::Server> server_;
    bool development_;
    std::unique_ptr<Ground> ground_;
    http::Assets assets_;
    std::unique_ptr<view::Pages> pages_;
    crypto::HashPool hash_pool_;
    std::shared_ptr<http::Client> breached_client_;
    credentials::BreachedPasswords breached_passwords_;
    events::BatchAppender machine_events_;
    events::Sequencer sequencer_;
    messages::DevMailbox mailbox_;
    messages::Outbox outbox_;
    std::atomic<std::uint64_t> erased_accounts_{0};
    Metrics metrics_;
    themes::Themes themes_;
    themes::TemplateCache templates_;
    Service service_;
    journey::Engine engine_;
    credentials::MetadataFile authenticator_metadata_;
    places::Places places_;
    messages::PushOutlet pushes_;
    journey::Services services_;
    signin::SignIn signin_;
    account::Account account_;
    oauth::AuthorizationServer authorization_server_;
    admin::ManagementApi management_api_;
    std::shared_ptr<http::Client> client_;
    std::unique_ptr<messages::PushSender> push_sender_;
    std::unique_ptr<messages::Transport> transport_;
    std::unique_ptr<messages::FailoverTransport> providers_;
    std::unique_ptr<messages::TextTransport> captured_texts_;
    std::unique_ptr<messages::Delivery> delivery_;
    std::optional<boost::asio::any_io_executor> mail_executor_;
    std::future<void> delivery_finished_;
    Jobs jobs_;
};

} // namespace

Result<std::unique_ptr<House>> House::build(config::Settings const& settings, std::unique_ptr<Ground> ground)
{
    TRY_DO(check_development(settings));
    http::Assets assets(embedded::page_assets());
    std::unordered_map<std::string, std::string> urls;
    for (auto const* name : {"page.css", "page.js", "push.js", "icon.svg"})
        urls.emplace(name, assets.url(name));
    TRY(auto pages,
        view::Pages::create({.asset_url = [urls](std::string_view name) { return urls.at(std::string(name)); }}));
    auto house = std::make_unique<WholeHouse>(settings, std::move(ground), std::move(pages), std::move(assets));
    TRY_DO(house->furnish(settings));
    return house;
}

} // namespace gatehouse::app
