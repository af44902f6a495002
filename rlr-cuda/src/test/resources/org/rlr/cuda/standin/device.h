// CUDA's language for g++: inserted before a kernel file so that it compiles as C++. Kernel files must have no
// variables outside functions and declare one shared array per line; the compiler stand-in turns "__shared__ T
// name[N];" into a call of standinShared.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __launch_bounds__(...)

struct uint3 { unsigned x, y, z; };
struct float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct uint4 { unsigned x, y, z, w; };

extern "C" struct { uint3 thread, block, blockDim, gridDim; } standinIndices;
#define threadIdx (standinIndices.thread)
#define blockIdx (standinIndices.block)
#define blockDim (standinIndices.blockDim)
#define gridDim (standinIndices.gridDim)

extern "C" void* standinShared(int id, const char* name, unsigned long bytes);
extern "C" void standinBarrier(int line);
extern "C" uint64_t standinExchange(int line, int exchange, unsigned mask, uint64_t value, int lane);

template <typename T> static inline T standinShuffle(int line, int exchange, unsigned mask, T value, int lane) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = standinExchange(line, exchange, mask, bits, lane);
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define __syncthreads() standinBarrier(__LINE__)
#define __syncwarp() ((void) standinExchange(__LINE__, 0, 0xffffffffu, 0, 0))
#define __shfl_xor_sync(mask, value, lane) standinShuffle(__LINE__, 1, mask, value, lane)
#define __shfl_sync(mask, value, lane) standinShuffle(__LINE__, 2, mask, value, lane)
#define __shfl_down_sync(mask, value, lane) standinShuffle(__LINE__, 3, mask, value, lane)

static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned) ((uint64_t) a * b >> 32); }
static inline int __float_as_int(float f) { int i; memcpy(&i, &f, 4); return i; }
static inline float __int_as_float(int i) { float f; memcpy(&f, &i, 4); return f; }
static inline float rsqrtf(float x) { return 1 / sqrtf(x); }
template <typename T> static inline T min(T a, T b) { return b < a ? b : a; }
template <typename T> static inline T max(T a, T b) { return a < b ? b : a; }

// Tensor cores (kernels/mma.cu has the instructions themselves).
extern "C" void standinMma(int line, int bf16, float* c, const unsigned* a, const unsigned* b);
#define mmaBf16(c, a, b) standinMma(__LINE__, 1, c, a, b)
#define mmaTf32(c, a, b) standinMma(__LINE__, 0, c, a, b)

/** cvt.rn: rounds to eight bits, to nearest, ties to even; NaN becomes 0x7fff. */
static inline unsigned bf16(float x) {
    unsigned bits;
    memcpy(&bits, &x, 4);
    return x != x ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
static inline unsigned bf16Pair(float first, float second) { return bf16(second) << 16 | bf16(first); }

/** cvt.rna: rounds to eleven bits, to nearest, ties away from 0; infinity and NaN are unchanged. */
static inline unsigned tf32(float x) {
    unsigned bits;
    memcpy(&bits, &x, 4);
    return x - x != 0 ? bits | (x != x ? 1u << 22 : 0) : (bits + 0x1000) & ~0x1fffu;
}
