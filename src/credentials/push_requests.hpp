// Requests to approve a sign-in on a registered device.
//
// In:  who signs in, in which journey, from where; the answer of a device, signed by its key.
// Out: a request with a number that the person reads where they sign in and tells their device; its fate.
//
// A request is answered once, by a device of its user, within its life; the approval is taken once, by its journey.
// What the device signs names the tenant, the user, the journey, the request and the number. The number is not told to
// the device: who approves must have the sign-in in front of them. A wrong number ends the request, as a denial does.
//
// A sign-in may begin with it: then a stranger has named an account and proven nothing. Whether there is such an
// account, whether it has a device, and what its owner did beside approving, cannot be told from number, state or work.
#pragma once

#include "credentials/push_devices.hpp"

namespace gatehouse::credentials {

using PushRequestId = Id<struct PushRequestTag>;

// What the person sees is sealed under it.
inline constexpr vault::FieldNumber kPushRequestField{314};
inline constexpr Duration kPushLifetime = std::chrono::minutes(2);
// Prompts that one account gets at most, answered or not (OWASP ASVS 6.6.4).
inline constexpr std::int64_t kPushesInWindow = 5;
inline constexpr Duration kPushWindow = std::chrono::minutes(10);
inline constexpr std::int64_t kPushesInDay = 30;
// Of these strangers cause so many and no more, beside those of people who have proven something.
inline constexpr std::int64_t kStrangersPushesInWindow = 3;
inline constexpr std::int64_t kStrangersPushesInDay = 10;
// After a report of fraud nobody is asked for so long.
inline constexpr Duration kPushPause = std::chrono::hours(1);

// What the person sees on the device.
struct PushDetails {
    std::string application; // "" for the account itself
    std::string place;       // the network address; empty: unknown
    std::string browser;     // "Firefox on Windows"
};

enum class PushState : std::uint8_t { waiting, approved, used, denied, reported, wrong_number, replaced, expired };
std::string_view to_string(PushState state);

struct PushRequest {
    PushRequestId id;
    UserId user;
    Uuid journey;
    int number = 0; // 10 to 99
    PushState state = PushState::waiting;
    std::optional<CredentialId> device;
    PushDetails details;
    std::string challenge; // part of what is signed
    TimePoint created_at;
    TimePoint expires_at;
    bool unproven = false; // a stranger asked
};

// As `PushRequests::told_state` of a request that was found.
PushState told_state(PushRequest const& request, TimePoint now);

enum class PushDecision : std::uint8_t { approve, deny, report };
std::optional<PushDecision> parse_push_decision(std::string_view name);
// What a device signs to answer: lines of "gatehouse-push", the decision, the challenge and, to approve, the number.
std::string push_answer_text(PushDecision decision, std::string_view challenge, std::string_view number);
// What a device signs to ask what waits: "gatehouse-push-list", issuer, its handle and the time (whole seconds).
std::string push_list_text(std::string_view issuer, std::string_view handle, std::string_view seconds);

class PushRequests {
public:
    PushRequests(vault::Vault& vault, PushDevices const& devices) : vault_(vault), devices_(devices) {}

    // Earlier requests of the user end. Errors: "push_no_device" (conflict), "push_paused" and "push_too_many"
    // (too_many, with retry_after).
    Result<PushRequest> ask(storage::Tx& tx, TenantId tenant, UserId user, Uuid const& journey,
                            PushDetails const& details, events::Origin const& origin, TimePoint now) const;
    // A stranger asks. `user`: whose identifier it is, if anybody's who may sign in; `stand_in`: a keyed digest of what
    // was typed, by which nobody is counted as somebody would be. Where there is no device, or it was asked enough, the
    // same is done to no effect.
    Result<PushRequest> ask_unproven(storage::Tx& tx, TenantId tenant, std::optional<UserId> user, ByteView stand_in,
                                     Uuid const& journey, PushDetails const& details, events::Origin const& origin,
                                     TimePoint now) const;
    Result<std::optional<PushRequest>> find(storage::Tx& tx, TenantId tenant, PushRequestId id, TimePoint now) const;
    // What is told where the sign-in waits: of a stranger's request only that it was approved, or is over when its time
    // is. Nothing is opened.
    Result<std::optional<PushState>> told_state(storage::Tx& tx, TenantId tenant, PushRequestId id,
                                                TimePoint now) const;
    // What waits for an answer of this user.
    Result<std::optional<PushRequest>> waiting(storage::Tx& tx, TenantId tenant, UserId user, TimePoint now) const;

    struct Answer {
        PushDecision decision;
        std::string number; // as the person said it
        Bytes signature;
    };
    // The device was found by its handle, just now. Returns what became of the request. Errors: "push_request_over"
    // (gone: answered, expired, or another user's), "push_signature_wrong" (forbidden), "push_number_wrong" (invalid,
    // keeps writes: the request is over).
    Result<PushRequest> answer(storage::Tx& tx, TenantId tenant, PushDevice const& device, PushRequestId id,
                               Answer const& answer, events::Origin const& origin, TimePoint now) const;

    // The journey goes on with an approval: once, and only while the device that gave it is still registered. `user`:
    // who is known already. Returns whose device approved. Errors: "push_waiting" (conflict), "push_denied",
    // "push_number_wrong", "push_expired" (gone).
    Result<UserId> take(storage::Tx& tx, TenantId tenant, std::optional<UserId> user, Uuid const& journey,
                        PushRequestId id, TimePoint now) const;

    Result<std::int64_t> remove_old(storage::Tx& tx, TenantId tenant, TimePoint now, std::int64_t limit) const;

private:
    vault::Vault& vault_;
    PushDevices const& devices_;
};

} // namespace gatehouse::credentials
