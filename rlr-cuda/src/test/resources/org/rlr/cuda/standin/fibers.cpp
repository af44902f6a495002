// Runs the threads of a block as fibers. A thread runs until it waits or ends, then the next one; threads that never
// wait run in a loop on one stack.
#include "standin.h"
#include <csetjmp>
#include <cstring>
#include <sys/mman.h>
#include <vector>

extern "C" void standinSwitch(void** from, void* to);
asm(R"(
.text
.globl standinSwitch
.hidden standinSwitch
.type standinSwitch, @function
standinSwitch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size standinSwitch, .-standinSwitch
)");

namespace standin {

Indices standinIndices;
char* stacksBase = (char*) mmap(nullptr, STACKS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
alignas(64) char launchArguments[ARGUMENTS];
int current;
unsigned blockPhase;
unsigned warpPhases[33];

namespace {

constexpr int MOST_THREADS = 1024;
constexpr size_t STACK = STACKS / MOST_THREADS;

enum State { FRESH, READY, RUNNING, AT_BARRIER, AT_COLLECTIVE, DONE };
enum Exchange { NOTHING, XOR, LANE, DOWN };

struct Thread {
    State state;
    int stack;
    void* pointer;
    int line;
    Exchange exchange;
    unsigned mask;
    int lane;
    uint64_t value;
    Dim index;
};

Thread threads[MOST_THREADS];
int count;
void* scheduler;
std::vector<int> freeStacks;
KernelBody body;
const char* kernel;
jmp_buf escape;
Result failure;

bool releaseWarp(int warp);

/** The first thread of a range that can run; -1 if there is none. */
int runnable(int from, int to) {
    for (int t = from; t < to; t++) {
        if (threads[t].state <= READY) {
            return t;
        }
    }
    return -1;
}

int warpEnd(int t) {
    int end = (t / 32 + 1) * 32;
    return end < count ? end : count;
}

void begin(int t) {
    threads[t].state = RUNNING;
    current = t;
    standinIndices.thread = threads[t].index;
}

void fiber() {
    while (true) {
        body(launchArguments);
        int stack = threads[current].stack;
        threads[current].state = DONE;
        int next = runnable(current + 1, warpEnd(current));
        if (next < 0) {
            next = runnable(0, count);
        }
        if (next >= 0 && threads[next].state == FRESH) {
            threads[next].stack = stack;
            begin(next);
            continue;
        }
        freeStacks.push_back(stack);
        void* abandoned;
        if (next >= 0) {
            begin(next);
        }
        standinSwitch(&abandoned, next >= 0 ? threads[next].pointer : scheduler);
    }
}

/** A stack on which standinSwitch returns into fiber(). */
void* prepare(int stack) {
    void** top = (void**) (stacksBase + (stack + 1) * STACK);
    *--top = nullptr;
    *--top = (void*) fiber;
    for (int i = 0; i < 6; i++) {
        *--top = nullptr;
    }
    return top;
}

/** Switches from the current fiber, whose stack pointer is saved in *kept, to a thread that can run. */
void resume(int t, void** kept) {
    Thread& thread = threads[t];
    if (thread.state == FRESH) {
        thread.stack = freeStacks.back();
        freeStacks.pop_back();
        thread.pointer = prepare(thread.stack);
    }
    begin(t);
    standinSwitch(kept, thread.pointer);
}

/**
 * Runs other threads until the running thread can continue. The nearest ones go first, so that a warp's collective
 * costs one switch per lane.
 */
void wait(State state, int line) {
    Thread& thread = threads[current];
    int me = current;
    thread.state = state;
    thread.line = line;
    int next = runnable(me + 1, state == AT_BARRIER ? count : warpEnd(me));
    if (next < 0 && state == AT_COLLECTIVE && releaseWarp(me / 32)) {
        next = runnable(me / 32 * 32, warpEnd(me));
    }
    if (next == me) {
        begin(me);
    } else if (next >= 0) {
        resume(next, &thread.pointer);
    } else {
        standinSwitch(&thread.pointer, scheduler);
    }
}

/** Releases a warp if every lane of the mask waits at the same collective. */
bool releaseWarp(int warp) {
    int first = 32 * warp;
    int last = first + 32 < count ? first + 32 : count;
    const Thread* leader = nullptr;
    for (int t = first; t < last && leader == nullptr; t++) {
        if (threads[t].state == AT_COLLECTIVE) {
            leader = &threads[t];
        }
    }
    if (leader == nullptr) {
        return false;
    }
    for (int lane = 0; lane < 32; lane++) {
        if ((leader->mask >> lane & 1) == 0) {
            continue;
        }
        const Thread* t = first + lane < last ? &threads[first + lane] : nullptr;
        if (t == nullptr || t->state != AT_COLLECTIVE || t->line != leader->line || t->mask != leader->mask) {
            return false;
        }
    }
    uint64_t values[32];
    for (int lane = 0; lane < 32 && first + lane < last; lane++) {
        values[lane] = threads[first + lane].value;
    }
    for (int lane = 0; lane < 32; lane++) {
        if ((leader->mask >> lane & 1) == 0) {
            continue;
        }
        Thread& t = threads[first + lane];
        int source = t.exchange == XOR ? lane ^ t.lane : t.exchange == LANE ? t.lane & 31 : t.exchange == DOWN ? lane + t.lane : lane;
        if (t.exchange != NOTHING && source < 32 && (t.mask >> source & 1) == 0) {
            current = first + lane;
            abortLaunch(LAUNCH_FAILED, "divergent warp: a shuffle takes a value of a lane that does not take part, line " + std::to_string(t.line));
        }
        t.value = values[source < 32 ? source : lane];
        t.state = READY;
    }
    warpPhases[warp]++;
    return true;
}

/** Releases the block if all threads wait at the same barrier; otherwise returns false. */
bool releaseBlock() {
    for (int t = 0; t < count; t++) {
        if (threads[t].state != AT_BARRIER || threads[t].line != threads[0].line) {
            return false;
        }
    }
    for (int t = 0; t < count; t++) {
        threads[t].state = READY;
    }
    blockPhase++;
    return true;
}

std::string stuck() {
    std::string lines;
    const char* names[] = {"", "", "", " waits at the barrier of line ", " waits at the warp collective of line ", " has ended"};
    State seen = FRESH;
    int line = -1;
    for (int t = 0; t < count; t++) {
        if (threads[t].state != seen || (seen != DONE && threads[t].line != line)) {
            seen = threads[t].state;
            line = threads[t].line;
            lines += (lines.empty() ? "thread " : "; thread ") + std::to_string(t) + names[seen] + (seen == DONE ? "" : std::to_string(line));
        }
        if (lines.size() > 400) {
            return lines + " …";
        }
    }
    return lines;
}

void runBlock() {
    beginSharedMemory();
    beginMatrixProducts();
    freeStacks.clear();
    for (int i = count - 1; i >= 0; i--) {
        freeStacks.push_back(i);
    }
    const Dim& d = standinIndices.blockDim;
    for (int t = 0; t < count; t++) {
        threads[t].state = FRESH;
        threads[t].index = Dim{t % d.x, t / d.x % d.y, t / d.x / d.y};
    }
    memset(warpPhases, 0, sizeof warpPhases);
    blockPhase = 0;
    while (true) {
        for (int t = runnable(0, count); t >= 0; t = runnable(0, count)) {
            resume(t, &scheduler);
        }
        int done = 0;
        for (int t = 0; t < count; t++) {
            done += threads[t].state == DONE;
        }
        if (done == count) {
            return;
        }
        bool released = false;
        for (int w = 0; 32 * w < count; w++) {
            released |= releaseWarp(w);
        }
        if (!released && !releaseBlock()) {
            current = 0;
            abortLaunch(LAUNCH_FAILED, "divergent barrier: " + stuck());
        }
    }
}

}

Result launch(const char* name, KernelBody f, Dim grid, Dim block, const void* args, size_t bytes) {
    if (bytes > ARGUMENTS) {
        return fail(INVALID_VALUE, std::string(name) + " takes more arguments than fit");
    }
    memcpy(launchArguments, args, bytes);
    kernel = name;
    body = f;
    count = block.x * block.y * block.z;
    standinIndices.blockDim = block;
    standinIndices.gridDim = grid;
    if (setjmp(escape) != 0) {
        return failure;
    }
    for (unsigned z = 0; z < grid.z; z++) {
        for (unsigned y = 0; y < grid.y; y++) {
            for (unsigned x = 0; x < grid.x; x++) {
                standinIndices.block = Dim{x, y, z};
                runBlock();
            }
        }
    }
    return SUCCESS;
}

void abortLaunch(Result code, const std::string& message) {
    failure = fail(code, "kernel " + where() + ": " + message);
    // returns from the fiber's stack to the launching one; kernels have nothing to destroy
    longjmp(escape, 1);
}

std::string where() {
    const Dim& b = standinIndices.block;
    return std::string(kernel) + ", block (" + std::to_string(b.x) + "," + std::to_string(b.y) + "," + std::to_string(b.z) + "), thread "
            + std::to_string(current);
}

extern "C" __attribute__((visibility("default"))) void standinBarrier(int line) {
    wait(AT_BARRIER, line);
}

/** The value of another lane, as bits. */
extern "C" __attribute__((visibility("default"))) uint64_t standinExchange(int line, int exchange, unsigned mask, uint64_t value, int lane) {
    Thread& t = threads[current];
    t.exchange = (Exchange) exchange;
    t.mask = mask;
    t.value = value;
    t.lane = lane;
    wait(AT_COLLECTIVE, line);
    return t.value;
}

}
