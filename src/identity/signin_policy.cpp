#include "identity/signin_policy.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::identity {

namespace {

Refusal wrong(std::string pointer, std::string message)
{
    return refuse(ErrorKind::invalid, "settings_invalid", std::move(message)).at(std::move(pointer));
}

std::string names_of(bool MethodTraits::* may)
{
    std::string names;
    for (auto const& traits : kMethodTraits)
        if (traits.*may)
            names.append(names.empty() ? "" : ", ").append(traits.name);
    return names;
}

// `may`: which methods can stand in this list at all.
Result<void> check_list(std::vector<Method> const& list, bool MethodTraits::* may, std::string const& pointer,
                        std::string_view what)
{
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const at = fmt::format("{}/{}", pointer, i);
        if (!(traits_of(list[i]).*may))
            return wrong(
                at, fmt::format("\"{}\" is no method {}. Those are: {}.", to_string(list[i]), what, names_of(may)));
        if (std::find(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i), list[i]) !=
            list.begin() + static_cast<std::ptrdiff_t>(i))
            return wrong(at, fmt::format("\"{}\" stands in the list already.", to_string(list[i])));
    }
    return {};
}

Result<void> check_first(std::vector<Method> const& first, std::string const& pointer)
{
    if (first.empty())
        return wrong(pointer, "Name at least one method that a sign-in may begin with.");
    return check_list(first, &MethodTraits::begins, pointer, "that a sign-in can begin with");
}

Result<void> check_acr(AcrNames const& acr, std::string const& pointer)
{
    std::pair<std::string_view, std::string const*> const names[] = {
        {"single", &acr.single}, {"multi", &acr.multi}, {"phishing_resistant", &acr.phishing_resistant}};
    for (auto const& [member, name] : names) {
        auto const at = pointer + "/" + std::string(member);
        // acr_values separates them by spaces (OpenID Connect Core section 3.1.2.1).
        if (name->empty() || !std::ranges::all_of(*name, [](char c) { return c > 0x20 && c < 0x7f && c != '"'; }))
            return wrong(at, "The name of a level is printable ASCII without spaces and quotes.");
        for (auto const& [other, before] : names) {
            if (other == member)
                break;
            if (*before == *name)
                return wrong(at, fmt::format("This name is that of \"{}\" already.", other));
        }
    }
    return {};
}

} // namespace

SignInSettings merged(SignInSettings tenant, ApplicationSignIn const* application)
{
    if (!application)
        return tenant;
    auto const& own = *application;
    if (own.first)
        tenant.first = *own.first;
    if (own.second)
        tenant.second = *own.second;
    tenant.second_factor = std::max(tenant.second_factor, own.second_factor.value_or(tenant.second_factor));
    tenant.grace_days = std::min(tenant.grace_days, own.grace_days.value_or(tenant.grace_days));
    tenant.trusted_device_days =
        std::min(tenant.trusted_device_days, own.trusted_device_days.value_or(tenant.trusted_device_days));
    tenant.user_verification =
        std::max(tenant.user_verification, own.user_verification.value_or(tenant.user_verification));
    return tenant;
}

Result<void> validate(SignInSettings const& settings, std::string const& pointer)
{
    TRY_DO(check_first(settings.first, pointer + "/first"));
    TRY_DO(check_list(settings.second, &MethodTraits::second, pointer + "/second", "that can be a second factor"));
    TRY_DO(check_list(settings.enrol, &MethodTraits::set_up, pointer + "/enrol", "that people set up"));
    if (settings.second_factor == SecondFactor::required && settings.second.empty() &&
        std::ranges::find(settings.first, Method::passkey) == settings.first.end())
        return wrong(pointer + "/second", "A second factor is required, and none is allowed: name at least one.");
    return check_acr(settings.acr, pointer + "/acr");
}

Result<void> validate(ApplicationSignIn const& settings, std::string const& pointer)
{
    if (settings.first)
        TRY_DO(check_first(*settings.first, pointer + "/first"));
    if (settings.second)
        TRY_DO(check_list(*settings.second, &MethodTraits::second, pointer + "/second", "that can be a second factor"));
    return {};
}

} // namespace gatehouse::identity
