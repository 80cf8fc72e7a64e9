#include "themes/preview.hpp"

#include "base/bytes.hpp"
#include "base/json.hpp"
#include "vault/sealed.hpp"

#include <boost/json.hpp>

namespace gatehouse::themes {

namespace {
constexpr std::string_view kPurpose = "theme_preview";
}

Result<std::string> make_preview_token(vault::Vault const& vault, TenantId tenant, Previewed const& what, TimePoint now)
{
    boost::json::object payload{{"owner", what.owner.name()}};
    if (what.version)
        payload["version"] = *what.version;
    auto const text = boost::json::serialize(payload);
    return vault::seal(vault, {.tenant = tenant, .purpose = kPurpose, .binding = {}, .expires_at = now + kPreviewLife},
                       as_bytes(text), now);
}

Result<Previewed> open_preview_token(vault::Vault const& vault, TenantId tenant, std::string_view token, TimePoint now)
{
    TRY(auto const bytes,
        vault::open(vault, {.tenant = tenant, .purpose = kPurpose, .binding = {}, .now = now}, token));
    TRY(auto const payload, parse_json_object_strict(as_text(bytes)));
    TRY(auto owner, Owner::parse(std::string_view(payload.at("owner").as_string())));
    Previewed what{.owner = owner, .version = {}};
    if (auto const* version = payload.if_contains("version"))
        what.version = version->as_int64();
    return what;
}

} // namespace gatehouse::themes
