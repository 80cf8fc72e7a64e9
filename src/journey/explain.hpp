// Which paths would lead a person in, and which setting decides: for administrators. Walks next_step() itself, so that
// it can say nothing else than what happens.
#pragma once

#include "base/shape.hpp"
#include "journey/person.hpp"

namespace gatehouse::applications {
struct Application;
}

namespace gatehouse::journey {

// One way through a sign-in.
struct Path {
    std::vector<credentials::Method> methods; // in the order in which they are given
    std::vector<credentials::Method> set_up;  // of these: set up on the way
    std::vector<credentials::Method> missing; // what the person would need and does not have
    bool leads_in = false;
    bool put_off = false; // setting up a second factor is put off, while the grace lasts
    std::string acr;      // that it reaches; "" for none
    std::string decided_by;
};

struct Explanation {
    bool enabled = true;    // a disabled user has no path
    std::string needed_acr; // at least, of this person
    std::string needed_by;  // the setting that asks for it
    std::vector<credentials::Method> first;
    std::vector<credentials::Method> second;
    std::vector<credentials::Method> usable; // by this person
    std::optional<TimePoint> grace_ends;     // if it runs, or would if they signed in now
    std::vector<Path> paths;
};

// `application`: null for the account pages. `level`: what acr_values ask for. Error: "user_not_found".
Result<Explanation> explain(storage::Tx& tx, identity::Users const& users, identity::Tenant const& tenant,
                            applications::Application const* application, UserId user, credentials::Level level,
                            TimePoint now);

// The rule behind it.
std::vector<Path> paths_of(Policy const& policy, Situation const& situation, Requirements const& requirements,
                           identity::AcrNames const& names, TimePoint now);

constexpr auto shape(Path const*)
{
    return Shape{
        "SignInPath",
        Member{"methods", &Path::methods, {.text = "In the order in which they are given."}},
        Member{"set_up", &Path::set_up, {.text = "Those of them that are set up on the way."}},
        Member{"missing", &Path::missing, {.text = "What the person would need for it and does not have."}},
        Member{"leads_in", &Path::leads_in, {.text = "Whether it ends with a session that satisfies the policy."}},
        Member{"put_off", &Path::put_off, {.text = "Setting up a second factor is put off, within the grace."}},
        Member{"acr", &Path::acr, {.text = "The level that it reaches; empty for none."}},
        Member{"decided_by", &Path::decided_by, {.text = "The setting that makes it end as it does."}}};
}
constexpr auto shape(Explanation const*)
{
    return Shape{
        "SignInExplanation",
        Member{"enabled", &Explanation::enabled, {.text = "Whether the user may sign in at all."}},
        Member{"needed_acr", &Explanation::needed_acr, {.text = "The least level that is asked of this person."}},
        Member{"needed_by", &Explanation::needed_by, {.text = "The setting or parameter that asks for it."}},
        Member{"first", &Explanation::first, {.text = "What a sign-in may begin with here."}},
        Member{"second", &Explanation::second, {.text = "What may stand beside it here."}},
        Member{"usable", &Explanation::usable, {.text = "What this person can use."}},
        Member{"grace_ends",
               &Explanation::grace_ends,
               {.text = "Until when setting up a second factor may be put off, counted from now if it has not begun."}},
        Member{"paths", &Explanation::paths, {.text = "Every way through a sign-in."}}};
}

} // namespace gatehouse::journey
