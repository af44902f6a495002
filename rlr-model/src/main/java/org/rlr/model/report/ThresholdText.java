package org.rlr.model.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Texts;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Threshold.Interval;

/** Describes thresholds in words. */
public final class ThresholdText {
    private ThresholdText() {}

    /**
     * Returns a threshold's value, rule and source.
     *
     * @param t the threshold
     * @return for example {@code 0.1234 (greatest F1, from 20 normal and 30 anomalous images)}
     */
    public static String of(Threshold t) {
        return String.format(Locale.ROOT, "%.4f (%s)", t.value(), rule(t));
    }

    /**
     * Returns a threshold's rule and source.
     *
     * @param t the threshold
     * @return for example {@code greatest F1, from 20 normal and 30 anomalous images}
     */
    public static String rule(Threshold t) {
        return switch (t.rule()) {
            case GIVEN -> "as given";
            case TRAINING_DEVIATIONS ->
                String.format(Locale.ROOT, "mean + %.0f standard deviations of the training images", t.target());
            case FALSE_ALARM_RATE ->
                "false-alarm rate of at most " + number(t.target()) + ", from "
                        + Texts.count(t.normal(), "normal image");
            case F1_MAX ->
                "greatest F1, from " + t.normal() + " normal and " + Texts.count(t.anomalous(), "anomalous image");
            case RECALL ->
                "recall of at least " + number(t.target()) + ", from " + t.normal() + " normal and "
                        + Texts.count(t.anomalous(), "anomalous image");
        };
    }

    private static String number(double value) {
        return Double.toString(value).replaceAll("\\.0$", "");
    }

    /**
     * Formats a rate in percent with its interval; "-" if it is unknown, and an open end if the images are too few.
     *
     * @param rate the interval; null if unknown
     * @return for example {@code 1.0 % (0.2 … 3.0)}
     */
    public static String percent(@Nullable Interval rate) {
        return rate == null
                ? "-"
                : String.format(
                        Locale.ROOT,
                        "%.1f %% (%s … %s)",
                        100 * rate.estimate(),
                        end("%.1f", 100, rate.low()),
                        end("%.1f", 100, rate.high()));
    }

    /**
     * Formats the interval of a threshold's quantile; "-" if it is unknown, and an open end if the images are too few.
     *
     * @param values a threshold's interval, or null
     * @return for example {@code 0.1234 … 0.2345}
     */
    public static String range(@Nullable Interval values) {
        return values == null ? "-" : end("%.4f", 1, values.low()) + " … " + end("%.4f", 1, values.high());
    }

    private static String end(String format, int factor, @Nullable Double value) {
        return value == null ? "?" : String.format(Locale.ROOT, format, factor * value);
    }
}
