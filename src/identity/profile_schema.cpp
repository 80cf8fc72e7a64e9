#include "identity/profile_schema.hpp"

#include "base/words.hpp"
#include "events/types.hpp"
#include "identity/attribute_pattern.hpp"
#include "identity/changes.hpp"
#include "identity/profile_schema_shape.hpp"
#include "identity/profile_schema_store.hpp"
#include "identity/text.hpp"
#include "identity/users.hpp"
#include "vault/vault.hpp"

#include <algorithm>

namespace gatehouse::identity {

namespace json = boost::json;
using Type = AttributeType;

namespace {

// What forms send besides attributes.
constexpr std::string_view kFormWords[] = {"action",    "accept",  "application", "challenge",  "code",
                                           "csrf",      "current", "draft",       "identifier", "journey",
                                           "new_email", "passkey", "password",    "page",       "session",
                                           "step",      "use",     "ui_locales",  "invitation"};
constexpr std::string_view kOwnScopes = "claims:";

std::string_view view(json::string const& text)
{
    return {text.data(), text.size()};
}

Refusal invalid(std::string pointer, std::string message)
{
    return refuse(ErrorKind::invalid, "schema_invalid", std::move(message)).at(std::move(pointer));
}

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_attribute_name(std::string_view name)
{
    return !name.empty() && is_letter(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool has_choices(Type type)
{
    return type == Type::choice || type == Type::choice_list;
}
bool is_texts(Type type)
{
    return type == Type::text || type == Type::long_text || type == Type::text_list;
}
bool is_list(Type type)
{
    return type == Type::text_list || type == Type::choice_list;
}
bool is_numeric(Type type)
{
    return type == Type::integer || type == Type::number;
}

// Whether every value of `before` is one of `after`.
bool widens(Type before, Type after)
{
    switch (after) {
    case Type::text:
        return before == Type::choice || before == Type::email || before == Type::phone || before == Type::country ||
               before == Type::locale || before == Type::time_zone || before == Type::date;
    case Type::long_text:
        return before == Type::text || before == Type::choice;
    case Type::number:
        return before == Type::integer;
    case Type::text_list:
        return before == Type::choice_list;
    default:
        return before == after;
    }
}

Result<void> check_name(Attribute const& attribute, std::string const& pointer)
{
    if (!is_attribute_name(attribute.name))
        return invalid(pointer + "/name", "A name is a letter, then letters, digits and underscores.");
    if (is_reserved_claim(attribute.name) || std::ranges::find(kFormWords, attribute.name) != std::end(kFormWords))
        return invalid(pointer + "/name",
                       fmt::format("\"{}\" means something else already. Choose another name.", attribute.name));
    auto const& claim = attribute.claim_name();
    auto const readable =
        std::ranges::all_of(claim, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
    if (is_reserved_claim(claim) || !readable)
        return invalid(pointer + "/claim", "This claim is Gatehouse's own, or no name of a claim.");
    for (std::size_t i = 0; i < attribute.scopes.size(); ++i) {
        auto const& scope = attribute.scopes[i];
        auto const own =
            scope.starts_with(kOwnScopes) && scope.size() > kOwnScopes.size() && scope.size() <= 128 &&
            std::ranges::all_of(scope, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
        if (!own && scope != "profile" && scope != "email" && scope != "phone" && scope != "address")
            return invalid(fmt::format("{}/scopes/{}", pointer, i),
                           "A scope is profile, email, phone, address, or one of yours that begins with \"claims:\".");
    }
    return {};
}

Result<void> check_choices(Attribute const& attribute, std::string const& pointer)
{
    if (has_choices(attribute.type) == attribute.choices.empty())
        return invalid(pointer + "/choices", has_choices(attribute.type) ? "Say what may be chosen."
                                                                         : "Only choice and choice_list have choices.");
    for (std::size_t i = 0; i < attribute.choices.size(); ++i) {
        auto const where = fmt::format("{}/choices/{}", pointer, i);
        auto const& value = attribute.choices[i].value;
        if (has_control_characters(value) || trim(value) != value)
            return invalid(where + "/value", "A value has no control characters, and no spaces at its ends.");
        TRY_DO(check_words(attribute.choices[i].label, where + "/label"));
        for (std::size_t k = 0; k < i; ++k)
            if (attribute.choices[k].value == value)
                return invalid(where + "/value", "This value stands in the list already.");
    }
    return {};
}

bool is_bound(Type type, json::value const& bound)
{
    if (is_numeric(type))
        return bound.is_number();
    auto const* text = bound.if_string();
    if (type != Type::date || !text)
        return false;
    if (!view(*text).starts_with("today"))
        return check_value({.name = "bound", .type = Type::date}, bound, "", TimePoint{}).has_value();
    auto const rest = view(*text).substr(5);
    auto const years = rest.size() >= 3 && rest.size() <= 5 && (rest.front() == '-' || rest.front() == '+') &&
                       rest.back() == 'y' &&
                       rest.substr(1, rest.size() - 2).find_first_not_of("0123456789") == std::string_view::npos;
    return rest.empty() || years;
}

Result<void> check_limits(Attribute const& attribute, std::string const& pointer)
{
    auto const type = attribute.type;
    if (!is_texts(type) && (attribute.min_length || attribute.max_length))
        return invalid(pointer + (attribute.min_length ? "/min_length" : "/max_length"), "Only texts have a length.");
    if (attribute.min_length && attribute.max_length && *attribute.min_length > *attribute.max_length)
        return invalid(pointer + "/min_length", "The least length is above the greatest.");
    if (!is_list(type) && (attribute.min_items || attribute.max_items))
        return invalid(pointer + (attribute.min_items ? "/min_items" : "/max_items"), "Only lists have entries.");
    if (attribute.min_items && attribute.max_items && *attribute.min_items > *attribute.max_items)
        return invalid(pointer + "/min_items", "The least number is above the greatest.");
    if (attribute.minimum && !is_bound(type, *attribute.minimum))
        return invalid(pointer + "/minimum", "Numbers have a number here, dates \"2001-12-24\" or \"today-18y\".");
    if (attribute.maximum && !is_bound(type, *attribute.maximum))
        return invalid(pointer + "/maximum", "Numbers have a number here, dates \"2001-12-24\" or \"today-18y\".");
    if (is_numeric(type) && attribute.minimum && attribute.maximum &&
        attribute.minimum->to_number<double>() > attribute.maximum->to_number<double>())
        return invalid(pointer + "/minimum", "The least value is above the greatest.");
    if (!is_texts(type) && !attribute.pattern.empty())
        return invalid(pointer + "/pattern", "Only texts have a pattern.");
    return {};
}

Result<void> check_attribute(Attribute& attribute, std::string const& pointer)
{
    TRY_DO(check_name(attribute, pointer));
    TRY_DO(check_words(attribute.label, pointer + "/label"));
    TRY_DO(check_words(attribute.help, pointer + "/help"));
    TRY_DO(check_choices(attribute, pointer));
    TRY_DO(check_limits(attribute, pointer));
    if (attribute.plain && attribute.personal)
        return invalid(pointer + "/plain", "What tells something about a person is encrypted: \"plain\" needs "
                                           "\"personal\": false beside it.");
    auto const token = std::ranges::all_of(
        attribute.autocomplete, [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == ' '; });
    if (!token)
        return invalid(pointer + "/autocomplete", "An autofill token has letters, digits and hyphens.");
    auto compiled = compile_pattern(attribute.pattern);
    if (!compiled)
        return Refusal(std::move(compiled).error()).at(pointer + "/pattern");
    attribute.compiled = *std::move(compiled);
    return {};
}

Attribute const* standard(std::string_view name)
{
    auto const& all = standard_attributes();
    auto const found = std::ranges::find(all, name, &Attribute::name);
    return found == all.end() ? nullptr : &*found;
}

// The attributes of a document, standard ones filled up. They are taken out of it, and the rest is read by its shape.
Result<std::vector<Attribute>> read_attributes(json::object& document)
{
    auto* list = document.if_contains("attributes");
    if (!list || !list->is_array())
        return std::vector<Attribute>(); // the shape says what is wrong
    auto entries = std::move(list->get_array());
    *list = json::array();
    if (entries.size() > 64)
        return invalid("/attributes", "At most 64 attributes.");
    std::vector<Attribute> attributes;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        auto const where = fmt::format("/attributes/{}", i);
        Attribute const* base = nullptr;
        if (auto const* object = entries[i].if_object())
            if (auto const* name = object->if_contains("name"); name && name->is_string())
                base = standard(view(name->get_string()));
        TRY(auto attribute,
            read_shape<Attribute>(base ? merge_patch(write_shape(*base), entries[i]) : entries[i], where));
        if (base && attribute.type != base->type)
            return invalid(where + "/type", fmt::format("\"{}\" is of the type {} (OpenID Connect Core section 5.1).",
                                                        attribute.name, to_string(base->type)));
        TRY_DO(check_attribute(attribute, where));
        for (auto const& other : attributes)
            if (other.name == attribute.name || other.claim_name() == attribute.claim_name())
                return invalid(where + "/name", "An attribute of this name, or claim, stands in the list already.");
        attributes.push_back(std::move(attribute));
    }
    return attributes;
}

Result<void> check_fields(ProfileSchema const& schema, std::vector<FormField> const& fields, std::string const& pointer,
                          std::set<std::string>& seen)
{
    for (std::size_t i = 0; i < fields.size(); ++i) {
        auto const where = fmt::format("{}/fields/{}/attribute", pointer, i);
        auto const* attribute = schema.find(fields[i].attribute);
        if (!attribute)
            return invalid(where, fmt::format("There is no attribute \"{}\".", fields[i].attribute));
        if (attribute->user != Access::edit)
            return invalid(where, "People may not edit this attribute, so they cannot fill it in.");
        if (!seen.insert(fields[i].attribute).second)
            return invalid(where, "This attribute is asked for already.");
    }
    return {};
}

Result<void> check_forms(ProfileSchema const& schema)
{
    std::set<std::string> names;
    std::set<std::string> applications;
    for (std::size_t i = 0; i < schema.forms.size(); ++i) {
        auto const& form = schema.forms[i];
        auto const where = fmt::format("/forms/{}", i);
        if (!names.insert(form.name).second)
            return invalid(where + "/name", "Another form has this name.");
        if (form.applications.empty() && !applications.insert("").second)
            return invalid(where + "/applications", "Another form is for all applications already.");
        for (std::size_t k = 0; k < form.applications.size(); ++k)
            if (form.applications[k].empty() || !applications.insert(form.applications[k]).second)
                return invalid(fmt::format("{}/applications/{}", where, k), "This application has a form already.");
        std::set<std::string> seen;
        for (std::size_t k = 0; k < form.pages.size(); ++k) {
            auto const page = fmt::format("{}/pages/{}", where, k);
            TRY_DO(check_words(form.pages[k].title, page + "/title"));
            TRY_DO(check_words(form.pages[k].lead, page + "/lead"));
            if (k > 0 && form.pages[k].fields.empty())
                return invalid(page + "/fields", "A further page asks for something.");
            TRY_DO(check_fields(schema, form.pages[k].fields, page, seen));
        }
    }
    return {};
}

Result<void> check_prompts(ProfileSchema const& schema)
{
    std::set<std::string> names;
    for (std::size_t i = 0; i < schema.prompts.size(); ++i) {
        auto const& prompt = schema.prompts[i];
        auto const where = fmt::format("/prompts/{}", i);
        if (!names.insert(prompt.name).second)
            return invalid(where + "/name", "Another prompt has this name.");
        if (prompt.from_sign_in == 0 && !prompt.when_requested)
            return invalid(where, "Say when it is asked: from_sign_in or when_requested.");
        TRY_DO(check_words(prompt.title, where + "/title"));
        TRY_DO(check_words(prompt.lead, where + "/lead"));
        std::set<std::string> seen;
        TRY_DO(check_fields(schema, prompt.fields, where, seen));
        for (std::size_t k = 0; k < prompt.fields.size(); ++k)
            if (auto const* attribute = schema.find(prompt.fields[k].attribute);
                prompt.when_requested && attribute->scopes.empty())
                return invalid(fmt::format("{}/fields/{}/attribute", where, k),
                               "No scope shows this attribute, so no application can ask for it.");
    }
    return {};
}

// Every name that ever was, with its type: those of before that are gone now are retired.
Result<std::vector<RetiredAttribute>> retire(ProfileSchema const& before, ProfileSchema const& after)
{
    auto all = before.retired;
    for (auto const& attribute : before.attributes)
        all.push_back({attribute.name, attribute.type, attribute.plain});
    std::vector<RetiredAttribute> retired;
    for (auto& known : all) {
        auto const* attribute = after.find(known.name);
        if (!attribute) {
            retired.push_back(std::move(known));
            continue;
        }
        auto const where = fmt::format("/attributes/{}", attribute - after.attributes.data());
        if (!widens(known.type, attribute->type) && known.type != attribute->type)
            return refuse(ErrorKind::conflict, "attribute_type_fixed",
                          fmt::format("\"{}\" is or was of the type {}: as {} its stored values could not be read. "
                                      "Choose another name.",
                                      known.name, to_string(known.type), to_string(attribute->type)))
                .at(where + "/type");
        if (known.plain != attribute->plain)
            return refuse(ErrorKind::conflict, "attribute_type_fixed",
                          fmt::format("How \"{}\" is stored never changes. Choose another name.", known.name))
                .at(where + "/plain");
    }
    return retired;
}

json::string_view key(std::string_view text)
{
    return {text.data(), text.size()};
}

json::array changed_attributes(ProfileSchema const& before, ProfileSchema const& after)
{
    json::array names;
    for (auto const& attribute : after.attributes)
        if (auto const* old = before.find(attribute.name); !old || write_shape(*old) != write_shape(attribute))
            names.emplace_back(attribute.name);
    for (auto const& attribute : before.attributes)
        if (!after.find(attribute.name))
            names.emplace_back(attribute.name);
    return names;
}

} // namespace

Result<void> check_words(Words const& words, std::string const& pointer)
{
    for (auto const& [tag, text] : words) {
        auto const where = shapes::in_pointer(pointer, tag);
        auto const shaped = tag.size() >= 2 && tag.size() <= 35 && std::ranges::all_of(tag, [](char c) {
                                return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
                            });
        if (!shaped)
            return invalid(where, "Words stand under language tags, such as \"en\" or \"pt-BR\".");
        auto const* string = text.if_string();
        auto const length = string ? count_code_points(view(*string)) : std::nullopt;
        if (!length || *length == 0 || *length > 500 || has_control_characters(view(*string)))
            return invalid(where, "The words are a text of 1 to 500 characters on one line.");
    }
    return {};
}

Result<ProfileSchema> parse_profile_schema(json::object const& given, ProfileSchema const& before)
{
    auto document = given;
    TRY(auto attributes, read_attributes(document));
    TRY(auto schema, read_shape<ProfileSchema>(document));
    schema.attributes = std::move(attributes);
    TRY_DO(check_forms(schema));
    TRY_DO(check_prompts(schema));
    TRY(schema.retired, retire(before, schema));
    return schema;
}

json::object write_profile_schema(ProfileSchema const& schema)
{
    return write_shape(schema).as_object();
}

std::shared_ptr<ProfileSchema const> default_profile_schema()
{
    static auto const schema = [] {
        auto made = std::make_shared<ProfileSchema>();
        made->attributes = standard_attributes();
        for (auto& attribute : made->attributes)
            if (attribute.name == "name" || attribute.name == "locale")
                attribute.required = attribute.name == "name";
            else
                attribute.user = Access::none;
        made->additional = true;
        return std::shared_ptr<ProfileSchema const>(std::move(made));
    }();
    return schema;
}

Result<StoredProfileSchema> find_profile_schema(storage::Tx& tx, TenantId tenant)
{
    TRY(auto found, select_profile_schema(tx, tenant));
    return found ? *std::move(found) : StoredProfileSchema{};
}

Result<StoredProfileSchema> replace_profile_schema(storage::Tx& tx, vault::Vault& vault, TenantId tenant,
                                                   json::object const& given,
                                                   std::optional<std::int64_t> expected_version,
                                                   events::Origin const& origin, TimePoint now)
{
    TRY(auto const before, find_profile_schema(tx, tenant));
    if (expected_version && *expected_version != before.version)
        return refuse(ErrorKind::precondition_failed, "version_differs",
                      "The schema was changed meanwhile. Read it again and repeat the change.");
    // Of the default one, nothing but the standard attributes was ever declared, and they keep their types by name.
    TRY(auto schema, parse_profile_schema(given, before.version == 0 ? ProfileSchema{} : *before.schema));
    auto const changed = changed_attributes(*before.schema, schema);
    if (before.version > 0 && write_profile_schema(schema) == write_profile_schema(*before.schema))
        return before;
    StoredProfileSchema after{std::make_shared<ProfileSchema const>(std::move(schema)), before.version + 1};
    TRY_DO(upsert_profile_schema(tx, tenant, after, now));
    TRY_DO(raise_change_counter(tx, tenant));
    TRY_DO(events::append(tx, vault,
                          {.type = &events::kTenantProfileSchemaUpdated,
                           .tenant = tenant,
                           .origin = origin,
                           .data = {{"changed", changed}}},
                          now));
    return after;
}

Result<json::object> check_profile_by(ProfileSchema const& schema, json::object const& before,
                                      json::object const& after, TimePoint now)
{
    json::object checked;
    for (auto const& [name, value] : after) {
        auto const* old = before.if_contains(name);
        if (old && *old == value) {
            checked[name] = value;
            continue;
        }
        std::string_view const attribute_name(name.data(), name.size());
        auto const where = shapes::in_pointer("/profile", attribute_name);
        auto const* attribute = schema.find(attribute_name);
        if (!attribute) {
            if (!schema.additional)
                return refuse(ErrorKind::invalid, "attribute_unknown",
                              fmt::format("The schema has no attribute \"{}\".", attribute_name))
                    .at(where);
            checked[name] = value;
            continue;
        }
        TRY(auto normal, check_value(*attribute, value, where, now));
        checked[name] = std::move(normal);
    }
    return checked;
}

Result<void> check_editor(ProfileSchema const& schema, json::object const& before, json::object const& after,
                          Editor editor)
{
    auto const check = [&](json::object const& from, json::object const& to) -> Result<void> {
        for (auto const& [name, value] : from) {
            auto const* other = to.if_contains(name);
            if (other && *other == value)
                continue;
            auto const* attribute = schema.find({name.data(), name.size()});
            auto const access = !attribute               ? (editor == Editor::user ? Access::none : Access::edit)
                                : editor == Editor::user ? attribute->user
                                                         : attribute->administrator;
            if (access != Access::edit)
                return refuse(ErrorKind::forbidden, "attribute_read_only",
                              fmt::format("You may not change \"{}\".", std::string_view(name)))
                    .at(shapes::in_pointer("/profile", {name.data(), name.size()}));
        }
        return {};
    };
    TRY_DO(check(before, after));
    return check(after, before);
}

json::object visible_to_administrator(ProfileSchema const& schema, json::object const& profile)
{
    json::object visible;
    for (auto const& [name, value] : profile) {
        auto const* attribute = schema.find({name.data(), name.size()});
        if (!attribute || attribute->administrator != Access::none)
            visible[name] = value;
    }
    return visible;
}

json::object with_hidden(ProfileSchema const& schema, json::object const& before, json::object after)
{
    for (auto const& [name, value] : before) {
        auto const* attribute = schema.find({name.data(), name.size()});
        if (attribute && attribute->administrator == Access::none)
            after[name] = value;
    }
    return after;
}

SplitProfile split_profile(ProfileSchema const& schema, json::object const& profile)
{
    SplitProfile split;
    for (auto const& [name, value] : profile) {
        auto const* attribute = schema.find({name.data(), name.size()});
        auto const plain =
            attribute ? attribute->plain : std::ranges::any_of(schema.retired, [&](RetiredAttribute const& retired) {
                return retired.plain && retired.name == std::string_view(name.data(), name.size());
            });
        (plain ? split.plain : split.sealed)[name] = value;
    }
    return split;
}

json::object claims_of(ProfileSchema const& schema, json::object const& profile,
                       std::vector<std::string> const& scopes)
{
    json::object claims;
    for (auto const& attribute : schema.attributes) {
        auto const granted = std::ranges::any_of(attribute.scopes, [&](std::string const& scope) {
            return std::ranges::find(scopes, scope) != scopes.end();
        });
        if (!granted)
            continue;
        if (auto const* value = profile.if_contains(key(attribute.name)))
            claims[key(attribute.claim_name())] = *value;
    }
    return claims;
}

} // namespace gatehouse::identity
