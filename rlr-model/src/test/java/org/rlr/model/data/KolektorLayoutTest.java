package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** KolektorSDD and KolektorSDD2, whose masks lie beside their images. */
class KolektorLayoutTest {
    @TempDir
    private Path root;

    private Miniature mini;

    @BeforeEach
    void begin() {
        mini = new Miniature(root);
    }

    private void part(String name, String word, String suffix, boolean defective) throws IOException {
        mini.images(name + (suffix.equals("bmp") ? ".jpg" : ".png"))
                .mask(name + word + "." + suffix, defective ? 255 : 0);
    }

    @Test
    void everyFifthNormalImageOfTheFirstAndAllDefectiveOnesAreForTesting() throws IOException {
        for (int i = 0; i < 4; i++) {
            part("kos01/Part" + i, "_label", "bmp", i == 2);
            part("kos02/Part" + i, "_label", "bmp", false);
        }
        mini.litter("readme.txt");
        DataSet set = DataLayouts.read(root).requireTraining().requireEvaluation();
        assertEquals("kolektor-sdd", set.layout());
        String line = " kolektor_sdd %s kos0%d/Part%d.jpg <- kos0%2$d/Part%3$d_label.bmp";
        assertEquals(
                List.of(
                        "train" + line.formatted("good", 1, 1),
                        "train" + line.formatted("good", 1, 3),
                        "train" + line.formatted("good", 2, 0),
                        "train" + line.formatted("good", 2, 1),
                        "train" + line.formatted("good", 2, 3),
                        "test" + line.formatted("good", 1, 0),
                        "test" + line.formatted("defect!", 1, 2),
                        "test" + line.formatted("good", 2, 2)),
                mini.lines(set));
        assertTrue(set.notes().get(0).contains("published splits"), set.notes().toString());
        assertEquals(0, set.passedOver().count());
        assertEquals(
                4,
                DataLayouts.read(root.resolve("kos02")).classes().get(0).train().size()
                        + DataLayouts.read(root.resolve("kos02")).test().size());
    }

    @Test
    void theSecondIsSplitAsPublishedWithoutDefectiveTrainingImages() throws IOException {
        part("train/10000", "_GT", "png", false);
        part("train/10001", "_GT", "png", true);
        part("test/20000", "_GT", "png", true);
        part("test/20001", "_GT", "png", false);
        DataSet set = DataLayouts.read(root).requireTraining().requireEvaluation();
        assertEquals("kolektor-sdd2", set.layout());
        assertEquals(
                List.of(
                        "train kolektor_sdd2 good train/10000.png <- train/10000_GT.png",
                        "test kolektor_sdd2 defect! test/20000.png <- test/20000_GT.png",
                        "test kolektor_sdd2 good test/20001.png <- test/20001_GT.png"),
                mini.lines(set));
        assertEquals(
                List.of("1 defective image in train, which only supervised methods learn from, is left out"),
                set.notes());
        Path part = root.resolve("train");
        assertEquals(1, DataLayouts.read(part).requireTraining().train().size());
        Miniature.assertError(
                () -> DataLayouts.read(part).requireEvaluation(),
                "no test images",
                part.resolve("test").toString());
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        part("train/10000", "_GT", "png", false);
        mini.images("train/10001.png");
        Miniature.assertError(() -> DataLayouts.read(root), root.resolve("train/10001.png"), "10001_gt");
        Files.delete(root.resolve("train/10000_GT.png"));
        Miniature.assertError(() -> DataLayouts.read(root, "kolektor-sdd2"), "no file such as train/10000_GT.png");
        Miniature.assertError(() -> DataLayouts.read(root, "kolektor-sdd"), "no file such as kos01/Part0_label.bmp");
    }
}
