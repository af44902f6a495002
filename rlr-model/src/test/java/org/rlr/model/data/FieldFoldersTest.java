package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.RlrException;

/** Names of folders and files from other machines and other people. */
class FieldFoldersTest {
    @TempDir
    private Path folder;

    private Path image(String path) throws IOException {
        return TestImages.write(folder.resolve(path), TestImages.smooth(8, 8).toBufferedImage());
    }

    /** A Mac stores an accented letter as two characters. */
    @Test
    void namesAreComparedAsTheyRead() throws IOException {
        image("teil/train/good/a.png");
        image("teil/test/ri\u00df-\u00fc/pr\u00fcfung.png");
        Path mask = image("teil/ground_truth/ri\u00df-u\u0308/pru\u0308fung_mask.png");
        Sample sample = read().test().get(0);
        assertEquals(List.of(ImageSource.of(mask)), sample.masks());
    }

    @Test
    void goodAndGoodAreOneFolder() throws IOException {
        image("teil/train/good/a.png");
        image("teil/train/Good/b.png");
        image("teil/test/good/c.png");
        image("teil/test/Good/d.png");
        image("teil/test/crack/e.png");
        DataSet set = read();
        assertEquals(2, set.train().size());
        assertEquals(
                2, set.test().stream().filter(sample -> !sample.anomalous()).count());
    }

    /** Other machines treat them as one folder, or encode accented letters differently. */
    @Test
    void foldersThatReadAlikeAreJoined() throws IOException {
        image("teil/train/good/a.png");
        image("teil/Train/OK/b.png");
        image("teil/test/ri\u00df-\u00fc/c.png");
        image("teil/Test/ri\u00df-u\u0308/d.png");
        Path one = image("teil/ground_truth/ri\u00df-\u00fc/d_mask.png");
        Path other = image("teil/Ground_Truth/ri\u00df-u\u0308/c.png");
        DataSet set = read();
        assertEquals(2, set.train().size());
        assertEquals(
                Map.of("c.png", List.of(other), "d.png", List.of(one)),
                set.test().stream()
                        .collect(Collectors.toMap(
                                sample -> sample.image().name(),
                                sample -> sample.masks().stream()
                                        .map(ImageSource::file)
                                        .toList())));
        assertEquals(1, set.test().stream().map(Sample::defect).distinct().count());
        assertEquals(0, set.passedOver().count());
    }

    @Test
    void classesThatReadAlikeAreRefused() throws IOException {
        image("pr\u00fcfteil/train/good/a.png");
        image("pru\u0308fteil/train/good/b.png");
        DataSetException e = assertThrows(DataSetException.class, this::read);
        assertTrue(e.getMessage().contains("pr\u00fcfteil"), e.getMessage());
    }

    @Test
    void theCaseOfAMasksNameDoesNotCountWhereNoOtherFits() throws IOException {
        image("teil/train/good/a.png");
        image("teil/test/crack/IMG_1.PNG");
        image("teil/test/crack/IMG_10.PNG");
        image("teil/test/crack/img_2.png");
        Path one = image("teil/ground_truth/crack/img_1_Mask.png");
        Path ten = image("teil/ground_truth/crack/Img_10.png");
        Path two = image("teil/ground_truth/crack/img_2_mask.png");
        assertEquals(
                List.of(one, ten, two),
                read().test().stream()
                        .map(sample -> sample.masks().get(0).file())
                        .toList());
    }

    @Test
    void aMaskOfTwoImagesIsAnError() throws IOException {
        image("teil/train/good/a.png");
        image("teil/test/crack/000.png");
        image("teil/test/crack/000.bmp");
        image("teil/ground_truth/crack/000_mask.png");
        DataSetException e = assertThrows(DataSetException.class, this::read);
        assertTrue(e.getMessage().contains("000.png") && e.getMessage().contains("000.bmp"), e.getMessage());
    }

    @Test
    void namesThatArePathsAreRefused() throws IOException {
        Path file = image("a.png");
        for (String name : List.of("../../escaped", "..", "a/b", "a\\b", "a\nb", "a\u001b[31m")) {
            for (Runnable sample : List.<Runnable>of(
                    () -> Sample.good(file, name), () -> new Sample(file, List.of(), "teil", name, true))) {
                RlrException e = assertThrows(DataSetException.class, sample::run, name);
                assertTrue(e.getMessage().chars().noneMatch(Character::isISOControl), e.getMessage());
            }
        }
    }

    /** A VisA list can name any object. */
    @Test
    void aListThatNamesAPathAsItsObjectIsRefused() throws IOException {
        image("Data/Images/Normal/0.jpg");
        Files.createDirectories(folder.resolve("split_csv"));
        Files.writeString(
                folder.resolve("split_csv/1cls.csv"),
                "object,split,label,image,mask\n../../escaped,train,normal,Data/Images/Normal/0.jpg,\n");
        DataSetException e = assertThrows(DataSetException.class, this::read);
        assertTrue(e.getMessage().contains("../../escaped"), e.getMessage());
    }

    private DataSet read() {
        return DataLayouts.read(folder);
    }
}
