#include "crypto/hash_arena.hpp"

#include <sodium.h>
#include <sys/mman.h>

namespace gatehouse::crypto {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

thread_local HashArena* arena_of_this_thread = nullptr;

} // namespace

} // namespace gatehouse::crypto

// What the linker puts in the place of mmap and munmap in the objects that it links (libsodium's among them).
extern "C" {
void* __real_mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void* address, std::size_t size);

void* __wrap_mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset)
{
    auto* const arena = gatehouse::crypto::arena_of_this_thread;
    if (arena && !address && (flags & MAP_ANONYMOUS) != 0 && protection == (PROT_READ | PROT_WRITE))
        if (auto* const memory = arena->lend(size))
            return memory;
    return __real_mmap(address, size, protection, flags, file, offset);
}

int __wrap_munmap(void* address, std::size_t size)
{
    auto* const arena = gatehouse::crypto::arena_of_this_thread;
    if (arena && arena->take_back(address))
        return 0;
    return __real_munmap(address, size);
}
}

namespace gatehouse::crypto {

HashArena::HashArena(std::size_t bytes) : size_((bytes + kHugePage - 1) / kHugePage * kHugePage)
{
    // One huge page more, so that a part of it can begin on the boundary of one.
    auto* const reserved = __real_mmap(nullptr, size_ + kHugePage, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        size_ = 0;
        return;
    }
    auto* const first = static_cast<std::byte*>(reserved);
    auto const before = (kHugePage - reinterpret_cast<std::uintptr_t>(first) % kHugePage) % kHugePage;
    memory_ = first + before;
    if (before > 0)
        __real_munmap(first, before);
    if (before < kHugePage)
        __real_munmap(memory_ + size_, kHugePage - before);
    ::madvise(memory_, size_, MADV_HUGEPAGE); // a kernel without them gives small ones
    ::madvise(memory_, size_, MADV_DONTDUMP);
}

HashArena::~HashArena()
{
    if (arena_of_this_thread == this)
        arena_of_this_thread = nullptr;
    if (memory_)
        __real_munmap(memory_, size_);
}

void HashArena::serve_this_thread()
{
    arena_of_this_thread = this;
}

void HashArena::rest()
{
    if (memory_ && lent_ == 0)
        ::madvise(memory_, size_, MADV_DONTNEED);
}

void* HashArena::lend(std::size_t bytes)
{
    if (lent_ > 0 || bytes > size_)
        return nullptr;
    lent_ = bytes;
    ++lent_so_far_;
    return memory_;
}

bool HashArena::take_back(void* memory)
{
    if (lent_ == 0 || memory != memory_)
        return false;
    sodium_memzero(memory_, lent_);
    lent_ = 0;
    return true;
}

} // namespace gatehouse::crypto
