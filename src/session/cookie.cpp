#include "session/cookie.hpp"

#include "crypto/random.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::session {

namespace {

constexpr std::size_t kIdSize = 16;
constexpr std::size_t kHandleSize = kIdSize + 32;

bool names(std::vector<Handle> const& handles, SessionId session)
{
    return std::ranges::any_of(handles, [&](Handle const& handle) { return handle.id == session; });
}

} // namespace

std::string cookie_name(Context const& context, std::string_view what)
{
    return fmt::format("{}gh_{}_{}", context.secure ? "__Host-" : "", what, context.tenant->id.to_string());
}

std::vector<Handle> read_cookie(Context const& context, http::Request const& request)
{
    std::vector<Handle> handles;
    auto text = request.cookie(cookie_name(context, "session")).value_or(std::string_view{});
    while (!text.empty() && handles.size() < kMostSessionsInCookie) {
        auto const part = text.substr(0, text.find('.'));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        auto bytes = base64url_decode(part);
        if (!bytes || bytes->size() != kHandleSize)
            continue;
        auto const id = SessionId::from_bytes(ByteView(*bytes).first(kIdSize));
        if (id && !names(handles, *id))
            handles.push_back({.id = *id, .secret = Secret(ByteView(*bytes).subspan(kIdSize))});
        wipe(bytes->data(), bytes->size());
    }
    return handles;
}

http::Cookie make_cookie(Context const& context, std::vector<Handle> const& handles)
{
    http::Cookie cookie{.name = cookie_name(context, "session"),
                        .value = {},
                        .max_age = std::nullopt,
                        .http_only = true,
                        .secure = context.secure,
                        .same_site = http::SameSite::lax,
                        .path = "/"};
    for (auto const& handle : handles) {
        Bytes bytes(handle.id.bytes().begin(), handle.id.bytes().end());
        auto const secret = handle.secret.expose();
        bytes.insert(bytes.end(), secret.begin(), secret.end());
        if (!cookie.value.empty())
            cookie.value += '.';
        cookie.value += base64url_encode(bytes);
        wipe(bytes.data(), bytes.size());
    }
    if (handles.empty())
        cookie.max_age = std::chrono::seconds(0);
    return cookie;
}

std::vector<Handle> with_handle(std::vector<Handle> held, Handle opened, std::vector<SessionId> const& same_user)
{
    std::erase_if(held, [&](Handle const& handle) {
        return handle.id == opened.id || std::ranges::find(same_user, handle.id) != same_user.end();
    });
    held.insert(held.begin(), std::move(opened));
    if (held.size() > kMostSessionsInCookie)
        held.erase(held.begin() + kMostSessionsInCookie, held.end());
    return held;
}

std::vector<Handle> without(std::vector<Handle> held, SessionId session)
{
    std::erase_if(held, [&](Handle const& handle) { return handle.id == session; });
    return held;
}

} // namespace gatehouse::session
