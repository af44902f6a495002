package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.Validation;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * A training cancelled at any moment loses nothing: the resumed training gives the same bytes as an uninterrupted one.
 */
class CancelledTrainingTest {
    private static final int MOMENTS = 12;

    @TempDir
    private static Path shared;

    private static DataSet data;
    private static Backend backend;

    /** The files of an uninterrupted training. */
    private static Outcome alone;

    private record Outcome(byte[] model, byte[] best, List<String> metrics) {}

    /** Counts the events of a listener, and runs an action at one of them. */
    private static final class Moment implements TrainingListener {
        private final int at;
        private final Runnable action;
        private int heard;

        Moment(int at, Runnable action) {
            this.at = at;
            this.action = action;
        }

        private void hear() {
            if (heard++ == at) {
                action.run();
            }
        }

        @Override
        public void features(int done, int total) {
            hear();
        }

        @Override
        public void started(int done, double meanLoss) {
            hear();
        }

        @Override
        public void step(int epoch, int epochs, int step, int steps, double loss, int images) {
            hear();
        }

        @Override
        public void evaluated(int epoch, int done, int total) {
            hear();
        }

        @Override
        public void epoch(EpochReport report) {
            hear();
        }

        @Override
        public void scores(int done, int total) {
            hear();
        }

        @Override
        public void saved(Path model, ModelInfo info) {
            hear();
        }
    }

    @BeforeAll
    static void leftAlone() throws IOException {
        DemoDataSet.generate(shared.resolve("data"), 64, 3, 1, 1, 11, 2);
        data = new DataSet(
                null,
                null,
                DataLayouts.read(shared.resolve("data")).classes().stream()
                        .limit(2)
                        .map(each -> new ClassSamples(
                                each.name(), null, each.train(), each.test().subList(0, 2)))
                        .toList());
        backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
        Path home = Files.createDirectory(shared.resolve("alone"));
        training(home, TrainingListener.SILENT).run().close();
        alone = outcome(home);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    @AfterEach
    void noInterruptIsLeft() {
        assertFalse(Thread.interrupted());
    }

    /** A small training with every feature. */
    private static RlrTraining training(Path home, TrainingListener listener) {
        return RlrTraining.on(data)
                .recipe(Recipe.PUBLISHED)
                .backend(backend)
                .config(c -> c.imageSize(64, 64)
                        .levels(List.of(3))
                        .width(16)
                        .heads(4)
                        .layers(1)
                        .standardize(true))
                .settings(s -> s.epochs(5)
                        .batchSize(2)
                        .learningRate(1e-3f)
                        .schedule(Schedule.COSINE)
                        .validation(new Validation(0.25, true)))
                .testEvery(2)
                .checkpoint(home.resolve("checkpoint"), 3)
                .metrics(home.resolve("metrics.csv"))
                .saveTo(home.resolve("model"))
                .saveBestOnTestTo(home.resolve("best"))
                .listener(listener);
    }

    private static Outcome outcome(Path home) throws IOException {
        return new Outcome(
                Files.readAllBytes(home.resolve("model")),
                Files.readAllBytes(home.resolve("best")),
                Files.readAllLines(home.resolve("metrics.csv")).stream()
                        // without images per second, which vary
                        .map(line -> line.replaceFirst("^((?:[^,]*,){4})[^,]*,", "$1"))
                        .toList());
    }

    private static void assertAsLeftAlone(Path home, String what) throws IOException {
        Outcome outcome = outcome(home);
        assertArrayEquals(alone.model, outcome.model, what);
        assertArrayEquals(alone.best, outcome.best, what);
        assertEquals(alone.metrics, outcome.metrics, what);
    }

    /** No file is incomplete, and a resumed training, if possible, ends like an uninterrupted one. */
    private static void assertNothingIsLost(Path home, boolean cancelled, CancelledException thrown, String what)
            throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            assertEquals(
                    List.of(),
                    files.filter(file -> file.getFileName().toString().startsWith("."))
                            .toList(),
                    what);
        }
        if (!cancelled) {
            assertAsLeftAlone(home, what);
            return;
        }
        byte[] model = Files.readAllBytes(home.resolve("model"));
        assertTrue(model.length == 3 || java.util.Arrays.equals(model, alone.model), what + ": the model is damaged");
        Path state = home.resolve("checkpoint");
        assertEquals(Files.exists(state), thrown.remedy().contains("with `resume` " + state), thrown.explanation());
        training(home, TrainingListener.SILENT)
                .resume(Files.exists(state) ? state : null)
                .run()
                .close();
        assertAsLeftAlone(home, what);
    }

    /** A folder with an old model, which must stay intact. */
    private Path home(String name) throws IOException {
        Path home = Files.createDirectory(shared.resolve(name));
        Files.write(home.resolve("model"), new byte[] {1, 2, 3});
        return home;
    }

    private static int moments() throws IOException {
        Moment all = new Moment(-1, () -> {});
        training(Files.createTempDirectory(shared, "count"), all).run().close();
        return all.heard;
    }

    @Test
    void anInterruptAtAnyMomentLosesNothing() throws IOException {
        long seed = 20261130;
        SplittableRandom random = new SplittableRandom(seed);
        int all = moments();
        for (int i = 0; i < MOMENTS; i++) {
            // one in each part of the training; the last may come too late to cancel
            int at = (i * all + random.nextInt(all)) / MOMENTS;
            String what = "seed " + seed + ", interrupted at " + at + " of " + all;
            Path home = home("interrupt" + i);
            CancelledException thrown = null;
            try {
                training(home, new Moment(at, () -> Thread.currentThread().interrupt()))
                        .run()
                        .close();
            } catch (CancelledException e) {
                thrown = e;
            }
            assertTrue(Thread.interrupted(), what);
            assertTrue(thrown != null || i == MOMENTS - 1, what + ", and went on");
            assertNothingIsLost(home, thrown != null, thrown, what);
        }
    }

    @Test
    void aConditionAtAnyMomentLosesNothing() throws IOException {
        long seed = 20261130;
        SplittableRandom random = new SplittableRandom(seed);
        int[] all = {0};
        training(home("asked"), TrainingListener.SILENT)
                .cancelWhen(() -> all[0]++ < 0)
                .run()
                .close();
        for (int i = 0; i < MOMENTS; i++) {
            int at = random.nextInt(all[0]);
            String what = "seed " + seed + ", cancelled at " + at + " of " + all[0];
            Path home = home("condition" + i);
            int[] asked = {0};
            CancelledException thrown = assertThrows(
                    CancelledException.class,
                    () -> training(home, TrainingListener.SILENT)
                            .cancelWhen(() -> asked[0]++ >= at)
                            .run(),
                    what);
            assertTrue(thrown.getMessage().startsWith("the training was cancelled after "), thrown.getMessage());
            assertNothingIsLost(home, true, thrown, what);
        }
    }

    @Test
    void shutdownNowAtAnyTimeLosesNothing() throws Exception {
        long seed = 20261130;
        SplittableRandom random = new SplittableRandom(seed);
        long begun = System.nanoTime();
        training(home("timed"), TrainingListener.SILENT).run().close();
        long duration = System.nanoTime() - begun;
        int cancelled = 0;
        for (int i = 0; i < MOMENTS; i++) {
            long delay = random.nextLong(duration);
            String what = "seed " + seed + ", shut down after " + delay + " ns";
            Path home = home("shutdown" + i);
            CountDownLatch started = new CountDownLatch(1);
            ExecutorService executor = Executors.newSingleThreadExecutor();
            Future<?> result = executor.submit(() -> {
                started.countDown();
                training(home, TrainingListener.SILENT).run().close();
            });
            started.await();
            TimeUnit.NANOSECONDS.sleep(delay);
            executor.shutdownNow();
            CancelledException thrown = null;
            try {
                result.get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof CancelledException)) {
                    throw e;
                }
                thrown = (CancelledException) e.getCause();
            }
            cancelled += thrown == null ? 0 : 1;
            assertNothingIsLost(home, thrown != null, thrown, what);
        }
        assertTrue(cancelled > 0, "no training was cancelled");
    }

    @Test
    void anInterruptedThreadTrainsNothing() throws IOException {
        Path home = home("at-once");
        Thread.currentThread().interrupt();
        assertThrows(
                CancelledException.class,
                () -> training(home, TrainingListener.SILENT).run());
        assertTrue(Thread.interrupted());
        assertEquals(3, Files.size(home.resolve("model")));
    }

    @Test
    void imagesThatAreWaitedForDoNotHoldUpACancelledTraining() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        DataSet slow = DataSet.builder()
                .train("a", List.of(ImageSource.of("slow", () -> {
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                    throw new IOException("never");
                })))
                .build();
        int[] asked = {0};
        CancelledException thrown = assertThrows(
                CancelledException.class,
                () -> RlrTraining.on(slow)
                        .recipe(Recipe.PUBLISHED)
                        .cancelWhen(() -> asked[0]++ > 1)
                        .run());
        assertEquals("the training was cancelled after 0 of 200 epochs", thrown.getMessage());
        assertTrue(thrown.remedy().startsWith("train again"), thrown.remedy());
        thrown = assertThrows(
                CancelledException.class,
                () -> RlrTraining.on(slow)
                        .recipe(Recipe.PUBLISHED)
                        .cancelWhen(() -> {
                            Thread.currentThread().interrupt();
                            return false;
                        })
                        .run());
        assertTrue(Thread.interrupted());
        assertEquals("the training was interrupted after 0 of 200 epochs", thrown.getMessage());
    }

    @Test
    void withoutACheckpointWhatIsDoneIsKeptElsewhere() throws IOException {
        Path home = home("elsewhere");
        List<Path> kept = new ArrayList<>();
        RlrTraining training = RlrTraining.on(data)
                .config(c -> c.imageSize(64, 64)
                        .levels(List.of(3))
                        .width(16)
                        .heads(4)
                        .layers(1))
                .settings(s -> s.epochs(2))
                .saveTo(home.resolve("model"))
                .listener(new TrainingListener() {
                    @Override
                    public void scores(int done, int total) {
                        if (kept.isEmpty() && done == 1) {
                            Thread.currentThread().interrupt();
                        }
                    }
                });
        CancelledException thrown = assertThrows(CancelledException.class, training::run);
        assertTrue(Thread.interrupted());
        String remedy = thrown.remedy();
        kept.add(Path.of(remedy.substring(remedy.indexOf("kept as ") + 8, remedy.indexOf(": train again"))));
        training.resume(kept.get(0)).run().close();
        byte[] resumed = Files.readAllBytes(home.resolve("model"));
        Files.delete(kept.get(0));
        Files.delete(kept.get(0).getParent());
        training.resume(null).run().close();
        assertArrayEquals(resumed, Files.readAllBytes(home.resolve("model")));
    }

    @Test
    void imagesInMemoryGiveTheSameModelAndResumeTheSameState() throws IOException {
        DataSet.Builder builder = DataSet.builder();
        for (var sample : data.train()) {
            byte[] bytes = Files.readAllBytes(sample.image().file());
            builder.train(
                    sample.className(),
                    List.of(ImageSource.of(sample.image().id(), () -> new java.io.ByteArrayInputStream(bytes))));
        }
        for (var sample : data.test()) {
            ImageSource image =
                    ImageSource.of("test " + sample.image(), sample.image().content());
            if (sample.anomalous()) {
                builder.defective(
                        sample.className(),
                        sample.defect(),
                        image,
                        ImageSource.of("mask", sample.masks().get(0).content()));
            } else {
                builder.test(sample.className(), List.of(image));
            }
        }
        DataSet files = data;
        Path home = home("memory");
        assertThrows(
                CancelledException.class,
                () -> training(home, TrainingListener.SILENT)
                        .cancelWhen(() -> Files.exists(home.resolve("checkpoint")))
                        .run());
        data = builder.build();
        try {
            training(home, TrainingListener.SILENT)
                    .resume(home.resolve("checkpoint"))
                    .run()
                    .close();
        } finally {
            data = files;
        }
        assertAsLeftAlone(home, "from memory");
    }

    @Test
    void whatIsGivenStaysTheCallers() {
        RlrTraining training = RlrTraining.on(data)
                .config(c -> c.imageSize(64, 64).levels(List.of(3)).width(16).layers(1))
                .settings(s -> s.epochs(1));
        try (Trained trained = training.run()) {
            assertSame(trained.model().backend(), trained.ownBackend());
        }
        training.backend(backend);
        try (Trained trained = training.run()) {
            assertSame(backend, trained.model().backend());
            assertNull(trained.ownBackend());
        }
        training.run().close();
    }
}
