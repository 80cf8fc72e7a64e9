#include "app/commands.hpp"

int main(int argc, char** argv)
{
    return gatehouse::app::run(argc, argv);
}
