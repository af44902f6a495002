package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.backend.Backend;

/** Out of memory in a small heap, in a separate process: the same error everywhere, and no memory leaks. */
class OutOfMemoryTest {
    private static final int HEAP = 64;

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseSerialGC"})
    void everyShortageGivesTheSameErrorAndIsRecoverable(String collector) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "-Xmx" + HEAP + "m",
                        collector,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains("all of it"), output);
    }

    /** Runs out of memory in every possible way. */
    static final class Child {
        private static final int MEBIBYTE = 1 << 18;
        private static final int CALLERS = 8;
        private static final float EXPECTED = 100 * 100 * 100;

        private Child() {}

        public static void main(String[] args) {
            try {
                runOut();
                System.exit(0);
            } catch (Throwable t) {
                t.printStackTrace(System.out);
                System.exit(1);
            }
        }

        private static void runOut() throws Exception {
            try (Backend backend = CpuBackends.open("vector", 3)) {
                assertEquals(EXPECTED, product(backend));
                survives(backend, () -> {
                    while (true) {
                        Tensor.zeros(4 * MEBIBYTE);
                    }
                });
                survives(backend, () -> backend.onHost(6, task -> fill(4 * MEBIBYTE)));
                survives(backend, () -> backend.onHost(2, outer -> backend.onHost(2, inner -> fill(MEBIBYTE))));
                survives(backend, () -> {
                    Tensor large = Tensor.zeros(HEAP / 2 * MEBIBYTE);
                    large.toArray();
                });
                survives(backend, () -> {
                    List<float[]> all = new ArrayList<>(1 << 16);
                    while (true) {
                        Tensor some = Tensor.full(1, 256, 1024);
                        Functions.matmul(some, true, some, false).close();
                        all.add(some.toArray());
                    }
                });
                List<ResourceException> errors = new ArrayList<>();
                for (Throwable failure : failuresAtOnce(backend)) {
                    if (failure instanceof ResourceException error) {
                        errors.add(error);
                    } else {
                        // if other threads use the whole heap, the first small object fails, between two calls
                        assertInstanceOf(OutOfMemoryError.class, failure);
                    }
                }
                assertFalse(errors.isEmpty());
                errors.forEach(Child::check);
                assertEquals(0, backend.memory().used());
                assertEquals(EXPECTED, product(backend));
            }
            System.out.println("all of it");
        }

        /**
         * Ends callers that compete for the heap. Everything is allocated before the first caller starts, and this
         * thread allocates nothing until the last has ended: either would fail in a full heap.
         */
        private static Throwable[] failuresAtOnce(Backend backend) throws InterruptedException {
            Runnable sums = () -> {
                while (true) {
                    Tensor.full(1, MEBIBYTE).add(Tensor.full(1, MEBIBYTE));
                }
            };
            Throwable[] failures = new Throwable[CALLERS];
            Thread[] callers = new Thread[CALLERS];
            CountDownLatch begin = new CountDownLatch(1);
            for (int i = 0; i < CALLERS; i++) {
                int caller = i;
                callers[i] = new Thread(() -> {
                    try {
                        begin.await();
                        failures[caller] = failure(backend, sums);
                    } catch (Throwable t) {
                        failures[caller] = t;
                    }
                });
                callers[i].start();
            }
            begin.countDown();
            for (Thread each : callers) {
                each.join();
            }
            return failures;
        }

        private static void fill(int size) {
            Object[] chain = null;
            while (true) {
                chain = new Object[] {chain, new float[size]};
            }
        }

        private static void survives(Backend backend, Runnable work) {
            check(assertInstanceOf(ResourceException.class, failure(backend, work)));
            assertEquals(0, backend.memory().used());
            assertThrows(IllegalStateException.class, TensorScope::current);
            assertEquals(EXPECTED, product(backend));
            System.out.println("survived");
        }

        /**
         * Returns the error that ends the work in two scopes. Allocates nothing: other threads may hold the whole heap.
         */
        @SuppressWarnings("try") // the scope only has to be open
        private static Throwable failure(Backend backend, Runnable work) {
            try (TensorScope outer = TensorScope.open(backend);
                    TensorScope inner = TensorScope.open(backend)) {
                work.run();
            } catch (ResourceException | OutOfMemoryError e) {
                return e;
            }
            throw new AssertionError("the work ended");
        }

        private static void check(ResourceException error) {
            long most = Runtime.getRuntime().maxMemory() / (1 << 20);
            assertEquals(ResourceException.Resource.MEMORY, error.resource());
            assertTrue(error.getMessage().contains("the Java heap may grow to " + most + " MiB"), error.getMessage());
            assertTrue(error.remedy().contains("-Xmx"), error.remedy());
            assertEquals(0, error.getSuppressed().length);
        }

        private static float product(Backend backend) {
            try (TensorScope scope = TensorScope.inference(backend)) {
                Tensor ones = Tensor.full(1, 100, 100);
                return Functions.matmul(ones, false, ones, true).sum(0).sum(1).item();
            }
        }
    }
}
