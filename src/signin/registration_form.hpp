// The pages by which people register: what the tenant's form for the application asks for, with address and password on
// the first page and what is to be accepted on the last.
#pragma once

#include "identity/invitations.hpp"
#include "journey/attribute_fields.hpp"
#include "signin/registration_draft.hpp"
#include "signin/steps.hpp"

namespace gatehouse::signin {

// What a new account is reached by, as it stands in drafts and challenges.
Result<identity::NormalizedIdentifier> address_of_registration(std::string_view stored);

class RegistrationForm {
public:
    // `draft`: what was entered before. Errors: "invitation_void", "texts_unavailable" (people register by phone, and
    // no text can be sent).
    static Result<RegistrationForm> load(Services const& services, storage::Tx& tx, journey::Turn const& turn);

    std::size_t page() const { return page_; } // from 0
    bool is_first() const { return page_ == 0; }
    bool is_last() const { return page_ + 1 == pages_.size(); }
    RegistrationDraft const& draft() const { return draft_; }
    std::optional<identity::Invitation> const& invitation() const { return invitation_; }
    // The page that a submission speaks of: an earlier one after the back button; none further than was shown.
    void turn_to(http::Fields const& input);

    view::ViewModel show(http::Fields const& entered) const;
    // What the page says, on top of the draft. Passwords are the caller's. Errors: at their fields.
    Result<RegistrationDraft> read(http::Fields const& input) const;

private:
    RegistrationForm(Services const& services, journey::Turn const& turn);
    identity::RegisteredBy registered_by() const;
    void add_address(view::ViewModel& model, http::Fields const* entered) const;
    Result<std::string> read_address(http::Fields const& input) const;
    Result<std::string> read_email(std::string_view typed, std::string_view field) const;
    Result<std::string> read_phone(std::string_view typed, std::string_view field) const;

    Services const& services_;
    journey::Turn const& turn_;
    identity::ProfileSchema const& schema_;
    std::vector<identity::FormPage> pages_;
    std::size_t page_ = 0;
    RegistrationDraft draft_;
    std::optional<identity::Invitation> invitation_;
};

} // namespace gatehouse::signin
