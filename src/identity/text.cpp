#include "identity/text.hpp"

#include <memory>
#include <stdexcept>
#include <unicode/bytestream.h>
#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>
#include <unicode/utf8.h>
#include <utility>

namespace gatehouse::identity {

namespace {

// Calls `visit(code point)` until it returns false. False when the text is not UTF-8 or a visit said so.
template <class Visit>
bool every_code_point(std::string_view text, Visit&& visit)
{
    std::size_t i = 0;
    while (i < text.size()) {
        UChar32 c = 0;
        U8_NEXT(text.data(), i, text.size(), c);
        if (c < 0 || !visit(c))
            return false;
    }
    return true;
}

std::optional<std::string> normalized(icu::Normalizer2 const* form, UErrorCode status, std::string_view text)
{
    if (U_FAILURE(status))
        throw std::runtime_error("ICU's normalization data is missing");
    if (!is_utf8(text))
        return std::nullopt;
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    form->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr,
                        status);
    return U_SUCCESS(status) ? std::optional(std::move(out)) : std::nullopt;
}

// Immutable once made, and then free to use from any thread.
USpoofChecker const* spoof_checker()
{
    static auto const checker = [] {
        UErrorCode status = U_ZERO_ERROR;
        auto made = std::unique_ptr<USpoofChecker, decltype(&uspoof_close)>(uspoof_open(&status), uspoof_close);
        uspoof_setRestrictionLevel(made.get(), USPOOF_HIGHLY_RESTRICTIVE);
        uspoof_setChecks(made.get(), USPOOF_RESTRICTION_LEVEL | USPOOF_MIXED_NUMBERS | USPOOF_INVISIBLE, &status);
        if (U_FAILURE(status))
            throw std::runtime_error("ICU's confusable data is missing");
        return made;
    }();
    return checker.get();
}

} // namespace

bool is_utf8(std::string_view text)
{
    return every_code_point(text, [](UChar32) { return true; });
}

std::optional<std::size_t> count_code_points(std::string_view text)
{
    std::size_t count = 0;
    if (!every_code_point(text, [&](UChar32) { return ++count > 0; }))
        return std::nullopt;
    return count;
}

bool has_control_characters(std::string_view text)
{
    return !every_code_point(text, [](UChar32 c) { return u_charType(c) != U_CONTROL_CHAR; });
}

bool has_invisible_characters(std::string_view text)
{
    return !every_code_point(text, [](UChar32 c) {
        auto const type = u_charType(c);
        return type != U_CONTROL_CHAR && type != U_FORMAT_CHAR && type != U_UNASSIGNED && type != U_PRIVATE_USE_CHAR &&
               !u_isUWhiteSpace(c) && !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
    });
}

bool has_ascii_doubles(std::string_view text)
{
    return !every_code_point(text, [](UChar32 c) { return c != 0x212A && c != 0x1FEF && c != 0x037E; });
}

std::string_view trim(std::string_view text)
{
    constexpr std::string_view kSpace = " \t\r\n";
    auto const begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string ascii_lower(std::string_view text)
{
    std::string lower(text);
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

std::optional<std::string> nfc(std::string_view text)
{
    UErrorCode status = U_ZERO_ERROR;
    return normalized(icu::Normalizer2::getNFCInstance(status), status, text);
}

std::optional<std::string> nfkc_casefold(std::string_view text)
{
    UErrorCode status = U_ZERO_ERROR;
    return normalized(icu::Normalizer2::getNFKCCasefoldInstance(status), status, text);
}

std::optional<std::string> confusable_skeleton(std::string_view text)
{
    UErrorCode status = U_ZERO_ERROR;
    std::string out(text.size() * 4 + 16, '\0');
    auto const length = uspoof_getSkeletonUTF8(spoof_checker(), 0, text.data(), static_cast<std::int32_t>(text.size()),
                                               out.data(), static_cast<std::int32_t>(out.size()), &status);
    if (U_FAILURE(status))
        return std::nullopt;
    out.resize(static_cast<std::size_t>(length));
    return out;
}

bool is_single_script(std::string_view text)
{
    UErrorCode status = U_ZERO_ERROR;
    auto const found =
        uspoof_check2UTF8(spoof_checker(), text.data(), static_cast<std::int32_t>(text.size()), nullptr, &status);
    return U_SUCCESS(status) && (found & USPOOF_ALL_CHECKS) == 0;
}

std::string check_username_characters(std::string_view folded)
{
    bool letter = false;
    bool separator = true; // as if one stood before the beginning: none may come first, last, or behind another
    bool const fine = every_code_point(folded, [&](UChar32 c) {
        if (c == '.' || c == '_' || c == '-')
            return !std::exchange(separator, true);
        auto const mask = U_GET_GC_MASK(c);
        letter = letter || (mask & U_GC_L_MASK) != 0;
        bool const after_something = !std::exchange(separator, false);
        return (mask & (U_GC_L_MASK | U_GC_ND_MASK)) != 0 || (after_something && (mask & U_GC_M_MASK) != 0);
    });
    if (!fine || separator)
        return "A username is made of letters and digits, with single dots, hyphens or underscores between them.";
    if (!letter)
        return "A username has at least one letter, so that it cannot be taken for a number.";
    return {};
}

std::optional<std::string> domain_to_ascii(std::string_view domain)
{
    static auto const idna = [] {
        UErrorCode status = U_ZERO_ERROR;
        auto made = std::unique_ptr<icu::IDNA>(icu::IDNA::createUTS46Instance(
            UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ, status));
        if (U_FAILURE(status))
            throw std::runtime_error("ICU's IDNA data is missing");
        return made;
    }();
    if (!is_utf8(domain))
        return std::nullopt;
    UErrorCode status = U_ZERO_ERROR;
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    icu::IDNAInfo info;
    idna->nameToASCII_UTF8(icu::StringPiece(domain.data(), static_cast<std::int32_t>(domain.size())), sink, info,
                           status);
    if (U_FAILURE(status) || info.hasErrors() || out.empty())
        return std::nullopt;
    return out;
}

} // namespace gatehouse::identity
