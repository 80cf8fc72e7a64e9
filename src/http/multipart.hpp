// Forms with files: multipart/form-data (RFC 7578), read strictly. What a file is called and what it says it is are the
// sender's words: neither is read.
#pragma once

#include "http/message.hpp"

namespace gatehouse::http {

struct Upload {
    Fields fields;                                    // the parts without a file name
    std::vector<std::pair<std::string, Bytes>> files; // name of the field, content; those left empty are not there
    Bytes const* file(std::string_view name) const;   // the first of that name
};

// Errors: "unsupported_media_type", "invalid_encoding" (also for whatever is no such body), "too_many_fields".
Result<Upload> read_upload(Request const& request, std::size_t most_parts = 20);

} // namespace gatehouse::http
