// Runs a fuzzer over every file of the folders (or the files) named on the command line, and says how many there were.
// Fails when there is none: an empty corpus tests nothing.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

void run(std::filesystem::path const& path)
{
    std::ifstream file(path, std::ios::binary);
    std::vector<std::uint8_t> const input{std::istreambuf_iterator<char>(file), {}};
    // A copy of exact size, so that AddressSanitizer sees a read behind the end.
    std::vector<std::uint8_t> exact(input.begin(), input.end());
    exact.shrink_to_fit();
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

} // namespace

int main(int count, char** arguments)
{
    int inputs = 0;
    for (int i = 1; i < count; ++i) {
        std::filesystem::path const path = arguments[i];
        if (!std::filesystem::is_directory(path)) {
            run(path);
            ++inputs;
            continue;
        }
        for (auto const& entry : std::filesystem::directory_iterator(path)) {
            if (!entry.is_regular_file())
                continue;
            run(entry.path());
            ++inputs;
        }
    }
    std::printf("%d inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
