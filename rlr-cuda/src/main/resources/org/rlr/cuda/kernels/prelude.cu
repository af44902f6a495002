// Inserted before every kernel file. NVRTC compiles it without headers.
//
// Kernels take one struct. Host code reads its fields from these files (org.rlr.cuda.driver.Signature): one field a declaration, pointers, int,
// float, double or int64, or arrays of pointers, int or float. Sums run in an order fixed by the extents alone; there are no atomics.

typedef long long int64;

#define ALL_LANES 0xffffffffu
#define INFINITE __int_as_float(0x7f800000)

/** The number of the thread in a grid of one dimension. */
__device__ __forceinline__ unsigned threadNumber() {
    return blockIdx.x * blockDim.x + threadIdx.x;
}

/** The number of the thread's warp in such a grid. */
__device__ __forceinline__ int64 warpNumber() {
    return (int64) blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
}

__device__ __forceinline__ int laneNumber() {
    return threadIdx.x % 32;
}

/** The sum over a warp, the same in every lane. */
__device__ __forceinline__ float warpSum(float v) {
    for (int o = 16; o > 0; o /= 2) {
        v += __shfl_xor_sync(ALL_LANES, v, o);
    }
    return v;
}

__device__ __forceinline__ double warpSum(double v) {
    for (int o = 16; o > 0; o /= 2) {
        v += __shfl_xor_sync(ALL_LANES, v, o);
    }
    return v;
}

/** The maximum over a warp, ignoring NaN. */
__device__ __forceinline__ float warpMax(float v) {
    for (int o = 16; o > 0; o /= 2) {
        v = fmaxf(v, __shfl_xor_sync(ALL_LANES, v, o));
    }
    return v;
}

/** y = v, or y += v. */
__device__ __forceinline__ void store(float* y, float v, int accumulate) {
    *y = accumulate ? *y + v : v;
}

/** The index, in an operand with these strides, of element i of a result with these extents (innermost axis first). */
__device__ __forceinline__ unsigned place(unsigned i, int axes, const int* extents, const int* strides) {
    unsigned at = 0;
    for (int axis = 0; axis < axes; axis++) {
        unsigned extent = extents[axis];
        at += i % extent * strides[axis];
        i /= extent;
    }
    return at;
}

__device__ __forceinline__ float sigmoid(float x) {
    return 1 / (1 + expf(-x));
}

/** Φ(x) by erfc, which keeps the relative accuracy in the left tail. */
__device__ __forceinline__ float normalCdf(float x) {
    return 0.5f * erfcf(-0.70710678f * x);
}

/** op(x); the UNARY_… constants are generated from org.rlr.tensor.backend.UnaryOp. Comparisons keep NaN. */
__device__ __forceinline__ float unaryValue(int op, float x) {
    switch (op) {
        case UNARY_NEG: return -x;
        case UNARY_EXP: return expf(x);
        case UNARY_LOG: return logf(x);
        case UNARY_SQRT: return sqrtf(x);
        case UNARY_SQUARE: return x * x;
        case UNARY_RECIPROCAL: return 1 / x;
        case UNARY_TANH: return tanhf(x);
        case UNARY_SIGMOID: return sigmoid(x);
        case UNARY_RELU: return x < 0 ? 0 : x;
        case UNARY_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
        case UNARY_SILU: return x / (1 + expf(-x));
        case UNARY_GELU: return x * normalCdf(x);
        default: return x;
    }
}
