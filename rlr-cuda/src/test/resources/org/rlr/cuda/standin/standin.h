// What the parts of the stand-in driver share. It runs kernels on the host, one block after another, and checks what they do.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#define SHARED_WITH_LIBRARIES __attribute__((visibility("default")))

namespace standin {

// ---- errors: the first one of a launch ends it ----

/** Results of the driver API that the stand-in gives. */
enum Result { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_HANDLE = 400, NOT_FOUND = 500,
    ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719, CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901 };

/** Keeps what went wrong for cuGetErrorString and gives the code back. */
SHARED_WITH_LIBRARIES Result fail(Result code, const std::string& message);
const std::string& lastFailure();
/** Ends the launch that is running: the calling fiber never returns. */
[[noreturn]] void abortLaunch(Result code, const std::string& message);

// ---- streams: work runs when it is submitted, or is kept for a graph ----

typedef std::function<Result()> Work;
/** Keeps the work and says so where the stream is captured. */
SHARED_WITH_LIBRARIES bool capture(void* stream, const Work& work);
/** Runs the work, or keeps it. */
Result submit(void* stream, const Work& work);
/** An error where the stream (null: any) is captured: waiting has no meaning for work that does not run yet. */
SHARED_WITH_LIBRARIES Result refusedInCapture(void* stream, const char* call);

// ---- memory ----

enum Access { READ, WRITE };

/** Device memory for `bytes`, or 0; between two allocations lies memory that nobody may touch. */
uintptr_t allocateDevice(size_t bytes);
/** False where `address` begins no allocation. */
bool freeDevice(uintptr_t address);
void setDeviceMemory(size_t bytes);
size_t deviceMemory();
size_t freeDeviceMemory();
/** Empty where all of it is allocated (and, to be read, written); else what is wrong. */
SHARED_WITH_LIBRARIES std::string checkDevice(uintptr_t address, size_t bytes, Access access);
SHARED_WITH_LIBRARIES void markWritten(uintptr_t address, size_t bytes);
/** dst is as much written as src is. */
void copyWritten(uintptr_t dst, uintptr_t src, size_t bytes);
/** States of a word of device memory. */
enum WordState : uint8_t { FOREIGN = 0, UNWRITTEN = 1, WRITTEN = 2 };
constexpr size_t ARENA = size_t(4) << 30;
/** Where device memory begins, and the states of its words. */
extern uintptr_t arenaBase;
extern uint8_t* wordStates;

// ---- a block's shared memory ----

constexpr size_t SHARED_LIMIT = 48 * 1024;
/** Forgets the arrays and contents of the block before. */
void beginSharedMemory();
constexpr size_t SHARED_SPACE = 2 * SHARED_LIMIT;
extern char sharedSpace[SHARED_SPACE];
void checkShared(uintptr_t address, size_t bytes, Access access);
std::string describeShared(uintptr_t address);

// ---- threads of a block ----

struct Dim { unsigned x, y, z; };

/** What kernels see: indices of the running thread and extents. */
struct Indices { Dim thread, block, blockDim, gridDim; };
extern "C" __attribute__((visibility("default"))) Indices standinIndices;

typedef void (*KernelBody)(void*);
/** Runs every block of the grid. */
Result launch(const char* name, KernelBody body, Dim grid, Dim block, const void* arguments, size_t argumentBytes);
constexpr size_t STACKS = 1024 * 64 * 1024;
extern char* stacksBase;
constexpr size_t ARGUMENTS = 4096;
extern char launchArguments[ARGUMENTS];
/** The thread that runs, counted in its block. */
extern int current;
/** How often the block has passed a barrier, and each warp a collective. */
extern unsigned blockPhase;
extern unsigned warpPhases[33];
std::string where();

// ---- tensor cores ----

/** No thread of the block has taken part in a matrix product yet. */
void beginMatrixProducts();

}
