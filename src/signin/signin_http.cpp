#include "signin/documents.hpp"
#include "signin/magic_link.hpp"
#include "signin/password_meter.hpp"
#include "signin/push_steps.hpp"
#include "signin/recovery_hold.hpp"
#include "signin/setup.hpp"
#include "signin/steps.hpp"

namespace gatehouse::signin {

using http::Method;
using http::Request;
using journey::Purpose;
using journey::Step;

SignIn::SignIn(Services services, std::vector<std::string> administrator_permissions)
    : services_(services), administrator_permissions_(std::move(administrator_permissions))
{
    auto& engine = services_.engine;
    engine.add_step(Step::password, make_password_step(services_));
    engine.add_step(Step::email_send, make_email_send_step(services_));
    engine.add_step(Step::email_code, make_email_code_step(services_));
    engine.add_step(Step::text_send, make_text_send_step(services_));
    engine.add_step(Step::text_code, make_text_code_step(services_));
    engine.add_step(Step::passkey, make_passkey_step(services_));
    engine.add_step(Step::push_send, make_push_send_step(services_));
    engine.add_step(Step::push_wait, make_push_wait_step(services_));
    engine.add_step(Step::keep_account, make_keep_account_step());
    engine.add_step(Step::offer_passkey, make_offer_passkey_step(services_));
    engine.add_step(Step::totp, make_totp_step(services_));
    engine.add_step(Step::recovery_code, make_recovery_code_step(services_));
    engine.add_step(Step::enrol_totp, make_enrol_totp_step(services_));
    engine.add_step(Step::enrol_passkey, make_enrol_passkey_step(services_));
    engine.add_step(Step::enrol_phone, make_enrol_phone_step(services_));
    engine.add_step(Step::enrol_phone_code, make_enrol_phone_code_step(services_));
    engine.add_step(Step::keep_recovery_codes, make_keep_recovery_codes_step(services_));
    engine.add_step(Step::few_recovery_codes, make_few_recovery_codes_step(services_));
    engine.add_step(Step::too_weak, make_too_weak_step(services_));
    engine.add_step(Step::register_details, make_register_details_step(services_));
    engine.add_step(Step::register_code, make_register_code_step(services_));
    engine.add_step(Step::registration_closed, make_registration_closed_step(services_));
    engine.add_step(Step::recover_identifier, make_recover_identifier_step(services_));
    engine.add_step(Step::recover_code, make_recover_code_step(services_));
    engine.add_step(Step::recover_text, make_recover_text_step(services_));
    engine.add_step(Step::recover_text_code, make_recover_text_code_step(services_));
    engine.add_step(Step::recover_by_code, make_recover_by_code_step(services_));
    engine.add_step(Step::recovery_wait, make_recovery_wait_step(services_));
    engine.add_step(Step::new_password, make_new_password_step(services_));
    engine.add_step(Step::change_password, make_change_password_step(services_));
    engine.add_step(Step::agreements, make_agreements_step(services_));
    engine.add_step(Step::profile, make_profile_step(services_));
    engine.add_step(Step::consent, make_consent_step(services_));
    engine.add_step(Step::choose_account, make_choose_account_step(services_));
}

Routes SignIn::routes()
{
    Routes routes;
    auto& engine = services_.engine;
    for (auto const purpose : {Purpose::sign_in, Purpose::registration, Purpose::recovery}) {
        auto const path = std::string(journey::Engine::path_of(purpose));
        routes.push_back({Method::get, path,
                          [&engine, purpose](Context const& context, Request const& request) {
                              return engine.show_page(context, request, purpose);
                          },
                          Audience::people});
        routes.push_back(
            {Method::post, path,
             [&engine](Context const& context, Request const& request) { return engine.submit_page(context, request); },
             Audience::people});
    }
    routes.push_back(
        {Method::get, "/signin/link",
         [this](Context const& context, Request const& request) { return show_link(services_, context, request); },
         Audience::people});
    routes.push_back(
        {Method::get, "/s/{token}",
         [this](Context const& context, Request const& request) { return show_link(services_, context, request); },
         Audience::people});
    routes.push_back(
        {Method::post, "/signin/link",
         [this](Context const& context, Request const& request) { return follow_link(services_, context, request); },
         Audience::people});
    routes.push_back(
        {Method::get, "/setup",
         [this](Context const& context, Request const& request) { return show_setup(services_, context, request); },
         Audience::people});
    routes.push_back({Method::post, "/setup",
                      [this](Context const& context, Request const& request) {
                          return submit_setup(services_, context, request, administrator_permissions_);
                      },
                      Audience::people});
    routes.push_back(
        {Method::get, "/recover/stop",
         [this](Context const& context, Request const& request) { return show_stop(services_, context, request); },
         Audience::people});
    routes.push_back(
        {Method::post, "/recover/stop",
         [this](Context const& context, Request const& request) { return submit_stop(services_, context, request); },
         Audience::people});
    routes.push_back({Method::post, "/password/strength", [this](Context const& context, Request const& request) {
                          return rate_password(services_, context, request);
                      }});
    routes.push_back(
        {Method::get, "/documents/{name}",
         [this](Context const& context, Request const& request) { return show_document(services_, context, request); },
         Audience::people});
    routes.push_back({Method::get, "/invitation",
                      [this](Context const& context, Request const& request) {
                          return follow_invitation(services_, context, request);
                      },
                      Audience::people});
    // https://w3c.github.io/webappsec-change-password-url/
    routes.push_back({Method::get, "/.well-known/change-password",
                      [](Context const& context, Request const&) -> Task<Result<http::Response>> {
                          co_return http::Response::redirect(302, context.base_path + "/account/security");
                      },
                      Audience::people});
    routes.push_back({Method::post, "/api/v1/journeys", [&engine](Context const& context, Request const& request) {
                          return engine.start_json(context, request);
                      }});
    routes.push_back(
        {Method::post, "/api/v1/journeys/submit",
         [&engine](Context const& context, Request const& request) { return engine.submit_json(context, request); }});
    add_push_routes(routes, services_);
    return routes;
}

} // namespace gatehouse::signin
