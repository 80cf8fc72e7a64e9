// What can be set. The loader, --help and docs/reference/configuration.md all come from these tables.
#pragma once

#include "config/settings.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::app::options {

using namespace config;

// -- server
inline constexpr Url kPublicUrl{{.key = "server.public_url",
                                 .fallback = "http://localhost:8080",
                                 .flag = "public-url",
                                 .choices = "http|https",
                                 .text = "The address people and applications reach this server at. It becomes the "
                                         "issuer of the tenants that are made, and is never guessed from a request.",
                                 .example = "https://id.example.com"}};
inline constexpr List kListen{{.key = "server.listen",
                               .fallback = "127.0.0.1:8080",
                               .flag = "listen",
                               .text = "Addresses and ports to listen on.",
                               .example = "0.0.0.0:8443"}};
inline constexpr Boolean kDevelopment{
    {.key = "server.development",
     .fallback = "false",
     .flag = "development",
     .text = "Development mode: mail is captured at /dev/mail, and only loopback addresses are listened on. Not for "
             "production."}};
inline constexpr Integer kThreads{{.key = "server.threads",
                                   .fallback = "0",
                                   .minimum = "0",
                                   .maximum = "256",
                                   .text = "Threads that serve requests. 0: one for each core."}};
inline constexpr File kCertificate{{.key = "server.certificate",
                                    .text = "PEM file with the certificate and its chain. Set it to serve TLS here "
                                            "instead of at a proxy; it is read again when it changes.",
                                    .example = "/etc/gatehouse/tls.crt"}};
inline constexpr File kPrivateKey{{.key = "server.private_key",
                                   .text = "PEM file with the certificate's private key.",
                                   .example = "/etc/gatehouse/tls.key"}};
inline constexpr List kTrustedProxies{{.key = "server.trusted_proxies",
                                       .text = "Addresses or CIDR blocks of proxies whose Forwarded and X-Forwarded-* "
                                               "headers are believed. Nobody else's are.",
                                       .example = "10.0.0.0/8"}};
inline constexpr Integer kConnections{{.key = "server.connection_limit",
                                       .fallback = "20000",
                                       .minimum = "16",
                                       .maximum = "1000000",
                                       .text = "Open connections at a time; more are turned away."}};
inline constexpr Integer kConnectionsPerAddress{{.key = "server.connections_per_address",
                                                 .fallback = "2000",
                                                 .minimum = "1",
                                                 .maximum = "1000000",
                                                 .text = "Open connections of one client address."}};
inline constexpr Time kIdleTimeout{{.key = "server.idle_timeout",
                                    .fallback = "75s",
                                    .minimum = "1s",
                                    .maximum = "1h",
                                    .text = "How long a connection may rest between requests."}};
inline constexpr Time kDrainTimeout{{.key = "server.drain_timeout",
                                     .fallback = "20s",
                                     .minimum = "0s",
                                     .maximum = "10m",
                                     .text = "How long a stopping server waits for the requests under way."}};
inline constexpr List kMetricsFrom{{.key = "server.metrics_from",
                                    .fallback = "127.0.0.0/8,::1",
                                    .text = "Addresses or CIDR blocks that may read /metrics; for all others it does "
                                            "not exist.",
                                    .example = "10.1.0.0/16"}};
inline constexpr Option const* kServer[] = {
    &kPublicUrl,      &kListen,      &kDevelopment,           &kThreads,     &kCertificate,  &kPrivateKey,
    &kTrustedProxies, &kConnections, &kConnectionsPerAddress, &kIdleTimeout, &kDrainTimeout, &kMetricsFrom};

// -- storage
inline constexpr Path kData{{.key = "storage.data",
                             .fallback = "data",
                             .flag = "data",
                             .text = "Folder for the SQLite database and the root key. Made if it is missing.",
                             .example = "/var/lib/gatehouse"}};
inline constexpr SecretText kDatabase{
    {.key = "storage.database",
     .flag = "database",
     .text = "Address of a PostgreSQL database. Without it, SQLite in the data folder is used.",
     .example = "postgresql://gatehouse:PASSWORD@db.internal/gatehouse"}};
inline constexpr Integer kDatabaseConnections{{.key = "storage.connections",
                                               .fallback = "8",
                                               .minimum = "1",
                                               .maximum = "500",
                                               .text = "Connections to PostgreSQL."}};
inline constexpr Boolean kMigrate{{.key = "storage.migrate",
                                   .fallback = "true",
                                   .flag = "migrate",
                                   .text = "Bring the schema up to date at start. When false, start refuses a schema "
                                           "that is behind, and `gatehouse migrate` is run by hand."}};
inline constexpr Option const* kStorage[] = {&kData, &kDatabase, &kDatabaseConnections, &kMigrate};

// -- keys
inline constexpr Path kRootKeyFile{{.key = "keys.root_key_file",
                                    .text = "File with the root key (mode 0600). Default: root.key in the data folder, "
                                            "made when the database is empty.",
                                    .example = "/etc/gatehouse/root.key"}};
inline constexpr SecretText kRootKey{{.key = "keys.root_key",
                                      .text = "The root key itself (32 bytes in base64), instead of a file.",
                                      .example = "the output of: openssl rand -base64 32"}};
inline constexpr Text kRootKeyCommand{{.key = "keys.root_key_command",
                                       .text = "A command that prints the root key, such as a call to a key "
                                               "management service. It has 10 seconds.",
                                       .example = "aws kms decrypt ..."}};
inline constexpr Time kRotation{{.key = "keys.signing_rotation",
                                 .fallback = "90d",
                                 .minimum = "1d",
                                 .maximum = "3650d",
                                 .text = "How long a signing key signs before the next one takes over."}};
inline constexpr Option const* kKeys[] = {&kRootKeyFile, &kRootKey, &kRootKeyCommand, &kRotation};

// -- passwords
inline constexpr Integer kHashWorkers{{.key = "passwords.workers",
                                       .fallback = "0",
                                       .minimum = "0",
                                       .maximum = "256",
                                       .text = "Threads that hash passwords, at a lower priority than requests. 0: one "
                                               "for each core."}};
inline constexpr Integer kHashQueue{{.key = "passwords.queue",
                                     .fallback = "1024",
                                     .minimum = "1",
                                     .maximum = "1000000",
                                     .text = "Sign-ins that may wait for a worker; more are answered 503 with "
                                             "Retry-After."}};
inline constexpr Size kHashMemory{{.key = "passwords.memory",
                                   .fallback = "19MB",
                                   .minimum = "8MB",
                                   .maximum = "256MB",
                                   .text = "Memory of one Argon2id hash. Hashes made with less are renewed at the next "
                                           "sign-in."}};
inline constexpr Integer kHashPasses{{.key = "passwords.passes",
                                      .fallback = "2",
                                      .minimum = "1",
                                      .maximum = "16",
                                      .text = "Passes of Argon2id over its memory."}};
inline constexpr File kBreachedFile{{.key = "passwords.breached_file",
                                     .text =
                                         "Passwords known from breaches, as `gatehouse breached build` writes them. "
                                         "They are not taken as new ones, and who signs in with one is told. Read "
                                         "again when it is replaced.",
                                     .example = "/var/lib/gatehouse/breached"}};
inline constexpr Url kBreachedService{{.key = "passwords.breached_service",
                                       .choices = "http|https",
                                       .text =
                                           "A service that is asked about new passwords with the first five digits "
                                           "of their SHA-1 digest (the range API of Have I Been Pwned). When it does "
                                           "not answer, passwords pass.",
                                       .example = "https://api.pwnedpasswords.com"}};
inline constexpr Boolean kBreachedServiceAtSignIn{{.key = "passwords.breached_service_at_sign_in",
                                                   .fallback = "false",
                                                   .text = "Ask that service at every sign-in with a password, too."}};
inline constexpr Time kBreachedServiceTimeout{{.key = "passwords.breached_service_timeout",
                                               .fallback = "1500ms",
                                               .minimum = "100ms",
                                               .maximum = "10s",
                                               .text = "How long that service is waited for."}};
inline constexpr Option const* kPasswords[] = {&kHashWorkers,
                                               &kHashQueue,
                                               &kHashMemory,
                                               &kHashPasses,
                                               &kBreachedFile,
                                               &kBreachedService,
                                               &kBreachedServiceAtSignIn,
                                               &kBreachedServiceTimeout};

// -- passkeys
inline constexpr File kMetadataFile{
    {.key = "passkeys.metadata_file",
     .text =
         "The metadata BLOB of FIDO MDS 3: which authenticator models there are, and which roots prove them. Fetched "
         "by you; read again when it changes.",
     .example = "/var/lib/gatehouse/mds3.jwt"}};
inline constexpr File kMetadataRoot{{.key = "passkeys.metadata_root",
                                     .text = "PEM file with the root certificate that the BLOB's signer leads to.",
                                     .example = "/etc/gatehouse/globalsign-r3.pem"}};
inline constexpr Text kMetadataSigner{{.key = "passkeys.metadata_signer",
                                       .fallback = "mds.fidoalliance.org",
                                       .text = "The host name that the signer's certificate is for."}};
inline constexpr File kAttestationRoots{{.key = "passkeys.attestation_roots",
                                         .text = "PEM file with further root certificates of authenticators, good for "
                                                 "every model.",
                                         .example = "/etc/gatehouse/attestation-roots.pem"}};
inline constexpr Option const* kPasskeys[] = {&kMetadataFile, &kMetadataRoot, &kMetadataSigner, &kAttestationRoots};

// -- places
inline constexpr File kPlacesDatabase{
    {.key = "places.database",
     .text = "An MMDB file of countries or cities, by which people are shown roughly where a sign-in came from. "
             "Without it they see addresses only. Fetched by you; read again when it changes. See "
             "docs/handbook/places.md.",
     .example = "/var/lib/gatehouse/places.mmdb"}};
inline constexpr Option const* kPlaces[] = {&kPlacesDatabase};

// -- mail
inline constexpr Text kSmtpHost{{.key = "mail.smtp_host",
                                 .text = "The mail server. Without it mail cannot be sent; in development mode it is "
                                         "captured at /dev/mail.",
                                 .example = "smtp.example.com"}};
inline constexpr Integer kSmtpPort{{.key = "mail.smtp_port",
                                    .fallback = "587",
                                    .minimum = "1",
                                    .maximum = "65535",
                                    .text = "Its port: 587 for STARTTLS, 465 for TLS."}};
inline constexpr Text kSmtpTls{{.key = "mail.smtp_tls",
                                .fallback = "starttls",
                                .choices = "starttls|implicit|none",
                                .text = "How the connection is encrypted. \"none\" is for a relay on this machine."}};
inline constexpr File kSmtpAuthorities{{.key = "mail.smtp_ca",
                                        .text = "PEM file with certificate authorities that may vouch for the mail "
                                                "server, beside those that this machine trusts.",
                                        .example = "/etc/gatehouse/mail-ca.pem"}};
inline constexpr Text kSmtpUser{{.key = "mail.smtp_username", .text = "User name, if the server asks for one."}};
inline constexpr SecretText kSmtpPassword{{.key = "mail.smtp_password", .text = "Password for that user name."}};
inline constexpr Text kMailFrom{{.key = "mail.from",
                                 .fallback = "no-reply@localhost",
                                 .text = "The address mail comes from.",
                                 .example = "no-reply@example.com"}};
inline constexpr Option const* kMail[] = {&kSmtpHost, &kSmtpPort,     &kSmtpTls, &kSmtpAuthorities,
                                          &kSmtpUser, &kSmtpPassword, &kMailFrom};

// -- texts: every provider has its own table, made by its name
template <std::size_t kSize>
struct Name {
    char text[kSize]{};
    constexpr Name(char const (&from)[kSize]) { std::copy_n(from, kSize, text); }
};
// "texts_twilio" and "token": "texts_twilio.token".
template <Name kTable, Name kKey>
inline constexpr auto kTextKey = [] {
    std::array<char, sizeof(kTable.text) + sizeof(kKey.text) - 1> joined{};
    std::copy_n(kTable.text, sizeof(kTable.text) - 1, joined.begin());
    joined[sizeof(kTable.text) - 1] = '.';
    std::copy_n(kKey.text, sizeof(kKey.text) - 1, joined.begin() + sizeof(kTable.text));
    return joined;
}();
template <Name kTable, Name kKey>
constexpr std::string_view text_key()
{
    return {kTextKey<kTable, kKey>.data(), kTextKey<kTable, kKey>.size() - 1};
}

inline constexpr List kTextProviders{
    {.key = "texts.providers",
     .choices = "twilio|twilio_backup|http|http_backup",
     .text = "Providers of text messages and calls, in the order in which they are asked: when the first is away, the "
             "next one is. Each has a table of its own: [texts_twilio], [texts_twilio_backup], [texts_http], "
             "[texts_http_backup]. Without any, none are sent; in development mode they are captured at /dev/mail.",
     .example = "twilio,http_backup"}};
inline constexpr Option const* kTexts[] = {&kTextProviders};

template <Name kTable>
struct TwilioOptions {
    static constexpr Url kUrl{{.key = text_key<kTable, "url">(),
                               .fallback = "https://api.twilio.com",
                               .choices = "http|https",
                               .text = "Address of the service; change it for one with the same API."}};
    static constexpr Text kAccount{
        {.key = text_key<kTable, "account">(), .text = "The account (AC...).", .example = "AC0123456789"}};
    static constexpr Text kApiKey{
        {.key = text_key<kTable, "api_key">(), .text = "An API key's name (SK...), if the token is that of a key."}};
    static constexpr SecretText kToken{
        {.key = text_key<kTable, "token">(), .text = "The account's token, or the API key's secret."}};
    static constexpr Text kFrom{{.key = text_key<kTable, "from">(),
                                 .text = "Whom texts come from: a number, or a name where countries allow one.",
                                 .example = "+15005550006"}};
    static constexpr Text kService{
        {.key = text_key<kTable, "messaging_service">(), .text = "A messaging service (MG...) instead of a number."}};
    static constexpr Text kVoiceFrom{{.key = text_key<kTable, "voice_from">(),
                                      .text = "The number that calls come from. Without it there are no calls.",
                                      .example = "+15005550006"}};
    static constexpr Option const* kOptions[] = {&kUrl, &kAccount, &kApiKey, &kToken, &kFrom, &kService, &kVoiceFrom};
};
template <Name kTable>
struct HttpTextOptions {
    static constexpr Text kMethod{{.key = text_key<kTable, "method">(),
                                   .fallback = "POST",
                                   .choices = "GET|POST|PUT",
                                   .text = "How the provider is asked."}};
    static constexpr Text kUrl{
        {.key = text_key<kTable, "url">(),
         .text = "Where. {to}, {digits} (the number without +), {text}, {sender}, {id}, {language} and {channel} stand "
                 "for the values, here, in headers and in the body, each escaped as its place demands.",
         .example = "https://sms.example.com/send"}};
    static constexpr List kHeaders{
        {.key = text_key<kTable, "headers">(), .text = "Further header fields.", .example = "X-Sender: {sender}"}};
    static constexpr SecretText kAuthorization{
        {.key = text_key<kTable, "authorization">(), .text = "The Authorization header: \"Bearer ...\"."}};
    static constexpr Text kContentType{{.key = text_key<kTable, "content_type">(),
                                        .fallback = "application/json",
                                        .text = "What the body is: JSON, XML, a form or plain text."}};
    static constexpr Text kBody{{.key = text_key<kTable, "body">(),
                                 .fallback = R"({"to": "{to}", "text": "{text}", "id": "{id}"})",
                                 .text = "The body."}};
    static constexpr Text kVoiceUrl{
        {.key = text_key<kTable, "voice_url">(), .text = "Where calls are asked for. Without it there are no calls."}};
    static constexpr Text kVoiceBody{
        {.key = text_key<kTable, "voice_body">(), .text = "The body that asks for a call, if it is another."}};
    static constexpr Option const* kOptions[] = {&kMethod,      &kUrl,  &kHeaders,  &kAuthorization,
                                                 &kContentType, &kBody, &kVoiceUrl, &kVoiceBody};
};
using Twilio = TwilioOptions<"texts_twilio">;
using TwilioBackup = TwilioOptions<"texts_twilio_backup">;
using HttpTexts = HttpTextOptions<"texts_http">;
using HttpTextsBackup = HttpTextOptions<"texts_http_backup">;

// -- log
inline constexpr Text kLogLevel{{.key = "log.level",
                                 .fallback = "info",
                                 .choices = "debug|info|warning|error",
                                 .text = "What is written: lines of this level and above."}};
inline constexpr Text kLogFormat{{.key = "log.format",
                                  .fallback = "automatic",
                                  .choices = "automatic|json|text",
                                  .text = "\"automatic\" writes text to a terminal and JSON elsewhere."}};
inline constexpr Option const* kLog[] = {&kLogLevel, &kLogFormat};

inline constexpr Table kTables[] = {{"Server", kServer},
                                    {"Storage", kStorage},
                                    {"Keys", kKeys},
                                    {"Passwords", kPasswords},
                                    {"Passkeys", kPasskeys},
                                    {"Places", kPlaces},
                                    {"Mail", kMail},
                                    {"Texts and calls", kTexts},
                                    {"Texts: Twilio", Twilio::kOptions},
                                    {"Texts: Twilio, second account", TwilioBackup::kOptions},
                                    {"Texts: any HTTP service", HttpTexts::kOptions},
                                    {"Texts: any HTTP service, second one", HttpTextsBackup::kOptions},
                                    {"Log", kLog}};

} // namespace gatehouse::app::options
