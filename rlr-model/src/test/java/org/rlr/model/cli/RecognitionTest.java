package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Threshold;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;

/** A model of three of the demo's four products recognises them, and reports the fourth as unknown. */
class RecognitionTest {
    private static final String STRANGER = "metal_disc";
    private static Path data;
    private static Path strange;
    private static Path model;

    @TempDir
    Path folder;

    @BeforeAll
    static void train(@TempDir Path home) throws IOException {
        data = home.resolve("data");
        DemoDataSet.generate(data, 64, 10, 3, 2, 7, 2);
        strange = Files.move(data.resolve(STRANGER), home.resolve(STRANGER));
        model = home.resolve("model.safetensors");
        CommandRun.succeeding(TinyModel.train(data, model));
    }

    private static List<Sample> test(Path folder) {
        return DataLayouts.read(folder).test();
    }

    private static RgbImage drawn(IntUnaryOperator value) {
        byte[] pixels = new byte[64 * 64 * RgbImage.CHANNELS];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) value.applyAsInt(i);
        }
        return new RgbImage(64, 64, pixels);
    }

    /** Returns noise, plain pictures and stripes. */
    private static List<RgbImage> pictures() {
        Random random = new Random(3);
        return List.of(
                drawn(i -> random.nextInt(256)),
                drawn(i -> 0),
                drawn(i -> 255),
                drawn(i -> i % 3 * 100),
                drawn(i -> i / 24 % 2 * 255));
    }

    @Test
    void eachImageIsMeasuredByTheThresholdOfItsClass() {
        ModelInfo info = ModelFile.info(model);
        assertEquals(3, info.thresholds().perClass().size());
        String said = CommandRun.succeeding("info", "--model", model);
        assertTrue(said.matches("(?s).*recognises +capsules, circuit_board, fabric\\R.*"), said);
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            for (Sample sample : test(data)) {
                Detection d = detector.detect(sample.image());
                if (sample.anomalous() && d.unknownProduct()) {
                    continue; // the defect covers a sixth of such a small image
                }
                Threshold own = info.thresholds().ownOf(sample.className());
                assertEquals(sample.className(), d.className(), sample.image().id());
                assertFalse(d.unknownProduct());
                assertEquals(own.value(), d.threshold());
                assertEquals(own.normalized(d.score()), d.normalizedScore());
                assertEquals(own.exceededBy(d.score()), d.anomalous());
            }
        }
    }

    @Test
    void whatIsNoneOfTheProductsIsUnknown() throws IOException {
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            double common = detector.info().thresholds().common().value();
            for (RgbImage picture : pictures()) {
                Detection d = detector.detect(picture);
                assertTrue(d.unknownProduct() && d.anomalous(), d.toString());
                assertNull(d.className());
                assertEquals(common, d.threshold());
            }
            for (Sample sample : test(strange)) {
                assertTrue(
                        detector.detect(sample.image()).unknownProduct(),
                        sample.image().id());
                // a given class is not checked
                Detection given = detector.detect(sample.image(), "fabric");
                assertFalse(given.unknownProduct());
                assertEquals("fabric", given.className());
                assertEquals(detector.info().thresholds().ownOf("fabric").value(), given.threshold());
            }
        }
        Path picture = folder.resolve("noise.png");
        PngFile.write(picture, pictures().get(0));
        Path json = folder.resolve("found.json");
        Path known = test(data).get(0).image().file();
        CommandRun run = CommandRun.of("detect", "--model", model, picture, known, "--json", json);
        List<String> lines = run.out().lines().toList();
        assertTrue(lines.get(0).endsWith("\tunknown product"), run.out());
        assertTrue(lines.get(1).endsWith("\tcapsules"), run.out());
        assertTrue(run.err().contains("1 unknown product)"), run.err());
        JsonObject entry = JsonParser.parseString(Files.readString(json))
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        assertTrue(entry.get("unknown_product").getAsBoolean()
                && entry.get("anomalous").getAsBoolean());
        assertFalse(entry.has("class"));
    }

    /** An older model file recognises no classes: the common threshold is used, and no class is printed. */
    @Test
    void olderModelsAreAsTheyWere() throws IOException {
        Path old = folder.resolve("old.safetensors");
        String text = Files.readString(model, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains("\"products\""));
        Files.writeString(old, text.replace("\"products\"", "\"pr0ducts\""), StandardCharsets.ISO_8859_1);
        try (AnomalyDetector before = AnomalyDetector.load(old);
                AnomalyDetector now = AnomalyDetector.load(model)) {
            for (RgbImage picture : pictures()) {
                Detection d = before.detect(picture);
                assertEquals(now.detect(picture).score(), d.score());
                assertFalse(d.unknownProduct());
                assertNull(d.className());
                assertEquals(before.info().thresholds().common().value(), d.threshold());
                assertEquals(d.score() > d.threshold(), d.anomalous());
            }
        }
        CommandRun run = CommandRun.of(
                "detect", "--model", old, test(data).get(0).image().file());
        assertEquals(2, run.out().chars().filter(c -> c == '\t').count(), run.out());
        assertTrue(run.err().contains("the common one is used"), run.err());
        assertFalse(CommandRun.succeeding("info", "--model", old).contains("recognises"));
        assertFalse(CommandRun.succeeding("evaluate", "--model", old, "--data", data)
                .contains("recognised"));
    }

    @Test
    void evaluateTellsHowClassesAreRecognised() throws IOException {
        Path json = folder.resolve("metrics.json");
        String out = CommandRun.succeeding("evaluate", "--model", model, "--data", data, "--json", json);
        assertTrue(out.contains("unknown product") && out.contains("the recognised class's"), out);
        JsonObject recognition =
                JsonParser.parseString(Files.readString(json)).getAsJsonObject().getAsJsonObject("recognition");
        for (String name : List.of("capsules", "circuit_board", "fabric")) {
            JsonObject row = recognition.getAsJsonObject("confusion").getAsJsonObject(name);
            int unknown =
                    row.has("unknown product") ? row.get("unknown product").getAsInt() : 0;
            assertTrue(unknown < 3, row.toString());
            assertEquals(test(data.resolve(name)).size(), row.get(name).getAsInt() + unknown, row.toString());
        }
        JsonObject f1 = recognition.getAsJsonObject("image_f1");
        assertEquals(List.of("nothing", "recognized", "class"), List.copyOf(f1.keySet()));
        assertTrue(f1.getAsJsonObject("recognized").get("best").getAsDouble() > 0);
        // another scoring has no thresholds
        String other = CommandRun.succeeding("evaluate", "--model", model, "--data", data, "--smoothing", "1");
        assertTrue(other.contains("unknown product") && !other.contains("image F1 of all"), other);
    }

    /** One threshold of calibrated scores, chosen from the images of all classes without their labels. */
    @Test
    void aThresholdFromImagesOfAllClassesIsOneOfCalibratedScores() throws IOException {
        Path heldOut = folder.resolve("normal");
        Files.createDirectories(heldOut);
        List<Path> files = new ArrayList<>();
        for (Sample sample : test(data)) {
            if (!sample.anomalous()) {
                files.add(Files.copy(sample.image().file(), heldOut.resolve(files.size() + ".png")));
            }
        }
        Path found = folder.resolve("found.safetensors");
        CommandRun.succeeding(
                "threshold", "--model", model, "--normal", heldOut, "--false-alarm-rate", "0.25", "--out", found);
        ModelInfo before = ModelFile.info(model);
        ModelInfo after = ModelFile.info(found);
        double[] calibrated = before.classes().stream()
                .mapToDouble(name -> {
                    Threshold was = before.thresholds().ownOf(name);
                    Threshold own = after.thresholds().ownOf(name);
                    assertEquals(was.mean(), own.mean());
                    assertEquals(was.std(), own.std());
                    assertEquals(Threshold.Rule.FALSE_ALARM_RATE, own.rule());
                    assertEquals(files.size(), own.normal());
                    return (own.value() - own.mean()) / own.std();
                })
                .toArray();
        assertEquals(calibrated[0], calibrated[1], 1e-9);
        assertEquals(calibrated[0], calibrated[2], 1e-9);
        try (AnomalyDetector detector = AnomalyDetector.load(found)) {
            long alarms = files.stream()
                    .filter(file -> detector.detect(file).anomalous())
                    .count();
            assertEquals((int) (0.25 * (files.size() + 1)) - 1, alarms);
        }
        // the same if the data set gives the classes
        Path labelled = folder.resolve("labelled.safetensors");
        CommandRun.succeeding(
                "threshold", "--model", model, "--data", data, "--false-alarm-rate", "0.25", "--out", labelled);
        assertEquals(after.thresholds(), ModelFile.info(labelled).thresholds());
    }

    /** All tiles of an image are pooled. */
    @Test
    void imagesOfTilesAreRecognised() {
        Path tiles = folder.resolve("tiles.safetensors");
        CommandRun.succeeding(TinyModel.train(data, tiles, "--tile-overlap", "8", "--tile-scale", "1.6"));
        try (AnomalyDetector detector = AnomalyDetector.load(tiles)) {
            for (Sample sample : test(data)) {
                if (sample.anomalous()) {
                    continue;
                }
                assertEquals(
                        sample.className(),
                        detector.detect(sample.image()).className(),
                        sample.image().id());
            }
            assertTrue(detector.detect(pictures().get(0)).unknownProduct());
        }
    }

    @Test
    void damagedClassesAreRefused() throws IOException {
        byte[] file = Files.readAllBytes(model);
        String text = new String(file, StandardCharsets.ISO_8859_1);
        String limits = "\\\"limits\\\":[0.4,";
        assertTrue(text.contains(limits), text.substring(0, 3000));
        for (String other : List.of("\\\"limits\\\":[-.4,", "\\\"limits\\\":[nan,", "\\\"limitz\\\":[0.4,")) {
            Path damaged = folder.resolve("damaged.safetensors");
            Files.writeString(damaged, text.replace(limits, other), StandardCharsets.ISO_8859_1);
            ModelException e = assertThrows(ModelException.class, () -> AnomalyDetector.load(damaged));
            assertEquals(ModelException.Reason.DAMAGED, e.reason(), Arrays.toString(e.getStackTrace()));
        }
    }
}
