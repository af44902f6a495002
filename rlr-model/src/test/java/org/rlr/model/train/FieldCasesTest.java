package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.config.Json;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.Images;
import org.rlr.model.data.RgbImage;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.io.SafeTensorsFile;

/**
 * Field files and hostile files, kept beside the repository in {@code shared/cases}: each folder has a row in the table
 * of {@code docs/results/2026-11-30-field-files.md}; folders of images and files are read here.
 */
class FieldCasesTest {
    private static final Path CASES = Path.of("..", "..", "shared", "cases");
    private static final Path TABLE = Path.of("..", "docs", "results", "2026-11-30-field-files.md");

    /** Reads a folder of cases and describes the result. */
    private interface Check {
        String now(Path folder) throws Exception;
    }

    private record Case(String before, Check check) {}

    private final Map<String, Case> cases = new LinkedHashMap<>();

    private void row(String folder, String before, Check check) {
        cases.put(folder, new Case(before, check));
    }

    /** Adds a folder that another test checks. */
    private void elsewhere(String folder, String before, String now, String test) {
        row(folder, before, path -> {
            assertNotNull(Class.forName("org.rlr.model." + test));
            return now + " (`" + test.substring(test.indexOf('.') + 1) + "`)";
        });
    }

    private void images() {
        row("jpeg-odd-headers", "refused, or read as the JDK's libjpeg likes", folder -> {
            RgbImage ok = Images.read(folder.resolve("ok.jpg"));
            for (Path file : files(folder)) {
                assertEquals(ok, Images.read(file), file.toString());
            }
            return "all are read like `ok.jpg`";
        });
        row("jpeg-damaged", "`1_zero` and `1_dup` are read with wrong pixels", folder -> {
            RgbImage ok = Images.read(folder.resolve("1_ok.jpg"));
            assertEquals(ok, Images.read(folder.resolve("1_pad0.jpg")));
            refused(folder.resolve("1_zero.jpg"), ImageException.Reason.DAMAGED);
            refused(folder.resolve("1_dup.jpg"), ImageException.Reason.DAMAGED);
            return "both are damaged; `1_pad0` and `1_ok` are read";
        });
        row("bmp-file-size", "refused", folder -> {
            RgbImage ok = Images.read(folder.resolve("ok.bmp"));
            for (Path file : files(folder)) {
                assertEquals(ok, Images.read(file), file.toString());
            }
            return "all are read like `ok.bmp`";
        });
        row("tiff-samples", "32-bit integers are black, palettes a level too dark, orientation is ignored", folder -> {
            refused(folder.resolve("i32_16bit.tif"), ImageException.Reason.UNSUPPORTED);
            assertEquals(pillow("tif_pal"), Images.read(folder.resolve("tif_pal.tif")));
            assertEquals(pillow("tif_orient"), Images.read(folder.resolve("tif_orient.tif")));
            return "32-bit integers are refused; palette and orientation as Pillow";
        });
        row("hostile/image-header-oom", "0.4 to 1.6 GB, or OutOfMemoryError", folder -> {
            for (Path file : files(folder)) {
                long before = allocated();
                assertThrows(ImageException.class, () -> Images.read(file));
                assertTrue(allocated() - before < 16 << 20, file.toString());
            }
            return "all are refused in less than 16 MiB";
        });
        row("hostile/image-npe-tiff", "\"(NullPointerException)\"", folder -> {
            refused(folder.resolve("t.tif"), ImageException.Reason.DAMAGED);
            return "damaged, with the reason";
        });
        row("hostile/jpeg-hang", "can freeze the JVM", folder -> {
            refused(folder.resolve("hang.jpg"), ImageException.Reason.DAMAGED);
            return "damaged; the JDK's decoder does not see it";
        });
        row("hostile/tiff-rows-per-strip", "all black, or taken for 8,323,089×13 pixels", folder -> {
            assertEquals(pillow("rps_80000000"), Images.read(folder.resolve("rps_80000000.tif")));
            assertThrows(ImageException.class, () -> Images.read(folder.resolve("149bytes_8323089x13.tif")));
            return "the first as Pillow, the second is refused";
        });
        row("ignored-files", "`.jfif` and `.jpe` are no images; WebP is \"not an image\"", folder -> {
            Path kinds = folder.resolve("exts");
            assertEquals(
                    List.of("im1.jfif", "im2.jpe", "im4.JPG"),
                    Images.list(kinds).stream()
                            .map(file -> file.getFileName().toString())
                            .toList());
            Images.list(kinds).forEach(Images::read);
            ImageException e = refused(kinds.resolve("im0.webp"), ImageException.Reason.UNSUPPORTED);
            assertTrue(e.getMessage().contains("WebP"), e.getMessage());
            return "they are JPEG; WebP and AVIF are named, with how to convert them";
        });
    }

    private void folders() {
        elsewhere("nfd-names", "masks are missing", "names are compared in NFC", "data.FieldFoldersTest");
        elsewhere("good-and-Good", "`Good` counts as defects", "one folder", "data.FieldFoldersTest");
        elsewhere("same-stem", "pictures and masks are mixed up", "an error", "data.FieldFoldersTest");
        elsewhere(
                "dangling-links",
                "passed over without a word",
                "links and their targets are named, a problem of `data check`",
                "data.FolderCasesTest");
        elsewhere(
                "jpeg-masks",
                "twice as many pixels are set",
                "decided at half of the range; `data check` says so",
                "data.FolderCasesTest");
        elsewhere(
                "mask-kinds",
                "taken as they are",
                "alpha masks are read; inverted ones are named",
                "data.FolderCasesTest");
        elsewhere(
                "tiny-masks",
                "count as having no defective pixel",
                "a note with their number beside pixel metrics",
                "cli.FieldFoldersCommandTest");
        elsewhere(
                "mono12",
                "16 grey levels, without a word",
                "a note with the bits and grey levels",
                "data.FolderCasesTest");
        elsewhere("exif", "ignored without a word", "a note with the number of images", "data.FolderCasesTest");
        elsewhere(
                "masks-beside-images",
                "masks are learned as normal images",
                "KolektorSDD and KolektorSDD2 are layouts",
                "data.FolderCasesTest");
        elsewhere(
                "realiad-single-view",
                "not recognised",
                "recognised; the list that is taken is said",
                "data.FolderCasesTest");
        elsewhere(
                "hostile/write-traversal",
                "files outside the output folder are replaced",
                "the list is refused",
                "data.FieldFoldersTest");
    }

    private void files() {
        elsewhere(
                "hostile/ansi",
                "escapes of class names reach the terminal",
                "they are printed plainly",
                "cli.BadModelFilesTest");
        row("hostile/model-header-bomb", "up to 6 GB and 38 s", folder -> models(folder, 16 << 20));
        row("hostile/model-npe", "NullPointerException, or an error at the first image", folder -> models(folder, 1));
        row("hostile/decoder-null", "NullPointerException, ArithmeticException", folder -> models(folder, 1));
        row("hostile/state", "accepted", folder -> {
            TrainingState.load(folder.resolve("same.checkpoint"), identity(folder.resolve("same.checkpoint")), 4);
            for (Path file : files(folder)) {
                if (!file.endsWith("same.checkpoint")) {
                    RlrException e = assertThrows(
                            ModelException.class, () -> TrainingState.load(file, identity(file), 4), file.toString());
                    assertTrue(e.getMessage().contains(file.getFileName().toString()), e.getMessage());
                }
            }
            return "damaged, with the field; `same` is read";
        });
    }

    @Test
    void everyFolderOfCasesHasARowThatIsTrue() throws Exception {
        assumeTrue(Files.isDirectory(CASES), CASES + " is not beside this repository; copies are among the resources");
        images();
        folders();
        files();
        assertEquals(folderNames(), new TreeSet<>(cases.keySet()));
        List<String> rows = new ArrayList<>();
        for (Map.Entry<String, Case> each : cases.entrySet()) {
            String now = each.getValue().check.now(CASES.resolve(each.getKey()));
            rows.add("| `" + each.getKey() + "` | " + each.getValue().before + " | " + now + " |");
        }
        Path written = Files.write(Path.of("target", "field-files.md"), rows);
        List<String> published = Files.readAllLines(TABLE).stream()
                .filter(line -> line.startsWith("| `"))
                .toList();
        assertEquals(String.join("\n", rows), String.join("\n", published), "copy " + written + " to " + TABLE);
    }

    private static Set<String> folderNames() throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> folders = Files.walk(CASES, 2)) {
            folders.filter(Files::isDirectory)
                    .map(CASES::relativize)
                    .map(path -> path.toString().replace('\\', '/'))
                    .filter(name -> name.startsWith("hostile/") || !(name.isEmpty() || name.contains("/")))
                    .filter(name -> !name.equals("hostile"))
                    .forEach(names::add);
        }
        return names;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static ImageException refused(Path file, ImageException.Reason reason) {
        ImageException e = assertThrows(ImageException.class, () -> Images.read(file), file.toString());
        assertEquals(reason, e.reason(), e.toString());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        return e;
    }

    private static String models(Path folder, long bytes) throws IOException {
        for (Path file : files(folder)) {
            try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS)) {
                boolean decoder = file.getFileName().toString().startsWith("dec_");
                assertThrows(
                        ModelException.class,
                        () -> (decoder ? DecoderFile.load(file, backend) : ModelFile.load(file, backend)).close(),
                        file.toString());
                assertTrue(backend.memory().peak() < bytes, file + " " + backend.memory());
            }
        }
        return "one error when they are loaded" + (bytes > 1 ? ", in less than 16 MiB" : "");
    }

    private static TrainingIdentity identity(Path state) {
        try (SafeTensorsFile file = SafeTensorsFile.open(state)) {
            return Json.read(file.metadata().get("training"), TrainingIdentity.class);
        }
    }

    /** Returns Pillow's pixels of a file of that name. */
    private static RgbImage pillow(String name) throws IOException {
        try (InputStream in = FieldCasesTest.class.getResourceAsStream("/cases/tiff/" + name + ".png")) {
            return Images.read(in);
        }
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }
}
