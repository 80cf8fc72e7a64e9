#include "account/security.hpp"

#include "account/changes.hpp"
#include "credentials/enrolled.hpp"

namespace gatehouse::account {

using credentials::Authenticators;
using credentials::CredentialId;
using credentials::Method;
using credentials::RecoveryCodes;

Result<Added> add_authenticator(Services const& services, storage::Tx& tx, Context const& context,
                                Visitor const& visitor, NewAuthenticator const& wanted)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    auto const origin = origin_of(context, visitor);
    TRY_DO(check_enrolment(context, Method::totp));
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY_DO(Authenticators(services.vault)
               .confirm(tx, tenant, user, visitor.session.id.bytes(), wanted.enrolment, wanted.code, wanted.name,
                        origin, context.now));
    TRY(auto codes, first_recovery_codes(services, tx, context, visitor));
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::credential_added,
                  {{"kind", "totp"}, {"when", context.now}}));
    TRY(auto opened, raise_session(services, tx, context, visitor, {Method::totp}));
    return Added{.recovery_codes = std::move(codes), .session = std::move(opened)};
}

Result<void> rename_authenticator(Services const& services, storage::Tx& tx, Context const& context,
                                  Visitor const& visitor, CredentialId id, std::string_view name)
{
    return Authenticators(services.vault)
        .rename(tx, context.tenant->id, visitor.user.id, id, name, origin_of(context, visitor), context.now);
}

Result<session::Opened> remove_authenticator(Services const& services, storage::Tx& tx, Context const& context,
                                             Visitor const& visitor, CredentialId id)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY_DO(Authenticators(services.vault).remove(tx, tenant, user, id, origin_of(context, visitor), context.now));
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::credential_removed,
                  {{"kind", "totp"}, {"when", context.now}}));
    TRY(auto const epoch, services.users.raise_security_epoch(tx, tenant, user, context.now));
    return keep_only_this_session(services, tx, context, visitor, epoch);
}

Result<std::vector<std::string>> make_recovery_codes(Services const& services, storage::Tx& tx, Context const& context,
                                                     Visitor const& visitor)
{
    auto const tenant = context.tenant->id;
    auto const user = visitor.user.id;
    TRY_DO(check_enrolment(context, Method::recovery_code));
    TRY_DO(services.users.require_active(tx, tenant, user, visitor.session.security_epoch));
    TRY(auto const enrolled, credentials::enrolled(tx, tenant, user));
    if ((enrolled - credentials::Methods{Method::password, Method::recovery_code}).empty())
        return refuse(ErrorKind::conflict, "second_factor_missing",
                      "Recovery codes stand in for a second factor. Add one first.");
    TRY(auto codes, RecoveryCodes(services.vault).generate(tx, tenant, user, origin_of(context, visitor), context.now));
    TRY_DO(notify(services, tx, context, visitor, messages::Kind::recovery_codes_made, {{"when", context.now}}));
    return codes;
}

} // namespace gatehouse::account
