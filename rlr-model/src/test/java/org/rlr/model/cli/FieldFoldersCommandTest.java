package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.data.Miniature;
import org.rlr.model.data.TestImages;

/** Notes of commands about the folders and masks that they use. */
class FieldFoldersCommandTest {
    /** Width of the smallest usual terminals. */
    private static final int COLUMNS = 120;

    @TempDir
    private Path folder;

    private Path data;

    @BeforeEach
    void someFilesAreNotRead() throws IOException {
        data = folder.resolve("data");
        new Miniature(data)
                .images("a/train/good/0.png", "a/train/good/1.png", "a/test/good/2.png", "a/test/bent/3.png")
                .masks("a/ground_truth/bent/3_mask.png")
                .images("a/train/good/cam1/4.png", "a/train/good/.5.png")
                .litter("a/train/good/6.heic", "a/Thumbs.db");
        Files.createSymbolicLink(data.resolve("a/train/good/7.png"), Path.of("/gone/7.png"));
    }

    private static List<String> notes(CommandRun run) {
        return run.err().lines().filter(line -> line.startsWith("note: ")).toList();
    }

    @Test
    void everyCommandThatUsesAFolderSaysInOneLineWhatItPassesOver() {
        String note = "note: 4 files in " + data + " are skipped: 1 link to nothing ("
                + Path.of("a", "train", "good", "7.png") + " -> " + Path.of("/gone/7.png")
                + "); 1 image whose suffix is not read (" + Path.of("a", "train", "good", "6.heic")
                + "); 1 hidden file named as an image (" + Path.of("a", "train", "good", ".5.png")
                + "); 1 image in a folder that is not read (" + Path.of("a", "train", "good", "cam1", "4.png") + ")";
        Path out = folder.resolve("out");
        for (CommandRun run : List.of(
                CommandRun.of(TinyModel.train(data, out)),
                CommandRun.of("evaluate", "--model", TinyModel.model(), "--data", data),
                CommandRun.of("threshold", "--model", TinyModel.model(), "--data", data, "--f1-max", "--out", out))) {
            assertEquals(0, run.code(), run.err());
            assertTrue(notes(run).contains(note), run.err());
        }
        List<Object> ablate = new ArrayList<>(List.of("ablate", "--data", data, "--blocks", "mca", "--seeds", "1"));
        ablate.addAll(TinyModel.OPTIONS);
        // the second reads the folder before it fails
        for (CommandRun run : List.of(
                CommandRun.of(ablate.toArray()),
                CommandRun.of("decoder", "train", "--model", folder.resolve("none"), "--data", data, "--out", out))) {
            assertTrue(notes(run).contains(note), run.err());
        }
    }

    @Test
    void detectSaysWhatOfAFolderItPassesOver() {
        Path good = data.resolve("a/train/good");
        CommandRun run = CommandRun.of("detect", "--model", TinyModel.model(), good);
        assertEquals(0, run.code(), run.err());
        assertEquals(
                List.of("note: 4 files in " + good + " are skipped: 1 link to nothing (7.png -> "
                        + Path.of("/gone/7.png")
                        + "); 1 image whose suffix is not read (6.heic); 1 hidden file named as an image (.5.png);"
                        + " 1 image in a folder that is not read (" + Path.of("cam1", "4.png") + ")"),
                notes(run));
        assertEquals(2, run.out().lines().count());
        CommandRun.of("detect", "--model", TinyModel.model(), data)
                .assertFailure("holds no images", "6 images in folders that are not read", "1 link to nothing");
    }

    @Test
    void noKnownLayoutFitsInFiveLines() throws IOException {
        Path other = folder.resolve("other");
        new Miniature(other).images("2024-01/0.png", "2024-02/1.png");
        CommandRun run = CommandRun.of("train", "--data", other, "--out", folder.resolve("m"));
        run.assertFailure("2024-01, 2024-02", "2 images in folders", "<class>/train/good", "mvtec", "kolektor-sdd2");
        String error = run.errors().get(0).replace(other.toString(), "pictures");
        assertTrue(error.length() <= 5 * COLUMNS, error.length() + " characters: " + error);
        assertFalse(error.contains("split_csv"), error);
    }

    /** A defect of one pixel is lost where its mask is resized. */
    @Test
    void masksThatVanishAreToldWhereverMetricsOfPixelsAre() throws IOException {
        Path tiny = folder.resolve("tiny");
        new Miniature(tiny).images("train/good/0.png", "train/good/1.png");
        for (String image : List.of("test/good/0.png", "test/pin/1.png", "test/pin/2.png")) {
            TestImages.writeFlat(tiny.resolve(image), 640, 640, 0x405060 + image.hashCode() % 99);
        }
        for (int i = 1; i <= 2; i++) {
            int defect = i == 1 ? 1 : 640;
            Files.createDirectories(tiny.resolve("ground_truth/pin"));
            Files.write(
                    tiny.resolve("ground_truth/pin/" + i + "_mask.png"),
                    TestImages.png(
                            640,
                            640,
                            TestImages.GREY,
                            8,
                            (pixel, channel) -> pixel % 640 < defect && pixel / 640 < defect ? 255 : 0));
        }
        String vanished = "tiny: the mask of 1 defective image has no pixel set once resized to 64×64: for the metrics "
                + "of pixels it is normal";
        String inverted = "tiny: the mask 2_mask.png has more than half of its pixels set and may be inverted";
        Path json = folder.resolve("metrics.json");
        String table = CommandRun.succeeding("evaluate", "--model", TinyModel.model(), "--data", tiny, "--json", json);
        assertTrue(table.contains("- " + vanished) && table.contains("- " + inverted), table);
        JsonArray remarks = classOf(json).getAsJsonArray("remarks");
        assertEquals(vanished, "tiny: " + remarks.get(0).getAsString());
        assertEquals(2, remarks.size());
        String several = CommandRun.succeeding(
                "evaluate", "--model", TinyModel.model(), "--data", tiny, "--smoothing", "1", "--smoothing", "2");
        assertTrue(several.contains("- " + vanished), several);
        Path report = folder.resolve("report.html");
        CommandRun.succeeding("evaluate", "--model", TinyModel.model(), "--data", tiny, "--report", report);
        assertTrue(Files.readString(report).contains(vanished));
        String trained = CommandRun.succeeding(TinyModel.train(
                tiny, folder.resolve("m"), "--evaluate-every", "1", "--metrics", folder.resolve("m.csv")));
        assertTrue(trained.contains("- test images of " + vanished), trained);
    }

    private static JsonObject classOf(Path json) throws IOException {
        return JsonParser.parseString(Files.readString(json))
                .getAsJsonObject()
                .getAsJsonArray("classes")
                .get(0)
                .getAsJsonObject();
    }

    @Test
    void imagesOf16BitsThatUseFewAreToldBeforeATraining() throws IOException {
        Path deep = folder.resolve("deep");
        for (int i = 0; i < 2; i++) {
            int offset = i;
            Files.createDirectories(deep.resolve("train/good"));
            Files.write(
                    deep.resolve("train/good/" + i + ".png"),
                    TestImages.png(64, 64, TestImages.GREY, 16, (pixel, channel) -> Math.min(4095, pixel + offset)));
        }
        CommandRun run = CommandRun.of(TinyModel.train(deep, folder.resolve("m")));
        assertEquals(0, run.code(), run.err());
        assertEquals(1, notes(run).size(), run.err());
        assertTrue(notes(run).get(0).contains("16-bit images use only 12 bits"), run.err());
    }
}
