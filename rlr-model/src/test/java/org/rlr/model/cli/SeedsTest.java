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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;

/** Several trainings with one command. */
class SeedsTest {
    @TempDir
    Path folder;

    private double metric(Path model, String name) throws IOException {
        Path json = folder.resolve("evaluated.json");
        CommandRun.succeeding("evaluate", "--model", model, "--data", TinyModel.data(), "--json", json);
        return JsonParser.parseString(Files.readString(json))
                .getAsJsonObject()
                .getAsJsonObject("mean")
                .get(name)
                .getAsDouble();
    }

    @Test
    void eachSeedGivesTheModelThatItGivesAloneAndTheSpreadIsOfTheirMetrics() throws IOException {
        Path out = folder.resolve("model.safetensors");
        Path summary = folder.resolve("summary.json");
        String text = CommandRun.succeeding(TinyModel.train(
                TinyModel.data(),
                out,
                "--seeds",
                "5,3407",
                "--metrics",
                folder.resolve("m.csv"),
                "--summary",
                summary,
                "--checkpoint-every",
                "1"));
        Path five = folder.resolve("model-seed5.safetensors");
        Path usual = folder.resolve("model-seed3407.safetensors");
        assertTrue(Files.notExists(out));
        assertEquals(-1, Files.mismatch(TinyModel.model(), usual));
        assertNotEquals(-1, Files.mismatch(five, usual));
        assertEquals(5, ModelFile.info(five).training().seed());
        assertEquals(1, Metrics.read(folder.resolve("m-seed5.csv")).rows().size());
        assertTrue(Files.exists(folder.resolve("model-seed3407.safetensors.checkpoint")));
        JsonObject root = JsonParser.parseString(Files.readString(summary)).getAsJsonObject();
        JsonArray runs = root.getAsJsonArray("runs");
        assertEquals(5, runs.get(0).getAsJsonObject().get("seed").getAsLong());
        for (String name : List.of("image_auroc", "pixel_ap", "aupro")) {
            double one = metric(five, name);
            double two = metric(usual, name);
            assertEquals(
                    two,
                    runs.get(1)
                            .getAsJsonObject()
                            .getAsJsonObject("metrics")
                            .getAsJsonObject("mean")
                            .get(name)
                            .getAsDouble());
            assertEquals((one + two) / 2, root.getAsJsonObject("mean").get(name).getAsDouble(), 1e-12);
            assertEquals(
                    Math.abs(one - two) / Math.sqrt(2),
                    root.getAsJsonObject("std").get(name).getAsDouble(),
                    1e-12);
        }
        assertTrue(
                text.contains("2 seeds, mean ± sample standard deviation")
                        && text.lines().anyMatch(line -> line.startsWith("mean ") && line.contains(" ± ")),
                text);
    }

    @Test
    void eachSeedHoldsOutItsOwnImages() throws IOException {
        CommandRun.succeeding(TinyModel.train(
                TinyModel.data(), folder.resolve("model.safetensors"), "--seeds", "5,6", "--validation", "0.5"));
        Path alone = folder.resolve("alone.safetensors");
        for (int seed : new int[] {5, 6}) {
            CommandRun.succeeding(TinyModel.train(TinyModel.data(), alone, "--seed", seed, "--validation", "0.5"));
            assertEquals(-1, Files.mismatch(alone, folder.resolve("model-seed" + seed + ".safetensors")));
        }
    }

    @Test
    void withoutTestImagesThereAreTheLossesAlone() {
        Path plain = TinyModel.data().resolve("fabric").resolve("train").resolve("good");
        String text =
                CommandRun.succeeding(TinyModel.train(plain, folder.resolve("model.safetensors"), "--seeds", "1,2"));
        assertTrue(text.contains("loss") && text.contains("no test images"), text);
    }

    @Test
    void wrongSeedsAreRefused() {
        Path out = folder.resolve("model.safetensors");
        CommandRun.of(TinyModel.train(TinyModel.data(), out, "--seeds", "1")).assertFailure("--seeds [1]", "--seed");
        CommandRun.of(TinyModel.train(TinyModel.data(), out, "--seeds", "1,2,1"))
                .assertFailure("different seeds");
        CommandRun.of(TinyModel.train(TinyModel.data(), out, "--seeds", "1,2", "--seed", "3"))
                .assertFailure("--seed and --seeds");
        CommandRun.of(TinyModel.train(TinyModel.data(), out, "--seeds", "1,2", "--resume", out))
                .assertFailure("--resume", "each run separately");
        CommandRun.of(TinyModel.train(TinyModel.data(), out, "--summary", folder.resolve("summary.json")))
                .assertFailure("--summary", "--seeds");
        CommandRun.of(TinyModel.train(TinyModel.data(), out, "--seeds", "1,x")).assertWrongUsage("--seeds", "x");
    }
}
