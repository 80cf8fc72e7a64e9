// A device that approves sign-ins, in software: what the app's page does with WebCrypto.
#pragma once

#include "credentials/push_requests.hpp"
#include "jose/jwk.hpp"

#include <boost/json.hpp>

namespace gatehouse::credentials {

class SoftwareDevice {
public:
    boost::json::object jwk() const { return key_.public_key().to_jwk(); }
    std::string public_key() const { return boost::json::serialize(jwk()); }
    Bytes sign(std::string_view message) const { return key_.sign(as_bytes(message)).value(); }
    PushRequests::Answer answer(PushRequest const& request, PushDecision decision, std::string const& number) const
    {
        return {decision, number, sign(push_answer_text(decision, request.challenge, number))};
    }
    PushRequests::Answer approve(PushRequest const& request) const
    {
        return answer(request, PushDecision::approve, std::to_string(request.number));
    }

private:
    jose::SigningKey key_ = jose::SigningKey::generate(jose::Algorithm::ES256).value();
};

} // namespace gatehouse::credentials
