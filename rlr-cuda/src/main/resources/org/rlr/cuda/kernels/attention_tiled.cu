// Attention by tiles of 32 queries and 32 keys in shared memory, float32, head dimension at most 64. A block of 256
// threads computes one tile of one head: each of its 8 warps four rows, each lane a column of the scores and then
// channels c and c + 32 of the result. Only pairs that may attend count, and tiles without such pairs are skipped.
// Launcher: CudaAttention; checks: attention.cu, ReferenceAttention.

#define TILE 32
/** Row length of a tile in shared memory: odd, so that lanes reading a column hit different banks. */
#define PITCH 65

/**
 * q [images, tokens, heads·headDim] and so on, as in attention.cu; the result is out or dq; in the keys' pass dk and
 * dv.
 */
struct Tiled { const float* q; const float* k; const float* v; const float* dout; float* lse; const float* delta; float* first; float* second;
    int images; int heads; int headDim; int height; int width; int keys; int radius; int locality; int64 kImage; int64 vImage; float scale; };

/** Whether a query may attend to a key. */
__device__ __forceinline__ bool attends(const Tiled& a, int query, int key) {
    int rows = query / a.width - key / a.width;
    int columns = query % a.width - key % a.width;
    bool inside = max(rows, -rows) <= a.radius && max(columns, -columns) <= a.radius;
    return a.locality == LOCALITY_INSIDE ? inside : a.locality != LOCALITY_OUTSIDE || !inside;
}

/** Whether tiles of tokens from `one` and from `other` are too many grid rows apart for any window. */
__device__ __forceinline__ bool apart(const Tiled& a, int one, int other) {
    int gap = max(one, other) / a.width - (min(one, other) + TILE - 1) / a.width;
    return a.locality == LOCALITY_INSIDE && gap > a.radius;
}

/** Copies rows [from, from + 32) of a head into a tile, zeros beyond the end. */
__device__ __forceinline__ void load(float (*tile)[PITCH], const float* rows, int from, int count, int stride, int headDim) {
    for (int r = threadIdx.x / TILE; r < TILE; r += 8) {
        for (int c = threadIdx.x % TILE; c < headDim; c += TILE) {
            tile[r][c] = from + r < count ? rows[(int64) (from + r) * stride + c] : 0;
        }
    }
}

/** products[i] = row (4·warp + i) of a · row (lane) of b. */
__device__ __forceinline__ void multiply(const float (*a)[PITCH], const float (*b)[PITCH], int headDim, float* products) {
    int row = threadIdx.x / TILE * 4;
    for (int i = 0; i < 4; i++) {
        products[i] = 0;
    }
    for (int c = 0; c < headDim; c++) {
        float other = b[laneNumber()][c];
        for (int i = 0; i < 4; i++) {
            products[i] += a[row + i][c] * other;
        }
    }
}

/**
 * sums[i][j] += Σ over the tile's rows t of weights[4·warp + i][t]·rows[t][lane + 32·j]; a weight of 0 ignores even a
 * NaN.
 */
__device__ __forceinline__ void addRows(const float (*weights)[TILE + 1], const float (*rows)[PITCH], int headDim, float (*sums)[2]) {
    int row = threadIdx.x / TILE * 4;
    for (int j = 0; j < 2; j++) {
        int c = laneNumber() + TILE * j;
        if (c < headDim) {
            for (int t = 0; t < TILE; t++) {
                float v = rows[t][c];
                for (int i = 0; i < 4; i++) {
                    float w = weights[row + i][t];
                    sums[i][j] += w == 0 ? 0 : w * v;
                }
            }
        }
    }
}

/** Writes rows 4·warp + i of the tile at `from`, times a factor. */
__device__ __forceinline__ void save(const float (*sums)[2], const float* factors, float* rows, int from, int count, int stride, int headDim) {
    int row = from + threadIdx.x / TILE * 4;
    for (int i = 0; i < 4 && row + i < count; i++) {
        for (int j = 0; j < 2; j++) {
            int c = laneNumber() + TILE * j;
            if (c < headDim) {
                rows[(int64) (row + i) * stride + c] = sums[i][j] * factors[i];
            }
        }
    }
}

extern "C" __global__ void attentionTiled(const Tiled a) {
    __shared__ float qs[TILE][PITCH];
    __shared__ float ks[TILE][PITCH];
    __shared__ float vs[TILE][PITCH];
    __shared__ float ps[TILE][TILE + 1];
    int tokens = a.height * a.width;
    int tiles = (tokens + TILE - 1) / TILE;
    int from = blockIdx.x % tiles * TILE;
    int head = blockIdx.x / tiles % a.heads;
    int64 image = blockIdx.x / tiles / a.heads;
    int stride = a.heads * a.headDim;
    int64 own = image * tokens * stride + head * a.headDim;
    int row = threadIdx.x / TILE * 4;
    load(qs, a.q + own, from, tokens, stride, a.headDim);
    float best[4] = {-INFINITE, -INFINITE, -INFINITE, -INFINITE};
    float total[4] = {0, 0, 0, 0};
    float sums[4][2] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
    for (int base = 0; base < a.keys; base += TILE) {
        if (apart(a, from, base)) {
            continue;
        }
        load(ks, a.k + image * a.kImage + head * a.headDim, base, a.keys, stride, a.headDim);
        load(vs, a.v + image * a.vImage + head * a.headDim, base, a.keys, stride, a.headDim);
        __syncthreads();
        float logits[4];
        multiply(qs, ks, a.headDim, logits);
        int key = base + laneNumber();
        for (int i = 0; i < 4; i++) {
            bool allowed = key < a.keys && attends(a, from + row + i, key);
            float logit = allowed ? a.scale * logits[i] : -INFINITE;
            float higher = fmaxf(best[i], warpMax(logit));
            float p = allowed ? expf(logit - higher) : 0;
            // also equal if both are −∞, whose difference is NaN
            float shrink = higher == best[i] ? 1 : expf(best[i] - higher);
            best[i] = higher;
            total[i] = total[i] * shrink + p;
            sums[i][0] *= shrink;
            sums[i][1] *= shrink;
            ps[row + i][laneNumber()] = p;
        }
        __syncwarp();
        addRows(ps, vs, a.headDim, sums);
        __syncthreads();
    }
    for (int i = 0; i < 4; i++) {
        total[i] = warpSum(total[i]);
        if (laneNumber() == 0 && from + row + i < tokens) {
            a.lse[(image * a.heads + head) * tokens + from + row + i] = total[i] == 0 ? -INFINITE : best[i] + logf(total[i]);
        }
        // no partner: nothing was added; a NaN among the logits makes the total NaN
        total[i] = total[i] == 0 ? 0 : 1 / total[i];
    }
    save(sums, total, a.first + own, from, tokens, stride, a.headDim);
}

/** dq = scale·Σ over keys of p·(dout·v − delta)·k. */
extern "C" __global__ void attentionTiledQueries(const Tiled a) {
    __shared__ float qs[TILE][PITCH];
    __shared__ float ds[TILE][PITCH];
    __shared__ float ks[TILE][PITCH];
    __shared__ float vs[TILE][PITCH];
    __shared__ float ws[TILE][TILE + 1];
    int tokens = a.height * a.width;
    int tiles = (tokens + TILE - 1) / TILE;
    int from = blockIdx.x % tiles * TILE;
    int head = blockIdx.x / tiles % a.heads;
    int64 image = blockIdx.x / tiles / a.heads;
    int stride = a.heads * a.headDim;
    int64 own = image * tokens * stride + head * a.headDim;
    int64 scalars = (image * a.heads + head) * tokens;
    int row = threadIdx.x / TILE * 4;
    load(qs, a.q + own, from, tokens, stride, a.headDim);
    load(ds, a.dout + own, from, tokens, stride, a.headDim);
    float sums[4][2] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
    for (int base = 0; base < a.keys; base += TILE) {
        if (apart(a, from, base)) {
            continue;
        }
        load(ks, a.k + image * a.kImage + head * a.headDim, base, a.keys, stride, a.headDim);
        load(vs, a.v + image * a.vImage + head * a.headDim, base, a.keys, stride, a.headDim);
        __syncthreads();
        float logits[4];
        float slopes[4];
        multiply(qs, ks, a.headDim, logits);
        multiply(ds, vs, a.headDim, slopes);
        int key = base + laneNumber();
        for (int i = 0; i < 4; i++) {
            int query = from + row + i;
            bool allowed = query < tokens && key < a.keys && attends(a, query, key);
            ws[row + i][laneNumber()] = allowed ? expf(a.scale * logits[i] - a.lse[scalars + query]) * (slopes[i] - a.delta[scalars + query]) : 0;
        }
        __syncwarp();
        addRows(ws, ks, a.headDim, sums);
        __syncthreads();
    }
    float factors[4] = {a.scale, a.scale, a.scale, a.scale};
    save(sums, factors, a.first + own, from, tokens, stride, a.headDim);
}

/**
 * dk = scale·Σ over queries of p·(dout·v − delta)·q and dv = Σ p·dout, here rows are keys. If keys or values are
 * shared, a block iterates over all images in order: it writes shared gradients after the last image, others after
 * each.
 */
extern "C" __global__ void attentionTiledKeys(const Tiled a) {
    __shared__ float ks[TILE][PITCH];
    __shared__ float vs[TILE][PITCH];
    __shared__ float qs[TILE][PITCH];
    __shared__ float ds[TILE][PITCH];
    __shared__ float ps[TILE][TILE + 1];
    __shared__ float ws[TILE][TILE + 1];
    int tokens = a.height * a.width;
    int tiles = (a.keys + TILE - 1) / TILE;
    int from = blockIdx.x % tiles * TILE;
    int head = blockIdx.x / tiles % a.heads;
    bool together = a.kImage == 0 || a.vImage == 0;
    int begin = together ? 0 : blockIdx.x / tiles / a.heads;
    int end = together ? a.images : begin + 1;
    int stride = a.heads * a.headDim;
    int row = threadIdx.x / TILE * 4;
    float dk[4][2] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
    float dv[4][2] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
    float scales[4] = {a.scale, a.scale, a.scale, a.scale};
    float ones[4] = {1, 1, 1, 1};
    for (int64 image = begin; image < end; image++) {
        int64 own = image * tokens * stride + head * a.headDim;
        int64 scalars = (image * a.heads + head) * tokens;
        load(ks, a.k + image * a.kImage + head * a.headDim, from, a.keys, stride, a.headDim);
        load(vs, a.v + image * a.vImage + head * a.headDim, from, a.keys, stride, a.headDim);
        for (int base = 0; base < tokens; base += TILE) {
            if (apart(a, base, from)) {
                continue;
            }
            load(qs, a.q + own, base, tokens, stride, a.headDim);
            load(ds, a.dout + own, base, tokens, stride, a.headDim);
            __syncthreads();
            float logits[4];
            float slopes[4];
            multiply(ks, qs, a.headDim, logits);
            multiply(vs, ds, a.headDim, slopes);
            int query = base + laneNumber();
            for (int i = 0; i < 4; i++) {
                int key = from + row + i;
                bool allowed = query < tokens && key < a.keys && attends(a, query, key);
                float p = allowed ? expf(a.scale * logits[i] - a.lse[scalars + query]) : 0;
                ps[row + i][laneNumber()] = p;
                ws[row + i][laneNumber()] = allowed ? p * (slopes[i] - a.delta[scalars + query]) : 0;
            }
            __syncwarp();
            addRows(ps, ds, a.headDim, dv);
            addRows(ws, qs, a.headDim, dk);
            __syncthreads();
        }
        if (a.kImage != 0 || image == end - 1) {
            save(dk, scales, a.first + image * a.kImage + head * a.headDim, from, a.keys, stride, a.headDim);
        }
        if (a.vImage != 0 || image == end - 1) {
            save(dv, ones, a.second + image * a.vImage + head * a.headDim, from, a.keys, stride, a.headDim);
        }
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 2; j++) {
                dk[i][j] = a.kImage != 0 ? 0 : dk[i][j];
                dv[i][j] = a.vImage != 0 ? 0 : dv[i][j];
            }
        }
        // the next image's keys must not overwrite data that a slow warp still reads
        __syncthreads();
    }
}
