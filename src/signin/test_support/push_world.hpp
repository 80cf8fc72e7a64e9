// A person with a registered device, for the tests of sign-ins that it approves.
#pragma once

#include "credentials/test_support/software_device.hpp"
#include "journey/test_support/world.hpp"
#include "signin/signin.hpp"

#include <gtest/gtest.h>

namespace gatehouse::signin {

class PushPages : public testing::TestWithParam<storage::Engine> {
protected:
    using Browser = journey::Browser;
    using Page = Browser::Page;

    journey::JourneyWorld world{GetParam()};
    SignIn signin{world.services(), {}};
    UserId ada = world.make_person("ada@example.com");
    credentials::SoftwareDevice phone;
    credentials::PushDevice device = add(ada, phone);
    PushPages() { world.add(signin.routes()); }

    credentials::PushDevice add(UserId user, credentials::SoftwareDevice const& of)
    {
        using session::must;
        credentials::PushSubscription const subscription{
            .endpoint = "https://push.example.net/send/1",
            .keys = {.p256dh =
                         must(base64url_decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs"
                                               "7Vd8pZGH6SRpkNtoIAiw4")),
                     .auth = must(base64url_decode("BTBZMqHH6r4Tts7J_aSIgg"))}};
        return must(world.write([&](storage::Tx& tx) -> Result<credentials::PushDevice> {
            TRY(auto const state, world.users.state(tx, world.tenant_id(), user));
            TRY(auto const sealed,
                world.push_devices.invite(world.tenant_id(), user, state->security_epoch, world.now()));
            TRY(auto const invitation, world.push_devices.open_invitation(world.tenant_id(), sealed, world.now()));
            return world.push_devices.add(tx, world.tenant_id(), invitation,
                                          {.name = "Phone", .key = of.public_key(), .subscription = subscription}, {},
                                          world.now());
        }));
    }
    std::optional<credentials::PushRequest> waiting()
    {
        return session::must(world.read(
            [&](storage::Tx& tx) { return world.push_requests.waiting(tx, world.tenant_id(), ada, world.now()); }));
    }
    std::string answer(credentials::PushRequests::Answer const& with, credentials::PushRequest const& request)
    {
        auto const done = world.write([&](storage::Tx& tx) {
            return world.push_requests.answer(tx, world.tenant_id(), device, request.id, with, {}, world.now());
        });
        return done ? std::string(to_string(done->state)) : done.error().code;
    }
    bool is_ada(Page const& page)
    {
        return page.location.starts_with("https://app.example/done?user=" + ada.to_string());
    }
    // Where the page hears of the answer; "" where it does not wait.
    static std::string state_address(Page const& page)
    {
        constexpr std::string_view kMark = "data-waits=\"";
        auto const at = page.body.find(kMark);
        if (at == std::string::npos)
            return {};
        auto const from = at + kMark.size();
        return page.body.substr(from, page.body.find('"', from) - from);
    }
};

} // namespace gatehouse::signin
