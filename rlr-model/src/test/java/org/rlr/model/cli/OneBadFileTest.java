package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A folder with good files and one bad file of each kind, in a small heap: the good ones get the same scores as without
 * the bad ones, and each bad one is reported.
 */
class OneBadFileTest {
    private static final List<String> SMALL_HEAP = List.of("-Xmx512m");
    /** Files of the test resources, and their suffix in the image folder. */
    private static final List<String> HOSTILE = List.of(
            "header/bmp_130bytes.bmp",
            "header/png_11585_rgba16.png",
            "header/jpg_11500.jpg",
            "header/tif-61881481.bin",
            "jpeg/hang.jpg",
            "tiff/149bytes_8323089x13.tif",
            "tiff/t.tif",
            "tiff/i32.tif");

    @TempDir
    private Path folder;

    private Path product;
    private Path good;
    private List<Path> bad;

    @BeforeEach
    void aProduct() throws IOException {
        product = folder.resolve("fabric");
        try (Stream<Path> files = Files.walk(TinyModel.data().resolve("fabric"))) {
            for (Path file : files.toList()) {
                Path copy = product.resolve(TinyModel.data().resolve("fabric").relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
        }
        good = product.resolve("test/good");
        bad = new ArrayList<>();
    }

    private void bad(String name, byte[] content) throws IOException {
        bad.add(Files.write(good.resolve(name), content));
    }

    private void addBadFiles() throws IOException {
        byte[] image = TinyModel.bytes(0);
        bad("000a.png", Arrays.copyOf(image, image.length / 2));
        bad("000b.png", new byte[0]);
        bad("000c.jpg", "no image".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        for (String name : HOSTILE) {
            try (InputStream in = OneBadFileTest.class.getResourceAsStream("/cases/" + name)) {
                String plain = name.replace('/', '-').replace(".bin", ".tif");
                bad("000-" + plain, in.readAllBytes());
                bad("zzz-" + plain, Files.readAllBytes(bad.get(bad.size() - 1)));
            }
        }
    }

    private static void assertNamed(List<Path> files, CommandRun run) {
        String errors = String.join("\n", run.errors());
        assertEquals(
                List.of(),
                files.stream().filter(file -> !errors.contains(file.toString())).toList(),
                run.err());
        assertEquals(files.size(), run.errors().size(), run.err());
        assertEquals(1, run.code());
    }

    @Test
    void detectExaminesTheOthers() throws IOException, InterruptedException {
        String alone = CommandRun.succeeding("detect", "--model", TinyModel.model(), good);
        addBadFiles();
        Path json = folder.resolve("found.json");
        CommandRun run = CommandRun.process(
                folder,
                CommandRun.commandLine(SMALL_HEAP, "detect", "--model", TinyModel.model(), good, "--json", json));
        assertNamed(bad, run);
        assertEquals(scores(alone), scores(run.out()));
        assertTrue(run.err().contains(", " + bad.size() + " unreadable"), run.err());
        assertEquals(
                alone.lines().count(),
                JsonParser.parseString(Files.readString(json)).getAsJsonArray().size());
    }

    /** Kernels of two processes may round the last digit differently. */
    private static List<String> scores(String out) {
        return out.lines()
                .map(line -> line.split("\t"))
                .map(cells -> cells[0] + " " + Math.round(100 * Double.parseDouble(cells[1])) + " " + cells[2])
                .collect(Collectors.toList());
    }

    @Test
    void evaluateMeasuresOnTheOthers() throws IOException, InterruptedException {
        Path alone = folder.resolve("alone.json");
        CommandRun.succeeding("evaluate", "--model", TinyModel.model(), "--data", product, "--json", alone);
        addBadFiles();
        Path defect = Files.list(product.resolve("test"))
                .filter(each -> !each.endsWith("good"))
                .sorted()
                .findFirst()
                .orElseThrow();
        Path masked = Files.list(defect).sorted().findFirst().orElseThrow();
        Path mask =
                product.resolve("ground_truth").resolve(defect.getFileName()).resolve("zzz_mask.png");
        Files.copy(masked, defect.resolve("zzz.png"));
        Files.writeString(mask, "no mask");
        bad.add(mask);
        Path json = folder.resolve("metrics.json");
        Path report = folder.resolve("report.html");
        CommandRun run = CommandRun.process(
                folder,
                CommandRun.commandLine(
                        SMALL_HEAP,
                        "evaluate",
                        "--model",
                        TinyModel.model(),
                        "--data",
                        product,
                        "--json",
                        json,
                        "--report",
                        report,
                        "--out",
                        folder.resolve("pictures")));
        assertNamed(bad, run);
        String left = bad.size() + " test images cannot be read and are left out";
        assertTrue(run.out().contains("fabric: " + left), run.out());
        assertTrue(run.err().contains(bad.size() + " of "), run.err());
        assertTrue(Files.readString(report).contains(left));
        JsonObject row = row(json);
        assertEquals(left, row.remove("remarks").getAsJsonArray().get(0).getAsString());
        assertEquals(row(alone).get("image_auroc"), row.get("image_auroc"));
        assertEquals(row(alone).get("image_ap"), row.get("image_ap"));
        CommandRun several = CommandRun.of(
                "evaluate", "--model", TinyModel.model(), "--data", product, "--smoothing", "2", "--smoothing", "4");
        assertNamed(bad, several);
        assertTrue(several.out().contains("fabric: " + left), several.out());
    }

    private static JsonObject row(Path json) throws IOException {
        JsonArray rows =
                JsonParser.parseString(Files.readString(json)).getAsJsonObject().getAsJsonArray("classes");
        assertEquals(1, rows.size());
        return rows.get(0).getAsJsonObject();
    }
}
