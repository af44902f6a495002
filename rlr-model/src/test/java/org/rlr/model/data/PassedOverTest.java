package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.data.PassedOver.Reason;

/** The files in the folders of a data set that are not read. */
class PassedOverTest {
    @TempDir
    private Path root;

    private Miniature mini;

    @BeforeEach
    void aClass() throws IOException {
        mini = new Miniature(root)
                .images("bolt/train/good/0.png", "bolt/train/good/1.png", "bolt/test/bent/2.png")
                .masks("bolt/ground_truth/bent/2_mask.png");
    }

    private PassedOver read() {
        return DataLayouts.read(root).passedOver();
    }

    private void assertOnly(Reason reason, String... files) {
        PassedOver passed = read();
        assertEquals(Set.of(reason), passed.files().keySet(), passed.toString());
        assertEquals(
                List.of(files),
                passed.files(reason).stream().map(this::relative).toList());
    }

    private String relative(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }

    @Test
    void nothingIsPassedOverWhereAllIsRead() {
        assertEquals(0, read().count());
        assertEquals("", read().note().orElse(""));
        assertTrue(DataSet.builder()
                .train("a", List.of(ImageSource.of("id", TestImages.smooth(8, 8))))
                .build()
                .passedOver()
                .files()
                .isEmpty());
    }

    @Test
    void linksToNothingAreNamedWithTheirTarget() throws IOException {
        Files.createSymbolicLink(root.resolve("bolt/train/good/3.png"), Path.of("/gone/3.png"));
        Files.createSymbolicLink(root.resolve("bolt/train/good/4.png"), Path.of("4.png"));
        Files.createSymbolicLink(root.resolve("bolt/test/good"), Path.of("../gone"));
        Files.createSymbolicLink(root.resolve("nut"), Path.of("/gone/nut"));
        Files.createSymbolicLink(root.resolve("bolt/.#lock"), Path.of("user@host"));
        PassedOver passed = read();
        assertEquals(
                List.of("bolt/test/good", "bolt/train/good/3.png", "bolt/train/good/4.png", "nut"),
                passed.files(Reason.DANGLING_LINK).stream().map(this::relative).toList());
        assertEquals(4, passed.count());
        assertEquals(
                "4 files in " + root + " are skipped: 4 links to nothing (first " + Path.of("bolt", "test", "good")
                        + " -> " + Path.of("..", "gone") + ")",
                passed.note().orElseThrow());
        List<String> problems =
                DataCheck.run(DataLayouts.read(root), 1, () -> {}).problems();
        assertEquals(1, problems.size(), problems.toString());
        assertTrue(problems.get(0).startsWith("4 links to nothing, first " + root.resolve("bolt/test/good") + " -> "));
    }

    @Test
    void whereAllImagesAreLinksToNothingTheErrorSaysSo() throws IOException {
        Path set = Files.createDirectories(root.resolve("links"));
        Files.createSymbolicLink(set.resolve("0.png"), Path.of("/gone/0.png"));
        Miniature.assertError(() -> DataLayouts.read(set), "1 link to nothing", "0.png -> " + Path.of("/gone/0.png"));
        Path good = Files.createDirectories(root.resolve("nut/train/good"));
        Files.createSymbolicLink(good.resolve("0.png"), Path.of("/gone/0.png"));
        Miniature.assertError(() -> DataLayouts.read(root), "class nut", "1 link to nothing");
    }

    @Test
    void linksToFoldersAreFollowedAndLoopsEnd() throws IOException {
        Path elsewhere = root.resolve("bolt/elsewhere");
        mini.images("bolt/elsewhere/9.png");
        Files.createSymbolicLink(root.resolve("bolt/test/good"), elsewhere);
        assertEquals(2, DataLayouts.read(root).test().size());
        assertOnly(Reason.OTHER_FOLDER, "bolt/elsewhere/9.png");
        Files.createSymbolicLink(elsewhere.resolve("loop"), root.resolve("bolt"));
        assertFalse(read().files(Reason.LOOPING_LINK).isEmpty());
        assertEquals(
                List.of(), DataCheck.run(DataLayouts.read(root), 1, () -> {}).problems());
    }

    @Test
    void imagesInOtherFolders() throws IOException {
        mini.images("bolt/train/good/cam1/5.png", "bolt/train/bent/6.png", "extra/7.png");
        assertOnly(Reason.OTHER_FOLDER, "bolt/train/bent/6.png", "bolt/train/good/cam1/5.png", "extra/7.png");
    }

    @Test
    void otherFormatsByTheirSuffixOrTheirContent() throws IOException {
        mini.litter("bolt/train/good/5.heic", "bolt/train/good/6.AVIF", "bolt/train/notes.txt");
        Files.copy(root.resolve("bolt/train/good/0.png"), root.resolve("bolt/train/good/7"));
        Files.copy(root.resolve("bolt/train/good/0.png"), root.resolve("bolt/train/good/8.png_original"));
        PassedOver passed = read();
        assertEquals(
                List.of("5.heic", "6.AVIF", "7", "8.png_original"),
                passed.files(Reason.OTHER_FORMAT).stream()
                        .map(file -> file.getFileName().toString())
                        .toList());
        assertEquals(1, passed.files(Reason.NO_IMAGE).size());
        assertEquals(4, passed.count());
    }

    @Test
    void hiddenFilesAndFolders() throws IOException {
        mini.images("bolt/train/good/._0.png", "bolt/train/.cache/0.png").litter("bolt/.DS_Store");
        PassedOver passed = read();
        assertEquals(1, passed.files(Reason.HIDDEN).size());
        assertEquals(1, passed.count());
    }

    /** A data set folder whose own name begins with a dot is still searched. */
    @Test
    void aHiddenRoot() throws IOException {
        new Miniature(root).images(".set/0.png", ".set/more/1.png");
        assertEquals(1, DataLayouts.read(root.resolve(".set")).passedOver().count());
    }

    @Test
    void masksBesideImagesAreNotLearned() throws IOException {
        mini.images("bolt/train/good/0_GT.png", "bolt/train/good/1_mask.png")
                .masks("bolt/test/bent/2_label.png", "bolt/test/bent/9_label.png");
        mini.images("bolt/test/bent/9.png");
        DataSet set = DataLayouts.read(root);
        assertEquals(2, set.train().size());
        assertEquals(
                List.of("bolt/ground_truth/bent/2_mask.png", "bolt/test/bent/9_label.png"),
                set.test().stream()
                        .map(sample -> relative(sample.masks().get(0).file()))
                        .toList());
        assertEquals(
                List.of("bolt/test/bent/2_label.png", "bolt/train/good/0_GT.png", "bolt/train/good/1_mask.png"),
                set.passedOver().files(Reason.MASK).stream().map(this::relative).toList());
    }

    @Test
    void masksBesideImagesInPlainFolders() throws IOException {
        Path plain = root.resolve("plain");
        new Miniature(plain)
                .images("normal/0.png", "normal/1.png", "normal/1_seg.png", "abnormal/2.png")
                .masks("abnormal/2_mask.png");
        DataSet set = DataLayouts.read(plain);
        assertEquals(2, set.train().size());
        assertEquals(
                List.of(plain.resolve("abnormal/2_mask.png")),
                set.test().get(0).masks().stream().map(ImageSource::file).toList());
        assertEquals(1, set.passedOver().count());
    }

    @Test
    void masksOfNoImage() throws IOException {
        mini.masks("bolt/ground_truth/bent/9_mask.png");
        assertOnly(Reason.UNUSED, "bolt/ground_truth/bent/9_mask.png");
    }

    @Test
    void foldersThatCannotBeListed() throws IOException {
        Path closed = Files.createDirectories(root.resolve("bolt/train/good/closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
        try {
            assumeFalse(Files.isReadable(closed), "this user may read everything");
            assertOnly(Reason.UNREADABLE, "bolt/train/good/closed");
        } finally {
            Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        }
    }
}
