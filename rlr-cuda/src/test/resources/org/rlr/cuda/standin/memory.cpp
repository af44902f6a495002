// Device memory: one range of host addresses, with a state for each word of four bytes.
#include "standin.h"
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <sys/mman.h>
#include <unistd.h>

namespace standin {

namespace {

constexpr size_t GUARD = 512;
constexpr size_t ALIGN = 256;

/**
 * Whether a file of that name is beside this library: then kernels are compiled without checks, and writes are not
 * recorded.
 */
bool unchecked() {
    static bool found = [] {
        Dl_info info;
        dladdr((void*) unchecked, &info);
        std::string file = info.dli_fname;
        return access((file.substr(0, file.rfind('/')) + "/unchecked").c_str(), F_OK) == 0;
    }();
    return found;
}

size_t limit = size_t(1) << 30;
size_t used = 0;

void* reserve(size_t bytes) {
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? nullptr : p;
}

}

uintptr_t arenaBase = (uintptr_t) reserve(ARENA);
uint8_t* wordStates = (uint8_t*) reserve(ARENA / 4);

namespace {

/** Allocations: first byte to length. */
std::map<uintptr_t, size_t>& live() {
    static std::map<uintptr_t, size_t> map;
    return map;
}

/** Free ranges: first byte to length; neighbours are merged. */
std::map<uintptr_t, size_t>& gaps() {
    static std::map<uintptr_t, size_t> map{{arenaBase, ARENA}};
    return map;
}

inline bool inArena(uintptr_t address) {
    return address - arenaBase < ARENA;
}

std::string describe(uintptr_t address) {
    auto after = live().upper_bound(address);
    if (after != live().begin()) {
        auto before = std::prev(after);
        size_t past = address - before->first;
        if (past < before->second + GUARD) {
            return "byte " + std::to_string(past) + " of an allocation of " + std::to_string(before->second) + " bytes";
        }
    }
    if (after != live().end() && after->first - address <= GUARD) {
        return std::to_string(after->first - address) + " bytes before an allocation of " + std::to_string(after->second) + " bytes";
    }
    return "device address " + std::to_string(address - arenaBase) + ", which is not allocated";
}

}

uintptr_t allocateDevice(size_t bytes) {
    size_t taken = (bytes + ALIGN - 1) / ALIGN * ALIGN + 2 * GUARD;
    if (used + bytes > limit || arenaBase == 0) {
        return 0;
    }
    for (auto gap = gaps().begin(); gap != gaps().end(); ++gap) {
        if (gap->second >= taken) {
            uintptr_t from = gap->first;
            size_t length = gap->second;
            gaps().erase(gap);
            if (length > taken) {
                gaps()[from + taken] = length - taken;
            }
            uintptr_t address = from + GUARD;
            live()[address] = bytes;
            used += bytes;
            memset(wordStates + (address - arenaBase) / 4, unchecked() ? WRITTEN : UNWRITTEN, (bytes + 3) / 4);
            return address;
        }
    }
    return 0;
}

bool freeDevice(uintptr_t address) {
    auto found = live().find(address);
    if (found == live().end()) {
        return false;
    }
    size_t bytes = found->second;
    live().erase(found);
    used -= bytes;
    memset(wordStates + (address - arenaBase) / 4, FOREIGN, (bytes + 3) / 4);
    uintptr_t from = address - GUARD;
    size_t length = (bytes + ALIGN - 1) / ALIGN * ALIGN + 2 * GUARD;
    auto next = gaps().find(from + length);
    if (next != gaps().end()) {
        length += next->second;
        gaps().erase(next);
    }
    auto after = gaps().lower_bound(from);
    if (after != gaps().begin()) {
        auto before = std::prev(after);
        if (before->first + before->second == from) {
            before->second += length;
            return true;
        }
    }
    gaps()[from] = length;
    return true;
}

void setDeviceMemory(size_t bytes) {
    limit = bytes;
}

size_t deviceMemory() {
    return limit;
}

size_t freeDeviceMemory() {
    return limit - used;
}

std::string checkDevice(uintptr_t address, size_t bytes, Access access) {
    if (bytes == 0) {
        return "";
    }
    if (!inArena(address) || !inArena(address + bytes - 1)) {
        return "an address outside device memory";
    }
    for (size_t i = (address - arenaBase) / 4; i <= (address + bytes - 1 - arenaBase) / 4; i++) {
        uint8_t state = wordStates[i];
        if (state == FOREIGN) {
            return "out of bounds: " + describe(arenaBase + 4 * i);
        }
        if (access == READ && state == UNWRITTEN) {
            return "never written: " + describe(arenaBase + 4 * i);
        }
    }
    return "";
}

void markWritten(uintptr_t address, size_t bytes) {
    if (bytes > 0) {
        size_t from = (address - arenaBase) / 4;
        memset(wordStates + from, WRITTEN, (address + bytes - 1 - arenaBase) / 4 - from + 1);
    }
}

void copyWritten(uintptr_t dst, uintptr_t src, size_t bytes) {
    memmove(wordStates + (dst - arenaBase) / 4, wordStates + (src - arenaBase) / 4, bytes / 4);
}

namespace {

[[gnu::noinline]] void checkSlowly(uintptr_t address, size_t bytes, Access access) {
    if (inArena(address)) {
        std::string wrong = checkDevice(address, bytes, access);
        if (!wrong.empty()) {
            abortLaunch(ILLEGAL_ADDRESS, std::string(access == READ ? "read of global memory " : "write to global memory ") + wrong);
        }
        if (access == WRITE) {
            markWritten(address, bytes);
        }
    } else {
        abortLaunch(ILLEGAL_ADDRESS, std::string(access == READ ? "read of" : "write to") + " an address that is neither device nor shared memory");
    }
}

/** A kernel's access; ends the launch if it is not allowed. */
inline __attribute__((always_inline)) void check(uintptr_t address, size_t bytes, Access access) {
    if (address - arenaBase < ARENA) {
        uint8_t* state = wordStates + (address - arenaBase) / 4;
        if (bytes == 4 && *state == WRITTEN) {
            return;
        }
        if (bytes == 4 && access == WRITE && *state == UNWRITTEN) {
            *state = WRITTEN;
            return;
        }
    } else if (address - (uintptr_t) stacksBase < STACKS || address - (uintptr_t) &standinIndices < sizeof standinIndices
            || address - (uintptr_t) launchArguments < ARGUMENTS) {
        return;
    } else if (address - (uintptr_t) sharedSpace < SHARED_SPACE) {
        checkShared(address, bytes, access);
        return;
    }
    checkSlowly(address, bytes, access);
}

}

}

// Functions that g++ calls before every access in code compiled with -fsanitize=kernel-address.
#define EXPORT extern "C" __attribute__((visibility("default")))
#define HOOKS(BYTES) \
    EXPORT void __asan_load##BYTES##_noabort(uintptr_t a) { standin::check(a, BYTES, standin::READ); } \
    EXPORT void __asan_store##BYTES##_noabort(uintptr_t a) { standin::check(a, BYTES, standin::WRITE); }
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
EXPORT void __asan_loadN_noabort(uintptr_t a, size_t bytes) { standin::check(a, bytes, standin::READ); }
EXPORT void __asan_storeN_noabort(uintptr_t a, size_t bytes) { standin::check(a, bytes, standin::WRITE); }
EXPORT void __asan_handle_no_return() {}
