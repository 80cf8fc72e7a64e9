// Runs a fuzzer over files and folders of seeds, once each, where libFuzzer is not linked.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

int main(int count, char** arguments)
{
    std::vector<std::filesystem::path> seeds;
    for (int i = 1; i < count; ++i) {
        if (!std::filesystem::is_directory(arguments[i])) {
            seeds.emplace_back(arguments[i]);
            continue;
        }
        for (auto const& entry : std::filesystem::recursive_directory_iterator(arguments[i]))
            if (entry.is_regular_file())
                seeds.push_back(entry.path());
    }
    std::ranges::sort(seeds);
    for (auto const& seed : seeds) {
        std::ifstream in(seed, std::ios::binary);
        std::vector<char> const content(std::istreambuf_iterator<char>(in), {});
        if (!in) {
            std::fprintf(stderr, "cannot read %s\n", seed.c_str());
            return 1;
        }
        std::fprintf(stderr, "%s\n", seed.c_str()); // the last line names the seed that crashed
        LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(content.data()), content.size());
    }
    std::fprintf(stderr, "%zu seeds\n", seeds.size());
    return seeds.empty() ? 1 : 0;
}
