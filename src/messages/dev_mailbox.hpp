// The mailbox of development mode: mail, texts and calls that would have been sent, kept in memory (the newest 200),
// shown at /dev/mail. app/ makes one only in development mode and puts in what has no mail server or provider;
// otherwise the address is unknown.
#pragma once

#include "base/clock.hpp"
#include "messages/outbox.hpp"

#include <boost/json/array.hpp>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::messages {

struct CapturedMail {
    std::uint64_t number = 0; // counts from 1; the name in /dev/mail/{number}
    TimePoint received_at;
    std::string from, to, subject;
    std::string text, html;
    std::string kind;                // "verify_email"
    std::string mime;                // as it would have travelled
    Channel channel = Channel::mail; // texts and calls have no html, no mime; their subject is their first line
};

class DevMailbox {
public:
    void add(CapturedMail mail);            // numbers it
    std::vector<CapturedMail> list() const; // newest first
    std::optional<CapturedMail> find(std::uint64_t number) const;
    boost::json::array to_json() const; // newest first; what /dev/mail.json answers

private:
    mutable std::mutex mutex_;
    std::uint64_t next_ = 1;
    std::deque<CapturedMail> mails_;
};

} // namespace gatehouse::messages
