package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.RlrException;

/** Names of folders and files as they come from other machines and other people. */
class FieldFoldersTest {
    @TempDir
    private Path folder;

    private Path image(String path) throws IOException {
        return TestImages.write(folder.resolve(path), TestImages.smooth(8, 8).toBufferedImage());
    }

    /** A Mac stores the letter with its mark as two characters. */
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
