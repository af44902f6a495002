package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/** Writes a small data set: distinct pictures of 8×6 pixels, masks, and typical stray files. */
public final class Miniature {
    static final int WIDTH = 8;
    static final int HEIGHT = 6;

    private final Path root;
    private int written;

    /** Creates a data set in a folder. */
    public Miniature(Path root) {
        this.root = root;
    }

    /** Writes distinct pictures in the formats of their suffixes. */
    public Miniature images(String... paths) throws IOException {
        for (String path : paths) {
            written++;
            TestImages.writeFlat(root.resolve(path), WIDTH, HEIGHT, 0x102030 + 0x30201 * written);
        }
        return this;
    }

    /** Writes masks with one row set to a grey value of 1: a class index, nearly black. */
    public Miniature masks(String... paths) throws IOException {
        for (String path : paths) {
            mask(path, 1);
        }
        return this;
    }

    /** Writes a mask with one row set to a value, or no row for 0; each call uses the next row. */
    public Miniature mask(String path, int value) throws IOException {
        int row = written++ % HEIGHT;
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        if (path.toLowerCase(java.util.Locale.ROOT).endsWith(".png")) {
            Files.write(
                    file,
                    TestImages.png(
                            WIDTH, HEIGHT, TestImages.GREY, 8, (pixel, channel) -> pixel / WIDTH == row ? value : 0));
        } else {
            boolean[] set = new boolean[WIDTH * HEIGHT];
            java.util.Arrays.fill(set, row * WIDTH, (row + 1) * WIDTH, value > 0);
            TestImages.write(file, new Mask(WIDTH, HEIGHT, set).toBufferedImage());
        }
        return this;
    }

    /** Writes files that are not pictures. */
    public Miniature litter(String... paths) throws IOException {
        for (String path : paths) {
            text(path, "litter");
        }
        return this;
    }

    /** Writes a text file. */
    public Miniature text(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return this;
    }

    /**
     * Returns a line per image, in the order of the data set: {@code train|validation|test class defect[!] image <-
     * masks}, paths relative to the root.
     */
    List<String> lines(DataSet set) {
        List<String> lines = new ArrayList<>();
        for (ClassSamples each : set.classes()) {
            each.train().forEach(sample -> lines.add("train " + line(sample)));
            each.validation().forEach(sample -> lines.add("validation " + line(sample)));
            each.test().forEach(sample -> lines.add("test " + line(sample)));
        }
        return lines;
    }

    private String line(Sample sample) {
        String line = sample.className() + " " + sample.defect() + (sample.anomalous() ? "! " : " ")
                + relative(sample.image().file());
        return sample.masks().isEmpty()
                ? line
                : line + " <- "
                        + String.join(
                                " + ",
                                sample.masks().stream()
                                        .map(mask -> relative(mask.file()))
                                        .toList());
    }

    private String relative(Path file) {
        return root.toAbsolutePath()
                .relativize(file.toAbsolutePath().normalize())
                .toString()
                .replace('\\', '/');
    }

    /** Checks for an error that mentions all these words. */
    static void assertError(Executable action, Object... parts) {
        String message = Assertions.assertThrows(DataSetException.class, action).explanation();
        for (Object part : parts) {
            assertTrue(message.contains(part.toString()), message + " does not mention " + part);
        }
    }
}
