#include "app/text_providers.hpp"

#include "phone/phone_number.hpp"

#include <fmt/format.h>

namespace gatehouse::app {
namespace {

using namespace options;

Refusal wrong(Option const& option, std::string_view why)
{
    return refuse(ErrorKind::invalid, "configuration_invalid", fmt::format("{}: {}", option.key, why));
}

Result<void> check_caller(Option const& option, std::string const& number)
{
    if (!number.empty() && !phone::parse(number))
        return wrong(option, "this is no phone number with + and the country's code.");
    return {};
}

template <class Options>
Result<messages::TwilioSettings> read_twilio(config::Settings const& settings)
{
    messages::TwilioSettings read{.url = settings.get(Options::kUrl),
                                  .account = settings.get(Options::kAccount),
                                  .key = settings.get(Options::kApiKey),
                                  .token = settings.get(Options::kToken),
                                  .from = settings.get(Options::kFrom),
                                  .messaging_service = settings.get(Options::kService),
                                  .voice_from = settings.get(Options::kVoiceFrom)};
    if (read.account.empty())
        return wrong(Options::kAccount, "the provider is named in texts.providers, so it must be set.");
    if (read.token.empty())
        return wrong(Options::kToken, "the provider is named in texts.providers, so it must be set.");
    if (read.from.empty() && read.messaging_service.empty())
        return wrong(Options::kFrom, "set it, or messaging_service.");
    TRY_DO(check_caller(Options::kVoiceFrom, read.voice_from));
    return read;
}

template <class Options>
messages::HttpTextSettings read_http(config::Settings const& settings)
{
    return {.method = http::parse_method(settings.get(Options::kMethod)),
            .url = settings.get(Options::kUrl),
            .headers = settings.get(Options::kHeaders),
            .content_type = settings.get(Options::kContentType),
            .body = settings.get(Options::kBody),
            .authorization = settings.get(Options::kAuthorization),
            .voice_url = settings.get(Options::kVoiceUrl),
            .voice_body = settings.get(Options::kVoiceBody)};
}

class Builder {
public:
    Builder(config::Settings const& settings, boost::asio::any_io_executor executor, Clock const& clock)
        : settings_(settings), executor_(std::move(executor)), clock_(clock)
    {
    }

    Result<std::unique_ptr<messages::TextTransport>> build(std::string_view name)
    {
        if (name == "twilio")
            return twilio<Twilio>();
        if (name == "twilio_backup")
            return twilio<TwilioBackup>();
        if (name == "http")
            return templated<HttpTexts>();
        return templated<HttpTextsBackup>();
    }

private:
    // What an operator has configured may stand inside the network; nothing else may be reached by this client.
    std::shared_ptr<http::Client> client(std::vector<std::string> const& urls) const
    {
        std::vector<std::string> allowed;
        for (auto const& url : urls)
            if (auto authority = messages::authority_of(url); !authority.empty())
                allowed.push_back(std::move(authority));
        return http::Client::create(executor_, {.allowed_hosts = std::move(allowed)});
    }

    template <class Options>
    Result<std::unique_ptr<messages::TextTransport>> twilio()
    {
        TRY(auto read, read_twilio<Options>(settings_));
        auto const with = client({read.url});
        return messages::make_twilio_transport(with, std::move(read), clock_);
    }
    template <class Options>
    Result<std::unique_ptr<messages::TextTransport>> templated()
    {
        auto read = read_http<Options>(settings_);
        auto const with = client({read.url, read.voice_url});
        auto made = messages::make_http_text_transport(with, std::move(read));
        if (!made)
            return wrong(Options::kUrl, made.error().message);
        return made;
    }

    config::Settings const& settings_;
    boost::asio::any_io_executor executor_;
    Clock const& clock_;
};

} // namespace

Result<std::unique_ptr<messages::FailoverTransport>>
make_text_providers(config::Settings const& settings, boost::asio::any_io_executor executor, Clock const& clock)
{
    Builder builder(settings, std::move(executor), clock);
    std::vector<messages::NamedProvider> providers;
    for (auto const& name : settings.get(kTextProviders)) {
        TRY(auto provider, builder.build(name));
        providers.push_back({name, std::move(provider)});
    }
    if (providers.empty())
        return nullptr;
    return messages::make_failover_transport(std::move(providers), clock);
}

} // namespace gatehouse::app
