package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlr.cuda.RegisterTable.Usage;

/** The register check finds growth and new kernels; it needs no compiler. */
class RegisterTableTest {
    private static final List<String> TABLE =
            List.of("# NVRTC 12.9", new Usage("a.cu", 90, "k", 40, 1024, 0, 0).line());

    @Test
    void equalAndLessAreWell() {
        assertEquals(List.of(), RegisterTable.growth(TABLE, List.of(new Usage("a.cu", 90, "k", 40, 2048, 0, 0))));
        assertEquals(List.of(), RegisterTable.growth(TABLE, List.of(new Usage("a.cu", 90, "k", 32, 1024, 0, 0))));
    }

    @Test
    void growthIsNamed() {
        List<Usage> grown = List.of(
                new Usage("a.cu", 90, "k", 41, 1024, 0, 0),
                new Usage("a.cu", 90, "k", 40, 1024, 8, 0),
                new Usage("a.cu", 80, "k", 40, 1024, 0, 0));
        assertEquals(
                List.of(
                        "a.cu\tk\t90\t41\t1024\t0\t0: was a.cu\tk\t90\t40\t1024\t0\t0",
                        "a.cu\tk\t90\t40\t1024\t8\t0: was a.cu\tk\t90\t40\t1024\t0\t0",
                        "a.cu\tk\t80\t40\t1024\t0\t0: not in the table"),
                RegisterTable.growth(TABLE, grown));
    }
}
