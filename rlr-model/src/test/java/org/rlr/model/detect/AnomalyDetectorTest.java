package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.PixelFormat;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TestImages;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.MemoryUse;
import org.rlr.tensor.io.TensorFileException;

class AnomalyDetectorTest {
    @TempDir
    private static Path folder;

    private static Path model;

    @BeforeAll
    static void writeModel() {
        model = RandomModel.write(folder.resolve("model.safetensors"), RandomModel.TINY, 1);
    }

    private static RgbImage image(int number) {
        RgbImage smooth = TestImages.smooth(70 + number, 60);
        byte[] rgb = smooth.rgb();
        for (int i = 0; i < 300; i++) {
            rgb[(i * 37 + number * 911) % rgb.length] ^= (byte) (number * 5 + 1);
        }
        return smooth;
    }

    private static byte[] png(RgbImage image) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PngFile.write(image, out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static AnomalyDetector open(Function<DetectorOptions.Builder, DetectorOptions.Builder> options) {
        return AnomalyDetector.load(
                model, options.apply(DetectorOptions.builder().threads(2)).build());
    }

    private static AnomalyDetector open() {
        return open(options -> options);
    }

    /** An image whose reading tells that it began, and goes on when it may. */
    private static final class Gate {
        private final CountDownLatch began = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);
        private final ImageSource image = ImageSource.of("gate", () -> {
            began.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            return new ByteArrayInputStream(png(image(0)));
        });
    }

    @Test
    void everyKindOfImageGivesTheSame() throws IOException {
        RgbImage image = image(3);
        byte[] bytes = png(image);
        Path file = Files.write(folder.resolve("a.png"), bytes);
        ByteBuffer frame = ByteBuffer.allocate(5 + image.height() * (image.width() * 4 + 8));
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                int from = (y * image.width() + x) * 3;
                int to = 5 + y * (image.width() * 4 + 8) + x * 4;
                frame.put(to, image.rgb()[from + 2]);
                frame.put(to + 1, image.rgb()[from + 1]);
                frame.put(to + 2, image.rgb()[from]);
            }
        }
        frame.position(5);
        try (AnomalyDetector detector = open()) {
            Detection expected = detector.detect(file);
            List<Detection> others = List.of(
                    detector.detect(bytes),
                    detector.detect(new ByteArrayInputStream(bytes)),
                    detector.detect(image),
                    detector.detect(image.toBufferedImage()),
                    detector.detect(ImageSource.of("x", bytes)),
                    detector.detect(frame, image.width(), image.height(), image.width() * 4 + 8, PixelFormat.BGRA),
                    detector.detectAsync(ImageSource.of(file)).join(),
                    detector.detection(detector.scorer().score(image)));
            others.forEach(other -> assertEquals(expected, other));
            assertEquals(5, frame.position());
            assertNotEquals(expected, detector.detect(image(4)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 64})
    void parallelCallsGiveTheBitsOfSerialOnes(int callers) throws Exception {
        List<byte[]> images = IntStream.range(0, 8).mapToObj(i -> png(image(i))).toList();
        try (AnomalyDetector detector = open(options -> options.maxConcurrent(3))) {
            List<Detection> serial = images.stream().map(detector::detect).toList();
            ExecutorService pool = Executors.newFixedThreadPool(callers);
            try {
                List<Future<Detection>> results = IntStream.range(0, 4 * callers)
                        .mapToObj(i -> pool.submit(() -> detector.detect(images.get(i % images.size()))))
                        .toList();
                for (int i = 0; i < results.size(); i++) {
                    assertEquals(serial.get(i % images.size()), results.get(i).get());
                }
            } finally {
                pool.shutdownNow();
            }
            MemoryUse before = detector.memory();
            assertTrue(before.held() > before.used(), before.toString());
            detector.trim();
            assertEquals(before.used(), detector.memory().used());
            assertTrue(detector.memory().held() < before.held(), before + ", then " + detector.memory());
        }
    }

    @Test
    void noMoreImagesAreExaminedAtOnceThanAllowed() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        byte[] bytes = png(image(1));
        CountDownLatch two = new CountDownLatch(2);
        CountDownLatch open = new CountDownLatch(1);
        ImageSource counted = ImageSource.of("counted", () -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            two.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return new ByteArrayInputStream(bytes) {
                @Override
                public void close() {
                    now.decrementAndGet();
                }
            };
        });
        try (AnomalyDetector detector = open(options -> options.maxConcurrent(2))) {
            List<Thread> callers = IntStream.range(0, 8)
                    .mapToObj(i -> new Thread(() -> detector.detect(counted)))
                    .toList();
            callers.forEach(Thread::start);
            two.await();
            awaitWaiting(callers);
            assertEquals(2, now.get());
            open.countDown();
            for (Thread caller : callers) {
                caller.join();
            }
        }
        assertEquals(2, most.get());
    }

    /** Until all threads wait for something. */
    private static void awaitWaiting(List<Thread> threads) throws InterruptedException {
        for (Thread thread : threads) {
            while (thread.getState() != Thread.State.WAITING) {
                assertNotEquals(Thread.State.TERMINATED, thread.getState(), "it should wait");
                Thread.sleep(1);
            }
        }
    }

    @Test
    void damagedImagesAreErrorsHoweverTheyAreGiven() throws IOException {
        byte[] sound = png(image(5));
        byte[] flipped = sound.clone();
        flipped[sound.length / 2] ^= 0x55;
        Map<String, byte[]> damaged = Map.of(
                "cut",
                Arrays.copyOf(sound, sound.length / 2),
                "flipped",
                flipped,
                "empty",
                new byte[0],
                "other",
                "RIFF????WEBPVP8 ".getBytes("US-ASCII"));
        Map<String, ImageException.Reason> reasons = Map.of(
                "cut", ImageException.Reason.DAMAGED,
                "flipped", ImageException.Reason.DAMAGED,
                "empty", ImageException.Reason.EMPTY,
                "other", ImageException.Reason.UNSUPPORTED);
        ColorModel floats = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, Transparency.OPAQUE, DataBuffer.TYPE_FLOAT);
        try (AnomalyDetector detector = open()) {
            for (Map.Entry<String, byte[]> each : damaged.entrySet()) {
                Path file = Files.write(folder.resolve(each.getKey() + ".png"), each.getValue());
                List<ImageException> failures = List.of(
                        assertThrows(ImageException.class, () -> detector.detect(file)),
                        assertThrows(ImageException.class, () -> detector.detect(each.getValue())),
                        assertThrows(
                                ImageException.class,
                                () -> detector.detect(new ByteArrayInputStream(each.getValue()))));
                failures.forEach(e -> assertEquals(reasons.get(each.getKey()), e.reason(), e.getMessage()));
                assertTrue(failures.get(0).getMessage().contains(file.toString()));
                failures.subList(1, 3).forEach(e -> {
                    assertFalse(e.getMessage().contains("/") || e.remedy().contains("file"), e.explanation());
                    assertFalse(e.getMessage().contains("  "), e.getMessage());
                });
            }
            ImageException nothing = assertThrows(
                    ImageException.class,
                    () -> detector.detect(ImageIO.read(new ByteArrayInputStream(damaged.get("other")))));
            assertTrue(nothing.getMessage().contains("ImageIO.read"), nothing.getMessage());
            ImageException failing = assertThrows(ImageException.class, () -> detector.detect(failing()));
            assertEquals("the image cannot be read from its stream (connection lost)", failing.getMessage());
            assertEquals(
                    ImageException.Reason.UNSUPPORTED,
                    assertThrows(
                                    ImageException.class,
                                    () -> detector.detect(new BufferedImage(
                                            floats, floats.createCompatibleWritableRaster(4, 4), false, null)))
                            .reason());
            detector.detect(sound); // and the detector goes on
        }
    }

    private static InputStream failing() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection lost");
            }
        };
    }

    @Test
    void imagesBeyondTheLimitAreRefusedByTheirHeader() {
        try (AnomalyDetector detector = open(options -> options.maxPixels(70 * 60))) {
            detector.detect(png(image(0)));
            ImageException e = assertThrows(ImageException.class, () -> detector.detect(png(image(1))));
            assertEquals(ImageException.Reason.TOO_LARGE, e.reason());
            assertEquals("the image is 71×60 pixels, more than `maxPixels`, which is 4200", e.getMessage());
        }
    }

    @Test
    void aClassHasItsOwnThresholdOrIsAnError() {
        try (AnomalyDetector detector = open()) {
            InvalidSettingException e = assertThrows(
                    InvalidSettingException.class, () -> detector.detect(image(0).toBufferedImage(), "screw"));
            assertEquals("className", e.name());
        }
    }

    @Test
    void aCallWaitsAsLongAsItMay() throws Exception {
        Gate gate = new Gate();
        DetectorOptions options = DetectorOptions.builder()
                .maxConcurrent(1)
                .maxWait(Duration.ofMillis(20))
                .build();
        // no time passes between a call and its turn but that of waiting for a place
        try (AnomalyDetector detector = AnomalyDetector.load(model, options, () -> 0)) {
            CompletableFuture<Detection> first = detector.detectAsync(gate.image);
            gate.began.await();
            ResourceException e = assertThrows(ResourceException.class, () -> detector.detect(image(1)));
            assertEquals(ResourceException.Resource.CAPACITY, e.resource());
            assertTrue(e.getMessage().contains("overloaded") && e.getMessage().contains("20 ms"), e.getMessage());
            gate.open.countDown();
            first.join();
            detector.detect(image(1));
        }
    }

    @Test
    void anInterruptEndsWaitingAndLeavesTheFlag() throws Exception {
        Gate gate = new Gate();
        try (AnomalyDetector detector = open(options -> options.maxConcurrent(1))) {
            CompletableFuture<Detection> first = detector.detectAsync(gate.image);
            gate.began.await();
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            AtomicReference<Boolean> flag = new AtomicReference<>();
            Thread caller = new Thread(() -> {
                try {
                    detector.detect(image(1));
                } catch (Throwable t) {
                    thrown.set(t);
                    flag.set(Thread.currentThread().isInterrupted());
                }
            });
            caller.start();
            awaitWaiting(List.of(caller));
            caller.interrupt();
            caller.join();
            assertInstanceOf(CancelledException.class, thrown.get());
            assertEquals(true, flag.get());
            gate.open.countDown();
            first.join();
        }
    }

    @Test
    void asynchronousCallsAreBoundedAndCanBeCancelled() throws Exception {
        Gate gate = new Gate();
        try (AnomalyDetector detector = open(options -> options.maxConcurrent(1).maxQueued(2))) {
            CompletableFuture<Detection> running = detector.detectAsync(gate.image);
            gate.began.await();
            CompletableFuture<Detection> second = detector.detectAsync(ImageSource.of("2", image(2)));
            CompletableFuture<Detection> third = detector.detectAsync(ImageSource.of("3", image(3)));
            CompletableFuture<Detection> fourth = detector.detectAsync(ImageSource.of("4", image(4)));
            ExecutionException refused = assertThrows(ExecutionException.class, fourth::get);
            assertEquals(ResourceException.Resource.CAPACITY, ((ResourceException) refused.getCause()).resource());
            assertTrue(second.cancel(true));
            CompletableFuture<Detection> fifth = detector.detectAsync(ImageSource.of("5", image(5)));
            assertTrue(running.cancel(true)); // waits at the gate, which never opens
            assertThrows(CancellationException.class, running::join);
            assertEquals(detector.detect(image(3)), third.get());
            assertEquals(detector.detect(image(5)), fifth.get());
        }
    }

    @Test
    void manyImagesComeInTheirOrder() {
        List<ImageSource> images = new ArrayList<>(IntStream.range(0, 20)
                .mapToObj(i -> ImageSource.of("image " + i, png(image(i))))
                .toList());
        try (AnomalyDetector detector = open()) {
            List<Detection> expected = images.stream().map(detector::detect).toList();
            assertEquals(expected, detector.detectAll(images).toList());
            boolean[] closed = new boolean[1];
            try (Stream<Detection> some = detector.detectAll(images.stream().onClose(() -> closed[0] = true))) {
                assertEquals(expected.subList(0, 3), some.limit(3).toList());
            }
            assertTrue(closed[0]);
            AtomicInteger taken = new AtomicInteger();
            Iterator<Detection> lazily = detector.detectAll(Stream.iterate(0, i -> i + 1)
                            .peek(i -> taken.incrementAndGet())
                            .map(i -> images.get(i % images.size())))
                    .iterator();
            lazily.next();
            assertTrue(taken.get() <= 8, "read ahead: " + taken);

            images.set(1, ImageSource.of("bad", new byte[0]));
            Iterator<Detection> goesOn = detector.detectAll(images).iterator();
            assertEquals(expected.get(0), goesOn.next());
            ImageException e = assertThrows(ImageException.class, goesOn::next);
            assertEquals("the image bad is empty (0 bytes)", e.getMessage());
            assertEquals(expected.get(2), goesOn.next());
        }
    }

    @Test
    void aResultNobodyWaitsForIsGivenUp() throws Exception {
        DetectorOptions options = DetectorOptions.builder().maxConcurrent(1).build();
        Detection made = new Detection(1, 1, true, 0, 1, 1, new float[1]);
        for (Detector detector :
                List.of(AnomalyDetector.load(model, options), ReloadableDetector.load(model, options))) {
            for (UnaryOperator<CompletableFuture<Detection>> giveUp :
                    List.<UnaryOperator<CompletableFuture<Detection>>>of(
                            call -> call.orTimeout(1, TimeUnit.MILLISECONDS),
                            call -> call.completeOnTimeout(made, 1, TimeUnit.MILLISECONDS),
                            call -> {
                                call.cancel(true);
                                return call;
                            })) {
                Gate gate = new Gate(); // opens for nobody: only an interrupt goes through
                CompletableFuture<Detection> inside = detector.detectAsync(gate.image);
                gate.began.await();
                Gate never = new Gate();
                CompletableFuture<Detection> behind = giveUp.apply(detector.detectAsync(never.image));
                behind.handle((detection, failure) -> "given up").get();
                giveUp.apply(inside);
                assertEquals(
                        64 * 64,
                        detector.detectAsync(ImageSource.of("", image(1))).get().map().length);
                assertEquals(1, never.began.getCount(), "an image was read for nobody");
            }
            detector.close();
        }
    }

    @Test
    void closingWaitsForTheCallInProgress() throws Exception {
        Gate gate = new Gate();
        AnomalyDetector detector = open();
        CompletableFuture<Detection> call = detector.detectAsync(gate.image);
        gate.began.await();
        Thread closing = new Thread(detector::close);
        closing.start();
        awaitWaiting(List.of(closing));
        assertFalse(call.isDone());
        gate.open.countDown();
        closing.join();
        assertEquals(64 * 64, call.join().map().length);
    }

    @Test
    void closingWaitsForCallsAndRefusesOthers() throws Exception {
        for (int round = 0; round < 20; round++) {
            AnomalyDetector detector = open();
            Detection expected = detector.detect(image(1));
            AtomicInteger refused = new AtomicInteger();
            List<Throwable> wrong = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch working = new CountDownLatch(8);
            List<Thread> callers = IntStream.range(0, 8)
                    .mapToObj(i -> new Thread(() -> {
                        try {
                            while (true) {
                                Detection d = i % 2 == 0
                                        ? detector.detect(image(1))
                                        : detector.detectAsync(ImageSource.of("", image(1)))
                                                .get();
                                assertEquals(expected, d);
                                working.countDown();
                            }
                        } catch (IllegalStateException e) {
                            refused.incrementAndGet();
                        } catch (ExecutionException e) {
                            if (e.getCause() instanceof IllegalStateException) {
                                refused.incrementAndGet();
                            } else {
                                wrong.add(e);
                            }
                        } catch (Throwable t) {
                            wrong.add(t);
                        }
                    }))
                    .toList();
            callers.forEach(Thread::start);
            working.await();
            detector.close();
            detector.close();
            for (Thread caller : callers) {
                caller.join();
            }
            assertEquals(List.of(), wrong);
            assertEquals(8, refused.get());
            for (Runnable use : List.<Runnable>of(
                    () -> detector.detect(image(1)),
                    detector::memory,
                    detector::trim,
                    detector::scorer,
                    detector::model)) {
                assertEquals(
                        "the detector was closed",
                        assertThrows(IllegalStateException.class, use::run).getMessage());
            }
            assertEquals(RandomModel.TINY, detector.info().config());
        }
    }

    @Test
    void aModelIsLoadedFromMemoryAndStreams() throws IOException {
        byte[] contents = Files.readAllBytes(model);
        try (AnomalyDetector file = open();
                AnomalyDetector memory = AnomalyDetector.load(contents, DetectorOptions.DEFAULTS);
                AnomalyDetector stream =
                        AnomalyDetector.load(new ByteArrayInputStream(contents), DetectorOptions.DEFAULTS)) {
            assertEquals(file.detect(image(1)), memory.detect(image(1)));
            assertEquals(file.detect(image(1)), stream.detect(image(1)));
        }
        ModelException cut = assertThrows(
                ModelException.class,
                () -> AnomalyDetector.load(Arrays.copyOf(contents, contents.length - 100), DetectorOptions.DEFAULTS));
        assertEquals(ModelException.Reason.DAMAGED, cut.reason());
        assertTrue(cut.getMessage().contains("the model in memory"), cut.getMessage());
        ModelException other =
                assertThrows(ModelException.class, () -> AnomalyDetector.load(png(image(1)), DetectorOptions.DEFAULTS));
        assertEquals(ModelException.Reason.NOT_A_MODEL, other.reason());
        TensorFileException none = assertThrows(
                TensorFileException.class,
                () -> AnomalyDetector.load(
                        AnomalyDetectorTest.class.getResourceAsStream("/there/is/none"), DetectorOptions.DEFAULTS));
        assertTrue(none.getMessage().contains("does not exist"), none.getMessage());
        TensorFileException failing = assertThrows(
                TensorFileException.class, () -> AnomalyDetector.load(failing(), DetectorOptions.DEFAULTS));
        assertEquals("the model cannot be read from its stream (connection lost)", failing.getMessage());
    }

    @Test
    void aModelInUseNeedsNoFile() {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                RlrModel open = RandomModel.open(RandomModel.TINY, 1, backend)) {
            Detection expected;
            try (AnomalyDetector file = open()) {
                expected = file.detect(image(1));
            }
            try (AnomalyDetector detector = AnomalyDetector.of(open, DetectorOptions.DEFAULTS)) {
                assertEquals(expected, detector.detect(image(1)));
            }
            try (AnomalyDetector again = AnomalyDetector.of(open, DetectorOptions.DEFAULTS)) {
                assertEquals(expected, again.detect(image(1)));
            }
        }
    }

    @Test
    void anInterruptedLoadLeavesNothingOpen() throws IOException {
        byte[] contents = Files.readAllBytes(model);
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS)) {
            DetectorOptions options =
                    DetectorOptions.builder().openBackend(backend).warmUp(true).build();
            for (Runnable load : List.<Runnable>of(
                    () -> AnomalyDetector.load(model, options), () -> AnomalyDetector.load(contents, options))) {
                Thread.currentThread().interrupt();
                CancelledException e = assertThrows(CancelledException.class, load::run);
                assertTrue(Thread.interrupted(), e.getMessage());
            }
            try (RlrModel open = ModelFile.load(model, backend)) {
                Thread.currentThread().interrupt();
                assertThrows(CancelledException.class, () -> AnomalyDetector.of(open, options));
                assertTrue(Thread.interrupted());
            }
            assertEquals(0, backend.memory().used());
        }
    }

    @Test
    void theObserverSeesTheStepsAndItsFailureStaysItsOwn() {
        List<DetectionTimes> seen = new ArrayList<>();
        try (AnomalyDetector detector = open(options -> options.warmUp(true).observer(times -> {
            seen.add(times);
            throw new IllegalStateException("a broken registry");
        }))) {
            assertEquals(List.of(), seen);
            long start = System.nanoTime();
            detector.detect(png(image(1)));
            long all = System.nanoTime() - start;
            DetectionTimes times = seen.get(0);
            List<Duration> steps =
                    List.of(times.decode(), times.preprocess(), times.backbone(), times.transformer(), times.map());
            steps.forEach(step -> assertTrue(step.toNanos() > 0, times.toString()));
            long sum = steps.stream().mapToLong(Duration::toNanos).sum()
                    + times.waiting().toNanos();
            assertTrue(sum <= all, times + " of " + all);
            assertThrows(ImageException.class, () -> detector.detect(new byte[0]));
            assertEquals(1, seen.size());
        }
    }

    @Test
    void memoryIsGivenBackAfterAQuietTime() throws InterruptedException {
        long before = threads("rlr-idle-trim");
        try (AnomalyDetector detector = open(options -> options.idleTrim(Duration.ofMillis(300)))) {
            detector.detect(image(1));
            while (detector.memory().held() > detector.memory().used()) {
                Thread.sleep(10);
            }
            detector.detect(image(1)); // counted again
            while (detector.memory().held() > detector.memory().used()) {
                Thread.sleep(10);
            }
        }
        // close() ends it
        assertTrue(threads("rlr-idle-trim") <= before, before + " threads before");
    }

    static long threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .count();
    }

    @Test
    void aDivergedModelIsAnError() {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                RlrModel open = RandomModel.open(RandomModel.TINY, 1, backend);
                AnomalyDetector detector = AnomalyDetector.of(open, DetectorOptions.DEFAULTS)) {
            float[] values = new float[64 * 64];
            Arrays.fill(values, Float.NaN);
            AnomalyMap map = AnomalyMap.of(List.of(new AnomalyMap.Level(values, 64, 64)), 64, 64);
            RlrException e = assertThrows(RlrException.class, () -> detector.detection(map));
            assertTrue(e.getMessage().contains("diverged"), e.getMessage());
        }
    }
}
