package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TestImages;
import org.rlr.tensor.ResourceException;

/** The heap that calls need according to {@link AnomalyDetector}, in a process with exactly that heap. */
class SmallHeapTest {
    private static final int AT_ONCE = 8;
    private static final int CALLERS = 16;
    /** Heap of a model of the published size without calls, in MiB. */
    private static final int MODEL = 200;

    private static final int STATED_PER_CALL = 32;

    @TempDir
    private Path folder;

    @Test
    void callsTakeNoMoreThanStatedAndLackOfMemoryLeavesTheDetectorUsable() throws Exception {
        Path model =
                RandomModel.write(folder.resolve("model.safetensors"), RlrConfig.published(Backbones.WEIGHT_FREE), 1);
        // a header and few bytes, but the largest number of pixels that is read: more than the heap
        Path huge = Files.write(
                folder.resolve("huge.png"), TestImages.png(11_000, 11_000, TestImages.GREY, 1, (pixel, channel) -> 0));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + (MODEL + AT_ONCE * STATED_PER_CALL) + "m",
                "-XX:CompileCommand=quiet",
                "-XX:CompileCommand=CompileThresholdScaling,org.rlr.tensor.cpu.Vector*::*,0.05",
                "-cp",
                System.getProperty("java.class.path")));
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            command.add(1, "--add-modules=jdk.incubator.vector");
        }
        command.addAll(List.of(SmallHeapTest.class.getName(), model.toString(), huge.toString()));
        Path output = folder.resolve("output");
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        assertEquals(0, code, () -> read(output));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The process: loads the model and reads too large images. */
    public static void main(String[] args) throws Exception {
        RgbImage image = TestImages.smooth(512, 512);
        try (AnomalyDetector detector = AnomalyDetector.load(
                Path.of(args[0]),
                DetectorOptions.builder().maxConcurrent(AT_ONCE).build())) {
            Detection expected = detector.detect(image);
            atOnce(detector, image, expected);
            // refused from its header
            ImageException large =
                    assertThrows(ImageException.class, () -> detector.detect(ImageSource.of(Path.of(args[1]))));
            assertEquals(ImageException.Reason.TOO_LARGE, large.reason(), large.getMessage());
            // a stream that does not announce its size
            ResourceException lack = assertThrows(
                    ResourceException.class, () -> detector.detect(ImageSource.of("endless", SmallHeapTest::endless)));
            assertEquals(ResourceException.Resource.MEMORY, lack.resource(), lack.getMessage());
            atOnce(detector, image, expected);
        }
    }

    private static InputStream endless() {
        return new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] bytes, int from, int count) {
                return count;
            }
        };
    }

    private static void atOnce(AnomalyDetector detector, RgbImage image, Detection expected) throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        try {
            List<Future<Detection>> results = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                results.add(callers.submit(() -> detector.detect(image)));
            }
            for (Future<Detection> result : results) {
                assertEquals(expected, result.get());
            }
        } finally {
            callers.shutdownNow();
        }
    }
}
