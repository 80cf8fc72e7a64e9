#include "view/template_check.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <utility>

namespace gatehouse::view {
namespace {

bool contains(auto const& list, std::string_view text)
{
    return std::ranges::find(list, text) != std::end(list);
}

// Mails come first in the list of names by their folder; nothing but these is ever replaced.
constexpr std::string_view kReplaceable[] = {"mail/message.html",  "mail/message.txt", "partials/brand.html",
                                             "partials/foot.html", "portal.html",      "step.html"};

constexpr std::string_view kElements[] = {
    "a",          "abbr",   "address", "article", "aside",   "b",      "bdi",   "blockquote", "body", "br",
    "cite",       "code",   "col",     "dd",      "details", "div",    "dl",    "dt",         "em",   "figure",
    "figcaption", "footer", "h1",      "h2",      "h3",      "h4",     "h5",    "h6",         "head", "header",
    "hr",         "html",   "i",       "img",     "li",      "main",   "nav",   "ol",         "p",    "picture",
    "pre",        "q",      "s",       "section", "small",   "source", "span",  "strong",     "sub",  "summary",
    "sup",        "table",  "tbody",   "td",      "tfoot",   "th",     "thead", "time",       "tr",   "u",
    "ul",         "wbr",    "svg",     "path",    "circle",  "rect",   "line",  "g"};
constexpr std::string_view kShapes[] = {"circle", "line", "path", "rect"};
constexpr std::string_view kMailElements[] = {"meta", "style", "title", "center"};
constexpr std::string_view kVoid[] = {"br", "col", "hr", "img", "meta", "source", "wbr"};
constexpr std::string_view kAttributes[] = {
    "alt",      "class", "colspan",   "datetime", "dir",     "height", "href",        "hreflang",
    "id",       "lang",  "media",     "role",     "rowspan", "scope",  "src",         "srcset",
    "tabindex", "title", "translate", "width",    "viewBox", "d",      "cx",          "cy",
    "r",        "x",     "y",         "rx",       "fill",    "stroke", "stroke-width"};
constexpr std::string_view kMailAttributes[] = {"align",   "bgcolor", "border", "cellpadding", "cellspacing",
                                                "charset", "content", "name",   "style",       "valign"};
constexpr std::string_view kAddresses[] = {"href", "src", "srcset"};
// The only markers that are addresses of images.
constexpr std::string_view kImages[] = {"application_logo", "brand_dark_logo", "brand_logo", "dark_logo", "logo"};

// And of the pages and mails: links that the server makes. A text that somebody typed is none of them.
constexpr std::string_view kLinks[] = {"about_href", "home",    "item_href", "language_href", "link",
                                       "link_href",  "mailbox", "nav_href",  "sign_out"};
// Colours and measures of the theme, which were checked when they were set.
constexpr std::string_view kStyles[] = {
    "accent",    "accent_text",    "background",  "card_radius", "dark_accent",  "dark_accent_text", "dark_background",
    "dark_line", "dark_on_accent", "dark_raised", "dark_soft",   "dark_surface", "dark_text",        "font",
    "line",      "on_accent",      "radius",      "raised",      "soft",         "surface",          "text"};
// Attributes that may hold what a style holds.
constexpr std::string_view kPaints[] = {"fill", "stroke", "style"};

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_name_character(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}
bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_marker_name(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// One pass over a source. What is open (elements and sections together) closes in the reverse order, and where it was
// opened: a section that begins in a tag does not end outside of it.
class Checker {
public:
    Checker(std::string_view name, std::string_view source, Locales const* locales, std::string const& pointer)
        : mail_(name.starts_with("mail/")), html_(name.ends_with(".html")), source_(source), locales_(locales),
          pointer_(pointer)
    {
    }

    Result<void> run()
    {
        while (at_ < source_.size()) {
            if (starts("{{")) {
                TRY_DO(marker());
            } else if (starts("[[")) {
                TRY_DO(text_or_partial());
            } else if (html_ && source_[at_] == '<') {
                TRY_DO(tag());
            } else if (static_cast<unsigned char>(source_[at_]) < 0x20 && !is_space(source_[at_])) {
                return wrong("a control character");
            } else {
                step(1);
            }
        }
        if (!open_.empty())
            return wrong(fmt::format("{} is not closed", open_.back().what));
        return {};
    }

    // Partials by the sections that they stand in: "view>partials/form.html".
    std::vector<std::string> const& partials() const { return partials_; }
    Refusal wrong(std::string what) const
    {
        auto const line = 1 + std::ranges::count(source_.substr(0, at_), '\n');
        return refuse(ErrorKind::invalid, "invalid_template", fmt::format("Line {}: {}.", line, what))
            .at(pointer_)
            .with("line", std::to_string(line));
    }

private:
    bool starts(std::string_view text) const { return source_.substr(at_).starts_with(text); }
    void step(std::size_t count) { at_ = std::min(at_ + count, source_.size()); }
    void skip_spaces()
    {
        while (at_ < source_.size() && is_space(source_[at_]))
            step(1);
    }

    Result<void> open(std::string what)
    {
        if (open_.size() > 60)
            return wrong("too much is nested");
        open_.push_back({.what = std::move(what), .place = place_});
        return {};
    }
    Result<void> close(std::string const& what)
    {
        if (open_.empty() || open_.back().what != what)
            return wrong(
                fmt::format("{} is closed, but {} is open", what, open_.empty() ? "nothing" : open_.back().what));
        if (open_.back().place != place_)
            return wrong(fmt::format("{} is closed elsewhere than where it was opened", what));
        open_.pop_back();
        return {};
    }

    // {{name}}, {{#name}}, {{/name}}: nothing else. Modifiers, comments, includes, pragmas and other delimiters could
    // switch escaping off.
    Result<std::string> marker()
    {
        auto const end = source_.find("}}", at_);
        if (end == source_.npos)
            return wrong("{{ is not closed");
        auto inner = source_.substr(at_ + 2, end - at_ - 2);
        auto const kind = inner.empty() ? '\0' : inner.front();
        if (kind == '#' || kind == '/')
            inner.remove_prefix(1);
        if (!is_marker_name(inner))
            return wrong(
                fmt::format("\"{{{{{}}}}}\" is no marker that may stand here", source_.substr(at_ + 2, end - at_ - 2)));
        auto const section = "section " + std::string(inner);
        if (kind == '#')
            TRY_DO(open(section));
        if (kind == '/')
            TRY_DO(close(section));
        step(end + 2 - at_);
        return kind == '#' || kind == '/' ? std::string() : std::string(inner);
    }

    Result<void> text_or_partial()
    {
        auto const end = source_.find("]]", at_);
        if (end == source_.npos)
            return wrong("[[ is not closed");
        std::string inner(source_.substr(at_ + 2, end - at_ - 2));
        std::erase_if(inner, is_space);
        if (inner.starts_with('>')) {
            auto const partial = inner.substr(1);
            if (place_ != kText || !partial.starts_with("partials/"))
                return wrong(fmt::format("\"{}\" cannot be included here", partial));
            std::string place;
            for (auto const& [what, where] : open_)
                if (what.starts_with("section "))
                    place += what.substr(8) + ">";
            partials_.push_back(place + partial);
        } else if (locales_ && !locales_->fallback().has(inner)) {
            return wrong(fmt::format("there is no text \"{}\"", inner));
        }
        step(end + 2 - at_);
        return {};
    }

    Result<void> tag()
    {
        if (starts("<!")) {
            if (!starts("<!doctype html>"))
                return wrong("comments and declarations other than <!doctype html> may not stand here");
            step(15);
            return {};
        }
        bool const closing = starts("</");
        step(closing ? 2 : 1);
        auto const begin = at_;
        while (at_ < source_.size() && is_name_character(source_[at_]))
            step(1);
        auto name = std::string(source_.substr(begin, at_ - begin));
        std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        if (name.empty())
            return wrong("\"<\" that begins no element is written &lt;");
        if (!contains(kElements, name) && !(mail_ && contains(kMailElements, name)))
            return wrong(fmt::format("<{}> may not stand in a template", name));
        if (closing) {
            skip_spaces();
            if (!starts(">"))
                return wrong(fmt::format("</{} is not closed", name));
            step(1);
            return close("<" + name + ">");
        }
        TRY(bool const closed, attributes(name));
        if (closed)
            return {};
        if (name == "style")
            return style();
        if (!contains(kVoid, name))
            TRY_DO(open("<" + name + ">"));
        return {};
    }

    // Whether it closes itself: only the shapes of a drawing do; elsewhere browsers pass the "/" over.
    Result<bool> attributes(std::string const& element)
    {
        place_ = ++places_;
        for (;;) {
            skip_spaces();
            if (at_ >= source_.size())
                return wrong(fmt::format("<{} is not closed", element));
            if (starts(">"))
                break;
            if (starts("/>")) {
                if (!contains(kShapes, element))
                    return wrong(fmt::format("<{}> does not close itself", element));
                step(2);
                place_ = kText;
                return true;
            }
            if (starts("{{")) {
                TRY(auto const value, marker());
                if (!value.empty())
                    return wrong("a marker may stand in the value of an attribute only");
                continue;
            }
            TRY_DO(attribute());
        }
        step(1);
        place_ = kText;
        return false;
    }

    Result<void> attribute()
    {
        auto const begin = at_;
        if (!is_space(source_[begin - 1])) // sections of no text would join it to what is in front
            return wrong("a space stands in front of each attribute");
        while (at_ < source_.size() && is_name_character(source_[at_]))
            step(1);
        auto const name = std::string(source_.substr(begin, at_ - begin));
        bool const known =
            contains(kAttributes, name) || name.starts_with("aria-") || (mail_ && contains(kMailAttributes, name));
        if (!known)
            return wrong(name.empty() ? "this cannot be read as an attribute"
                                      : fmt::format("the attribute \"{}\" may not stand in a template", name));
        if (!starts("=\""))
            return wrong(fmt::format("write {}=\"...\", with quotes", name));
        step(2);
        auto const value_begin = at_;
        auto const tag = std::exchange(place_, ++places_);
        std::vector<std::string> markers;
        while (at_ < source_.size() && source_[at_] != '"') {
            if (starts("{{")) {
                TRY(auto marked, marker());
                if (!marked.empty())
                    markers.push_back(std::move(marked));
            } else if (starts("[[")) {
                TRY_DO(text_or_partial());
            } else {
                step(1);
            }
        }
        if (at_ >= source_.size())
            return wrong(fmt::format("the value of {} is not closed", name));
        auto const value = source_.substr(value_begin, at_ - value_begin);
        step(1);
        place_ = tag;
        if (contains(kAddresses, name))
            return address(name, value, markers);
        return contains(kPaints, name) ? css(value, markers) : Result<void>();
    }

    // An address is one marker that the server fills in, or stands here as it is: what people typed, or a code, never
    // becomes a part of one.
    Result<void> address(std::string const& attribute, std::string_view value, std::vector<std::string> const& markers)
    {
        bool const image = attribute != "href";
        if (!markers.empty()) {
            auto const known = image ? contains(kImages, markers.front()) : contains(kLinks, markers.front());
            if (markers.size() != 1 || value != "{{" + markers.front() + "}}" || !known)
                return wrong(
                    fmt::format("{} is one whole marker of an address, or an address without markers", attribute));
            return {};
        }
        if (value.find_first_of("\\ \t\n<>'[{") != value.npos)
            return wrong(fmt::format("{} holds no address", attribute));
        bool const local = value.starts_with('/') && !value.starts_with("//");
        bool const elsewhere = value.starts_with("https://") && (!image || mail_);
        bool const other =
            !image && (value.starts_with('#') || value.starts_with("mailto:") || value.starts_with("tel:"));
        if (!local && !elsewhere && !other)
            return wrong(image ? fmt::format("{} is a path of this site: upload the image", attribute)
                               : fmt::format("{} is a path of this site or an https address", attribute));
        return {};
    }

    // What a browser makes of it: sections may be of no text, and join what stands around them. Entities, comments and
    // texts are not needed here.
    Result<void> css(std::string_view text, std::vector<std::string> const& markers)
    {
        for (auto const& marker : markers)
            if (!contains(kStyles, marker))
                return wrong(fmt::format("{{{{{}}}}} is no colour or measure of the theme", marker));
        std::string plain;
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (!text.substr(at).starts_with("{{")) {
                plain += text[at];
                continue;
            }
            at = text.find("}}", at) + 1;
        }
        if (forbidden_in_css(plain))
            return wrong("a style may fetch nothing");
        return {};
    }

    static bool forbidden_in_css(std::string_view css)
    {
        std::string lower(css);
        std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        for (auto const* word : {"url", "@import", "expression", "\\", "behavior", "-moz-binding", "image(",
                                 "image-set(", "src(", "&", "/*", "[[", "<"})
            if (lower.find(word) != lower.npos)
                return true;
        return false;
    }

    // Of mails only: its text up to the end, with markers.
    Result<void> style()
    {
        auto const end = source_.find("</style>", at_);
        if (end == source_.npos)
            return wrong("<style> is not closed");
        auto const text = source_.substr(at_, end - at_);
        place_ = ++places_;
        std::vector<std::string> markers;
        while (at_ < end) {
            if (starts("{{")) {
                TRY(auto marked, marker());
                if (!marked.empty())
                    markers.push_back(std::move(marked));
            } else {
                step(1);
            }
        }
        place_ = kText;
        step(8);
        return css(text, markers);
    }

    bool mail_, html_;
    std::string_view source_;
    Locales const* locales_;
    std::string const& pointer_;
    std::size_t at_ = 0;
    // Each tag, value and style is a place of its own; what stands between them is one.
    static constexpr int kText = 0;
    int place_ = kText;
    int places_ = kText;
    struct Open {
        std::string what;
        int place;
    };
    std::vector<Open> open_;
    std::vector<std::string> partials_;
};

} // namespace

bool is_replaceable(std::string_view name)
{
    return contains(kReplaceable, name);
}

std::vector<std::string> replaceable_templates()
{
    return {std::begin(kReplaceable), std::end(kReplaceable)};
}

Result<void> check_template(std::string_view name, std::string_view source, std::string_view built_in,
                            Locales const& locales, std::string const& pointer)
{
    constexpr std::size_t kMost = 64 * 1024;
    if (source.size() > kMost)
        return refuse(ErrorKind::invalid, "invalid_template", "A template has at most 64 KB.").at(pointer);
    Checker checker(name, source, &locales, pointer);
    TRY_DO(checker.run());
    Checker standard(name, built_in, nullptr, pointer);
    TRY_DO(standard.run());
    auto const& wanted = standard.partials();
    for (auto const& place : checker.partials())
        if (!contains(wanted, place) || std::ranges::count(checker.partials(), place) > 1)
            return refuse(
                       ErrorKind::invalid, "invalid_template",
                       fmt::format("[[> {}]] stands where it may not, or twice.", place.substr(place.rfind('>') + 1)))
                .at(pointer);
    // The name, the face and the foot may go; what a page is there for may not.
    for (auto const& place : wanted)
        if (!place.ends_with("partials/brand.html") && !place.ends_with("partials/foot.html") &&
            !place.ends_with("partials/tile_picture.html") && !contains(checker.partials(), place))
            return refuse(ErrorKind::invalid, "invalid_template",
                          fmt::format("[[> {}]] is missing{}.", place.substr(place.rfind('>') + 1),
                                      place.find('>') == place.npos ? "" : ", in the section where it was"))
                .at(pointer);
    return {};
}

std::vector<std::string> controls_of(std::string_view html)
{
    constexpr std::string_view kControls[] = {"a", "button", "form", "h1", "input", "option", "select", "textarea"};
    std::vector<std::string> controls;
    for (auto at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
        auto const end = html.find('>', at);
        if (end == html.npos)
            break;
        auto const tag = html.substr(at + 1, end - at - 1);
        auto const name = tag.substr(0, tag.find_first_of(" \n\t"));
        if (!contains(kControls, name))
            continue;
        if (name == "h1") {
            controls.emplace_back(name);
        } else if (name != "a") {
            controls.emplace_back(tag);
        } else if (tag.find("hreflang=") == tag.npos && tag.find("class=\"brand\"") == tag.npos &&
                   tag.find("class=\"development\"") == tag.npos) {
            auto const href = tag.find("href=\"");
            if (href != tag.npos)
                controls.emplace_back("a " + std::string(tag.substr(href, tag.find('"', href + 6) - href)));
        }
    }
    return controls;
}

} // namespace gatehouse::view
