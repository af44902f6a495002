package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.function.Function;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/**
 * Reads image files: PNG, JPEG, BMP, GIF (first frame) and TIFF (first page), recognised by their content; names are
 * ignored.
 *
 * <p>All are converted to 8-bit RGB like Pillow's {@code Image.open(f).convert("RGB")}, with which the published models
 * were trained: alpha is dropped without blending; palettes are looked up; grey is repeated; CMYK is multiplied out;
 * colour profiles and the EXIF orientation of a JPEG file are <em>ignored</em>, so a photograph that viewers turn by
 * its EXIF tag is read as the sensor stored it. The orientation tag of TIFF is applied. Unlike Pillow, this class reads
 * the high byte of 16-bit samples.
 *
 * <p>Damaged and truncated files are errors, never incomplete images; headers are compared with the bytes that follow
 * before memory is allocated. A JPEG file must contain all its codes; data without influence on pixels (profiles,
 * comments, odd application segments, bytes after the end) are skipped. Samples of more than 16 bits, signed and
 * floating point samples, and in TIFF files CIE colours and YCbCr without JPEG compression, are rejected.
 *
 * <p>Other formats, such as WebP and AVIF, are {@link ImageException.Reason#UNSUPPORTED}, and the error names them. A
 * pipe, a socket or a device is {@link ImageException.Reason#UNREADABLE}; give its contents as a stream.
 */
public final class Images {
    /** The most pixels of an image that is read; headers may claim any number. */
    public static final long MAX_PIXELS = 1L << 27;
    /** The most bytes of a file that is read: {@link #MAX_PIXELS} pixels without compression. */
    private static final long MAX_BYTES = MAX_PIXELS * 8;
    /** Heap per pixel while an image is decoded: 3 bytes of RGB, and up to 8 bytes of decoder output. */
    private static final int BYTES_PER_PIXEL = 11;
    /** Bytes that are first searched for a header. */
    private static final int HEADER = 1 << 16;

    private static final List<ImageFormat> FORMATS = List.of(ImageFormat.values());

    private Images() {}

    /**
     * Reads an image.
     *
     * @param file an image file
     * @return its pixels
     * @throws ImageException if the file is missing, empty, truncated, damaged, not an image or of an unsupported kind
     */
    public static RgbImage read(Path file) {
        return decode(Origin.of(file), bytes(file), MAX_PIXELS, Decoded::toRgb);
    }

    /**
     * Reads an image from memory.
     *
     * @param encoded the contents of an image file
     * @return its pixels
     * @throws ImageException if they are empty, truncated, damaged, not an image or of an unsupported kind
     */
    public static RgbImage read(byte[] encoded) {
        return decode(Origin.of(""), encoded, MAX_PIXELS, Decoded::toRgb);
    }

    /**
     * Reads an image from a stream, to its end.
     *
     * @param encoded the contents of an image file; not closed
     * @return its pixels
     * @throws ImageException if the stream fails, or as {@link #read(byte[])}
     */
    public static RgbImage read(InputStream encoded) {
        return read(bytes(encoded));
    }

    /**
     * Returns the contents of a stream, to its end.
     *
     * @param encoded the contents of an image file; not closed
     * @return the contents
     * @throws ImageException if the stream fails
     * @throws ResourceException if there is not enough memory
     */
    public static byte[] bytes(InputStream encoded) {
        try {
            return encoded.readAllBytes();
        } catch (IOException e) {
            throw unreadable(
                    "the image cannot be read from its stream (" + Folders.reason(e) + ")", "send it again", e);
        } catch (OutOfMemoryError e) {
            throw ResourceException.outOfMemory("an image was read from its stream", e);
        }
    }

    /**
     * Returns the size of an image; reads only its header.
     *
     * @param file an image file
     * @return width and height
     * @throws ImageException if the file is missing, empty, not an image, or its header is damaged
     */
    public static ImageSize size(Path file) {
        Origin origin = Origin.of(file);
        checkFile(file);
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEADER);
        } catch (IOException e) {
            throw ioError(file, e);
        }
        ImageFormat format = formatOf(origin, head);
        boolean scattered = format == ImageFormat.BMP || format.toString().equals("TIFF");
        try {
            return sizeOf(origin, format, scattered ? bytes(file) : head);
        } catch (ImageException e) {
            if (scattered || head.length < HEADER || e.reason() != ImageException.Reason.DAMAGED) {
                throw e;
            }
            return sizeOf(origin, format, bytes(file)); // the header follows a long profile or preview
        }
    }

    /**
     * Returns whether a file's suffix, ignoring case, is one of a supported format; false for hidden files
     * ({@code .x}).
     *
     * @param file may be missing
     * @return whether it is treated as an image
     */
    public static boolean hasImageName(Path file) {
        return FORMATS.stream().anyMatch(format -> format.isNameOf(file));
    }

    /**
     * Returns the image files directly inside a folder, sorted by name, without hidden files.
     *
     * @param folder an existing folder
     * @return the files
     * @throws DataSetException if the folder is missing or cannot be listed
     */
    public static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new DataSetException(
                    Files.exists(folder) ? folder + " is not a folder" : "the folder " + folder + " does not exist",
                    "check the path",
                    null);
        }
        return Folders.files(folder, Images::hasImageName);
    }

    /**
     * Describes the content of a folder without images, to append to such a message.
     *
     * @param folder an existing folder
     * @return for example {@code , but 2 links to nothing (first …)}; an empty text for an empty folder
     */
    public static String insteadOfImages(Path folder) {
        PassedOver others = PassedOver.of(folder, List.of());
        String summary = others.summary();
        List<Path> files = others.files(PassedOver.Reason.NO_IMAGE);
        String other = files.isEmpty()
                ? ""
                : (files.size() == 1 ? "1 other file, " : files.size() + " other files, first ")
                        + files.get(0).getFileName();
        boolean formats = !files.isEmpty()
                || !others.files(PassedOver.Reason.OTHER_FORMAT).isEmpty();
        return summary.isEmpty() && other.isEmpty()
                ? ""
                : ", but " + summary + (summary.isEmpty() || other.isEmpty() ? "" : "; ") + other
                        + (formats ? "; " + ImageFormat.all("and") + " are read" : "");
    }

    /** Returns the size of an image in memory; reads only its header. */
    static ImageSize size(Origin origin, byte[] encoded) {
        return sizeOf(origin, formatOf(origin, encoded), encoded);
    }

    /** A decoded image with the samples of its file. */
    interface Decoded {
        ImageSize size();

        RgbImage toRgb();

        MaskPixels toMask();

        /** Returns the bits of the largest colour sample if samples have 16 bits, else 0. */
        default int usedBits() {
            return 0;
        }

        /** Wraps pixels in memory. */
        static Decoded of(RgbImage image) {
            return new Decoded() {
                @Override
                public ImageSize size() {
                    return image.size();
                }

                @Override
                public RgbImage toRgb() {
                    return image;
                }

                @Override
                public MaskPixels toMask() {
                    return MaskPixels.nonZero(image);
                }
            };
        }
    }

    /**
     * The origin of an image, for messages.
     *
     * @param name its file or id; empty if it has none
     * @param remedy the action to take if it cannot be read
     */
    record Origin(String name, String remedy) {
        static Origin of(Path file) {
            return new Origin(file.toString(), "replace the file or remove it from the folder");
        }

        static Origin of(String id) {
            return new Origin(id, "encode the image again and give all of its bytes");
        }

        /** Returns the name, to append to a noun. */
        String label() {
            return name.isEmpty() ? "" : " " + name;
        }
    }

    static byte[] bytes(Path file) {
        long size = checkFile(file);
        if (size > Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory())) {
            throw new ImageException(
                    ImageException.Reason.TOO_LARGE,
                    "the image " + file + " has " + size + " bytes, more than can be read",
                    "scale it down or cut it into tiles",
                    null);
        }
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw ioError(file, e);
        }
    }

    /** Returns the size of a file in bytes; rejects pipes and devices, which may block or never end. */
    private static long checkFile(Path file) {
        try {
            BasicFileAttributes kind = Files.readAttributes(file, BasicFileAttributes.class);
            if (kind.isOther()) {
                throw unreadable(
                        file + " is a pipe, a socket or a device, not an image file",
                        "write the image to a file",
                        null);
            }
            if (kind.isDirectory()) {
                throw unreadable(file + " is a folder, not an image", "name a file", null);
            }
            return kind.size();
        } catch (IOException e) {
            throw ioError(file, e);
        }
    }

    static <T> T decode(Origin origin, byte[] bytes, long maxPixels, Function<Decoded, T> use) {
        ImageFormat format = formatOf(origin, bytes);
        requireAtMost(maxPixels, origin, sizeOf(origin, format, bytes));
        try {
            return decode(origin, format, bytes, use);
        } catch (OutOfMemoryError e) {
            // happens if other data hold much of the heap
            throw ResourceException.outOfMemory("the image" + origin.label() + " was decoded", e);
        }
    }

    private static <T> T decode(Origin origin, ImageFormat format, byte[] bytes, Function<Decoded, T> use) {
        try {
            return use.apply(decodePlain(format, bytes));
        } catch (ImageException e) {
            throw unsupported(origin, format, e);
        } catch (DataSetException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw damaged(origin, format, e);
        }
    }

    private static Decoded decodePlain(ImageFormat format, byte[] bytes) throws IOException {
        return switch (format) {
            case JPEG -> JpegDecoder.decode(bytes);
            case PNG -> {
                PngCheck png = new PngCheck(bytes);
                yield PixelReader.of(decodeByJdk(format, png.cleaned()), png.palette());
            }
            case BMP -> PixelReader.of(decodeByJdk(format, new BmpHeader(bytes).checked()));
            case GIF -> Decoded.of(new GifDecoder(bytes).decode());
            case TIFF_LITTLE_ENDIAN, TIFF_BIG_ENDIAN -> {
                TiffHeader header = new TiffHeader(bytes);
                byte[] checked = header.checked();
                if (header.isJpeg()) {
                    yield Oriented.of(Decoded.of(header.jpeg()), header.orientation());
                }
                BufferedImage image = decodeByJdk(format, checked);
                header.sum(image.getRaster());
                yield Oriented.of(PixelReader.of(image, header.palette()), header.orientation());
            }
        };
    }

    private static BufferedImage decodeByJdk(ImageFormat format, byte[] bytes) throws IOException {
        ImageReader reader = format.reader();
        DamageListener damage = new DamageListener();
        reader.addIIOReadWarningListener(damage);
        try (ImageInputStream stream = memoryStream(bytes)) {
            reader.setInput(stream, true, true);
            BufferedImage image = reader.read(0);
            damage.check();
            return image;
        } finally {
            reader.dispose();
        }
    }

    private static ImageFormat formatOf(Origin origin, byte[] head) {
        if (head.length == 0) {
            throw new ImageException(
                    ImageException.Reason.EMPTY,
                    "the image" + origin.label() + " is empty (0 bytes)",
                    origin.remedy(),
                    null);
        }
        ImageFormat format = ImageFormat.of(head);
        if (format == null) {
            String foreign = ImageFormat.foreign(head);
            if (foreign != null) {
                throw new ImageException(
                        ImageException.Reason.UNSUPPORTED,
                        "the image" + origin.label() + " is in the format " + foreign + ", which is not read",
                        "convert it to PNG, for example with ImageMagick: magick mogrify -format png FILE",
                        null);
            }
            throw new ImageException(
                    ImageException.Reason.NOT_AN_IMAGE,
                    (origin.name().isEmpty() ? "the data" : origin.name()) + " is not a " + ImageFormat.all("or")
                            + " image",
                    origin.remedy() + ", or convert it to PNG",
                    null);
        }
        return format;
    }

    /** Returns the size in the header; throws if an image of that size does not fit into the heap. */
    private static ImageSize sizeOf(Origin origin, ImageFormat format, byte[] bytes) {
        ImageSize header;
        try (ImageInputStream stream = memoryStream(bytes)) {
            ImageSize size = switch (format) {
                case JPEG -> JpegWalk.size(stream);
                case PNG -> PngCheck.size(bytes);
                case BMP -> new BmpHeader(bytes).size();
                case TIFF_LITTLE_ENDIAN, TIFF_BIG_ENDIAN -> new TiffHeader(bytes).size();
                case GIF -> new GifDecoder(bytes).size();
            };
            if (size.width() <= 0 || size.height() <= 0) {
                throw new IOException("its header says " + size + " pixels");
            }
            header = size;
        } catch (ImageException e) {
            throw unsupported(origin, format, e);
        } catch (IOException | RuntimeException e) {
            throw damaged(origin, format, e);
        }
        return checked("the image" + origin.label(), header);
    }

    private static RlrException unsupported(Origin origin, ImageFormat format, ImageException e) {
        return e.at("the " + format + " image" + origin.label() + " is of an unsupported kind");
    }

    /** Returns the size; throws if it is above the limit or does not fit into the heap. */
    static ImageSize checked(String image, ImageSize size) {
        long heap = Runtime.getRuntime().maxMemory();
        if (size.pixels() > MAX_PIXELS || size.pixels() * BYTES_PER_PIXEL > heap) {
            throw new ImageException(
                    ImageException.Reason.TOO_LARGE,
                    image + " is " + size + " pixels, more than the "
                            + (size.pixels() > MAX_PIXELS
                                    ? MAX_PIXELS / 1_000_000 + " million that are read"
                                    : heap / BYTES_PER_PIXEL / 1_000_000 + " million that a heap of " + (heap >> 20)
                                            + " MiB has room for"),
                    "scale it down or cut it into tiles"
                            + (size.pixels() > MAX_PIXELS ? "" : ", or raise the heap with java -Xmx"),
                    null);
        }
        return size;
    }

    /** Throws if an image is larger than the caller's limit. */
    static void requireAtMost(long maxPixels, Origin origin, ImageSize size) {
        if (size.pixels() > maxPixels) {
            throw new ImageException(
                    ImageException.Reason.TOO_LARGE,
                    "the image" + origin.label() + " is " + size + " pixels, more than `maxPixels`, which is "
                            + maxPixels,
                    "scale it down or raise `maxPixels`",
                    null);
        }
    }

    static ImageInputStream memoryStream(byte[] bytes) {
        return new BytesInput(bytes);
    }

    private static ImageException damaged(Origin origin, ImageFormat format, Exception cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            // decoders wrap this too, and the file may be valid
            if (t instanceof OutOfMemoryError e) {
                throw e;
            }
        }
        return new ImageException(
                ImageException.Reason.DAMAGED,
                "the " + format + " image" + origin.label() + " is truncated or damaged ("
                        + (isFault(cause) ? "its data are inconsistent" : Folders.reason(cause)) + ")",
                origin.remedy(),
                cause);
    }

    /** Returns whether a decoder failed on the data with a message for programmers. */
    private static boolean isFault(Throwable cause) {
        return cause instanceof NullPointerException
                || cause instanceof IndexOutOfBoundsException
                || cause instanceof ClassCastException
                || cause instanceof NegativeArraySizeException
                || cause instanceof ArithmeticException;
    }

    private static ImageException ioError(Path file, IOException cause) {
        if (cause instanceof NoSuchFileException || !Files.exists(file)) {
            return unreadable("the image " + file + " does not exist", "check the path", cause);
        }
        String why = cause instanceof AccessDeniedException ? "permission denied" : Folders.reason(cause);
        return unreadable(
                "the image " + file + " cannot be read (" + why + ")", "check its permissions and the disk", cause);
    }

    static ImageException unreadable(String message, String remedy, @Nullable IOException cause) {
        return new ImageException(ImageException.Reason.UNREADABLE, message, remedy, cause);
    }
}
