// The table that ./bench prints: what was measured, beside a limit or a peer measured in the same run.
#pragma once

#include <string>
#include <vector>

namespace gatehouse::bench {

enum class Verdict : std::uint8_t { none, met, missed };

struct Row {
    std::string what;
    std::string measured;
    std::string beside = {}; // the limit or peer
    std::string ratio = {};
    std::string goal = {};
    Verdict verdict = Verdict::none;
};

class Table {
public:
    void add(Row row);
    void heading(std::string text);
    // Prints what is new, so that a long run shows something.
    void print();

private:
    struct Line {
        bool heading;
        Row row;
    };
    std::vector<Line> lines_;
};

inline Verdict verdict(bool met)
{
    return met ? Verdict::met : Verdict::missed;
}

// "31,200/s", "1.23 ms", "45.1 us".
std::string rate(double per_second);
std::string duration(double seconds);
std::string megabytes(double bytes);

} // namespace gatehouse::bench
