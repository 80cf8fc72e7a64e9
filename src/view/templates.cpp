#include "view/templates.hpp"

#include <boost/json.hpp>
#include <ctemplate/per_expand_data.h>
#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary_interface.h>
#include <deque>
#include <fmt/format.h>
#include <set>
#include <stdexcept>

namespace gatehouse::view {
namespace {

namespace json = boost::json;
using ctemplate::TemplateString;

std::string_view view_of(TemplateString const& text)
{
    return {text.data(), text.size()};
}

// What one expansion shares: texts of numbers, which must live until it ends, and how strict it is.
struct Expansion {
    bool strict = false;
    std::deque<std::string> numbers;
    // Noted here and thrown when the expansion has ended: ctemplate holds plain pointers while it runs.
    std::vector<std::string> faults;
};

// A JSON object seen as a ctemplate dictionary. Names that it lacks are looked up in the objects around it.
class JsonDictionary final : public ctemplate::TemplateDictionaryInterface {
public:
    JsonDictionary(json::object const& object, JsonDictionary const* outer, Expansion& expansion)
        : object_(&object), outer_(outer), expansion_(expansion)
    {
    }

protected:
    TemplateString GetValue(TemplateString const& variable) const override
    {
        auto const* value = find(view_of(variable));
        if (!value) {
            missing(view_of(variable));
            return {"", 0};
        }
        if (auto const* text = value->if_string())
            return {text->data(), text->size()};
        if (value->is_int64())
            return expansion_.numbers.emplace_back(fmt::format("{}", value->get_int64()));
        expansion_.faults.push_back(fmt::format("{} is not a text", view_of(variable)));
        return {"", 0};
    }
    bool IsHiddenSection(TemplateString const& name) const override { return !shown(view_of(name)); }
    bool IsUnhiddenSection(TemplateString const& name) const override { return shown(view_of(name)); }
    bool IsHiddenTemplate(TemplateString const&) const override { return true; }
    char const* GetIncludeTemplateName(TemplateString const&, int) const override { return ""; }
    Iterator* CreateTemplateIterator(TemplateString const&) const override { return iterate(nullptr); }
    Iterator* CreateSectionIterator(TemplateString const& name) const override { return iterate(find(view_of(name))); }
    void DumpToString(std::string* out, int) const override { *out += json::serialize(*object_); }

private:
    class Sections;
    Iterator* iterate(json::value const* value) const; // ctemplate deletes it
    json::value const* find(std::string_view name) const
    {
        for (auto const* scope = this; scope; scope = scope->outer_)
            if (auto const* value = scope->object_->if_contains(name))
                return value;
        return nullptr;
    }
    bool shown(std::string_view name) const
    {
        if (auto const* value = find(name))
            return truth(*value);
        if (name.starts_with("no_"))
            return !shown(name.substr(3));
        if (name.starts_with("any_"))
            return shown(name.substr(4));
        if (auto const split = name.find("__"); split != name.npos) {
            if (auto const* value = find(name.substr(0, split)); value && value->is_string())
                return std::string_view(value->get_string()) == name.substr(split + 2);
        }
        missing(name);
        return false;
    }
    static bool truth(json::value const& value)
    {
        switch (value.kind()) {
        case json::kind::bool_:
            return value.get_bool();
        case json::kind::string:
            return !value.get_string().empty();
        case json::kind::array:
            return !value.get_array().empty();
        case json::kind::object:
            return true;
        default:
            return false;
        }
    }
    void missing(std::string_view name) const
    {
        if (expansion_.strict)
            expansion_.faults.push_back(fmt::format("the model has no {}", name));
    }

    json::object const* object_;
    JsonDictionary const* outer_;
    Expansion& expansion_;
};

// Every element of an array, an object once; anything else opens no scope of its own.
class JsonDictionary::Sections final : public Iterator {
public:
    Sections(JsonDictionary const& outer, json::value const* value) : outer_(outer)
    {
        if (value && value->is_array()) {
            next_ = value->get_array().begin();
            end_ = value->get_array().end();
        } else if (value && value->is_object()) {
            next_ = value;
            end_ = value + 1;
        } else {
            same_scope_ = true;
        }
    }
    bool HasNext() const override { return same_scope_ || next_ != end_; }
    TemplateDictionaryInterface const& Next() override
    {
        if (std::exchange(same_scope_, false))
            return outer_;
        current_.emplace((next_++)->as_object(), &outer_, outer_.expansion_);
        return *current_;
    }

private:
    JsonDictionary const& outer_;
    json::value const* next_ = nullptr;
    json::value const* end_ = nullptr;
    bool same_scope_ = false;
    std::optional<JsonDictionary> current_;
};

JsonDictionary::Iterator* JsonDictionary::iterate(json::value const* value) const
{
    return new Sections(*this, value);
}

std::string escape_html(std::string_view text)
{
    std::string out;
    for (char const c : text) {
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
            out += "&#39;";
            break;
        // A text of a locale is never taken for a marker.
        case '{':
            out += "&#123;";
            break;
        case '}':
            out += "&#125;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

Refusal invalid(std::string detail)
{
    return refuse(ErrorKind::invalid, "invalid_template", "A page template cannot be used.").because(std::move(detail));
}

std::string_view trim(std::string_view text)
{
    auto const begin = text.find_first_not_of(" \t\r\n");
    return begin == text.npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

using Sources = std::map<std::string, std::string>;

// Puts partials and texts in place and takes away the indentation. Plain templates (*.txt) are not escaped.
Result<std::string> resolve(Sources const& sources, std::string const& name, Locale const& locale, bool html,
                            int depth = 0)
{
    auto const found = sources.find(name);
    if (found == sources.end())
        return invalid(fmt::format("there is no template {}", name));
    if (depth > 8)
        return invalid(fmt::format("{} includes itself", name));
    std::string_view rest = found->second;
    std::string out;
    while (true) {
        auto const open = rest.find("[[");
        out += rest.substr(0, open);
        if (open == rest.npos)
            break;
        rest.remove_prefix(open + 2);
        auto const close = rest.find("]]");
        if (close == rest.npos)
            return invalid(fmt::format("{}: [[ is not closed", name));
        auto const inner = trim(rest.substr(0, close));
        rest.remove_prefix(close + 2);
        if (inner.starts_with('>')) {
            TRY(auto partial, resolve(sources, std::string(trim(inner.substr(1))), locale, html, depth + 1));
            out += trim(partial);
        } else if (!locale.has(inner)) {
            return invalid(fmt::format("{}: {}.json has no text {}", name, locale.tag(), inner));
        } else {
            out += html ? escape_html(locale.text(inner)) : locale.text(inner);
        }
    }
    return out;
}

std::string without_indentation(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const line = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.empty())
            out.append(line).append("\n");
    }
    return out;
}

class CompiledTemplates final : public Templates {
public:
    explicit CompiledTemplates(bool strict) : strict_(strict) {}

    Result<void> add(Sources const& sources, std::string const& name, Locale const& locale)
    {
        bool const html = name.ends_with(".html");
        TRY(auto text, resolve(sources, name, locale, html));
        auto content = html ? "{{%AUTOESCAPE context=\"HTML\"}}" + without_indentation(text) : std::move(text);
        auto const key = key_of(name, locale);
        if (!cache_.StringToTemplateCache(key, content, ctemplate::DO_NOT_STRIP))
            return invalid(fmt::format("{} ({}) does not parse", name, locale.tag()));
        names_.insert(key);
        return {};
    }
    void freeze() { cache_.Freeze(); }

    Result<std::string> render(std::string_view name, json::object const& model, Locale const& locale) const override
    {
        auto const key = key_of(name, locale);
        if (!names_.contains(key))
            return invalid(fmt::format("there is no template {}", key));
        Expansion expansion{.strict = strict_};
        JsonDictionary const dictionary(model, nullptr, expansion);
        std::string out;
        out.reserve(8 * 1024);
        ctemplate::PerExpandData data;
        ctemplate::StringEmitter emitter(&out);
        bool const expanded = cache_.ExpandNoLoad(key, ctemplate::DO_NOT_STRIP, &dictionary, &data, &emitter);
        if (!expansion.faults.empty())
            throw std::logic_error(fmt::format("{}: {}", key, fmt::join(expansion.faults, ", ")));
        if (!expanded)
            return invalid(fmt::format("{} could not be expanded", key));
        return out;
    }

private:
    static std::string key_of(std::string_view name, Locale const& locale)
    {
        return fmt::format("{}/{}", locale.tag(), name);
    }
    bool strict_;
    std::set<std::string> names_;
    ctemplate::TemplateCache cache_;
};

} // namespace

Result<std::unique_ptr<Templates>> Templates::compile(Sources sources, Locales const& locales, bool strict)
{
    auto templates = std::make_unique<CompiledTemplates>(strict);
    for (auto const& [name, source] : sources) {
        if (name.starts_with("partials/"))
            continue;
        for (auto const& locale : locales.all())
            TRY_DO(templates->add(sources, name, *locale));
    }
    templates->freeze();
    return templates;
}

std::vector<std::string> text_keys_of(std::string_view source)
{
    std::vector<std::string> keys;
    for (auto open = source.find("[["); open != source.npos; open = source.find("[[", open + 2)) {
        auto const inner = trim(source.substr(open + 2, source.find("]]", open) - open - 2));
        if (!inner.starts_with('>'))
            keys.emplace_back(inner);
    }
    return keys;
}

} // namespace gatehouse::view
