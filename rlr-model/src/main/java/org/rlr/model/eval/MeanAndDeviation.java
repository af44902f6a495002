package org.rlr.model.eval;

import java.util.Locale;
import java.util.OptionalDouble;

/**
 * The mean and the standard deviation of a value over several runs.
 *
 * @param mean the mean; empty without a run
 * @param deviation the sample standard deviation, {@code √(Σ(x−mean)²/(n−1))}; empty with fewer than two runs
 * @param runs the number of runs, n
 */
public record MeanAndDeviation(OptionalDouble mean, OptionalDouble deviation, int runs) {

    /**
     * Computes both from the values of all runs.
     *
     * @param values one per run; may be empty
     * @return the mean and the deviation
     */
    public static MeanAndDeviation of(double... values) {
        int n = values.length;
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        double mean = sum / n;
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return new MeanAndDeviation(
                n == 0 ? OptionalDouble.empty() : OptionalDouble.of(mean),
                n < 2 ? OptionalDouble.empty() : OptionalDouble.of(Math.sqrt(squares / (n - 1))),
                n);
    }

    /**
     * {@return a fraction in percent with one decimal, {@code "97.3 ± 0.4"}; "-" without a run, the mean alone with
     * one}
     */
    public String percent() {
        return mean.isEmpty()
                ? "-"
                : String.format(Locale.ROOT, "%.1f", 100 * mean.getAsDouble())
                        + (deviation.isEmpty()
                                ? ""
                                : String.format(Locale.ROOT, " ± %.1f", 100 * deviation.getAsDouble()));
    }
}
