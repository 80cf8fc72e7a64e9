// messages: the mail that Gatehouse sends. (Text messages come with their own channel; nothing here assumes mail but
// what says so.)
//
// In:  enqueue() inside the transaction that makes the fact true: the mail is sent if and only if that commits.
// Out: mail in the person's language, through SMTP, or in development into a mailbox at /dev/mail.
//
// The queue is the table message_outbox. Its payload (address, code, names) is sealed under the tenant's key. Links in
// a mail are made by the caller from the tenant's stored issuer, never from a request.
#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/ids.hpp"
#include "storage/database.hpp"
#include "view/locale.hpp"

#include <functional>
#include <optional>
#include <string>

namespace gatehouse::vault {
class Vault;
}

namespace gatehouse::messages {

using MessageId = Id<struct MessageTag>;

enum class Channel : std::uint8_t { mail };

// What is said; the names are those of web/pages/templates/mail/ and of the locale keys "mail.<name>.*".
enum class Kind : std::uint8_t {
    verify_email,         // arguments: code, minutes
    reset_password,       // code, minutes, link
    sign_in_code,         // code, minutes
    email_changed,        // to the old address: new_email (masked by the caller)
    password_changed,     // when
    account_exists,       // somebody registered with this address again: link (to sign in)
    invite_administrator, // link, hours
    credential_added,     // kind ("totp", "passkey"), when
    credential_removed,   // kind ("totp", "passkey", "recovery_codes"), when
    recovery_codes_made,  // when
    recovery_code_used,   // left, when
};
inline constexpr Kind kEveryKind[] = {Kind::verify_email,         Kind::reset_password,    Kind::sign_in_code,
                                      Kind::email_changed,        Kind::password_changed,  Kind::account_exists,
                                      Kind::invite_administrator, Kind::credential_added,  Kind::credential_removed,
                                      Kind::recovery_codes_made,  Kind::recovery_code_used};
std::string_view to_string(Kind kind);
std::optional<Kind> parse_kind(std::string_view name);

struct Outgoing {
    TenantId tenant;
    std::optional<UserId> user; // whose mail it is: erased with them
    Channel channel = Channel::mail;
    Kind kind = Kind::verify_email;
    std::string to;            // one address; control characters are refused ("invalid_address")
    std::string locale;        // tag, "de"; unknown ones read English
    std::string sender_name;   // the tenant's name: subject, greeting and From
    std::string accent;        // of the tenant's theme; "": the default
    view::Arguments arguments; // of the texts; a "link" argument must be an http(s) URL
    TimePoint expires_at;      // not delivered after this: an expired code helps nobody
};

class Outbox {
public:
    explicit Outbox(vault::Vault& vault) : vault_(vault) {}

    // Writes the message into the outbox, in the caller's transaction. Errors: "invalid_address", "invalid_message",
    // "person_key_missing" (the user was erased), storage errors.
    Result<MessageId> enqueue(storage::Tx& tx, Outgoing const& message, TimePoint now) const;
    // Hastens delivery: call after the transaction committed. Without it the worker looks every few seconds.
    void wake() const;
    // What `wake` calls; set once by app/ before requests are served.
    void on_wake(std::function<void()> waker) { waker_ = std::move(waker); }

private:
    vault::Vault& vault_;
    std::function<void()> waker_;
};

// A user is erased: what waits for them goes.
Result<void> forget_messages(storage::Tx& tx, TenantId tenant, UserId user);

} // namespace gatehouse::messages
