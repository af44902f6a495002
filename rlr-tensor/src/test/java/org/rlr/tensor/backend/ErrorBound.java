package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

/** How far a result in float32 may be from the exact one. */
public final class ErrorBound {
    private ErrorBound() {}

    /**
     * The largest error may be {@code factor} times that of a naive computation in float32, plus {@code ulps} units in
     * the last place of the largest exact value. Results of gradients take factor 3, others 2.
     */
    public static void check(String what, double[] exact, double[] naive, float[] actual, double factor, double ulps) {
        double scale = 0;
        for (double value : exact) {
            scale = Math.max(scale, Math.abs(value));
        }
        check(what, exact, naive, actual, factor, ulps, scale);
    }

    /**
     * The same with units in the last place of another scale: of the largest sum of magnitudes, say, where sums nearly
     * cancel.
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

    /** Every element within its own bound. */
    public static void each(String what, double[] exact, double[] bounds, float[] actual) {
        assertEquals(exact.length, actual.length, what);
        for (int i = 0; i < exact.length; i++) {
            if (!(Math.abs(actual[i] - exact[i]) <= bounds[i])) {
                fail(what + ": element " + i + " is " + actual[i] + ", exactly " + exact[i] + "; error "
                        + Math.abs(actual[i] - exact[i]) + " beyond " + bounds[i]);
            }
        }
    }

    /** Every element the very float that rounding the exact value gives. */
    public static void same(String what, double[] exact, float[] actual) {
        each(what, exact, new double[exact.length], actual);
    }
}
