package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
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
        try {
            encode(image, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        AtomicFile.writeUnforced(file, bytes::writeTo);
    }

    /**
     * As {@link #write(Path, BufferedImage)}, of a picture of this library.
     *
     * @param file target; replaced if it is there
     * @param image any picture
     * @throws org.rlr.tensor.ResourceException if the file cannot be written
     */
    public static void write(Path file, RgbImage image) {
        write(file, image.toBufferedImage());
    }

    /**
     * Writes a picture to a stream, as to a response of a web service.
     *
     * @param image any picture
     * @param out where to; not closed
     * @throws IOException if the stream fails
     */
    public static void write(RgbImage image, OutputStream out) throws IOException {
        encode(image.toBufferedImage(), out);
    }

    private static void encode(BufferedImage image, OutputStream out) throws IOException {
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            if (!ImageIO.write(image, "png", stream)) {
                throw new IllegalArgumentException("this kind of image cannot be written as PNG: " + image);
            }
        }
    }
}
