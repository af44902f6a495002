// Layer normalisation. Launcher: CudaNormalization; references: ReferenceOps.weightedSum, layerNorm, layerNormBackward.

/** For rows that do not fit into registers, one warp for each row; y may be x. */
struct LayerNorm { const float* x; const float* gamma; const float* beta; float* y; float* mean; float* rstd; int rows; int n; float eps; };
extern "C" __global__ void layerNorm(const LayerNorm a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    const float* x = a.x + row * a.n;
    float* y = a.y + row * a.n;
    float sum = 0;
    for (int i = laneNumber(); i < a.n; i += 32) {
        sum += x[i];
    }
    float mean = warpSum(sum) / a.n;
    float squares = 0;
    for (int i = laneNumber(); i < a.n; i += 32) {
        float d = x[i] - mean;
        squares += d * d;
    }
    float rstd = 1 / sqrtf(warpSum(squares) / a.n + a.eps);
    for (int i = laneNumber(); i < a.n; i += 32) {
        y[i] = (x[i] - mean) * rstd * a.gamma[i] + a.beta[i];
    }
    if (laneNumber() == 0) {
        a.mean[row] = mean;
        a.rstd[row] = rstd;
    }
}

/** Terms of a sum, as declared in the structs below, and values of a row in a lane's registers: rows of 512 at most. CudaNormalization knows both. */
#define TERMS 6
#define KEPT 16

/**
 * LayerNorm(Σ weight·x), one warp for each row, which stays in registers: each term is read once. sum, if not null,
 * receives the sum. y may be a term.
 */
struct LayerNormOfSum { const float* xs[6]; float weights[6]; int terms; const float* gamma; const float* beta; float* sum; float* y; float* mean;
    float* rstd; int rows; int n; float eps; };
extern "C" __global__ void layerNormOfSum(const LayerNormOfSum a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    int64 at = row * a.n;
    float kept[KEPT];
    float total = 0;
    for (int k = 0; k < KEPT; k++) {
        int i = laneNumber() + 32 * k;
        float v = 0;
        if (i < a.n) {
            for (int t = 0; t < TERMS; t++) {
                if (t < a.terms) {
                    v += a.weights[t] * a.xs[t][at + i];
                }
            }
            if (a.sum) {
                a.sum[at + i] = v;
            }
        }
        kept[k] = v;
        total += v;
    }
    float mean = warpSum(total) / a.n;
    float squares = 0;
    for (int k = 0; k < KEPT; k++) {
        float d = laneNumber() + 32 * k < a.n ? kept[k] - mean : 0;
        squares += d * d;
    }
    float rstd = 1 / sqrtf(warpSum(squares) / a.n + a.eps);
    for (int k = 0; k < KEPT; k++) {
        int i = laneNumber() + 32 * k;
        if (i < a.n) {
            a.y[at + i] = (kept[k] - mean) * rstd * a.gamma[i] + a.beta[i];
        }
    }
    if (laneNumber() == 0) {
        a.mean[row] = mean;
        a.rstd[row] = rstd;
    }
}

/** The gradient of the sum x, times the weight of each term that needs it, in order; one warp for each row. */
struct LayerNormOfSumBackward { const float* x; const float* gamma; const float* mean; const float* rstd; const float* dy; float* dxs[6]; float weights[6];
    int accumulate[6]; int rows; int n; };
extern "C" __global__ void layerNormOfSumBackward(const LayerNormOfSumBackward a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    int64 at = row * a.n;
    const float* x = a.x + at;
    const float* dy = a.dy + at;
    float mean = a.mean[row];
    float rstd = a.rstd[row];
    float sum = 0;
    float dot = 0;
    for (int i = laneNumber(); i < a.n; i += 32) {
        float g = dy[i] * a.gamma[i];
        sum += g;
        dot += g * ((x[i] - mean) * rstd);
    }
    sum = warpSum(sum) / a.n;
    dot = warpSum(dot) / a.n;
    for (int i = laneNumber(); i < a.n; i += 32) {
        float d = rstd * (dy[i] * a.gamma[i] - sum - (x[i] - mean) * rstd * dot);
        for (int t = 0; t < TERMS; t++) {
            if (a.dxs[t]) {
                store(a.dxs[t] + at + i, a.weights[t] * d, a.accumulate[t]);
            }
        }
    }
}

/**
 * dgamma and dbeta in chunks of rows: a block of 32·8 threads computes 32 columns of chunk blockIdx.y and writes
 * partial[chunk, 0 or 1, column].
 */
struct LayerNormParameters { const float* x; const float* mean; const float* rstd; const float* dy; float* partial; int rows; int n; int chunkRows; };
extern "C" __global__ void layerNormParameters(const LayerNormParameters a) {
    __shared__ float gammas[8][32];
    __shared__ float betas[8][32];
    int lane = threadIdx.x % 32;
    int group = threadIdx.x / 32;
    int column = blockIdx.x * 32 + lane;
    int begin = blockIdx.y * a.chunkRows;
    int end = min(a.rows, begin + a.chunkRows);
    float dgamma = 0;
    float dbeta = 0;
    if (column < a.n) {
        for (int row = begin + group; row < end; row += 8) {
            float d = a.dy[(int64) row * a.n + column];
            dgamma += d * ((a.x[(int64) row * a.n + column] - a.mean[row]) * a.rstd[row]);
            dbeta += d;
        }
    }
    gammas[group][lane] = dgamma;
    betas[group][lane] = dbeta;
    __syncthreads();
    if (group == 0 && column < a.n) {
        for (int g = 1; g < 8; g++) {
            dgamma += gammas[g][lane];
            dbeta += betas[g][lane];
        }
        float* partial = a.partial + (int64) blockIdx.y * 2 * a.n + column;
        partial[0] = dgamma;
        partial[a.n] = dbeta;
    }
}

/** dgamma and dbeta += Σ over chunks. */
struct AddParameters { const float* partial; float* dgamma; float* dbeta; int chunks; int n; };
extern "C" __global__ void addParameters(const AddParameters a) {
    unsigned j = threadNumber();
    if (j >= a.n) {
        return;
    }
    float dgamma = 0;
    float dbeta = 0;
    for (int c = 0; c < a.chunks; c++) {
        dgamma += a.partial[(int64) c * 2 * a.n + j];
        dbeta += a.partial[(int64) c * 2 * a.n + a.n + j];
    }
    a.dgamma[j] += dgamma;
    a.dbeta[j] += dbeta;
}
