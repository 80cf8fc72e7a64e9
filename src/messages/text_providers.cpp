// Providers of texts and calls: Twilio's API, and requests made of templates.
#include "messages/text_transport.hpp"

#include "http/url.hpp"

#include <array>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace gatehouse::messages {
namespace {

constexpr std::chrono::seconds kTimeout{10};
constexpr std::size_t kAnswerLimit = 64 * 1024;

// One answer more or less: the body is read for nothing but to keep the connection usable.
Task<Result<void>> ask(http::Client& client, http::ClientRequest request)
{
    request.timeout = kTimeout;
    request.response_limit = kAnswerLimit;
    auto const answer = co_await client.fetch(std::move(request));
    if (!answer) { // no connection, no time, an address that may not be reached: never the message's fault
        auto error = answer.error();
        error.kind = ErrorKind::unavailable;
        error.detail = error.code + " " + error.detail;
        error.code = "text_failed";
        co_return std::unexpected(std::move(error));
    }
    co_return judge_answer(*answer);
}

std::string xml_escape(std::string_view text)
{
    std::string out;
    for (char const c : text)
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&apos;";
            break;
        default:
            if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
                out += c; // XML 1.0 has no other control characters
        }
    return out;
}

std::string json_escape(std::string_view text)
{
    auto const quoted = boost::json::serialize(boost::json::string(text));
    return quoted.substr(1, quoted.size() - 2);
}

class TwilioTransport final : public TextTransport {
public:
    TwilioTransport(std::shared_ptr<http::Client> client, TwilioSettings settings, Clock const& clock)
        : client_(std::move(client)), settings_(std::move(settings)), clock_(clock)
    {
    }

    bool carries(Channel channel) const override
    {
        return channel == Channel::sms || (channel == Channel::voice && !settings_.voice_from.empty());
    }

    Task<Result<void>> send(TextMessage message) override
    {
        bool const call = message.channel == Channel::voice;
        std::vector<http::Fields::Pair> form{{"To", message.to}};
        if (call) {
            form.emplace_back("From", settings_.voice_from);
            form.emplace_back("Twiml", fmt::format("<Response><Say language=\"{}\">{}</Say></Response>",
                                                   xml_escape(message.language), xml_escape(message.text)));
        } else {
            if (settings_.messaging_service.empty())
                form.emplace_back("From", settings_.from);
            else
                form.emplace_back("MessagingServiceSid", settings_.messaging_service);
            form.emplace_back("Body", message.text);
            // So that the provider's own queue delivers no code that has expired.
            auto const left = std::chrono::duration_cast<std::chrono::seconds>(message.expires_at - clock_.now());
            form.emplace_back("ValidityPeriod", fmt::format("{}", std::clamp<std::int64_t>(left.count(), 1, 14'400)));
        }
        auto const& user = settings_.key.empty() ? settings_.account : settings_.key;
        http::ClientRequest request{
            .method = http::Method::post,
            .url = fmt::format("{}/2010-04-01/Accounts/{}/{}.json", settings_.url,
                               http::percent_encode(settings_.account), call ? "Calls" : "Messages"),
            .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                        {"Accept", "application/json"},
                        {"Authorization", "Basic " + base64_encode(as_bytes(
                                                         fmt::format("{}:{}", user, settings_.token.expose_text())))}},
            .body = http::encode_form(form)};
        co_return co_await ask(*client_, std::move(request));
    }

private:
    std::shared_ptr<http::Client> client_;
    TwilioSettings settings_;
    Clock const& clock_;
};

enum class Escape : std::uint8_t { none, percent, json, xml };

Escape escape_of(std::string_view content_type)
{
    auto const type = http::lower_case(content_type);
    if (type.find("json") != type.npos)
        return Escape::json;
    if (type.find("xml") != type.npos)
        return Escape::xml;
    return type.find("x-www-form-urlencoded") != type.npos ? Escape::percent : Escape::none;
}

std::string escaped(std::string_view value, Escape escape)
{
    switch (escape) {
    case Escape::none:
        return std::string(value);
    case Escape::percent:
        return http::percent_encode(value);
    case Escape::json:
        return json_escape(value);
    case Escape::xml:
        return xml_escape(value);
    }
    return {};
}

using Values = std::array<std::pair<std::string_view, std::string>, 7>;

Values values_of(TextMessage const& message)
{
    return {{{"to", message.to},
             {"digits", message.to.substr(std::min<std::size_t>(1, message.to.size()))},
             {"text", message.text},
             {"sender", message.sender_name},
             {"id", message.id},
             {"language", message.language},
             {"channel", std::string(to_string(message.channel))}}};
}

bool is_placeholder(std::string_view name)
{
    return !name.empty() && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// "{word}" is a placeholder; braces around anything else are text. An unknown word is left as it is.
template <class Replace>
std::string fill(std::string_view pattern, Replace&& replace)
{
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        auto const end = pattern[i] == '{' ? pattern.find('}', i) : pattern.npos;
        auto const name = end == pattern.npos ? std::string_view() : pattern.substr(i + 1, end - i - 1);
        if (!is_placeholder(name)) {
            out += pattern[i];
            continue;
        }
        out += replace(name);
        i = end;
    }
    return out;
}

std::string fill_in(std::string_view pattern, Values const& values, Escape escape)
{
    return fill(pattern, [&](std::string_view name) {
        auto const found = std::ranges::find(values, name, [](auto const& value) { return value.first; });
        return found == values.end() ? std::string() : escaped(found->second, escape);
    });
}

Refusal template_invalid(std::string message)
{
    return refuse(ErrorKind::invalid, "text_template_invalid", std::move(message));
}

Result<void> check_template(std::string_view what, std::string_view pattern)
{
    auto const known = values_of({});
    std::string unknown;
    fill(pattern, [&](std::string_view name) {
        if (std::ranges::find(known, name, [](auto const& value) { return value.first; }) == known.end())
            unknown = name;
        return std::string();
    });
    if (!unknown.empty())
        return template_invalid(fmt::format("The {} names {{{}}}. Known are {{to}}, {{digits}}, {{text}}, {{sender}}, "
                                            "{{id}}, {{language}} and {{channel}}.",
                                            what, unknown));
    return {};
}

// A placeholder in the host would let a message choose where it goes.
Result<void> check_url(std::string_view url)
{
    auto const parsed = http::Url::parse(fill(url, [](std::string_view) { return std::string("x"); }));
    auto const scheme = url.find("//");
    auto const host = url.substr(0, scheme == url.npos ? 0 : url.find_first_of("/?#", scheme + 2));
    if (!parsed || !parsed->is_web() || host.empty() || host.find('{') != host.npos)
        return template_invalid("The provider's url begins with http:// or https:// and a host without placeholders.");
    return {};
}

Result<std::pair<std::string, std::string>> split_header(std::string_view header)
{
    auto const colon = header.find(':');
    if (colon == header.npos || colon == 0 ||
        std::ranges::any_of(header, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return template_invalid("A header is written \"Name: value\", on one line.");
    return std::pair(std::string(header.substr(0, colon)), std::string(http::trim(header.substr(colon + 1))));
}

class HttpTextTransport final : public TextTransport {
public:
    HttpTextTransport(std::shared_ptr<http::Client> client, HttpTextSettings settings,
                      std::vector<std::pair<std::string, std::string>> headers)
        : client_(std::move(client)), settings_(std::move(settings)), headers_(std::move(headers))
    {
    }

    bool carries(Channel channel) const override
    {
        return channel == Channel::sms || (channel == Channel::voice && !settings_.voice_url.empty());
    }

    Task<Result<void>> send(TextMessage message) override
    {
        bool const call = message.channel == Channel::voice;
        auto const values = values_of(message);
        http::ClientRequest request{.method = settings_.method,
                                    .url =
                                        fill_in(call ? settings_.voice_url : settings_.url, values, Escape::percent)};
        for (auto const& [name, value] : headers_)
            request.headers.emplace_back(name, fill_in(value, values, Escape::percent));
        if (!settings_.authorization.empty())
            request.headers.emplace_back("Authorization", std::string(settings_.authorization.expose_text()));
        if (settings_.method != http::Method::get) {
            auto const& body = call && !settings_.voice_body.empty() ? settings_.voice_body : settings_.body;
            request.headers.emplace_back("Content-Type", settings_.content_type);
            request.body = fill_in(body, values, escape_of(settings_.content_type));
        }
        co_return co_await ask(*client_, std::move(request));
    }

private:
    std::shared_ptr<http::Client> client_;
    HttpTextSettings settings_;
    std::vector<std::pair<std::string, std::string>> headers_;
};

Result<void> check_body(HttpTextSettings const& settings, std::string_view body)
{
    if (settings.method == http::Method::get || escape_of(settings.content_type) != Escape::json)
        return {};
    auto const filled = fill_in(body, values_of({.to = "+4930901820", .text = "\"quoted\"\n{braces}"}), Escape::json);
    boost::system::error_code failed;
    boost::json::parse(filled, failed);
    if (failed)
        return template_invalid("The body is no JSON once it is filled in: " + failed.message() +
                                ". Placeholders stand between quotation marks.");
    return {};
}

} // namespace

std::unique_ptr<TextTransport> make_twilio_transport(std::shared_ptr<http::Client> client, TwilioSettings settings,
                                                     Clock const& clock)
{
    while (settings.url.ends_with('/'))
        settings.url.pop_back();
    return std::make_unique<TwilioTransport>(std::move(client), std::move(settings), clock);
}

Result<std::unique_ptr<TextTransport>> make_http_text_transport(std::shared_ptr<http::Client> client,
                                                                HttpTextSettings settings)
{
    for (auto const& [what, pattern] : {std::pair<std::string_view, std::string_view>{"url", settings.url},
                                        {"voice url", settings.voice_url},
                                        {"body", settings.body},
                                        {"voice body", settings.voice_body}})
        TRY_DO(check_template(what, pattern));
    TRY_DO(check_url(settings.url));
    if (!settings.voice_url.empty())
        TRY_DO(check_url(settings.voice_url));
    std::vector<std::pair<std::string, std::string>> headers;
    for (auto const& header : settings.headers) {
        TRY_DO(check_template("header", header));
        TRY(auto pair, split_header(header));
        headers.push_back(std::move(pair));
    }
    TRY_DO(check_body(settings, settings.body));
    if (!settings.voice_body.empty())
        TRY_DO(check_body(settings, settings.voice_body));
    return std::make_unique<HttpTextTransport>(std::move(client), std::move(settings), std::move(headers));
}

} // namespace gatehouse::messages
