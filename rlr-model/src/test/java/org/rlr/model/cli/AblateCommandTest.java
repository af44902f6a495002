package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;

/** {@code rlr ablate}, and a custom block with every command. */
class AblateCommandTest {
    @TempDir
    Path folder;

    private static Object[] ablate(Object... more) {
        List<Object> args =
                new ArrayList<>(List.of("ablate", "--data", TinyModel.data().resolve("fabric")));
        args.addAll(TinyModel.OPTIONS);
        args.addAll(List.of(more));
        return args.toArray();
    }

    @Test
    void everySetIsTrainedAndEvaluatedWithEverySeed() throws IOException {
        Path json = folder.resolve("ablation.json");
        String out = CommandRun.succeeding(ablate(
                "--blocks",
                "nsa mca",
                "--blocks",
                "mca,ring",
                "--seeds",
                "2",
                "--seed",
                "5",
                "--lr",
                "1e-3",
                "--json",
                json));
        JsonArray sets =
                JsonParser.parseString(Files.readString(json)).getAsJsonObject().getAsJsonArray("sets");
        assertEquals(2, sets.size());
        assertEquals(
                "[\"mca\",\"nsa\"]", sets.get(0).getAsJsonObject().get("blocks").toString());
        assertEquals(
                "[\"mca\",\"ring\"]",
                sets.get(1).getAsJsonObject().get("blocks").toString());
        for (int i = 0; i < 2; i++) {
            JsonObject set = sets.get(i).getAsJsonObject();
            JsonArray runs = set.getAsJsonArray("runs");
            assertEquals(List.of(5L, 6L), List.of(seed(runs, 0), seed(runs, 1)));
            assertNotEquals(metric(runs, 0, "loss"), metric(runs, 1, "loss"), "another seed, another model");
            double a = metric(runs, 0, "pixel_auroc");
            double b = metric(runs, 1, "pixel_auroc");
            double mean = set.getAsJsonObject("mean").get("pixel_auroc").getAsDouble();
            double deviation =
                    set.getAsJsonObject("standard_deviation").get("pixel_auroc").getAsDouble();
            assertEquals((a + b) / 2, mean, 1e-12);
            assertEquals(Math.abs(a - b) / Math.sqrt(2), deviation, 1e-12);
            String blocks = i == 0 ? "mca nsa " : "mca ring ";
            String row = out.lines()
                    .filter(line -> line.startsWith(blocks))
                    .findFirst()
                    .orElseThrow();
            assertTrue(row.contains(String.format(Locale.ROOT, "%.1f ± %.1f", 100 * mean, 100 * deviation)), row);
        }
        assertNotEquals(
                metric(sets.get(0).getAsJsonObject().getAsJsonArray("runs"), 0, "loss"),
                metric(sets.get(1).getAsJsonObject().getAsJsonArray("runs"), 0, "loss"));

        Path model = folder.resolve("model.safetensors");
        Path metrics = folder.resolve("metrics.json");
        CommandRun.succeeding(TinyModel.train(
                TinyModel.data().resolve("fabric"), model, "--blocks", "ring,mca", "--seed", "6", "--lr", "1e-3"));
        CommandRun.succeeding(
                "evaluate", "--model", model, "--data", TinyModel.data().resolve("fabric"), "--json", metrics);
        assertEquals(
                JsonParser.parseString(Files.readString(metrics))
                        .getAsJsonObject()
                        .getAsJsonObject("mean")
                        .get("pixel_auroc")
                        .getAsDouble(),
                metric(sets.get(1).getAsJsonObject().getAsJsonArray("runs"), 1, "pixel_auroc"),
                "the same bits as train and evaluate");
        assertEquals(
                ModelFile.info(model).loss(),
                metric(sets.get(1).getAsJsonObject().getAsJsonArray("runs"), 1, "loss"));
        assertEquals(
                1,
                out.lines()
                        .filter(line ->
                                line.startsWith("features of ") && line.contains(" MiB in memory, shared by all runs"))
                        .count(),
                out);
        assertTrue(CommandRun.succeeding("info", "--model", model).contains("blocks mca ring"));
    }

    private static long seed(JsonArray runs, int run) {
        return runs.get(run).getAsJsonObject().get("seed").getAsLong();
    }

    private static double metric(JsonArray runs, int run, String name) {
        return runs.get(run).getAsJsonObject().get(name).getAsDouble();
    }

    @Test
    void imagesAreHeldOutAsInTraining() throws IOException {
        Path json = folder.resolve("ablation.json");
        CommandRun.succeeding(ablate("--blocks", "mca", "--seeds", "1", "--validation", "0.5", "--json", json));
        Path model = folder.resolve("model.safetensors");
        CommandRun.succeeding(
                TinyModel.train(TinyModel.data().resolve("fabric"), model, "--blocks", "mca", "--validation", "0.5"));
        JsonArray sets =
                JsonParser.parseString(Files.readString(json)).getAsJsonObject().getAsJsonArray("sets");
        assertEquals(
                ModelFile.info(model).loss(),
                metric(sets.get(0).getAsJsonObject().getAsJsonArray("runs"), 0, "loss"));
    }

    @Test
    void whatCannotBeComparedIsNamedBeforeAnythingIsTrained() {
        CommandRun.of(ablate("--blocks", "mca", "--blocks", "mca rings"))
                .assertFailure("'rings'", "mca, ca, msa, nsa, sa, ring");
        CommandRun.of(ablate("--blocks", "mca nsa", "--blocks", "nsa,mca"))
                .assertFailure("--blocks mca,nsa", "twice", "--seeds");
        CommandRun.of(ablate("--blocks", "mca", "--blocks", " ")).assertFailure("no attention block", "--blocks");
        CommandRun.of(ablate("--seeds", "0")).assertFailure("--seeds is 0", "at least 1");
        CommandRun.of("ablate", "--seeds", "2").assertWrongUsage("--data");
    }
}
