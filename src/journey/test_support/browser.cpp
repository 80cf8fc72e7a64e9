#include "journey/test_support/browser.hpp"

#include <algorithm>

namespace gatehouse::journey {

namespace {

std::string unescape(std::string text)
{
    for (auto const& [from, to] :
         {std::pair("&quot;", "\""), {"&#39;", "'"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}})
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += std::string_view(to).size())
            text.replace(at, std::string_view(from).size(), to);
    return text;
}

// The value of an attribute of a tag; "" when it has none.
std::string attribute(std::string_view tag, std::string_view name)
{
    auto const wanted = " " + std::string(name) + "=\"";
    auto const begin = tag.find(wanted);
    if (begin == std::string_view::npos)
        return {};
    auto const from = begin + wanted.size();
    return unescape(std::string(tag.substr(from, tag.find('"', from) - from)));
}

std::string_view input_tag(std::string_view body, std::string_view name)
{
    for (std::size_t at = 0; (at = body.find("<input", at)) != std::string_view::npos; ++at) {
        auto const tag = body.substr(at, body.find('>', at) - at);
        if (attribute(tag, "name") == name)
            return tag;
    }
    return {};
}

} // namespace

std::string Browser::Page::field(std::string_view name) const
{
    return attribute(input_tag(body, name), "value");
}

bool Browser::Page::has_field(std::string_view name) const
{
    return !input_tag(body, name).empty();
}

std::string Browser::Page::action() const
{
    auto const at = body.find("<form");
    return at == std::string::npos ? std::string() : attribute(std::string_view(body).substr(at), "action");
}

http::Response Browser::send(http::Method method, std::string const& path, std::string body)
{
    http::Request request;
    request.method = method;
    request.target = path;
    auto const mark = path.find('?');
    request.path = path.substr(0, mark);
    request.raw_query = mark == std::string::npos ? "" : path.substr(mark + 1);
    request.query = *http::parse_form(request.raw_query);
    request.host = "localhost:8080";
    request.secure = true;
    request.client_address = client_address;
    request.request_id = "request-1";
    request.headers.add("Accept-Language", accept_language);
    request.headers.add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    if (sends_fetch_metadata)
        request.headers.add("Sec-Fetch-Site", "same-origin");
    if (method == http::Method::post)
        request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = std::move(body);
    std::string sent;
    for (auto const& [name, value] : cookies)
        sent += (sent.empty() ? "" : "; ") + name + "=" + value;
    if (!sent.empty())
        request.headers.add("Cookie", sent);
    for (auto const& [name, value] : extra_headers)
        request.headers.set(name, value);
    auto response = serve_(std::move(request));
    for (auto const& [name, value] : response.headers) {
        if (!http::equal_ignoring_case(name, "Set-Cookie") || !cookies_enabled)
            continue;
        auto const equals = value.find('=');
        auto const end = value.find(';');
        auto const cookie = value.substr(0, equals);
        if (value.find("Max-Age=0") != std::string::npos)
            cookies.erase(cookie);
        else
            cookies[cookie] = value.substr(equals + 1, end - equals - 1);
    }
    return response;
}

Browser::Page Browser::follow(http::Response response, std::string const& path)
{
    auto at = path;
    for (int hops = 0; hops < 10 && response.status >= 300 && response.status < 400; ++hops) {
        at = std::string(response.headers.find("Location").value_or(""));
        if (!at.starts_with("/") || at.starts_with("//"))
            break;
        response = send(http::Method::get, at);
    }
    return {.status = response.status,
            .location = at,
            .body = std::string(response.content()),
            .headers = response.headers};
}

Browser::Page Browser::get(std::string const& path)
{
    return follow(send(http::Method::get, path), path);
}

Browser::Page Browser::post(std::string const& path, Input const& input)
{
    return follow(send(http::Method::post, path, http::encode_form(input)), path);
}

Browser::Page Browser::submit(Page const& page, Input const& input)
{
    auto fields = input;
    auto const form_begin = page.body.find("<form");
    std::string_view const form = std::string_view(page.body).substr(form_begin == std::string::npos ? 0 : form_begin);
    auto const end = form.find("</form>");
    for (std::size_t at = 0; (at = form.find("<input", at)) < end; ++at) {
        auto const tag = form.substr(at, form.find('>', at) - at);
        auto const name = attribute(tag, "name");
        auto const given = std::ranges::any_of(input, [&](auto const& pair) { return pair.first == name; });
        if (attribute(tag, "type") == "hidden" && !given)
            fields.emplace_back(name, attribute(tag, "value"));
    }
    return post(page.action(), fields);
}

} // namespace gatehouse::journey
