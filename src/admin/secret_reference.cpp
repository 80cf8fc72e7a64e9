#include "admin/declaration.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace gatehouse::admin {

Refusal not_a_secret_reference()
{
    return refuse(ErrorKind::invalid, "field_type",
                  "A secret is a reference: {\"environment\": \"NAME\"} or {\"file\": \"PATH\"}.");
}

Result<Secret> read_secret_reference(boost::json::object const& reference)
{
    auto const* environment = reference.if_contains("environment");
    auto const* file = reference.if_contains("file");
    if (reference.size() != 1 || (environment && !environment->is_string()) || (file && !file->is_string()) ||
        (!environment && !file))
        return not_a_secret_reference();
    if (environment) {
        std::string const name(environment->get_string());
        auto const* value = std::getenv(name.c_str());
        if (!value || !*value)
            return refuse(ErrorKind::not_found, "secret_missing", fmt::format("The variable {} is not set.", name));
        return Secret(std::string_view(value));
    }
    std::string const path(file->get_string());
    std::ifstream stream(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(stream), {}};
    while (content.ends_with('\n') || content.ends_with('\r'))
        content.pop_back();
    if (!stream || content.empty())
        return refuse(ErrorKind::not_found, "secret_missing",
                      fmt::format("The file {} cannot be read, or is empty.", path));
    return Secret::take(content);
}

} // namespace gatehouse::admin
