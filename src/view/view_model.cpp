#include "view/view_model.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace gatehouse::view {
namespace {

namespace json = boost::json;

json::object text_json(Text const& text, Locale const& locale)
{
    json::object out;
    if (!text.key.empty())
        out["id"] = text.key;
    if (!text.arguments.empty()) {
        json::object arguments;
        for (auto const& [name, value] : text.arguments)
            std::visit(
                [&](auto const& each) {
                    if constexpr (std::is_same_v<std::decay_t<decltype(each)>, TimePoint>)
                        arguments[name] = to_rfc3339(each);
                    else
                        arguments[name] = each;
                },
                value);
        out["arguments"] = std::move(arguments);
    }
    out["text"] = locale.text(text);
    return out;
}

// Writes members of one object and leaves out what is empty.
class Writer {
public:
    Writer(json::object& out, Locale const& locale) : out_(out), locale_(locale) {}

    void text(std::string_view name, Text const& value)
    {
        if (!value.empty())
            out_[name] = text_json(value, locale_);
    }
    void words(std::string_view name, std::string_view value)
    {
        if (!value.empty())
            out_[name] = value;
    }
    void flag(std::string_view name, bool value)
    {
        if (value)
            out_[name] = true;
    }
    void number(std::string_view name, int value)
    {
        if (value != 0)
            out_[name] = value;
    }
    template <class Items, class Make>
    void list(std::string_view name, Items const& items, Make make)
    {
        if (items.empty())
            return;
        json::array all;
        for (auto const& item : items)
            all.push_back(make(item, locale_));
        out_[name] = std::move(all);
    }

private:
    json::object& out_;
    Locale const& locale_;
};

json::object message_json(Message const& message, Locale const& locale)
{
    auto out = text_json(message.text, locale);
    out["kind"] = to_string(message.kind);
    return out;
}

json::object option_json(Option const& option, Locale const& locale)
{
    return {{"value", option.value}, {"label", text_json(option.label, locale)}};
}

json::object link_json(Link const& link, Locale const& locale)
{
    json::object out{{"label", text_json(link.label, locale)}, {"href", link.href}};
    Writer(out, locale).text("lead", link.lead);
    return out;
}

json::object field_json(Field const& field, Locale const& locale)
{
    json::object out{{"name", field.name}, {"kind", to_string(field.kind)}};
    Writer writer(out, locale);
    writer.text("label", field.label);
    writer.text("hint", field.hint);
    writer.words("value", field.value);
    writer.flag("checked", field.checked);
    writer.flag("required", field.required);
    writer.flag("read_only", field.read_only);
    writer.words("autocomplete", field.autocomplete);
    writer.number("min_length", field.min_length);
    writer.number("max_length", field.max_length);
    if (!field.link.href.empty())
        out["link"] = link_json(field.link, locale);
    writer.words("minimum", field.minimum);
    writer.words("maximum", field.maximum);
    writer.words("step", field.step);
    writer.list("options", field.options, option_json);
    if (field.kind == FieldKind::choices)
        out["values"] = json::array(field.values.begin(), field.values.end());
    writer.text("error", field.error);
    return out;
}

json::object choice_json(Choice const& choice, Locale const& locale)
{
    json::object out{{"label", text_json(choice.label, locale)}, {"style", to_string(choice.style)}};
    Writer writer(out, locale);
    writer.words("name", choice.name);
    writer.words("value", choice.value);
    return out;
}

json::object item_json(Item const& item, Locale const& locale)
{
    json::object out{{"title", text_json(item.title, locale)}};
    Writer writer(out, locale);
    writer.list("details", item.details, text_json);
    writer.text("badge", item.badge);
    writer.words("icon", item.icon);
    writer.words("href", item.href);
    writer.list("choices", item.choices, choice_json);
    return out;
}

} // namespace

Field* ViewModel::field(std::string_view name)
{
    auto const found = std::ranges::find(fields, name, &Field::name);
    return found == fields.end() ? nullptr : &*found;
}

void ViewModel::fail(std::string_view name, Text error)
{
    if (auto* found = field(name); found && found->kind != FieldKind::hidden)
        found->error = std::move(error);
    else
        messages.push_back({MessageKind::error, std::move(error)});
}

bool ViewModel::has_errors() const
{
    return std::ranges::any_of(fields, [](Field const& field) { return !field.error.empty(); }) ||
           std::ranges::any_of(messages, [](Message const& each) { return each.kind == MessageKind::error; });
}

boost::json::object to_json(ViewModel const& model, Locale const& locale)
{
    json::object out{{"step", model.step}};
    Writer writer(out, locale);
    writer.text("title", model.title);
    writer.text("lead", model.lead);
    writer.list("paragraphs", model.paragraphs, text_json);
    writer.list("messages", model.messages, message_json);
    if (!model.application.name.empty()) {
        json::object application{{"name", model.application.name}};
        Writer(application, locale).words("logo", model.application.logo);
        out["application"] = std::move(application);
    }
    writer.words("account", model.account);
    if (!model.qr_code.content.empty())
        out["qr_code"] = {{"content", model.qr_code.content}};
    if (!model.keepsake.lines.empty()) {
        json::object keepsake{{"lines", json::array(model.keepsake.lines.begin(), model.keepsake.lines.end())}};
        Writer(keepsake, locale).text("label", model.keepsake.label);
        out["keepsake"] = std::move(keepsake);
    }
    writer.list("fields", model.fields, field_json);
    writer.text("items_title", model.items_title);
    writer.list("items", model.items, item_json);
    writer.list("choices", model.choices, choice_json);
    writer.list("links", model.links, link_json);
    writer.text("note", model.note);
    writer.words("reference", model.reference);
    auto extra = model.extra;
    if (!model.passkey.options.empty())
        extra["passkey"] = model.passkey.options;
    if (!extra.empty())
        out["extra"] = std::move(extra);
    return out;
}

std::string_view to_string(MessageKind kind)
{
    switch (kind) {
    case MessageKind::error:
        return "error";
    case MessageKind::info:
        return "info";
    case MessageKind::success:
        return "success";
    }
    return "info";
}

std::string_view to_string(FieldKind kind)
{
    switch (kind) {
    case FieldKind::text:
        return "text";
    case FieldKind::email:
        return "email";
    case FieldKind::username:
        return "username";
    case FieldKind::password:
        return "password";
    case FieldKind::code:
        return "code";
    case FieldKind::hidden:
        return "hidden";
    case FieldKind::checkbox:
        return "checkbox";
    case FieldKind::select:
        return "select";
    case FieldKind::choices:
        return "choices";
    case FieldKind::number:
        return "number";
    case FieldKind::date:
        return "date";
    case FieldKind::phone:
        return "phone";
    case FieldKind::url:
        return "url";
    case FieldKind::long_text:
        return "long_text";
    }
    return "text";
}

std::string_view to_string(PasskeyCeremony ceremony)
{
    switch (ceremony) {
    case PasskeyCeremony::get:
        return "get";
    case PasskeyCeremony::create:
        return "create";
    case PasskeyCeremony::signal:
        return "signal";
    }
    return "get";
}

std::string_view to_string(ChoiceStyle style)
{
    switch (style) {
    case ChoiceStyle::primary:
        return "primary";
    case ChoiceStyle::secondary:
        return "secondary";
    case ChoiceStyle::link:
        return "link";
    case ChoiceStyle::danger:
        return "danger";
    }
    return "primary";
}

} // namespace gatehouse::view
