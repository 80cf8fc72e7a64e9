// Turns a Response into bytes.
#pragma once

#include "http/message.hpp"

namespace gatehouse::http {

struct WriteContext {
    Method method = Method::get; // a response to HEAD has no body
    bool keep_alive = true;
    std::string_view date;       // "Mon, 23 Nov 2026 15:04:05 GMT"
    std::string_view request_id; // sent as X-Request-Id
};
// Appends the head. False, with nothing appended, when a header field cannot be sent (control characters: a bug, or an
// attempt to split the response).
bool append_head(std::string& out, Response const& response, WriteContext const& context);
// Whether the content follows the head.
bool sends_body(Response const& response, Method method);

// The Date of now, made once a second.
class DateCache {
public:
    std::string_view at(std::int64_t unix_seconds);

private:
    std::int64_t seconds_ = -1;
    std::string text_;
};

} // namespace gatehouse::http
