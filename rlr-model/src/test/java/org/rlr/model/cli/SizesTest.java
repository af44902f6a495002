package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.ModelFile;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Tiling;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Images that are not square, and other numbers of levels, with every command. */
class SizesTest {
    @TempDir
    Path folder;

    private Object[] arguments(List<Object> first, Object... more) {
        List<Object> args = new ArrayList<>(first);
        args.addAll(List.of(more));
        return args.toArray();
    }

    /** Small sizes, to be fast: square and other sizes, two and three levels. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "scattering 64x96 2,3",
                "scattering 96x64 1,2,3",
                "tf_efficientnet_lite0 64x128 2,3",
                "tf_efficientnet_b6 64x96 2,3",
                "wide_resnet50_2 64x80 1,2,3",
                "resnet18 160 2,4",
                "vit_small_patch14_reg4_dinov2 70x98 1,2"
            })
    void everyCommand(String backbone, String size, String levels) throws IOException {
        Path weights = folder.resolve("weights.safetensors");
        List<Object> settings = new ArrayList<>(List.of(
                "--data",
                TinyModel.data(),
                "--backbone",
                backbone,
                "--image-size",
                size,
                "--levels",
                levels,
                "--width",
                "16",
                "--layers",
                "1"));
        if (!backbone.equals(Backbones.WEIGHT_FREE)) {
            BackboneFile.write(backbone, Integer.parseInt(levels.substring(levels.lastIndexOf(',') + 1)), weights);
            settings.addAll(List.of("--weights", weights));
        }
        List<Object> train = new ArrayList<>(List.of("train", "--recipe", "published"));
        train.addAll(settings);
        Path model = folder.resolve("model.safetensors");
        Path resumed = folder.resolve("resumed.safetensors");
        CommandRun.succeeding(arguments(train, "--out", model, "--epochs", "1", "--checkpoint-every", "1"));
        CommandRun.succeeding(arguments(
                train, "--out", resumed, "--epochs", "1", "--resume", folder.resolve("model.safetensors.checkpoint")));
        assertEquals(-1, Files.mismatch(model, resumed));
        RlrConfig config = ModelFile.info(model).config();
        assertEquals(
                size,
                config.imageHeight() == config.imageWidth()
                        ? "" + config.imageHeight()
                        : config.imageHeight() + "x" + config.imageWidth());
        String info = CommandRun.succeeding("info", "--model", model);
        assertTrue(
                info.contains(config.imageWidth() + "×" + config.imageHeight())
                        && info.contains("[" + levels.replace(",", ", ") + "]"),
                info);

        Path json = Files.writeString(
                folder.resolve("config.json"), CommandRun.succeeding("info", "--json", "--model", model));
        Path again = folder.resolve("again.safetensors");
        List<Object> configured =
                new ArrayList<>(List.of("train", "--data", TinyModel.data(), "--out", again, "--config", json));
        if (Files.exists(weights)) {
            configured.addAll(List.of("--weights", weights));
        }
        CommandRun.succeeding(configured.toArray());
        assertEquals(-1, Files.mismatch(model, again));
        Files.delete(again);
        Files.delete(resumed);

        CommandRun.succeeding(
                "threshold",
                "--model",
                model,
                "--normal",
                TinyModel.data().resolve("fabric/test/good"),
                "--false-alarm-rate",
                "0.4");
        CommandRun.succeeding(
                "evaluate",
                "--model",
                model,
                "--data",
                TinyModel.data(),
                "--json",
                folder.resolve("m.json"),
                "--report",
                folder.resolve("r.html"),
                "--out",
                folder.resolve("p"));
        CommandRun.succeeding(
                "detect",
                "--model",
                model,
                "--out",
                folder.resolve("d"),
                TinyModel.images().get(0));
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            Detection d = detector.detect(TinyModel.images().get(0));
            assertEquals(config.imageHeight(), d.mapHeight());
            assertEquals(config.imageWidth(), d.mapWidth());
            if (!backbone.equals(Backbones.WEIGHT_FREE)) {
                imported(model, backbone, weights, size, levels, d);
            }
        }
    }

    private void imported(Path model, String backbone, Path weights, String size, String levels, Detection expected) {
        Path checkpoint = folder.resolve("c.pth");
        Path imported = folder.resolve("imported.safetensors");
        CommandRun.succeeding("export", model, "--out", checkpoint);
        CommandRun.succeeding(
                "import",
                checkpoint,
                "--out",
                imported,
                "--backbone",
                backbone,
                "--weights",
                weights,
                "--image-size",
                size,
                "--levels",
                levels,
                "--normalization",
                "backbone",
                "--threshold",
                "1");
        try (AnomalyDetector detector = AnomalyDetector.load(imported)) {
            assertArrayEquals(
                    expected.map(), detector.detect(TinyModel.images().get(0)).map());
        }
        CommandRun.of(
                        "import",
                        checkpoint,
                        "--out",
                        folder.resolve("no"),
                        "--backbone",
                        backbone,
                        "--weights",
                        weights,
                        "--levels",
                        levels,
                        "--image-size",
                        "512x64",
                        "--threshold",
                        "1")
                .assertFailure("c.pth", "64×512", "do not fit");
    }

    /**
     * The configuration of three levels (RLR §12), on grids higher than wide; pictures keep the aspect ratio of the
     * image file.
     */
    @Test
    void aDecoderDrawsThem() throws IOException {
        Path fabric = TinyModel.data().resolve("fabric");
        Path model = folder.resolve("model.safetensors");
        Path decoder = folder.resolve("decoder.safetensors");
        CommandRun.succeeding(
                "train",
                "--recipe",
                "published",
                "--data",
                fabric,
                "--out",
                model,
                "--image-size",
                "96x64",
                "--levels",
                "1,2,3",
                "--width",
                "16",
                "--layers",
                "1",
                "--epochs",
                "1",
                "--ref-len",
                "2");
        CommandRun.succeeding(
                "decoder", "train", "--model", model, "--data", fabric, "--out", decoder, "--epochs", "1");
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
                FeatureDecoder loaded = DecoderFile.load(decoder, backend)) {
            assertEquals(List.of(1, 2, 3), loaded.info().levels());
            assertEquals(
                    List.of(96, 64),
                    List.of(loaded.info().imageHeight(), loaded.info().imageWidth()));
        }
        Path image = fabric.resolve("test/good/000.png");
        Path out = folder.resolve("out");
        CommandRun.succeeding("detect", "--model", model, "--decoder", decoder, "--out", out, image);
        BufferedImage panel = ImageIO.read(out.resolve("000.png").toFile());
        // input, features, reconstruction, two chunks of the reference, map
        assertEquals(List.of(6 * 260 - 4, 276), List.of(panel.getWidth(), panel.getHeight()));
        CommandRun.succeeding("detect", "--model", model, "--pictures", "features", "--out", out, image);
        panel = ImageIO.read(out.resolve("000.png").toFile());
        assertEquals(List.of(4 * 260 - 4, 4 * 280 - 4), List.of(panel.getWidth(), panel.getHeight()));
        Path report = folder.resolve("r.html");
        CommandRun.succeeding("evaluate", "--model", model, "--data", fabric, "--report", report, "--decoder", decoder);
        assertTrue(Files.readString(report).contains("reference 2"));
    }

    @Test
    void ablateTakesThem() {
        String out = CommandRun.succeeding(
                "ablate",
                "--data",
                TinyModel.data(),
                "--image-size",
                "64x80",
                "--levels",
                "1,2,3",
                "--width",
                "16",
                "--layers",
                "1",
                "--epochs",
                "1",
                "--seeds",
                "1",
                "--blocks",
                "mca");
        assertTrue(out.contains("mca"), out);
    }

    @Test
    void whatDoesNotFitSaysSo() throws IOException {
        Path out = folder.resolve("m");
        Object[][] wrong = {
            {"--image-size", "256x250", "image width 250", "multiple of the stride 16", "use 240 or 256"},
            {"--image-size", "48", "image size 48", "use 64"},
            {"--tile-overlap", "129", "--tile-overlap 129", "256×256", "lower it"},
            {"--tile-overlap", "-1", "--tile-overlap is -1"},
            {"--tile-scale", "0.5", "--tile-scale 0.5", "--tile-overlap N"}
        };
        for (Object[] each : wrong) {
            CommandRun.of("train", "--data", TinyModel.data(), "--out", out, each[0], each[1])
                    .assertFailure(java.util.Arrays.copyOfRange(each, 2, each.length));
        }
        CommandRun.of("train", "--data", TinyModel.data(), "--out", out, "--tile-overlap", "8", "--tile-scale", "0")
                .assertFailure("--tile-scale is 0.0", "above 0");
        CommandRun.of("train", "--data", TinyModel.data(), "--out", out, "--tile-overlap", "8", "--no-tiles")
                .assertFailure("--no-tiles", "omit one of them");
        CommandRun.of("train", "--data", TinyModel.data(), "--out", out, "--image-size", "256*384")
                .assertWrongUsage("--image-size", "256*384", "256x384");
        Path config = Files.writeString(
                folder.resolve("c.json"), "{\"config\": {\"tiling\": {\"overlap\": 8, \"zoom\": 2}}}");
        CommandRun.of("train", "--data", TinyModel.data(), "--out", out, "--config", config)
                .assertFailure("c.json", "config.tiling.zoom");
        assertEquals(
                new Tiling(8, 1),
                org.rlr.model.train.ConfigFile.read(
                                Files.writeString(config, "{\"config\": {\"tiling\": {\"overlap\": 8}}}"))
                        .config()
                        .tiling());
    }
}
