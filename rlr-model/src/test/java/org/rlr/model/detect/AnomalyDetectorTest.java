package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rlr.model.detect.Gate.image;
import static org.rlr.model.detect.Gate.png;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.PixelFormat;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.io.TensorFileException;

class AnomalyDetectorTest extends TinyDetectors {
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

    @Test
    void damagedImagesAreErrorsFromEverySource() throws IOException {
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
            detector.detect(sound); // and the detector is still usable
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
    void theObserverReceivesTheStepsAndItsFailureIsOnlyLogged() {
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
    void memoryIsReleasedAfterAnIdleTime() throws InterruptedException {
        long before = threads("rlr-idle-trim");
        try (AnomalyDetector detector = open(options -> options.idleTrim(Duration.ofMillis(300)))) {
            detector.detect(image(1));
            while (detector.memory().held() > detector.memory().used()) {
                Thread.sleep(10);
            }
            detector.detect(image(1)); // restarts the idle time
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
