package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

/** Bounds of the error of float32 results. */
public final class ErrorBound {
    private ErrorBound() {}

    /**
     * Allows an error of {@code factor} times that of a naive float32 computation, plus {@code ulps} units in the last
     * place of the largest exact value. Gradients use factor 3, other results 2.
     */
    public static void check(String what, double[] exact, double[] naive, float[] actual, double factor, double ulps) {
        double scale = 0;
        for (double value : exact) {
            scale = Math.max(scale, Math.abs(value));
        }
        check(what, exact, naive, actual, factor, ulps, scale);
    }

    /**
     * The same with units in the last place of another scale, for example of the largest sum of magnitudes if sums
     * nearly cancel.
     */
    public static void check(
            String what, double[] exact, double[] naive, float[] actual, double factor, double ulps, double scale) {
        assertEquals(exact.length, actual.length, what);
        double naiveError = 0;
        for (int i = 0; i < exact.length; i++) {
            naiveError = Math.max(naiveError, Math.abs(naive[i] - exact[i]));
        }
        double bound = factor * naiveError + ulps * Math.ulp((float) scale);
        for (int i = 0; i < exact.length; i++) {
            // not(<=), so that NaN fails
            if (!(Math.abs(actual[i] - exact[i]) <= bound)) {
                fail(what + ": element " + i + " is " + actual[i] + ", exactly " + exact[i] + "; error "
                        + Math.abs(actual[i] - exact[i]) + " beyond " + bound);
            }
        }
    }

    /** Checks every element against its own bound. */
    public static void each(String what, double[] exact, double[] bounds, float[] actual) {
        assertEquals(exact.length, actual.length, what);
        for (int i = 0; i < exact.length; i++) {
            if (!(Math.abs(actual[i] - exact[i]) <= bounds[i])) {
                fail(what + ": element " + i + " is " + actual[i] + ", exactly " + exact[i] + "; error "
                        + Math.abs(actual[i] - exact[i]) + " beyond " + bounds[i]);
            }
        }
    }

    /** Checks that every element is the exact value rounded to float. */
    public static void same(String what, double[] exact, float[] actual) {
        each(what, exact, new double[exact.length], actual);
    }
}
