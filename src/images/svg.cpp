// Drawings: read by libxml2, which fetches nothing and expands nothing, and written anew from what is on the lists.
#include "images/image.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <memory>

namespace gatehouse::images {

namespace {

constexpr std::string_view kNamespace = "http://www.w3.org/2000/svg";

// Shapes, their groups and their paint. No script, no style sheet, no text that needs fonts, no image, no link, no
// animation, nothing of another namespace, and no `use`, which can multiply without end.
constexpr std::string_view kElements[] = {"svg",  "g",        "path",           "rect",           "circle", "ellipse",
                                          "line", "polygon",  "polyline",       "defs",           "stop",   "title",
                                          "desc", "clipPath", "linearGradient", "radialGradient", "mask"};
constexpr std::string_view kAttributes[] = {"viewBox",
                                            "width",
                                            "height",
                                            "x",
                                            "y",
                                            "x1",
                                            "y1",
                                            "x2",
                                            "y2",
                                            "cx",
                                            "cy",
                                            "r",
                                            "rx",
                                            "ry",
                                            "fx",
                                            "fy",
                                            "d",
                                            "points",
                                            "fill",
                                            "fill-rule",
                                            "fill-opacity",
                                            "stroke",
                                            "stroke-width",
                                            "stroke-linecap",
                                            "stroke-linejoin",
                                            "stroke-miterlimit",
                                            "stroke-dasharray",
                                            "stroke-dashoffset",
                                            "stroke-opacity",
                                            "opacity",
                                            "transform",
                                            "id",
                                            "offset",
                                            "stop-color",
                                            "stop-opacity",
                                            "gradientUnits",
                                            "gradientTransform",
                                            "spreadMethod",
                                            "clip-path",
                                            "clip-rule",
                                            "clipPathUnits",
                                            "mask",
                                            "maskUnits",
                                            "preserveAspectRatio",
                                            "color",
                                            "version"};
// What drawing programs leave behind and nobody sees: dropped without a word. All else that is unknown is refused.
constexpr std::string_view kDropped[] = {"metadata", "namedview"};

bool contains(auto const& list, std::string_view text)
{
    return std::ranges::find(list, text) != std::end(list);
}

std::string_view text_of(xmlChar const* text)
{
    return text ? std::string_view(reinterpret_cast<char const*>(text)) : std::string_view();
}

Refusal refused(std::string const& what)
{
    return refuse(ErrorKind::invalid, "svg_refused",
                  fmt::format("The drawing holds {}, which may not stand in a logo. Export it as a plain SVG.", what));
}

// Letters, digits and the marks of numbers, colours and paths; "url(#name)" is the only reference, to the drawing
// itself.
bool is_harmless(std::string_view value)
{
    if (value.size() > 64 * 1024)
        return false;
    auto rest = std::string(value);
    if (rest.starts_with("url(#") && rest.ends_with(')')) {
        auto const name = std::string_view(rest).substr(5, rest.size() - 6);
        return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
            return std::isalnum(c) || c == '_' || c == '-' || c == '.';
        });
    }
    std::ranges::transform(rest, rest.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (rest.find("url") != rest.npos || rest.find("script") != rest.npos || rest.find("data:") != rest.npos)
        return false;
    return std::ranges::all_of(rest, [](unsigned char c) {
        return std::isalnum(c) ||
               (c < 0x80 && std::string_view(" \t\r\n.,+-#%()_;").find(static_cast<char>(c)) != std::string_view::npos);
    });
}

std::string escaped(std::string_view text)
{
    std::string out;
    for (char const c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

class Writer {
public:
    Result<void> element(xmlNode const& node, int depth)
    {
        constexpr int kDeepest = 64;
        constexpr std::size_t kMost = 20'000;
        if (depth > kDeepest || ++count_ > kMost)
            return refused("too much");
        auto const name = text_of(node.name);
        auto const space = node.ns ? text_of(node.ns->href) : std::string_view();
        if (space != kNamespace || !contains(kElements, name)) {
            if (contains(kDropped, name))
                return {};
            return refused(fmt::format("<{}>", name));
        }
        out_ += fmt::format("<{}", name);
        if (depth == 0)
            out_ += fmt::format(" xmlns=\"{}\"", kNamespace);
        TRY_DO(attributes(node));
        out_ += '>';
        for (auto const* child = node.children; child; child = child->next)
            TRY_DO(inside(*child, name, depth));
        out_ += fmt::format("</{}>", name);
        return {};
    }
    std::string take() { return std::move(out_); }

private:
    Result<void> attributes(xmlNode const& node)
    {
        for (auto const* attribute = node.properties; attribute; attribute = attribute->next) {
            auto const name = text_of(attribute->name);
            auto const space = attribute->ns ? text_of(attribute->ns->href) : std::string_view();
            bool const editors =
                !space.empty() && (space.find("inkscape") != space.npos || space.find("sodipodi") != space.npos ||
                                   space == "http://www.w3.org/XML/1998/namespace");
            if (editors || name == "class" || name == "role" || name.starts_with("data-") || name.starts_with("aria-"))
                continue;
            if (!space.empty() || !contains(kAttributes, name))
                return refused(fmt::format("the attribute \"{}\"", name));
            std::string value;
            for (auto const* part = attribute->children; part; part = part->next) {
                if (part->type != XML_TEXT_NODE)
                    return refused("an entity");
                value += text_of(part->content);
            }
            if (!is_harmless(value))
                return refused(fmt::format("an unusual value of \"{}\"", name));
            out_ += fmt::format(" {}=\"{}\"", name, escaped(value));
        }
        return {};
    }

    Result<void> inside(xmlNode const& child, std::string_view parent, int depth)
    {
        switch (child.type) {
        case XML_ELEMENT_NODE:
            return element(child, depth + 1);
        case XML_TEXT_NODE:
        case XML_CDATA_SECTION_NODE:
            if (parent == "title" || parent == "desc")
                out_ += escaped(text_of(child.content));
            return {};
        case XML_COMMENT_NODE:
            return {};
        default:
            return refused("an entity or an instruction");
        }
    }

    std::string out_;
    std::size_t count_ = 0;
};

} // namespace

Result<std::string> clean_svg(ByteView file, std::size_t most_bytes)
{
    if (file.size() > most_bytes)
        return refuse(ErrorKind::too_large, "image_too_large",
                      "The picture is too large. Make it smaller and try again.");
    // Said before it is parsed: a document type can make a parser work for ever.
    if (as_text(file).find("<!DOCTYPE") != std::string_view::npos ||
        as_text(file).find("<!ENTITY") != std::string_view::npos)
        return refused("a document type");
    static bool const ready = (xmlInitParser(), true); // before two threads parse
    static_cast<void>(ready);
    std::unique_ptr<xmlDoc, void (*)(xmlDoc*)> const document(
        xmlReadMemory(reinterpret_cast<char const*>(file.data()), static_cast<int>(file.size()), nullptr, "UTF-8",
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING),
        xmlFreeDoc);
    auto const* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
    if (!root || text_of(root->name) != "svg")
        return refuse(ErrorKind::invalid, "image_damaged", "The picture cannot be read. Save it anew and try again.");
    if (document->intSubset || document->extSubset)
        return refused("a document type");
    Writer writer;
    TRY_DO(writer.element(*root, 0));
    return writer.take();
}

} // namespace gatehouse::images
