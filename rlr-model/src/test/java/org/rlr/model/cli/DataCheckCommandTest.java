package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.data.Miniature;

/** {@code rlr data check}, and layouts given by name. */
class DataCheckCommandTest {
    @TempDir
    Path folder;

    @Test
    void saysHowTheDataSetIsUnderstood() {
        String out = CommandRun.succeeding("data", "check", TinyModel.data());
        assertTrue(
                out.contains("layout    mvtec (there is capsules/train)")
                        && out.endsWith("no problems" + System.lineSeparator()),
                out);
        assertTrue(
                out.lines().anyMatch(line -> line.matches("fabric +2 +0 +2 +\\d+ +(\\d+)/\\1 +64×64 +[a-z_]+ 1, .*")),
                out);
    }

    @Test
    void problemsAreListedAndTheExitCodeIsOne() throws IOException {
        new Miniature(folder).images("a/train/good/0.png", "a/test/good/1.png");
        for (int i = 2; i < 30; i++) {
            Files.copy(folder.resolve("a/train/good/0.png"), folder.resolve("a/test/good/" + i + ".png"));
        }
        CommandRun run = CommandRun.of("data", "check", folder);
        run.assertFailure("28 problems in " + folder, "leakage");
        assertTrue(run.out().contains("and 8 more; --all prints them"), run.out());
        assertEquals(
                28,
                CommandRun.of("data", "check", folder, "--all")
                        .out()
                        .lines()
                        .filter(line -> line.startsWith("- leakage"))
                        .count());
    }

    @Test
    void foldersThatAreNoClassesAreNamedByEveryCommand() throws IOException {
        new Miniature(folder).images("a/train/good/0.png", "a/test/good/1.png", "b/training/0.png");
        String note = "1 folder has neither 'train' nor 'test' and is left out: b";
        assertTrue(CommandRun.succeeding("data", "check", folder)
                .contains("notes" + System.lineSeparator() + "- " + note));
        Path model = folder.resolve("model.safetensors");
        for (CommandRun run : List.of(
                CommandRun.of(TinyModel.train(folder, model)),
                CommandRun.of("evaluate", "--model", TinyModel.model(), "--data", folder))) {
            assertEquals(0, run.code(), run.err());
            assertEquals(
                    1,
                    run.err()
                            .lines()
                            .filter(line -> line.equals("note: " + note))
                            .count(),
                    run.err());
        }
    }

    @Test
    void aLayoutIsForcedByName() throws IOException {
        new Miniature(folder).images("01/train/ok/0.png");
        assertTrue(CommandRun.succeeding("data", "check", folder).contains("btad (normal images are in 01/train/ok)"));
        assertTrue(CommandRun.succeeding("data", "check", folder, "--layout", "mvtec")
                .contains("mvtec (given by --layout)"));
        CommandRun.of("data", "check", folder, "--layout", "coco").assertFailure("'coco'", "real-iad");
        CommandRun.of("train", "--data", folder, "--layout", "visa", "--out", folder.resolve("m"))
                .assertFailure("1cls.csv", "copy");
        CommandRun.of("evaluate", "--data", folder, "--layout", "folder", "--model", TinyModel.model())
                .assertFailure("no images");
        CommandRun.of("data").assertWrongUsage("subcommand");
        CommandRun.of("data", "check", folder.resolve("missing")).assertFailure("does not exist");
    }

    /**
     * Only good images, defects without masks, no test images: metrics that need them are null, the others are present.
     */
    @Test
    void classesOfWhichNotAllCanBeMeasured() throws IOException {
        new Miniature(folder)
                .images(
                        "both/train/good/0.png",
                        "both/test/good/1.png",
                        "both/test/bad/2.png",
                        "good/train/good/0.png",
                        "good/test/good/1.png",
                        "none/train/good/0.png",
                        "unmasked/test/good/1.png",
                        "unmasked/test/bad/2.png")
                .masks("both/ground_truth/bad/2.png");
        Path json = folder.resolve("metrics.json");
        String out = CommandRun.succeeding("evaluate", "--model", TinyModel.model(), "--data", folder, "--json", json);
        JsonObject[] rows = new JsonObject[4];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = JsonParser.parseString(Files.readString(json))
                    .getAsJsonObject()
                    .getAsJsonArray("classes")
                    .get(i)
                    .getAsJsonObject();
        }
        assertTrue(rows[0].get("image_auroc").isJsonPrimitive()
                && rows[0].get("aupro").isJsonPrimitive());
        assertTrue(
                rows[1].get("image_auroc").isJsonNull() && rows[1].get("aupro").isJsonNull());
        assertTrue(rows[2].get("image_auroc").isJsonNull()
                && rows[2].get("pixel_ap").isJsonNull());
        assertTrue(rows[3].get("image_auroc").isJsonPrimitive()
                && rows[3].get("pixel_auroc").isJsonNull());
        assertTrue(
                out.contains("good: no defective test images")
                        && out.contains("none: no test images")
                        && out.contains("unmasked: 1 defective test image has no mask")
                        && out.contains("mean of image_auroc over 2 of 4 classes")
                        && out.contains("mean of aupro over 1 of 4 classes"),
                out);
    }
}
