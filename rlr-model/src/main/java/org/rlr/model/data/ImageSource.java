package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.CancelledException;

/**
 * An image that can be read repeatedly, with an id that names it in errors and reports: a file, the contents of a file
 * in memory or from a stream, or pixels. Two sources of the same file are equal; any other source equals only itself.
 * Thread-safe.
 */
public abstract sealed class ImageSource {
    private final String id;

    private ImageSource(String id) {
        this.id = Objects.requireNonNull(id, "id");
    }

    /** Opens the contents of an image, for example from a database or an archive. */
    @FunctionalInterface
    public interface Opener {
        /**
         * Opens the contents.
         *
         * @return a stream of the whole image file; closed by the caller
         * @throws IOException if they cannot be opened
         */
        InputStream open() throws IOException;
    }

    /**
     * Creates a source from an image file.
     *
     * @param file may be missing until it is read
     * @return a source with the path as its id
     */
    public static ImageSource of(Path file) {
        return new InFile(file);
    }

    /**
     * Creates sources from image files.
     *
     * @param files may be missing until they are read
     * @return a source per file, in the same order
     */
    public static List<ImageSource> files(List<Path> files) {
        return files.stream().map(ImageSource::of).toList();
    }

    /**
     * Creates a source from an image file's contents in memory.
     *
     * @param id names the image
     * @param encoded the contents; not copied
     * @return the source
     */
    public static ImageSource of(String id, byte[] encoded) {
        Objects.requireNonNull(encoded, "encoded");
        return new Encoded(id, () -> encoded);
    }

    /**
     * Creates a source from an image file's contents, opened each time the image is read, by any thread.
     *
     * @param id names the image
     * @param opener opens the contents
     * @return the source
     */
    public static ImageSource of(String id, Opener opener) {
        Objects.requireNonNull(opener, "opener");
        return new Encoded(id, () -> {
            try (InputStream in = opener.open()) {
                if (in == null) {
                    throw new IOException("its opener gave null");
                }
                return in.readAllBytes();
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        });
    }

    /**
     * Creates a source from pixels in memory.
     *
     * @param id names the image
     * @param image its pixels; not copied
     * @return the source
     */
    public static ImageSource of(String id, RgbImage image) {
        Images.Decoded pixels = Images.Decoded.of(image);
        return new Pixels(id, image.size(), () -> pixels);
    }

    /**
     * Creates a source from a Java image. {@code ImageIO} reads a damaged file as an incomplete image without an error:
     * prefer the file or its bytes.
     *
     * @param id names the image
     * @param image its pixels; not copied
     * @return the source
     * @throws ImageException if its samples are not grey, RGB or CMYK integers
     */
    public static ImageSource of(String id, BufferedImage image) {
        ImageSize size = Images.checked(
                "the image" + Images.Origin.of(id).label(),
                PixelReader.of(image).size());
        // a reader has its own buffer and serves one thread
        return new Pixels(id, size, () -> PixelReader.of(image));
    }

    /**
     * Creates a source from a frame in memory, for example from a camera.
     *
     * @param id names the image
     * @param pixels the rows, from the buffer's position on; not copied, and the position is unchanged: do not modify
     *     them before the image is read
     * @param width pixels per row
     * @param height rows
     * @param rowStride bytes between the starts of two rows, at least the bytes of a row's pixels
     * @param format the format of the pixels
     * @return the source
     * @throws org.rlr.tensor.InvalidSettingException if a size is less than 1 or the rows overlap
     * @throws ImageException if the buffer is smaller than the frame, or the frame has too many pixels
     */
    public static ImageSource of(
            String id, ByteBuffer pixels, int width, int height, int rowStride, PixelFormat format) {
        Images.Decoded frame = new Frame(pixels, width, height, rowStride, format);
        return new Pixels(id, frame.size(), () -> frame);
    }

    /** {@return the name of the image; for a file its path} */
    public final String id() {
        return id;
    }

    /** {@return the file name without folders, or the id if the image is not a file} */
    public String name() {
        return id;
    }

    /** {@return the file; null if the image is not a file} */
    public @Nullable Path file() {
        return null;
    }

    /**
     * Reads the image.
     *
     * @return its pixels
     * @throws ImageException naming the image, if it is missing, empty, damaged, not an image or of an unsupported kind
     */
    public final RgbImage read() {
        return read(Images.MAX_PIXELS);
    }

    /**
     * Reads the image if it is not too large; opens its contents once.
     *
     * @param maxPixels the most pixels to read; for a file, checked in the header before decoding
     * @return its pixels
     * @throws ImageException as {@link #read()}, or if the image has more pixels
     */
    public final RgbImage read(long maxPixels) {
        return decode(maxPixels, Images.Decoded::toRgb);
    }

    /**
     * Returns the size of the image; for a file, reads only its header.
     *
     * @return width and height
     * @throws ImageException naming the image if it is missing, empty, not an image, or its header is damaged
     */
    public abstract ImageSize size();

    /**
     * Returns the bytes of the image, for example for a digest.
     *
     * @return the contents of its file; for pixels in memory the width and height, 4 bytes each, and 8-bit RGB
     * @throws ImageException naming the image, if it cannot be read
     */
    public abstract byte[] content();

    /** Reads the image as a mask; {@code check} may throw to reject its size. */
    final MaskPixels readMask(Consumer<ImageSize> check) {
        return decode(Images.MAX_PIXELS, decoded -> {
            check.accept(decoded.size());
            return decoded.toMask();
        });
    }

    /** Decodes the image to examine the stored samples. */
    final void look(Consumer<Images.Decoded> use) {
        decode(Images.MAX_PIXELS, decoded -> {
            use.accept(decoded);
            return decoded;
        });
    }

    abstract <T> T decode(long maxPixels, Function<Images.Decoded, T> use);

    @Override
    public String toString() {
        return id;
    }

    private static final class InFile extends ImageSource {
        private final Path file;

        InFile(Path file) {
            super(file.toString());
            this.file = file;
        }

        @Override
        public String name() {
            Path name = file.getFileName();
            return name == null ? id() : name.toString();
        }

        @Override
        public Path file() {
            return file;
        }

        @Override
        public ImageSize size() {
            return Images.size(file);
        }

        @Override
        public byte[] content() {
            return Images.bytes(file);
        }

        @Override
        <T> T decode(long maxPixels, Function<Images.Decoded, T> use) {
            return Images.decode(Images.Origin.of(file), content(), maxPixels, use);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof InFile that && file.equals(that.file);
        }

        @Override
        public int hashCode() {
            return file.hashCode();
        }
    }

    private static final class Encoded extends ImageSource {
        private final Contents contents;

        private interface Contents {
            byte[] read() throws IOException;
        }

        Encoded(String id, Contents contents) {
            super(id);
            this.contents = contents;
        }

        @Override
        public ImageSize size() {
            return Images.size(Images.Origin.of(id()), content());
        }

        @Override
        public byte[] content() {
            try {
                return contents.read();
            } catch (IOException e) {
                // a timeout is an InterruptedIOException, too
                if (e instanceof ClosedByInterruptException
                        || Thread.currentThread().isInterrupted()) {
                    throw new CancelledException("interrupted while the image " + id() + " was read", "", e);
                }
                throw Images.unreadable(
                        "the image" + Images.Origin.of(id()).label() + " cannot be read (" + Folders.reason(e) + ")",
                        "check its source",
                        e);
            }
        }

        @Override
        <T> T decode(long maxPixels, Function<Images.Decoded, T> use) {
            return Images.decode(Images.Origin.of(id()), content(), maxPixels, use);
        }
    }

    private static final class Pixels extends ImageSource {
        private final ImageSize size;
        private final Supplier<Images.Decoded> pixels;

        Pixels(String id, ImageSize size, Supplier<Images.Decoded> pixels) {
            super(id);
            this.size = size;
            this.pixels = pixels;
        }

        @Override
        public ImageSize size() {
            return size;
        }

        @Override
        public byte[] content() {
            RgbImage image = read();
            return ByteBuffer.allocate(2 * Integer.BYTES + image.rgb().length)
                    .putInt(image.width())
                    .putInt(image.height())
                    .put(image.rgb())
                    .array();
        }

        @Override
        <T> T decode(long maxPixels, Function<Images.Decoded, T> use) {
            Images.requireAtMost(maxPixels, Images.Origin.of(id()), size);
            return use.apply(pixels.get());
        }
    }
}
