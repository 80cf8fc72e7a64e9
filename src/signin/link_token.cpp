#include "signin/link_token.hpp"

namespace gatehouse::signin {

std::string write_link_token(LinkToken const& token)
{
    return fmt::format("{}.{}", base64url_encode(token.challenge.bytes()), token.secret);
}

std::optional<LinkToken> read_link_token(std::string_view text)
{
    auto const dot = text.find('.');
    if (dot == std::string_view::npos)
        return std::nullopt;
    auto const raw = base64url_decode(text.substr(0, dot));
    if (!raw)
        return std::nullopt;
    auto const id = credentials::ChallengeId::from_bytes(*raw);
    if (!id)
        return std::nullopt;
    return LinkToken{.challenge = *id, .secret = std::string(text.substr(dot + 1))};
}

// Ids begin with the milliseconds of their making (RFC 9562 section 5.7).
TimePoint made_at(credentials::ChallengeId challenge)
{
    std::int64_t milliseconds = 0;
    for (auto const byte : challenge.bytes().first(6))
        milliseconds = milliseconds << 8 | byte;
    return TimePoint(std::chrono::milliseconds(milliseconds));
}

} // namespace gatehouse::signin
