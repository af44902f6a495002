package org.rlr.bench;

import java.util.Arrays;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.StatUtils;

/**
 * The slowdown of a change, from pairs of measurements taken one after the other. It uses the logarithm of each pair's
 * ratio, so that a slowdown of the machine for longer than a pair cancels. The mean has a Student confidence interval.
 *
 * @param ratio geometric mean of new to base
 * @param lower end of the 95 % confidence interval
 * @param upper end of the 95 % confidence interval
 */
record Slowdown(double ratio, double lower, double upper) {
    /** The ratio above which a change counts as a slowdown. */
    static final double LIMIT = 1.05;

    private static final double CONFIDENCE = 0.95;

    /** @throws IllegalArgumentException if there are fewer than two pairs, or the numbers differ */
    static Slowdown of(double[] base, double[] changed) {
        if (base.length != changed.length || base.length < 2) {
            throw new IllegalArgumentException(
                    "two or more pairs are required, not " + base.length + " and " + changed.length + " measurements");
        }
        double[] logs = new double[base.length];
        Arrays.setAll(logs, i -> Math.log(changed[i] / base[i]));
        double mean = StatUtils.mean(logs);
        double error = Math.sqrt(StatUtils.variance(logs) / logs.length);
        double reach = error * new TDistribution(logs.length - 1).inverseCumulativeProbability((1 + CONFIDENCE) / 2);
        return new Slowdown(Math.exp(mean), Math.exp(mean - reach), Math.exp(mean + reach));
    }

    /** Whether the whole confidence interval is above 5 %. */
    boolean certain() {
        return lower > LIMIT;
    }
}
