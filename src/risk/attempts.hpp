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
// A code that was sent to the target, and a mail that somebody wants sent to it. Known devices have budgets of their
// own here too: a stranger who uses up the others keeps nobody from recovering on a browser of their own.
Result<std::vector<Slot>> code_slots(vault::Vault const& vault, Context const& context,
                                     std::optional<Device> const& device, Target const& target);
// A code of recovery: the same, and wrong ones in a row are counted over all identifiers of the person.
Result<std::vector<Slot>> recovery_slots(vault::Vault const& vault, Context const& context,
                                         std::optional<Device> const& device, Target const& target);
// One of the printed codes for a new password: counted with the codes of recovery, and with those that are second
// factors.
Result<std::vector<Slot>> printed_code_slots(vault::Vault const& vault, Context const& context,
                                             std::optional<Device> const& device, Target const& target);
// A second factor of a person who has proven the first: the code of an app, a printed one, one that was sent. All of
// them together have one budget.
Result<std::vector<Slot>> factor_slots(vault::Vault const& vault, Context const& context,
                                       std::optional<Device> const& device, UserId user);
Result<std::vector<Slot>> mail_slots(vault::Vault const& vault, Context const& context,
                                     std::optional<Device> const& device, Target const& target);
// A device that a stranger wants asked.
Result<std::vector<Slot>> push_slots(vault::Vault const& vault, Context const& context, Target const& target);

} // namespace gatehouse::risk
