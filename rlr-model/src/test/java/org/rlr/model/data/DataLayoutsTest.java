package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.RlrException;

class DataLayoutsTest {
    @TempDir
    Path temp;

    private Path image(String path) throws IOException {
        return TestImages.writeFlat(temp.resolve(path), 8, 6, 0x808080);
    }

    private static void assertError(Executable action, Object... parts) {
        String message = assertThrows(RlrException.class, action).explanation();
        for (Object part : parts) {
            assertTrue(message.contains(part.toString()), message + " does not mention " + part);
        }
    }

    /** Two classes with real-world variants: other suffixes, upper case, spaces, {@code ok} for good, stray files. */
    private Path mixed() throws IOException {
        image("set/bottle/train/good/001.png");
        image("set/bottle/train/good/000.PNG");
        image("set/bottle/test/good/000.png");
        image("set/bottle/test/broken large/000.bmp");
        image("set/bottle/test/broken large/001.png");
        image("set/bottle/ground_truth/broken large/000_mask.png");
        image("set/bottle/ground_truth/broken large/001_MASK.PNG");
        image("set/01/train/ok/a.bmp");
        image("set/01/test/ok/b.bmp");
        image("set/01/test/ko/c 1.jpg");
        image("set/01/ground_truth/ko/c 1.png");
        Files.createFile(temp.resolve("set/01/test/ko/Thumbs.db"));
        Files.createFile(temp.resolve("set/01/test/ko/.hidden.png"));
        Files.createFile(temp.resolve("set/01/train/ok/.DS_Store"));
        Files.createFile(temp.resolve("set/readme.txt"));
        Files.createDirectories(temp.resolve("set/.cache/train"));
        Files.createDirectories(temp.resolve("set/split_csv"));
        return temp.resolve("set");
    }

    @Test
    void aRootOfClassFoldersIsReadInOrder() throws IOException {
        Path root = mixed();
        DataSet set = DataLayouts.read(root);
        assertEquals("mvtec", set.layout());
        assertEquals(
                List.of("01", "bottle"),
                set.classes().stream().map(ClassSamples::name).toList());
        assertEquals(
                List.of("01/train/ok/a.bmp", "bottle/train/good/000.PNG", "bottle/train/good/001.png"),
                set.train().stream()
                        .map(sample -> root.relativize(sample.image().file())
                                .toString()
                                .replace('\\', '/'))
                        .toList());
        Path truth = root.resolve("bottle/ground_truth/broken large");
        Path test = root.resolve("bottle/test");
        assertEquals(
                List.of(
                        new Sample(
                                root.resolve("01/test/ko/c 1.jpg"),
                                List.of(root.resolve("01/ground_truth/ko/c 1.png")),
                                "01",
                                "ko",
                                true),
                        new Sample(root.resolve("01/test/ok/b.bmp"), List.of(), "01", "good", false),
                        new Sample(
                                test.resolve("broken large/000.bmp"),
                                List.of(truth.resolve("000_mask.png")),
                                "bottle",
                                "broken large",
                                true),
                        new Sample(
                                test.resolve("broken large/001.png"),
                                List.of(truth.resolve("001_MASK.PNG")),
                                "bottle",
                                "broken large",
                                true),
                        new Sample(test.resolve("good/000.png"), List.of(), "bottle", "good", false)),
                set.test());
        assertEquals(set, set.requireTraining().requireEvaluation());
    }

    @Test
    void aClassFolderIsADataSetOfOneClass() throws IOException {
        DataSet set = DataLayouts.read(mixed().resolve("bottle"));
        assertEquals(
                List.of("bottle"),
                set.classes().stream().map(ClassSamples::name).toList());
        assertEquals(2, set.train().size());
    }

    @Test
    void aFolderOfImagesIsTrainedOnButNotEvaluated() throws IOException {
        image("parts/b.png");
        image("parts/a.png");
        DataSet set = DataLayouts.read(temp.resolve("parts")).requireTraining();
        assertEquals("folder", set.layout());
        assertEquals(
                List.of(
                        Sample.good(temp.resolve("parts/a.png"), "parts"),
                        Sample.good(temp.resolve("parts/b.png"), "parts")),
                set.train());
        assertError(
                set::requireEvaluation,
                "class parts has no test images",
                temp.resolve("parts/normal_test"),
                temp.resolve("parts/abnormal"));
    }

    @Test
    void aLayoutCanBeForced() throws IOException {
        image("a.png");
        assertError(() -> DataLayouts.read(temp, "mvtec"), temp, "holds no class");
        assertError(() -> DataLayouts.read(mixed(), "folder"), "holds no images");
        assertError(() -> DataLayouts.read(temp, "coco"), "'coco'", "mvtec, folder", "real-iad");
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        Path missing = temp.resolve("missing");
        assertError(() -> DataLayouts.read(missing), missing, "does not exist");
        assertError(() -> DataLayouts.read(image("one.png")), "is a file");
        Path empty = Files.createDirectory(temp.resolve("empty"));
        assertError(() -> DataLayouts.read(empty), empty, "no image and no folder", "mvtec", "folder of normal images");
        Files.createDirectories(temp.resolve("other/pictures"));
        assertError(() -> DataLayouts.read(temp.resolve("other")), "folders in it: pictures");
    }

    @Test
    void aClassWithoutImagesOrWithoutNormalFolderIsNamed() throws IOException {
        Files.createDirectories(temp.resolve("set/bolt/train/good"));
        assertError(
                () -> DataLayouts.read(temp.resolve("set")),
                "class bolt",
                "has no images",
                Path.of("bolt", "train", "good"));
        Files.delete(temp.resolve("set/bolt/train/good"));
        assertError(() -> DataLayouts.read(temp.resolve("set")), "has no folder 'good'", Path.of("bolt", "train"));
    }

    @Test
    void aClassWithoutTrainingImagesCanOnlyBeEvaluated() throws IOException {
        image("set/bolt/test/good/0.png");
        DataSet set = DataLayouts.read(temp.resolve("set")).requireEvaluation();
        assertError(set::requireTraining, "class bolt has no training images", Path.of("bolt", "train", "good"));
    }

    @Test
    void aDefectiveImageWithoutAMaskIsNoError() throws IOException {
        image("bolt/test/bent/0.png");
        image("bolt/test/bent/1.png");
        image("bolt/ground_truth/bent/1_mask.png");
        DataSet set = DataLayouts.read(temp.resolve("bolt")).requireEvaluation();
        assertEquals(
                List.of(0, 1),
                set.test().stream().map(sample -> sample.masks().size()).toList());
    }

    @Test
    void masksOfAnotherSizeAreNamedWithBothSizes() throws IOException {
        image("bolt/test/bent/0.png");
        TestImages.writeFlat(temp.resolve("bolt/ground_truth/bent/0_mask.png"), 9, 6, -1);
        DataSet set = DataLayouts.read(temp.resolve("bolt"));
        assertError(set::requireEvaluation, "0_mask.png", "9×6", Path.of("bent", "0.png"), "8×6", "replace it");
        Sample sample = set.test().get(0);
        assertError(() -> Masks.read(sample, sample.image().size()), "0_mask.png", "9×6", "8×6");
    }

    @Test
    void masksArePairedByTheLongestFittingName() {
        List<Path> images =
                List.of(Path.of("1.jpg"), Path.of("10.jpg"), Path.of("a.png"), Path.of("a b.png"), Path.of("c.png"));
        var pairs = MaskPairing.pair(
                images,
                List.of(
                        Path.of("10_mask.png"),
                        Path.of("a b.bmp"),
                        Path.of("a b_mask.png"),
                        Path.of("aDefect.png"),
                        Path.of("100.png"),
                        Path.of("z.png"),
                        Path.of("gt_c_000.png")));
        assertNull(pairs.get(images.get(0)), "1 must not take 10's");
        assertEquals(List.of(Path.of("10_mask.png")), pairs.get(images.get(1)));
        assertEquals(List.of(Path.of("aDefect.png")), pairs.get(images.get(2)));
        assertEquals(List.of(Path.of("a b.bmp")), pairs.get(images.get(3)), "an identical name first");
        assertEquals(
                List.of(Path.of("gt_c_000.png")), pairs.get(images.get(4)), "contained, where it begins with none");
        assertFalse(
                MaskPairing.pair(List.of(Path.of("12.png")), List.of(Path.of("mask_123.png"), Path.of("mask_312.png")))
                        .containsKey(Path.of("12.png")));
        assertError(
                () -> MaskPairing.pair(List.of(Path.of("1.png")), List.of(Path.of("1_x.png"), Path.of("1_y.png"))),
                "1_x.png",
                "1_y.png");
    }

    @Test
    void theMagneticTilesAreWhole() {
        Path tiles = Path.of(System.getProperty("rlr.shared", "../../shared")).resolve("data/magnetic-tile");
        assumeTrue(Files.isDirectory(tiles), tiles + " is absent");
        DataSet set = DataLayouts.read(tiles).requireTraining().requireEvaluation();
        assertEquals("magnetic-tile", set.classes().get(0).name());
        assertFalse(set.train().isEmpty());
        for (Sample sample : set.test()) {
            assertEquals(sample.anomalous(), !sample.masks().isEmpty(), sample.toString());
        }
    }
}
