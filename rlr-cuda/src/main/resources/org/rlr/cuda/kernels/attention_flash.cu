// Attention on tensor cores for any locality: a block has 64 queries (in the keys' pass: keys) of one head and iterates
// over the other side in chunks of 64 tokens. A chunk is skipped if none of its pairs with the block attends, and
// masked only if some pairs do and some do not. No kernels here; those of the two precisions are in
// attention_flash_bf16.cu and attention_flash_tf32.cu. Launcher: TensorCoreAttention; checks: attention.cu,
// ReferenceAttention.
#include "attention_mma.cu"

enum Relation { NONE, SOME, EVERY };

/** The positions of tokens [from, from + 64) on the grid. */
struct Span {
    int top, bottom, left, right;

    __device__ __forceinline__ Span(const TensorAttention& a, int from, int count) {
        int last = min(from + CHUNK, count) - 1;
        top = from / a.width;
        bottom = last / a.width;
        left = top == bottom ? from % a.width : 0;
        right = top == bottom ? last % a.width : a.width - 1;
    }
};

/** Which pairs of two spans attend to each other; the result may be SOME even if all or none do. */
__device__ __forceinline__ Relation relation(const TensorAttention& a, const Span& x, const Span& y) {
    if (a.locality != LOCALITY_INSIDE && a.locality != LOCALITY_OUTSIDE) {
        return EVERY;
    }
    bool apart = max(x.top - y.bottom, y.top - x.bottom) > a.radius || max(x.left - y.right, y.left - x.right) > a.radius;
    bool close = max(x.bottom - y.top, y.bottom - x.top) <= a.radius && max(x.right - y.left, y.right - x.left) <= a.radius;
    return !apart && !close ? SOME : close == (a.locality == LOCALITY_INSIDE) ? EVERY : NONE;
}

/** A lane's two rows: tokens of the block's 64 and their positions on the grid. */
struct Own {
    int count, stride;
    int token[2], row[2], column[2];

    __device__ __forceinline__ Own(const TensorAttention& a, int from, int count) : count(count), stride(a.heads * a.headDim) {
        for (int h = 0; h < 2; h++) {
            token[h] = from + threadIdx.x / 32 * STEP + group() + 8 * h;
            row[h] = token[h] / a.width;
            column[h] = token[h] % a.width;
        }
    }

    /** Row h of an image's head; null if it does not exist. */
    template <typename T> __device__ __forceinline__ T* of(T* head, int h) const {
        return token[h] < count ? head + (int64) token[h] * stride : 0;
    }

    /** The scalar of row h in an image's head; 0 if it does not exist. */
    __device__ __forceinline__ float scalar(const float* head, int h) const {
        return token[h] < count ? head[token[h]] : 0;
    }

    /** Whether row h and a token attend to each other, for chunks with the relation SOME. */
    __device__ __forceinline__ bool attends(const TensorAttention& a, int h, int other) const {
        bool inside = abs(row[h] - other / a.width) <= a.radius && abs(column[h] - other % a.width) <= a.radius;
        return inside == (a.locality == LOCALITY_INSIDE);
    }
};

/** This lane's columns of the step that begins at column `from`. */
template <typename P, int D> __device__ __forceinline__ void stepColumns(const unsigned** columns, const unsigned (*rows)[Row<P, D>::PITCH], int from) {
    for (int i = 0; i < 4; i++) {
        columns[i] = rows[from + 2 * place() + i % 2 + i / 2 * 8];
    }
}

template <typename P, int D> __device__ __forceinline__ void flash(const TensorAttention& a) {
    __shared__ unsigned ks[CHUNK][Row<P, D>::PITCH];
    __shared__ unsigned vs[CHUNK][Row<P, D>::PITCH];
    __shared__ float offsets[CHUNK];
    int tokens = a.height * a.width;
    int tiles = (tokens + CHUNK - 1) / CHUNK;
    int from = blockIdx.x % tiles * CHUNK;
    int head = blockIdx.x / tiles % a.heads;
    int64 image = blockIdx.x / tiles / a.heads;
    Own own(a, from, tokens);
    int stride = own.stride;
    int64 at = image * tokens * stride + head * D;
    unsigned q[D / STEP][4 * P::WORDS];
    leftRows<P, D>(q, own.of(a.q + at, 0), own.of(a.q + at, 1));
    float sums[D / 8][4];
    clear<D / 8>(sums);
    float best[2] = {-INFINITE, -INFINITE};
    float total[2] = {0, 0};
    for (int base = 0; base < a.keys; base += CHUNK) {
        Relation which = relation(a, Span(a, from, tokens), Span(a, base, a.keys));
        if (which == NONE) {
            continue;
        }
        __syncthreads();
        fill<P, D>(Columns<P, D>{ks, vs, offsets, 0}, CHUNK, a.k + image * a.kImage + head * D, a.v + image * a.vImage + head * D,
                [&](int r) -> int64 { return base + r < a.keys ? (int64) (base + r) * stride : -1; }, 0, 0, [](int) -> int64 { return 0; });
        __syncthreads();
        float logits[CHUNK / 8][4];
        for (int step = 0; step < CHUNK / STEP; step++) {
            scores<P, D>(logits + 2 * step, q, ks[STEP * step + group()], ks[STEP * step + 8 + group()]);
        }
        for (int j = 0; j < CHUNK / 8; j++) {
            for (int i = 0; i < 4; i++) {
                int column = 8 * j + 2 * place() + i % 2;
                float logit = a.scale * LOG2_E * logits[j][i] + offsets[column];
                logits[j][i] = which == SOME && !own.attends(a, i / 2, base + column) ? -INFINITE : logit;
            }
        }
        softmax<D>(logits, best, total, sums);
        for (int step = 0; step < CHUNK / STEP; step++) {
            const unsigned* columns[4];
            stepColumns<P, D>(columns, vs, STEP * step);
            addColumns<P, D>(sums, logits + 2 * step, columns);
        }
    }
    float* rows[2] = {own.of(a.first + at, 0), own.of(a.first + at, 1)};
    float* lse = a.lse + (image * a.heads + head) * tokens;
    float* scalars[2] = {lse + own.token[0], lse + own.token[1]};
    saveOutput<D>(sums, best, total, rows, scalars);
}

/** dq = scale·Σ over keys of p·(dout·v − delta)·k. */
template <typename P, int D> __device__ __forceinline__ void flashQueries(const TensorAttention& a) {
    __shared__ unsigned ks[CHUNK][Row<P, D>::PITCH];
    __shared__ unsigned vs[CHUNK][Row<P, D>::PITCH];
    __shared__ float offsets[CHUNK];
    int tokens = a.height * a.width;
    int tiles = (tokens + CHUNK - 1) / CHUNK;
    int from = blockIdx.x % tiles * CHUNK;
    int head = blockIdx.x / tiles % a.heads;
    int64 image = blockIdx.x / tiles / a.heads;
    Own own(a, from, tokens);
    int stride = own.stride;
    int64 at = image * tokens * stride + head * D;
    int64 scalars = (image * a.heads + head) * tokens;
    unsigned q[D / STEP][4 * P::WORDS];
    unsigned dout[D / STEP][4 * P::WORDS];
    leftRows<P, D>(q, own.of(a.q + at, 0), own.of(a.q + at, 1));
    leftRows<P, D>(dout, own.of(a.dout + at, 0), own.of(a.dout + at, 1));
    float lse[2];
    float delta[2];
    for (int h = 0; h < 2; h++) {
        // −∞ if there is nothing to attend to: subtracted from the −∞ of a missing column it would give NaN
        float log = own.scalar(a.lse + scalars, h);
        lse[h] = log == -INFINITE ? 0 : LOG2_E * log;
        delta[h] = own.scalar(a.delta + scalars, h);
    }
    float sums[D / 8][4];
    clear<D / 8>(sums);
    for (int base = 0; base < a.keys; base += CHUNK) {
        Relation which = relation(a, Span(a, from, tokens), Span(a, base, a.keys));
        if (which == NONE) {
            continue;
        }
        __syncthreads();
        fill<P, D>(Columns<P, D>{ks, vs, offsets, 0}, CHUNK, a.k + image * a.kImage + head * D, a.v + image * a.vImage + head * D,
                [&](int r) -> int64 { return base + r < a.keys ? (int64) (base + r) * stride : -1; }, 0, 0, [](int) -> int64 { return 0; });
        __syncthreads();
        for (int from16 = 0; from16 < CHUNK; from16 += STEP) {
            float logits[2][4];
            float slopes[2][4];
            scores<P, D>(logits, q, ks[from16 + group()], ks[from16 + 8 + group()]);
            scores<P, D>(slopes, dout, vs[from16 + group()], vs[from16 + 8 + group()]);
            for (int j = 0; j < 2; j++) {
                for (int i = 0; i < 4; i++) {
                    int column = from16 + 8 * j + 2 * place() + i % 2;
                    float p = exp2f(a.scale * LOG2_E * logits[j][i] + offsets[column] - lse[i / 2]);
                    logits[j][i] = which == SOME && !own.attends(a, i / 2, base + column) ? 0 : p * (slopes[j][i] - delta[i / 2]);
                }
            }
            const unsigned* columns[4];
            stepColumns<P, D>(columns, ks, from16);
            addColumns<P, D>(sums, logits, columns);
        }
    }
    float* rows[2] = {own.of(a.first + at, 0), own.of(a.first + at, 1)};
    float factors[2] = {a.scale, a.scale};
    save<D>(sums, factors, rows);
}

/** dk and dv of a block's keys, as in attention_tiled.cu: if keys or values are shared, over all images in order. */
template <typename P, int D> __device__ __forceinline__ void flashKeys(const TensorAttention& a) {
    __shared__ unsigned qs[CHUNK][Row<P, D>::PITCH];
    __shared__ unsigned ds[CHUNK][Row<P, D>::PITCH];
    __shared__ float offsets[CHUNK];
    __shared__ float deltas[CHUNK];
    int tokens = a.height * a.width;
    int tiles = (a.keys + CHUNK - 1) / CHUNK;
    int from = blockIdx.x % tiles * CHUNK;
    int head = blockIdx.x / tiles % a.heads;
    bool together = a.kImage == 0 || a.vImage == 0;
    int begin = together ? 0 : blockIdx.x / tiles / a.heads;
    int end = together ? a.images : begin + 1;
    Own own(a, from, a.keys);
    int stride = own.stride;
    float dk[D / 8][4];
    float dv[D / 8][4];
    clear<D / 8>(dk);
    clear<D / 8>(dv);
    for (int64 image = begin; image < end; image++) {
        int64 at = image * tokens * stride + head * D;
        int64 scalars = (image * a.heads + head) * tokens;
        int64 kAt = image * a.kImage + head * D;
        int64 vAt = image * a.vImage + head * D;
        unsigned k[D / STEP][4 * P::WORDS];
        unsigned v[D / STEP][4 * P::WORDS];
        leftRows<P, D>(k, own.of(a.k + kAt, 0), own.of(a.k + kAt, 1));
        leftRows<P, D>(v, own.of(a.v + vAt, 0), own.of(a.v + vAt, 1));
        for (int base = 0; base < tokens; base += CHUNK) {
            Relation which = relation(a, Span(a, from, a.keys), Span(a, base, tokens));
            if (which == NONE) {
                continue;
            }
            __syncthreads();
            fill<P, D>(Columns<P, D>{qs, ds, offsets, deltas}, CHUNK, a.q + at, a.dout + at,
                    [&](int r) -> int64 { return base + r < tokens ? (int64) (base + r) * stride : -1; }, a.lse + scalars, a.delta + scalars,
                    [&](int r) -> int64 { return base + r; });
            __syncthreads();
            for (int from16 = 0; from16 < CHUNK; from16 += STEP) {
                float ps[2][4];
                float ws[2][4];
                scores<P, D>(ps, k, qs[from16 + group()], qs[from16 + 8 + group()]);
                scores<P, D>(ws, v, ds[from16 + group()], ds[from16 + 8 + group()]);
                for (int j = 0; j < 2; j++) {
                    for (int i = 0; i < 4; i++) {
                        int column = from16 + 8 * j + 2 * place() + i % 2;
                        bool masked = which == SOME && !own.attends(a, i / 2, base + column);
                        float p = exp2f(a.scale * LOG2_E * ps[j][i] + offsets[column]);
                        ps[j][i] = masked ? 0 : p;
                        ws[j][i] = masked ? 0 : p * (ws[j][i] - deltas[column]);
                    }
                }
                const unsigned* columns[4];
                stepColumns<P, D>(columns, ds, from16);
                addColumns<P, D>(dv, ps, columns);
                stepColumns<P, D>(columns, qs, from16);
                addColumns<P, D>(dk, ws, columns);
            }
        }
        float scales[2] = {a.scale, a.scale};
        float ones[2] = {1, 1};
        if (a.kImage != 0 || image == end - 1) {
            float* rows[2] = {own.of(a.first + kAt, 0), own.of(a.first + kAt, 1)};
            save<D>(dk, scales, rows);
            clear<D / 8>(dk);
        }
        if (a.vImage != 0 || image == end - 1) {
            float* rows[2] = {own.of(a.second + vAt, 0), own.of(a.second + vAt, 1)};
            save<D>(dv, ones, rows);
            clear<D / 8>(dv);
        }
    }
}
