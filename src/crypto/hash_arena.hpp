// The memory in which one thread hashes passwords, again and again.
//
// libsodium maps fresh memory for every Argon2id hash and unmaps it afterwards. The kernel then clears and maps some
// 5,000 pages per hash, which costs as much as the hash itself, and meanwhile holds a lock that the other threads'
// allocations wait for. Linked with --wrap=mmap,--wrap=munmap (src/CMakeLists.txt), libsodium gets its memory from
// here instead: docs/decisions/hash-arenas.md.
#pragma once

#include <cstddef>

namespace gatehouse::crypto {

class HashArena {
public:
    // Reserves room for hashes of up to `bytes`; larger ones get memory of their own, as without an arena. Memory is
    // taken by the first hash. Where the system refuses the reservation, every hash gets memory of its own.
    explicit HashArena(std::size_t bytes);
    ~HashArena();
    HashArena(HashArena const&) = delete;
    HashArena& operator=(HashArena const&) = delete;

    // From now on, until the arena ends, hashes of the calling thread work in it. One arena a thread.
    void serve_this_thread();
    // Gives the memory back to the kernel until the next hash. Only between two hashes.
    void rest();

    // For `mmap` and `munmap` (hash_arena.cpp) and tests.
    void* lend(std::size_t bytes); // null: in use, or too small
    bool take_back(void* memory);  // wipes what was lent; false: not ours
    std::size_t lent_so_far() const { return lent_so_far_; }

private:
    std::byte* memory_ = nullptr;
    std::size_t size_ = 0;
    std::size_t lent_ = 0; // bytes, 0: free
    std::size_t lent_so_far_ = 0;
};

} // namespace gatehouse::crypto
