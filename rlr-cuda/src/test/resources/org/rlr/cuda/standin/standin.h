// Declarations shared by the parts of the stand-in driver. It runs kernels on the host, one block after another, with
// checks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#define SHARED_WITH_LIBRARIES __attribute__((visibility("default")))

namespace standin {

// ---- errors: the first one of a launch ends it ----

/** The results of the driver API that the stand-in returns. */
enum Result { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_HANDLE = 400, NOT_FOUND = 500,
    ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719, CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901 };

/** Stores the message for cuGetErrorString and returns the code. */
SHARED_WITH_LIBRARIES Result fail(Result code, const std::string& message);
const std::string& lastFailure();
/** Ends the launch that is running: the calling fiber never returns. */
[[noreturn]] void abortLaunch(Result code, const std::string& message);

// ---- streams: work runs when it is submitted, or is kept for a graph ----

typedef std::function<Result()> Work;
/** If the stream is captured, stores the work and returns true. */
SHARED_WITH_LIBRARIES bool capture(void* stream, const Work& work);
/** Runs the work, or stores it. */
Result submit(void* stream, const Work& work);
/** An error if the stream (null: any) is captured: waiting is impossible for work that does not run yet. */
SHARED_WITH_LIBRARIES Result refusedInCapture(void* stream, const char* call);

// ---- memory ----

enum Access { READ, WRITE };

/** Device memory for `bytes`, or 0; between two allocations is memory that no access may touch. */
uintptr_t allocateDevice(size_t bytes);
/** Returns false if no allocation begins at `address`. */
bool freeDevice(uintptr_t address);
void setDeviceMemory(size_t bytes);
size_t deviceMemory();
size_t freeDeviceMemory();
/** Empty if all of it is allocated (and, for reads, written); otherwise the error. */
SHARED_WITH_LIBRARIES std::string checkDevice(uintptr_t address, size_t bytes, Access access);
SHARED_WITH_LIBRARIES void markWritten(uintptr_t address, size_t bytes);
/** Copies the written state of src to dst. */
void copyWritten(uintptr_t dst, uintptr_t src, size_t bytes);
/** States of a word of device memory. */
enum WordState : uint8_t { FOREIGN = 0, UNWRITTEN = 1, WRITTEN = 2 };
constexpr size_t ARENA = size_t(4) << 30;
/** The start of device memory, and the states of its words. */
extern uintptr_t arenaBase;
extern uint8_t* wordStates;

// ---- a block's shared memory ----

constexpr size_t SHARED_LIMIT = 48 * 1024;
/** Clears the arrays and contents of the previous block. */
void beginSharedMemory();
constexpr size_t SHARED_SPACE = 2 * SHARED_LIMIT;
extern char sharedSpace[SHARED_SPACE];
void checkShared(uintptr_t address, size_t bytes, Access access);
std::string describeShared(uintptr_t address);

// ---- threads of a block ----

struct Dim { unsigned x, y, z; };

/** The variables that kernels read: indices of the running thread and extents. */
struct Indices { Dim thread, block, blockDim, gridDim; };
extern "C" __attribute__((visibility("default"))) Indices standinIndices;

typedef void (*KernelBody)(void*);
/** Runs every block of the grid. */
Result launch(const char* name, KernelBody body, Dim grid, Dim block, const void* arguments, size_t argumentBytes);
constexpr size_t STACKS = 1024 * 64 * 1024;
extern char* stacksBase;
constexpr size_t ARGUMENTS = 4096;
extern char launchArguments[ARGUMENTS];
/** The index of the running thread in its block. */
extern int current;
/** The number of barriers that the block has passed, and of collectives that each warp has passed. */
extern unsigned blockPhase;
extern unsigned warpPhases[33];
std::string where();

// ---- tensor cores ----

/** Resets the block's matrix products, before any thread takes part in one. */
void beginMatrixProducts();

}
