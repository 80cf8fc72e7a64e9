// What the files of the engine share: how a turn is taken, whatever face it has.
#pragma once

#include "journey/engine.hpp"
#include "journey/page.hpp"
#include "journey/person.hpp"
#include "session/cookie.hpp"
#include "session/trusted_devices.hpp"

namespace gatehouse::journey {

// What is true now about the browser and person of a journey.
struct Look {
    Situation situation;
    std::vector<session::Session> sessions;
    std::optional<session::TrustedDeviceId> trust; // by which situation.trusted_device holds
    bool spent = false;                            // this journey has ended already
};

using PolicyPointer = std::shared_ptr<Policy const>;

struct Engine::Impl {
    Parts parts;
    std::map<std::string, Continuation, std::less<>> continuations;
    std::map<Step, std::unique_ptr<StepHandler>> steps;
    std::string default_continuation;

    // -- state
    Continuation const* continuation_of(Journey const& journey) const; // or null
    std::string start_address(Context const& context, Journey const& journey) const;
    // What holds for the application of a journey, or for the tenant's own pages.
    People people() const;
    Task<Result<PolicyPointer>> policy_of(Context const& context, Journey const& journey) const;
    Result<Look> look(storage::Tx& tx, Context const& context, http::Request const& request, Journey const& journey,
                      PolicyPointer policy) const;
    Result<bool> offers_passkey(storage::Tx& tx, Context const& context, Journey const& journey,
                                Situation const& situation) const;
    Result<void> look_at_profile(storage::Tx& tx, Context const& context, Journey const& journey,
                                 Situation& situation) const;
    Result<void> count_sign_in(storage::Tx& tx, Context const& context, Journey const& journey) const;
    // Whether the browser is trusted by the person.
    Result<void> look_for_trust(storage::Tx& tx, Context const& context, http::Request const& request,
                                Journey const& journey, Look& look) const;
    std::optional<Journey> another_way(Journey const& journey, http::Fields const& input) const;
    Step next(Context const& context, Journey const& journey, Look const& look) const;
    StepHandler const& handler(Step step) const;
    Result<Journey> begin(Context const& context, Start start, Face face) const;
    // Takes the session that needs no question, so that nobody is asked to choose from one.
    void settle(Journey& journey, std::vector<session::Session> const& sessions) const;

    // -- showing
    struct Shown {
        Journey journey;
        Step step = Step::password;
        view::ViewModel model;
        int status = 200;
        std::optional<std::chrono::seconds> retry_after;
    };
    Result<Shown> show(storage::Tx& tx, Context const& context, http::Request const& request, Journey const& journey,
                       Look const& look, Step step, http::Fields const& entered) const;

    // -- a turn
    struct Ended {
        std::optional<session::Session> session; // none: the person declined
        std::vector<http::Cookie> cookies = {};
        bool sent_mail = false;
    };
    struct Moved {
        Journey journey;
        std::optional<Ended> ended;
        std::vector<http::Cookie> cookies;
        bool sent_mail = false;
        std::function<void()> after_commit;
        std::optional<Download> download;
    };
    // Where a turn led: on, to a page that says what is wrong, or to a journey that was over before.
    struct Turned {
        enum class Kind : std::uint8_t { moved, refused, other_step, over } kind = Kind::moved;
        Moved moved;
        std::optional<Error> error;
    };
    struct Prepared {
        Journey journey;
        Look look;
        Step step = Step::password;
        std::unique_ptr<Work> work; // null: the step is terminal, or not the one that was submitted
    };
    Task<Result<Turned>> turn(Context const& context, http::Request const& request, Journey const& journey,
                              http::Fields const& input, std::string_view submitted_step) const;
    Task<Result<Computed>> compute(Context const& context, Work const& work) const;
    Result<Moved> complete(storage::Tx& tx, Context const& context, http::Request const& request,
                           Prepared const& prepared, Computed const& computed) const;
    // Ends the journey: the spent marker, the session, its event.
    Result<Ended> finish(storage::Tx& tx, Context const& context, http::Request const& request, Journey const& journey,
                         Look const& look) const;
    Result<Ended> open_session(storage::Tx& tx, Context const& context, http::Request const& request,
                               Journey const& journey, Look const& look) const;
    // Notes the use of the browser's trust, or trusts it where the person wants that.
    Result<void> keep_trust(storage::Tx& tx, Context const& context, http::Request const& request,
                            Journey const& journey, Look const& look, credentials::Methods methods, Ended& ended) const;
    // Calls the continuation. The response carries the cookies.
    Task<Result<http::Response>> conclude(Context const& context, Journey const& journey, Ended ended,
                                          std::vector<http::Cookie> cookies) const;

    // -- pages
    void add_application(Context const& context, Journey const& journey, view::ViewModel& model) const;
    std::vector<std::string> form_targets(Context const& context, Journey const& journey) const;
    http::Response render(Context const& context, http::Request const& request, Shown const& shown) const;
    Result<http::Response> go_to(Context const& context, Journey const& journey,
                                 std::vector<http::Cookie> const& cookies) const;
    std::string browser_cookie_name(Context const& context) const;
    // Nothing when the journey belongs to this browser and lives; else the page that says what to do.
    std::optional<http::Response> check(Context const& context, http::Request const& request,
                                        Journey const& journey) const;
    http::Response notice(Context const& context, http::Request const& request, std::string name, int status,
                          std::string start_address, std::string const& ui_locales = {}) const;
    Task<Result<http::Response>> refused(Context const& context, http::Request const& request, Journey const& journey,
                                         http::Fields const& entered, Error error) const;
    bool is_of_browser(Context const& context, http::Request const& request, Journey const& journey) const;
    Task<Result<http::Response>> submit(Context const& context, http::Request const& request, Journey const& journey,
                                        http::Fields const& input, std::string_view step) const;
    Task<Result<http::Response>> show_current(Context const& context, http::Request const& request,
                                              Journey const& journey) const;
    Task<Result<http::Response>> start(Context const& context, http::Request const& request, Start start) const;

    // -- the JSON face
    Result<Journey> open_json(Context const& context, std::string_view handle) const;
    Task<Result<http::Response>> answer_json(Context const& context, http::Request const& request,
                                             Journey const& journey) const;
};

// The box to tick beside a second factor.
inline constexpr std::string_view kTrustField = "trust_device";

// journey_store.cpp. False: the marker was there already, the journey has ended.
Result<bool> spend(storage::Tx& tx, TenantId tenant, JourneyId journey, TimePoint expires_at);
Result<bool> is_spent(storage::Tx& tx, TenantId tenant, JourneyId journey);

} // namespace gatehouse::journey
