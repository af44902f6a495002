package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rlr.model.ModelException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TestImages;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

class ReloadableDetectorTest extends TinyDetectors {
    private static final RgbImage IMAGE = TestImages.smooth(80, 64);
    private static final int SWAPS = 20;

    private static Detection detect(Path model) {
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            return detector.detect(IMAGE);
        }
    }

    @Test
    void underLoadEveryAnswerIsThatOfOneOfTheModels() throws Exception {
        List<Detection> answers = List.of(detect(model), detect(other));
        assertNotEquals(answers.get(0), answers.get(1));
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2))) {
            DetectorOptions options =
                    DetectorOptions.builder().openBackend(backend).build();
            ReloadableDetector detector = ReloadableDetector.load(model, options);
            detector.detect(IMAGE);
            long used = backend.memory().used();
            AtomicBoolean ended = new AtomicBoolean();
            AtomicInteger calls = new AtomicInteger();
            List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
            List<Thread> callers = IntStream.range(0, 8)
                    .mapToObj(i -> new Thread(() -> {
                        try {
                            while (!ended.get()) {
                                Detection answer = i % 2 == 0
                                        ? detector.detect(IMAGE)
                                        : detector.detectAsync(ImageSource.of("", IMAGE))
                                                .get();
                                assertTrue(answers.contains(answer), answer.toString());
                                calls.incrementAndGet();
                            }
                        } catch (Throwable t) {
                            failures.add(t);
                        }
                    }))
                    .toList();
            callers.forEach(Thread::start);
            for (int swap = 0; swap < SWAPS && failures.isEmpty(); swap++) {
                Path next = swap % 2 == 0 ? other : model;
                detector.reload(next);
                assertEquals(answers.get(swap % 2 == 0 ? 1 : 0), detector.detect(IMAGE));
                for (int before = calls.get(); calls.get() < before + 8 && failures.isEmpty(); ) {
                    Thread.sleep(1);
                }
            }
            ended.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
            assertEquals(List.of(), failures);
            assertEquals(used, backend.memory().used(), "replaced models were closed");
            detector.close();
            detector.close();
            assertEquals(0, backend.memory().used());
            assertThrows(IllegalStateException.class, () -> detector.detect(IMAGE));
            assertThrows(IllegalStateException.class, () -> detector.reload(model));
            assertEquals(0, backend.memory().used());
        }
    }

    @Test
    void aFailedReloadKeepsThePreviousModel() throws IOException {
        Path damaged = folder.resolve("damaged.safetensors");
        byte[] contents = Files.readAllBytes(other);
        Files.write(damaged, Arrays.copyOf(contents, contents.length / 2));
        Detection expected = detect(model);
        try (ReloadableDetector detector = ReloadableDetector.load(model, DetectorOptions.DEFAULTS)) {
            assertThrows(ModelException.class, () -> detector.reload(damaged));
            assertEquals(expected, detector.detect(IMAGE));
            Thread.currentThread().interrupt();
            assertThrows(CancelledException.class, () -> detector.reload(other));
            assertTrue(Thread.interrupted());
            assertEquals(expected, detector.detect(IMAGE));
        }
    }

    @Test
    void anUnusedReplacementIsClosed() {
        AnomalyDetector next = AnomalyDetector.load(other);
        ReloadableDetector detector = ReloadableDetector.load(model, DetectorOptions.DEFAULTS);
        detector.close();
        assertThrows(IllegalStateException.class, () -> detector.replace(next));
        assertThrows(IllegalStateException.class, () -> next.detect(IMAGE));
    }

    @Test
    void dependentActionsMayChangeAndCloseTheDetector() throws Exception {
        ReloadableDetector detector = ReloadableDetector.load(model, DetectorOptions.DEFAULTS);
        Detection expected = detect(other);
        CompletableFuture<Void> changed = detector.detectAsync(ImageSource.of("", IMAGE))
                .thenAccept(d -> {
                    detector.reload(other);
                    assertEquals(expected, detector.detect(IMAGE));
                    detector.close();
                });
        changed.get();
        assertThrows(IllegalStateException.class, detector::memory);
    }
}
