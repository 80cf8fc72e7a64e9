// Errors are values: a function that may fail returns Result<T>. Exceptions mean bugs.
//
//   TRY(auto user, find_user(tx, id));        declares `user`, or returns the error
//   TRY_DO(check(user));                      the same for Result<void>
//   CO_TRY(auto user, co_await load(id));     the same two inside a coroutine
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse {

// What sort of refusal an error is; decides the HTTP status where no protocol says otherwise.
enum class ErrorKind : std::uint8_t {
    invalid,             // 400 the input is wrong; `pointer` names the field
    unauthenticated,     // 401
    forbidden,           // 403
    not_found,           // 404
    method_not_allowed,  // 405
    conflict,            // 409 the state of the thing forbids it, or another writer was first
    gone,                // 410 expired or used up
    precondition_failed, // 412 If-Match differs
    too_large,           // 413
    unsupported,         // 415
    too_many,            // 429 throttled; `retry_after` says when
    internal,            // 500 a fault of ours or of the machine
    unavailable,         // 503 try again; `retry_after` says when
};

// Some refusals must commit what was written before them: a replay revokes, a wrong password counts.
enum class KeepWrites : bool { No, Yes };

struct Error {
    ErrorKind kind = ErrorKind::internal;
    // Stable machine-readable name in snake_case ("invalid_grant", "password_too_short"). Also names the locale text
    // "error.<code>" shown to people.
    std::string code;
    // For the caller: one sentence that says what is wrong and what to do, in English. Never holds a secret.
    std::string message;
    // Arguments of the locale text, by name.
    std::vector<std::pair<std::string, std::string>> arguments;
    // The field at fault: a JSON pointer ("/redirect_uris/0") or the name of a form field.
    std::string pointer;
    // For the log only; never goes to the wire.
    std::string detail;
    KeepWrites keep_writes = KeepWrites::No;
    std::optional<std::chrono::seconds> retry_after;
};

template <class T>
using Result = std::expected<T, Error>;

// An error on its way out: converts to any Result. What is seldom needed is chained.
class Refusal : public std::unexpected<Error> {
public:
    using std::unexpected<Error>::unexpected;

    Refusal&& at(std::string pointer) &&
    {
        error().pointer = std::move(pointer);
        return std::move(*this);
    }
    Refusal&& with(std::string name, std::string value) &&
    {
        error().arguments.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }
    Refusal&& because(std::string detail) &&
    {
        error().detail = std::move(detail);
        return std::move(*this);
    }
    Refusal&& keeping_writes() &&
    {
        error().keep_writes = KeepWrites::Yes;
        return std::move(*this);
    }
    Refusal&& after(std::chrono::seconds delay) &&
    {
        error().retry_after = delay;
        return std::move(*this);
    }
};

// `return refuse(ErrorKind::invalid, "invalid_scope", "...").at("/scope").because("...")` from any function that
// returns a Result.
inline Refusal refuse(ErrorKind kind, std::string code, std::string message)
{
    return Refusal(Error{.kind = kind, .code = std::move(code), .message = std::move(message)});
}

// A fault that is not the caller's: `detail` goes to the log, the caller hears only that it failed.
inline Refusal fault(std::string detail)
{
    return refuse(ErrorKind::internal, "internal_error", "Something went wrong on our side. Please try again.")
        .because(std::move(detail));
}

} // namespace gatehouse

#define GATEHOUSE_CONCAT_INNER(a, b) a##b
#define GATEHOUSE_CONCAT(a, b) GATEHOUSE_CONCAT_INNER(a, b)
#define GATEHOUSE_TRY(tried, leave, declaration, ...)                                                                  \
    auto tried = (__VA_ARGS__);                                                                                        \
    if (!tried.has_value()) [[unlikely]] {                                                                             \
        leave std::unexpected(std::move(tried).error());                                                               \
    }                                                                                                                  \
    declaration = *std::move(tried)
#define GATEHOUSE_TRY_DO(tried, leave, ...)                                                                            \
    if (auto tried = (__VA_ARGS__); !tried.has_value()) [[unlikely]] {                                                 \
        leave std::unexpected(std::move(tried).error());                                                               \
    }

#define TRY(declaration, ...) GATEHOUSE_TRY(GATEHOUSE_CONCAT(tried_, __COUNTER__), return, declaration, __VA_ARGS__)
#define CO_TRY(declaration, ...)                                                                                       \
    GATEHOUSE_TRY(GATEHOUSE_CONCAT(tried_, __COUNTER__), co_return, declaration, __VA_ARGS__)
#define TRY_DO(...) GATEHOUSE_TRY_DO(GATEHOUSE_CONCAT(tried_, __COUNTER__), return, __VA_ARGS__)
#define CO_TRY_DO(...) GATEHOUSE_TRY_DO(GATEHOUSE_CONCAT(tried_, __COUNTER__), co_return, __VA_ARGS__)
