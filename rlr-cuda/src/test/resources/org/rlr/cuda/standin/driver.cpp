// The functions of the CUDA driver that the backend calls, with the names and types that JCuda's natives use.
#include "standin.h"
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <mutex>
#include <set>
#include <sys/mman.h>
#include <unistd.h>
#include <chrono>

namespace standin {

namespace {

std::string message = "no error";
std::mutex lock;
std::set<void*> contexts;
thread_local void* currentContext = nullptr;
struct Pinned { char* from; size_t bytes; };
struct ByAddress { bool operator()(const Pinned& a, const Pinned& b) const { return a.from < b.from; } };
std::set<Pinned, ByAddress> pinned;
int computeCapability = 90;
int devices = 2;
int driverVersion = 12060;

struct Function { KernelBody body; size_t argumentBytes; std::string name; };
/**
 * The file stays open as long as the module: the linker identifies a library by its path, which contains the file's
 * number.
 */
struct Module { void* library; int file; };
struct Event { std::chrono::steady_clock::time_point time; };
char device[8];

bool isPinned(const void* p, size_t bytes) {
    for (const Pinned& range : pinned) {
        if ((char*) p >= range.from && (char*) p + bytes <= range.from + range.bytes) {
            return true;
        }
    }
    return false;
}

/** A cubin is an ELF file whose section table comes last. */
size_t imageBytes(const void* image) {
    const Elf64_Ehdr* h = (const Elf64_Ehdr*) image;
    return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 ? h->e_shoff + (size_t) h->e_shnum * h->e_shentsize : 0;
}

}

Result fail(Result code, const std::string& what) {
    message = what;
    return code;
}

const std::string& lastFailure() {
    return message;
}

}

using namespace standin;
#define CALL extern "C" __attribute__((visibility("default"))) int
#define GUARDED std::lock_guard<std::mutex> guarded(lock); if (currentContext == nullptr) return fail(INVALID_VALUE, "no context is current on this thread");

// ---- the driver ----

CALL cuInit(unsigned) { return devices == 0 ? NO_DEVICE : SUCCESS; }
CALL cuDriverGetVersion(int* v) { *v = driverVersion; return SUCCESS; }
CALL cuDeviceGetCount(int* n) { *n = devices; return SUCCESS; }
CALL cuDeviceGet(int* d, int ordinal) { *d = ordinal; return ordinal < devices ? SUCCESS : INVALID_DEVICE; }
CALL cuDeviceGetName(char* name, int length, int d) {
    strncpy(name, d == 0 ? "Stand-in for a GPU" : "Second stand-in for a GPU", length - 1);
    name[length - 1] = 0;
    return SUCCESS;
}
CALL cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = deviceMemory(); return SUCCESS; }
CALL cuDeviceGetAttribute(int* value, int attribute, int) {
    // 75, 76: compute capability; 16: multiprocessors
    *value = attribute == 75 ? computeCapability / 10 : attribute == 76 ? computeCapability % 10 : attribute == 16 ? 4 : 0;
    return SUCCESS;
}
CALL cuDevicePrimaryCtxRetain(void** context, int d) { *context = device + d; return SUCCESS; }
CALL cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }
CALL cuCtxSetCurrent(void* context) { currentContext = context; return SUCCESS; }

/** Control by tests: JCuda passes on any number as the limit. */
CALL cuCtxSetLimit(int limit, size_t value) {
    switch (limit) {
        case 0x1000: setDeviceMemory(value); return SUCCESS;
        case 0x1001: computeCapability = value; return SUCCESS;
        case 0x1002: devices = value; return SUCCESS;
        case 0x1003: driverVersion = value; return SUCCESS;
        default: return INVALID_VALUE;
    }
}

CALL cuStreamCreate(void** stream, unsigned) { *stream = new char; return SUCCESS; }
CALL cuStreamDestroy_v2(void* stream) { delete (char*) stream; return SUCCESS; }
CALL cuStreamSynchronize(void* stream) { return refusedInCapture(stream, "cuStreamSynchronize"); }
CALL cuStreamWaitEvent(void*, void*, unsigned) { return SUCCESS; }
CALL cuEventCreate(void** event, unsigned) { *event = new Event(); return SUCCESS; }
CALL cuEventRecord(void* event, void*) { ((Event*) event)->time = std::chrono::steady_clock::now(); return SUCCESS; }
CALL cuEventSynchronize(void*) { return refusedInCapture(nullptr, "cuEventSynchronize"); }
CALL cuEventQuery(void*) { return SUCCESS; }
CALL cuEventElapsedTime(float* ms, void* a, void* b) {
    *ms = std::chrono::duration<float, std::milli>(((Event*) b)->time - ((Event*) a)->time).count();
    return SUCCESS;
}
CALL cuEventDestroy_v2(void* event) { delete (Event*) event; return SUCCESS; }

CALL cuMemAlloc_v2(uintptr_t* p, size_t bytes) {
    GUARDED
    if (bytes == 0) return INVALID_VALUE;
    *p = allocateDevice(bytes);
    return *p != 0 ? SUCCESS : OUT_OF_MEMORY;
}
CALL cuMemFree_v2(uintptr_t p) {
    GUARDED
    return freeDevice(p) ? SUCCESS : fail(INVALID_VALUE, "freed memory that is not allocated");
}
CALL cuMemGetInfo_v2(size_t* free, size_t* total) { GUARDED *free = freeDeviceMemory(); *total = deviceMemory(); return SUCCESS; }
CALL cuMemAllocHost_v2(void** p, size_t bytes) {
    GUARDED
    *p = new char[bytes];
    pinned.insert(Pinned{(char*) *p, bytes});
    return SUCCESS;
}
CALL cuMemFreeHost(void* p) {
    GUARDED
    if (pinned.erase(Pinned{(char*) p, 0}) == 0) return fail(INVALID_VALUE, "freed host memory that is not pinned");
    delete[] (char*) p;
    return SUCCESS;
}
CALL cuMemcpyHtoDAsync_v2(uintptr_t dst, const void* src, size_t bytes, void* stream) {
    GUARDED
    return submit(stream, [=]() -> Result {
        std::string wrong = checkDevice(dst, bytes, WRITE);
        if (!isPinned(src, bytes)) wrong = "the host's side of an asynchronous copy is not pinned";
        if (!wrong.empty()) return fail(INVALID_VALUE, "copy to the device: " + wrong);
        memcpy((void*) dst, src, bytes);
        markWritten(dst, bytes);
        return SUCCESS;
    });
}
CALL cuMemcpyDtoHAsync_v2(void* dst, uintptr_t src, size_t bytes, void* stream) {
    GUARDED
    return submit(stream, [=]() -> Result {
        std::string wrong = checkDevice(src, bytes, READ);
        if (!isPinned(dst, bytes)) wrong = "the host's side of an asynchronous copy is not pinned";
        if (!wrong.empty()) return fail(INVALID_VALUE, "copy from the device: " + wrong);
        memcpy(dst, (void*) src, bytes);
        return SUCCESS;
    });
}
CALL cuMemcpyDtoDAsync_v2(uintptr_t dst, uintptr_t src, size_t bytes, void* stream) {
    GUARDED
    return submit(stream, [=]() -> Result {
        std::string wrong = checkDevice(dst, bytes, WRITE) + checkDevice(src, bytes, WRITE);
        if (!wrong.empty()) return fail(INVALID_VALUE, "copy on the device: " + wrong);
        memmove((void*) dst, (void*) src, bytes);
        copyWritten(dst, src, bytes);
        return SUCCESS;
    });
}
CALL cuMemsetD32Async(uintptr_t dst, unsigned value, size_t count, void* stream) {
    GUARDED
    return submit(stream, [=]() -> Result {
        std::string wrong = checkDevice(dst, 4 * count, WRITE);
        if (!wrong.empty()) return fail(INVALID_VALUE, "fill: " + wrong);
        for (size_t i = 0; i < count; i++) ((unsigned*) dst)[i] = value;
        markWritten(dst, 4 * count);
        return SUCCESS;
    });
}

CALL cuModuleLoadData(Module** module, const void* image) {
    GUARDED
    size_t bytes = imageBytes(image);
    int file = memfd_create("cubin", MFD_CLOEXEC);
    if (bytes == 0 || file < 0 || write(file, image, bytes) != (ssize_t) bytes) {
        return fail(INVALID_IMAGE, "not a module");
    }
    void* library = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        close(file);
        return fail(INVALID_IMAGE, dlerror());
    }
    *module = new Module{library, file};
    return SUCCESS;
}
CALL cuModuleUnload(Module* module) {
    GUARDED
    dlclose(module->library);
    close(module->file);
    delete module;
    return SUCCESS;
}
CALL cuModuleGetFunction(void** function, Module* module, const char* name) {
    GUARDED
    void* body = dlsym(module->library, ("standinCall_" + std::string(name)).c_str());
    void* bytes = dlsym(module->library, ("standinBytes_" + std::string(name)).c_str());
    if (body == nullptr || bytes == nullptr) return fail(NOT_FOUND, std::string("no kernel ") + name);
    *function = new Function{(KernelBody) body, *(unsigned long*) bytes, name};
    return SUCCESS;
}
CALL cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned dynamicShared,
        void* stream, void** parameters, void** extra) {
    GUARDED
    if (gx == 0 || gy == 0 || gz == 0 || gx > 0x7fffffffu || gy > 65535 || gz > 65535 || bx == 0 || by == 0 || bz == 0 || bz > 64
            || (size_t) bx * by * bz > 1024 || dynamicShared != 0 || extra != nullptr) {
        return fail(INVALID_VALUE, "invalid launch of " + std::to_string(gx) + "x" + std::to_string(gy) + "x" + std::to_string(gz) + " blocks of "
                + std::to_string(bx) + "x" + std::to_string(by) + "x" + std::to_string(bz) + " threads");
    }
    Function* f = (Function*) function;
    std::string arguments((const char*) parameters[0], f->argumentBytes);
    return submit(stream, [=]() { return launch(f->name.c_str(), f->body, Dim{gx, gy, gz}, Dim{bx, by, bz}, arguments.data(), f->argumentBytes); });
}
CALL cuGetErrorString(int code, const char** text) {
    static std::string kept;
    kept = code == OUT_OF_MEMORY ? "out of memory" : lastFailure();
    *text = kept.c_str();
    return SUCCESS;
}
CALL cuGetErrorName(int code, const char** text) {
    static std::string kept;
    kept = "stand-in error " + std::to_string(code);
    *text = kept.c_str();
    return SUCCESS;
}
