// Tensor cores, from compute capability 8.0 on: mma.sync on a warp, the rounding before it, and a common interface of
// both precisions. No kernels; included by files that need it. The stand-in for a card has its own emulation of the
// four functions of the first part.

#ifdef __CUDACC__

/** Two values rounded to bf16 (to nearest even), the first in the lower half. */
__device__ __forceinline__ unsigned bf16Pair(float first, float second) {
    unsigned pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
    return pair;
}

/** A value rounded to TF32 (to nearest, ties away from 0), as bits of a float. */
__device__ __forceinline__ unsigned tf32(float x) {
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return bits;
}

/** c += A·B, 16×16 by 16×8 values in bf16, sums in float32; fragments as in the PTX ISA. */
__device__ __forceinline__ void mmaBf16(float* c, const unsigned* a, const unsigned* b) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/** c += A·B, 16×8 by 8×8 values in TF32, sums in float32. */
__device__ __forceinline__ void mmaTf32(float* c, const unsigned* a, const unsigned* b) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#endif

// Both precisions multiply in steps of 16: c [16, 8] += A [16, 16] · B [16, 8]. With g = lane / 4 and t = lane % 4, a lane holds
//   of c   (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1);
//   of A   four pairs: k = 2t, 2t + 1 of row g, of row g + 8, then k = 2t + 8, 2t + 9 of both rows, that is, the c of two neighbouring products;
//   of B   two pairs: k = 2t, 2t + 1 and k = 2t + 8, 2t + 9 of column g.
// A pair is WORDS words. A row of n values in shared memory is n / 2 such pairs.

/** Factors in bf16. */
struct Bf16 {
    enum { WORDS = 1 };

    static __device__ __forceinline__ void round(unsigned* pair, float first, float second) {
        pair[0] = bf16Pair(first, second);
    }

    /** The pair of columns c and c + 1 of a row; c is even. */
    static __device__ __forceinline__ void along(unsigned* pair, const unsigned* row, int c) {
        pair[0] = row[c / 2];
    }

    /** The pair in column c of two rows. */
    static __device__ __forceinline__ void across(unsigned* pair, const unsigned* one, const unsigned* other, int c) {
        unsigned first = one[c / 2];
        unsigned second = other[c / 2];
        pair[0] = c % 2 == 0 ? (first & 0xffff) | second << 16 : first >> 16 | (second & 0xffff0000);
    }

    static __device__ __forceinline__ void multiply(float* c, const unsigned* a, const unsigned* b) {
        mmaBf16(c, a, b);
    }
};

/**
 * Factors in TF32: two products of eight k. The order of k is free if A and B agree: the instruction's t and t + 4 are
 * 2t and 2t + 1 here.
 */
struct Tf32 {
    enum { WORDS = 2 };

    static __device__ __forceinline__ void round(unsigned* pair, float first, float second) {
        pair[0] = tf32(first);
        pair[1] = tf32(second);
    }

    static __device__ __forceinline__ void along(unsigned* pair, const unsigned* row, int c) {
        pair[0] = row[c];
        pair[1] = row[c + 1];
    }

    static __device__ __forceinline__ void across(unsigned* pair, const unsigned* one, const unsigned* other, int c) {
        pair[0] = one[c];
        pair[1] = other[c];
    }

    static __device__ __forceinline__ void multiply(float* c, const unsigned* a, const unsigned* b) {
        for (int half = 0; half < 2; half++) {
            const unsigned* pairs = a + 4 * half;
            unsigned swapped[4] = {pairs[0], pairs[2], pairs[1], pairs[3]};
            mmaTf32(c, swapped, b + 2 * half);
        }
    }
};
