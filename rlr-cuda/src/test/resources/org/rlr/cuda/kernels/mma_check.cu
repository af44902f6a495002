// For MmaTest: products of a warp, and one with an error.
#include "mma.cu"

/** c [16, 8] = a [16, k] · b [k, 8], row-major; k is a multiple of 16. */
struct Product { const float* a; const float* b; float* c; int k; };

template <typename P> __device__ void product(const Product& p) {
    __shared__ unsigned rows[16][16];
    int g = laneNumber() / 4;
    int t = laneNumber() % 4;
    float sums[4] = {0, 0, 0, 0};
    for (int k = 0; k < p.k; k += 16) {
        unsigned a[4 * P::WORDS];
        unsigned b[2 * P::WORDS];
        for (int i = 0; i < 4; i++) {
            const float* from = p.a + (g + i % 2 * 8) * p.k + k + 2 * t + i / 2 * 8;
            P::round(a + i * P::WORDS, from[0], from[1]);
        }
        // b goes through shared memory, its rows in pairs of columns, like values in attention
        for (int i = laneNumber(); i < 16 * 4; i += 32) {
            const float* from = p.b + (k + i / 4) * 8 + i % 4 * 2;
            P::round(rows[i / 4] + i % 4 * P::WORDS, from[0], from[1]);
        }
        __syncwarp();
        for (int i = 0; i < 2; i++) {
            P::across(b + i * P::WORDS, rows[2 * t + 8 * i], rows[2 * t + 8 * i + 1], g);
        }
        P::multiply(sums, a, b);
        __syncwarp();
    }
    for (int i = 0; i < 4; i++) {
        p.c[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = sums[i];
    }
}

extern "C" __global__ void productBf16(const Product p) {
    product<Bf16>(p);
}

extern "C" __global__ void productTf32(const Product p) {
    product<Tf32>(p);
}

/** The instructions themselves, fragments loaded as in the PTX ISA: bf16 with k = 16, then TF32 with k = 8. */
extern "C" __global__ void instructionBf16(const Product p) {
    int g = laneNumber() / 4;
    int t = laneNumber() % 4;
    unsigned a[4];
    unsigned b[2];
    for (int i = 0; i < 4; i++) {
        const float* from = p.a + (g + (i & 1) * 8) * p.k + 2 * t + (i >> 1) * 8;
        a[i] = bf16Pair(from[0], from[1]);
    }
    for (int i = 0; i < 2; i++) {
        const float* from = p.b + (2 * t + 8 * i) * 8 + g;
        b[i] = bf16Pair(from[0], from[8]);
    }
    float c[4] = {0, 0, 0, 0};
    mmaBf16(c, a, b);
    for (int i = 0; i < 4; i++) {
        p.c[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = c[i];
    }
}

extern "C" __global__ void instructionTf32(const Product p) {
    int g = laneNumber() / 4;
    int t = laneNumber() % 4;
    unsigned a[4];
    unsigned b[2];
    for (int i = 0; i < 4; i++) {
        a[i] = tf32(p.a[(g + (i & 1) * 8) * p.k + t + (i >> 1) * 4]);
    }
    for (int i = 0; i < 2; i++) {
        b[i] = tf32(p.b[(t + 4 * i) * 8 + g]);
    }
    float c[4] = {0, 0, 0, 0};
    mmaTf32(c, a, b);
    for (int i = 0; i < 4; i++) {
        p.c[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = c[i];
    }
}

extern "C" __global__ void productOfSomeLanes(const Product p) {
    unsigned a[4] = {0, 0, 0, 0};
    unsigned b[2] = {0, 0};
    float c[4] = {0, 0, 0, 0};
    if (laneNumber() != 17) {
        mmaTf32(c, a, b);
    }
    p.c[laneNumber()] = c[0];
}
