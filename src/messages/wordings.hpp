// Words of a tenant's own for a kind of message in a language: parts of a mail (subject, heading, intro, button,
// outro), a text (sms), a call (voice). Each is an ICU message with the arguments of the built-in words, beside which
// it stands: what is not said, or names an argument that a later version no longer gives, has the built-in words. They
// are escaped where they stand: nothing in them is markup.
#pragma once

#include "messages/content.hpp"
#include "view/locale.hpp"

#include <boost/json/object.hpp>

namespace gatehouse::messages {

struct Wording {
    Kind kind = Kind::verify_email;
    std::string locale; // "de"
    boost::json::object texts;
    std::int64_t version = 1;
    TimePoint updated_at;
};

// The words, ready to be used. Errors, with a pointer to the part ("/texts/intro"): "wording_invalid" (invalid): no
// such part of this kind, not a text, empty or too long, a line break or other control character, not an ICU message
// (with the place in it), an argument that this kind does not have, a text or call that leaves the code out.
Result<std::shared_ptr<view::Locale const>> check_wording(view::Pages const& pages, Kind kind,
                                                          std::string const& locale, boost::json::object const& texts);

// Values that could be those of a real message of the kind, for previews and tests.
Outgoing example_of(Kind kind, Channel channel, std::string locale, std::string sender_name, std::string issuer,
                    TimePoint now);

// Inserts or replaces; the new version.
Result<std::int64_t> save_wording(storage::Tx& tx, TenantId tenant, Wording const& wording, TimePoint now);
// Whether there was one.
Result<bool> remove_wording(storage::Tx& tx, TenantId tenant, Kind kind, std::string_view locale);
Result<std::optional<Wording>> find_wording(storage::Tx& tx, TenantId tenant, Kind kind, std::string_view locale);
// By kind and language.
Result<std::vector<Wording>> list_wordings(storage::Tx& tx, TenantId tenant);

} // namespace gatehouse::messages
