package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Tiling;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.model.train.ConfigFile;
import org.rlr.model.train.Trainer;
import org.rlr.model.train.TrainingListener;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.io.SafeTensorsFile;

/** Images that a model cuts into overlapping tiles, with every command. */
class TilesTest {
    private static final int TILE = 64;
    /** Wide images of one class, including one good image that is larger than the others. */
    private static Path data;

    private static Path model;

    @TempDir
    Path folder;

    @BeforeAll
    static void train(@TempDir Path home) throws IOException {
        data = home.resolve("data");
        for (Path file : TinyModel.images()) {
            if (file.startsWith(TinyModel.data().resolve("fabric"))) {
                wide(file, 150);
                for (Path mask : masks(file)) {
                    wide(mask, 150);
                }
            }
        }
        for (int i = 0; i < 3; i++) {
            wide(
                    TinyModel.data().resolve("fabric/train/good/00" + i % 2 + ".png"),
                    data.resolve("fabric/train/good/00" + i + ".png"),
                    150 + 10 * i);
        }
        wide(TinyModel.data().resolve("fabric/train/good/000.png"), data.resolve("fabric/test/good/large.png"), 260);
        model = home.resolve("model.safetensors");
        CommandRun.succeeding(training(model, TILE, "--tile-overlap", "16", "--epochs", "1", "--validation", "0.4"));
    }

    private static List<Path> masks(Path image) {
        Path mask = Path.of(image.toString().replace("/test/", "/ground_truth/").replace(".png", "_mask.png"));
        return Files.exists(mask) ? List.of(mask) : List.of();
    }

    private static void wide(Path file, int width) throws IOException {
        wide(file, data.resolve(TinyModel.data().relativize(file)), width);
    }

    /** Returns the picture repeated to a width, one and a half times as high as a tile. */
    private static void wide(Path file, Path target, int width) throws IOException {
        BufferedImage source = ImageIO.read(file.toFile());
        BufferedImage image = new BufferedImage(width, TILE * 3 / 2, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, source.getRGB(x % source.getWidth(), y % source.getHeight()));
            }
        }
        Files.createDirectories(target.getParent());
        ImageIO.write(image, "png", target.toFile());
    }

    private static Object[] training(Path out, int size, Object... more) {
        List<Object> args = new ArrayList<>(List.of(
                "train",
                "--recipe",
                "published",
                "--data",
                data,
                "--out",
                out,
                "--image-size",
                size,
                "--width",
                "16",
                "--layers",
                "1",
                "--threads",
                "2"));
        args.addAll(List.of(more));
        return args.toArray();
    }

    /**
     * Compares with the same model's maps of single tiles, blended by the definition: for each pixel the mean weighted
     * by squared sines.
     */
    @Test
    void aMapIsThatOfItsTilesBlended() throws IOException {
        BufferedImage image =
                ImageIO.read(data.resolve("fabric/test/good/large.png").toFile());
        int height = image.getHeight();
        int width = image.getWidth();
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            Detection whole = detector.detect(image);
            assertEquals(height, whole.mapHeight());
            assertEquals(width, whole.mapWidth());
            int[] tops = {0, 32};
            double[] sum = new double[height * width];
            double[] weight = new double[height * width];
            for (int top : tops) {
                for (int left : starts(width)) {
                    float[] map = detector.detect(image.getSubimage(left, top, TILE, TILE))
                            .map();
                    for (int y = 0; y < TILE; y++) {
                        for (int x = 0; x < TILE; x++) {
                            double w = fade(tops, top, y) * fade(starts(width), left, x);
                            sum[(top + y) * width + left + x] += w * map[y * TILE + x];
                            weight[(top + y) * width + left + x] += w;
                        }
                    }
                }
            }
            for (int i = 0; i < sum.length; i++) {
                assertEquals(sum[i] / weight[i], whole.map()[i], 1e-6 * whole.map()[i]);
            }
        }
    }

    private static int[] starts(int length) {
        int count = 1 + (int) Math.ceil((length - TILE) / 48.0);
        int[] starts = new int[count];
        for (int i = 0; i < count; i++) {
            starts[i] = (int) Math.floor((double) i * (length - TILE) / (count - 1));
        }
        return starts;
    }

    private static double fade(int[] starts, int start, int pixel) {
        double weight = 1;
        for (int i = 0; i < starts.length; i++) {
            if (starts[i] == start && i > 0 && pixel < starts[i - 1] + TILE - start) {
                weight *= Math.pow(Math.sin(Math.PI / 2 * (pixel + 0.5) / (starts[i - 1] + TILE - start)), 2);
            }
            if (starts[i] == start && i + 1 < starts.length && pixel >= starts[i + 1] - start) {
                weight *= Math.pow(Math.sin(Math.PI / 2 * (TILE - pixel - 0.5) / (start + TILE - starts[i + 1])), 2);
            }
        }
        return weight;
    }

    /** If every image is one tile, tiling changes only the description. */
    @Test
    void anImageOfOneTileIsLearnedAndExaminedAsWithoutTiles() {
        List<List<float[]>> results = new ArrayList<>();
        for (Object[] tiles : new Object[][] {{}, {"--tile-overlap", "0"}}) {
            Path out = folder.resolve("m" + tiles.length);
            CommandRun.succeeding(TinyModel.train(TinyModel.data(), out, tiles));
            try (SafeTensorsFile file = SafeTensorsFile.open(out);
                    AnomalyDetector detector = AnomalyDetector.load(out)) {
                results.add(List.of(
                        file.readFloats("level2.ref_mca"),
                        file.readFloats("statistics3.mean"),
                        detector.detect(TinyModel.images().get(3)).map()));
                assertEquals(tiles.length > 0, detector.info().config().tiling() != null);
            }
        }
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(results.get(0).get(i), results.get(1).get(i));
        }
    }

    @Test
    void trainingLearnsFromEveryTile() {
        // images of 150, 160 and 170 columns: 3, 3 and 4 tiles by 2
        RlrConfig config = RlrConfig.builder("scattering")
                .imageSize(TILE, TILE)
                .width(16)
                .layers(1)
                .blocks(List.of("mca"))
                .tiling(new Tiling(16, 1))
                .build();
        List<Integer> seen = new ArrayList<>();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void step(int epoch, int epochs, int step, int steps, double loss, int images) {
                seen.add(images);
            }
        };
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
                RlrModel trained = new Trainer(
                                backend,
                                config,
                                TrainingSettings.builder()
                                        .epochs(1)
                                        .learningRate(1e-3f)
                                        .seed(1)
                                        .featureJitter(0)
                                        .noiseProb(0)
                                        .build(),
                                listener)
                        .train(
                                Backbones.open("scattering", null, config.levels(), backend),
                                ImageSource.files(Images.list(data.resolve("fabric/train/good"))),
                                List.of("fabric"))) {
            assertEquals(List.of(8, 8, 4), seen);
            assertEquals(3, trained.info().images());
            assertEquals(3, trained.info().scores().images());
        }
    }

    @Test
    void everyCommandKnowsTheTiles() throws IOException {
        Path own = Files.copy(model, folder.resolve("own.safetensors"));
        assertTrue(CommandRun.succeeding("info", "--model", own)
                .contains("64×64, overlapping by 16 pixels, at the image's own resolution"));
        assertEquals(new Tiling(16, 1), ModelFile.info(own).config().tiling());
        Path json = folder.resolve("d.json");
        CommandRun.succeeding(
                "threshold", "--model", own, "--normal", data.resolve("fabric/test/good"), "--false-alarm-rate", "0.3");
        String table = CommandRun.succeeding(
                "evaluate",
                "--model",
                own,
                "--data",
                data,
                "--report",
                folder.resolve("r.html"),
                "--out",
                folder.resolve("p"));
        assertTrue(table.contains("fabric"), table);
        assertTrue(Files.readString(folder.resolve("r.html")).contains("overlap"));
        assertEquals(
                3 * 260 + 2 * 4,
                ImageIO.read(folder.resolve("p/fabric/good/large.png").toFile()).getWidth());
        CommandRun.succeeding(
                "detect",
                "--model",
                own,
                "--json",
                json,
                "--out",
                folder.resolve("o"),
                data.resolve("fabric/test/good"));
        try (AnomalyDetector detector = AnomalyDetector.load(own)) {
            for (JsonElement each :
                    JsonParser.parseString(Files.readString(json)).getAsJsonArray()) {
                assertEquals(
                        detector.detect(Path.of(
                                        each.getAsJsonObject().get("path").getAsString()))
                                .score(),
                        each.getAsJsonObject().get("score").getAsDouble());
            }
        }

        Path config =
                Files.writeString(folder.resolve("c.json"), CommandRun.succeeding("info", "--json", "--model", model));
        assertEquals(new Tiling(16, 1), ConfigFile.read(config).config().tiling());
        Path again = folder.resolve("again.safetensors");
        CommandRun.succeeding("train", "--data", data, "--out", again, "--config", config);
        assertEquals(-1, Files.mismatch(model, again));
        CommandRun.succeeding(
                "train", "--data", data, "--out", again, "--config", config, "--no-tiles", "--validation", "0");
        assertNull(ModelFile.info(again).config().tiling());
        CommandRun.succeeding(
                "train",
                "--data",
                data,
                "--out",
                again,
                "--config",
                config,
                "--tile-scale",
                "0.7",
                "--checkpoint-every",
                "1");
        assertEquals(new Tiling(16, 0.7), ModelFile.info(again).config().tiling());
        CommandRun.of(
                        "train",
                        "--data",
                        data,
                        "--out",
                        again,
                        "--config",
                        config,
                        "--resume",
                        folder.resolve("again.safetensors.checkpoint"))
                .assertFailure("the model", "0.7");
    }
}
