package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisaLayoutTest {
    private static final String HEAD = "object,split,label,image,mask\r\n";

    @TempDir
    Path root;

    private Miniature mini;

    @BeforeEach
    void aSplitWithAByteOrderMarkAndQuotes() throws IOException {
        mini = new Miniature(root)
                .images(
                        "candle/Data/Images/Normal/0000.JPG",
                        "candle/Data/Images/Normal/0001.JPG",
                        "candle/Data/Images/Anomaly/000.JPG",
                        "pipe fryum/Data/Images/Normal/a,b.JPG",
                        "pipe fryum/Data/Images/Normal/0002.JPG")
                .masks("candle/Data/Masks/Anomaly/000.png")
                .litter("candle/Data/Images/Normal/Thumbs.db", "candle/image_anno.csv")
                .text(
                        "split_csv/1cls.csv",
                        "\ufeff" + HEAD + "pipe fryum,train,normal,\"pipe fryum/Data/Images/Normal/a,b.JPG\",\r\n"
                                + "candle,train,normal,candle/Data/Images/Normal/0000.JPG,\r\n"
                                + "candle,test,anomaly,candle/Data/Images/Anomaly/000.JPG,candle/Data/Masks/Anomaly/000.png\r\n\r\n"
                                + "candle,test,normal,candle/Data/Images/Normal/0001.JPG,\r\n"
                                + "pipe fryum,test,normal,pipe fryum/Data/Images/Normal/0002.JPG,");
    }

    @Test
    void theSplitDecides() {
        DataSet set = DataLayouts.read(root).requireTraining().requireEvaluation();
        assertEquals("visa", set.layout());
        assertEquals(
                List.of(
                        "train candle good candle/Data/Images/Normal/0000.JPG",
                        "test candle anomaly! candle/Data/Images/Anomaly/000.JPG <- candle/Data/Masks/Anomaly/000.png",
                        "test candle good candle/Data/Images/Normal/0001.JPG",
                        "train pipe fryum good pipe fryum/Data/Images/Normal/a,b.JPG",
                        "test pipe fryum good pipe fryum/Data/Images/Normal/0002.JPG"),
                mini.lines(set));
        Mask mask = Masks.read(set.test().get(0), new ImageSize(Miniature.WIDTH, Miniature.HEIGHT));
        assertEquals(true, mask.any(), "the class index 1 is anomalous");
    }

    @Test
    void aClassFolderIsThatClassAlone() {
        DataSet set = DataLayouts.read(root.resolve("candle"));
        assertEquals("visa", set.layout());
        assertEquals(3, mini.lines(set).size());
        assertEquals(
                List.of("candle"),
                set.classes().stream().map(ClassSamples::name).toList());
    }

    @Test
    void aMissingSplitSaysWhereItBelongs() throws IOException {
        Files.delete(root.resolve("split_csv/1cls.csv"));
        Miniature.assertError(
                () -> DataLayouts.read(root), root.resolve("split_csv").resolve("1cls.csv"), "copy split_csv");
    }

    @Test
    void filesOfTheSplitThatDoNotExistAreCounted() throws IOException {
        Files.delete(root.resolve("candle/Data/Images/Normal/0000.JPG"));
        Files.delete(root.resolve("candle/Data/Masks/Anomaly/000.png"));
        DataSet set = DataLayouts.read(root);
        Miniature.assertError(set::requireTraining, "1 file", "0000.JPG", "copy the whole data set again");
        Miniature.assertError(set::requireEvaluation, "1 file", "000.png");
    }

    /** Images added to a folder are not in the list. */
    @Test
    void aListWithoutTrainingOrTestImagesIsTheRemedy() throws IOException {
        mini.text("split_csv/1cls.csv", HEAD + "candle,test,normal,candle/Data/Images/Normal/0001.JPG,\n");
        Miniature.assertError(
                DataLayouts.read(root)::requireTraining,
                "class candle has no training images",
                "the list of the data set's images");
        mini.text("split_csv/1cls.csv", HEAD + "candle,train,normal,candle/Data/Images/Normal/0001.JPG,\n");
        Miniature.assertError(
                DataLayouts.read(root)::requireEvaluation,
                "class candle has no test images",
                "the list of the data set's images");
    }

    /** The missing folder of a class is reported despite its many missing images. */
    @Test
    void aClassOfTheSplitWithoutAFolderIsTheFirstProblem() throws IOException {
        Files.writeString(
                root.resolve("split_csv/1cls.csv"),
                "\npcb1,train,normal,pcb1/Data/Images/Normal/0.JPG,\n",
                StandardOpenOption.APPEND);
        List<String> problems =
                DataCheck.run(DataLayouts.read(root), 2, () -> {}).problems();
        assertEquals(
                "class pcb1 has no folder: " + root.resolve("pcb1") + " does not exist; copy the whole data set again",
                problems.get(0));
        assertEquals(2, problems.size(), problems.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "candle,tset,normal,a.JPG,;split is 'tset'",
                "candle,test,bad,a.JPG,;label is 'bad'",
                "candle,train,anomaly,a.JPG,;must be normal",
                "candle,test,normal,../../a.JPG,;below",
                "candle,test,normal,/a.JPG,;below",
                "candle,test,normal,,;image is ''",
                "candle,test,normal;3 values"
            })
    void aWrongLineIsNamed(String line, String why) throws IOException {
        mini.text(
                "split_csv/1cls.csv", HEAD + "candle,train,normal,candle/Data/Images/Normal/0000.JPG,\n" + line + "\n");
        Miniature.assertError(() -> DataLayouts.read(root), "1cls.csv, line 3", why);
    }

    @Test
    void aMaskOfTwoImagesIsAnError() throws IOException {
        String rest = ",candle/Data/Masks/Anomaly/000.png\n";
        mini.text(
                "split_csv/1cls.csv",
                HEAD
                        + "candle,train,normal,candle/Data/Images/Normal/0000.JPG,\n"
                        + "candle,test,anomaly,candle/Data/Images/Anomaly/000.JPG" + rest
                        + "candle,test,anomaly,candle/Data/Images/Anomaly/001.JPG" + rest);
        Miniature.assertError(() -> DataLayouts.read(root), "Anomaly/000.JPG", "Anomaly/001.JPG", "Anomaly/000.png");
    }

    @Test
    void aClassWithoutANameIsAnError() throws IOException {
        mini.text("split_csv/1cls.csv", HEAD + ",train,normal,candle/Data/Images/Normal/0000.JPG,\n");
        Miniature.assertError(() -> DataLayouts.read(root), "a product class has no name");
    }

    @Test
    void wrongColumnsAreNamed() throws IOException {
        mini.text("split_csv/1cls.csv", "class,image\n");
        Miniature.assertError(() -> DataLayouts.read(root), "class,image", "object,split,label,image,mask");
        mini.text("split_csv/1cls.csv", HEAD);
        Miniature.assertError(() -> DataLayouts.read(root), "names no image");
    }
}
