package org.rlr.model.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.Resize;
import org.rlr.model.data.RgbImage;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.detect.Detection;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Exported models give the same numbers in ONNX Runtime. Compiled and run by {@code -Ponnxruntime} only. */
class OnnxRuntimeTest {
    private static final float TOLERANCE = 1e-4f;

    @TempDir
    private Path folder;

    private static Backend backend;

    @BeforeAll
    static void open() {
        backend = Backends.open("cpu", BackendSettings.DEFAULTS);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static RlrConfig.Builder config(String backbone, String size) {
        String[] sides = size.split("x");
        return RlrConfig.builder(backbone)
                .imageSize(Integer.parseInt(sides[1]), Integer.parseInt(sides[0]))
                .width(16)
                .layers(2);
    }

    @ParameterizedTest
    @CsvSource({
        "resnet18, 64x64, 1 2",
        "resnet18, 96x64, 0 2",
        "resnet50, 64x96, 2 3",
        "tf_efficientnet_b0, 64x64, 1 2 3",
        "tf_efficientnet_b4, 80x112, 2 3",
        "efficientnet_b0, 128x160, 2 3 4",
        "tf_efficientnet_lite0, 112x64, 2 3",
        "vit_small_patch14_dinov2, 56x84, 2 5",
        "vit_small_patch14_reg4_dinov2, 98x56, 1 3",
        "scattering, 64x64, 1 2",
        "scattering, 96x64, 0 2 3",
        "patches, 64x96, 2 3",
    })
    void backbones(String backbone, String size, String levels) throws OrtException {
        List<Integer> numbers =
                List.of(levels.split(" ")).stream().map(Integer::valueOf).toList();
        equal(config(backbone, size).levels(numbers).standardize(true).build(), null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mca", "ca", "msa", "nsa", "sa", "mca nsa", "mca ca msa nsa sa", "ring", "mca ring"})
    void blocksAndGates(String blocks) throws OrtException {
        for (GateMode gate : GateMode.values()) {
            for (int length = 1; length <= (blocks.contains("nsa") && !blocks.contains("mca") ? 1 : 3); length += 2) {
                equal(
                        config("patches", "64x96")
                                .blocks(List.of(blocks.split(" ")))
                                .gate(gate)
                                .refLen(length)
                                .build(),
                        null);
            }
        }
    }

    /** Windows as large as the grid leave queries without keys. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 99})
    void windows(int size) throws OrtException {
        equal(
                config("patches", "96x64")
                        .blocks(List.of("mca", "nsa", "msa"))
                        .windows(Map.of(2, size, 3, size))
                        .build(),
                null);
    }

    @ParameterizedTest
    @CsvSource({"2 3, 1 1, 0", "2 3, 3 0.5, 4", "3, 2, 1.5", "2, 1, 40"})
    void scorings(String levels, String weights, double smoothing) throws OrtException {
        equal(
                config("patches", "64x96").averagePool(false).standardize(true).build(),
                new Scoring(
                        List.of(levels.split(" ")).stream()
                                .map(Integer::valueOf)
                                .toList(),
                        List.of(weights.split(" ")).stream()
                                .map(Double::valueOf)
                                .toList(),
                        smoothing));
    }

    private void equal(RlrConfig config, Scoring scoring) throws OrtException {
        try (RlrModel model = MadeUpModel.of(config, scoring, null, null, backend)) {
            Path file = folder.resolve("model.onnx");
            OnnxExport.write(model, file);
            List<RgbImage> images = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                images.add(MadeUpModel.image(i, config.imageWidth(), config.imageHeight()));
            }
            double largest = 0;
            try (Session session = new Session(file)) {
                Outputs together = session.run(images);
                for (int i = 0; i < images.size(); i++) {
                    AnomalyMap expected = new AnomalyScorer(model).score(images.get(i));
                    Outputs alone = session.run(List.of(images.get(i)));
                    for (Outputs outputs : List.of(together, alone)) {
                        int at = outputs == alone ? 0 : i;
                        largest = Math.max(largest, difference(expected.imageScore(), outputs.scores[at]));
                        for (int p = 0; p < expected.values().length; p++) {
                            largest = Math.max(
                                    largest,
                                    difference(
                                            expected.values()[p], outputs.maps.get(at)[p]));
                        }
                    }
                }
            }
            System.out.printf(
                    Locale.ROOT,
                    "%s %dx%d levels %s blocks %s gate %s refLen %d scoring %s: largest difference %.1e%n",
                    config.backbone(),
                    config.imageWidth(),
                    config.imageHeight(),
                    config.levels(),
                    config.blocks(),
                    config.gate(),
                    config.refLen(),
                    scoring,
                    largest);
            assertTrue(largest <= TOLERANCE, "largest difference " + largest);
        }
    }

    /** The table of docs/results: {@code -Drlr.onnx.models=MODEL,… -Drlr.onnx.images=DIR}. */
    @Test
    void modelsOfYoursOnYourImages() throws OrtException, IOException {
        String models = System.getProperty("rlr.onnx.models", "");
        assumeTrue(
                !models.isBlank(), "name models with -Drlr.onnx.models and a folder of images with -Drlr.onnx.images");
        List<Path> images;
        try (Stream<Path> all = Files.walk(Path.of(System.getProperty("rlr.onnx.images")))) {
            images = all.filter(Images::hasImageName).sorted().toList();
        }
        for (String model : models.split(",")) {
            compare(Path.of(model), images);
        }
    }

    private void compare(Path given, List<Path> images) throws OrtException, IOException {
        Path file = folder.resolve("model.onnx");
        double map = 0;
        double score = 0;
        double least = Double.POSITIVE_INFINITY;
        double greatest = 0;
        int others = 0;
        List<Double> ratios = new ArrayList<>();
        List<Double> times = new ArrayList<>();
        try (RlrModel model = ModelFile.load(given, backend)) {
            OnnxExport.write(model, file);
            RlrConfig config = model.info().config();
            try (Session session = new Session(file);
                    AnomalyDetector detector = AnomalyDetector.load(given, backend)) {
                for (Path each : images) {
                    RgbImage image =
                            Resize.lanczos(ImageSource.of(each).read(), config.imageWidth(), config.imageHeight());
                    long start = System.nanoTime();
                    Detection expected = detector.detect(image);
                    long middle = System.nanoTime();
                    Outputs outputs = session.run(List.of(image));
                    long end = System.nanoTime();
                    ratios.add((double) (end - middle) / (middle - start));
                    times.add((middle - start) / 1e6);
                    score = Math.max(score, difference((float) expected.score(), outputs.scores[0]));
                    for (int p = 0; p < expected.map().length; p++) {
                        map = Math.max(
                                map, difference(expected.map()[p], outputs.maps.get(0)[p]));
                    }
                    others += expected.anomalous() == outputs.labels[0] ? 0 : 1;
                    least = Math.min(least, expected.score());
                    greatest = Math.max(greatest, expected.score());
                }
            }
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d images of scores %.2f to %.2f, largest difference of scores %.1e, of maps %.1e,"
                            + " other verdicts %d; rlr %.0f ms an image, ONNX Runtime's time over it %.2f (medians);"
                            + " file %.1f MB%n",
                    given.getFileName(),
                    images.size(),
                    least,
                    greatest,
                    score,
                    map,
                    others,
                    median(times),
                    median(ratios),
                    Files.size(file) / 1e6);
        }
        assertTrue(map <= TOLERANCE && score <= TOLERANCE, map + ", " + score);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    /** Returns the difference, relative for numbers above 1. */
    private static double difference(float expected, float actual) {
        double difference = Math.abs(expected - actual) / Math.max(1, Math.abs(expected));
        return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
    }

    /** Known classes have their own thresholds, an unknown product has none. */
    @Test
    void verdictsAreThoseOfDetection() throws OrtException {
        RlrConfig config = config("resnet18", "64x64").build();
        List<RgbImage> images = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            images.add(MadeUpModel.image(i, 64, 64));
        }
        List<float[]> pooled = new ArrayList<>();
        double[] scores = new double[images.size()];
        try (RlrModel model = MadeUpModel.of(config, backend)) {
            for (int i = 0; i < images.size(); i++) {
                try (TensorScope scope = TensorScope.inference(backend)) {
                    List<Tensor> maps = new ComputedFeatureMaps(model.backbone(), config)
                            .of(images.get(i))
                            .maps(0);
                    pooled.add(ProductRecognizer.pool(maps));
                }
                scores[i] = new AnomalyScorer(model).score(images.get(i)).imageScore();
            }
        }
        float[] deviation = new float[pooled.get(0).length];
        java.util.Arrays.fill(deviation, 0.2f);
        ProductRecognizer recognizer = new ProductRecognizer(
                List.of(
                        new ProductRecognizer.Product("one", List.of(pooled.get(0), pooled.get(4)), 0.3),
                        new ProductRecognizer.Product("two", List.of(pooled.get(1), pooled.get(5)), 0.3)),
                deviation);
        // exactly the score of an image, so the image does not exceed it
        Thresholds thresholds = new Thresholds(given(1e3), Map.of("one", given(scores[4]), "two", given(scores[1])));
        int anomalous = 0;
        int unknown = 0;
        try (RlrModel model = MadeUpModel.of(config, null, thresholds, recognizer, backend)) {
            Path file = folder.resolve("model.onnx");
            OnnxExport.write(model, file);
            Path saved = folder.resolve("model.safetensors");
            ModelFile.save(model, saved);
            try (Session session = new Session(file);
                    AnomalyDetector detector = AnomalyDetector.load(saved)) {
                Outputs outputs = session.run(images);
                for (int i = 0; i < images.size(); i++) {
                    Detection detection = detector.detect(images.get(i));
                    if (Math.abs(detection.score() - detection.threshold()) > TOLERANCE) {
                        assertEquals(detection.anomalous(), outputs.labels[i], "image " + i);
                    }
                    boolean[] mask = outputs.masks.get(i);
                    for (int p = 0; p < mask.length; p++) {
                        if (Math.abs(detection.map()[p] - detection.threshold()) > TOLERANCE) {
                            assertEquals(detection.map()[p] > detection.threshold(), mask[p]);
                        }
                    }
                    anomalous += outputs.labels[i] ? 1 : 0;
                    unknown += detection.unknownProduct() ? 1 : 0;
                }
            }
        }
        assertTrue(unknown > 0 && anomalous > unknown && anomalous < images.size(), unknown + " of " + anomalous);
    }

    private static Threshold given(double value) {
        return Thresholds.ofTraining(ScoreStatistics.given(value), Map.of()).common();
    }

    private record Outputs(float[] scores, boolean[] labels, List<float[]> maps, List<boolean[]> masks) {}

    private static final class Session implements AutoCloseable {
        private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
        private final OrtSession session;

        Session(Path file) throws OrtException {
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(2);
                session = environment.createSession(file.toString(), options);
            }
        }

        Outputs run(List<RgbImage> images) throws OrtException {
            int n = images.size();
            int height = images.get(0).height();
            int width = images.get(0).width();
            float[] input = new float[n * 3 * height * width];
            for (int i = 0; i < n; i++) {
                byte[] rgb = images.get(i).rgb();
                for (int p = 0; p < height * width; p++) {
                    for (int c = 0; c < 3; c++) {
                        input[((i * 3) + c) * height * width + p] = (rgb[3 * p + c] & 0xff) / 255f;
                    }
                }
            }
            try (OnnxTensor tensor = OnnxTensor.createTensor(
                            environment, FloatBuffer.wrap(input), new long[] {n, 3, height, width});
                    OrtSession.Result result = session.run(Map.of("input", tensor))) {
                float[][] scores =
                        (float[][]) result.get("pred_score").orElseThrow().getValue();
                boolean[][] labels =
                        (boolean[][]) result.get("pred_label").orElseThrow().getValue();
                float[][][][] maps =
                        (float[][][][]) result.get("anomaly_map").orElseThrow().getValue();
                boolean[][][][] masks =
                        (boolean[][][][]) result.get("pred_mask").orElseThrow().getValue();
                Outputs outputs = new Outputs(new float[n], new boolean[n], new ArrayList<>(), new ArrayList<>());
                for (int i = 0; i < n; i++) {
                    outputs.scores[i] = scores[i][0];
                    outputs.labels[i] = labels[i][0];
                    float[] map = new float[height * width];
                    boolean[] mask = new boolean[height * width];
                    for (int p = 0; p < map.length; p++) {
                        map[p] = maps[i][0][p / width][p % width];
                        mask[p] = masks[i][0][p / width][p % width];
                    }
                    outputs.maps.add(map);
                    outputs.masks.add(mask);
                }
                return outputs;
            }
        }

        @Override
        public void close() throws OrtException {
            session.close();
        }
    }
}
