// Attention inside a window on tensor cores, with keys and values shared by all images: the rows of a product are one
// pixel of sixteen images, so that its columns are the window, and only the grid's border and the last step's end are
// masked. A block computes a pixel tile of one head; the union of its windows, the halo, stays in shared memory (in the
// keys' pass: 8×8 keys, and queries in groups of four pixels). No kernels here; those of the two precisions are in
// attention_window_bf16.cu and attention_window_tf32.cu. Launcher: TensorCoreAttention; checks: attention.cu,
// ReferenceAttention.
#include "attention_mma.cu"

/**
 * The capacity for keys and values of a halo, in words, and for its pixels. TensorCoreAttention chooses tiles that fit.
 */
#define HALO_WORDS 10240
#define HALO_PIXELS 432
#define KEY_TILE 8

/** A block's tile, its halo in shared memory, and the window's positions in it. */
template <typename P, int D> struct Halo {
    int head, firstImage, top, left, side, width, pixels;
    unsigned (*ks)[Row<P, D>::PITCH];
    unsigned (*vs)[Row<P, D>::PITCH];
    float* offsets;
    int* window;

    __device__ __forceinline__ Halo(const TensorAttention& a, unsigned* words, float* offsets, int* window) : offsets(offsets), window(window) {
        int across = (a.width + a.tileWidth - 1) / a.tileWidth;
        int tiles = (a.height + a.tileHeight - 1) / a.tileHeight * across;
        int tile = blockIdx.x % tiles;
        head = blockIdx.x / tiles % a.heads;
        firstImage = blockIdx.x / tiles / a.heads * STEP;
        top = tile / across * a.tileHeight;
        left = tile % across * a.tileWidth;
        side = 2 * a.radius + 1;
        width = a.tileWidth + 2 * a.radius;
        pixels = (a.tileHeight + 2 * a.radius) * width;
        ks = (unsigned (*)[Row<P, D>::PITCH]) words;
        vs = ks + pixels + 1;
    }

    /** Loads the halo; the pixel after the last is missing, like those beyond the grid's border. */
    __device__ __forceinline__ void load(const TensorAttention& a) const {
        int stride = a.heads * D;
        auto at = [&](int r) -> int64 {
            int y = top - a.radius + r / width;
            int x = left - a.radius + r % width;
            return r < pixels && y >= 0 && y < a.height && x >= 0 && x < a.width ? (int64) (y * a.width + x) * stride : -1;
        };
        fill<P, D>(Columns<P, D>{ks, vs, offsets, 0}, pixels + 1, a.k + head * D, a.v + head * D, at, 0, 0, [](int) -> int64 { return 0; });
        for (int c = threadIdx.x; c < side * side; c += THREADS) {
            window[c] = c / side * width + c % side;
        }
        __syncthreads();
    }

    /** The position in the halo of column c of a pixel's window; `pixel` is an index in the tile. */
    __device__ __forceinline__ int at(const TensorAttention& a, int pixel, int c) const {
        return c < side * side ? pixel / a.tileWidth * width + pixel % a.tileWidth + window[c] : pixels;
    }

    /** The token of a pixel of the tile; negative beyond the grid. */
    __device__ __forceinline__ int token(const TensorAttention& a, int pixel) const {
        int y = top + pixel / a.tileWidth;
        int x = left + pixel % a.tileWidth;
        return y < a.height && x < a.width ? y * a.width + x : -1;
    }
};

/** This lane's columns of the step that begins at column `from` of a pixel's window. */
template <typename P, int D> __device__ __forceinline__ void stepPlaces(const TensorAttention& a, const Halo<P, D>& halo, int pixel, int from, int* places) {
    for (int i = 0; i < 4; i++) {
        places[i] = halo.at(a, pixel, from + 2 * place() + i % 2 + i / 2 * 8);
    }
}

template <typename P, int D> __device__ __forceinline__ void window(const TensorAttention& a) {
    __shared__ unsigned words[HALO_WORDS];
    __shared__ float offsets[HALO_PIXELS];
    __shared__ int places[HALO_PIXELS];
    Halo<P, D> halo(a, words, offsets, places);
    halo.load(a);
    int tokens = a.height * a.width;
    for (int pixel = threadIdx.x / 32; pixel < a.tileHeight * a.tileWidth; pixel += THREADS / 32) {
        int token = halo.token(a, pixel);
        if (token < 0) {
            continue;
        }
        const float* q[2];
        float* out[2];
        float* lse[2];
        for (int h = 0; h < 2; h++) {
            int64 image = halo.firstImage + group() + 8 * h;
            int64 at = (image * tokens + token) * a.heads * D + halo.head * D;
            q[h] = image < a.images ? a.q + at : 0;
            out[h] = image < a.images ? a.first + at : 0;
            lse[h] = a.lse + (image * a.heads + halo.head) * tokens + token;
        }
        unsigned left[D / STEP][4 * P::WORDS];
        leftRows<P, D>(left, q[0], q[1]);
        float sums[D / 8][4];
        clear<D / 8>(sums);
        float best[2] = {-INFINITE, -INFINITE};
        float total[2] = {0, 0};
        for (int base = 0; base < halo.side * halo.side; base += CHUNK) {
            float logits[CHUNK / 8][4];
            clear<CHUNK / 8>(logits);
            for (int step = 0; step < CHUNK / STEP; step++) {
                int from = base + STEP * step;
                if (from < halo.side * halo.side) {
                    scores<P, D>(logits + 2 * step, left, halo.ks[halo.at(a, pixel, from + group())], halo.ks[halo.at(a, pixel, from + 8 + group())]);
                }
                int columns[4];
                stepPlaces<P, D>(a, halo, pixel, from, columns);
                for (int i = 0; i < 8; i++) {
                    float* logit = &logits[2 * step + i / 4][i % 4];
                    *logit = a.scale * LOG2_E * *logit + offsets[columns[i / 4 * 2 + i % 2]];
                }
            }
            softmax<D>(logits, best, total, sums);
            for (int step = 0; step < CHUNK / STEP; step++) {
                int from = base + STEP * step;
                if (from < halo.side * halo.side) {
                    int columns[4];
                    stepPlaces<P, D>(a, halo, pixel, from, columns);
                    const unsigned* rows[4] = {halo.vs[columns[0]], halo.vs[columns[1]], halo.vs[columns[2]], halo.vs[columns[3]]};
                    addColumns<P, D>(sums, logits + 2 * step, rows);
                }
            }
        }
        saveOutput<D>(sums, best, total, out, lse);
    }
}

/** dq = scale·Σ over keys of p·(dout·v − delta)·k. */
template <typename P, int D> __device__ __forceinline__ void windowQueries(const TensorAttention& a) {
    __shared__ unsigned words[HALO_WORDS];
    __shared__ float offsets[HALO_PIXELS];
    __shared__ int places[HALO_PIXELS];
    Halo<P, D> halo(a, words, offsets, places);
    halo.load(a);
    int tokens = a.height * a.width;
    for (int pixel = threadIdx.x / 32; pixel < a.tileHeight * a.tileWidth; pixel += THREADS / 32) {
        int token = halo.token(a, pixel);
        if (token < 0) {
            continue;
        }
        const float* q[2];
        const float* dout[2];
        float* dq[2];
        float lse[2];
        float delta[2];
        for (int h = 0; h < 2; h++) {
            int64 image = halo.firstImage + group() + 8 * h;
            bool there = image < a.images;
            int64 at = (image * tokens + token) * a.heads * D + halo.head * D;
            int64 scalar = (image * a.heads + halo.head) * tokens + token;
            q[h] = there ? a.q + at : 0;
            dout[h] = there ? a.dout + at : 0;
            dq[h] = there ? a.first + at : 0;
            lse[h] = there ? LOG2_E * a.lse[scalar] : 0;
            delta[h] = there ? a.delta[scalar] : 0;
        }
        unsigned left[D / STEP][4 * P::WORDS];
        unsigned slope[D / STEP][4 * P::WORDS];
        leftRows<P, D>(left, q[0], q[1]);
        leftRows<P, D>(slope, dout[0], dout[1]);
        float sums[D / 8][4];
        clear<D / 8>(sums);
        for (int from = 0; from < halo.side * halo.side; from += STEP) {
            float logits[2][4];
            float slopes[2][4];
            int one = halo.at(a, pixel, from + group());
            int other = halo.at(a, pixel, from + 8 + group());
            scores<P, D>(logits, left, halo.ks[one], halo.ks[other]);
            scores<P, D>(slopes, slope, halo.vs[one], halo.vs[other]);
            int columns[4];
            stepPlaces<P, D>(a, halo, pixel, from, columns);
            for (int i = 0; i < 8; i++) {
                int h = i % 4 / 2;
                float p = exp2f(a.scale * LOG2_E * logits[i / 4][i % 4] + offsets[columns[i / 4 * 2 + i % 2]] - lse[h]);
                logits[i / 4][i % 4] = p * (slopes[i / 4][i % 4] - delta[h]);
            }
            const unsigned* rows[4] = {halo.ks[columns[0]], halo.ks[columns[1]], halo.ks[columns[2]], halo.ks[columns[3]]};
            addColumns<P, D>(sums, logits, rows);
        }
        float factors[2] = {a.scale, a.scale};
        save<D>(sums, factors, dq);
    }
}

/** dk and dv: a warp has 4×4 keys and iterates over their queries, four pixels and sixteen images at a time. */
template <typename P, int D> __device__ __forceinline__ void windowKeys(const TensorAttention& a) {
    __shared__ unsigned qs[CHUNK][Row<P, D>::PITCH];
    __shared__ unsigned ds[CHUNK][Row<P, D>::PITCH];
    __shared__ float offsets[CHUNK];
    __shared__ float deltas[CHUNK];
    int tokens = a.height * a.width;
    int stride = a.heads * D;
    int across = (a.width + KEY_TILE - 1) / KEY_TILE;
    int tiles = (a.height + KEY_TILE - 1) / KEY_TILE * across;
    int head = blockIdx.x / tiles;
    int top = blockIdx.x % tiles / across * KEY_TILE;
    int left = blockIdx.x % tiles % across * KEY_TILE;
    int patchTop = top + threadIdx.x / 32 / 2 * 4;
    int patchLeft = left + threadIdx.x / 32 % 2 * 4;
    int y[2];
    int x[2];
    int64 at[2];
    for (int h = 0; h < 2; h++) {
        y[h] = patchTop + (group() + 8 * h) / 4;
        x[h] = patchLeft + group() % 4;
        at[h] = y[h] < a.height && x[h] < a.width ? (int64) (y[h] * a.width + x[h]) * stride + head * D : -1;
    }
    unsigned k[D / STEP][4 * P::WORDS];
    unsigned v[D / STEP][4 * P::WORDS];
    leftRows<P, D>(k, at[0] < 0 ? 0 : a.k + at[0], at[1] < 0 ? 0 : a.k + at[1]);
    leftRows<P, D>(v, at[0] < 0 ? 0 : a.v + at[0], at[1] < 0 ? 0 : a.v + at[1]);
    float dk[D / 8][4];
    float dv[D / 8][4];
    clear<D / 8>(dk);
    clear<D / 8>(dv);
    // the pixels whose windows reach the tile
    int firstRow = max(0, top - a.radius);
    int firstColumn = max(0, left - a.radius);
    int columns = min(a.width - 1, left + KEY_TILE - 1 + a.radius) - firstColumn + 1;
    int pixels = (min(a.height - 1, top + KEY_TILE - 1 + a.radius) - firstRow + 1) * columns;
    for (int firstImage = 0; firstImage < a.images; firstImage += STEP) {
        for (int base = 0; base < pixels; base += CHUNK / STEP) {
            auto token = [&](int pixel) { return (firstRow + pixel / columns) * a.width + firstColumn + pixel % columns; };
            auto row = [&](int r) -> int64 {
                int64 image = firstImage + r % STEP;
                int pixel = base + r / STEP;
                return image < a.images && pixel < pixels ? (image * tokens + token(pixel)) * stride : -1;
            };
            auto scalar = [&](int r) -> int64 { return ((int64) (firstImage + r % STEP) * a.heads + head) * tokens + token(base + r / STEP); };
            __syncthreads();
            fill<P, D>(Columns<P, D>{qs, ds, offsets, deltas}, CHUNK, a.q + head * D, a.dout + head * D, row, a.lse, a.delta, scalar);
            __syncthreads();
            for (int pixel = base; pixel < min(base + CHUNK / STEP, pixels); pixel++) {
                int py = firstRow + pixel / columns;
                int px = firstColumn + pixel % columns;
                if (py < patchTop - a.radius || py > patchTop + 3 + a.radius || px < patchLeft - a.radius || px > patchLeft + 3 + a.radius) {
                    continue;
                }
                int from = (pixel - base) * STEP;
                float ps[2][4];
                float ws[2][4];
                scores<P, D>(ps, k, qs[from + group()], qs[from + 8 + group()]);
                scores<P, D>(ws, v, ds[from + group()], ds[from + 8 + group()]);
                bool attends[2];
                for (int h = 0; h < 2; h++) {
                    attends[h] = abs(y[h] - py) <= a.radius && abs(x[h] - px) <= a.radius;
                }
                for (int j = 0; j < 2; j++) {
                    for (int i = 0; i < 4; i++) {
                        int column = from + 8 * j + 2 * place() + i % 2;
                        float p = exp2f(a.scale * LOG2_E * ps[j][i] + offsets[column]);
                        ps[j][i] = attends[i / 2] ? p : 0;
                        ws[j][i] = attends[i / 2] ? p * (ws[j][i] - deltas[column]) : 0;
                    }
                }
                int mine = from + 2 * place();
                const unsigned* douts[4] = {ds[mine], ds[mine + 1], ds[mine + 8], ds[mine + 9]};
                const unsigned* queries[4] = {qs[mine], qs[mine + 1], qs[mine + 8], qs[mine + 9]};
                addColumns<P, D>(dv, ps, douts);
                addColumns<P, D>(dk, ws, queries);
            }
        }
    }
    float scales[2] = {a.scale, a.scale};
    float ones[2] = {1, 1};
    float* keyRows[2] = {at[0] < 0 ? 0 : a.first + at[0], at[1] < 0 ? 0 : a.first + at[1]};
    float* valueRows[2] = {at[0] < 0 ? 0 : a.second + at[0], at[1] < 0 ? 0 : a.second + at[1]};
    save<D>(dk, scales, keyRows);
    save<D>(dv, ones, valueRows);
}
