// A block's shared memory: arrays with guards between them; for every word the last accesses are recorded.
#include "standin.h"
#include <cstring>
#include <vector>

namespace standin {

alignas(64) char sharedSpace[SHARED_SPACE];

namespace {

constexpr size_t GUARD = 64;
/** A word's last write and a read after it. */
struct Word {
    unsigned block;
    int writer;
    unsigned writePhase;
    unsigned writeWarpPhase;
    int reader;
    unsigned readPhase;
    unsigned readWarpPhase;
    bool read;
    unsigned declared;
};
Word words[SHARED_SPACE / 4];

struct Array { int id; const char* name; size_t from, bytes; };
std::vector<Array> arrays;
size_t next = 0;
size_t total = 0;
unsigned block = 0;

/** Whether the access of thread `other` in those phases happens before the current access of the running thread. */
bool ordered(int other, unsigned phase, unsigned ofWarp) {
    int me = current;
    return other == me || phase != blockPhase || (other / 32 == me / 32 && ofWarp != warpPhases[me / 32]);
}

[[noreturn]] void race(uintptr_t address, const char* what, int other) {
    abortLaunch(LAUNCH_FAILED, std::string("race in shared memory: ") + what + " thread " + std::to_string(other)
            + " without a barrier between, " + describeShared(address));
}

}

void beginSharedMemory() {
    arrays.clear();
    next = GUARD;
    total = 0;
    block++;
}

std::string describeShared(uintptr_t address) {
    size_t at = address - (uintptr_t) sharedSpace;
    for (const Array& a : arrays) {
        if (at + GUARD >= a.from && at < a.from + a.bytes + GUARD) {
            return "byte " + std::to_string((long) at - (long) a.from) + " of array '" + a.name + "' of " + std::to_string(a.bytes) + " bytes";
        }
    }
    return "byte " + std::to_string(at) + ", which is in no array";
}

void checkShared(uintptr_t address, size_t bytes, Access access) {
    size_t at = address - (uintptr_t) sharedSpace;
    if (words[at / 4].declared != block || words[(at + bytes - 1) / 4].declared != block) {
        abortLaunch(ILLEGAL_ADDRESS, std::string(access == READ ? "read of" : "write to") + " shared memory out of bounds: " + describeShared(address));
    }
    int me = current;
    for (size_t i = at / 4; i <= (at + bytes - 1) / 4; i++) {
        Word& w = words[i];
        bool written = w.block == block;
        if (access == READ) {
            if (!written) {
                abortLaunch(LAUNCH_FAILED, "read of shared memory that was never written: " + describeShared(address));
            }
            if (!ordered(w.writer, w.writePhase, w.writeWarpPhase)) {
                race(address, "read of what was written by", w.writer);
            }
            // only one of several readers is recorded, the last; a race of a later writer with another reader is not
            // detected
            w.reader = me;
            w.readPhase = blockPhase;
            w.readWarpPhase = warpPhases[me / 32];
            w.read = true;
        } else {
            if (written && !ordered(w.writer, w.writePhase, w.writeWarpPhase)) {
                race(address, "write over what was written by", w.writer);
            }
            if (written && w.read && !ordered(w.reader, w.readPhase, w.readWarpPhase)) {
                race(address, "write over what was read by", w.reader);
            }
            w = Word{block, me, blockPhase, warpPhases[me / 32], -1, 0, 0, false, block};
        }
    }
}

}

/** The array that a kernel declares: the same memory for every thread of the block. */
extern "C" __attribute__((visibility("default"))) void* standinShared(int id, const char* name, size_t bytes) {
    using namespace standin;
    for (const Array& a : arrays) {
        if (a.id == id) {
            return sharedSpace + a.from;
        }
    }
    total += bytes;
    if (total > SHARED_LIMIT) {
        abortLaunch(LAUNCH_FAILED, "the kernel declares " + std::to_string(total) + " bytes of shared memory; a block has "
                + std::to_string(SHARED_LIMIT));
    }
    arrays.push_back(Array{id, name, next, bytes});
    for (size_t i = next / 4; i < (next + bytes + 3) / 4; i++) {
        words[i].declared = block;
    }
    void* result = sharedSpace + next;
    next += (bytes + 15) / 16 * 16 + GUARD;
    return result;
}
