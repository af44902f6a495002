package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.Device;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/** Choosing a card, and using it from several threads, on the stand-in. */
@Tag(StandIn.TAG)
class CudaDevicesTest {
    @BeforeAll
    static void load() {
        StandIn.load();
    }

    @Test
    void autoTakesTheCpuAndItsNumberChoosesACard() {
        try (Backend backend = Backends.open("auto", BackendSettings.DEFAULTS.withThreads(1))) {
            assertEquals(Device.CPU, backend.device());
        }
        try (Backend backend = Backends.open("cuda", BackendSettings.DEFAULTS.withPrecision("fp32"))) {
            assertEquals(new Device("cuda", 0), backend.device());
            assertEquals(
                    "cuda:0 (Stand-in for a GPU, 1.0 GiB, compute capability 9.0, driver for CUDA 12.6, "
                            + "precisions fp32 tf32 bf16, float32, "
                            + "convolutions by cuDNN 9.5.1)",
                    backend.description());
        }
        try (Backend backend = Backends.open("cuda:1", BackendSettings.DEFAULTS.withThreads(1))) {
            assertEquals(new Device("cuda", 1), backend.device());
            assertTrue(backend.description().contains("Second stand-in"), backend.description());
        }
        assertEquals(2, new CudaBackendProvider().devices());
        assertTrue(assertThrows(
                        RlrException.class, () -> Backends.open("cuda:2", BackendSettings.DEFAULTS.withThreads(1)))
                .getMessage()
                .contains("there is no card 2"));
    }

    @Test
    void severalThreadsComputeAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (Backend backend = Backends.open("cuda", BackendSettings.DEFAULTS)) {
            Future<?>[] all = new Future<?>[4];
            for (int t = 0; t < all.length; t++) {
                float value = t + 1;
                all[t] = threads.submit(() -> {
                    for (int i = 0; i < 50; i++) {
                        Storage storage = backend.allocate(1000 + i);
                        View view = new View(storage, 0, Shape.of(1000 + i));
                        backend.fill(view, value);
                        backend.unary(UnaryOp.SQUARE, view, view);
                        float[] result = new float[1000 + i];
                        backend.download(view, result, 0);
                        for (float v : result) {
                            assertEquals(value * value, v);
                        }
                        storage.release();
                    }
                });
            }
            for (Future<?> f : all) {
                f.get();
            }
            assertEquals(0, backend.memory().used());
        } finally {
            threads.shutdown();
        }
    }
}
