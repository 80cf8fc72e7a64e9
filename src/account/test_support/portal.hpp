// The portal as a browser of a signed-in person sees it, with everything that is kept about them connected.
#pragma once

#include "account/account.hpp"
#include "credentials/totp.hpp"
#include "journey/people.hpp"
#include "journey/test_support/world.hpp"
#include "session/cookie.hpp"

namespace gatehouse::account {

class PortalTest : public testing::TestWithParam<storage::Engine> {
protected:
    using Browser = journey::Browser;
    using Page = Browser::Page;

    journey::JourneyWorld world{GetParam()};
    Account account{world.services()};
    UserId ada = world.make_person("ada@example.com");

    PortalTest()
    {
        journey::connect_people(world.users, *world.vault);
        world.add(account.routes());
    }

    static http::Cookie cookie_of(Context const& context, std::vector<session::Opened> opened)
    {
        std::vector<session::Handle> handles;
        for (auto& one : opened)
            handles.push_back(std::move(one.handle));
        return session::make_cookie(context, handles);
    }
    Page post(Browser& browser, std::string const& page, std::string const& path, Browser::Input input = {})
    {
        input.emplace_back("csrf", browser.get(page).field("csrf"));
        return browser.post(path, input);
    }
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
    std::shared_ptr<identity::Tenant const> tenant() { return world.directory.find(world.tenant_id()); }
    bool exists(UserId user)
    {
        return session::must(
                   world.read([&](storage::Tx& tx) { return world.users.state(tx, world.tenant_id(), user); }))
            .has_value();
    }
    std::size_t sessions_of(UserId user)
    {
        return session::must(world.read([&](storage::Tx& tx) {
                   return session::list(tx, *world.vault, world.tenant_id(), user, world.now());
               }))
            .size();
    }
    bool told(std::string const& address, std::string_view kind)
    {
        auto const mails = world.mail_to(address);
        return std::ranges::any_of(mails, [&](auto const& mail) { return mail.kind == kind; });
    }
    void add_identifier(UserId user, identity::NormalizedIdentifier identifier)
    {
        session::must(world.write([&](storage::Tx& tx) {
            return world.users.add_identifier(tx, world.tenant_id(), user,
                                              {.identifier = std::move(identifier), .verified = true}, {}, world.now());
        }));
    }
    // An authenticator app; returns its secret.
    Secret add_totp(UserId user, std::string const& name = "")
    {
        Bytes const binding{1};
        auto pending = session::must(world.authenticators.begin(world.tenant_id(), user, binding, {}, world.now()));
        session::must(world.write([&](storage::Tx& tx) {
            return world.authenticators.confirm(tx, world.tenant_id(), user, binding, pending.sealed,
                                                credentials::totp(pending.secret.expose(), world.now(), {}), name, {},
                                                world.now());
        }));
        world.clock.advance(credentials::kTotpPeriod); // the code of the enrolment is taken
        return std::move(pending.secret);
    }
};

} // namespace gatehouse::account
