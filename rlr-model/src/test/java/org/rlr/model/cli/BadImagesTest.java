package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TestImages;
import org.rlr.model.demo.DemoDataSet;

/** Missing or empty folders, damaged images, masks of another size; unusual images are accepted. */
class BadImagesTest {
    @TempDir
    Path folder;

    private Path model;
    private Path image;

    @BeforeEach
    void anOldModelAndAGoodImage() throws IOException {
        model = Files.writeString(folder.resolve("model.safetensors"), "old");
        image = TinyModel.images().get(0);
    }

    private void assertTrainingFails(Path data, Object... mentions) throws IOException {
        CommandRun.of(TinyModel.train(data, model)).assertFailure(mentions);
        assertEquals("old", Files.readString(model));
        try (var files = Files.list(folder)) {
            assertEquals(
                    List.of(),
                    files.map(Path::toString)
                            .filter(name -> name.endsWith(".tmp"))
                            .toList());
        }
    }

    @Test
    void missingFolders() throws IOException {
        Path missing = folder.resolve("missing");
        assertTrainingFails(missing, missing, "does not exist", "check the path");
        CommandRun.of("evaluate", "--model", TinyModel.model(), "--data", missing)
                .assertFailure(missing, "does not exist", "check the path");
        CommandRun.of("detect", "--model", TinyModel.model(), missing)
                .assertFailure(missing, "does not exist", "check the path");
        assertTrainingFails(image, image, "is a file", "folder");
    }

    @Test
    void foldersWithoutImages() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        assertTrainingFails(empty, empty, "no image", "train/good");
        CommandRun.of("detect", "--model", TinyModel.model(), empty)
                .assertFailure(empty, "no images", "give image files");
        // pictures in a format that is not supported
        Files.writeString(empty.resolve("photo.heic"), "RIFF");
        assertTrainingFails(empty, empty, "1 image whose suffix is not read", "PNG, JPEG", "photo.heic");
        CommandRun.of("detect", "--model", TinyModel.model(), empty)
                .assertFailure(empty, "1 image whose suffix is not read", "PNG, JPEG", "photo.heic");
        Path classes = folder.resolve("classes");
        Path good = Files.createDirectories(classes.resolve("bolt/train/good"));
        Files.writeString(good.resolve("notes.txt"), "no image");
        assertTrainingFails(classes, "bolt", good, "put normal");
        Files.createDirectories(classes.resolve("nut/train/perfect"));
        assertTrainingFails(classes.resolve("nut"), "nut", "good", "put");
    }

    @Test
    void aPlainFolderCannotBeEvaluated() {
        Path plain = image.getParent();
        CommandRun.of("evaluate", "--model", TinyModel.model(), "--data", plain)
                .assertFailure(plain, "no test images", "put");
    }

    @Test
    void truncatedEmptyAndForeignFilesAmongTheTrainingImages() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.copy(image, data.resolve("a.png"));
        Path bad = data.resolve("b.png");
        byte[] bytes = Files.readAllBytes(image);
        Files.write(bad, Arrays.copyOf(bytes, bytes.length / 2));
        assertTrainingFails(data, bad, "truncated", "replace the file");
        Files.write(bad, new byte[0]);
        assertTrainingFails(data, bad, "0 bytes", "replace the file");
        Files.writeString(bad, "hello");
        assertTrainingFails(data, bad, "is not a PNG", "convert");
    }

    @Test
    void detectNamesADamagedImageAndExaminesTheOthers() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.copy(image, data.resolve("a.png"));
        Path bad = Files.write(data.resolve("b.png"), Arrays.copyOf(Files.readAllBytes(image), 200));
        Files.copy(image, data.resolve("c.png"));
        Path json = folder.resolve("found.json");
        CommandRun run = CommandRun.of("detect", "--model", TinyModel.model(), data, "--json", json);
        run.assertFailure(bad, "truncated", "replace the file");
        assertEquals(2, run.out().lines().count());
        assertTrue(run.err().contains("1 unreadable"), run.err());
        assertEquals(
                2,
                JsonParser.parseString(Files.readString(json)).getAsJsonArray().size());
    }

    @Test
    void aMaskOfAnotherSizeOrNone() throws IOException {
        Path data = folder.resolve("data");
        DemoDataSet.generate(data, 64, 1, 1, 1, 1, 2);
        Path mask = folder.resolve("data/fabric/ground_truth");
        try (var walk = Files.walk(mask)) {
            mask = walk.filter(Files::isRegularFile).sorted().findFirst().orElseThrow();
        }
        TestImages.writeFlat(mask, 60, 64, 0xffffff);
        CommandRun.of("evaluate", "--model", TinyModel.model(), "--data", data)
                .assertFailure(mask, "60×64", "64×64", "replace it");
        Files.delete(mask);
        String out = CommandRun.succeeding("evaluate", "--model", TinyModel.model(), "--data", data);
        assertTrue(
                out.contains("- fabric: 1 defective test image has no mask")
                        && out.contains("mean of aupro over 3 of 4 classes"),
                out);
    }

    /** Images with 16 bits, palette, alpha, grey and CMYK are used for training and examined. */
    @Test
    void unusualKindsOfImagesWork() throws IOException {
        Path data = Files.createDirectories(folder.resolve("kinds"));
        RgbImage smooth = TestImages.smooth(70, 80);
        Files.write(
                data.resolve("rgb16.png"),
                TestImages.png(70, 80, TestImages.RGB, 16, (pixel, c) -> pixel * 11 % 65536));
        Files.write(
                data.resolve("grey16.png"),
                TestImages.png(70, 80, TestImages.GREY, 16, (pixel, c) -> pixel * 11 % 65536));
        Files.write(data.resolve("grey8.png"), TestImages.png(70, 80, TestImages.GREY, 8, (pixel, c) -> pixel % 256));
        Files.write(
                data.resolve("palette.png"),
                TestImages.png(70, 80, TestImages.PALETTE, 2, (pixel, c) -> pixel / 70 % 4, "PLTE", new byte[] {
                    0, 0, 0, 90, 20, 20, 20, 90, 20, 127, 127, 127
                }));
        Files.write(data.resolve("cmyk.jpg"), TestImages.adobeJpeg(70, 80, 4, 0, (pixel, c) -> (pixel + c * 40) % 200));
        TestImages.write(data.resolve("alpha.png"), TestImages.withAlpha(smooth));
        TestImages.write(data.resolve("grey.jpg"), new BufferedImage(70, 80, BufferedImage.TYPE_BYTE_GRAY));
        CommandRun.succeeding(TinyModel.train(data, model));
        CommandRun run = CommandRun.of("detect", "--model", model, data, "--out", folder.resolve("pictures"));
        assertEquals(0, run.code(), run.err());
        assertEquals(7, run.out().lines().count(), run.out());
    }
}
