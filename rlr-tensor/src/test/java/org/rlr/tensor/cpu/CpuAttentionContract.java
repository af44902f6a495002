package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.backend.AttentionContract;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;

/** Attention on the CPU: the contract and the error of exponentials. */
abstract class CpuAttentionContract extends AttentionContract {
    abstract CpuKernels kernels();

    @Override
    protected Backend backend() {
        return new CpuBackend(kernels(), BackendSettings.DEFAULTS.withThreads(2));
    }

    @Test
    void exponentialsAreExactToAFewUnitsInTheLastPlace() {
        for (float start = -87; start < 87; start += 0.37f) {
            float[] tile = new float[AttentionKernels.STRIP * AttentionKernels.TILE];
            for (int j = 0; j < AttentionKernels.TILE; j++) {
                tile[j] = start + j * 0.0037f;
            }
            float[] x = tile.clone();
            float[] bounded = tile.clone();
            exponentials(tile);
            exponentialsBounded(bounded);
            assertArrayEquals(tile, bounded);
            for (int j = 0; j < AttentionKernels.TILE; j++) {
                double exact = Math.exp(x[j]);
                assertEquals(1, tile[j] / exact, 4 * 0x1p-24 + 3e-9 * Math.abs(x[j]), "exp " + x[j]);
            }
        }
        float[] tile = new float[AttentionKernels.STRIP * AttentionKernels.TILE];
        tile[0] = Float.NEGATIVE_INFINITY;
        tile[1] = AttentionKernels.NOTHING;
        tile[2] = Float.NaN;
        exponentials(tile);
        assertEquals(0f, tile[0]);
        assertEquals(0f, tile[1]);
        assertEquals(Float.NaN, tile[2]);
        assertEquals(1f, tile[3]);
        float[] bounded = new float[AttentionKernels.STRIP * AttentionKernels.TILE];
        bounded[1] = AttentionKernels.NOTHING;
        assertEquals(AttentionKernels.TILE - 1f, exponentialsBounded(bounded));
        assertEquals(1f, bounded[0]);
        assertEquals(0f, bounded[1]);
    }

    /** The sum of the first row. */
    private float exponentialsBounded(float[] tile) {
        AttentionKernels attention = kernels().attention();
        float[] sums = new float[AttentionKernels.STRIP * attention.lanes()];
        attention.exponentialsBounded(tile, 0, AttentionKernels.TILE, sums, 0);
        float sum = 0;
        for (int i = 0; i < attention.lanes(); i++) {
            sum += sums[i];
        }
        return sum;
    }

    private void exponentials(float[] tile) {
        int[] all = new int[AttentionKernels.TILE];
        Arrays.fill(all, -1);
        AttentionKernels attention = kernels().attention();
        attention.exponentials(
                tile,
                0,
                AttentionKernels.TILE,
                all,
                0,
                new float[AttentionKernels.STRIP],
                0,
                new float[AttentionKernels.STRIP * attention.lanes()],
                0);
    }
}
