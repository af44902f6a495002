package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The bit comparison of {@link GpuRepeats}. */
class GpuRepeatsTest {
    private static final List<float[]> FIRST = List.of(new float[] {1}, new float[] {2, 0, Float.POSITIVE_INFINITY});

    private static String again(float... second) {
        return GpuRepeats.difference(FIRST, List.of(new float[] {1}, second));
    }

    @Test
    void theSameBitsAreNoDifference() {
        assertNull(again(2, 0, Float.POSITIVE_INFINITY));
    }

    @Test
    void aBitIsADifference() {
        assertEquals(
                "result 1, value 0 is " + Math.nextUp(2f) + ", in the first run 2.0",
                again(Math.nextUp(2f), 0, Float.POSITIVE_INFINITY));
        assertEquals("result 1, value 1 is -0.0, in the first run 0.0", again(2, -0f, Float.POSITIVE_INFINITY));
        assertEquals("result 1, value 2 is NaN, in the first run Infinity", again(2, 0, Float.NaN));
    }

    @Test
    void whatWasNotWrittenIsNaN() {
        assertNull(GpuRepeats.missing(FIRST));
        assertEquals("result 0, value 1 is not a number", GpuRepeats.missing(List.of(new float[] {1, Float.NaN})));
    }
}
