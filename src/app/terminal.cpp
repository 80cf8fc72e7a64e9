#include "app/commands.hpp"

#include <cstdlib>
#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace gatehouse::app {

namespace {

// Turns the terminal's echo off while it lives.
class QuietTerminal {
public:
    QuietTerminal()
    {
        tcgetattr(STDIN_FILENO, &before_);
        auto quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~QuietTerminal()
    {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        std::cerr << '\n';
    }
    QuietTerminal(QuietTerminal const&) = delete;
    QuietTerminal& operator=(QuietTerminal const&) = delete;

private:
    termios before_{};
};

Secret ask(char const* prompt)
{
    std::cerr << prompt << std::flush;
    QuietTerminal const quiet;
    std::string line;
    std::getline(std::cin, line);
    return Secret::take(line);
}

} // namespace

Result<Secret> read_secret(char const* variable, char const* prompt, bool again)
{
    if (auto const* given = std::getenv(variable); given && *given)
        return Secret(std::string_view(given));
    if (isatty(STDIN_FILENO) == 0)
        return refuse(ErrorKind::invalid, "passphrase_missing",
                      fmt::format("There is no terminal to ask on: set {}.", variable));
    auto first = ask(prompt);
    if (again && !(ask("Again: ") == first))
        return refuse(ErrorKind::invalid, "passphrase_differs", "The two differ. Nothing was done.");
    return first;
}

bool confirm(std::string_view question)
{
    if (isatty(STDIN_FILENO) == 0)
        return false;
    std::cout << question << " [y/N] " << std::flush;
    std::string answer;
    return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
}

} // namespace gatehouse::app
