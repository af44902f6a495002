// Parts of attention on tensor cores. No kernels; included by attention_flash.cu and attention_window.cu. A block has
// four warps; a warp holds sixteen rows of queries (or keys) in registers. The other side goes as columns through
// shared memory, rounded, sixteen per step. As in mma.cu, lane 4g + t holds rows g and g + 8 and columns 2t, 2t + 1, 2t
// + 8 and 2t + 9 of a step.
//
// A column with a NaN or infinity must affect only the rows that attend to it, but 0·NaN is NaN. So it is stored as
// zeros, and its offset, the number added to its logits, is NaN. Rows that attend to it get NaN in every channel of the
// head. The offset of a missing column is −∞. Logits are in units of log 2, for exp2f.
#include "mma.cu"

#define STEP 16
/** Columns whose scores are computed before their exponentials. */
#define CHUNK 64
/** Threads of a block. */
#define THREADS 128
/** The least blocks per multiprocessor: without this bound the compiler aims at more and spills registers. */
#define BLOCKS 2
#define LOG2_E 1.44269504f
#define LN_2 0.69314718f
#define NOT_A_NUMBER __int_as_float(0x7fc00000)
/** The largest magnitude of bf16; larger values may become infinite. */
#define LARGEST 3.3895314e38f

/** q [images, tokens, heads·headDim] and so on, as in attention.cu; first is out, dq or dk, second dv. Addresses are multiples of 16 bytes. */
struct TensorAttention { const float* q; const float* k; const float* v; const float* dout; float* lse; const float* delta; float* first; float* second;
    int images; int heads; int headDim; int height; int width; int keys; int radius; int locality; int64 kImage; int64 vImage; float scale;
    int tileHeight; int tileWidth; };

__device__ __forceinline__ int group() {
    return laneNumber() / 4;
}

__device__ __forceinline__ int place() {
    return laneNumber() % 4;
}

/** Words of a row in shared memory; 16 bytes between rows avoid bank conflicts. */
template <typename P, int D> struct Row {
    enum { WORDS = D / 2 * P::WORDS, PITCH = WORDS + 4 };
};

/** A warp's sixteen rows as left factors, D / 16 steps; rows `one` and `other` are this lane's, null for zeros. */
template <typename P, int D> __device__ __forceinline__ void leftRows(unsigned (*a)[4 * P::WORDS], const float* one, const float* other) {
    for (int step = 0; step < D / STEP; step++) {
        for (int i = 0; i < 4; i++) {
            const float* row = i % 2 == 0 ? one : other;
            int c = step * STEP + 2 * place() + i / 2 * 8;
            P::round(a[step] + i * P::WORDS, row == 0 ? 0 : row[c], row == 0 ? 0 : row[c + 1]);
        }
    }
}

/** products[j] [16, 8] = rows · columns j of a step, over the channels; this lane brings columns g of both, `one` and `other`. */
template <typename P, int D> __device__ __forceinline__ void scores(float (*products)[4], const unsigned (*a)[4 * P::WORDS], const unsigned* one,
        const unsigned* other) {
    for (int j = 0; j < 2; j++) {
        const unsigned* column = j == 0 ? one : other;
        for (int i = 0; i < 4; i++) {
            products[j][i] = 0;
        }
        for (int step = 0; step < D / STEP; step++) {
            unsigned b[2 * P::WORDS];
            P::along(b, column, step * STEP + 2 * place());
            P::along(b + P::WORDS, column, step * STEP + 2 * place() + 8);
            P::multiply(products[j], a[step], b);
        }
    }
}

/** sums [16, D] += weights [16, 16] · columns [16, D] of a step; columns[i] are this lane's four. */
template <typename P, int D> __device__ __forceinline__ void addColumns(float (*sums)[4], const float (*weights)[4], const unsigned* const* columns) {
    unsigned a[4 * P::WORDS];
    for (int i = 0; i < 4; i++) {
        const float* pair = weights[i / 2] + i % 2 * 2;
        P::round(a + i * P::WORDS, pair[0], pair[1]);
    }
    for (int n = 0; n < D / 8; n++) {
        unsigned b[2 * P::WORDS];
        P::across(b, columns[0], columns[1], 8 * n + group());
        P::across(b + P::WORDS, columns[2], columns[3], 8 * n + group());
        P::multiply(sums[n], a, b);
    }
}

template <int N> __device__ __forceinline__ void clear(float (*sums)[4]) {
    for (int n = 0; n < N; n++) {
        for (int i = 0; i < 4; i++) {
            sums[n][i] = 0;
        }
    }
}

/** The maximum over the four lanes that share rows. */
__device__ __forceinline__ float rowMax(float v) {
    v = fmaxf(v, __shfl_xor_sync(ALL_LANES, v, 1));
    return fmaxf(v, __shfl_xor_sync(ALL_LANES, v, 2));
}

__device__ __forceinline__ float rowSum(float v) {
    v += __shfl_xor_sync(ALL_LANES, v, 1);
    return v + __shfl_xor_sync(ALL_LANES, v, 2);
}

/**
 * Replaces a chunk's logits by exponentials relative to the largest logit so far, and rescales earlier sums to it.
 * Totals are over this lane's columns.
 */
template <int D> __device__ __forceinline__ void softmax(float (*logits)[4], float* best, float* total, float (*sums)[4]) {
    for (int h = 0; h < 2; h++) {
        float higher = best[h];
        for (int j = 0; j < CHUNK / 8; j++) {
            higher = fmaxf(higher, fmaxf(logits[j][2 * h], logits[j][2 * h + 1]));
        }
        higher = rowMax(higher);
        // nothing to attend to yet: −∞ minus −∞ would be NaN
        float base = higher == -INFINITE ? 0 : higher;
        float shrink = exp2f(best[h] - base);
        best[h] = higher;
        total[h] *= shrink;
        for (int n = 0; n < D / 8; n++) {
            sums[n][2 * h] *= shrink;
            sums[n][2 * h + 1] *= shrink;
        }
        for (int j = 0; j < CHUNK / 8; j++) {
            for (int i = 2 * h; i < 2 * h + 2; i++) {
                logits[j][i] = exp2f(logits[j][i] - base);
                total[h] += logits[j][i];
            }
        }
    }
}

/** Writes this lane's part of its rows times factors; skips null rows. */
template <int D> __device__ __forceinline__ void save(const float (*sums)[4], const float* factors, float* const* rows) {
    for (int h = 0; h < 2; h++) {
        if (rows[h] != 0) {
            for (int n = 0; n < D / 8; n++) {
                rows[h][8 * n + 2 * place()] = sums[n][2 * h] * factors[h];
                rows[h][8 * n + 2 * place() + 1] = sums[n][2 * h + 1] * factors[h];
            }
        }
    }
}

/** Writes the result of a forward pass, and the logarithm of the sum of exponentials; skips null rows. */
template <int D> __device__ __forceinline__ void saveOutput(const float (*sums)[4], const float* best, const float* total, float* const* rows, float* const* lse) {
    float factors[2];
    for (int h = 0; h < 2; h++) {
        float all = rowSum(total[h]);
        if (rows[h] != 0 && place() == 0) {
            *lse[h] = all == 0 ? -INFINITE : best[h] * LN_2 + logf(all);
        }
        // no partner: nothing was added; a NaN among the logits makes the total NaN
        factors[h] = all == 0 ? 0 : 1 / all;
    }
    save<D>(sums, factors, rows);
}

/**
 * Columns in shared memory: two matrices' rows, the offsets added to their logits, and (for queries only) the values
 * subtracted from the slopes of their exponentials.
 */
template <typename P, int D> struct Columns {
    unsigned (*one)[Row<P, D>::PITCH];
    unsigned (*other)[Row<P, D>::PITCH];
    float* offsets;
    float* deltas;
};

__device__ __forceinline__ bool finite(float4 x) {
    return fabsf(x.x) <= LARGEST && fabsf(x.y) <= LARGEST && fabsf(x.z) <= LARGEST && fabsf(x.w) <= LARGEST;
}

template <typename P> __device__ __forceinline__ void roundFour(unsigned* to, float4 x) {
    P::round(to, x.x, x.y);
    P::round(to + P::WORDS, x.z, x.w);
}

/**
 * Fills columns [0, count) from rows of two matrices, D / 4 lanes a row, by all threads of the block: at(r) is the
 * offset of row r from both addresses, in values, negative for a missing column; scalar(r) is the index of its query in
 * lse and delta, which are null if columns are keys.
 */
template <typename P, int D, typename At, typename Scalar> __device__ __forceinline__ void fill(const Columns<P, D>& to, int count, const float* one,
        const float* other, At at, const float* lse, const float* delta, Scalar scalar) {
    const int lanes = D / 4;
    int c = threadIdx.x % lanes;
    // every thread runs the same number of rounds, because of the shuffles
    for (int first = 0; first < count; first += THREADS / lanes) {
        int r = first + threadIdx.x / lanes;
        int64 from = r < count ? at(r) : -1;
        float4 zero = {0, 0, 0, 0};
        float4 x = from < 0 ? zero : *(const float4*) (one + from + 4 * c);
        float4 y = from < 0 ? zero : *(const float4*) (other + from + 4 * c);
        int good = finite(x) && finite(y);
        for (int o = lanes / 2; o > 0; o /= 2) {
            good &= __shfl_xor_sync(ALL_LANES, good, o);
        }
        if (r < count) {
            roundFour<P>(to.one[r] + 2 * P::WORDS * c, good ? x : zero);
            roundFour<P>(to.other[r] + 2 * P::WORDS * c, good ? y : zero);
            if (c == 0) {
                float offset = from < 0 ? -INFINITE : good ? 0 : NOT_A_NUMBER;
                to.offsets[r] = lse == 0 || from < 0 ? offset : offset - LOG2_E * lse[scalar(r)];
                if (delta != 0) {
                    to.deltas[r] = from < 0 ? 0 : delta[scalar(r)];
                }
            }
        }
    }
}
