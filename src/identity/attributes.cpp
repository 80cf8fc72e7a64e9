#include "identity/attributes.hpp"

#include <algorithm>

namespace gatehouse::identity {

namespace {

using Type = AttributeType;

Attribute standard(std::string name, Type type, std::string scope, std::string autocomplete = {})
{
    return {
        .name = std::move(name), .type = type, .scopes = {std::move(scope)}, .autocomplete = std::move(autocomplete)};
}

std::string text_of(boost::json::value const& value)
{
    return value.is_string() ? std::string(value.get_string()) : std::string();
}

bool concerns(std::vector<std::string> const& applications, std::string_view client_id)
{
    return std::ranges::find(applications, client_id) != applications.end();
}

} // namespace

std::string_view to_string(AttributeType type)
{
    return shapes::choice_at(choices_of(static_cast<AttributeType const*>(nullptr)), static_cast<std::size_t>(type));
}

std::string words_for(Words const& words, std::string_view locale)
{
    if (words.empty())
        return {};
    for (auto tag = locale; !tag.empty();) {
        if (auto const* found = words.if_contains(boost::json::string_view(tag.data(), tag.size())))
            return text_of(*found);
        auto const dash = tag.rfind('-');
        tag = dash == std::string_view::npos ? std::string_view() : tag.substr(0, dash);
    }
    if (auto const* english = words.if_contains("en"))
        return text_of(*english);
    return text_of(words.begin()->value());
}

std::vector<Attribute> const& standard_attributes()
{
    static auto const attributes = [] {
        std::vector<Attribute> all{
            standard("name", Type::text, "profile", "name"),
            standard("given_name", Type::text, "profile", "given-name"),
            standard("family_name", Type::text, "profile", "family-name"),
            standard("middle_name", Type::text, "profile", "additional-name"),
            standard("nickname", Type::text, "profile", "nickname"),
            standard("profile", Type::url, "profile", "url"),
            standard("picture", Type::url, "profile", "photo"),
            standard("website", Type::url, "profile", "url"),
            standard("gender", Type::text, "profile", "sex"),
            standard("birthdate", Type::date, "profile", "bday"),
            standard("zoneinfo", Type::time_zone, "profile"),
            standard("locale", Type::locale, "profile", "language"),
            standard("address", Type::address, "address"),
        };
        for (auto& attribute : all)
            if (attribute.type == Type::text)
                attribute.max_length = 256;
        return all;
    }();
    return attributes;
}

Attribute const* ProfileSchema::find(std::string_view name) const
{
    auto const found = std::ranges::find(attributes, name, &Attribute::name);
    return found == attributes.end() ? nullptr : &*found;
}

RegistrationForm const* ProfileSchema::form_for(std::string_view client_id) const
{
    auto const own = std::ranges::find_if(
        forms, [&](RegistrationForm const& form) { return concerns(form.applications, client_id); });
    if (own != forms.end())
        return &*own;
    auto const general =
        std::ranges::find_if(forms, [](RegistrationForm const& form) { return form.applications.empty(); });
    return general == forms.end() ? nullptr : &*general;
}

std::vector<FormPage> ProfileSchema::registration_pages(std::string_view client_id) const
{
    if (auto const* form = form_for(client_id))
        return form->pages;
    FormPage page;
    if (auto const* name = find("name"); name && name->user == Access::edit)
        page.fields.push_back({.attribute = "name", .required = true});
    return {page};
}

} // namespace gatehouse::identity
