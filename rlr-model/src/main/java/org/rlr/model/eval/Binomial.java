package org.rlr.model.eval;

import org.rlr.model.config.Threshold.Interval;

/** Exact quantiles and confidence intervals of proportions, from the binomial distribution. */
final class Binomial {
    /** Bisections of an interval of probabilities: beyond the precision of a double. */
    private static final int HALVINGS = 60;

    private Binomial() {}

    /** Returns the probability of at most {@code k} successes in {@code n} trials of success probability {@code p}. */
    static double cdf(int k, int n, double p) {
        if (k < 0) {
            return 0;
        }
        if (k >= n || p <= 0) {
            return 1;
        }
        if (p >= 1) {
            return 0;
        }
        double odds = Math.log(p) - Math.log1p(-p);
        double logTerm = n * Math.log1p(-p);
        double sum = Math.exp(logTerm);
        for (int i = 0; i < k; i++) {
            logTerm += Math.log((double) (n - i) / (i + 1))
                    + odds; // in logarithms, because the first terms may be too small for a double
            sum += Math.exp(logTerm);
        }
        return Math.min(1, sum);
    }

    /** Returns the least number of successes whose cumulative probability reaches {@code probability}. */
    static int quantile(double probability, int n, double p) {
        double odds = Math.log(p) - Math.log1p(-p);
        double logTerm = n * Math.log1p(-p);
        double sum = Math.exp(logTerm);
        int k = 0;
        while (sum < probability && k < n) {
            logTerm += Math.log((double) (n - k) / (k + 1)) + odds;
            sum += Math.exp(logTerm);
            k++;
        }
        return k;
    }

    /**
     * Returns the quantile of a beta distribution with integer parameters of at least 1: its distribution function is a
     * binomial tail.
     */
    static double betaQuantile(double probability, int a, int b) {
        double low = 0;
        double high = 1;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (low + high) / 2;
            if (1 - cdf(a - 1, a + b - 1, middle) < probability) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }

    /**
     * Returns the share {@code count / n} with its Clopper-Pearson interval, which covers the true share with at least
     * the given confidence.
     */
    static Interval share(int count, int n, double confidence) {
        double tail = (1 - confidence) / 2;
        return new Interval(
                (double) count / n,
                count == 0 ? 0 : betaQuantile(tail, count, n - count + 1),
                count == n ? 1 : betaQuantile(1 - tail, count + 1, n - count));
    }
}
