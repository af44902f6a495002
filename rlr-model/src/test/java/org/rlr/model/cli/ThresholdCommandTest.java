package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Threshold.Rule;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.Miniature;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.tensor.io.SafeTensorsFile;

/** {@code rlr threshold}, and its effect on the other commands. */
class ThresholdCommandTest {
    @TempDir
    Path folder;

    private Path model;

    @BeforeEach
    void copyAModel() throws IOException {
        model = Files.copy(TinyModel.model(), folder.resolve("model.safetensors"));
    }

    private String threshold(Object... more) {
        Object[] args = new Object[3 + more.length];
        args[0] = "threshold";
        args[1] = "--model";
        args[2] = model;
        System.arraycopy(more, 0, args, 3, more.length);
        return CommandRun.succeeding(args);
    }

    private Threshold common() {
        return ModelFile.info(model).thresholds().common();
    }

    /** Returns image scores as detect prints them, in the order of the files. */
    private List<JsonObject> detect(Object... args) throws IOException {
        Path json = folder.resolve("found.json");
        Object[] all = new Object[5 + args.length];
        System.arraycopy(new Object[] {"detect", "--model", model, "--json", json}, 0, all, 0, 5);
        System.arraycopy(args, 0, all, 5, args.length);
        assertEquals(0, CommandRun.of(all).code());
        return JsonParser.parseString(Files.readString(json)).getAsJsonArray().asList().stream()
                .map(each -> each.getAsJsonObject())
                .toList();
    }

    @Test
    void aQuantileOfHeldOutNormalImagesIsKeptAndApplied() throws IOException {
        Path heldOut = folder.resolve("held out");
        Files.createDirectories(heldOut);
        List<Path> normal = DataLayouts.read(TinyModel.data()).test().stream()
                .filter(sample -> !sample.anomalous())
                .map(sample -> sample.image().file())
                .toList();
        for (int i = 0; i < normal.size(); i++) {
            Files.copy(normal.get(i), heldOut.resolve(i + ".png"));
        }
        String out = threshold("--normal", heldOut, "--false-alarm-rate", "0.25");
        assertTrue(out.contains("8 normal images") && out.contains("thresholds saved"), out);
        Threshold t = common();
        assertEquals(Rule.FALSE_ALARM_RATE, t.rule());
        assertEquals(8, t.normal());
        assertEquals(2.0 / 9, t.falseAlarmRate().estimate(), 1e-12);
        List<JsonObject> found = detect(heldOut);
        assertEquals(
                1,
                found.stream()
                        .filter(entry -> entry.get("anomalous").getAsBoolean())
                        .count(),
                "one of eight scores is above");
        for (JsonObject entry : found) {
            double score = entry.get("score").getAsDouble();
            assertEquals(t.value(), entry.get("threshold").getAsDouble());
            assertEquals(t.normalized(score), entry.get("normalized_score").getAsDouble(), 1e-15);
            assertEquals(score > t.value(), entry.get("normalized_score").getAsDouble() > 0.5);
        }
        assertTrue(CommandRun.succeeding("info", "--model", model)
                .contains("false-alarm rate of at most 0.25, from 8 normal images"));
    }

    @Test
    void labelledImagesAndClassesGiveThresholdsOfTheirOwn() throws IOException {
        Path other = folder.resolve("other.safetensors");
        String out = threshold("--data", TinyModel.data(), "--recall", "1", "--per-class", "--out", other);
        assertEquals(-1, Files.mismatch(TinyModel.model(), model), "with --out the model file does not change");
        model = other;
        ModelInfo info = ModelFile.info(model);
        assertEquals(
                info.classes().stream().sorted().toList(),
                List.copyOf(info.thresholds().perClass().keySet()));
        assertTrue(
                out.lines().anyMatch(line -> line.startsWith("common"))
                        && out.lines().anyMatch(line -> line.startsWith("fabric")),
                out);
        for (String name : info.classes()) {
            Threshold own = info.thresholds().ownOf(name);
            assertEquals(1, own.recall().estimate());
            for (JsonObject entry : detect(
                    TinyModel.data().resolve(name).resolve("test").resolve(firstDefect(name)), "--class", name)) {
                assertTrue(entry.get("anomalous").getAsBoolean());
                assertEquals(own.value(), entry.get("threshold").getAsDouble());
            }
        }
        CommandRun plain =
                CommandRun.of("detect", "--model", model, TinyModel.images().get(0));
        assertFalse(plain.err().contains("note"), plain.err());
        assertTrue(plain.out().strip().endsWith("\tcapsules"), plain.out());
        CommandRun.of("detect", "--model", model, TinyModel.images().get(0), "--class", "bolt")
                .assertFailure("'bolt'", "fabric");
        CommandRun.of("detect", "--model", TinyModel.model(), TinyModel.images().get(0), "--class", "fabric")
                .assertFailure("'fabric'", "--per-class");
    }

    /** If a data set has validation images, the test images are not used. */
    @Test
    void validationImagesComeFirst() throws IOException {
        Path data = folder.resolve("loco");
        new Miniature(data)
                .images(
                        "a/train/good/0.png",
                        "a/validation/good/0.png",
                        "a/validation/good/1.png",
                        "a/validation/good/2.png",
                        "a/test/good/0.png",
                        "a/test/logical_anomalies/0.png");
        CommandRun run = CommandRun.of("threshold", "--model", model, "--data", data, "--false-alarm-rate", "0.25");
        assertTrue(
                run.out().contains("3 normal validation images of 1 class")
                        && !run.err().contains("optimistic"),
                run.out() + run.err());
        assertEquals(3, common().normal());
        CommandRun labelled = CommandRun.of("threshold", "--model", model, "--data", data, "--f1-max");
        assertTrue(
                labelled.out().contains("2 test images of 1 class")
                        && labelled.err().contains("optimistic"),
                labelled.out() + labelled.err());
    }

    private static String firstDefect(String className) {
        return DataLayouts.read(TinyModel.data().resolve(className)).test().stream()
                .filter(Sample::anomalous)
                .findFirst()
                .orElseThrow()
                .defect();
    }

    @Test
    void aDetectorAppliesTheThresholdsOfTheFile() throws IOException {
        threshold("--data", TinyModel.data(), "--f1-max", "--per-class");
        assertEquals(Rule.F1_MAX, common().rule());
        Path image = TinyModel.images().get(0);
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            Detection recognized = detector.detect(image);
            Detection own = detector.detect(ImageIO.read(image.toFile()), "capsules");
            Threshold t = detector.info().thresholds().ownOf("capsules");
            assertEquals(recognized.score(), own.score());
            assertEquals("capsules", recognized.className());
            assertEquals(recognized, own);
            assertEquals(t.value(), own.threshold());
            assertEquals(t.normalized(own.score()), own.normalizedScore());
            assertEquals(own.threshold(), detector.detect(image, "capsules").threshold());
        }
    }

    /** Only the thresholds change: the tensors stay, bit for bit, and so does the rest of the description. */
    @Test
    void nothingElseOfTheModelChanges() {
        threshold("--data", TinyModel.data(), "--f1-max");
        try (SafeTensorsFile before = SafeTensorsFile.open(TinyModel.model());
                SafeTensorsFile after = SafeTensorsFile.open(model)) {
            assertEquals(before.names(), after.names());
            for (String name : before.names()) {
                assertEquals(before.bytes(name), after.bytes(name), name);
            }
        }
        ModelInfo before = ModelFile.info(TinyModel.model());
        ModelInfo after = ModelFile.info(model);
        assertEquals(before, after.with(before.thresholds()));
    }

    /** A file from before thresholds existed has the threshold of its training scores. */
    @Test
    void olderModelsLoad() throws IOException {
        String text = Files.readString(model, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains("\\\"thresholds\\\""));
        Files.writeString(model, text.replace("\\\"thresholds\\\"", "\\\"thresh0lds\\\""), StandardCharsets.ISO_8859_1);
        ModelInfo info = ModelFile.info(model);
        assertEquals(Rule.TRAINING_DEVIATIONS, info.thresholds().common().rule());
        assertEquals(info.scores().threshold(), info.thresholds().common().value());
        assertEquals(
                info.scores().mean() + 3 * info.scores().std(),
                detect(TinyModel.images().get(0)).get(0).get("threshold").getAsDouble(),
                1e-12);
    }

    /** Scoring takes long, so too few images are reported before it, here before an invalid image is read. */
    @Test
    void tooFewImagesAreRefusedBeforeTheyAreScored() throws IOException {
        Path data = folder.resolve("data");
        new Miniature(data)
                .images(
                        "a/train/good/0.png",
                        "a/test/good/1.png",
                        "a/test/dent/2.png",
                        "b/train/good/0.png",
                        "b/test/good/1.png",
                        "b/test/good/2.png")
                .text("a/test/good/1.png", "no image");
        Path good = data.resolve("a/test/good");
        CommandRun.of("threshold", "--model", model, "--normal", good)
                .assertFailure("1 normal image held out", "at least 99");
        CommandRun.of("threshold", "--model", model, "--data", data).assertFailure("3 normal images", "at least 99");
        CommandRun.of("threshold", "--model", model, "--data", data, "--per-class", "--false-alarm-rate", "0.4")
                .assertFailure("class a", "1 normal image held out", "at least 2");
        CommandRun.of("threshold", "--model", model, "--data", data, "--per-class", "--f1-max")
                .assertFailure("class b", "2 normal and 0 anomalous");
        CommandRun.of("threshold", "--model", model, "--data", data.resolve("b"), "--recall", "1")
                .assertFailure("2 normal and 0 anomalous", "--false-alarm-rate");
        // with enough images, the invalid one is read
        CommandRun.of("threshold", "--model", model, "--normal", good, "--false-alarm-rate", "0.5")
                .assertFailure(good.resolve("1.png"), "is not a PNG");
        assertEquals(-1, Files.mismatch(TinyModel.model(), model));
    }

    @Test
    void whatCannotBeFoundIsRefusedAndTheModelStays() throws IOException {
        Path heldOut = TinyModel.images().get(0).getParent();
        CommandRun.of("threshold", "--model", model, "--data", TinyModel.data())
                .assertFailure("8 normal images", "0.01", "at least 99");
        CommandRun.of(
                        "threshold",
                        "--model",
                        model,
                        "--data",
                        TinyModel.data(),
                        "--false-alarm-rate",
                        "0.2",
                        "--per-class")
                .assertFailure("class capsules", "at least 4");
        CommandRun.of("threshold", "--model", model, "--normal", heldOut, "--f1-max")
                .assertFailure("--f1-max", "labels", "--data");
        CommandRun.of("threshold", "--model", model, "--normal", heldOut, "--per-class")
                .assertFailure("--per-class", "classes", "--data");
        CommandRun.of("threshold", "--model", model, "--data", TinyModel.data().resolve("fabric/train/good"))
                .assertFailure("no validation and no test images", "--normal");
        CommandRun.of("threshold", "--model", model, "--data", TinyModel.data(), "--recall", "2")
                .assertFailure("--recall is 2.0");
        for (String rule : List.of("--recall", "--false-alarm-rate")) {
            CommandRun early = CommandRun.of("threshold", "--model", model, "--data", TinyModel.data(), rule, "NaN");
            early.assertFailure(rule + " is NaN", "between 0 and 1");
            assertEquals("", early.out()); // before images are scored
        }
        CommandRun.of(
                        "threshold",
                        "--model",
                        model,
                        "--normal",
                        heldOut,
                        heldOut.resolve("000.png"),
                        "--false-alarm-rate",
                        "0.4")
                .assertFailure(heldOut.resolve("000.png"), "twice");
        CommandRun.of("threshold", "--model", model, "--normal", heldOut, "--layout", "mvtec")
                .assertFailure("--layout mvtec", "--data");
        CommandRun.of("threshold", "--model", model, "--data", TinyModel.data(), "--confidence", "1")
                .assertFailure("--confidence is 1.0");
        CommandRun.of("threshold", "--model", model).assertWrongUsage("--data", "--normal");
        CommandRun.of("threshold", "--model", model, "--data", TinyModel.data(), "--recall", "0.5", "--f1-max")
                .assertWrongUsage("exclusive");
        assertEquals(-1, Files.mismatch(TinyModel.model(), model));
    }
}
