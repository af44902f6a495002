package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.cuda.driver.CudaFailure;
import org.rlr.cuda.driver.DeviceBuffer;
import org.rlr.cuda.standin.KernelFixture;
import org.rlr.cuda.standin.StandIn;

/**
 * Compares products on the stand-in's emulated tensor cores, directly and through kernels/mma.cu, with a double product
 * of the rounded factors.
 */
@Tag(StandIn.TAG)
class MmaTest {
    private static final int ROWS = 16;
    private static final int COLUMNS = 8;
    private static KernelFixture fixture;

    @BeforeAll
    static void load() {
        fixture = new KernelFixture(CudaEngine.class, "mma_check.cu", CudaEngine::prelude);
    }

    @AfterAll
    static void close() {
        if (fixture != null) {
            fixture.close();
        }
    }

    /** Rounds to the nearest number of that many bits; ties go to even for bf16, to the larger magnitude for TF32. */
    private static double rounded(double x, int bits) {
        double unit = Math.scalb(1.0, Math.getExponent(x) + 1 - bits);
        return (bits == 8 ? Math.rint(x / unit) : Math.signum(x) * Math.floor(Math.abs(x) / unit + 0.5)) * unit;
    }

    private static float[] run(String kernel, float[] a, float[] b, int k) {
        DeviceBuffer da = fixture.allocator.allocate(4L * a.length);
        DeviceBuffer db = fixture.allocator.allocate(4L * b.length);
        DeviceBuffer dc = fixture.allocator.allocate(4L * ROWS * COLUMNS);
        float[] c = new float[ROWS * COLUMNS];
        try {
            fixture.transfers.upload(a, 0, da, 0, a.length);
            fixture.transfers.upload(b, 0, db, 0, b.length);
            fixture.kernel(kernel)
                    .launch()
                    .pointer(da.address())
                    .pointer(db.address())
                    .pointer(dc.address())
                    .put(k)
                    .run(1, 1, 32);
            fixture.transfers.download(dc, 0, c, 0, c.length);
            return c;
        } finally {
            fixture.allocator.release(da);
            fixture.allocator.release(db);
            fixture.allocator.release(dc);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "productBf16, 16, 8",
        "productBf16, 112, 8",
        "productTf32, 16, 11",
        "productTf32, 112, 11",
        "instructionBf16, 16, 8",
        "instructionTf32, 8, 11"
    })
    void aProductIsThatOfTheRoundedFactors(String kernel, int k, int bits) {
        Random random = new Random(17);
        float[] a = normals(random, ROWS * k);
        float[] b = normals(random, k * COLUMNS);
        DoubleUnaryOperator round = x -> rounded(x, bits);
        float[] c = run(kernel, a, b, k);
        double unrounded = 0;
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < COLUMNS; j++) {
                double sum = 0;
                double exact = 0;
                double magnitude = 0;
                for (int l = 0; l < k; l++) {
                    double term = round.applyAsDouble(a[i * k + l]) * round.applyAsDouble(b[l * COLUMNS + j]);
                    sum += term;
                    exact += (double) a[i * k + l] * b[l * COLUMNS + j];
                    magnitude += Math.abs(term);
                }
                assertEquals(sum, c[i * COLUMNS + j], k * 0x1p-24 * magnitude, kernel + ", row " + i + ", column " + j);
                unrounded = Math.max(unrounded, Math.abs(exact - c[i * COLUMNS + j]));
            }
        }
        assertTrue(unrounded > 1e-5, "the factors were not rounded: " + unrounded);
    }

    private static float[] normals(Random random, int n) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    @Test
    void halvesRoundToEvenInBf16AndAwayFromZeroInTf32AndWhatIsNotFiniteStays() {
        float[] factors = {
            1 + 0x1p-8f,
            1 + 3 * 0x1p-8f,
            -1 - 0x1p-8f,
            1 + 0x1p-11f,
            1 + 3 * 0x1p-11f,
            -1 - 0x1p-11f,
            Float.POSITIVE_INFINITY,
            Float.NaN
        };
        float[] bf16 = {1, 1 + 4 * 0x1p-8f, -1, 1, 1, -1, Float.POSITIVE_INFINITY, Float.NaN};
        float[] tf32 = {
            1 + 0x1p-8f,
            1 + 3 * 0x1p-8f,
            -1 - 0x1p-8f,
            1 + 2 * 0x1p-11f,
            1 + 4 * 0x1p-11f,
            -1 - 2 * 0x1p-11f,
            Float.POSITIVE_INFINITY,
            Float.NaN
        };
        for (int i = 0; i < factors.length; i++) {
            assertEquals(bf16[i], single("instructionBf16", factors[i], 16), "bf16 of " + factors[i]);
            assertEquals(tf32[i], single("instructionTf32", factors[i], 8), "TF32 of " + factors[i]);
        }
    }

    /** A factor times 1; all others are 0. */
    private static float single(String kernel, float factor, int k) {
        float[] a = new float[ROWS * k];
        float[] b = new float[k * COLUMNS];
        a[5 * k + 3] = factor;
        b[3 * COLUMNS + 2] = 1;
        return run(kernel, a, b, k)[5 * COLUMNS + 2];
    }

    @Test
    void aLaneThatDoesNotTakePartEndsTheLaunch() {
        CudaFailure e =
                assertThrows(CudaFailure.class, () -> run("productOfSomeLanes", new float[ROWS * 8], new float[64], 8));
        assertTrue(e.getMessage().contains("divergent barrier: thread 0 waits at the warp collective"), e.getMessage());
        assertEquals(3f, single("instructionTf32", 3, 8), "after it");
    }
}
