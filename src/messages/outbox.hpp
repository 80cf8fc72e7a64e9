// messages: the mail, text messages and calls that Gatehouse makes.
//
// In:  enqueue() inside the transaction that makes the fact true: the message goes out if and only if that commits.
// Out: words in the person's language, through SMTP or a provider of texts (text_transport.hpp), or in development into
//      a mailbox at /dev/mail.
//
// The queue is the table message_outbox. Its payload (address, code, names) is sealed under the tenant's key. Links and
// host names in a message are made by the caller from the tenant's stored issuer, never from a request.
//
// A text or call costs money: enqueue() asks the country's rules, the kind of number and the budgets (text_budget.hpp),
// so that no pathway sends without.
#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/ids.hpp"
#include "messages/text_limits.hpp"
#include "storage/database.hpp"
#include "view/locale.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <string>

namespace gatehouse::vault {
class Vault;
}

namespace gatehouse::messages {

using MessageId = Id<struct MessageTag>;

enum class Channel : std::uint8_t { mail, sms, voice };
inline constexpr Channel kEveryChannel[] = {Channel::mail, Channel::sms, Channel::voice};
std::string_view to_string(Channel channel); // "mail", "sms", "voice"
std::optional<Channel> parse_channel(std::string_view name);

// What is said; the names are those of web/pages/templates/mail/ and of the locale keys "mail.<name>.*".
enum class Kind : std::uint8_t {
    verify_email,         // arguments: code, minutes
    reset_password,       // code, minutes, link
    verify_phone,         // code, minutes
    sign_in_code,         // code, minutes
    sign_in_link,         // code, minutes, link
    email_changed,        // to the old address: new_email (masked by the caller), link (to undo it; may be missing)
    identifier_changed,   // what ("added", "primary", "removed"), kind ("email", "phone"), value (masked), link
    password_changed,     // when
    password_breached,    // link (to the account)
    recovery_held,        // when (it may be finished), link (to stop it)
    account_exists,       // somebody registered with this address again: link (to sign in)
    invite_administrator, // link, hours
    invitation,           // to make an account: link, days
    credential_added,     // kind ("totp", "passkey"), when
    credential_removed,   // kind ("totp", "passkey", "recovery_codes"), when
    recovery_codes_made,  // when
    recovery_code_used,   // left, when
    deletion_asked,       // until, link (to sign in, which keeps the account)
    deletion_cancelled,   // the account is kept: when
    account_deleted,      // it is gone: when
    accounts_merged,      // to both: when
    push_reported,        // somebody's sign-in was reported as fraud on a device: when, browser, place
};
inline constexpr Kind kEveryKind[] = {
    Kind::verify_email,      Kind::reset_password,     Kind::verify_phone,        Kind::sign_in_code,
    Kind::sign_in_link,      Kind::email_changed,      Kind::identifier_changed,  Kind::password_changed,
    Kind::password_breached, Kind::recovery_held,      Kind::account_exists,      Kind::invite_administrator,
    Kind::credential_added,  Kind::credential_removed, Kind::recovery_codes_made, Kind::recovery_code_used,
    Kind::deletion_asked,    Kind::deletion_cancelled, Kind::account_deleted,     Kind::accounts_merged,
    Kind::push_reported,     Kind::invitation};
// Which channels a kind has words for: mail has them all; texts and calls those with "sms.<name>" and "voice.<name>"
// among the locale's texts.
bool has_words(Kind kind, Channel channel);
std::string_view to_string(Kind kind);
std::optional<Kind> parse_kind(std::string_view name);

struct Outgoing {
    TenantId tenant;
    std::optional<UserId> user; // whose mail it is: erased with them
    Channel channel = Channel::mail;
    Kind kind = Kind::verify_email;
    std::string to;            // a mail address, or a phone number in E.164; else refused ("invalid_address")
    std::string locale;        // tag, "de"; unknown ones read English
    std::string sender_name;   // the tenant's name: subject, greeting and From
    view::Arguments arguments; // of the texts; a "link" argument must be an http(s) URL
    TimePoint expires_at;      // not delivered after this: an expired code helps nobody
    // Texts and calls only.
    std::string host;       // of the tenant's issuer: phones fill in a code on its pages only ("@host #123456")
    TextLimits text_limits; // of the tenant
};

class Outbox {
public:
    explicit Outbox(vault::Vault& vault) : vault_(vault) {}

    // Writes the message into the outbox, in the caller's transaction. Errors: "invalid_address", "invalid_message",
    // "person_key_missing" (the user was erased), storage errors. Of texts and calls also those of text_budget.hpp:
    // "phone_invalid", "text_number_unsuitable", "text_country_refused", "text_budget_spent" (keeps writes).
    Result<MessageId> enqueue(storage::Tx& tx, Outgoing const& message, TimePoint now) const;
    // Hastens delivery: call after the transaction committed. Without it the worker looks every few seconds.
    void wake() const;
    // What `wake` calls; set once by app/ before requests are served.
    void on_wake(std::function<void()> waker) { waker_ = std::move(waker); }
    // Whether anything can go out there: a provider of texts need not be configured, or know no calls. Set by app/
    // before requests are served; until then all channels are thought to.
    bool carries(Channel channel) const { return carries_[static_cast<std::size_t>(channel)]; }
    void set_carries(Channel channel, bool carries) { carries_[static_cast<std::size_t>(channel)] = carries; }
    // How many texts and calls were not sent because a budget is spent, since the start of this process.
    std::uint64_t budget_refusals() const { return budget_refusals_.load(); }

private:
    vault::Vault& vault_;
    std::function<void()> waker_;
    std::array<bool, std::size(kEveryChannel)> carries_{true, true, true};
    mutable std::atomic<std::uint64_t> budget_refusals_{0};
};

// "id.example.com" of "https://id.example.com:8443/t/acme".
std::string host_of(std::string_view issuer);

// A user is erased: what waits for them goes.
Result<void> forget_messages(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::messages
