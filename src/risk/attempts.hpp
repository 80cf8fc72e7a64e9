// Which limits an attempt falls under, and the keyed digests it is counted by. Every pathway asks here, so that no
// other path, alias or spelling has counters of its own.
#pragma once

#include "risk/device.hpp"
#include "risk/throttle.hpp"
#include "vault/vault.hpp"

namespace gatehouse::risk {

// Whose password or code is tried: the digest of what was typed (identity::Users::identifier_digest), and the person
// whose it is, if anybody's. The same statements run either way.
struct Target {
    Bytes identifier;
    std::optional<UserId> user;
};

// A password. From a device that this person has signed in with before, the device's own budget is used, which is not
// that of strangers.
Result<std::vector<Slot>> password_slots(vault::Vault const& vault, Context const& context,
                                         std::optional<Device> const& device, Target const& target);
// The counts that a new password ends.
Result<std::vector<Slot>> password_counts(vault::Vault const& vault, TenantId tenant, Target const& target);
// A code that was sent to the target, to sign in or to recover, by mail or text: wrong ones in a row are counted over
// all of these, and over all identifiers of the person. Known devices have budgets of their own here too: a stranger
// who uses up the others keeps nobody from recovering on a browser of their own.
Result<std::vector<Slot>> code_slots(vault::Vault const& vault, Context const& context,
                                     std::optional<Device> const& device, Target const& target);
// A code that a person had sent to an address or number which is to become theirs. What they guess is somebody else's:
// wrong ones in a row are counted for the two of them, so that no code that they get right elsewhere ends the count.
Result<std::vector<Slot>> claim_slots(vault::Vault const& vault, Context const& context, UserId user,
                                      ByteView identifier);
// One of the printed codes for a new password: counted with the codes that are sent, and with those that are second
// factors.
Result<std::vector<Slot>> printed_code_slots(vault::Vault const& vault, Context const& context,
                                             std::optional<Device> const& device, Target const& target);
// A second factor of a person who has proven the first: the code of an app, a printed one, one that was sent. All of
// them together have one budget.
Result<std::vector<Slot>> factor_slots(vault::Vault const& vault, Context const& context,
                                       std::optional<Device> const& device, UserId user);
// A mail that somebody wants sent to the target.
Result<std::vector<Slot>> mail_slots(vault::Vault const& vault, Context const& context,
                                     std::optional<Device> const& device, Target const& target);
// A device that a stranger wants asked.
Result<std::vector<Slot>> push_slots(vault::Vault const& vault, Context const& context, Target const& target);

} // namespace gatehouse::risk
