#include "app/error_list.hpp"

#include "base/embedded.hpp"
#include "journey/page.hpp"
#include "view/pages.hpp"

namespace gatehouse::embedded {
std::span<EmbeddedFile const> error_list();
}

namespace gatehouse::app {

namespace {

// A row is "| `code` | meaning |".
std::optional<ExplainedCode> read_row(std::string_view line)
{
    constexpr std::string_view kBegin = "| `", kBetween = "` | ", kEnd = " |";
    auto const between = line.find(kBetween);
    if (!line.starts_with(kBegin) || !line.ends_with(kEnd) || between == std::string_view::npos)
        return std::nullopt;
    auto const meaning = line.substr(between + kBetween.size());
    return ExplainedCode{line.substr(kBegin.size(), between - kBegin.size()),
                         meaning.substr(0, meaning.size() - kEnd.size())};
}

std::vector<ExplainedCode> read_rows(std::string_view text)
{
    std::vector<ExplainedCode> rows;
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        if (auto const row = read_row(line))
            rows.push_back(*row);
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return rows;
}

view::ViewModel make_page()
{
    view::ViewModel page{.step = "errors",
                         .title = view::Text::plain("Error codes"),
                         .lead = view::Text::plain("Every refusal carries one of these codes. Decide by the code, "
                                                   "never by the words beside it.")};
    for (auto const& [code, meaning] : explained_codes()) {
        std::string words(meaning);
        std::erase(words, '`'); // Markdown's
        page.items.push_back({.title = view::Text::plain(std::string(code)),
                              .details = {view::Text::plain(std::move(words))},
                              .anchor = std::string(code)});
    }
    return page;
}

} // namespace

std::vector<ExplainedCode> const& explained_codes()
{
    static auto const rows = read_rows(embedded::error_list().front().content);
    return rows;
}

Route error_list_route(view::Pages const& pages, bool development)
{
    auto const model = std::make_shared<view::ViewModel const>(make_page());
    return {.method = http::Method::get,
            .pattern = "/errors",
            .endpoint = [&pages, development, model](Context const& context,
                                                     http::Request const& request) -> Task<Result<http::Response>> {
                co_return journey::page(pages, context, request, *model, {.development = development});
            },
            .audience = Audience::people};
}

} // namespace gatehouse::app
