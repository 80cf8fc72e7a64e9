// What a link of ours carries: which challenge it redeems, and the secret that does.
#pragma once

#include "credentials/challenges.hpp"

namespace gatehouse::signin {

struct LinkToken {
    credentials::ChallengeId challenge;
    std::string secret;
};
std::string write_link_token(LinkToken const& token);
std::optional<LinkToken> read_link_token(std::string_view text);

// When the challenge of a link was made, by its id: what tells a link that was used from one that is too old.
TimePoint made_at(credentials::ChallengeId challenge);

} // namespace gatehouse::signin
