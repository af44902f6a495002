package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real folders of users, from the shared files; other tests draw small ones. */
class FolderCasesTest {
    private static final Path CASES =
            Path.of(System.getProperty("rlr.shared", "../../shared")).resolve("cases");

    @TempDir
    private Path temp;

    private static Path folder(String name) {
        Path folder = CASES.resolve(name);
        assumeTrue(Files.isDirectory(folder), folder + " is absent");
        return folder;
    }

    /** Layout, training images, normal and defective test images, problems, and words of the notes. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mask-kinds/data | mvtec | 24 | 6 | 4 | 0 | 000_mask.png is of one colour and was read from its alpha",
                "mask-kinds/data | mvtec | 24 | 6 | 4 | 0 | 002_mask.png has more than half of its pixels set",
                "jpeg-masks/jpg | mvtec | 24 | 6 | 8 | 0 | 8 masks are JPEG files",
                "mono12/data | mvtec | 8 | 8 | 8 | 0 | only 12 bits",
                "exif/data | mvtec | 8 | 4 | 2 | 1 | 2 images have an EXIF orientation",
                "ignored-files/nested | mvtec | 4 | 4 | 3 | 0 | 20 images in folders that are not read",
                "masks-beside-images/ksdd | kolektor-sdd | 4 | 2 | 0 | 0 | every fifth normal image",
                "masks-beside-images/ksdd2 | kolektor-sdd2 | 6 | 3 | 3 | 0 | ''",
                "masks-beside-images/ksdd2/train | kolektor-sdd2 | 6 | 0 | 0 | 0 | no test images",
                "realiad-single-view/realiad_sv | real-iad-sv | 6 | 2 | 3 | 0 | realiad_jsons_sv",
                "realiad-single-view/realiad_both | real-iad-sv | 6 | 2 | 3 | 0 | realiad_jsons_sv",
                "good-and-Good/data | mvtec | 24 | 10 | 4 | 0 | ''",
                "same-stem/samestem3 | mvtec | 6 | 2 | 2 | 0 | ''",
                "nfd-names/data | mvtec | 8 | 4 | 3 | 0 | ''",
            })
    void howFoldersAreUnderstood(
            String name, String layout, int train, int good, int defective, int problems, String note) {
        DataSet set = DataLayouts.read(folder(name));
        assertEquals(layout, set.layout());
        assertEquals(train, set.train().size());
        assertEquals(defective, set.test().stream().filter(Sample::anomalous).count());
        assertEquals(good + defective, set.test().size());
        assertTrue(set.test().stream()
                .allMatch(sample -> !sample.anomalous() || !sample.masks().isEmpty()));
        DataCheck.Result result = DataCheck.run(set, 2, () -> {});
        assertEquals(problems, result.problems().size(), result.problems().toString());
        assertTrue(result.notes().toString().contains(note), result.notes().toString());
    }

    /** Link targets are shared as files, because not every copy keeps links. */
    @Test
    void linksToNothing() throws IOException {
        Path from = folder("dangling-links/data");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.sorted().toList()) {
                Path to = temp.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else if (Files.isSymbolicLink(file) || Files.size(file) < 64) {
                    Files.createSymbolicLink(
                            to,
                            Files.isSymbolicLink(file)
                                    ? Files.readSymbolicLink(file)
                                    : Path.of(Files.readString(file).strip()));
                } else {
                    Files.copy(file, to);
                }
            }
        }
        DataSet set = DataLayouts.read(temp);
        assertEquals(6, set.train().size());
        String note = set.passedOver().note().orElseThrow();
        assertTrue(note.contains("7 links to nothing") && note.contains("999.png -> /mnt/nas/raw/999.png"), note);
        assertEquals(1, DataCheck.run(set, 2, () -> {}).problems().size());
    }

    @Test
    void imagesByDateAreInNoKnownLayout() {
        Path folder = folder("ignored-files/bydate");
        Miniature.assertError(
                () -> DataLayouts.read(folder),
                "2024-01, 2024-02",
                "12 images in folders",
                Path.of("2024-01", "020.png"));
        assertEquals(12, PassedOver.of(folder, List.of()).count());
    }
}
