package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Selection;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.train.ValidationSplit;
import org.rlr.tensor.io.SafeTensorsFile;

/** The metrics of a training, and the epochs chosen by them. */
class TrainingMetricsTest {
    @TempDir
    Path folder;

    private Path model;
    private Path csv;

    @BeforeEach
    void name() {
        model = folder.resolve("model.safetensors");
        csv = folder.resolve("metrics.csv");
    }

    private static Object[] training(Path out, int epochs, Object... more) {
        List<Object> args = new ArrayList<>(Arrays.asList(TinyModel.train(TinyModel.data(), out, "--batch-size", "3")));
        args.set(args.indexOf("--epochs") + 1, epochs);
        args.addAll(List.of(more));
        return args.toArray();
    }

    @Test
    void everyEpochHasItsLossesAndEverySecondItsMetrics() throws IOException {
        String out = CommandRun.succeeding(
                training(model, 4, "--metrics", csv, "--evaluate-every", "2", "--validation", "0.5"));
        assertTrue(out.contains("8 normal images") && out.contains("4 for training, 4 held out"), out);
        Metrics metrics = Metrics.read(csv);
        assertEquals(
                List.of(
                        "epoch",
                        "loss",
                        "loss_level2",
                        "loss_level3",
                        "learning_rate",
                        "images_per_second",
                        "validation_loss",
                        "validation_loss_level2",
                        "validation_loss_level3",
                        "image_auroc",
                        "image_ap",
                        "image_f1max",
                        "pixel_auroc",
                        "pixel_ap",
                        "pixel_f1max",
                        "aupro"),
                metrics.columns());
        assertEquals(List.of("1", "2", "3", "4"), metrics.cells("epoch"));
        for (String loss : List.of("loss", "validation_loss")) {
            for (int i = 0; i < 4; i++) {
                double whole = metrics.numbers(loss).get(i);
                assertTrue(whole > 0);
                assertEquals(
                        whole,
                        metrics.numbers(loss + "_level2").get(i)
                                + metrics.numbers(loss + "_level3").get(i),
                        1e-9 * whole);
            }
        }
        assertTrue(metrics.numbers("images_per_second").stream().allMatch(speed -> speed > 0));
        assertEquals(ModelFile.info(model).loss(), metrics.numbers("loss").get(3));
        assertEquals(4, ModelFile.info(model).images());
        String info = CommandRun.succeeding("info", "--model", model);
        assertTrue(
                info.contains("0.5 of each class's images, to follow their loss") && !info.contains("choosing"), info);
        // the last line belongs to the written model
        Path json = folder.resolve("metrics.json");
        CommandRun.succeeding("evaluate", "--model", model, "--data", TinyModel.data(), "--json", json);
        JsonObject mean =
                JsonParser.parseString(Files.readString(json)).getAsJsonObject().getAsJsonObject("mean");
        for (String name : mean.keySet()) {
            List<String> cells = metrics.cells(name);
            assertEquals(List.of("", ""), List.of(cells.get(0), cells.get(2)));
            assertFalse(cells.get(1).isEmpty());
            assertEquals(mean.get(name).getAsDouble(), Double.parseDouble(cells.get(3)), name);
        }
        // evaluations do not change the model
        Path unwatched = folder.resolve("unwatched.safetensors");
        CommandRun.succeeding(training(unwatched, 4, "--validation", "0.5"));
        assertEquals(-1, Files.mismatch(unwatched, model));
    }

    /**
     * Eight images in batches of three give three steps per epoch; with a warm-up of four steps the fifth step is the
     * first at the full rate.
     */
    @Test
    void everyEpochHasTheLearningRateOfItsLastStep() throws IOException {
        CommandRun.succeeding(
                training(model, 3, "--metrics", csv, "--lr", "0.01", "--warmup", "4", "--schedule", "cosine"));
        List<Double> expected = List.of(
                0.01 * 3 / 5,
                0.01 * 0.5 * (1 + Math.cos(Math.PI * 1 / 5)),
                0.01 * 0.5 * (1 + Math.cos(Math.PI * 4 / 5)));
        List<Double> rates = Metrics.read(csv).numbers("learning_rate");
        assertEquals(3, rates.size());
        for (int i = 0; i < 3; i++) {
            assertEquals(expected.get(i), rates.get(i), 1e-7 * expected.get(i), "epoch " + (i + 1));
        }
    }

    @Test
    void aFileFromBeforeThereWereLearningRatesIsNamedAsSuchAndStays() throws IOException {
        Path state = folder.resolve("state");
        CommandRun.succeeding(training(model, 1, "--metrics", csv, "--checkpoint-every", "1", "--checkpoint", state));
        int column = Metrics.read(csv).columns().indexOf("learning_rate");
        String older = Files.readAllLines(csv).stream()
                .map(line -> {
                    List<String> cells = new ArrayList<>(List.of(line.split(",", -1)));
                    cells.remove(column);
                    return String.join(",", cells) + "\n";
                })
                .collect(java.util.stream.Collectors.joining());
        Files.writeString(csv, older);
        CommandRun.of(training(model, 2, "--metrics", csv, "--resume", state))
                .assertFailure(csv, "earlier version", "learning_rate", "name another file with --metrics");
        assertEquals(older, Files.readString(csv));
    }

    @Test
    void whatIsHeldOutHasNoSay() throws IOException {
        CommandRun.succeeding(training(model, 2, "--validation", "0.5", "--metrics", csv));
        Path other = folder.resolve("other");
        List<ImageSource> held = ValidationSplit.of(
                        DataLayouts.read(TinyModel.data()), new Validation(0.5, false), 3407)
                .validation();
        assertEquals(4, held.size());
        for (Sample sample : DataLayouts.read(TinyModel.data()).train()) {
            Path copy = other.resolve(TinyModel.data().relativize(sample.image().file()));
            Files.createDirectories(copy.getParent());
            Files.copy(
                    held.contains(sample.image())
                            ? TinyModel.images().get(0)
                            : sample.image().file(),
                    copy);
        }
        Path again = folder.resolve("again.safetensors");
        Path changed = folder.resolve("changed.csv");
        Object[] args = training(again, 2, "--validation", "0.5", "--metrics", changed);
        args[Arrays.asList(args).indexOf("--data") + 1] = other;
        CommandRun.succeeding(args);
        assertEquals(-1, Files.mismatch(model, again));
        assertEquals(Metrics.read(csv).cells("loss"), Metrics.read(changed).cells("loss"));
        assertNotEquals(
                Metrics.read(csv).cells("validation_loss"),
                Metrics.read(changed).cells("validation_loss"));
    }

    /** At this learning rate the loss is unsteady, so that the best epoch is not the last. */
    private static final List<String> RESTLESS =
            List.of("--lr", "0.05", "--validation", "0.5", "--evaluate-every", "1");

    private Object[] restless(Path out, int epochs, Object... more) {
        List<Object> all = new ArrayList<>(RESTLESS);
        all.addAll(List.of(more));
        return training(out, epochs, all.toArray());
    }

    @Test
    void keepsTheEpochOfLowestValidationLossAndBesideItTheBestOnTest() throws IOException {
        Path tested = folder.resolve("tested.safetensors");
        String out =
                CommandRun.succeeding(restless(model, 5, "--metrics", csv, "--keep-best", "--best-on-test", tested));
        Metrics metrics = Metrics.read(csv);
        List<Double> losses = metrics.numbers("validation_loss");
        int best = losses.indexOf(Collections.min(losses)) + 1;
        assertTrue(best < 5, losses.toString());
        assertEquals(
                new Selection(Selection.By.VALIDATION_LOSS, best, losses.get(best - 1), 4),
                ModelFile.info(model).selection());
        assertEquals(
                metrics.numbers("loss").get(best - 1), ModelFile.info(model).loss());
        List<Double> rocs = metrics.numbers("image_auroc");
        int bestRoc = rocs.indexOf(Collections.max(rocs)) + 1;
        ModelInfo optimistic = ModelFile.info(tested);
        assertEquals(
                new Selection(
                        Selection.By.TEST_IMAGE_AUROC,
                        bestRoc,
                        rocs.get(bestRoc - 1),
                        TinyModel.images().size()),
                optimistic.selection());
        assertTrue(
                out.lines()
                        .anyMatch(line -> line.startsWith(tested.toString())
                                && line.contains("OPTIMISTIC")
                                && line.contains(" images), so")),
                out);
        String info = CommandRun.succeeding("info", "--model", tested);
        assertTrue(info.contains("OPTIMISTIC") && info.contains("epoch " + bestRoc + " of 5"), info);
        String chosen = CommandRun.succeeding("info", "--model", model);
        assertTrue(
                chosen.contains("epoch " + best + " of 5")
                        && chosen.contains("0.5 of each class's images, for choosing an epoch")
                        && chosen.contains("held out")
                        && !chosen.contains("OPTIMISTIC"),
                chosen);
        // both equal the result of a training with that number of epochs
        for (Path file : List.of(model, tested)) {
            Path shorter = folder.resolve("shorter.safetensors");
            CommandRun.succeeding(restless(
                    shorter, ModelFile.info(file).selection().epoch(), "--metrics", folder.resolve("shorter.csv")));
            assertSameTensors(shorter, file);
            assertEquals(ModelFile.info(shorter).scores(), ModelFile.info(file).scores());
        }
    }

    private static void assertSameTensors(Path expected, Path actual) {
        try (SafeTensorsFile one = SafeTensorsFile.open(expected);
                SafeTensorsFile two = SafeTensorsFile.open(actual)) {
            assertEquals(one.names(), two.names());
            for (String name : one.names()) {
                assertArrayEquals(one.readFloats(name), two.readFloats(name), name);
            }
        }
    }

    @Test
    void goneOnWithTheLinesAndTheChosenEpochsAreAsOfOneLeftAlone() throws IOException {
        Path alone = folder.resolve("alone.safetensors");
        Path aloneTested = folder.resolve("alone-tested.safetensors");
        Path aloneCsv = folder.resolve("alone.csv");
        CommandRun.succeeding(restless(alone, 6, "--metrics", aloneCsv, "--keep-best", "--best-on-test", aloneTested));
        Path state = folder.resolve("state");
        Path tested = folder.resolve("tested.safetensors");
        CommandRun.succeeding(restless(
                model,
                3,
                "--metrics",
                csv,
                "--keep-best",
                "--best-on-test",
                tested,
                "--checkpoint-every",
                "3",
                "--checkpoint",
                state));
        // epochs after the checkpoint, and a line that was incomplete when the process was killed
        CommandRun.succeeding(
                restless(model, 5, "--metrics", csv, "--keep-best", "--best-on-test", tested, "--resume", state));
        Files.writeString(csv, "6,0.1", StandardOpenOption.APPEND);
        CommandRun.succeeding(
                restless(model, 6, "--metrics", csv, "--keep-best", "--best-on-test", tested, "--resume", state));
        assertEquals(Metrics.read(aloneCsv).timeless(), Metrics.read(csv).timeless());
        assertEquals(-1, Files.mismatch(alone, model));
        assertEquals(-1, Files.mismatch(aloneTested, tested));

        byte[] before = Files.readAllBytes(csv);
        CommandRun.of(restless(model, 7, "--metrics", csv, "--resume", state))
                .assertFailure(state, "the settings (validation.keepBest true then, false now)");
        Files.writeString(csv, new String(before, java.nio.charset.StandardCharsets.UTF_8).replace("\n3,", "\n3,1"));
        byte[] foreign = Files.readAllBytes(csv);
        CommandRun.of(restless(model, 7, "--metrics", csv, "--keep-best", "--resume", state))
                .assertFailure(csv, "not the metrics of the resumed training", "epoch 3");
        assertArrayEquals(foreign, Files.readAllBytes(csv));
        assertEquals(-1, Files.mismatch(alone, model));
    }

    @Test
    void optionsThatDoNotGoTogetherAreRefusedBeforeTraining() throws IOException {
        CommandRun.of(training(model, 1, "--keep-best")).assertFailure("--keep-best", "--validation FRACTION");
        CommandRun.of(training(model, 1, "--validation", "1.5")).assertFailure("--validation is 1.5");
        CommandRun.of(training(model, 1, "--evaluate-every", "1"))
                .assertFailure("--evaluate-every 1", "--metrics FILE");
        CommandRun.of(training(model, 1, "--evaluate-every", "0", "--metrics", csv))
                .assertFailure("--evaluate-every is 0");
        CommandRun.of(training(model, 1, "--best-on-test", csv)).assertFailure("--best-on-test", "--evaluate-every N");
        CommandRun.of(training(model, 3, "--best-on-test", csv, "--evaluate-every", "4"))
                .assertFailure("--best-on-test", "--evaluate-every 4", "lower it");
        CommandRun.of(training(model, 1, "--metrics", model)).assertFailure(model, "two different files");
        CommandRun.of(training(model, 1, "--metrics", folder)).assertFailure(folder, "--metrics");
        Path state = folder.resolve("state");
        CommandRun.succeeding(training(model, 1, "--checkpoint-every", "1", "--checkpoint", state));
        Files.writeString(csv, "not,mine\n");
        CommandRun.of(training(model, 2, "--resume", state, "--metrics", csv))
                .assertFailure(csv, "not the metrics of this training");
        assertEquals("not,mine\n", Files.readString(csv));
        CommandRun.of(training(
                        model, 2, "--resume", state, "--evaluate-every", "1", "--best-on-test", folder.resolve("b")))
                .assertFailure("--best-on-test", "train anew");
    }
}
