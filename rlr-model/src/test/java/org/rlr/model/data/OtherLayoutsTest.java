package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Magnetic tiles as published, and plain folders. */
class OtherLayoutsTest {
    @TempDir
    Path root;

    private Miniature mini;

    @BeforeEach
    void begin() {
        mini = new Miniature(root);
    }

    @Test
    void magneticTilesLieBesideTheirMasksAndEveryFifthNormalOneIsForTesting() throws IOException {
        for (int i = 0; i < 7; i++) {
            mini.images("MT_Free/Imgs/exp1_num_" + i + ".jpg").mask("MT_Free/Imgs/exp1_num_" + i + ".png", 0);
        }
        mini.images("MT_Blowhole/Imgs/exp1_num_9.JPG", "MT_Uneven/Imgs/exp2.jpg")
                .mask("MT_Blowhole/Imgs/exp1_num_9.png", 255)
                .litter("MT_Free/Imgs/Thumbs.db", "readme.md");
        DataSet set = DataLayouts.read(root).requireTraining().requireEvaluation();
        assertEquals("magnetic-tile", set.layout());
        assertEquals(
                List.of(
                        "train magnetic_tile good MT_Free/Imgs/exp1_num_1.jpg <- MT_Free/Imgs/exp1_num_1.png",
                        "train magnetic_tile good MT_Free/Imgs/exp1_num_2.jpg <- MT_Free/Imgs/exp1_num_2.png",
                        "train magnetic_tile good MT_Free/Imgs/exp1_num_3.jpg <- MT_Free/Imgs/exp1_num_3.png",
                        "train magnetic_tile good MT_Free/Imgs/exp1_num_4.jpg <- MT_Free/Imgs/exp1_num_4.png",
                        "train magnetic_tile good MT_Free/Imgs/exp1_num_6.jpg <- MT_Free/Imgs/exp1_num_6.png",
                        "test magnetic_tile blowhole! MT_Blowhole/Imgs/exp1_num_9.JPG <- "
                                + "MT_Blowhole/Imgs/exp1_num_9.png",
                        "test magnetic_tile good MT_Free/Imgs/exp1_num_0.jpg <- MT_Free/Imgs/exp1_num_0.png",
                        "test magnetic_tile good MT_Free/Imgs/exp1_num_5.jpg <- MT_Free/Imgs/exp1_num_5.png",
                        "test magnetic_tile uneven! MT_Uneven/Imgs/exp2.jpg"),
                mini.lines(set));
        assertFalse(Masks.read(set.test().get(1), new ImageSize(Miniature.WIDTH, Miniature.HEIGHT))
                .any());
        assertTrue(set.notes().get(0).contains("no split"), set.notes().toString());
        Miniature.assertError(() -> DataLayouts.read(root.resolve("MT_Free"), "magnetic-tile"), "no MT_Free/Imgs");
    }

    @Test
    void magneticTilesMayHaveUpperCaseSuffixesThroughout() throws IOException {
        mini.images("MT_Free/Imgs/0.JPG", "MT_Free/Imgs/1.JPG", "MT_Crack/Imgs/2.JPG")
                .mask("MT_Crack/Imgs/2.PNG", 255)
                .mask("MT_Crack/Imgs/22.PNG", 255);
        assertEquals(
                List.of(
                        "train magnetic_tile good MT_Free/Imgs/1.JPG",
                        "test magnetic_tile crack! MT_Crack/Imgs/2.JPG <- MT_Crack/Imgs/2.PNG",
                        "test magnetic_tile good MT_Free/Imgs/0.JPG"),
                mini.lines(DataLayouts.read(root)));
    }

    @Test
    void whereTrainingImagesOfMagneticTilesBelong() throws IOException {
        mini.images("MT_Free/Imgs/0.jpg");
        Miniature.assertError(
                DataLayouts.read(root)::requireTraining,
                "no training images",
                root.resolve("MT_Free").resolve("Imgs"));
    }

    @Test
    void plainFoldersOfNormalAndAbnormalImages() throws IOException {
        mini.images("Normal/a.png", "normal_test/b.png", "abnormal/c.png", "abnormal/d.png")
                .masks("masks/c.png")
                .litter("normal/Thumbs.db");
        DataSet set = DataLayouts.read(root).requireTraining().requireEvaluation();
        assertEquals("folder", set.layout());
        String name = root.getFileName().toString();
        assertEquals(
                List.of(
                        "train " + name + " good Normal/a.png",
                        "test " + name + " good normal_test/b.png",
                        "test " + name + " abnormal! abnormal/c.png <- masks/c.png",
                        "test " + name + " abnormal! abnormal/d.png"),
                mini.lines(set));
    }

    @Test
    void plainFoldersWithKindsOfDefects() throws IOException {
        mini.images("0.png", "bad/dent/1.png", "bad/kratzer ü/1.png", "bad/spot/2.png")
                .masks("ground_truth/dent/1_mask.bmp", "ground_truth/kratzer ü/1.png", "ground_truth/2.png");
        DataSet set = DataLayouts.read(root);
        String name = root.getFileName().toString();
        assertEquals(
                List.of(
                        "train " + name + " good 0.png",
                        "test " + name + " dent! bad/dent/1.png <- ground_truth/dent/1_mask.bmp",
                        "test " + name + " kratzer ü! bad/kratzer ü/1.png <- ground_truth/kratzer ü/1.png",
                        "test " + name + " spot! bad/spot/2.png <- ground_truth/2.png"),
                mini.lines(set));
    }

    @Test
    void masksInNoFolderOfAKindBelongToOneImageEach() throws IOException {
        mini.images("0.png", "bad/dent/1.png", "bad/spot/10.png", "bad/3.png")
                .masks("masks/1_mask.png", "masks/10_mask.png", "masks/3.png");
        String name = root.getFileName().toString();
        assertEquals(
                List.of(
                        "train " + name + " good 0.png",
                        "test " + name + " bad! bad/3.png <- masks/3.png",
                        "test " + name + " dent! bad/dent/1.png <- masks/1_mask.png",
                        "test " + name + " spot! bad/spot/10.png <- masks/10_mask.png"),
                mini.lines(DataLayouts.read(root)));
        mini.images("bad/spot/1.png");
        Miniature.assertError(
                () -> DataLayouts.read(root),
                "1_mask.png matches two images",
                root.resolve("bad/dent/1.png").toString(),
                root.resolve("bad/spot/1.png").toString(),
                root.resolve("masks/spot").toString());
    }
}
