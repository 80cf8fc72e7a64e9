#include "credentials/push_requests.hpp"

#include "base/json.hpp"
#include "credentials/push_store.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "events/types.hpp"
#include "vault/vault.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::credentials {

namespace json = boost::json;

namespace {

constexpr std::size_t kNonceSize = 32;
// What is stored of a request that no device is asked for.
constexpr std::string_view kNobody = "nobody";
constexpr std::string_view kStates[] = {"waiting",  "approved",     "used",     "denied",
                                        "reported", "wrong_number", "replaced", "expired"};

PushState state_of(PushRequestRow const& row, TimePoint now)
{
    auto const* const found = std::ranges::find(kStates, row.state == kNobody ? kStates[0] : row.state);
    auto const state =
        found == std::end(kStates) ? PushState::replaced : static_cast<PushState>(found - std::begin(kStates));
    bool const open = state == PushState::waiting || state == PushState::approved;
    return open && row.expires_at <= now ? PushState::expired : state;
}

PushState told(PushState state, bool unproven, TimePoint expires_at, TimePoint now)
{
    if (!unproven || state == PushState::approved)
        return state;
    return expires_at <= now ? PushState::expired : PushState::waiting;
}

std::string challenge_of(TenantId tenant, PushRequestRow const& row)
{
    return base64url_encode(crypto::sha256({as_bytes("gatehouse push request"), tenant.bytes(), row.user.bytes(),
                                            ByteView(row.journey.bytes), row.id.bytes(), row.nonce}));
}

Bytes seal_details(vault::PersonKey const& key, PushRequestId id, PushDetails const& details)
{
    return vault::seal_field(key, kPushRequestField, id.value,
                             json::serialize(json::object{{"application", details.application},
                                                          {"place", details.place},
                                                          {"browser", details.browser}}));
}

Result<PushDetails> open_details(vault::PersonKey const& key, PushRequestRow const& row)
{
    TRY(auto const text, vault::open_text_field(key, kPushRequestField, row.id.value, row.details));
    TRY(auto const object, parse_json_object_strict(text));
    return PushDetails{.application = std::string(object.at("application").as_string()),
                       .place = std::string(object.at("place").as_string()),
                       .browser = std::string(object.at("browser").as_string())};
}

// Nobody's row is read by the same statements, and has nothing to open.
Result<PushRequest> open_row(vault::Vault const& vault, storage::Tx& tx, TenantId tenant, PushRequestRow const& row,
                             TimePoint now)
{
    auto const key = vault.open_person_key(tx, tenant, row.user);
    PushDetails details;
    if (row.state != kNobody) {
        if (!key)
            return std::unexpected(key.error());
        TRY(details, open_details(*key, row));
    }
    return PushRequest{.id = row.id,
                       .user = row.user,
                       .journey = row.journey,
                       .number = static_cast<int>(row.number),
                       .state = state_of(row, now),
                       .device = row.device,
                       .details = std::move(details),
                       .challenge = challenge_of(tenant, row),
                       .created_at = row.created_at,
                       .expires_at = row.expires_at,
                       .unproven = row.unproven};
}

Refusal over()
{
    return refuse(ErrorKind::gone, "push_request_over", "This request was answered already, or has expired.");
}
Refusal number_wrong()
{
    return refuse(ErrorKind::invalid, "push_number_wrong",
                  "This is not the number that the sign-in page shows. The request has ended; start again there.")
        .at("number");
}

Result<void> append_event(storage::Tx& tx, vault::Vault& vault, events::EventType const& type, TenantId tenant,
                          PushRequest const& request, std::optional<CredentialId> device, events::Origin const& origin,
                          TimePoint now)
{
    json::object data{{"request_id", request.id.to_string()}};
    if (device)
        data["device_id"] = device->to_string();
    TRY_DO(events::append(tx, vault,
                          {.type = &type,
                           .tenant = tenant,
                           .user = request.user,
                           .origin = origin,
                           .data = std::move(data),
                           .personal = {{"address", request.details.place}, {"user_agent", request.details.browser}}},
                          now));
    return {};
}

// How much an account is asked, whoever causes it.
Result<void> check_limits(storage::Tx& tx, TenantId tenant, UserId user, bool unproven, TimePoint now)
{
    TRY(bool const reported, was_push_reported(tx, tenant, user, now - kPushPause));
    if (reported)
        return refuse(
                   ErrorKind::too_many, "push_paused",
                   "A request was reported as fraud. Nobody is asked on a device for an hour; please use another way.")
            .after(std::chrono::duration_cast<std::chrono::seconds>(kPushPause));
    auto const [in_window, in_day] = unproven ? std::pair(kStrangersPushesInWindow, kStrangersPushesInDay)
                                              : std::pair(kPushesInWindow, kPushesInDay);
    TRY(auto const lately, count_push_requests(tx, tenant, user, unproven, now - kPushWindow));
    TRY(auto const today, count_push_requests(tx, tenant, user, unproven, now - std::chrono::hours(24)));
    if (lately >= in_window || today >= in_day)
        return refuse(ErrorKind::too_many, "push_too_many",
                      "Your devices were asked often. Please wait a while, or use another way.")
            .after(std::chrono::duration_cast<std::chrono::seconds>(kPushWindow));
    return {};
}

PushRequestRow new_row(UserId user, Uuid const& journey, bool unproven, TimePoint now)
{
    return {.id = PushRequestId::generate(now),
            .user = user,
            .journey = journey,
            .nonce = crypto::random_bytes(kNonceSize),
            .number = 10 + static_cast<std::int64_t>(crypto::random_below(90)),
            .details = {},
            .state = std::string(to_string(PushState::waiting)),
            .device = {},
            .created_at = now,
            .expires_at = now + kPushLifetime,
            .unproven = unproven};
}

// Somebody whom nobody is: the requests for an identifier are counted together, whether anybody has it or not.
UserId nobody_of(ByteView stand_in)
{
    UserId nobody;
    std::copy_n(stand_in.begin(), std::min(stand_in.size(), nobody.value.bytes.size()), nobody.value.bytes.begin());
    return nobody;
}

} // namespace

std::string_view to_string(PushState state)
{
    return kStates[static_cast<std::size_t>(state)];
}

PushState told_state(PushRequest const& request, TimePoint now)
{
    return told(request.state, request.unproven, request.expires_at, now);
}

std::optional<PushDecision> parse_push_decision(std::string_view name)
{
    if (name == "approve")
        return PushDecision::approve;
    if (name == "deny")
        return PushDecision::deny;
    return name == "report" ? std::optional(PushDecision::report) : std::nullopt;
}

std::string push_answer_text(PushDecision decision, std::string_view challenge, std::string_view number)
{
    switch (decision) {
    case PushDecision::approve:
        return fmt::format("gatehouse-push\napprove\n{}\n{}", challenge, number);
    case PushDecision::deny:
        return fmt::format("gatehouse-push\ndeny\n{}", challenge);
    case PushDecision::report:
        return fmt::format("gatehouse-push\nreport\n{}", challenge);
    }
    return {};
}

std::string push_list_text(std::string_view issuer, std::string_view handle, std::string_view seconds)
{
    return fmt::format("gatehouse-push-list\n{}\n{}\n{}", issuer, handle, seconds);
}

Result<PushRequest> PushRequests::ask(storage::Tx& tx, TenantId tenant, UserId user, Uuid const& journey,
                                      PushDetails const& details, events::Origin const& origin, TimePoint now) const
{
    TRY(auto const devices, devices_.list(tx, tenant, user));
    if (devices.empty())
        return refuse(ErrorKind::conflict, "push_no_device", "No device is registered to approve sign-ins.");
    TRY_DO(check_limits(tx, tenant, user, /*unproven=*/false, now));
    TRY_DO(replace_push_requests(tx, tenant, user));
    auto row = new_row(user, journey, /*unproven=*/false, now);
    TRY(auto const key, vault_.open_person_key(tx, tenant, user));
    row.details = seal_details(key, row.id, details);
    TRY_DO(insert_push_request(tx, tenant, row, now + std::chrono::hours(24)));
    TRY(auto request, open_row(vault_, tx, tenant, row, now));
    TRY_DO(append_event(tx, vault_, events::kPushRequested, tenant, request, {}, origin, now));
    return request;
}

Result<PushRequest> PushRequests::ask_unproven(storage::Tx& tx, TenantId tenant, std::optional<UserId> user,
                                               ByteView stand_in, Uuid const& journey, PushDetails const& details,
                                               events::Origin const& origin, TimePoint now) const
{
    auto const asked = user.value_or(nobody_of(stand_in));
    TRY(auto const devices, devices_.list(tx, tenant, asked));
    auto const limits = check_limits(tx, tenant, asked, /*unproven=*/true, now);
    if (!limits && limits.error().kind != ErrorKind::too_many)
        return std::unexpected(limits.error());
    auto const reached = user && !devices.empty() && limits;
    auto row = new_row(reached ? asked : nobody_of(stand_in), journey, /*unproven=*/true, now);
    TRY_DO(replace_push_requests(tx, tenant, row.user));
    auto const key = vault_.open_person_key(tx, tenant, row.user);
    if (reached) {
        if (!key)
            return std::unexpected(key.error());
        row.details = seal_details(*key, row.id, details);
    } else {
        row.state = kNobody;
        row.details = crypto::random_bytes(details.application.size() + details.place.size() + details.browser.size());
    }
    TRY_DO(insert_push_request(tx, tenant, row, now + std::chrono::hours(24)));
    TRY(auto request, open_row(vault_, tx, tenant, row, now));
    TRY_DO(events::append(tx, vault_,
                          {.type = &events::kPushRequested,
                           .tenant = tenant,
                           .user = reached ? user : std::nullopt,
                           .origin = origin,
                           .data = {{"request_id", request.id.to_string()}},
                           .personal = {{"address", details.place}, {"user_agent", details.browser}}},
                          now, reached ? &*key : nullptr));
    return request;
}

Result<std::optional<PushRequest>> PushRequests::find(storage::Tx& tx, TenantId tenant, PushRequestId id,
                                                      TimePoint now) const
{
    TRY(auto const row, select_push_request(tx, tenant, id));
    if (!row)
        return std::nullopt;
    TRY(auto request, open_row(vault_, tx, tenant, *row, now));
    return std::optional(std::move(request));
}

Result<std::optional<PushState>> PushRequests::told_state(storage::Tx& tx, TenantId tenant, PushRequestId id,
                                                          TimePoint now) const
{
    TRY(auto const row, select_push_request(tx, tenant, id));
    if (!row)
        return std::nullopt;
    return told(state_of(*row, now), row->unproven, row->expires_at, now);
}

Result<std::optional<PushRequest>> PushRequests::waiting(storage::Tx& tx, TenantId tenant, UserId user,
                                                         TimePoint now) const
{
    TRY(auto const row, select_waiting_push_request(tx, tenant, user, now));
    if (!row)
        return std::nullopt;
    TRY(auto request, open_row(vault_, tx, tenant, *row, now));
    return std::optional(std::move(request));
}

Result<PushRequest> PushRequests::answer(storage::Tx& tx, TenantId tenant, PushDevice const& device, PushRequestId id,
                                         Answer const& answer, events::Origin const& origin, TimePoint now) const
{
    TRY(auto request, find(tx, tenant, id, now));
    if (!request || request->user != device.user || request->state != PushState::waiting)
        return over();
    if (!is_signed_by_device(device.key, answer.signature,
                             push_answer_text(answer.decision, request->challenge, answer.number)))
        return refuse(ErrorKind::forbidden, "push_signature_wrong", "This answer is not signed by the device.");
    bool const right = answer.decision != PushDecision::approve || answer.number == std::to_string(request->number);
    auto const becomes = !right                                     ? PushState::wrong_number
                         : answer.decision == PushDecision::approve ? PushState::approved
                         : answer.decision == PushDecision::deny    ? PushState::denied
                                                                    : PushState::reported;
    TRY(bool const first, move_push_request(tx, tenant, id, "waiting", to_string(becomes), device.id, now));
    if (!first)
        return over();
    TRY_DO(devices_.note_use(tx, tenant, device, now));
    auto const& type = !right                                     ? events::kPushNumberWrong
                       : answer.decision == PushDecision::approve ? events::kPushApproved
                       : answer.decision == PushDecision::deny    ? events::kPushDenied
                                                                  : events::kPushReported;
    TRY_DO(append_event(tx, vault_, type, tenant, *request, device.id, origin, now));
    if (!right)
        return number_wrong().keeping_writes();
    request->state = becomes;
    request->device = device.id;
    return *std::move(request);
}

Result<UserId> PushRequests::take(storage::Tx& tx, TenantId tenant, std::optional<UserId> user, Uuid const& journey,
                                  PushRequestId id, TimePoint now) const
{
    TRY(auto const request, find(tx, tenant, id, now));
    auto const of_this = request && request->journey == journey && request->user == user.value_or(request->user);
    auto const state = of_this ? credentials::told_state(*request, now) : PushState::expired;
    switch (state) {
    case PushState::waiting:
        return refuse(ErrorKind::conflict, "push_waiting", "The request waits on your device.");
    case PushState::denied:
    case PushState::reported:
        return refuse(ErrorKind::forbidden, "push_denied", "The request was denied on your device.");
    case PushState::wrong_number:
        return number_wrong();
    case PushState::approved:
        break;
    case PushState::used:
    case PushState::replaced:
    case PushState::expired:
        return refuse(ErrorKind::gone, "push_expired", "The request has expired. Ask your device once more.");
    }
    TRY(bool const first, move_push_request(tx, tenant, id, "approved", "used", {}, now));
    TRY(auto const device, request->device
                               ? devices_.find(tx, tenant, {.user = request->user, .device = *request->device})
                               : Result<std::optional<PushDevice>>(std::nullopt));
    if (!first || !device)
        return refuse(ErrorKind::gone, "push_expired", "The request has expired. Ask your device once more.");
    return request->user;
}

Result<std::int64_t> PushRequests::remove_old(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit) const
{
    return delete_old_push_requests(tx, tenant, now, limit);
}

} // namespace gatehouse::credentials
