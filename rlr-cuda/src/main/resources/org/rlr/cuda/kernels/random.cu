// Random numbers: Philox-4x32-10, as in org.rlr.tensor.backend.Philox, and feature jitter (RLR §3). Launcher:
// CudaRandom; reference: RandomContract.

/**
 * The four normal numbers of a block. In double, like on the CPU, so that both draw the same floats except for the last
 * bit.
 */
__device__ __forceinline__ void normalBlock(int64 seed, int64 stream, unsigned block, float* out) {
    unsigned c[4] = {block, 0, (unsigned) stream, (unsigned) (stream >> 32)};
    unsigned k0 = (unsigned) seed;
    unsigned k1 = (unsigned) (seed >> 32);
    for (int round = 0; round < 10; round++) {
        unsigned high0 = __umulhi(0xD2511F53u, c[0]);
        unsigned low0 = 0xD2511F53u * c[0];
        unsigned high1 = __umulhi(0xCD9E8D57u, c[2]);
        unsigned low1 = 0xCD9E8D57u * c[2];
        c[0] = high1 ^ c[1] ^ k0;
        c[1] = low1;
        c[2] = high0 ^ c[3] ^ k1;
        c[3] = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < 4; i += 2) {
        double u = ((c[i] >> 9) + 0.5) * 1.1920928955078125e-7;
        double angle = 6.283185307179586 * (((c[i + 1] >> 9) + 0.5) * 1.1920928955078125e-7);
        double radius = sqrt(-2 * log(u));
        out[i] = (float) (radius * cos(angle));
        out[i + 1] = (float) (radius * sin(angle));
    }
}

/** The stream: the given one, or in a graph, where it changes between runs, the one in memory. */
__device__ __forceinline__ int64 currentStream(int64 given, const unsigned* moving) {
    return moving ? (int64) (((unsigned long long) moving[1] << 32) | moving[0]) : given;
}

/** One thread for each block of four numbers. */
struct Normal { float* y; int n; int64 seed; int64 stream; const unsigned* moving; };
extern "C" __global__ void normal(const Normal a) {
    unsigned block = threadNumber();
    if (4ull * block >= a.n) {
        return;
    }
    float numbers[4];
    normalBlock(a.seed, currentStream(a.stream, a.moving), block, numbers);
    for (int i = 0; i < 4 && 4 * block + i < a.n; i++) {
        a.y[4 * block + i] = numbers[i];
    }
}

/** scale·s_token·‖x_token‖₂/C, one warp for each token. */
struct JitterScale { const float* x; const float* tokenScale; float* deviation; int rows; int n; float scale; };
extern "C" __global__ void jitterScale(const JitterScale a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    double squares = 0;
    for (int i = laneNumber(); i < a.n; i += 32) {
        double v = a.x[row * a.n + i];
        squares += v * v;
    }
    squares = warpSum(squares);
    if (laneNumber() == 0) {
        double s = a.tokenScale ? a.tokenScale[row] : 1;
        a.deviation[row] = (float) (a.scale * s * sqrt(squares) / a.n);
    }
}

/** y = x + ε·deviation; y may be x. */
struct Jitter { const float* x; const float* deviation; float* y; int elements; int n; int64 seed; int64 stream; const unsigned* moving; };
extern "C" __global__ void jitter(const Jitter a) {
    unsigned block = threadNumber();
    if (4ull * block >= a.elements) {
        return;
    }
    float numbers[4];
    normalBlock(a.seed, currentStream(a.stream, a.moving), block, numbers);
    for (int i = 0; i < 4 && 4 * block + i < a.elements; i++) {
        unsigned at = 4 * block + i;
        a.y[at] = a.x[at] + numbers[i] * a.deviation[at / a.n];
    }
}
