// Engine: starts journeys, shows their steps, takes submissions, ends them.
//
// A room that needs a signed-in person registers a continuation once, at wiring, and starts journeys with its name:
//
//   engine.add_continuation("authorize", {.start_address = ..., .finish = ..., .cancel = ...});
//   co_return co_await engine.start(context, request, {.continuation = "authorize", .payload = sealed_request,
//                                                      .application = client.id, .login_hint = hint});
//
// One submission: `prepare` in a relaxed transaction (reserves throttle slots, reads what is compared), the hash pool
// between transactions, `complete` in one durable transaction, which also ends the journey when nothing is missing.
#pragma once

#include "base/task.hpp"
#include "credentials/new_password.hpp"
#include "crypto/hash_pool.hpp"
#include "http/message.hpp"
#include "identity/context.hpp"
#include "journey/next_step.hpp"
#include "journey/page.hpp"
#include "session/session.hpp"
#include "storage/database.hpp"
#include "view/view_model.hpp"

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>

namespace gatehouse::messages {
class Outbox;
}
namespace gatehouse::identity {
class Users;
}
namespace gatehouse::applications {
class Registry;
}
namespace gatehouse::view {
class Pages;
}

namespace gatehouse::journey {

// How a room asks for a person.
struct Start {
    std::string continuation;
    std::string payload; // up to 4 KB; travels sealed in the journey
    Purpose purpose = Purpose::sign_in;
    std::optional<ApplicationId> application = {};
    Requirements requirements = {};
    std::string login_hint = {};
    std::string ui_locales = {}; // space separated, preferred first
    std::string invitation = {}; // the token of the link that led here: lets register where nobody else may
};

// What a continuation gets: the session, live and committed, that satisfies the requirements.
struct Finished {
    session::Session session;
    std::string payload;
};

struct Continuation {
    // Where the whole thing begins anew, below the tenant's base path ("/oauth2/authorize?..."), from the payload. Used
    // for "start again" and when a finished journey is submitted a second time.
    std::function<std::string(Context const&, std::string const& payload)> start_address;
    // Usually a 303 onwards; the engine adds its cookies. The references outlive the task.
    std::function<Task<Result<http::Response>>(Context const&, Finished const&)> finish;
    // The person declined (OpenID Connect: access_denied).
    std::function<Task<Result<http::Response>>(Context const&, std::string const& payload)> cancel;
    // Origins that `finish` or `cancel` may redirect to, for the form-action of the pages. Optional.
    std::function<std::vector<std::string>(Context const&, std::string const& payload)> form_targets = {};
    // For /api/v1/journeys: makes a start of the "request" member that an app sends; refuses applications that are not
    // first-party. Optional: without it, the continuation is for pages only.
    std::function<Task<Result<Start>>(Context const&, boost::json::object const& request)> begin = {};
};

// What a step may know about the turn it takes part in. References outlive the turn.
struct Turn {
    Context const& context;
    http::Request const& request;
    Journey const& journey;
    Situation const& situation;
    std::vector<session::Session> const& sessions; // of this browser, live, newest first

    Policy const& policy() const { return *situation.policy; } // that holds for this journey
};

// What `prepare` wants computed outside any transaction, and whatever the step itself needs again in `complete`.
struct Work {
    virtual ~Work() = default;
    std::optional<Secret> password = {}; // to verify or hash; none: nothing to compute
    bool verify = false;                 // compare with `phc`; else: make a new hash
    std::string phc = {};                // empty with `verify`: the dummy, same work, never matches
    // Without `verify`: a password that a person chose, looked up and compared with these before it is hashed.
    std::optional<credentials::EarlierPasswords> chosen = {};
};
struct Computed {
    bool matches = false;
    bool breached = false; // with `matches`: the password is known from a breach
    std::string phc;       // the new hash; with `verify`: set when the stored one is to be replaced
};

struct Download {
    std::string name; // of the file
    std::string text;
};

struct Outcome {
    Journey journey;                         // with the new facts
    std::vector<http::Cookie> cookies = {};  // to be set with the answer
    bool sent_mail = false;                  // wakes the outbox once committed
    std::function<void()> after_commit = {}; // what is to be told once this is written
    std::optional<Download> download = {};   // a browser gets this file, and stays on its page
};

class StepHandler {
public:
    virtual ~StepHandler() = default;
    // What the step shows. `entered`: what was submitted and refused, to be filled in again (never secrets).
    virtual Result<view::ViewModel> show(storage::Tx& tx, Turn const& turn, http::Fields const& entered) const = 0;
    // Checks the input, takes throttle slots. May run more than once. Errors of kind invalid, unauthenticated,
    // conflict, gone and too_many are shown on the step's page, beside the field that `pointer` names.
    virtual Result<std::unique_ptr<Work>> prepare(storage::Tx& tx, Turn const& turn,
                                                  http::Fields const& input) const = 0;
    // Believes the result only after checking that what it was computed from still stands. May run more than once.
    // Errors as of `prepare`; those that must leave a trace keep their writes.
    virtual Result<Outcome> complete(storage::Tx& tx, Turn const& turn, Work const& work,
                                     Computed const& computed) const = 0;
    // The work was never done (the pool was busy): give back what `prepare` took.
    virtual Result<void> abandon(storage::Tx&, Turn const&, Work const&) const { return {}; }
};

class Engine {
public:
    struct Parts {
        storage::Database& database;
        vault::Vault& vault;
        crypto::HashPool& hash_pool;
        credentials::BreachedPasswords const& breached_passwords;
        messages::Outbox& outbox;
        view::Pages const& pages;
        identity::Users const& users;
        applications::Registry& registry; // names and logos of the applications that people sign in to
        bool development = false;         // pages carry a mark
    };
    explicit Engine(Parts parts);
    ~Engine();

    // At wiring, before the first request. A name or step that is there already is a bug: throws std::logic_error.
    void add_continuation(std::string name, Continuation continuation);
    void add_step(Step step, std::unique_ptr<StepHandler> handler);
    // Used when a person opens /signin, /register or /recover by themselves.
    void set_default_continuation(std::string name);

    // Begins a journey for a browser: 303 to its page, with the browser cookie where it is missing.
    // Errors: "journey_too_large".
    Task<Result<http::Response>> start(Context const& context, http::Request const& request, Start start) const;

    // -- the pages (signin/ routes them)
    // GET with `journey`: the current step. Without: starts one of `purpose` with the default continuation. With the
    // handle of another purpose: switches (from sign-in to registration or recovery and back).
    Task<Result<http::Response>> show_page(Context const& context, http::Request const& request, Purpose purpose) const;
    Task<Result<http::Response>> submit_page(Context const& context, http::Request const& request) const;
    // A journey that goes on from elsewhere than its page, such as a link from a mail: as if `input` had been submitted
    // at `step`. In another browser than it was begun in, or too late, the page that says so.
    Task<Result<http::Response>> resume(Context const& context, http::Request const& request, Journey const& journey,
                                        http::Fields const& input, Step step) const;
    // A page that belongs to a journey but stands elsewhere: the application's face and the places that its form may
    // end at are the journey's.
    Task<Result<http::Response>> show_beside(Context const& context, http::Request const& request,
                                             Journey const& journey, view::ViewModel model, PageOptions options) const;
    // Whether the journey was begun on the pages of the browser that asks.
    bool is_of_browser(Context const& context, http::Request const& request, Journey const& journey) const;

    // Whether a live session may be used without a question, where `policy` holds (person.hpp).
    Result<bool> satisfies(storage::Tx& tx, Context const& context, Policy const& policy,
                           session::Session const& session, Requirements const& requirements) const;

    // -- the JSON face
    Task<Result<http::Response>> start_json(Context const& context, http::Request const& request) const;
    Task<Result<http::Response>> submit_json(Context const& context, http::Request const& request) const;

    // The path of a purpose's page: "/signin", "/register", "/recover".
    static std::string_view path_of(Purpose purpose);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gatehouse::journey
