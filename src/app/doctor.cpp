// `gatehouse doctor`: what is wrong with this installation, and the fix.
#include "app/commands.hpp"
#include "app/ground.hpp"
#include "app/migrations.hpp"
#include "credentials/passkeys.hpp"
#include "http/tls.hpp"
#include "http/url.hpp"
#include "places/places.hpp"
#include "storage/migrator.hpp"
#include "themes/themes_store.hpp"

#include <netdb.h>

namespace gatehouse::app {

namespace {

class Diagnosis {
public:
    void good(std::string_view what) { fmt::print("ok    {}\n", what); }
    void warn(std::string_view what, std::string_view fix) { fmt::print("warn  {}\n      -> {}\n", what, fix); }
    void bad(std::string_view what, std::string_view fix)
    {
        fmt::print("FAIL  {}\n      -> {}\n", what, fix);
        ++failures_;
    }
    int failures() const { return failures_; }

private:
    int failures_ = 0;
};

bool resolves(std::string const& host)
{
    addrinfo* found = nullptr;
    auto const failed = getaddrinfo(host.c_str(), nullptr, nullptr, &found);
    if (found)
        freeaddrinfo(found);
    return failed == 0;
}

void check_address(Diagnosis& diagnosis, config::Settings const& settings)
{
    auto const address = settings.get(options::kPublicUrl);
    auto const url = http::parse_https_or_loopback(address);
    if (!url)
        return diagnosis.bad(fmt::format("{} is not a safe public address", address),
                             "Set server.public_url to an https address; http is for loopback only.");
    if (!resolves(url->host))
        return diagnosis.bad(fmt::format("the host {} has no address", url->host),
                             "Add it to your DNS, or correct server.public_url.");
    diagnosis.good(fmt::format("{} resolves", url->host));
    if (url->scheme == "https" && settings.get(options::kCertificate).empty() &&
        settings.get(options::kTrustedProxies).empty())
        diagnosis.warn("https is served neither here nor by a trusted proxy",
                       "Set server.certificate and server.private_key, or name the proxy in server.trusted_proxies.");
}

void check_database(Diagnosis& diagnosis, storage::Database& database, storage::Leases const& leases)
{
    auto const state = storage::plan_migrations(database, embedded::migrations());
    if (!state)
        diagnosis.bad(state.error().message, "See docs/handbook/running.md.");
    else if (!state->pending.empty())
        diagnosis.warn(fmt::format("{} migrations are pending", state->pending.size()),
                       "Run `gatehouse migrate`, or restart the server.");
    else
        diagnosis.good("the schema is up to date");
    auto const now = SystemClock{}.now();
    auto const time = database.read_now([&](storage::Tx& tx) { return leases.database_time(tx); });
    if (time && (*time > now + std::chrono::seconds(2) || *time < now - std::chrono::seconds(2)))
        diagnosis.bad("this machine's clock is more than 2 s off the database's", "Set both by NTP.");
    else if (time)
        diagnosis.good("the clock agrees with the database's");
}

void check_keys(Diagnosis& diagnosis, Ground& ground)
{
    auto const exported = ground.database->read_now([&](storage::Tx& tx) { return vault::Vault::last_export(tx); });
    if (!exported)
        diagnosis.bad("the keys cannot be read", exported.error().message);
    else if (!*exported)
        diagnosis.warn("no copy of the root key was ever made: without it a backup is worthless",
                       "Run `gatehouse keys export --output FILE` and keep the file elsewhere.");
    else
        diagnosis.good(fmt::format("a copy of the root key was made on {}", to_rfc3339(**exported).substr(0, 10)));
}

// Whether the mail server can be reached; no mail is sent.
void check_mail(Diagnosis& diagnosis, config::Settings const& settings)
{
    auto const host = settings.get(options::kSmtpHost);
    if (host.empty())
        return diagnosis.warn("no mail server is configured: codes and notices cannot be sent",
                              "Set mail.smtp_host, mail.from and, if it asks for them, user name and password.");
    if (!resolves(host))
        return diagnosis.bad(fmt::format("the mail server {} has no address", host), "Correct mail.smtp_host.");
    diagnosis.good(fmt::format("the mail server {} resolves", host));
    auto const authorities = settings.get(options::kSmtpAuthorities);
    if (authorities.empty())
        return;
    if (auto const usable = http::check_authorities(authorities); !usable)
        diagnosis.bad(usable.error().message, "Correct mail.smtp_ca: a PEM file with the mail server's authority.");
    else
        diagnosis.good(fmt::format("{} holds the mail server's certificate authorities", authorities));
}

// Networks move between countries all the time.
void check_places(Diagnosis& diagnosis, config::Settings const& settings)
{
    auto const file = settings.get(options::kPlacesDatabase);
    if (file.empty())
        return;
    auto const opened = places::Database::open(file);
    if (!opened)
        return diagnosis.bad(opened.error().message,
                             "Fetch it again, or leave places.database out; see docs/handbook/places.md.");
    auto const built = (*opened)->built_at();
    auto const day = to_rfc3339(built).substr(0, 10);
    if (SystemClock{}.now() - built > std::chrono::days(90))
        return diagnosis.warn(fmt::format("the places of {} ({}) are of {}", file, (*opened)->type(), day),
                              "Fetch a newer file into places.database; the server takes it without a restart.");
    diagnosis.good(fmt::format("{} ({}, {}) says where addresses are", file, (*opened)->type(), day));
}

// Passkeys that were made for another host than the tenant's pages have now.
void check_passkeys(Diagnosis& diagnosis, config::Settings const& settings, Ground& ground)
{
    if (auto const read = credentials::read_metadata(metadata_files(settings), SystemClock{}.now()); !read)
        diagnosis.bad(read.error().message, "Check it with `gatehouse passkeys metadata check`.");
    else if (read->size() > 0 && read->next_update() < to_rfc3339(SystemClock{}.now()).substr(0, 10))
        diagnosis.warn(fmt::format("the metadata of authenticators was to be renewed on {}", read->next_update()),
                       "Fetch the BLOB again (https://mds3.fidoalliance.org/) into passkeys.metadata_file.");
    auto const bound = ground.database->read_now([&](storage::Tx& tx) { return credentials::passkeys_by_rp_id(tx); });
    if (!bound)
        return diagnosis.bad("the passkeys cannot be counted", bound.error().message);
    auto lost = false;
    for (auto const& [id, rp_id, count] : *bound) {
        auto const tenant = ground.directory.find(id);
        auto const party = tenant ? credentials::relying_party(*tenant) : std::nullopt;
        if (!tenant || (party && party->id == rp_id))
            continue;
        lost = true;
        diagnosis.warn(fmt::format("{} passkeys of tenant {} were made for {} and are offered nowhere else", count,
                                   tenant->slug, rp_id),
                       "Serve the tenant at that host again, or ask people to add a new passkey.");
    }
    auto const url = http::Url::parse(settings.get(options::kPublicUrl));
    auto const host = url ? url->host : std::string();
    for (auto const& [id, rp_id, count] : *bound)
        if (auto const tenant = ground.directory.find(id); tenant && tenant->is_default() && rp_id != host) {
            lost = true;
            diagnosis.warn(
                fmt::format("{} passkeys are bound to {}, and server.public_url is at {}", count, rp_id, host),
                "Passkeys work at the host that they were made for only: keep serving it, and list the new "
                "one in passkeys.related_origins of the tenant.");
        }
    if (!lost)
        diagnosis.good("passkeys belong to the hosts that are served");
}

// Templates of tenants that this version cannot use; people see the built-in ones.
void check_templates(Diagnosis& diagnosis, Ground& ground)
{
    auto faulty = false;
    for (auto const& tenant : ground.directory.all()) {
        auto const stored =
            ground.database->read_now([&](storage::Tx& tx) { return themes::select_templates(tx, tenant->id); });
        if (!stored)
            return diagnosis.bad("the templates of tenants cannot be read", stored.error().message);
        for (auto const& one : *stored) {
            if (one.fault.empty())
                continue;
            faulty = true;
            diagnosis.warn(
                fmt::format("the template {} of tenant {} is not used: {}", one.name, tenant->slug, one.fault),
                "Put it right in a draft of the tenant's theme and activate that.");
        }
    }
    if (!faulty)
        diagnosis.good("templates of tenants can be used");
}

} // namespace

Result<void> doctor(config::Settings const& settings)
{
    Diagnosis diagnosis;
    check_address(diagnosis, settings);
    check_mail(diagnosis, settings);
    check_places(diagnosis, settings);
    auto const address = database_address(settings);
    auto database = storage::open({.address = address, .if_missing = storage::IfMissing::refuse});
    if (!database) {
        diagnosis.bad(database.error().message,
                      fmt::format("The database is {}.", storage::printable_address(address)));
    } else {
        check_database(diagnosis, **database, storage::Leases(**database, "doctor"));
        database->reset();
        if (auto ground = open_ground(settings, storage::Tenancy::Guest)) {
            check_keys(diagnosis, **ground);
            check_passkeys(diagnosis, settings, **ground);
            check_templates(diagnosis, **ground);
        } else
            diagnosis.bad(ground.error().message, ground.error().detail);
    }
    if (diagnosis.failures() > 0)
        return refuse(ErrorKind::unavailable, "unhealthy", fmt::format("{} checks failed.", diagnosis.failures()));
    return {};
}

} // namespace gatehouse::app
