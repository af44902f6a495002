package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rlr.model.Logged;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TestImages;

/** Closed and forgotten detectors leave nothing behind. */
public class DetectorLifetimeTest extends TinyDetectors {
    private static final RgbImage IMAGE = TestImages.smooth(80, 64);
    private static final DetectorOptions TWO_THREADS =
            DetectorOptions.builder().threads(2).idleTrim(null).build();

    /** Loads, uses and closes a detector; public so that other class loaders can call it by name. */
    public static void useOnce(Path file) {
        try (AnomalyDetector detector = AnomalyDetector.load(file, TWO_THREADS)) {
            detector.detect(IMAGE);
            detector.detectAsync(ImageSource.of("", IMAGE)).join();
        }
    }

    private static AnomalyDetector useAndForget() {
        AnomalyDetector detector = AnomalyDetector.load(model, TWO_THREADS);
        detector.detect(IMAGE);
        return detector;
    }

    /** Waits until garbage is collected and the actions that follow are done. */
    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            System.gc();
            Thread.sleep(10);
        }
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long openFiles() throws IOException {
        Path handles = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(handles), "the system does not list open files");
        try (Stream<Path> open = Files.list(handles)) {
            return open.count();
        }
    }

    @Test
    void twoHundredDetectorsLeaveNothing() throws Exception {
        for (int i = 0; i < 20; i++) {
            useOnce(model);
        }
        await(() -> AnomalyDetectorTest.threads("rlr-") == 0);
        long heap = heap();
        long files = openFiles();
        for (int i = 0; i < 200; i++) {
            useOnce(model);
        }
        await(() -> AnomalyDetectorTest.threads("rlr-") == 0);
        assertEquals(files, openFiles());
        long more = heap() - heap;
        assertTrue(more < 200 * 1000, "200 detectors left " + more + " bytes");
    }

    @Test
    void forgottenDetectorsEndTheirThreadsAndWarnOnceEach() throws InterruptedException {
        try (Logged log = Logged.by(AnomalyDetector.class)) {
            AnomalyScorer scorer = useAndForget().scorer();
            for (int i = 0; i < 49; i++) {
                useAndForget();
            }
            await(() -> warnings(log) == 49);
            scorer.score(IMAGE); // its model is still in use, although its detector is not
            assertEquals(49, warnings(log));
            Reference.reachabilityFence(scorer);
            scorer = null;
            await(() -> warnings(log) == 50 && AnomalyDetectorTest.threads("rlr-worker") == 0);
            useOnce(model);
            System.gc();
            assertEquals(50, warnings(log));
        }
    }

    /** Warnings about this test's model. */
    private static long warnings(Logged log) {
        return log.records().stream()
                .filter(entry -> entry.getMessage().contains("never closed")
                        && entry.getParameters()[0].equals(model.toString()))
                .count();
    }

    @Test
    void redeployedClassLoadersAreCollected() throws Exception {
        ExecutorService service = Executors.newFixedThreadPool(2);
        try {
            service.submit(() -> useOnce(model)).get();
            List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                loaders.add(deploy(service));
            }
            await(() -> loaders.stream().allMatch(loader -> loader.get() == null));
        } finally {
            service.shutdownNow();
        }
    }

    /** Uses a detector on the service's threads, like an application that is deployed and undeployed. */
    private static WeakReference<ClassLoader> deploy(ExecutorService service) throws Exception {
        URL[] path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> {
                    try {
                        return Path.of(entry).toUri().toURL();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
            Class<?> own = loader.loadClass(DetectorLifetimeTest.class.getName());
            assertEquals(loader, own.getClassLoader());
            service.submit(() -> own.getMethod("useOnce", Path.class).invoke(null, model))
                    .get();
            return new WeakReference<>(loader);
        }
    }
}
