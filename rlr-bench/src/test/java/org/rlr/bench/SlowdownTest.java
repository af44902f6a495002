package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SlowdownTest {

    @Test
    void intervalIsStudents() {
        // logarithms of the ratios 0.1, 0.2, 0.3: mean 0.2, standard error 0.1/√3, t(2, 97.5 %) = 4.302653
        Slowdown s =
                Slowdown.of(new double[] {1, 2, 3}, new double[] {Math.exp(0.1), 2 * Math.exp(0.2), 3 * Math.exp(0.3)});
        assertEquals(Math.exp(0.2), s.ratio(), 1e-12);
        assertEquals(Math.exp(0.2 - 4.302653 * 0.1 / Math.sqrt(3)), s.lower(), 1e-6);
        assertEquals(Math.exp(0.2 + 4.302653 * 0.1 / Math.sqrt(3)), s.upper(), 1e-6);
    }

    @Test
    void onlyAnIntervalAboveTheLimitIsCertain() {
        double[] base = {10, 20, 10, 20};
        assertTrue(Slowdown.of(base, new double[] {11, 22.1, 11.1, 22}).certain());
        assertFalse(Slowdown.of(base, new double[] {10.4, 20.9, 10.5, 20.8}).certain(), "4 % are within the limit");
        assertFalse(
                Slowdown.of(base, new double[] {15, 18, 9, 30}).certain(),
                "10 % more on average, but anything is possible");
    }

    @Test
    void onePairProvesNothing() {
        assertThrows(IllegalArgumentException.class, () -> Slowdown.of(new double[] {1}, new double[] {2}));
        assertThrows(IllegalArgumentException.class, () -> Slowdown.of(new double[] {1, 2}, new double[] {2}));
    }
}
