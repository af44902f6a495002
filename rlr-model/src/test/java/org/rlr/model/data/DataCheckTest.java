package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataCheckTest {
    @TempDir
    Path root;

    private Miniature mini;

    @BeforeEach
    void aSoundDataSet() throws IOException {
        mini = new Miniature(root)
                .images(
                        "bolt/train/good/0.png",
                        "bolt/train/good/1.png",
                        "bolt/test/good/2.png",
                        "bolt/test/bent/3.png",
                        "bolt/test/bent/4.png")
                .masks("bolt/ground_truth/bent/3_mask.png", "bolt/ground_truth/bent/4_mask.png");
    }

    private DataCheck.Result check() {
        DataSet set = DataLayouts.read(root);
        AtomicInteger done = new AtomicInteger();
        DataCheck.Result result = DataCheck.run(set, 2, done::incrementAndGet);
        assertEquals(DataCheck.images(set), done.get());
        return result;
    }

    /** Checks for one problem that mentions all these words. */
    private void assertProblem(Object... parts) {
        List<String> problems = check().problems();
        assertEquals(1, problems.size(), problems.toString());
        assertMentions(problems, parts);
    }

    private static void assertMentions(List<String> sentences, Object... parts) {
        for (Object part : parts) {
            assertTrue(
                    sentences.stream().anyMatch(sentence -> sentence.contains(part.toString())),
                    sentences + " do not mention " + part);
        }
    }

    @Test
    void nothingIsWrongWithASoundOne() {
        assertEquals(
                new DataCheck.Result(Map.of("bolt", Map.of(new ImageSize(8, 6), 5)), List.of(), List.of()), check());
    }

    @Test
    void unreadableImagesAndMasks() throws IOException {
        Path image = Files.writeString(root.resolve("bolt/train/good/1.png"), "no image");
        assertProblem(image, "is not a PNG");
        mini.images("bolt/train/good/1.png");
        Path mask = root.resolve("bolt/ground_truth/bent/3_mask.png");
        byte[] bytes = Files.readAllBytes(mask);
        Files.write(mask, java.util.Arrays.copyOf(bytes, bytes.length - 20));
        assertProblem(mask, "truncated");
    }

    @Test
    void masksOfAnotherSizeEmptyOnesAndMissingOnes() throws IOException {
        Path mask = TestImages.writeFlat(root.resolve("bolt/ground_truth/bent/3_mask.png"), 9, 6, -1);
        assertProblem(mask, "9×6", "8×6");
        mini.mask("bolt/ground_truth/bent/3_mask.png", 0);
        assertProblem(mask, "no pixel set");
        Files.delete(mask);
        assertProblem("1 of 2 defective test images have no mask", Path.of("bent", "3.png"));
    }

    @Test
    void anImageInTrainingAndTestIsLeakageWhateverItIsCalled() throws IOException {
        Path copy = Files.copy(root.resolve("bolt/train/good/1.png"), root.resolve("bolt/test/good/renamed.png"));
        assertProblem("leakage", copy, root.resolve("bolt/train/good/1.png"));
    }

    @Test
    void anImageThatIsNormalAndDefectiveIsWrongCopiesOfOneKindAreNoted() throws IOException {
        Path copy = Files.copy(root.resolve("bolt/test/bent/3.png"), root.resolve("bolt/test/good/3.png"));
        assertProblem("both normal and defective", copy);
        Files.delete(copy);
        Files.copy(root.resolve("bolt/train/good/1.png"), root.resolve("bolt/train/good/1b.png"));
        Files.copy(root.resolve("bolt/test/good/2.png"), root.resolve("bolt/test/good/2b.png"));
        DataCheck.Result result = check();
        assertEquals(List.of(), result.problems());
        assertMentions(
                result.notes(),
                "two training images are identical",
                "two images that are not trained on are identical",
                "1b.png",
                "2b.png");
    }

    @Test
    void whatCannotBeMeasuredAndWhatIsIgnoredIsNoted() throws IOException {
        mini.images(
                        "nut/train/good/0.png",
                        "nut/test/good/1.png",
                        "pin/train/good/0.png",
                        "pin/test/bent/1.png",
                        "rod/train/good/0.png")
                .masks("bolt/ground_truth/bent/9_mask.png", "bolt/ground_truth/good/2_mask.png")
                .litter("bolt/test/bent/Thumbs.db");
        DataCheck.Result result = check();
        assertEquals(List.of(), result.problems());
        assertMentions(
                result.notes(),
                "nut has no defective test images",
                "pin has no good test images",
                "pin has no masks",
                "rod has no test images",
                "1 image file is ignored, first " + root.resolve("bolt/ground_truth/bent/9_mask.png"),
                "1 other file is ignored, first " + root.resolve("bolt/test/bent/Thumbs.db"),
                Path.of("test", "good", "2.png") + " lies among normal images, but its mask has pixels set");
    }

    @Test
    void aClassWithoutTrainingImages() throws IOException {
        mini.images("nut/test/good/1.png");
        assertProblem("class nut has no training images");
    }

    @ParameterizedTest
    @CsvSource({
        "255, only 8 bits, all become black",
        "1023, only 10 bits, 4 of 256",
        "4095, only 12 bits, 16 of 256",
        "16383, only 14 bits, 64 of 256"
    })
    void imagesOf16BitsThatUseFewOfThem(int largest, String bits, String levels) throws IOException {
        for (int i = 0; i < 2; i++) {
            deep("bolt/train/good/" + i + ".png", TestImages.GREY, i == 0 ? largest / 2 : largest);
        }
        assertMentions(check().notes(), bits, levels, "first " + root.resolve("bolt/train/good/0.png"));
        assertMentions(DataCheck.glance(DataLayouts.read(root)), bits);
    }

    @Test
    void imagesOf16BitsThatUseThem() throws IOException {
        deep("bolt/train/good/0.png", TestImages.GREY, 4095);
        deep("bolt/train/good/1.png", TestImages.RGB_ALPHA, 40000);
        Files.writeString(root.resolve("bolt/train/good/2.png"), "no image");
        assertEquals(List.of(), DataCheck.glance(DataLayouts.read(root)));
        Files.delete(root.resolve("bolt/train/good/2.png"));
        assertEquals(List.of(), check().notes());
        // alpha is not a colour
        deep("bolt/train/good/1.png", TestImages.RGB_ALPHA, 4094);
        assertMentions(check().notes(), "only 12 bits");
    }

    private void deep(String path, int type, int largest) throws IOException {
        Files.write(
                root.resolve(path),
                TestImages.png(
                        8, 6, type, 16, (pixel, channel) -> channel == 3 ? 65535 : pixel == 5 ? largest : pixel));
    }

    @Test
    void orientationsByExif() throws IOException {
        for (String name : List.of("oblong.jpg", "oblong_mask.png")) {
            String target = name.endsWith("jpg") ? "bolt/test/bent/" : "bolt/ground_truth/bent/";
            try (InputStream in = DataCheckTest.class.getResourceAsStream("/cases/folders/" + name)) {
                Files.copy(in, root.resolve(target + name));
            }
        }
        assertProblem("160×96", "96×160", "turned by its EXIF orientation");
        assertMentions(
                check().notes(),
                "class bolt: 1 image has an EXIF orientation, first " + root.resolve("bolt/test/bent"));
        // also in PNG files, and not for the orientation as stored
        byte[] exif = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0};
        byte[] png = TestImages.png(8, 6, TestImages.GREY, 8, (pixel, channel) -> pixel, "eXIf", exif);
        assertEquals(6, ExifOrientation.of(png));
        exif[19] = 1;
        assertEquals(
                1,
                ExifOrientation.of(TestImages.png(8, 6, TestImages.GREY, 8, (pixel, channel) -> pixel, "eXIf", exif)));
        for (int length = 0; length < png.length; length++) {
            ExifOrientation.of(Arrays.copyOf(png, length)); // ends early, fails never
        }
    }
}
