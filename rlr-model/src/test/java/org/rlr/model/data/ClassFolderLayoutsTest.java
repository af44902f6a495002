package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layouts with {@code train} and {@code test} in class folders, each with its variants. */
class ClassFolderLayoutsTest {
    @TempDir
    Path root;

    private Miniature mini;

    @BeforeEach
    void begin() {
        mini = new Miniature(root);
    }

    private DataSet read(String layout) {
        DataSet set = DataLayouts.read(root).requireTraining().requireEvaluation();
        assertEquals(layout, set.layout());
        assertEquals(set, DataLayouts.read(root, layout), "the same with the layout given");
        return set;
    }

    @Test
    void mvtecWithNamesInOtherWritingsAndLitter() throws IOException {
        mini.images(
                        "metal nut/train/good/000.png",
                        "metal nut/test/good/000.png",
                        "metal nut/test/Kratzer groß/000.png",
                        "metal nut/test/Kratzer groß/übel.PNG")
                .masks(
                        "metal nut/ground_truth/Kratzer groß/000_mask.png",
                        "metal nut/ground_truth/Kratzer groß/übel_mask.png")
                .litter(
                        "metal nut/train/good/Thumbs.db",
                        "metal nut/test/good/.DS_Store",
                        "metal nut/license.txt",
                        "readme.txt");
        assertEquals(
                List.of(
                        "train metal nut good metal nut/train/good/000.png",
                        "test metal nut Kratzer groß! metal nut/test/Kratzer groß/000.png <- metal "
                                + "nut/ground_truth/Kratzer groß/000_mask.png",
                        "test metal nut Kratzer groß! metal nut/test/Kratzer groß/übel.PNG <- metal "
                                + "nut/ground_truth/Kratzer groß/übel_mask.png",
                        "test metal nut good metal nut/test/good/000.png"),
                mini.lines(read("mvtec")));
    }

    @Test
    void visaPreparedHasMasksWithoutASuffixAndUpperCaseImages() throws IOException {
        mini.images(
                        "candle/train/good/0001.JPG",
                        "candle/test/good/0002.JPG",
                        "candle/test/bad/000.JPG",
                        "candle/test/bad/0001.JPG")
                .masks("candle/ground_truth/bad/000.png", "candle/ground_truth/bad/0001.png");
        assertEquals(
                List.of(
                        "train candle good candle/train/good/0001.JPG",
                        "test candle bad! candle/test/bad/000.JPG <- candle/ground_truth/bad/000.png",
                        "test candle bad! candle/test/bad/0001.JPG <- candle/ground_truth/bad/0001.png",
                        "test candle good candle/test/good/0002.JPG"),
                mini.lines(read("visa-prepared")));
    }

    @Test
    void btadCallsNormalImagesOkAndMixesFormats() throws IOException {
        mini.images(
                        "01/train/ok/0000.bmp",
                        "01/test/ok/0001.bmp",
                        "01/test/ko/0002.bmp",
                        "02/train/ok/0000.png",
                        "02/test/ko/0003.png")
                .masks("01/ground_truth/ko/0002.png", "02/ground_truth/ko/0003.bmp")
                .litter("01/test/ko/Thumbs.db");
        assertEquals(
                List.of(
                        "train 01 good 01/train/ok/0000.bmp",
                        "test 01 ko! 01/test/ko/0002.bmp <- 01/ground_truth/ko/0002.png",
                        "test 01 good 01/test/ok/0001.bmp",
                        "train 02 good 02/train/ok/0000.png",
                        "test 02 ko! 02/test/ko/0003.png <- 02/ground_truth/ko/0003.bmp"),
                mini.lines(read("btad")));
    }

    @Test
    void mpddMasksContainTheImagesName() throws IOException {
        mini.images(
                        "connector/train/good/000.png",
                        "connector/test/good/000.png",
                        "connector/test/parts_mismatch/000.png",
                        "connector/test/parts_mismatch/001.png")
                .masks(
                        "connector/ground_truth/parts_mismatch/000_mask.png",
                        "connector/ground_truth/parts_mismatch/mask_001.png");
        assertEquals(
                List.of(
                        "train connector good connector/train/good/000.png",
                        "test connector good connector/test/good/000.png",
                        "test connector parts_mismatch! connector/test/parts_mismatch/000.png <- "
                                + "connector/ground_truth/parts_mismatch/000_mask.png",
                        "test connector parts_mismatch! connector/test/parts_mismatch/001.png <- "
                                + "connector/ground_truth/parts_mismatch/mask_001.png"),
                mini.lines(read("mpdd")));
    }

    @Test
    void locoHasValidationImagesAndSeveralMasksPerImage() throws IOException {
        mini.images(
                        "juice/train/good/000.png",
                        "juice/validation/good/000.png",
                        "juice/test/good/000.png",
                        "juice/test/logical_anomalies/000.png",
                        "juice/test/structural_anomalies/000.png",
                        "juice/test/structural_anomalies/001.png")
                .mask("juice/ground_truth/logical_anomalies/000/000.png", 255)
                .mask("juice/ground_truth/logical_anomalies/000/001.png", 7)
                .mask("juice/ground_truth/structural_anomalies/000/000.png", 255)
                .mask("juice/ground_truth/structural_anomalies/001/000.png", 255)
                .text("juice/defects_config.json", "[]");
        DataSet set = read("loco");
        assertEquals(
                List.of(
                        "train juice good juice/train/good/000.png",
                        "validation juice good juice/validation/good/000.png",
                        "test juice good juice/test/good/000.png",
                        "test juice logical_anomalies! juice/test/logical_anomalies/000.png <- "
                                + "juice/ground_truth/logical_anomalies/000/000.png + "
                                + "juice/ground_truth/logical_anomalies/000/001.png",
                        "test juice structural_anomalies! juice/test/structural_anomalies/000.png <- "
                                + "juice/ground_truth/structural_anomalies/000/000.png",
                        "test juice structural_anomalies! juice/test/structural_anomalies/001.png <- "
                                + "juice/ground_truth/structural_anomalies/001/000.png"),
                mini.lines(set));
        Mask union = Masks.read(set.test().get(1), new ImageSize(Miniature.WIDTH, Miniature.HEIGHT));
        int pixels = 0;
        for (boolean pixel : union.anomalous()) {
            pixels += pixel ? 1 : 0;
        }
        assertEquals(2 * Miniature.WIDTH, pixels, "the rows of both masks");
        assertEquals(1, set.validation().size());
    }

    /** A class whose images are in a misnamed folder must be reported. */
    @Test
    void foldersThatAreNoClassesAreNamed() throws IOException {
        mini.images("bottle/train/good/0.png", "bottle/test/good/1.png", "bottle/test/broken/2.png")
                .masks("bottle/ground_truth/broken/2_mask.png")
                .litter("readme.txt", ".git/config");
        assertEquals(List.of(), read("mvtec").notes());
        mini.images("cable/training/good/0.png");
        assertEquals(
                List.of("1 folder has neither 'train' nor 'test' and is left out: cable"),
                read("mvtec").notes());
        mini.images("Übersicht/0.png");
        DataSet set = read("mvtec");
        assertEquals(
                List.of("2 folders have neither 'train' nor 'test' and are left out: cable, Übersicht"), set.notes());
        assertEquals(1, set.classes().size());
        assertTrue(DataCheck.run(set, 2, () -> {}).notes().containsAll(set.notes()));
        assertEquals(List.of(), DataLayouts.read(root.resolve("bottle")).notes(), "its own folders are not classes");
    }

    @Test
    void aClassFolderOfEachIsADataSetOfOneClass() throws IOException {
        mini.images(
                "01/train/ok/0000.bmp",
                "01/test/ok/0001.bmp",
                "juice/train/good/000.png",
                "juice/test/logical_anomalies/000.png",
                "candle/train/good/1.png",
                "candle/test/bad/2.png",
                "tubes/train/good/1.png");
        assertEquals("btad", DataLayouts.read(root.resolve("01")).layout());
        assertEquals("loco", DataLayouts.read(root.resolve("juice")).layout());
        assertEquals("visa-prepared", DataLayouts.read(root.resolve("candle")).layout());
        assertEquals("mpdd", DataLayouts.read(root.resolve("tubes")).layout());
        assertTrue(DataLayouts.recognise(root.resolve("01"))
                .evidence(root.resolve("01"))
                .orElseThrow()
                .contains("train/ok"));
    }
}
