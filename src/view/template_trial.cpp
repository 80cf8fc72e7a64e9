#include "view/template_trial.hpp"

#include "view/fixtures.hpp"
#include "view/mail_model.hpp"
#include "view/templates.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace gatehouse::view {
namespace {

std::string place(std::string const& pointer, std::string_view name)
{
    std::string token; // RFC 6901 section 3
    for (char const c : name)
        token += c == '/' ? std::string("~1") : c == '~' ? std::string("~0") : std::string(1, c);
    return pointer + "/" + token;
}

class Trial {
public:
    Trial(Pages const& pages, Templates const& templates, TemplateSources const& own, std::string const& pointer)
        : pages_(pages), templates_(templates), own_(own), pointer_(pointer)
    {
    }

    Result<void> run() const
    {
        bool const mails = own_.contains("mail/message.html") || own_.contains("mail/message.txt");
        bool const shown = std::ranges::any_of(own_, [](auto const& one) { return !one.first.starts_with("mail/"); });
        // A language from left to right and one from right to left: they differ in what sections show.
        for (auto const* tag : {"en", "ar"}) {
            auto const* locale = pages_.locales().find(tag);
            if (!locale)
                continue;
            if (shown)
                for (bool const development : {false, true})
                    for (auto const& fixture : page_fixtures())
                        TRY_DO(page(fixture, *locale, development));
            if (mails)
                for (auto const& fixture : mail_fixtures())
                    TRY_DO(mail(fixture, *locale));
        }
        return {};
    }

private:
    Result<void> page(Fixture const& fixture, Locale const& locale, bool development) const
    {
        auto context = fixture_context(locale);
        context.development = development;
        auto const wanted = controls_of(render(pages_, fixture, context));
        context.templates = &templates_;
        TRY(auto const html, guarded(fixture.name, [&] { return render(pages_, fixture, context); }));
        auto const found = controls_of(html);
        for (auto const& control : wanted)
            if (std::ranges::count(found, control) < std::ranges::count(wanted, control))
                return wrong(fmt::format("On the page \"{}\", <{}> is missing.", fixture.name, control), {});
        return {};
    }

    Result<void> mail(MailFixture const& fixture, Locale const& locale) const
    {
        auto const model = mail_json(fixture.words, *make_look({}), "https://id.example.com", locale);
        for (auto const* name : {"mail/message.html", "mail/message.txt"}) {
            TRY(auto const text, guarded(fixture.name, [&]() -> std::string {
                    auto rendered = pages_.render_template(name, model, locale, &templates_);
                    if (!rendered)
                        throw std::logic_error(rendered.error().detail);
                    return *std::move(rendered);
                }));
            // A mail whose code or link is gone would lock people out.
            for (auto const& needed : {fixture.words.code, fixture.words.link})
                if (!needed.empty() && text.find(needed) == text.npos)
                    return wrong(fmt::format("In the mail \"{}\", {} shows no {}.", fixture.name, name,
                                             needed == fixture.words.code ? "code" : "link"),
                                 name);
        }
        return {};
    }

    // What a strict expansion throws is the template's mistake here.
    template <class Render>
    Result<std::string> guarded(std::string const& example, Render rendered) const
    {
        try {
            return rendered();
        } catch (std::logic_error const& mistake) {
            return unexpected_of(example, mistake.what());
        }
    }

    std::unexpected<Error> unexpected_of(std::string const& example, std::string_view what) const
    {
        // "en/step.html: the model has no weather": the line is where that marker stands.
        constexpr std::string_view kNone = "the model has no ";
        auto const at = what.find(kNone);
        if (at == what.npos)
            return wrong(fmt::format("\"{}\" cannot be shown: {}.", example, what), {});
        auto const name = what.substr(at + kNone.size());
        auto const marker = std::string(name.substr(0, name.find(',')));
        for (auto const& [file, source] : own_)
            for (auto const* begin : {"{{", "{{#"})
                if (auto const found = source.find(begin + marker + "}}"); found != source.npos) {
                    auto const line = 1 + std::ranges::count(source.substr(0, found), '\n');
                    return wrong(
                               fmt::format("Line {}: there is nothing called \"{}\" on \"{}\".", line, marker, example),
                               file)
                        .with("line", std::to_string(line));
                }
        return wrong(fmt::format("\"{}\" cannot be shown: there is nothing called \"{}\".", example, marker), {});
    }

    Refusal wrong(std::string what, std::string_view name) const
    {
        return refuse(ErrorKind::invalid, "invalid_template", std::move(what))
            .at(place(pointer_, name.empty() ? std::string_view(own_.begin()->first) : name));
    }

    Pages const& pages_;
    Templates const& templates_;
    TemplateSources const& own_;
    std::string const& pointer_;
};

} // namespace

Result<void> try_templates(Pages const& pages, TemplateSources const& built_in, TemplateSources const& own,
                           std::string const& pointer)
{
    auto sources = built_in;
    for (auto const& [name, source] : own) {
        if (!is_replaceable(name))
            return refuse(ErrorKind::invalid, "invalid_template",
                          fmt::format("There is no template \"{}\" to replace. There are: {}.", name,
                                      fmt::join(replaceable_templates(), ", ")))
                .at(place(pointer, name));
        TRY_DO(check_template(name, source, built_in.at(name), pages.locales(), place(pointer, name)));
        sources.insert_or_assign(name, source);
    }
    if (own.empty())
        return {};
    auto templates = Templates::compile(std::move(sources), pages.locales(), true);
    if (!templates)
        return refuse(ErrorKind::invalid, "invalid_template",
                      fmt::format("The templates cannot be used: {}.", templates.error().detail))
            .at(place(pointer, own.begin()->first));
    return Trial(pages, **templates, own, pointer).run();
}

} // namespace gatehouse::view
