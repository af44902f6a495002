package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.rlr.model.Logged;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TestImages;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;

/** Detectors with misbehaving callbacks, openers and callers. */
class DetectorMisuseTest extends TinyDetectors {
    private static final RgbImage PIXELS = TestImages.smooth(80, 64);
    private static final ImageSource IMAGE = ImageSource.of("", PIXELS);

    private static DetectorOptions options(int maxConcurrent) {
        return DetectorOptions.builder().maxConcurrent(maxConcurrent).build();
    }

    @Test
    void dependentActionsMayReloadAndClose() throws Exception {
        for (int maxConcurrent : new int[] {1, 2}) {
            ReloadableDetector detector = ReloadableDetector.load(model, options(maxConcurrent));
            List<CompletableFuture<Void>> reloads = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                reloads.add(detector.detectAsync(IMAGE).thenAccept(d -> detector.reload(other)));
            }
            for (CompletableFuture<Void> each : reloads) {
                each.get();
            }
            try (AnomalyDetector alone = AnomalyDetector.load(other)) {
                assertEquals(alone.detect(PIXELS), detector.detect(PIXELS));
            }
            List<CompletableFuture<Void>> closings = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                closings.add(detector.detectAsync(IMAGE).thenRun(detector::close));
            }
            for (CompletableFuture<Void> each : closings) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    assertTrue(e.getCause() instanceof IllegalStateException, e.toString());
                }
            }
            assertThrows(IllegalStateException.class, () -> detector.detect(PIXELS));
        }
    }

    @Test
    void anObserverMayReloadAndCloseAndItsErrorsAreLogged() {
        AtomicReference<ReloadableDetector> detector = new AtomicReference<>();
        List<Runnable> todo = Collections.synchronizedList(new ArrayList<>());
        DetectorOptions options = DetectorOptions.builder()
                .observer(times -> {
                    if (!todo.isEmpty()) {
                        todo.remove(0).run();
                    }
                })
                .build();
        detector.set(ReloadableDetector.load(model, options));
        todo.add(() -> detector.get().reload(other));
        todo.add(() -> {
            throw new NoClassDefFoundError("of a test");
        });
        todo.add(() -> detector.get().close());
        try (Logged log = Logged.by(AnomalyDetector.class)) {
            List<Detection> results = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                results.add(detector.get().detect(PIXELS));
            }
            List<Detection> expected = new ArrayList<>();
            for (Path model : List.of(model, other, other)) {
                try (AnomalyDetector alone = AnomalyDetector.load(model)) {
                    expected.add(alone.detect(PIXELS));
                }
            }
            assertEquals(expected, results);
            assertEquals(
                    List.of("of a test"),
                    log.records().stream()
                            .map(entry -> entry.getThrown().getMessage())
                            .toList());
        }
        assertThrows(IllegalStateException.class, () -> detector.get().detect(PIXELS));
    }

    @Test
    void aDetectorDoesNotReplaceItself() {
        AnomalyDetector serving = AnomalyDetector.load(model);
        try (ReloadableDetector detector = new ReloadableDetector(serving, DetectorOptions.DEFAULTS)) {
            Detection expected = detector.detect(PIXELS);
            assertThrows(NullPointerException.class, () -> detector.replace(null));
            assertThrows(IllegalArgumentException.class, () -> detector.replace(serving));
            assertThrows(IllegalArgumentException.class, () -> detector.replace(detector));
            assertEquals(expected, detector.detect(PIXELS));
        }
        assertThrows(NullPointerException.class, () -> new ReloadableDetector(null, DetectorOptions.DEFAULTS));
    }

    @Test
    void aCallThatWaitsInTheQueueForTooLongFails() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicLong now = new AtomicLong();
        DetectorOptions options = DetectorOptions.builder()
                .maxConcurrent(1)
                .maxWait(Duration.ofSeconds(2))
                .build();
        try (AnomalyDetector detector = AnomalyDetector.load(model, options, now::get)) {
            CompletableFuture<Detection> slow = detector.detectAsync(ImageSource.of("slow", () -> {
                begun.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return new ByteArrayInputStream(new byte[0]);
            }));
            begun.await();
            CompletableFuture<Detection> late = detector.detectAsync(IMAGE);
            now.addAndGet(Duration.ofMillis(2500).toNanos());
            go.countDown();
            assertThrows(ExecutionException.class, slow::get);
            ExecutionException e = assertThrows(ExecutionException.class, late::get);
            assertEquals(ResourceException.Resource.CAPACITY, ((ResourceException) e.getCause()).resource());
        }
    }

    @Test
    void manyImagesFitThroughAShortQueue() {
        try (AnomalyDetector detector = AnomalyDetector.load(
                model, DetectorOptions.builder().maxConcurrent(1).maxQueued(1).build())) {
            Detection expected = detector.detect(PIXELS);
            assertEquals(
                    Collections.nCopies(8, expected),
                    detector.detectAll(Collections.nCopies(8, IMAGE)).toList());
        }
    }

    @Test
    void openersThatFailAreErrorsOfTheirImage() {
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            ImageException none =
                    assertThrows(ImageException.class, () -> detector.detect(ImageSource.of("row 17", () -> null)));
            assertTrue(none.getMessage().contains("row 17"), none.getMessage());
            assertThrows(
                    CancelledException.class,
                    () -> detector.detect(ImageSource.of("row 18", () -> {
                        throw new ClosedByInterruptException();
                    })));
            InputStream lack = new InputStream() {
                @Override
                public int read() {
                    throw new OutOfMemoryError("made up");
                }
            };
            assertMemory(() -> detector.detect(lack));
            assertMemory(() -> Images.read(lack));
            assertMemory(() -> AnomalyDetector.load(lack, DetectorOptions.DEFAULTS));
            for (int i = 0; i < 5; i++) {
                assertMemory(() -> detector.detect(ImageSource.of("row 19", () -> {
                    throw new OutOfMemoryError("made up");
                })));
            }
            detector.detect(PIXELS);
        }
    }

    private static void assertMemory(Executable call) {
        assertEquals(
                ResourceException.Resource.MEMORY,
                assertThrows(ResourceException.class, call).resource());
    }

    @Test
    void aJavaImageCanBeTooLarge() {
        BufferedImage image = new BufferedImage(30_000, 30_000, BufferedImage.TYPE_BYTE_BINARY);
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            assertEquals(
                    ImageException.Reason.TOO_LARGE,
                    assertThrows(ImageException.class, () -> detector.detect(image))
                            .reason());
        }
    }
}
