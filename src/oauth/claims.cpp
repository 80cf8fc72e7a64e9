#include "oauth/claims.hpp"

#include "base/json.hpp"
#include "identity/avatars.hpp"
#include "identity/profile_schema.hpp"
#include "oauth/oauth_error.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::oauth {

namespace {

namespace json = boost::json;
using identity::IdentifierKind;

constexpr JsonLimits kClaims{.size = 8 * 1024, .depth = 6};
constexpr std::size_t kMostNames = 50;

// Claims that are no attributes, and the scope that shows them (OpenID Connect Core section 5.4).
struct BuiltIn {
    std::string_view claim;
    std::string_view scope;
};
constexpr BuiltIn kBuiltIn[] = {{"updated_at", "profile"},
                                {"preferred_username", "profile"},
                                {"picture", "profile"},
                                {"email", "email"},
                                {"email_verified", "email"},
                                {"phone_number", "phone"},
                                {"phone_number_verified", "phone"}};

bool contains(std::vector<std::string> const& list, std::string_view word)
{
    return std::ranges::find(list, word) != list.end();
}

json::string_view key(std::string_view text)
{
    return {text.data(), text.size()};
}

identity::Identifier const* primary(std::vector<identity::Identifier> const& identifiers, IdentifierKind kind)
{
    auto const found = std::ranges::find_if(
        identifiers, [&](identity::Identifier const& each) { return each.kind == kind && each.primary; });
    return found == identifiers.end() ? nullptr : &*found;
}

Refusal malformed()
{
    return refuse_oauth("invalid_request", "claims is not an object as OpenID Connect Core section 5.5 has it.");
}

bool is_essential(json::value const& wish)
{
    auto const* object = wish.if_object();
    auto const* essential = object ? object->if_contains("essential") : nullptr;
    return essential && essential->is_bool() && essential->get_bool();
}

std::vector<std::string> values_of(json::value const& wish)
{
    std::vector<std::string> values;
    auto const* object = wish.if_object();
    if (!object)
        return values;
    if (auto const* value = object->if_contains("value"); value && value->is_string())
        values.emplace_back(value->get_string());
    if (auto const* several = object->if_contains("values"); several && several->is_array())
        for (auto const& value : several->get_array())
            if (value.is_string())
                values.emplace_back(value.get_string());
    return values;
}

void read_acr(ClaimsRequest& request, json::value const& wish, identity::AcrNames const& names)
{
    request.level_essential = is_essential(wish);
    for (auto const& value : values_of(wish))
        if (auto const level = credentials::level_of_acr(value, names);
            level && (!request.level || *level < *request.level))
            request.level = level;
    // Demanded without saying which: any will do.
    if (values_of(wish).empty())
        request.level = credentials::Level::single;
}

bool may_have(identity::ProfileSchema const& schema, applications::Application const& application,
              std::string_view claim)
{
    return std::ranges::any_of(scopes_of_claim(schema, claim),
                               [&](std::string const& scope) { return contains(application.scopes, scope); });
}

json::array names_of(std::vector<std::string> const& list)
{
    return json::array(list.begin(), list.end());
}

std::vector<std::string> texts_at(json::object const& object, std::string_view name)
{
    std::vector<std::string> texts;
    if (auto const* list = object.if_contains(key(name)); list && list->is_array())
        for (auto const& text : list->get_array())
            if (text.is_string())
                texts.emplace_back(text.get_string());
    return texts;
}

void add_built_in(json::object& claims, Person const& person, std::string_view claim)
{
    auto const& identifiers = person.identifiers;
    if (claim == "updated_at") {
        claims["updated_at"] = to_seconds(person.user.updated_at);
    } else if (claim == "picture") {
        if (!person.picture.empty())
            claims["picture"] = person.picture;
    } else if (claim == "preferred_username") {
        if (auto const* username = primary(identifiers, IdentifierKind::username))
            claims["preferred_username"] = username->value;
    } else if (auto const* email = primary(identifiers, IdentifierKind::email); claim == "email" && email) {
        claims["email"] = email->value;
    } else if (claim == "email_verified" && email) {
        claims["email_verified"] = email->verified_at.has_value();
    } else if (auto const* phone = primary(identifiers, IdentifierKind::phone); claim == "phone_number" && phone) {
        claims["phone_number"] = phone->value;
    } else if (claim == "phone_number_verified" && phone) {
        claims["phone_number_verified"] = phone->verified_at.has_value();
    }
}

} // namespace

std::string NamedClaims::to_string() const
{
    if (empty())
        return {};
    return json::serialize(json::object{{"id_token", names_of(id_token)}, {"userinfo", names_of(userinfo)}});
}

NamedClaims NamedClaims::parse(std::string_view text)
{
    if (text.empty())
        return {};
    auto const object = parse_json_object_strict(text);
    if (!object)
        return {};
    return {.id_token = texts_at(*object, "id_token"), .userinfo = texts_at(*object, "userinfo")};
}

Result<ClaimsRequest> read_claims_request(std::string_view text, identity::ProfileSchema const& schema,
                                          applications::Application const& application, identity::AcrNames const& names)
{
    ClaimsRequest request;
    auto const object = parse_json_object_strict(text, kClaims);
    if (!object)
        return malformed();
    for (auto const& [member, list] :
         {std::pair("id_token", &request.named.id_token), std::pair("userinfo", &request.named.userinfo)}) {
        auto const* wishes = object->if_contains(member);
        if (!wishes || wishes->is_null())
            continue;
        if (!wishes->is_object() || wishes->get_object().size() > kMostNames)
            return malformed();
        for (auto const& [name, wish] : wishes->get_object()) {
            if (!wish.is_null() && !wish.is_object())
                return malformed();
            std::string const claim(name);
            if (claim == "sub") {
                if (auto const values = values_of(wish); !values.empty())
                    request.subject = values.front();
            } else if (claim == "acr" && list == &request.named.id_token) {
                read_acr(request, wish, names);
            } else if (may_have(schema, application, claim)) {
                list->push_back(claim);
                if (is_essential(wish) && !contains(request.essential, claim))
                    request.essential.push_back(claim);
            }
        }
    }
    return request;
}

std::vector<std::string> scopes_of_claim(identity::ProfileSchema const& schema, std::string_view claim)
{
    std::vector<std::string> scopes;
    for (auto const& one : kBuiltIn)
        if (one.claim == claim)
            scopes.emplace_back(one.scope);
    for (auto const& attribute : schema.attributes)
        if (attribute.claim_name() == claim)
            scopes.insert(scopes.end(), attribute.scopes.begin(), attribute.scopes.end());
    return scopes;
}

std::vector<std::string> scopes_for(identity::ProfileSchema const& schema, NamedClaims const& named,
                                    applications::Application const& application,
                                    std::vector<std::string> const& granted)
{
    std::vector<std::string> further;
    for (auto const* names : {&named.id_token, &named.userinfo})
        for (auto const& name : *names) {
            auto const scopes = scopes_of_claim(schema, name);
            auto const is_there = [&](std::string const& scope) {
                return contains(granted, scope) || contains(further, scope);
            };
            if (std::ranges::any_of(scopes, is_there))
                continue;
            auto const allowed = std::ranges::find_if(
                scopes, [&](std::string const& scope) { return contains(application.scopes, scope); });
            if (allowed != scopes.end())
                further.push_back(*allowed);
        }
    return further;
}

std::vector<std::string> still_allowed(identity::ProfileSchema const& schema, std::vector<std::string> names,
                                       applications::Application const& application)
{
    std::erase_if(names, [&](std::string const& name) { return !may_have(schema, application, name); });
    return names;
}

Result<Person> find_person(storage::Tx& tx, identity::Users const& users, identity::Tenant const& tenant, UserId user)
{
    Person person;
    TRY(person.user, users.get(tx, tenant.id, user));
    TRY(person.identifiers, users.identifiers(tx, tenant.id, user));
    if (tenant.settings.account.avatars) {
        TRY(auto const avatar, identity::find_avatar(tx, tenant.id, user));
        if (avatar)
            person.picture = tenant.issuer + identity::avatar_path(avatar->name, identity::kLargeAvatar);
    }
    return person;
}

json::object claims_about(identity::ProfileSchema const& schema, Person const& person,
                          std::vector<std::string> const& scopes, std::vector<std::string> const& names)
{
    auto claims = identity::claims_of(schema, person.user.profile, scopes);
    for (auto const& attribute : schema.attributes)
        if (contains(names, attribute.claim_name()))
            if (auto const* value = person.user.profile.if_contains(key(attribute.name)))
                claims[key(attribute.claim_name())] = *value;
    // The picture that somebody uploaded here stands before an address that is kept of one elsewhere.
    for (auto const& one : kBuiltIn)
        if (contains(scopes, one.scope) || contains(names, one.claim))
            add_built_in(claims, person, one.claim);
    return claims;
}

} // namespace gatehouse::oauth
