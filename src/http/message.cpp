#include "http/message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace gatehouse::http {

namespace {

constexpr char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

Response with_type(int status, std::string body, char const* media_type)
{
    Response response;
    response.status = status;
    response.headers.reserve(8);
    response.headers.add("Content-Type", media_type);
    response.headers.add("Cache-Control", "no-store");
    response.body = std::move(body);
    return response;
}

} // namespace

std::string_view to_string(Method method)
{
    constexpr std::string_view names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"};
    return names[static_cast<std::size_t>(method)];
}

Method parse_method(std::string_view text)
{
    for (auto const method :
         {Method::get, Method::post, Method::head, Method::put, Method::patch, Method::delete_, Method::options})
        if (text == to_string(method))
            return method;
    return Method::other;
}

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

std::string_view trim(std::string_view text)
{
    auto const first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string_view> Headers::find(std::string_view name) const
{
    for (auto const& [key, value] : fields_)
        if (equal_ignoring_case(key, name))
            return value;
    return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const
{
    return static_cast<std::size_t>(std::count_if(
        fields_.begin(), fields_.end(), [&](auto const& field) { return equal_ignoring_case(field.first, name); }));
}

void Headers::set(std::string_view name, std::string value)
{
    remove(name);
    fields_.emplace_back(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name)
{
    std::erase_if(fields_, [&](auto const& field) { return equal_ignoring_case(field.first, name); });
}

std::string Request::origin() const
{
    return (secure ? "https://" : "http://") + host;
}

Response Response::text(int status, std::string body)
{
    return with_type(status, std::move(body), "text/plain; charset=utf-8");
}

Response Response::html(int status, std::string body)
{
    return with_type(status, std::move(body), "text/html; charset=utf-8");
}

Response Response::json(int status, std::string body)
{
    return with_type(status, std::move(body), "application/json");
}

Response Response::see_other(std::string location)
{
    return redirect(303, std::move(location));
}

Response Response::redirect(int status, std::string location)
{
    auto response = empty(status);
    response.headers.add("Location", std::move(location));
    return response;
}

Response Response::empty(int status)
{
    Response response;
    response.status = status;
    response.headers.add("Cache-Control", "no-store");
    return response;
}

Response&& Response::header(std::string name, std::string value) &&
{
    headers.add(std::move(name), std::move(value));
    return std::move(*this);
}

int status_of(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::invalid:
        return 400;
    case ErrorKind::unauthenticated:
        return 401;
    case ErrorKind::forbidden:
        return 403;
    case ErrorKind::not_found:
        return 404;
    case ErrorKind::method_not_allowed:
        return 405;
    case ErrorKind::conflict:
        return 409;
    case ErrorKind::gone:
        return 410;
    case ErrorKind::precondition_failed:
        return 412;
    case ErrorKind::too_large:
        return 413;
    case ErrorKind::unsupported:
        return 415;
    case ErrorKind::too_many:
        return 429;
    case ErrorKind::internal:
        return 500;
    case ErrorKind::unavailable:
        return 503;
    }
    return 500;
}

std::string_view reason_of(int status)
{
    static constexpr std::pair<int, std::string_view> reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    auto const* found = std::lower_bound(std::begin(reasons), std::end(reasons), status,
                                         [](auto const& entry, int wanted) { return entry.first < wanted; });
    return found != std::end(reasons) && found->first == status ? found->second : std::string_view("Status");
}

Response problem(Error const& error, std::string_view request_id)
{
    auto const status = status_of(error.kind);
    auto const text = [](std::string_view view) { return boost::json::string(view.data(), view.size()); };
    boost::json::object body{{"type", text("/errors#" + error.code)},
                             {"title", text(reason_of(status))},
                             {"status", status},
                             {"detail", text(error.message)},
                             {"code", text(error.code)}};
    if (!error.pointer.empty())
        body["pointer"] = text(error.pointer);
    if (!request_id.empty())
        body["request_id"] = text(request_id);
    auto response = with_type(status, boost::json::serialize(body), "application/problem+json");
    if (error.retry_after)
        response.headers.add("Retry-After", std::to_string(std::max<std::int64_t>(1, error.retry_after->count())));
    return response;
}

} // namespace gatehouse::http
