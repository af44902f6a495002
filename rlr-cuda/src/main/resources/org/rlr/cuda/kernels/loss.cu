// Reconstruction loss and token scores (RLR §8, §9): squared error plus cosine distance, one warp for each token, sums
// in double. Launcher: CudaLoss; references: ReferenceOps.tokenErrors, reconstructionLoss.

/** The lower bound of the product of norms in the cosine. */
#define SMALLEST_PRODUCT 1e-8

struct Moments {
    double error;
    double dot;
    double norm;
    double targetNorm;

    __device__ __forceinline__ double product() const {
        return sqrt(norm) * sqrt(targetNorm);
    }

    __device__ __forceinline__ double denominator() const {
        double p = product();
        return p < SMALLEST_PRODUCT ? SMALLEST_PRODUCT : p;
    }
};

/** The sums over a token, in every lane. */
__device__ __forceinline__ Moments moments(const float* x, const float* target, int n) {
    Moments m = {0, 0, 0, 0};
    for (int i = laneNumber(); i < n; i += 32) {
        double a = x[i];
        double b = target[i];
        m.error += (a - b) * (a - b);
        m.dot += a * b;
        m.norm += a * a;
        m.targetNorm += b * b;
    }
    m.error = warpSum(m.error);
    m.dot = warpSum(m.dot);
    m.norm = warpSum(m.norm);
    m.targetNorm = warpSum(m.targetNorm);
    return m;
}

struct TokenScores { const float* x; const float* target; float* scores; int rows; int n; };
extern "C" __global__ void tokenScores(const TokenScores a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    Moments m = moments(a.x + row * a.n, a.target + row * a.n, a.n);
    if (laneNumber() == 0) {
        a.scores[row] = (float) (m.error / a.n + 1 - m.dot / m.denominator());
    }
}

/** A token's two terms of the loss, in double. */
struct LossTerms { const float* x; const float* target; double* terms; int rows; int n; };
extern "C" __global__ void lossTerms(const LossTerms a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    Moments m = moments(a.x + row * a.n, a.target + row * a.n, a.n);
    if (laneNumber() == 0) {
        a.terms[row] = m.error / a.n + 1 - m.dot / m.denominator();
    }
}

/** The mean of the terms: one block of 256 threads. */
struct MeanTerms { const double* terms; float* loss; int rows; };
extern "C" __global__ void meanTerms(const MeanTerms a) {
    __shared__ double partial[256];
    double sum = 0;
    for (int i = threadIdx.x; i < a.rows; i += 256) {
        sum += a.terms[i];
    }
    partial[threadIdx.x] = sum;
    __syncthreads();
    for (int o = 128; o > 0; o /= 2) {
        if (threadIdx.x < o) {
            partial[threadIdx.x] += partial[threadIdx.x + o];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        *a.loss = (float) (partial[0] / a.rows);
    }
}

struct LossBackward { const float* x; const float* target; const float* dloss; float* dx; int rows; int n; int accumulate; };
extern "C" __global__ void lossBackward(const LossBackward a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    const float* x = a.x + row * a.n;
    const float* target = a.target + row * a.n;
    Moments m = moments(x, target, a.n);
    double upstream = *a.dloss;
    double ofError = upstream * 2 / ((double) a.rows * a.n);
    double ofTarget = upstream / a.rows / m.denominator();
    // if the product of norms is below its bound, the denominator is constant
    double ofItself = m.product() > SMALLEST_PRODUCT ? upstream / a.rows * (m.dot / m.denominator()) / m.norm : 0;
    for (int i = laneNumber(); i < a.n; i += 32) {
        double v = x[i];
        double t = target[i];
        store(a.dx + row * a.n + i, (float) (ofError * (v - t) + ofItself * v - ofTarget * t), a.accumulate);
    }
}
