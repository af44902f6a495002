package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.rlr.tensor.io.AtomicFile;

/** Writes pictures as PNG files. */
public final class PngFile {
    private PngFile() {}

    /**
     * Writes a picture; folders that are missing are made. What was there before stays if anything goes wrong.
     *
     * @param file target; replaced if it is there
     * @param image of a kind that Java writes as PNG
     * @throws org.rlr.tensor.ResourceException if the file cannot be written
     * @throws IllegalArgumentException if it is of another kind
     */
    public static void write(Path file, BufferedImage image) {
        // encoded in memory, so that only the disk's errors are left for the file
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            if (!ImageIO.write(image, "png", out)) {
                throw new IllegalArgumentException("this kind of image cannot be written as PNG: " + image);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        AtomicFile.writeUnforced(file, bytes::writeTo);
    }
}
