package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.ReferenceOps;
import org.rlr.tensor.backend.ShapeFuzz;
import org.rlr.tensor.backend.View;

/** The effect of a precision on matrix products, on the stand-in, whose cuBLAS rounds like tensor cores. */
@Tag(StandIn.TAG)
class PrecisionTest {
    private static final int N = 65;

    @BeforeAll
    static void load() {
        StandIn.load();
    }

    private static Backend open(String precision) {
        return Backends.open("cuda", BackendSettings.DEFAULTS.withPrecision(precision));
    }

    /** The largest error of a product relative to its largest value. */
    private static double error(String precision) {
        double[] a = ShapeFuzz.create().normals(N * N);
        double[] exact = ReferenceOps.EXACT.matmul(a, false, a, true, N, N, N, 1);
        float[] result = new float[N * N];
        try (Backend backend = open(precision)) {
            View x = new View(backend.allocate(N * N), 0, Shape.of(N, N));
            View y = new View(backend.allocate(N * N), 0, Shape.of(N, N));
            for (int i = 0; i < a.length; i++) {
                result[i] = (float) a[i];
            }
            backend.upload(result, 0, x);
            backend.matmul(x, false, x, true, 1, y, false);
            backend.download(y, result, 0);
            x.storage().release();
            y.storage().release();
            assertEquals(0, backend.memory().used());
        }
        double largest = 0;
        double error = 0;
        for (int i = 0; i < exact.length; i++) {
            largest = Math.max(largest, Math.abs(exact[i]));
            error = Math.max(error, Math.abs(exact[i] - result[i]));
        }
        return error / largest;
    }

    @Test
    void tf32AndBf16RoundTheFactorsAndFp32DoesNot() {
        double single = error("fp32");
        double tensor = error("tf32");
        assertTrue(single < 1e-6, "fp32: " + single);
        assertTrue(tensor < 2e-3 && tensor > 1e-5, "tf32: " + tensor);
        double half = error("bf16");
        assertTrue(half < 1e-2 && half > 2 * tensor, "bf16: " + half);
    }

    @Test
    void theDescriptionSaysWhichAndNoOtherIsTaken() {
        for (String precision : List.of("tf32", BackendSettings.AUTO)) {
            try (Backend backend = open(precision)) {
                assertTrue(
                        backend.description().contains("float32, matrix products in TF32, convolutions by cuDNN"),
                        backend.description());
            }
        }
        InvalidSettingException e = assertThrows(InvalidSettingException.class, () -> open("fp8"));
        assertEquals("precision", e.name());
        assertEquals("fp32, tf32 or bf16", e.allowed());
        assertTrue(
                e.explanation().startsWith("`precision` is fp8, which the backend cuda:0 (")
                        && e.explanation().endsWith(") does not offer; use fp32, tf32 or bf16, or another `backend`"),
                e.explanation());
    }

    @Test
    void aCardWithoutTensorCoresOffersFloat32Alone() {
        Card turing = new Card(0, "Turing", 1L << 30, 7, 5, "12.6");
        assertEquals(Precision.FP32, Precision.chosen(turing, BackendSettings.DEFAULTS));
        InvalidSettingException e = assertThrows(
                InvalidSettingException.class,
                () -> Precision.chosen(turing, BackendSettings.DEFAULTS.withPrecision("bf16")));
        assertEquals(
                "`precision` is bf16, which the backend cuda:0 (Turing, compute capability 7.5) does not "
                        + "offer; use fp32, "
                        + "or another `backend`",
                e.explanation());
    }
}
