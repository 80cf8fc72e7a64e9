#include "credentials/enrolled.hpp"

#include "credentials/credential_store.hpp"

namespace gatehouse::credentials {

std::string_view to_string(ChangeReason reason)
{
    switch (reason) {
    case ChangeReason::none:
        return "";
    case ChangeReason::administrator:
        return "administrator";
    case ChangeReason::breached:
        return "breached";
    case ChangeReason::aged:
        return "aged";
    }
    return "";
}

ChangeReason parse_change_reason(std::string_view name)
{
    for (auto const reason : {ChangeReason::administrator, ChangeReason::breached})
        if (to_string(reason) == name)
            return reason;
    return ChangeReason::none;
}

Result<Enrolment> enrolment(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const kinds, select_usable_kinds(tx, tenant, user));
    Enrolment enrolment;
    for (auto const& [kind, reason, updated_at] : kinds) {
        auto const method = kind == "recovery_codes" ? Method::recovery_code : parse_method(kind);
        if (!method)
            continue;
        enrolment.methods.add(*method);
        if (*method == Method::password) {
            enrolment.change_reason = parse_change_reason(reason);
            enrolment.password_set_at = updated_at;
        }
    }
    return enrolment;
}

Result<Methods> enrolled(storage::Tx& tx, TenantId tenant, UserId user)
{
    TRY(auto const found, enrolment(tx, tenant, user));
    return found.methods;
}

} // namespace gatehouse::credentials
