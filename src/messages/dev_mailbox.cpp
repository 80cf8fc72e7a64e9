#include "messages/dev_mailbox.hpp"

#include <boost/json.hpp>

namespace gatehouse::messages {

void DevMailbox::add(CapturedMail mail)
{
    std::lock_guard const lock(mutex_);
    mail.number = next_++;
    mails_.push_front(std::move(mail));
    if (mails_.size() > 200)
        mails_.pop_back();
}

std::vector<CapturedMail> DevMailbox::list() const
{
    std::lock_guard const lock(mutex_);
    return {mails_.begin(), mails_.end()};
}

std::optional<CapturedMail> DevMailbox::find(std::uint64_t number) const
{
    std::lock_guard const lock(mutex_);
    auto const found = std::ranges::find(mails_, number, &CapturedMail::number);
    return found == mails_.end() ? std::nullopt : std::optional(*found);
}

boost::json::array DevMailbox::to_json() const
{
    boost::json::array out;
    for (auto const& mail : list())
        out.push_back({{"number", mail.number},
                       {"received_at", to_rfc3339(mail.received_at)},
                       {"kind", mail.kind},
                       {"channel", to_string(mail.channel)},
                       {"from", mail.from},
                       {"to", mail.to},
                       {"subject", mail.subject},
                       {"text", mail.text},
                       {"html", mail.html}});
    return out;
}

} // namespace gatehouse::messages
