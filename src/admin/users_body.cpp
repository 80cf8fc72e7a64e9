#include "admin/users_body.hpp"

namespace gatehouse::admin {

Result<identity::NewIdentifier> read_identifier(IdentifierBody const& body, std::string const& pointer)
{
    TRY(auto const kind, identity::parse_identifier_kind(body.kind));
    auto normalized = identity::normalize_identifier(kind, body.value);
    if (!normalized) {
        normalized.error().pointer = pointer + "/value";
        return std::unexpected(std::move(normalized).error());
    }
    return identity::NewIdentifier{.identifier = *std::move(normalized), .verified = body.verified};
}

Result<std::vector<identity::NewIdentifier>> read_identifiers(std::vector<IdentifierBody> const& bodies)
{
    std::vector<identity::NewIdentifier> identifiers;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        TRY(auto identifier, read_identifier(bodies[i], fmt::format("/identifiers/{}", i)));
        identifiers.push_back(std::move(identifier));
    }
    return identifiers;
}

} // namespace gatehouse::admin
