package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.backend.AttentionContract;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.View;

/** Attention on the CPU with each set of kernels: the contract, and the same bits for any number of threads. */
class CpuAttentionTest {
    private static final CpuMemory MEMORY = new CpuMemory();
    private static final Parallel TWO = new Parallel(2);
    private static final Parallel THREE = new Parallel(3);

    @AfterAll
    static void stop() {
        TWO.close();
        THREE.close();
    }

    abstract static class Common extends AttentionContract {
        abstract AttentionKernels kernels();

        @Override
        protected Backend backend() {
            return proxy(kernels(), TWO);
        }

        @Test
        void bitsDoNotDependOnTheNumberOfThreads() {
            assertSameBits(samples(proxy(kernels(), Parallel.SERIAL)), samples(proxy(kernels(), TWO)));
            assertSameBits(samples(proxy(kernels(), Parallel.SERIAL)), samples(proxy(kernels(), THREE)));
        }

        @Test
        void exponentialsAreExactToAFewUnitsInTheLastPlace() {
            float[] tile = new float[AttentionKernels.STRIP * AttentionKernels.TILE];
            for (float start = -87; start < 87; start += 0.37f) {
                for (int j = 0; j < AttentionKernels.TILE; j++) {
                    tile[j] = start + j * 0.0037f;
                }
                float[] x = tile.clone();
                kernels().exponentials(tile, 0, 1, AttentionKernels.TILE, null, AttentionKernels.TILE, new float[64], 0);
                for (int j = 0; j < AttentionKernels.TILE; j++) {
                    double exact = Math.exp(x[j]);
                    assertEquals(1, tile[j] / exact, 4 * 0x1p-24 + 3e-9 * Math.abs(x[j]), "exp " + x[j]);
                }
            }
            tile[0] = AttentionKernels.NOTHING;
            kernels().exponentials(tile, 0, 1, AttentionKernels.TILE, null, AttentionKernels.TILE, new float[64], 0);
            assertEquals(0f, tile[0]);
        }
    }

    @Nested
    class Scalar extends Common {
        @Override
        AttentionKernels kernels() {
            return new ScalarAttention();
        }
    }

    @Nested
    class Vector extends Common {
        private final AttentionKernels kernels = load();

        private static AttentionKernels load() {
            try {
                return (AttentionKernels) Class.forName("org.rlr.tensor.cpu.VectorAttention").getDeclaredConstructor().newInstance();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        AttentionKernels kernels() {
            return kernels;
        }
    }

    private static Backend proxy(AttentionKernels kernels, Parallel parallel) {
        CpuAttention attention = new CpuAttention(kernels, parallel);
        return (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (self, method, a) -> {
            switch (method.getName()) {
                case "allocate":
                    return MEMORY.allocate((int) a[0]);
                case "upload":
                    System.arraycopy((float[]) a[0], (int) a[1], CpuStorage.array((View) a[2]), ((View) a[2]).offset(), ((View) a[2]).elements());
                    return null;
                case "download":
                    System.arraycopy(CpuStorage.array((View) a[0]), ((View) a[0]).offset(), (float[]) a[1], (int) a[2], ((View) a[0]).elements());
                    return null;
                case "attention":
                    attention.forward((View) a[0], (View) a[1], (View) a[2], (AttentionPattern) a[3], (View) a[4], (View) a[5]);
                    return null;
                case "attentionBackward":
                    attention.backward((View) a[0], (View) a[1], (View) a[2], (View) a[3], (View) a[4], (View) a[5], (AttentionPattern) a[6],
                            (View) a[7], (View) a[8], (View) a[9]);
                    return null;
                default:
                    throw new UnsupportedOperationException(method.getName());
            }
        });
    }
}
