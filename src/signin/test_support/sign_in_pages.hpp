// The hosted pages of sign-in, registration and recovery before a browser, for the tests of this room.
#pragma once

#include "journey/test_support/world.hpp"
#include "session/cookie.hpp"
#include "signin/signin.hpp"

namespace gatehouse::signin {

class SignInPages : public testing::TestWithParam<storage::Engine> {
public:
    using Browser = journey::Browser;
    using Page = Browser::Page;

protected:
    journey::JourneyWorld world{GetParam()};
    SignIn signin{world.services(), {"tenants:read", "tenants:write"}};
    SignInPages() { world.add(signin.routes()); }

    static std::string const& password()
    {
        static std::string const text(journey::kPassword);
        return text;
    }
    Page sign_in(Browser& browser, std::string const& identifier, std::string const& with)
    {
        auto const page = browser.get("/app");
        return browser.submit(page, {{"identifier", identifier}, {"password", with}});
    }
    static bool is_done(Page const& page) { return page.location.starts_with("https://app.example/done?user="); }
    void set_settings(auto change)
    {
        auto settings = world.directory.find(world.tenant_id())->settings;
        change(settings);
        session::must(world.write([&](storage::Tx& tx) {
            return world.tenants.update(tx, world.tenant_id(), {.settings = identity::write_settings(settings)}, {}, {},
                                        world.now());
        }));
        world.poll();
    }
    // Registers up to the page that asks for the code.
    Page begin_registration(Browser& browser, std::string const& email, std::string const& with)
    {
        auto const page = browser.get("/register");
        return browser.submit(page, {{"name", "Grace"}, {"email", email}, {"password", with}});
    }
    void give_phone(UserId user, std::string const& number)
    {
        session::must(world.write([&](storage::Tx& tx) {
            return world.users.add_identifier(
                tx, world.tenant_id(), user,
                {.identifier = session::must(identity::normalize_phone(number)), .verified = true}, {}, world.now());
        }));
    }
    Page begin_recovery(Browser& browser, std::string const& email)
    {
        return browser.submit(browser.get("/recover"), {{"identifier", email}});
    }
};

} // namespace gatehouse::signin
