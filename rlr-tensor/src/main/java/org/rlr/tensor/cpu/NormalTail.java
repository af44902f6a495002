package org.rlr.tensor.cpu;

/**
 * The upper tail of the normal distribution, {@code Q(t) = ½·erfc(t/√2) = exp(−t²/2)·M(t)} for {@code t ≥ 0}.
 * {@code M(t)·(t + K)} is smooth in {@code q = (t − K)/(t + K)}; the coefficients, lowest power first, are its minimax
 * polynomial on {@code 0 ≤ t ≤ 14} (beyond, Q underflows a float): relative error 1.6e-8. Exact to float precision in
 * the tail too, where {@code ½ + ½·erf} would cancel.
 */
final class NormalTail {
    static final float K = 2.5f;
    static final float C0 = 0.7066566602763995f;
    static final float C1 = -0.4336920171080781f;
    static final float C2 = 0.13198694968167388f;
    static final float C3 = 0.009235963700533577f;
    static final float C4 = -0.016385826535442787f;
    static final float C5 = -0.0016011320007066306f;
    static final float C6 = 0.0025225258190883833f;
    static final float C7 = 0.0006842836774260883f;
    static final float C8 = -0.0003099251290474526f;
    static final float C9 = -0.0001567329436670358f;
    /** {@code 1/√(2π)}. */
    static final float INV_ROOT_TWO_PI = 0.3989422804014327f;

    private NormalTail() {}

    /** Φ(x), given {@code exp(−x²/2)}. */
    static double cdf(double x, double gauss) {
        double t = Math.min(Math.abs(x), 40);
        double r = 1 / (t + K);
        double q = (t - K) * r;
        double p = ((((((((C9 * q + C8) * q + C7) * q + C6) * q + C5) * q + C4) * q + C3) * q + C2) * q + C1) * q + C0;
        double tail = gauss * p * r;
        return x > 0 ? 1 - tail : tail;
    }
}
