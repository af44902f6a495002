package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Locality;

/**
 * An application server's threads outlive the applications that compute on them; the applications must still be
 * unloaded.
 */
class ClassLoaderTest {
    private static final int THREADS = 3;
    private static final int MOST_COLLECTIONS = 200;

    @ParameterizedTest
    @CsvSource({"12, true", "2, false"})
    void anApplicationIsUnloaded(int redeployments, boolean closing) throws Exception {
        ExecutorService server = Executors.newFixedThreadPool(THREADS);
        try {
            List<WeakReference<ClassLoader>> applications = new ArrayList<>();
            for (int i = 0; i < redeployments; i++) {
                applications.add(deploy(server, closing));
            }
            for (int i = 0; i < MOST_COLLECTIONS && loaded(applications) > 0; i++) {
                System.gc();
                Thread.sleep(20);
            }
            assertEquals(0, loaded(applications), "class loaders of " + redeployments + " that are kept");
        } finally {
            server.shutdown();
        }
    }

    private static long loaded(List<WeakReference<ClassLoader>> applications) {
        return applications.stream().filter(a -> !a.refersTo(null)).count();
    }

    private static WeakReference<ClassLoader> deploy(ExecutorService server, boolean closing) throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            classPath.add(new File(entry).toURI().toURL());
        }
        try (URLClassLoader loader =
                new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Class<?> loaded = loader.loadClass(Application.class.getName());
            @SuppressWarnings("unchecked")
            Callable<Float> application = (Callable<Float>)
                    loaded.getDeclaredConstructor(boolean.class).newInstance(closing);
            List<Future<Float>> results = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                results.add(server.submit(application));
            }
            for (Future<Float> each : results) {
                assertEquals(1f, each.get());
            }
            return new WeakReference<>(loader);
        }
    }

    /** Computes with every kind of working array. */
    public static final class Application implements Callable<Float> {
        private final boolean closing;

        /** An application that closes its backend or forgets to. */
        public Application(boolean closing) {
            this.closing = closing;
        }

        @Override
        public Float call() {
            Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
            try (TensorScope scope = TensorScope.open(backend)) {
                Tensor x = Tensor.full(1f / 256, 2, 64, 256).setRequiresGrad();
                Tensor product = Functions.matmul(x, false, Tensor.full(1, 2, 256, 256), false);
                Tensor y = FusedFunctions.attention(
                        product, product, product, new AttentionPattern(8, 8, 8, 3, Locality.INSIDE));
                y.mean().backward();
                return y.toArray()[0];
            } finally {
                if (closing) {
                    backend.close();
                }
            }
        }
    }
}
