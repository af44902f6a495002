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

/** Writes images as PNG files. */
public final class PngFile {
    private PngFile() {}

    /**
     * Writes an image, creating missing folders. If writing fails, the old file stays unchanged.
     *
     * @param file target; replaced if it is there
     * @param image of a kind that Java writes as PNG
     * @throws org.rlr.tensor.ResourceException if the file cannot be written
     * @throws IllegalArgumentException if Java cannot write the image as PNG
     */
    public static void write(Path file, BufferedImage image) {
        // encode in memory: writing the file can then only fail for errors of the disk
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            encode(image, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        AtomicFile.writeUnforced(file, bytes::writeTo);
    }

    /**
     * Like {@link #write(Path, BufferedImage)}, for an image of this library.
     *
     * @param file target; replaced if it is there
     * @param image any picture
     * @throws org.rlr.tensor.ResourceException if the file cannot be written
     */
    public static void write(Path file, RgbImage image) {
        write(file, image.toBufferedImage());
    }

    /**
     * Writes an image to a stream, for example to the response of a web service.
     *
     * @param image any picture
     * @param out the target; not closed
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
