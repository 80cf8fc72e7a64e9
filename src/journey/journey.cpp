#include "journey/journey.hpp"

#include "base/json.hpp"

#include <boost/json/serialize.hpp>

namespace gatehouse::journey {

namespace {

namespace json = boost::json;

constexpr std::string_view kPurpose = "journey";
constexpr std::size_t kMaximumState = 8 * 1024;
constexpr std::int64_t kFormat = 1;

Refusal unreadable(std::string detail)
{
    return refuse(ErrorKind::gone, "journey_unreadable", "This page has expired. Start again.")
        .because(std::move(detail));
}

template <class Tag>
void put(json::object& into, std::string_view name, std::optional<Id<Tag>> const& id)
{
    if (id)
        into[name] = base64url_encode(id->bytes());
}
void put(json::object& into, std::string_view name, std::string const& text)
{
    if (!text.empty())
        into[name] = text;
}
void put(json::object& into, std::string_view name, bool flag)
{
    if (flag)
        into[name] = true;
}

// Reads what `seal` wrote; anything else is a bug of ours, since the seal is intact, and reads as absent.
struct Reader {
    json::object const& from;

    std::string text(std::string_view name) const
    {
        auto const* value = from.if_contains(name);
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    }
    bool flag(std::string_view name) const
    {
        auto const* value = from.if_contains(name);
        return value && value->is_bool() && value->get_bool();
    }
    std::int64_t number(std::string_view name) const
    {
        auto const* value = from.if_contains(name);
        return value && value->is_int64() ? value->get_int64() : 0;
    }
    std::optional<int> optional_number(std::string_view name) const
    {
        return from.contains(name) ? std::optional(static_cast<int>(number(name))) : std::nullopt;
    }
    std::vector<std::string> texts(std::string_view name) const
    {
        std::vector<std::string> found;
        if (auto const* value = from.if_contains(name); value && value->is_array())
            for (auto const& text : value->get_array())
                if (text.is_string())
                    found.emplace_back(text.get_string());
        return found;
    }
    credentials::Methods methods(std::string_view name) const
    {
        return credentials::Methods::from_bits(static_cast<std::uint32_t>(number(name)));
    }
    std::optional<Uuid> uuid(std::string_view name) const
    {
        auto const raw = base64url_decode(text(name));
        if (!raw)
            return std::nullopt;
        auto id = Uuid::from_bytes(*raw);
        return id ? std::optional(*id) : std::nullopt;
    }
    template <class IdType>
    std::optional<IdType> id(std::string_view name) const
    {
        auto const value = uuid(name);
        return value ? std::optional(IdType{*value}) : std::nullopt;
    }
};

json::object to_json(Requirements const& requirements)
{
    json::object object;
    put(object, "user", requirements.user);
    put(object, "fresh", requirements.fresh);
    put(object, "choose", requirements.choose_account);
    if (requirements.max_age)
        object["max_age"] = requirements.max_age->count();
    put(object, "ask", requirements.ask_consent);
    if (requirements.level != credentials::Level::single)
        object["level"] = static_cast<std::int64_t>(requirements.level);
    if (!requirements.scopes.empty())
        object["asks"] = json::array(requirements.scopes.begin(), requirements.scopes.end());
    if (!requirements.consent_scopes.empty())
        object["scopes"] = json::array(requirements.consent_scopes.begin(), requirements.consent_scopes.end());
    return object;
}

Requirements requirements_of(json::object const& object)
{
    Reader const in{object};
    Requirements requirements{.user = in.id<UserId>("user"),
                              .fresh = in.flag("fresh"),
                              .choose_account = in.flag("choose"),
                              .ask_consent = in.flag("ask")};
    requirements.scopes = in.texts("asks");
    if (object.contains("level"))
        requirements.level = static_cast<credentials::Level>(in.number("level"));
    if (object.contains("max_age"))
        requirements.max_age = std::chrono::seconds(in.number("max_age"));
    if (auto const* scopes = object.if_contains("scopes"); scopes && scopes->is_array())
        for (auto const& scope : scopes->get_array())
            if (scope.is_string())
                requirements.consent_scopes.emplace_back(scope.get_string());
    return requirements;
}

json::object to_json(Facts const& facts)
{
    json::object object;
    put(object, "settled", facts.account_settled);
    put(object, "session", facts.session);
    put(object, "user", facts.user);
    object["epoch"] = facts.security_epoch;
    if (!facts.session_methods.empty())
        object["held"] = facts.session_methods.bits();
    if (!facts.proven.empty())
        object["proven"] = facts.proven.bits();
    if (facts.wanted)
        put(object, "wanted", std::string(to_string(*facts.wanted)));
    put(object, "mailbox", facts.mailbox);
    if (!facts.recovered_by.empty())
        object["recovered_by"] = facts.recovered_by.bits();
    if (facts.hold)
        object["hold"] = base64url_encode(facts.hold->bytes);
    put(object, "kept", facts.password_kept);
    put(object, "account_kept", facts.account_kept);
    if (facts.challenge)
        object["challenge"] = base64url_encode(facts.challenge->bytes);
    if (facts.draft)
        object["draft"] = base64url_encode(facts.draft->bytes);
    if (facts.page > 0)
        object["page"] = facts.page;
    put(object, "invitation", facts.invitation);
    put(object, "profile_asked", facts.profile_asked);
    put(object, "resent", facts.resent);
    object["at"] = to_micros(facts.authenticated_at);
    if (facts.session)
        object["held_at"] = to_micros(facts.session_at);
    put(object, "later", facts.enrolment_put_off);
    put(object, "consented", facts.consented);
    put(object, "trust", facts.trust_device);
    put(object, "cancelled", facts.cancelled);
    if (!facts.new_recovery_codes.empty())
        object["codes"] = json::array(facts.new_recovery_codes.begin(), facts.new_recovery_codes.end());
    if (facts.recovery_codes_left)
        object["codes_left"] = *facts.recovery_codes_left;
    put(object, "can_passkey", facts.can_have_passkey);
    put(object, "offered", facts.passkey_offered);
    put(object, "identifier", facts.identifier);
    return object;
}

Facts facts_of(json::object const& object)
{
    Reader const in{object};
    return {.account_settled = in.flag("settled"),
            .session = in.id<SessionId>("session"),
            .user = in.id<UserId>("user"),
            .security_epoch = in.number("epoch"),
            .session_methods = in.methods("held"),
            .session_at = from_micros(in.number("held_at")),
            .proven = in.methods("proven"),
            .wanted = credentials::parse_method(in.text("wanted")),
            .mailbox = in.flag("mailbox"),
            .recovered_by = in.methods("recovered_by"),
            .hold = in.uuid("hold"),
            .password_kept = in.flag("kept"),
            .account_kept = in.flag("account_kept"),
            .challenge = in.uuid("challenge"),
            .draft = in.uuid("draft"),
            .page = static_cast<int>(in.number("page")),
            .invitation = in.text("invitation"),
            .profile_asked = in.flag("profile_asked"),
            .resent = in.flag("resent"),
            .authenticated_at = from_micros(in.number("at")),
            .enrolment_put_off = in.flag("later"),
            .consented = in.flag("consented"),
            .trust_device = in.flag("trust"),
            .cancelled = in.flag("cancelled"),
            .new_recovery_codes = in.texts("codes"),
            .recovery_codes_left = in.optional_number("codes_left"),
            .can_have_passkey = in.flag("can_passkey"),
            .passkey_offered = in.flag("offered"),
            .identifier = in.text("identifier")};
}

} // namespace

void Facts::prove(UserId who, std::int64_t epoch, credentials::Method method, TimePoint now)
{
    if (user != who || security_epoch != epoch) {
        session.reset();
        session_methods = {};
        proven = {};
        trust_device = false;
        account_kept = false;
        new_recovery_codes.clear();
        recovery_codes_left.reset();
    }
    account_settled = true;
    user = who;
    security_epoch = epoch;
    proven.add(method);
    wanted.reset();
    authenticated_at = now;
}

std::string_view to_string(Purpose purpose)
{
    switch (purpose) {
    case Purpose::sign_in:
        return "sign_in";
    case Purpose::registration:
        return "registration";
    case Purpose::recovery:
        return "recovery";
    }
    return "";
}

Result<std::string> seal(vault::Vault const& vault, TenantId tenant, Journey const& journey, TimePoint now)
{
    json::object object;
    object["v"] = kFormat;
    object["id"] = base64url_encode(journey.id.bytes());
    object["purpose"] = static_cast<std::int64_t>(journey.purpose);
    object["face"] = static_cast<std::int64_t>(journey.face);
    put(object, "binding", journey.binding);
    put(object, "application", journey.application);
    put(object, "continuation", journey.continuation);
    put(object, "payload", journey.payload);
    object["requirements"] = to_json(journey.requirements);
    put(object, "hint", journey.login_hint);
    put(object, "locales", journey.ui_locales);
    object["started"] = to_micros(journey.started_at);
    object["expires"] = to_micros(journey.expires_at);
    object["facts"] = to_json(journey.facts);
    auto const text = json::serialize(object);
    if (text.size() > kMaximumState)
        return refuse(ErrorKind::invalid, "journey_too_large", "The request is too long. Shorten its parameters.");
    return vault::seal(
        vault, {.tenant = tenant, .purpose = kPurpose, .binding = {}, .expires_at = journey.expires_at + kReadable},
        as_bytes(text), now);
}

Result<Journey> open(vault::Vault const& vault, TenantId tenant, std::string_view handle, TimePoint now)
{
    auto const text = vault::open(vault, {.tenant = tenant, .purpose = kPurpose, .binding = {}, .now = now}, handle);
    if (!text)
        return unreadable(text.error().code);
    auto const object = parse_json_object_strict(as_text(*text));
    if (!object)
        return unreadable(object.error().detail);
    Reader const in{*object};
    auto const id = in.id<JourneyId>("id");
    auto const* requirements = object->if_contains("requirements");
    auto const* facts = object->if_contains("facts");
    if (in.number("v") != kFormat || !id || !requirements || !requirements->is_object() || !facts ||
        !facts->is_object())
        return unreadable("another format");
    return Journey{.id = *id,
                   .purpose = static_cast<Purpose>(in.number("purpose")),
                   .face = static_cast<Face>(in.number("face")),
                   .binding = in.text("binding"),
                   .application = in.id<ApplicationId>("application"),
                   .continuation = in.text("continuation"),
                   .payload = in.text("payload"),
                   .requirements = requirements_of(requirements->get_object()),
                   .login_hint = in.text("hint"),
                   .ui_locales = in.text("locales"),
                   .started_at = from_micros(in.number("started")),
                   .expires_at = from_micros(in.number("expires")),
                   .facts = facts_of(facts->get_object())};
}

} // namespace gatehouse::journey
