#include "table.hpp"

#include <array>
#include <cstdio>
#include <fmt/format.h>

namespace gatehouse::bench {

namespace {

constexpr std::array kWidths{46, 14, 26, 8, 22};

std::string thousands(std::string digits)
{
    for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

std::string_view word(Verdict verdict)
{
    switch (verdict) {
    case Verdict::met:
        return "met";
    case Verdict::missed:
        return "MISSED";
    case Verdict::none:
        break;
    }
    return "";
}

} // namespace

void Table::add(Row row)
{
    lines_.push_back({false, std::move(row)});
}

void Table::heading(std::string text)
{
    lines_.push_back({true, {.what = std::move(text), .measured = {}}});
}

void Table::print()
{
    for (auto const& [heading, row] : lines_) {
        if (heading)
            fmt::print("\n{:<{}}  {:>{}}  {:>{}}  {:>{}}  {:<{}}\n", row.what, kWidths[0], "measured", kWidths[1],
                       "limit or peer", kWidths[2], "ratio", kWidths[3], "goal", kWidths[4]);
        else
            fmt::print("{:<{}}  {:>{}}  {:>{}}  {:>{}}  {:<{}}  {}\n", row.what, kWidths[0], row.measured, kWidths[1],
                       row.beside, kWidths[2], row.ratio, kWidths[3], row.goal, kWidths[4], word(row.verdict));
    }
    lines_.clear();
    std::fflush(stdout);
}

std::string rate(double per_second)
{
    return thousands(fmt::format("{:.0f}", per_second)) + "/s";
}

std::string duration(double seconds)
{
    if (seconds >= 1)
        return fmt::format("{:.2f} s", seconds);
    if (seconds >= 1e-3)
        return fmt::format("{:.2f} ms", seconds * 1e3);
    return fmt::format("{:.1f} us", seconds * 1e6);
}

std::string megabytes(double bytes)
{
    return fmt::format("{:.0f} MB", bytes / (1024 * 1024));
}

} // namespace gatehouse::bench
